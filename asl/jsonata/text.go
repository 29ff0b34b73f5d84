package jsonata

import (
	"math"
	"strings"
)

// The functions of the library get arguments that suit their signature, but
// one of a partial application may be undefined.

// toString is $string.
func toString(e *evaluation, args []item) (item, *Error) {
	it := at(args, 0)
	if it.kind == undefined || it.kind == str {
		return it, nil
	}
	b, err := e.appendText(nil, it, at(args, 1).isTrue())
	if err != nil {
		return item{}, err
	}
	return e.text(string(b))
}

// length is $length: the number of code points.
func length(e *evaluation, args []item) (item, *Error) {
	if args[0].kind == undefined {
		return item{}, nil
	}
	return ofNumber(float64(codePoints(args[0].text))), e.spend(len(args[0].text) / bytesPerStep)
}

// substring is $substring, with the rules of JavaScript's slice.
func substring(e *evaluation, args []item) (item, *Error) {
	s := at(args, 0)
	if s.kind == undefined {
		return item{}, nil
	}
	total := float64(codePoints(s.text))
	start := 0.0
	if it := at(args, 1); it.kind == number {
		start = it.float()
	} else if at(args, 2).kind == number {
		return ofText(""), nil
	}
	if total+start < 0 {
		start = 0
	}
	end := math.Inf(1)
	if it := at(args, 2); it.kind == number {
		size := it.float()
		if size <= 0 {
			return ofText(""), nil
		}
		if end = start + size; start < 0 {
			end += total
		}
	}
	first, last := sliceBound(start, total), sliceBound(end, total)
	if first >= last {
		return ofText(""), nil
	}
	from := skipPoints(s.text, first)
	return ofText(s.text[from : from+skipPoints(s.text[from:], last-first)]), e.spend(len(s.text) / bytesPerStep)
}

// sliceBound returns a bound of a slice among so many elements: cut to a whole
// number, counted from the end when negative.
func sliceBound(f, total float64) int {
	f = math.Trunc(f)
	if f < 0 {
		f += total
	}
	return int(min(max(f, 0), total))
}

func substringBefore(e *evaluation, args []item) (item, *Error) {
	s, mark := at(args, 0), at(args, 1)
	if i := strings.Index(s.text, mark.text); i >= 0 && mark.kind == str {
		s.text = s.text[:i]
	}
	return s, e.spend(len(s.text) / bytesPerStep)
}

func substringAfter(e *evaluation, args []item) (item, *Error) {
	s, mark := at(args, 0), at(args, 1)
	if i := strings.Index(s.text, mark.text); i >= 0 && mark.kind == str {
		s.text = s.text[i+len(mark.text):]
	}
	return s, e.spend(len(s.text) / bytesPerStep)
}

func lowercase(e *evaluation, args []item) (item, *Error) {
	return e.mapText(args[0], lower)
}

func uppercase(e *evaluation, args []item) (item, *Error) {
	return e.mapText(args[0], upper)
}

func (e *evaluation) mapText(it item, change func(string) string) (item, *Error) {
	if it.kind != str {
		return item{}, nil
	}
	if err := e.room(2 * len(it.text)); err != nil {
		return item{}, err
	}
	return e.text(change(it.text))
}

// trim is $trim: blanks at the ends go, blanks in a row become one.
func trim(e *evaluation, args []item) (item, *Error) {
	return e.mapText(args[0], func(s string) string {
		return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
			return r == ' ' || r == '\t' || r == '\n' || r == '\r'
		}), " ")
	})
}

// pad is $pad: on the right, or on the left when the width is negative.
func pad(e *evaluation, args []item) (item, *Error) {
	s := at(args, 0)
	if s.kind != str {
		return item{}, nil
	}
	width, filling := 0.0, " "
	if it := at(args, 1); it.kind == number {
		width = it.float()
	}
	if it := at(args, 2); it.kind == str && it.text != "" {
		filling = it.text
	}
	missing := math.Trunc(math.Abs(width) - float64(codePoints(s.text)))
	if !(missing > 0) {
		return s, e.spend(len(s.text) / bytesPerStep)
	}
	each := codePoints(filling)
	if missing > float64(e.left) {
		return item{}, e.tooLarge()
	}
	times := int(missing)/each + 1
	if err := e.grow(times*len(filling) + len(s.text)); err != nil {
		return item{}, err
	}
	padding := strings.Repeat(filling, times)
	padding = padding[:skipPoints(padding, int(missing))]
	if width > 0 {
		return ofText(s.text + padding), nil
	}
	return ofText(padding + s.text), nil
}

// join is $join.
func join(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != array {
		return item{}, nil
	}
	items, err := e.elements(args[0].node)
	if err != nil {
		return item{}, err
	}
	separator := at(args, 1).text
	size := 0
	for i, it := range items {
		if i > 0 {
			size += len(separator)
		}
		size += len(it.text)
	}
	if err := e.grow(size); err != nil {
		return item{}, err
	}
	if err := e.spend(len(items) / 4); err != nil {
		return item{}, err
	}
	var b strings.Builder
	b.Grow(size)
	for i, it := range items {
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(it.text)
	}
	return ofText(b.String()), nil
}
