package value_test

import (
	"strings"
	"testing"

	"github.com/serverledge/serverledge/dag/value"
)

func TestFits(t *testing.T) {
	t.Parallel()
	for text, limit := range map[string]int{`"abc"`: 5, `[1,2]`: 5, `{"a":[1]}`: 9, `[]`: 2} {
		v, err := value.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if !value.Fits(v, limit) || value.Fits(v, limit-1) {
			t.Errorf("%s: Fits(%d) = %t, Fits(%d) = %t", text, limit, value.Fits(v, limit), limit-1, value.Fits(v, limit-1))
		}
	}
}

// A value made of one large value many times is refused without being written out.
func TestFitsDoesNotRenderTheWhole(t *testing.T) {
	t.Parallel()
	large := value.OfString(strings.Repeat("x", 1<<20))
	items := make([]value.Value, 1<<20) // a terabyte of JSON
	for i := range items {
		items[i] = large
	}
	if value.Fits(value.OfArray(items...), 1<<21) {
		t.Error("a terabyte fits into two mebibytes")
	}
}

func TestDepth(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{`1`: 0, `[]`: 1, `{"[{\"":[{}]}`: 3, `["\\",[]]`: 2} {
		v, err := value.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := value.Depth(v); got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	}
}
