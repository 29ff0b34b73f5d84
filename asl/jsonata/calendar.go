package jsonata

import "math"

// A date is a number of milliseconds since 1970, as in JavaScript; NaN is no
// date. There are no leap seconds and the calendar has no gaps.

const (
	millisADay  = 86_400_000
	latestMilli = 8.64e15
)

// clip returns whole milliseconds, NaN beyond what a date may be.
func clip(ms float64) float64 {
	if math.IsNaN(ms) || math.Abs(ms) > latestMilli {
		return math.NaN()
	}
	return math.Trunc(ms)
}

// dateOf returns the date of fields that may be out of range: month 12 is
// January of the next year. Months count from 0. The years 0 to 99 mean 1900
// to 1999.
func dateOf(year, month, day, hour, minute, second, milli float64) float64 {
	for _, f := range []float64{year, month, day, hour, minute, second, milli} {
		if math.IsNaN(f) || math.Abs(f) > latestMilli {
			return math.NaN()
		}
	}
	year, month = math.Trunc(year), math.Trunc(month)
	if year >= 0 && year <= 99 {
		year += 1900
	}
	year += math.Floor(month / 12)
	month = math.Mod(math.Mod(month, 12)+12, 12)
	if math.Abs(year) > 400_000 {
		return math.NaN()
	}
	days := float64(daysBefore(int(year), int(month)+1)) + math.Trunc(day) - 1
	return clip(days*millisADay + math.Trunc(hour)*3_600_000 + math.Trunc(minute)*60_000 + math.Trunc(second)*1000 + math.Trunc(milli))
}

// daysBefore returns how many days lie between 1970 and the first of a month.
func daysBefore(year, month int) int {
	// Years are counted from March, so that the leap day is the last.
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	yearOfEra := year - era*400
	dayOfYear := (153*(month-3) + 2) / 5
	return era*146_097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719_468
}

// fields are the parts of a date.
type fields struct {
	ms                                 float64
	year, month, day                   int // months count from 1
	weekday                            int // 1 is Monday
	hour, minute, second, milli, since int // since is the number of days since 1970
}

func fieldsOf(ms float64) fields {
	f := fields{ms: ms}
	days := math.Floor(ms / millisADay)
	rest := int(ms - days*millisADay)
	f.since = int(days)
	f.hour, f.minute, f.second, f.milli = rest/3_600_000, rest/60_000%60, rest/1000%60, rest%1000
	f.weekday = ((f.since+3)%7+7)%7 + 1
	shifted := f.since + 719_468
	era := shifted / 146_097
	if shifted < 0 {
		era = (shifted - 146_096) / 146_097
	}
	dayOfEra := shifted - era*146_097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36_524 - dayOfEra/146_096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	m := (5*dayOfYear + 2) / 153
	f.day = dayOfYear - (153*m+2)/5 + 1
	f.month = m + 3
	f.year = yearOfEra + era*400
	if f.month > 12 {
		f.month -= 12
		f.year++
	}
	return f
}

// midnight returns the start of a day, by the rules of dateOf.
func midnight(year, month, day int) float64 {
	return dateOf(float64(year), float64(month-1), float64(day), 0, 0, 0, 0)
}

// firstWeek returns the Monday of the first week of a year or month: the one
// that has its first Thursday.
func firstWeek(year, month int) float64 {
	first := midnight(year, month, 1)
	weekday := fieldsOf(first).weekday
	if weekday > 4 {
		return first + float64(8-weekday)*millisADay
	}
	return first - float64(weekday-1)*millisADay
}

// nextMonth returns the month so many months later or, if negative, earlier.
func nextMonth(year, month, by int) (int, int) {
	month += by
	switch {
	case month > 12:
		return year + 1, month - 12
	case month < 1:
		return year - 1, month + 12
	}
	return year, month
}

// week returns the number of a week since the first one.
func week(first, day float64) int { return int(math.Floor((day-first)/(7*millisADay) + 1)) }

// weekOfYear is the ISO week: the first days of January may be in the last
// week of the year before, the last days of December in the first of the next.
func (f fields) weekOfYear() int {
	today := midnight(f.year, f.month, f.day)
	n := week(firstWeek(f.year, 1), today)
	switch {
	case n > 52 && today >= firstWeek(f.year+1, 1):
		return 1
	case n < 1:
		return week(firstWeek(f.year-1, 1), today)
	}
	return n
}

// weekOfMonth is the same for months.
func (f fields) weekOfMonth() int {
	today := midnight(f.year, f.month, f.day)
	n := week(firstWeek(f.year, f.month), today)
	switch {
	case n > 4 && today >= firstWeek(nextMonth(f.year, f.month, 1)):
		return 1
	case n < 1:
		return week(firstWeek(nextMonth(f.year, f.month, -1)), today)
	}
	return n
}

// yearOfWeek is the year that the ISO week belongs to.
func (f fields) yearOfWeek() int {
	switch {
	case f.ms < firstWeek(f.year, 1):
		return f.year - 1
	case f.ms >= firstWeek(f.year+1, 1):
		return f.year + 1
	}
	return f.year
}

// monthOfWeek is the month that the week of the month belongs to.
func (f fields) monthOfWeek() int {
	_, before := nextMonth(f.year, f.month, -1)
	year, after := nextMonth(f.year, f.month, 1)
	switch {
	case f.ms < firstWeek(f.year, f.month):
		return before
	case f.ms >= firstWeek(year, after):
		return after
	}
	return f.month
}

// component returns what a letter of a picture stands for; ok is false for
// what is no number.
func (f fields) component(letter string) (n int, ok bool) {
	switch letter {
	case "Y":
		return f.year, true
	case "M":
		return f.month, true
	case "D":
		return f.day, true
	case "d":
		return int((midnight(f.year, f.month, f.day)-midnight(f.year, 1, 1))/millisADay) + 1, true
	case "F":
		return f.weekday, true
	case "W":
		return f.weekOfYear(), true
	case "w":
		return f.weekOfMonth(), true
	case "X":
		return f.yearOfWeek(), true
	case "x":
		return f.monthOfWeek(), true
	case "H":
		return f.hour, true
	case "h":
		return (f.hour+11)%12 + 1, true
	case "m":
		return f.minute, true
	case "s":
		return f.second, true
	case "f":
		return f.milli, true
	}
	return 0, false
}
