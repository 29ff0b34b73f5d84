package sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
)

// TestAStartAfterTheStop: Close may stop an instance between its registration
// and its start, which then finds the driver gone and builds nothing on it.
func TestAStartAfterTheStop(t *testing.T) {
	t.Parallel()
	d := &Driver{instances: map[string]*instance{}}
	i := &instance{id: "sandbox-x", driver: d, dir: filepath.Join(t.TempDir(), "sandbox-x")}
	if err := d.add(i); err != nil {
		t.Fatal(err)
	}
	if err := i.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := &functions.Function{Name: "f", Runtime: "python3", MemoryMB: 64}
	if err := i.start(t.Context(), f, ""); !errors.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want unavailable", err)
	}
	if _, err := os.Stat(i.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of the instance: %v", err)
	}
}
