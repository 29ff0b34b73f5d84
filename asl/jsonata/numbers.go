package jsonata

import (
	"math"
	"strconv"
)

// calculate applies a function to a number.
func calculate(args []item, f func(float64) float64) (item, *Error) {
	if args[0].kind != number {
		return item{}, nil
	}
	return ofNumber(f(args[0].float())), nil
}

func abs(_ *evaluation, args []item) (item, *Error) { return calculate(args, math.Abs) }

func floor(_ *evaluation, args []item) (item, *Error) { return calculate(args, math.Floor) }

func ceil(_ *evaluation, args []item) (item, *Error) { return calculate(args, math.Ceil) }

// round is $round: half to even.
func round(_ *evaluation, args []item) (item, *Error) {
	places := 0.0
	if it := at(args, 1); it.kind == number {
		places = it.float()
	}
	return calculate(args, func(f float64) float64 { return roundHalfEven(f, places) })
}

func sqrt(e *evaluation, args []item) (item, *Error) {
	if args[0].kind == number && args[0].float() < 0 {
		return item{}, fail("D3060").of(e.shown(args[0]))
	}
	return calculate(args, math.Sqrt)
}

func power(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != number {
		return item{}, nil
	}
	exponent := math.NaN()
	if it := at(args, 1); it.kind == number {
		exponent = it.float()
	}
	if err := e.spend(10); err != nil {
		return item{}, err
	}
	f := exactPower(args[0].float(), exponent)
	if math.Abs(args[0].float()) == 1 && math.IsInf(exponent, 0) || math.IsNaN(exponent) {
		f = math.NaN()
	}
	if math.IsInf(f, 0) || math.IsNaN(f) {
		err := fail("D3061").of(e.shown(args[0]))
		err.details.exponent = e.shown(at(args, 1))
		return item{}, err
	}
	return ofNumber(f), nil
}

// toNumber is $number.
func toNumber(e *evaluation, args []item) (item, *Error) {
	switch it := args[0]; it.kind {
	case undefined, number:
		return it, nil
	case boolean:
		return ofNumber(it.num), nil
	case str:
		if f, ok := numeral(it.text); ok {
			return ofNumber(f), nil
		}
		fallthrough
	default:
		return item{}, fail("D3030").of(e.shown(it))
	}
}

// numeral reads a decimal number, or a whole one after 0x, 0o or 0b.
func numeral(s string) (float64, bool) {
	if isDecimal(s) {
		f, err := strconv.ParseFloat(s, 64)
		return f, err == nil
	}
	if len(s) < 3 || s[0] != '0' {
		return 0, false
	}
	var base float64
	switch s[1] {
	case 'x', 'X':
		base = 16
	case 'o', 'O':
		base = 8
	case 'b', 'B':
		base = 2
	default:
		return 0, false
	}
	f := 0.0
	for _, c := range s[2:] {
		digit, err := strconv.ParseUint(string(c), 16, 8)
		if err != nil || float64(digit) >= base {
			return 0, false
		}
		f = f*base + float64(digit)
	}
	return f, true
}

// isDecimal tells whether s is digits, perhaps with a sign, a fraction and an
// exponent.
func isDecimal(s string) bool {
	digits := func() bool {
		n := 0
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n > 0
	}
	if s != "" && s[0] == '-' {
		s = s[1:]
	}
	if !digits() {
		return false
	}
	if s != "" && s[0] == '.' {
		if s = s[1:]; !digits() {
			return false
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		if s = s[1:]; s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if !digits() {
			return false
		}
	}
	return s == ""
}

// formatBase is $formatBase.
func formatBase(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != number {
		return item{}, nil
	}
	radix := 10.0
	if it := at(args, 1); it.kind == number {
		radix = roundHalfEven(it.float(), 0)
	}
	if !(radix >= 2 && radix <= 36) {
		return item{}, fail("D3100").of(formatNumber(radix))
	}
	return ofText(inBase(roundHalfEven(args[0].float(), 0), int(radix))), e.spend(16)
}

// inBase writes a whole number in a base. Beyond 2^53, where a float64 has no
// units, the digits that it does not know are zeros.
func inBase(f float64, base int) string {
	if math.IsNaN(f) || math.IsInf(f, 0) || base == 10 {
		return formatNumber(f)
	}
	if math.Abs(f) <= 1<<53 {
		return strconv.FormatInt(int64(f), base)
	}
	sign := ""
	if f < 0 {
		sign, f = "-", -f
	}
	var reversed []byte
	for f >= 1<<53 {
		f /= float64(base)
		reversed = append(reversed, '0')
	}
	f = math.Floor(f)
	return sign + strconv.FormatInt(int64(f), base) + string(reversed)
}

// total adds the numbers of an array.
func (e *evaluation) total(it item) (sum float64, count int, err *Error) {
	if it.node.state == counted {
		n := it.node.more.count
		for i := range n {
			sum += it.node.more.from + float64(i)
		}
		return sum, n, e.spend(n / 8)
	}
	e.open(it.node)
	for _, n := range it.node.items {
		sum += n.float()
	}
	return sum, len(it.node.items), e.spend(len(it.node.items) / 4)
}

func sum(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != array {
		return item{}, nil
	}
	f, _, err := e.total(args[0])
	return ofNumber(f), err
}

func average(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != array {
		return item{}, nil
	}
	f, n, err := e.total(args[0])
	if n == 0 {
		return item{}, err
	}
	return ofNumber(f / float64(n)), err
}

func largest(e *evaluation, args []item) (item, *Error) { return e.extreme(args[0], math.Max) }

func smallest(e *evaluation, args []item) (item, *Error) { return e.extreme(args[0], math.Min) }

func (e *evaluation) extreme(it item, choose func(a, b float64) float64) (item, *Error) {
	if it.kind != array || e.size(it.node) == 0 {
		return item{}, nil
	}
	n := it.node.length()
	if err := e.spend(n / 4); err != nil {
		return item{}, err
	}
	f := e.element(it.node, 0).float()
	for i := 1; i < n; i++ {
		f = choose(f, e.element(it.node, i).float())
	}
	return ofNumber(f), nil
}
