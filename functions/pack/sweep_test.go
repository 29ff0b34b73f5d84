package pack

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func none(string) bool { return false }

// TestSweepTakesWhatNobodyUses: a package goes when it has not been handed out
// for a while, and not a moment sooner; it can be had again.
func TestSweepTakesWhatNobodyUses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, digest := stock(t)
	synctest.Test(t, func(t *testing.T) {
		c := open1(t, dir, s)
		for round := range int64(2) {
			if _, err := c.Dir(t.Context(), digest); err != nil {
				t.Fatal(err)
			}
			time.Sleep(idle - time.Nanosecond)
			if n, err := c.Sweep(none); n != 0 || err != nil {
				t.Errorf("in use: removed %d, %v", n, err)
			}
			time.Sleep(time.Nanosecond)
			if n, err := c.Sweep(none); n != 1 || err != nil {
				t.Errorf("idle: removed %d, %v", n, err)
			}
			if n := s.asked.Load(); n != round+1 {
				t.Errorf("fetched %d times, want %d", n, round+1)
			}
		}
		if n := entries(t, dir); n != 1 || len(c.used) != 0 {
			t.Errorf("%d entries are left, want only the mark of the boot; %d are remembered", n, len(c.used))
		}
	})
}

// TestSweepWaitsAfterTheLastUse: the instances of a function outlive its
// removal by the call that they are at, so its package does too.
func TestSweepWaitsAfterTheLastUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, digest := stock(t)
	synctest.Test(t, func(t *testing.T) {
		c := open1(t, dir, s)
		if _, err := c.Dir(t.Context(), digest); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		if n, err := c.Sweep(func(d string) bool { return d == digest }); n != 0 || err != nil {
			t.Errorf("wanted: removed %d, %v", n, err)
		}
		time.Sleep(idle - time.Nanosecond)
		if n, err := c.Sweep(none); n != 0 || err != nil {
			t.Errorf("wanted a while ago: removed %d, %v", n, err)
		}
		time.Sleep(time.Nanosecond)
		if n, err := c.Sweep(none); n != 1 || err != nil {
			t.Errorf("wanted long ago: removed %d, %v", n, err)
		}
	})
}

// TestSweepOfAFormerProcess: what nobody has asked for since the start goes at
// once, and what is not a package stays.
func TestSweepOfAFormerProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, digest := stock(t)
	if _, err := open1(t, dir, s).Dir(t.Context(), digest); err != nil {
		t.Fatal(err)
	}
	c := open1(t, dir, s)
	if err := os.WriteFile(filepath.Join(dir, "notes"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Sweep(none); n != 1 || err != nil {
		t.Errorf("removed %d, %v", n, err)
	}
	if n := entries(t, dir); n != 2 {
		t.Errorf("%d entries are left, want 2", n)
	}
}

// TestSweepBesideDir: a folder that was handed out is there, whatever is swept
// at the same moment.
func TestSweepBesideDir(t *testing.T) {
	t.Parallel()
	s, digest := stock(t)
	for range 50 {
		dir := t.TempDir()
		if _, err := open1(t, dir, s).Dir(t.Context(), digest); err != nil {
			t.Fatal(err)
		}
		c := open1(t, dir, s) // remembers no use
		var both sync.WaitGroup
		both.Go(func() {
			if _, err := c.Sweep(none); err != nil {
				t.Error(err)
			}
		})
		both.Go(func() {
			folder, err := c.Dir(t.Context(), digest)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := os.Stat(filepath.Join(folder, "a")); err != nil {
				t.Error(err)
			}
		})
		both.Wait()
	}
}
