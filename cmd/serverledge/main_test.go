package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommandLine: the version has a flag too, and a mistyped command is not
// taken for a file.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args     []string
		code     int
		out, err string
	}{
		{[]string{"--version"}, exitOK, "serverledge " + version + "\n", ""},
		{[]string{"version"}, exitOK, "serverledge " + version + "\n", ""},
		{[]string{"confg"}, exitUsage, "", "try: serverledge config"},
		{[]string{"nothing-like-it"}, exitConfig, "", "nothing-like-it"},
		{[]string{"a", "b"}, exitUsage, "", "accepts at most 1"},
	} {
		var stdout, stderr strings.Builder
		code := run(t.Context(), c.args, nil, &stdout, &stderr)
		if code != c.code || stdout.String() != c.out || !strings.Contains(stderr.String(), c.err) {
			t.Errorf("%q: got %d, %q, %q", c.args, code, stdout.String(), stderr.String())
		}
	}
}

// TestFileNamedLikeACommand: a file wins over a guess.
func TestFileNamedLikeACommand(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "confg")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := fileArgument(command(nil, nil, nil), []string{name}); err != nil {
		t.Error(err)
	}
}
