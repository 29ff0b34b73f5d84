//nolint:thelper // what runs on each driver is a test and reports in its own lines
package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/store"
	"github.com/serverledge/serverledge/store/memory"
)

func fn(name string, memoryMB int) *functions.Function {
	return &functions.Function{Name: name, Runtime: "python310", Handler: "m.f", MemoryMB: memoryMB, CPU: 0.5}
}

func names(t *testing.T, s *store.Store, ns string) string {
	t.Helper()
	list, err := s.Functions(t.Context(), ns)
	must(t, err)
	var out []string
	for _, f := range list {
		out = append(out, f.Name)
	}
	return strings.Join(out, " ")
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		s := open(t, d)
		ctx := t.Context()
		must(t, s.CreateFunction(ctx, fn("Hello", 100)))
		f, err := s.Function(ctx, "", "hELLO")
		must(t, err)
		if f.Name != "Hello" || f.Namespace != "default" || f.Version != f.Digest() || f.MemoryMB != 100 || f.Created.IsZero() {
			t.Errorf("got %+v", f)
		}
		wantKind(t, s.CreateFunction(ctx, fn("hello", 1)), fault.Exists)
		wantKind(t, s.UpdateFunction(ctx, fn("other", 1)), fault.NotFound)
		wantKind(t, s.DeleteFunction(ctx, "", "other"), fault.NotFound)
		wantKind(t, s.CreateFunction(ctx, fn("a/b", 1)), fault.Invalid)
		wantKind(t, s.DeleteFunction(ctx, "", "../x"), fault.NotFound)
		_, err = s.Function(ctx, "elsewhere", "hello")
		wantKind(t, err, fault.NotFound)

		must(t, s.UpdateFunction(ctx, fn("hello", 200)))
		updated, err := s.Function(ctx, "default", "hello")
		must(t, err)
		if updated.MemoryMB != 200 || !updated.Created.Equal(f.Created) || updated.Version == f.Version {
			t.Errorf("updated: %+v", updated)
		}
		must(t, s.DeleteFunction(ctx, "", "HELLO"))
		_, err = s.Function(ctx, "", "hello")
		wantKind(t, err, fault.NotFound)
	})
}

// TestListsEndAtNames keeps apart what begins alike.
func TestListsEndAtNames(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		s := open(t, d)
		for _, n := range [][2]string{{"fn", "a"}, {"fn2", "b"}, {"", "fn"}, {"", "fn2"}, {"", "fn-3"}} {
			f := fn(n[1], 1)
			f.Namespace = n[0]
			must(t, s.CreateFunction(t.Context(), f))
			must(t, s.CreateWorkflow(t.Context(), &store.Workflow{Namespace: n[0], Name: n[1]}))
		}
		if got := names(t, s, "FN"); got != "a" {
			t.Errorf("fn: %q", got)
		}
		must(t, s.DeleteFunction(t.Context(), "", "fn"))
		must(t, s.DeleteWorkflow(t.Context(), "", "fn"))
		if got := names(t, s, ""); got != "fn-3 fn2" {
			t.Errorf("default: %q", got)
		}
		list, err := s.Workflows(t.Context(), "")
		if err != nil || len(list) != 2 {
			t.Errorf("workflows: %v, %v", list, err)
		}
		list, err = s.Workflows(t.Context(), "fn")
		if err != nil || len(list) != 1 || list[0].Name != "a" {
			t.Errorf("workflows of fn: %v, %v", list, err)
		}
	})
}

// TestOneCreator has fifty create one name.
func TestOneCreator(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		s := open(t, d)
		var won atomic.Int32
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				switch err := s.CreateFunction(t.Context(), fn("one", i+1)); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, fault.Exists):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d created it", won.Load())
		}
	})
}

// TestUpdatesTogether has several change one function: all come through, one
// after the other, and every store ends with the same one.
func TestUpdatesTogether(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		a, b := open(t, d), open(t, d)
		must(t, a.CreateFunction(t.Context(), fn("f", 1)))
		var wg sync.WaitGroup
		for i := range 8 {
			s := a
			if i%2 == 1 {
				s = b
			}
			wg.Go(func() {
				if err := s.UpdateFunction(t.Context(), fn("f", 10+i)); err != nil && !errors.Is(err, fault.Conflict) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		eventually(t, "both stores have the same", func() bool {
			x, err := a.Function(t.Context(), "", "f")
			must(t, err)
			y, err := b.Function(t.Context(), "", "f")
			return err == nil && x.MemoryMB == y.MemoryMB && x.MemoryMB >= 10
		})
	})
}

// TestFunctionChanges follows changes on the node that made them and on
// another one.
func TestFunctionChanges(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		here, there := open(t, d), open(t, d)
		must(t, here.Ready(t.Context()))
		must(t, there.Ready(t.Context()))
		var mu sync.Mutex
		seen := map[string][]string{}
		listen := func(who string) store.FunctionListener {
			return func(before, now *functions.Function) {
				mu.Lock()
				defer mu.Unlock()
				size := func(f *functions.Function) int {
					if f == nil {
						return 0
					}
					return f.MemoryMB
				}
				seen[who] = append(seen[who], fmt.Sprintf("%d-%d", size(before), size(now)))
			}
		}
		here.OnFunctionChange(listen("here"))
		there.OnFunctionChange(listen("there"))
		want := []string{"0-1", "1-2", "2-0", "0-3"}
		for i, do := range []func() error{
			func() error { return here.CreateFunction(t.Context(), fn("f", 1)) },
			func() error { return here.UpdateFunction(t.Context(), fn("f", 2)) },
			func() error { return here.DeleteFunction(t.Context(), "", "f") },
			func() error { return here.CreateFunction(t.Context(), fn("f", 3)) },
		} {
			must(t, do())
			mu.Lock()
			if got := seen["here"]; !slices.Equal(got, want[:i+1]) {
				t.Errorf("here, at once: %q, want %q", got, want[:i+1])
			}
			mu.Unlock()
			eventually(t, "the other node knows", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return slices.Equal(seen["there"], want[:i+1])
			})
		}
	})
}

// TestStoreAway takes the driver away: known functions go on answering,
// writes say so, and what others changed meanwhile shows afterwards.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	d := &flaky{Driver: memory.New()}
	s, other := open(t, d), open(t, d.Driver)
	for _, name := range []string{"kept", "changed", "deleted"} {
		must(t, s.CreateFunction(t.Context(), fn(name, 1)))
	}
	must(t, s.Ready(t.Context()))
	d.setDown(true)
	if _, err := s.Function(t.Context(), "", "kept"); err != nil {
		t.Errorf("while away: %v", err)
	}
	if got := names(t, s, ""); got != "changed deleted kept" {
		t.Errorf("while away: %q", got)
	}
	wantKind(t, s.CreateFunction(t.Context(), fn("new", 1)), fault.Unavailable)
	must(t, other.UpdateFunction(t.Context(), fn("changed", 2)))
	must(t, other.DeleteFunction(t.Context(), "", "deleted"))
	must(t, other.CreateFunction(t.Context(), fn("added", 1)))
	d.setDown(false)
	eventually(t, "the changes show", func() bool {
		f, err := s.Function(t.Context(), "", "changed")
		return err == nil && f.MemoryMB == 2 && names(t, s, "") == "added changed kept"
	})
}

// TestUnknownCreation has the driver not know what became of a creation.
func TestUnknownCreation(t *testing.T) {
	t.Parallel()
	for script, txns := range map[string]int{"a": 1, "u": 2, "uua": 3, "b": 2, "bab": 2} {
		d := &flaky{Driver: memory.New()}
		s := open(t, d)
		d.plan(script)
		if err := s.CreateFunction(t.Context(), fn("f", 5)); err != nil {
			t.Errorf("%s: %v", script, err)
		}
		if got := d.count(); got != txns {
			t.Errorf("%s: %d transactions, want %d", script, got, txns)
		}
		if f, err := s.Function(t.Context(), "", "f"); err != nil || f.MemoryMB != 5 {
			t.Errorf("%s: %v, %v", script, f, err)
		}
	}
	d := &flaky{Driver: memory.New()}
	s := open(t, d)
	d.plan("uuuuu")
	wantKind(t, s.CreateFunction(t.Context(), fn("f", 5)), fault.Unknown)
	d.plan("bbbbb")
	wantKind(t, s.CreateFunction(t.Context(), fn("f", 5)), fault.Unavailable)
}

// TestBrokenRecords plants records that cannot be read between good ones.
func TestBrokenRecords(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, d store.Driver) {
		ctx := t.Context()
		const root = "/sl/v1/function/default/"
		broken := map[string]string{
			"brace": "{", "empty": "", "type": `"text"`, "list": "[]", "null": "null", "object": "{}",
			"other": `{"Name":"else","Namespace":"default"}`,
			"huge":  `{"Name":"huge","Namespace":"default","Handler":"` + strings.Repeat("x", 1<<20) + `"}`,
			"newer": `{"Schema":2,"Name":"newer","Namespace":"default"}`,
		}
		for name, value := range broken {
			put(t, d, root+name, value)
		}
		put(t, d, root+"old", `{"Name":"old","Runtime":"python310","MemoryMB":7}`)
		s := open(t, d)
		must(t, s.CreateFunction(ctx, fn("good", 1)))
		if got := names(t, s, ""); got != "good old" {
			t.Errorf("list: %q", got)
		}
		for name := range broken {
			want := "corrupt_record"
			if name == "newer" {
				want = "newer_schema"
			}
			_, err := s.Function(ctx, "", name)
			wantCode(t, err, want)
			wantKind(t, s.CreateFunction(ctx, fn(name, 1)), fault.Exists)
		}
		wantCode(t, s.UpdateFunction(ctx, fn("newer", 1)), "newer_schema")
		wantCode(t, s.DeleteFunction(ctx, "", "newer"), "newer_schema")
		must(t, s.UpdateFunction(ctx, fn("brace", 1)))
		must(t, s.DeleteFunction(ctx, "", "huge"))
		if got := names(t, s, ""); got != "brace good old" {
			t.Errorf("list: %q", got)
		}
		if got := len(keys(t, d, root)); got != 10 {
			t.Errorf("%d keys are left, want 10", got)
		}
	})
}
