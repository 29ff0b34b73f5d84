package main

import (
	"strings"
	"testing"
)

func TestOutputOf(t *testing.T) {
	t.Parallel()
	for printed, want := range map[string]string{
		"{\"a\": 1.0}\n": `{"a": 1.0}`, " [1]\r\n": "[1]", "7": "7", "null\n": "null", "": `""`, "\n": `""`,
		"plain\n": `"plain"`, "a\nb\n\n": `"a\nb"`, "<a&b>": `"<a&b>"`, "{\"a\":1}{": `"{\"a\":1}{"`, "\xff": "\"\ufffd\"",
	} {
		if got, err := outputOf([]byte(printed)); err != nil || string(got) != want {
			t.Errorf("%q: got %s, %v, want %s", printed, got, err, want)
		}
	}
}

// What a command writes is bounded: the beginning of its output, and the end of
// its complaints, from the beginning of a line.
func TestHeadAndTail(t *testing.T) {
	t.Parallel()
	h := &head{most: 4}
	for i, text := range []string{"ab", "cd", "", "e"} {
		if n, err := h.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
		if h.cut != (i == 3) {
			t.Errorf("after %q: cut is %v", text, h.cut)
		}
	}
	if string(h.text) != "abcd" {
		t.Errorf("kept %q", h.text)
	}
	for _, c := range []struct{ written, want string }{
		{"", ""}, {"one\n", "one"}, {"one\ntwo\n", "one\ntwo"}, {"first\nsecond\nthird\n", "third"}, {"0123456789abcdef", "6789abcdef"}, {"0123456789\n", "123456789"},
	} {
		end := &tail{most: 10}
		for _, piece := range strings.SplitAfter(c.written, "") {
			_, _ = end.Write([]byte(piece))
		}
		if got := end.String(); got != c.want {
			t.Errorf("%q: got %q, want %q", c.written, got, c.want)
		}
	}
}
