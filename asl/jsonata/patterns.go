package jsonata

import (
	"math"
	"strings"
	"unicode/utf8"
)

// contains is $contains.
func contains(e *evaluation, args []item) (item, *Error) {
	text, what := at(args, 0), at(args, 1)
	if text.kind != str {
		return item{}, nil
	}
	if what.kind != callable {
		return ofBool(strings.Contains(text.text, what.text)), e.spend(len(text.text) / bytesPerStep)
	}
	if m, ok := what.node.more.call.(*matcher); ok {
		found, err := m.pattern.find(e, text.text, 0)
		return ofBool(found != nil), err
	}
	_, ok, err := e.matches(what, text.text).find()
	return ofBool(ok), err
}

// atMost reads a limit: a number that is not negative.
func (e *evaluation) atMost(args []item, i int, code string) (float64, *Error) {
	it := at(args, i)
	if it.kind != number {
		return math.Inf(1), nil
	}
	if it.float() < 0 {
		return 0, fail(code).of(e.shown(it))
	}
	return it.float(), nil
}

// match is $match.
func match(e *evaluation, args []item) (item, *Error) {
	text, f := at(args, 0), at(args, 1)
	if text.kind != str {
		return item{}, nil
	}
	limit, err := e.atMost(args, 2, "D3040")
	if err != nil {
		return item{}, err
	}
	if f.kind != callable {
		return item{}, fail("T1010")
	}
	var found []item
	// As in the reference, the next match is looked for before it is known
	// whether it is wanted.
	o := e.matches(f, text.text)
	m, ok, err := o.findIf(limit > 0)
	for ; ok && float64(len(found)) < limit; m, ok, err = o.find() {
		it, n := e.ofObject(3)
		n.put("match", ofText(m.text))
		n.put("index", m.index)
		if m.groups.kind != undefined {
			n.put("groups", m.groups)
		}
		if err := e.grow(4 * itemSize); err != nil {
			return item{}, err
		}
		found = append(found, it)
	}
	if err != nil {
		return item{}, err
	}
	return e.results(found)
}

// split is $split.
func split(e *evaluation, args []item) (item, *Error) {
	text, by := at(args, 0), at(args, 1)
	if text.kind != str {
		return item{}, nil
	}
	limit, err := e.atMost(args, 2, "D3020")
	if err != nil {
		return item{}, err
	}
	var parts []item
	add := func(s string) *Error {
		parts = append(parts, ofText(s))
		return e.grow(itemSize)
	}
	if limit == 0 {
		return e.ofItems(nil, 0), nil
	}
	if by.kind != callable {
		err := e.spend(len(text.text) / bytesPerStep)
		rest, more := text.text, true
		if !math.IsInf(limit, 0) {
			limit = math.Mod(math.Trunc(limit), 1<<32) // as JavaScript counts
		}
		for more && err == nil && float64(len(parts)) < limit {
			var part string
			part, rest, more = cut(rest, by.text)
			if by.text != "" || part != "" {
				err = add(part)
			}
		}
		return e.ofItems(parts, 0), err
	}
	o, start := e.matches(by, text.text), 0
	m, ok, err := o.find()
	for ; ok && float64(len(parts)) < limit; m, ok, err = o.find() {
		if err := add(text.text[min(start, m.start):m.start]); err != nil {
			return item{}, err
		}
		start = m.end
	}
	if err == nil && float64(len(parts)) < limit {
		err = add(text.text[start:])
	}
	return e.ofItems(parts, 0), err
}

// cut cuts a text at the next separator; at the next character, if that is
// empty.
func cut(s, separator string) (part, rest string, more bool) {
	if separator != "" {
		return strings.Cut(s, separator)
	}
	_, n := decodeRune(s)
	return s[:n], s[n:], n < len(s)
}

// replace is $replace.
func replace(e *evaluation, args []item) (item, *Error) {
	text, what, by := at(args, 0), at(args, 1), at(args, 2)
	if text.kind != str {
		return item{}, nil
	}
	if what.kind == str && what.text == "" {
		return item{}, fail("D3010").of(`""`)
	}
	limit, err := e.atMost(args, 3, "D3011")
	if err != nil {
		return item{}, err
	}
	r := replacement{e: e, by: by}
	if what.kind != callable {
		err = r.plain(text.text, what.text, limit)
	} else {
		err = r.matches(e.matches(what, text.text), limit)
	}
	if err != nil {
		return item{}, err
	}
	return ofText(r.b.String()), nil
}

// replacement puts a text together.
type replacement struct {
	e  *evaluation
	b  strings.Builder
	by item
}

func (r *replacement) add(s string) *Error {
	if err := r.e.grow(len(s)); err != nil {
		return err
	}
	r.b.WriteString(s)
	return nil
}

// plain replaces a text. The replacement is not read: a $ in it is a $.
func (r *replacement) plain(s, what string, limit float64) *Error {
	by := r.by.text
	for count := 0.0; count < limit; count++ {
		before, after, ok := strings.Cut(s, what)
		if !ok {
			break
		}
		if r.by.kind == callable {
			return fail("D3012")
		}
		if err := r.add(before); err != nil {
			return err
		}
		if err := r.add(by); err != nil {
			return err
		}
		if err := r.e.spend(1); err != nil {
			return err
		}
		s = after
	}
	return r.add(s)
}

// matches replaces what a pattern or a function finds.
func (r *replacement) matches(o *occurrences, limit float64) *Error {
	end, count := 0, 0.0
	m, ok, err := o.findIf(limit > 0)
	for ; ok && count < limit; m, ok, err = o.find() {
		count++
		if err := r.add(o.text[min(end, m.start):m.start]); err != nil {
			return err
		}
		with, err := r.with(m, o)
		if err != nil {
			return err
		}
		if err := r.add(with); err != nil {
			return err
		}
		end = min(m.start+len(m.text), len(o.text))
	}
	if err != nil {
		return err
	}
	return r.add(o.text[end:])
}

// with returns what replaces a match.
func (r *replacement) with(m occurrence, o *occurrences) (string, *Error) {
	if r.by.kind != callable {
		return r.expand(m)
	}
	it, err := o.describe(m)
	if err != nil {
		return "", err
	}
	result, err := r.e.call(r.by, it)
	if err == nil && result.kind != str {
		err = fail("D3012").of(r.e.shown(result))
	}
	return result.text, err
}

// expand fills the places $0, $1, $2 ... of a replacement; $$ is a $.
func (r *replacement) expand(m occurrence) (string, *Error) {
	text := r.by.text
	if strings.IndexByte(text, '$') < 0 {
		return text, nil
	}
	var groups []item
	if m.groups.kind == array {
		groups = m.groups.node.items
	}
	digits := 1
	if n := len(groups); n > 0 {
		digits = int(math.Log10(float64(n))) + 1
	}
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(text, "$")
		b.WriteString(before)
		if !ok {
			return b.String(), r.e.spend(b.Len() / bytesPerStep)
		}
		text = after
		switch {
		case strings.HasPrefix(text, "$"):
			b.WriteByte('$')
			text = text[1:]
		case strings.HasPrefix(text, "0"):
			b.WriteString(m.text)
			text = text[1:]
		default:
			index, length := groupNumber(text, digits)
			if digits > 1 && index > len(groups) {
				index, length = groupNumber(text, digits-1)
			}
			if length == 0 {
				b.WriteByte('$')
				break
			}
			if index >= 1 && index <= len(groups) {
				b.WriteString(groups[index-1].text)
			}
			text = text[length:]
		}
		if err := r.e.room(b.Len()); err != nil {
			return "", err
		}
	}
}

// groupNumber reads a number of at most so many digits.
func groupNumber(s string, digits int) (number, length int) {
	for length < digits && length < len(s) && s[length] < utf8.RuneSelf && '0' <= s[length] && s[length] <= '9' {
		number = number*10 + int(s[length]-'0')
		length++
	}
	return number, length
}
