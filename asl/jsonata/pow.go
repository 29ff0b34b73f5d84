package jsonata

import "math"

// exactPower returns x to the power of y, rounded correctly but for the rarest
// cases. The error of math.Pow is larger and shows: it makes 1e21 to the power
// of 12 a number that is not 1e252.
func exactPower(x, y float64) float64 {
	rough := math.Pow(x, y)
	size := math.Abs(x)
	if rough == 0 || math.IsInf(rough, 0) || math.IsNaN(rough) || size == 1 || y == 0 || y == 1 || math.Abs(rough) < 1e-300 {
		return rough
	}
	// x = m * 2^e with m near 1, so that log2(x) = e + log2(m).
	m, e := math.Frexp(size)
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	// log(m) = 2 * (t + t^3/3 + t^5/5 + ...) with t = (m-1)/(m+1)
	t := double{m - 1, 0}.over(sum2(m, 1))
	square := t.times(t)
	series := double{}
	for k := 61; k >= 1; k -= 2 {
		series = series.times(square).plus(double{1, 0}.over(double{float64(k), 0}))
	}
	log := series.times(t).times(double{2, 0})
	ln2 := double{math.Ln2, 2.3190468138462996e-17}
	total := log.plus(ln2.times(double{float64(e), 0})).times(double{y, 0})
	n := math.Round(total.hi / math.Ln2)
	rest := total.plus(ln2.times(double{-n, 0}))
	// e^rest, by halving it often and squaring the result as often
	const halvings = 6
	rest = double{rest.hi / (1 << halvings), rest.lo / (1 << halvings)}
	power := double{}
	for k := 16; k >= 1; k-- {
		power = power.plus(double{1, 0}).times(rest).over(double{float64(k), 0})
	}
	for range halvings { // of e^r - 1, which keeps more digits
		power = power.times(power).plus(power).plus(power)
	}
	power = power.plus(double{1, 0})
	exact := math.Ldexp(power.hi+power.lo, int(n))
	return math.Copysign(exact, rough)
}

// double is a number of twice the precision: the sum of two, the second much
// smaller than the first.
type double struct{ hi, lo float64 }

// sum2 adds two numbers without loss.
func sum2(a, b float64) double {
	s := a + b
	t := s - a
	return double{s, (a - (s - t)) + (b - t)}
}

func (a double) plus(b double) double {
	s := sum2(a.hi, b.hi)
	return sum2(s.hi, s.lo+a.lo+b.lo)
}

func (a double) times(b double) double {
	p := a.hi * b.hi
	rest := math.FMA(a.hi, b.hi, -p) + a.hi*b.lo + a.lo*b.hi
	return sum2(p, rest)
}

func (a double) over(b double) double {
	q := a.hi / b.hi
	rest := a.plus(b.times(double{-q, 0}))
	return sum2(q, (rest.hi+rest.lo)/b.hi)
}
