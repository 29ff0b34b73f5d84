package functions

import (
	"errors"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/internal/fault"
)

func TestValidName(t *testing.T) {
	t.Parallel()
	good := []string{"a", "F", "0", "_x", "fn-1.2_b", "create", "x.", "a..b", strings.Repeat("a", MaxName)}
	for _, name := range good {
		if err := ValidName(name); err != nil {
			t.Errorf("ValidName(%q) = %v, want nil", name, err)
		}
	}
	bad := []string{
		"", ".", "..", "-rf", ".hidden", "a/b", "a%2Fb", `a\b`, "a b", "é", "a\n", "a\x00",
		"x/../../progress/1", strings.Repeat("a", MaxName+1), strings.Repeat("a", 1<<20),
	}
	for _, name := range bad {
		err := ValidName(name)
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Invalid || e.Code != "invalid_name" || e.Hint == "" {
			t.Errorf("ValidName(%.80q) = %v, want invalid_name with a hint", name, err)
			continue
		}
		if len(e.Detail) > 400 {
			t.Errorf("ValidName echoes %d bytes", len(e.Detail))
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	if got := Fold("Fn-A_b.C"); got != "fn-a_b.c" {
		t.Errorf("Fold = %q", got)
	}
}
