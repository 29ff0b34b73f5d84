package jsonata

import (
	"math"
	"slices"
	"strings"
)

// decimalFormat are the characters that a picture of $formatNumber uses.
type decimalFormat struct {
	decimal, grouping, exponent, minus, percent, perMille, digit, pattern string
	zero                                                                  rune
	usual                                                                 bool // all have their default
}

// isDigit tells whether a character is a digit that must be written.
func (f *decimalFormat) isDigit(r rune) bool { return r >= f.zero && r < f.zero+10 }

// isPlace tells whether it stands for a digit.
func (f *decimalFormat) isPlace(r rune) bool { return f.isDigit(r) || string(r) == f.digit }

// isActive tells whether it has a meaning and is not written as it is.
func (f *decimalFormat) isActive(r rune) bool {
	return f.isPlace(r) || slices.Contains([]string{f.decimal, f.exponent, f.grouping, f.pattern}, string(r))
}

// formatPicture is $formatNumber.
func formatPicture(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != number {
		return item{}, nil
	}
	picture, err := e.numberPicture(at(args, 1).text(), at(args, 2))
	if err != nil {
		return item{}, err
	}
	n := args[0].float()
	p, sign := picture.positive, ""
	if n < 0 || math.IsNaN(n) {
		if p = picture.negative; p == picture.positive {
			sign = picture.format.minus
		}
	}
	if err := e.spend(p.leastInteger + p.mostFraction); err != nil {
		return item{}, err
	}
	return e.ofText(sign + p.format(picture.format, n)), nil
}

// numberPicture is a picture of $formatNumber, for positive numbers and for
// negative ones.
type numberPicture struct {
	text               string
	format             *decimalFormat
	positive, negative *subPicture
}

// numberPicture reads a picture. The last one without options is remembered.
func (e *evaluation) numberPicture(text string, options item) (*numberPicture, *Error) {
	known := options.kind != object && e.picture != nil && e.picture.text == text
	if !known {
		f, err := e.decimalFormat(options)
		if err != nil {
			return nil, err
		}
		if err := e.grow(16 * len(text)); err != nil {
			return nil, err
		}
		p, err := f.read(text)
		if err != nil || options.kind == object {
			return p, err
		}
		e.picture = p
		return p, nil
	}
	return e.picture, e.grow(16 * len(text))
}

// read reads a picture of one or two parts.
func (f *decimalFormat) read(text string) (*numberPicture, *Error) {
	parts := strings.Split(text, f.pattern)
	switch {
	case len(parts) == 0: // neither picture nor separator
		return nil, fail("D3085")
	case len(parts) > 2:
		return nil, fail("D3080")
	}
	p := &numberPicture{text: text, format: f}
	for _, part := range parts {
		sub, err := f.parse(part)
		if err != nil {
			return nil, err
		}
		if p.negative = sub; p.positive == nil {
			p.positive = sub
		}
	}
	return p, nil
}

// decimalFormat reads the options.
func (e *evaluation) decimalFormat(options item) (*decimalFormat, *Error) {
	f := &decimalFormat{
		decimal: ".", grouping: ",", exponent: "e", minus: "-", percent: "%", perMille: "‰", digit: "#", pattern: ";", zero: '0',
	}
	if options.kind != object {
		f.usual = true
		return f, nil
	}
	e.open(options.node)
	for i, key := range options.node.keys {
		it := options.node.items[i]
		if it.kind != str {
			err := fail("T0410")
			err.details.index = 3
			return nil, err
		}
		switch key {
		case "decimal-separator":
			f.decimal = it.text()
		case "grouping-separator":
			f.grouping = it.text()
		case "exponent-separator":
			f.exponent = it.text()
		case "minus-sign":
			f.minus = it.text()
		case "percent":
			f.percent = it.text()
		case "per-mille":
			f.perMille = it.text()
		case "zero-digit":
			f.zero, _ = decodeRune(it.text())
		case "digit":
			f.digit = it.text()
		case "pattern-separator":
			f.pattern = it.text()
		}
	}
	return f, nil
}

// subPicture says how to write the positive numbers, or the negative ones.
type subPicture struct {
	text, prefix, suffix string
	integer, fraction    string // with their separators
	exponent             string
	hasExponent          bool

	groups         []int // places of the separators, counted from the point
	regular        int   // the size of the groups if all are equal, else 0
	fractionGroups []int
	leastInteger   int
	scale          int
	leastFraction  int
	mostFraction   int
	leastExponent  int
	usual          bool    // formatUsual suits
	percent        float64 // what the number is multiplied by
}

// parse reads a picture.
func (f *decimalFormat) parse(text string) (*subPicture, *Error) {
	p := &subPicture{text: text}
	active := func(r rune) bool { return f.isActive(r) && string(r) != f.exponent }
	first := strings.IndexFunc(text, active)
	if first < 0 { // nothing of it is a picture
		return nil, fail("D3085")
	}
	last := strings.LastIndexFunc(text, active)
	_, n := decodeRune(text[last:])
	p.prefix, p.suffix = text[:first], text[last+n:]
	body := text[first : last+n]
	mantissa := body
	if i := strings.Index(text[first:], f.exponent); i >= 0 && f.exponent != "" && first+i <= last+n {
		// The reference counts from the start of the picture within the part after the prefix.
		at := min(first+i, len(body))
		mantissa, p.hasExponent = body[:at], true
		p.exponent = body[min(at+len(f.exponent), len(body)):]
	}
	var ok bool
	if p.integer, p.fraction, ok = strings.Cut(mantissa, f.decimal); !ok {
		p.integer, p.fraction = mantissa, p.suffix
	}
	if code := f.fault(p, mantissa, body); code != "" {
		return nil, fail(code)
	}
	f.measure(p)
	return p, nil
}

// fault returns the code of what is wrong with a picture; of several faults,
// the last one.
func (f *decimalFormat) fault(p *subPicture, mantissa, body string) string {
	code := ""
	when := func(wrong bool, what string) {
		if wrong {
			code = what
		}
	}
	has := func(s string) bool { return strings.Contains(p.text, s) }
	digits := func(s string) bool { return strings.ContainsFunc(s, f.isDigit) }
	twice := func(s string) bool { return strings.Index(p.text, s) != strings.LastIndex(p.text, s) }
	when(twice(f.decimal), "D3081")
	when(twice(f.percent), "D3082")
	when(twice(f.perMille), "D3083")
	when(has(f.percent) && has(f.perMille), "D3084")
	when(!strings.ContainsFunc(mantissa, f.isPlace), "D3085")
	when(strings.ContainsFunc(body, func(r rune) bool { return !f.isActive(r) }), "D3086")
	if before, after, ok := strings.Cut(p.text, f.decimal); ok {
		when(strings.HasSuffix(before, f.grouping) || strings.HasPrefix(after, f.grouping), "D3087")
	} else {
		when(strings.HasSuffix(p.integer, f.grouping), "D3088")
	}
	when(has(f.grouping+f.grouping), "D3089")
	if i := strings.Index(p.integer, f.digit); i >= 0 {
		when(digits(p.integer[:i]), "D3090")
	}
	if i := strings.LastIndex(p.fraction, f.digit); i >= 0 {
		when(digits(p.fraction[i:]), "D3091")
	}
	if p.hasExponent {
		when(p.exponent != "" && (has(f.percent) || has(f.perMille)), "D3092")
		when(p.exponent == "" || strings.ContainsFunc(p.exponent, func(r rune) bool { return !f.isDigit(r) }), "D3093")
	}
	return code
}

// places counts the characters of a text that stand for digits.
func places(s string, is func(rune) bool) int {
	n := 0
	for _, r := range s {
		if is(r) {
			n++
		}
	}
	return n
}

// measure derives the sizes from a valid picture.
func (f *decimalFormat) measure(p *subPicture) {
	p.groups = f.groups(p.integer, p.integer, false)
	p.regular = regularPositions(p.groups)
	p.fractionGroups = f.groups(p.fraction, p.integer, true)
	p.leastInteger = places(p.integer, f.isDigit)
	p.scale = p.leastInteger
	p.leastFraction = places(p.fraction, f.isDigit)
	p.mostFraction = places(p.fraction, f.isPlace)
	if p.leastInteger == 0 && p.mostFraction == 0 {
		if p.hasExponent {
			p.leastFraction, p.mostFraction = 1, 1
		} else {
			p.leastInteger = 1
		}
	}
	if p.hasExponent && p.leastInteger == 0 && strings.Contains(p.integer, f.digit) {
		p.leastInteger = 1
	}
	if p.leastInteger == 0 && p.leastFraction == 0 {
		p.leastFraction = 1
	}
	p.leastExponent = places(p.exponent, f.isDigit)
	p.usual = f.usual && p.leastExponent == 0 && strings.Contains(p.text, f.decimal) && len(p.fractionGroups) == 0 && (p.regular > 0 || len(p.groups) == 0)
	p.percent = 1
	switch {
	case strings.Contains(p.text, f.percent):
		p.percent = 100
	case strings.Contains(p.text, f.perMille):
		p.percent = 1000
	}
}

// groups returns how many digits stand right of each separator, or left of it
// in a fraction. As in the reference, the separators after the first are
// looked for in the integer part also when the part is a fraction.
func (f *decimalFormat) groups(part, integer string, fraction bool) []int {
	var found []int
	for at := strings.Index(part, f.grouping); at >= 0 && f.grouping != ""; {
		side := part[min(at, len(part)):]
		if fraction {
			side = part[:min(at, len(part))]
		}
		found = append(found, places(side, f.isPlace))
		next := at + 1
		if next > len(integer) {
			break
		}
		if at = strings.Index(integer[next:], f.grouping); at >= 0 {
			at += next
		}
	}
	return found
}
