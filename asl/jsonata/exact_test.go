package jsonata

import (
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/serverledge/serverledge/dag/value"
)

// numbersNearby are numbers of all sizes, many of them with few digits.
func numbersNearby(r *rand.Rand) float64 {
	f := float64(r.IntN(2_000_001)-1_000_000) / float64([]int{1, 2, 8, 10, 100, 1000, 3}[r.IntN(7)])
	switch r.IntN(10) {
	case 0:
		return f * math.Pow(10, float64(r.IntN(40)-20))
	case 1:
		return math.Float64frombits(r.Uint64())
	case 2:
		return []float64{0, math.Copysign(0, -1), 1e15, 1e21, -1e-7, 999999999999999, 0.5, 1.005, math.Inf(1), math.NaN()}[r.IntN(10)]
	}
	return f
}

// What is shifted without text is what its text stands for.
func TestShiftExactly(t *testing.T) {
	t.Parallel()
	r, exact := rand.New(rand.NewPCG(1, 2)), 0
	for range 50_000 {
		f, places := numbersNearby(r), r.IntN(31)-15
		got, ok := shiftExactly(f, places)
		if !ok {
			continue
		}
		exact++
		want, err := strconv.ParseFloat(formatNumber(f)+"e"+strconv.Itoa(places), 64)
		if err != nil || got != want || math.Signbit(got) != math.Signbit(want) {
			t.Fatalf("%v by %d places: got %v, want %v (%v)", f, places, got, want, err)
		}
	}
	if exact < 25_000 {
		t.Errorf("only %d of 50,000 were shifted exactly", exact)
	}
}

// Usual pictures write what the general way writes.
func TestFormatUsual(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for _, text := range []string{"#,##0.00", "0.0", "#.##", "000.000", "#,###.0#", "$#,##0.00 net", "##,##,#0.00#", "#0.##%", "00,00.0‰", ".00"} {
		f, err := (&evaluation{}).decimalFormat(item{})
		if err != nil {
			t.Fatal(err)
		}
		picture, err := f.read(text)
		if err != nil {
			t.Fatal(text, err)
		}
		p := *picture.positive
		if !p.usual {
			t.Errorf("%s is not usual", text)
		}
		general := p
		general.usual = false
		for range 5_000 {
			n := numbersNearby(r)
			if got, want := p.format(f, n), general.format(f, n); got != want {
				t.Fatalf("%v as %s: got %q, want %q", n, text, got, want)
			}
		}
	}
}

// A pattern that looks at nothing before a match finds what it finds with all
// that is before.
func TestFreePatterns(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for _, source := range []string{`a`, `a+b?`, `(a|ab)(c|bcd)?`, `[^a]b$`, `b*?c`, `.a(?:b|$)`, `é+`, `(a)|(b)`} {
		p, err := compilePattern(source, "", 0)
		if err != nil {
			t.Fatal(source, err)
		}
		if !p.free {
			t.Errorf("%s is not free", source)
		}
		bound := *p
		bound.free = false
		for range 500 {
			text := ""
			for range r.IntN(12) {
				text += []string{"a", "b", "c", "d", "é"}[r.IntN(5)]
			}
			for from := range text {
				e := &evaluation{steps: 1_000_000, limit: Limits{}.orDefaults()}
				got, err := p.find(e, text, from)
				if err != nil {
					t.Fatal(err)
				}
				want, err := bound.find(e, text, from)
				if err != nil {
					t.Fatal(err)
				}
				if len(got) != len(want) {
					t.Fatalf("/%s/ in %q from %d: got %v, want %v", source, text, from, got, want)
				}
				for i := range got {
					if got[i] != want[i] {
						t.Fatalf("/%s/ in %q from %d: got %v, want %v", source, text, from, got, want)
					}
				}
			}
		}
	}
	for _, source := range []string{`^a`, `\ba`, `a\B`, `(x|^)a`} {
		if p, err := compilePattern(source, "", 0); err != nil || p.free {
			t.Errorf("/%s/: %v, or free", source, err)
		}
	}
}

// A literal that is said to be the shortest is what its number is written as.
func TestIsShortest(t *testing.T) {
	t.Parallel()
	r, short := rand.New(rand.NewPCG(7, 8)), 0
	check := func(literal string) {
		if !isShortest(literal) {
			return
		}
		short++
		if want := formatNumber(rounded15(parseFloat(literal))); literal != want {
			t.Fatalf("%s is written %s", literal, want)
		}
	}
	for range 50_000 {
		f := numbersNearby(r)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		check(formatNumber(f))
		check(strconv.FormatFloat(f, 'f', r.IntN(9), 64))
		check(strconv.FormatFloat(f, 'g', r.IntN(20), 64))
	}
	for _, literal := range []string{"0", "-0", "-0.0", "0.0", "0.5", "-0.5", "0.000001", "0.0000001", "0.00001", "10", "1.10", "123456789.12345", "999999999999999", "1e3", "100.0001", "-0.00001"} {
		check(literal)
	}
	if short < 25_000 {
		t.Errorf("only %d of 150,000 are the shortest", short)
	}
}

// What is told again from the text of a document is what is written from its
// parts.
func TestRetell(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`[]`, `{}`, `[1,2.5,-3,1.50,1e3,0.1000,-0,0.00000001,123456789012345678,1.0]`, `{"a\u0062c\/\n":"\u00e9\ud83d\ude00\\","":[true,false,null,{"x":[]}]}`,
		`[[[["deep",{"k":"v"}]]]]`, `["é","<&>"]`,
	} {
		direct, err := Compile(`$string($)`)
		if err != nil {
			t.Fatal(err)
		}
		// What a transform changed is written from its parts.
		parts, err := Compile(`$string($ ~> |**.nothing|{}|)`)
		if err != nil {
			t.Fatal(err)
		}
		for _, wrapped := range []string{text, `{"in":` + text + `,"and":[` + text + `]}`} {
			got, err := direct.Evaluate(value.Raw([]byte(wrapped)), Env{})
			if err != nil {
				t.Fatal(err)
			}
			want, err := parts.Evaluate(value.Raw([]byte(wrapped)), Env{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Text() != want.Text() {
				t.Errorf("%s is told as %s, want %s", wrapped, got, want)
			}
		}
	}
	x, err := Compile(`$string($)`)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text, limit string
		limits      Limits
	}{
		{`[[[[1]]]]`, "depth", Limits{Depth: 5}},
		{`["0123456789012345678901234567890123456789"]`, "size", Limits{Size: 30}},
		{`[1e999]`, "", Limits{}},
	} {
		_, err := x.Evaluate(value.Raw([]byte(c.text)), Env{Limits: c.limits})
		if problem, ok := errors.AsType[*Error](err); !ok || problem.Limit != c.limit {
			t.Errorf("%s: got %v, want limit %q", c.text, err, c.limit)
		}
	}
}
