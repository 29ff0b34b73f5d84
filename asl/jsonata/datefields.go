package jsonata

import (
	"math"
	"strings"
)

// dateFields are the components that a text gave, or that follow from them.
type dateFields map[string]float64

// mask returns a bit for each of the letters that has a value other than 0,
// the first letter in the highest.
func (f dateFields) mask(letters string) int {
	mask := 0
	for letter := range strings.SplitSeq(letters, "") {
		mask <<= 1
		if n := f[letter]; n != 0 && !math.IsNaN(n) {
			mask |= 1
		}
	}
	return mask
}

// isOf tells whether a mask has some of the bits of a type and no others.
func isOf(mask, bits int) bool { return mask&^bits == 0 && mask&bits != 0 }

// parseDate reads a date by a picture; undefined when it does not match.
func (e *evaluation) parseDate(text, picture string) (item, *Error) {
	m, err := e.matcherOf(picture)
	if err != nil {
		return item{}, err
	}
	if err := e.spend(1 + len(text)*m.cost/patternWork); err != nil {
		return item{}, err
	}
	if m.pattern == nil {
		return item{}, nil
	}
	found := m.pattern.FindStringSubmatch(text)
	if found == nil {
		return item{}, nil
	}
	given := dateFields{}
	some := false
	for i, part := range m.parts {
		if part.read == nil {
			continue
		}
		some = true
		if n, ok := part.read(found[i+1]); ok {
			given[part.component] = n
		} else {
			delete(given, part.component)
		}
	}
	if !some {
		return item{}, nil
	}
	ms, err := given.date(fieldsOf(float64(e.env.Now.UnixMilli())))
	if err == nil && math.IsNaN(ms) {
		err = fail("D1001").of("null")
	}
	return ofNumber(ms), err
}

// date puts the components together. What is more significant than all that
// was given is that of now, what is less significant is zero; a gap between
// is an error.
func (f dateFields) date(now fields) (float64, *Error) {
	day := f.mask("YXMxWwdD")
	byDay := !isOf(day, 0b10100001) && isOf(day, 0b10000010) // year and day of the year
	byMonthWeek := isOf(day, 0b01010100)
	byWeek := !byMonthWeek && isOf(day, 0b01001000)
	clock := f.mask("PHhmsf")
	half := !isOf(clock, 0b010111) && isOf(clock, 0b101111) // am and pm

	wanted := "YMD"
	switch {
	case byDay:
		wanted = "YD"
	case byMonthWeek:
		wanted = "XxwF"
	case byWeek:
		wanted = "XWF"
	}
	if half {
		wanted += "Phmsf"
	} else {
		wanted += "Hmsf"
	}
	if err := f.complete(wanted, now); err != nil {
		return 0, err
	}
	if byMonthWeek || byWeek { // not done by the reference either
		return 0, fail("D3136")
	}
	f["M"] = max(f["M"]-1, 0)
	if byDay {
		ms := clip(dateOf(f["Y"], 0, 1, 0, 0, 0, 0) + (f["d"]-1)*millisADay)
		if math.IsNaN(ms) {
			return ms, nil
		}
		day := fieldsOf(ms)
		f["M"], f["D"] = float64(day.month-1), float64(day.day)
	}
	if half {
		f["H"] = f["h"]
		if f["h"] == 12 {
			f["H"] = 0
		}
		if f["P"] == 1 {
			f["H"] += 12
		}
	}
	offset := f["Z"]
	if offset == 0 {
		offset = f["z"]
	}
	return dateOf(f["Y"], f["M"], f["D"], f["H"], f["m"], f["s"], f["f"]) - offset*60_000, nil
}

// complete sets the components that were not given.
func (f dateFields) complete(wanted string, now fields) *Error {
	begun, ended := false, false
	for letter := range strings.SplitSeq(wanted, "") {
		_, given := f[letter]
		switch {
		case given && ended:
			return fail("D3136")
		case given:
			begun = true
		case begun:
			ended = true
			f[letter] = 0
			if strings.Contains("MDd", letter) {
				f[letter] = 1
			}
		default:
			n, _ := now.component(letter)
			f[letter] = float64(n)
		}
	}
	return nil
}
