package jsonata

import (
	"math"
	"strings"
)

// isoPicture is the picture of dates without one.
const isoPicture = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"

// now is $now.
func now(e *evaluation, args []item) (item, *Error) {
	return e.formatDate(float64(e.env.Now.UnixMilli()), at(args, 0), at(args, 1))
}

// millis is $millis.
func millis(e *evaluation, _ []item) (item, *Error) {
	return ofNumber(float64(e.env.Now.UnixMilli())), nil
}

// fromMillis is $fromMillis.
func fromMillis(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != number {
		return item{}, nil
	}
	return e.formatDate(args[0].float(), at(args, 1), at(args, 2))
}

// zoned is a date with the offset of its time zone.
type zoned struct {
	fields
	hours, minutes float64
}

func (e *evaluation) formatDate(ms float64, picture, zone item) (item, *Error) {
	var date zoned
	if zone.kind == str { // +hhmm
		offset := leadingInteger(zone.text())
		date.hours, date.minutes = math.Floor(offset/100), math.Mod(offset, 100)
	}
	text := isoPicture
	if picture.kind == str {
		text = picture.text()
	}
	p, err := e.parseDatePicture(text)
	if err != nil {
		return item{}, err
	}
	ms = clip(ms + (60*date.hours+date.minutes)*60_000)
	if math.IsNaN(ms) {
		return item{}, fail("D1001").of("null")
	}
	date.fields = fieldsOf(ms)
	var b strings.Builder
	for i := range p.parts {
		s, err := p.parts[i].format(e, &date)
		if err == nil {
			err = e.grow(len(s) + 8)
		}
		if err != nil {
			return item{}, err
		}
		b.WriteString(s)
	}
	return ofText(b.String()), nil
}

// format writes one part of a date.
func (d *datePart) format(e *evaluation, date *zoned) (string, *Error) {
	switch d.component {
	case "":
		return d.text, nil
	case "Z", "z":
		return d.formatZone(e, date)
	case "P":
		s := "am"
		if date.hour >= 12 {
			s = "pm"
		}
		return d.cased(s, d.names == upperCase), nil
	case "C", "E":
		return "ISO", nil
	}
	n, ok := date.component(d.component)
	switch {
	case !ok:
		return "undefined", nil
	case d.names != noCase:
		return d.formatName(n)
	}
	f := float64(n)
	if d.component == "Y" && d.digits >= 0 {
		f = math.Mod(f, math.Pow(10, float64(d.digits)))
	}
	return d.integer.format(e, f)
}

func (d *datePart) cased(s string, capital bool) string {
	if capital {
		return strings.ToUpper(s)
	}
	return s
}

// formatName writes a month or day by its name.
func (d *datePart) formatName(n int) (string, *Error) {
	var s string
	switch d.component {
	case "M", "x":
		s = monthName(n)
	case "F":
		s = dayName(n)
	default:
		return "", fail("D3133").of(quoted(d.component))
	}
	if d.names == lowerCase {
		s = strings.ToLower(s)
	}
	s = d.cased(s, d.names == upperCase)
	if d.most >= 0 && len(s) > d.most {
		s = s[:d.most]
	}
	return s, nil
}

// formatZone writes the offset of the time zone.
func (d *datePart) formatZone(e *evaluation, date *zoned) (string, *Error) {
	offset := date.hours*100 + date.minutes
	var s string
	var err *Error
	switch p := d.integer; {
	case p.regular > 0, p.mandatory == 3, p.mandatory == 4:
		s, err = p.format(e, offset)
	case p.mandatory == 1, p.mandatory == 2:
		s, err = p.format(e, date.hours)
		if err == nil && date.minutes != 0 {
			var minutes string
			two := integerPicture{zero: '0', mandatory: 2}
			minutes, err = two.format(e, date.minutes)
			s += ":" + minutes
		}
	default:
		if err = fail("D3134"); p.primary == decimal {
			err = err.of(formatNumber(float64(p.mandatory)))
		}
	}
	if err != nil {
		return "", err
	}
	if offset >= 0 {
		s = "+" + s
	}
	if d.component == "z" {
		s = "GMT" + s
	}
	if offset == 0 && d.modifier == "t" {
		s = "Z"
	}
	return s, nil
}
