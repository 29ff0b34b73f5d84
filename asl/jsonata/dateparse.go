package jsonata

import (
	"fmt"
	"math"
	"regexp"
	"strings"
)

// toMillis is $toMillis.
func toMillis(e *evaluation, args []item) (item, *Error) {
	text := at(args, 0)
	if text.kind != str {
		return item{}, nil
	}
	if picture := at(args, 1); picture.kind == str {
		return e.parseDate(text.text, picture.text)
	}
	ms, ok := parseISO(text.text)
	if !ok {
		return item{}, fail("D3110").of(quoted(text.text))
	}
	return ofNumber(ms), e.spend(2)
}

// parseISO reads a date as ISO 8601 has it, with or without a time and a zone.
func parseISO(s string) (float64, bool) {
	numberOf := func(digits int) (float64, bool) {
		n := 0.0
		for i := range digits {
			if i >= len(s) || s[i] < '0' || s[i] > '9' {
				return 0, false
			}
			n = n*10 + float64(s[i]-'0')
		}
		s = s[digits:]
		return n, true
	}
	after := func(mark string) bool {
		rest, ok := strings.CutPrefix(s, mark)
		if ok {
			s = rest
		}
		return ok
	}
	month, day, clock, offset := 1.0, 1.0, 0.0, 0.0
	year, ok := numberOf(4)
	if ok && after("-") {
		month, ok = numberOf(2)
		if ok && after("-") {
			day, ok = numberOf(2)
		}
	}
	timed := ok && after("T")
	if timed {
		clock, ok = parseClock(numberOf, after)
	}
	if ok && !after("Z") && s != "" {
		offset, ok = parseOffset(numberOf, after)
		ok = ok && timed
	}
	if !ok || s != "" || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, false
	}
	days := float64(daysBefore(int(year), int(month))) + day - 1
	return days*millisADay + clock - offset, true
}

// parseClock reads hh:mm:ss and perhaps a fraction, of which milliseconds
// count.
func parseClock(numberOf func(int) (float64, bool), after func(string) bool) (float64, bool) {
	hour, ok1 := numberOf(2)
	ok1 = ok1 && after(":")
	minute, ok2 := numberOf(2)
	ok2 = ok2 && after(":")
	second, ok3 := numberOf(2)
	if !ok1 || !ok2 || !ok3 || minute > 59 || second > 59 || hour > 24 {
		return 0, false
	}
	ms := 0.0
	if after(".") {
		scale := 100.0
		digits := 0
		for {
			digit, ok := numberOf(1)
			if !ok {
				break
			}
			ms += digit * math.Floor(scale)
			scale /= 10
			digits++
		}
		if digits == 0 {
			return 0, false
		}
	}
	clock := hour*3_600_000 + minute*60_000 + second*1000 + ms
	return clock, clock <= millisADay
}

// parseOffset reads +hh:mm or +hhmm.
func parseOffset(numberOf func(int) (float64, bool), after func(string) bool) (float64, bool) {
	sign := 1.0
	if after("-") {
		sign = -1
	} else if !after("+") {
		return 0, false
	}
	hour, ok1 := numberOf(2)
	after(":")
	minute, ok2 := numberOf(2)
	return sign * (hour*60 + minute) * 60_000, ok1 && ok2 && hour < 24 && minute < 60
}

// dateMatcher reads dates by a picture: a regular expression with a group for
// each part.
type dateMatcher struct {
	pattern *regexp.Regexp // nil if nothing matches
	parts   []dateReader
	cost    int
}

// dateReader makes a number of what the group of a component matched; ok is
// false for a name that is none.
type dateReader struct {
	component string
	read      func(string) (n float64, ok bool)
}

// matcherOf returns the matcher of a picture. One evaluation makes each once.
func (e *evaluation) matcherOf(picture string) (*dateMatcher, *Error) {
	if m := e.dates[picture]; m != nil {
		return m, nil
	}
	p, err := e.parseDatePicture(picture)
	if err != nil {
		return nil, err
	}
	m := &dateMatcher{}
	var pattern strings.Builder
	pattern.WriteString("(?i)^")
	for i := range p.parts {
		text, read, err := p.parts[i].matcher(e)
		if err != nil {
			return nil, err
		}
		m.cost += len(text) + maxDigits(&p.parts[i])
		pattern.WriteString("(" + text + ")")
		m.parts = append(m.parts, dateReader{p.parts[i].component, read})
	}
	pattern.WriteByte('$')
	if m.cost > MaxPattern {
		err := fail(codePatternTooLarge)
		err.Message = fmt.Sprintf("The date/time picture string is too large: more than %d instructions", MaxPattern)
		return nil, err
	}
	if err := e.grow(200 * m.cost); err != nil { // the program
		return nil, err
	}
	// an error leaves nothing to match: a picture asks for an odd number of digits
	m.pattern, _ = regexp.Compile(pattern.String())
	if e.dates == nil {
		e.dates = map[string]*dateMatcher{}
	}
	e.dates[picture] = m
	return m, nil
}

func maxDigits(d *datePart) int {
	if d.integer == nil {
		return 8
	}
	return d.integer.width
}

// matcher returns the pattern of a part and how to read what it matches.
func (d *datePart) matcher(e *evaluation) (string, func(string) (float64, bool), *Error) {
	switch {
	case d.component == "":
		return regexp.QuoteMeta(d.text), nil, nil
	case d.component == "Z" || d.component == "z":
		text, read := d.zoneMatcher()
		return text, read, nil
	case d.integer != nil:
		return d.integer.matcher(e)
	}
	values := map[string]float64{}
	cut := func(name string) string {
		if d.most > 0 && d.most < len(name) {
			return name[:d.most]
		}
		return name
	}
	switch d.component {
	case "M", "x":
		for n := 1; n <= 12; n++ {
			values[cut(monthName(n))] = float64(n)
		}
	case "F":
		for n := 1; n <= 7; n++ {
			values[cut(dayName(n))] = float64(n)
		}
	case "P":
		values = map[string]float64{"am": 0, "AM": 0, "pm": 1, "PM": 1}
	default:
		return "", nil, fail("D3133").of(quoted(d.component))
	}
	return "[a-zA-Z]+", func(s string) (float64, bool) {
		n, ok := values[s]
		return n, ok
	}, nil
}

func (d *datePart) zoneMatcher() (string, func(string) (float64, bool)) {
	text, mark := "[-+][0-9]+", ""
	if d.component == "z" {
		text = "GMT" + text
	}
	if d.integer.regular > 0 {
		mark = d.integer.groups[0].text
		text += regexp.QuoteMeta(mark) + "[0-9]+"
	}
	return text, func(s string) (float64, bool) {
		if d.component == "z" {
			s = s[3:]
		}
		hours, minutes := s, ""
		if mark != "" {
			hours, minutes, _ = strings.Cut(s, mark)
		} else if len(s) > 3 {
			hours, minutes = s[:3], s[3:]
		}
		offset := leadingInteger(hours) * 60
		if minutes != "" {
			offset += leadingInteger(minutes)
		}
		return offset, true
	}
}

// matcher returns the pattern of a number and how to read what it matches.
func (p *integerPicture) matcher(e *evaluation) (string, func(string) (float64, bool), *Error) {
	read := func(s string) (float64, bool) { return p.parse(e, s), true }
	switch p.primary {
	case letters:
		return "[a-z]+", read, nil
	case roman:
		return "[mdclxvi]+", read, nil
	case words:
		return wordPattern(), read, nil
	case sequenceOfOwn:
		return "", nil, fail("D3130").of(quoted(p.token))
	case decimal:
	}
	times := "+"
	if p.width > 0 && p.optional == 0 {
		times = fmt.Sprintf("{%d}", p.width)
	} else if p.width > 0 {
		times = fmt.Sprintf("{%d,%d}", p.width-p.optional, p.width)
	}
	text := "[0-9]" + times
	if p.ordinal {
		text += "(?:th|st|nd|rd)"
	}
	return text, read, nil
}

// wordPattern matches a number in words: any of the words, and what is between
// them.
func wordPattern() string {
	var b strings.Builder
	b.WriteString("(?:")
	for n := range 20 {
		b.WriteString(numberWord(n) + "|")
	}
	for n := range 20 {
		b.WriteString(ordinalWord(n) + "|")
	}
	for tens := 2; tens < 10; tens++ {
		b.WriteString(tensWord(tens) + "|" + strings.TrimSuffix(tensWord(tens), "y") + "ieth|")
	}
	b.WriteString("Hundred|Hundredth|")
	for power := 1; power <= 4; power++ {
		b.WriteString(magnitudeWord(power) + "|" + magnitudeWord(power) + "th|")
	}
	b.WriteString("and|[-, ])+")
	return b.String()
}
