package main

import (
	"bytes"
	"io"
	"syscall"
	"testing"
)

// brokenPipe is a stdout that nobody reads.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestBrokenPipe(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	code := Run([]string{"version"}, bytes.NewReader(nil), brokenPipe{}, &stderr, func(string) string { return "" })
	if code != exitPipe || stderr.Len() > 0 {
		t.Errorf("got %d, %q", code, stderr.String())
	}
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain ünïcode ✓": "plain ünïcode ✓",
		"a\tb\n":          "a\tb\n",
		"\x1b[2J\x07":     `\u001b[2J\u0007`,
		"a\rb\x7f\u009b":  `a\u000db\u007f\u009b`,
		"\u202eabc\u2069": `\u202eabc\u2069`,
		"\xff":            `\ufffd`,
	} {
		if got := visible(in, "\n\t"); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
	if got := visible("a\nb", ""); got != `a\u000ab` {
		t.Errorf("got %s", got)
	}
}

// Each run has its own state: two clients work in one process.
func TestRunTwice(t *testing.T) {
	t.Parallel()
	for range 2 {
		if code := Run([]string{"function", "list", "--format", "xml"}, nil, io.Discard, io.Discard, func(string) string { return "" }); code != exitUsage {
			t.Errorf("got %d", code)
		}
	}
}
