package jsonata

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// datePicture says how to write a date; it is the picture string of XPath's
// format-dateTime.
type datePicture struct{ parts []datePart }

// datePart is a text, or a component of a date in [ ].
type datePart struct {
	text      string
	component string // "" for a text, which is then all of it
	modifier  string // the second presentation modifier: a, t, c, o or ""
	names     letterCase
	least     int // the width, -1 where there is none
	most      int
	integer   *integerPicture
	digits    int // of a year: how many of its last digits, -1 for all
}

// maxWidth bounds the digits that a picture may ask of a component.
const maxWidth = 1000

// parseDatePicture reads a picture string. One evaluation reads each once.
func (e *evaluation) parseDatePicture(text string) (*datePicture, *Error) {
	if p := e.pictures[text]; p != nil {
		return p, nil
	}
	if err := e.grow(16 * len(text)); err != nil {
		return nil, err
	}
	p := &datePicture{}
	literal := func(s string) {
		if s != "" {
			p.parts = append(p.parts, datePart{text: strings.ReplaceAll(s, "]]", "]")})
		}
	}
	rest := text
	for {
		before, after, ok := strings.Cut(rest, "[")
		literal(before)
		if !ok {
			break
		}
		if strings.HasPrefix(after, "[") {
			p.parts = append(p.parts, datePart{text: "["})
			rest = after[1:]
			continue
		}
		marker, after, ok := strings.Cut(after, "]")
		if !ok {
			return nil, fail("D3135")
		}
		part, err := parseDatePart(marker)
		if err != nil {
			return nil, err
		}
		p.parts = append(p.parts, part)
		rest = after
	}
	if e.pictures == nil {
		e.pictures = map[string]*datePicture{}
	}
	e.pictures[text] = p
	return p, nil
}

// parseDatePart reads what stands between [ and ]: a letter for the component,
// how to present it, and after a comma its width.
func parseDatePart(marker string) (datePart, *Error) {
	marker = strings.Join(strings.FieldsFunc(marker, unicode.IsSpace), "")
	_, n := utf8.DecodeRuneInString(marker)
	d := datePart{component: marker[:n], least: -1, most: -1, digits: -1}
	presentation := marker[n:]
	if i := strings.LastIndexByte(presentation, ','); i >= 0 {
		d.setWidth(presentation[i+1:])
		presentation = presentation[:i]
	}
	switch {
	case presentation == "":
		if presentation = defaultPresentation(d.component); presentation == "" {
			return d, fail("D3132").of(quoted(d.component))
		}
	case len(presentation) > 1 && strings.IndexByte("atco", presentation[len(presentation)-1]) >= 0:
		d.modifier = presentation[len(presentation)-1:]
		presentation = presentation[:len(presentation)-1]
	}
	switch {
	case presentation[0] == 'n':
		d.names = lowerCase
	case strings.HasPrefix(presentation, "Nn"):
		d.names = titleCase
	case presentation[0] == 'N':
		d.names = upperCase
	case strings.Contains("YMDdFWwXxHhmsf", d.component):
		if err := d.setDigits(presentation); err != nil {
			return d, err
		}
	}
	if d.component == "Z" || d.component == "z" {
		var err *Error
		if d.integer, err = parseIntegerPicture(presentation); err != nil {
			return d, err
		}
	}
	return d, nil
}

func defaultPresentation(component string) string {
	switch component {
	case "Y", "M", "D", "d", "W", "w", "X", "x", "H", "h", "f":
		return "1"
	case "m", "s":
		return "01"
	case "Z", "z":
		return "01:01"
	case "F", "P", "C", "E":
		return "n"
	}
	return ""
}

// setWidth reads a width: least, or least-most, each a number or *.
func (d *datePart) setWidth(text string) {
	width := func(s string) int {
		n := 0
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		w, err := strconv.Atoi(s[:n])
		if err != nil {
			return -1
		}
		return min(w, maxWidth)
	}
	least, most, ok := strings.Cut(text, "-")
	d.least = width(least)
	if ok {
		d.most = width(most)
	}
}

// setDigits sets how to write the component as a number.
func (d *datePart) setDigits(presentation string) *Error {
	if d.modifier != "" {
		presentation += ";" + d.modifier
	}
	p, err := parseIntegerPicture(presentation)
	if err != nil {
		return err
	}
	d.integer = p
	if p.primary == decimal && p.mandatory < d.least {
		p.mandatory = d.least
	}
	if !strings.Contains("YMD", d.component) {
		return nil
	}
	switch width := p.mandatory + p.optional; {
	case d.most >= 0:
		d.digits, p.mandatory = d.most, d.most
	case p.primary == decimal && width >= 2:
		d.digits = width
	}
	p.width = max(d.digits, 0)
	return nil
}

func dayName(day int) string {
	return [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}[day-1]
}

func monthName(month int) string {
	return [...]string{
		"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
	}[month-1]
}
