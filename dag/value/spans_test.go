package value

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// spansOf finds spans one byte at a time.
func spansOf(text string) []Span {
	var spans []Span
	var open []int
	for i, quoted := 0, false; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[', c == '{':
			open = append(open, len(spans))
			spans = append(spans, Span{})
		case c == ']', c == '}':
			last := len(open) - 1
			spans[open[last]] = Span{uint32(i + 1), uint32(len(spans))}
			open = open[:last]
		}
	}
	return spans
}

func TestSpans(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300)
	for _, text := range []string{
		`1`, `[]`, `{"a":[]}`, `[[],{}]`, `["[{\"\\",{"]":"}"}]`, `["` + long + `\\",{"a":[{"}":"\""}]}]`,
		`{"` + long + `" : [ 1, [ ], { } ] , "b": [ { "c" : "]" } ]}`, "  [ \"" + long + "\" ,\n [ {} ] ]  ",
		"[" + strings.Repeat("[],", 300) + "[]]", strings.Repeat("[", 60) + `"` + long + `"` + strings.Repeat("]", 60),
	} {
		v, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		want := spansOf(v.String())
		for range 2 {
			if got := v.Outline().Spans; !slices.Equal(got, want) {
				t.Errorf("%s: Parse found %v, want %v", text, got, want)
			}
			if got := Raw([]byte(v.String())).Outline().Spans; !slices.Equal(got, want) {
				t.Errorf("%s: got %v, want %v", text, got, want)
			}
		}
	}
	if got := (Value{}).Outline().Spans; got != nil {
		t.Errorf("an absent value has %v", got)
	}
	built := OfObject(Member{"a", EmptyArray})
	if got, want := built.Outline().Spans, spansOf(built.String()); !slices.Equal(got, want) {
		t.Errorf("a value without text: got %v, want %v", got, want)
	}
}

// Several goroutines may be the first to ask.
func TestSpansConcurrently(t *testing.T) {
	t.Parallel()
	text := `{"a":[{"b":"` + strings.Repeat("x", 500) + `"}]}`
	want, v := spansOf(text), Raw([]byte(text))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got := v.Outline().Spans; !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
	all.Wait()
}

// The copy of a long text is shared as long as somebody has it, and no longer.
func TestOutlineIsShared(t *testing.T) {
	t.Parallel()
	v := Raw([]byte(`["` + strings.Repeat("x", 2*longText) + `"]`))
	first := v.Outline()
	if v.Outline() != first {
		t.Error("a second look made another copy")
	}
	runtime.KeepAlive(first)
	for range 10 {
		if runtime.GC(); v.source().about.Load().outline.Value() == nil {
			return
		}
	}
	t.Error("the copy remains after everybody has gone")
}
