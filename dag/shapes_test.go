package dag

import (
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// The tests speak a small language of their own: these are its shapes.

// at follows a dotted path into a value.
func at(v value.Value, path string) value.Value {
	for key := range strings.SplitSeq(path, ".") {
		if key != "" {
			v = v.Get(key)
		}
	}
	return v
}

func text(v value.Value) value.Value {
	if v.IsAbsent() {
		return value.NullValue
	}
	return v
}

func runtimeError(cause string) *Failure { return &Failure{Error: ErrorRuntime, Cause: cause} }

// lit is always the same document.
func lit(json string) Shape {
	v := value.Raw([]byte(json))
	return func(*Scope) (value.Value, *Failure) { return v, nil }
}

// in picks from the effective input, raw from the raw one, res from the result;
// what is missing is a failure.
func in(path string) Shape {
	return func(s *Scope) (value.Value, *Failure) { return need(at(s.Effective, path), path) }
}

func res(path string) Shape {
	return func(s *Scope) (value.Value, *Failure) { return need(at(s.Result, path), path) }
}

func need(v value.Value, path string) (value.Value, *Failure) {
	if v.IsAbsent() {
		return v, runtimeError("nothing at " + path)
	}
	return v, nil
}

// v reads a variable; an unset one is a failure.
func v(name string) Shape {
	return func(s *Scope) (value.Value, *Failure) {
		got, ok := s.Var(name)
		if !ok {
			return got, runtimeError("no variable " + name)
		}
		return got, nil
	}
}

// from reads the output of another state of a dataflow graph, null when it has
// none.
func from(state string) Shape {
	return func(s *Scope) (value.Value, *Failure) {
		got, _ := s.Output(state)
		return text(got), nil
	}
}

// item reads the item at hand.
func item(s *Scope) (value.Value, *Failure) {
	members := []value.Member{{Key: "index", Value: value.OfInt(int64(s.Item.Index))}, {Key: "value", Value: s.Item.Value}}
	if s.Item.Key != "" {
		members = append(members, value.Member{Key: "key", Value: value.OfString(s.Item.Key)})
	}
	return value.OfObject(members...), nil
}

// obj makes an object of shapes: obj("a", in("x"), "b", v("y")).
func obj(parts ...any) Shape {
	return func(s *Scope) (value.Value, *Failure) {
		var members []value.Member
		for i := 0; i < len(parts); i += 2 {
			key, _ := parts[i].(string)
			shape, _ := parts[i+1].(Shape)
			got, failure := shape(s)
			if failure != nil {
				return got, failure
			}
			members = append(members, value.Member{Key: key, Value: got})
		}
		return value.OfObject(members...), nil
	}
}

// broke always fails.
func broke(name string) Shape {
	return func(*Scope) (value.Value, *Failure) {
		return value.Value{}, &Failure{Error: name, Cause: "planned"}
	}
}

// random draws a whole number below 1000.
func random(s *Scope) (value.Value, *Failure) { return value.OfInt(s.Rand().Int64N(1000)), nil }

// set assigns one variable.
func set(name string, shape Shape) Assign {
	return func(s *Scope) ([]Binding, *Failure) {
		got, failure := shape(s)
		return []Binding{{name, got}}, failure
	}
}

// is tells whether the effective input has a document at a path.
func is(path, json string) Guard {
	want := value.Raw([]byte(json))
	return func(s *Scope) (bool, *Failure) { return value.Equal(at(s.Effective, path), want), nil }
}

// after waits for so many seconds as the effective input has at a path.
func after(path string) Moment {
	return func(s *Scope) (time.Time, *Failure) {
		n, ok := at(s.Effective, path).Int()
		if !ok {
			return time.Time{}, runtimeError("no seconds at " + path)
		}
		return s.Now().Add(time.Duration(n) * time.Second), nil
	}
}

// fails makes what a Fail state fails with.
func fails(name, cause string) Failing {
	return func(*Scope) *Failure { return &Failure{Error: name, Cause: cause} }
}

func count(n int) Count          { return func(*Scope) (int, *Failure) { return n, nil } }
func share(p float64) Share      { return func(*Scope) (float64, *Failure) { return p, nil } }
func catching(e ...string) Catch { return Catch{Errors: e} }

// machine and flow make graphs.
func machine(states ...*State) *Graph { return &Graph{Start: states[0].Name, States: states} }
func flow(states ...*State) *Graph    { return &Graph{States: states} }

// task makes a Task that calls the function of the same name.
func task(name, next string) *State {
	return &State{Name: name, Kind: Task, Resource: Resource{Name: name}, Next: next}
}

// with changes a state and returns it.
func with(s *State, change func(*State)) *State {
	change(s)
	return s
}

func validated(tb testing.TB, g *Graph) *Graph {
	tb.Helper()
	if err := Validate(g); err != nil {
		tb.Fatalf("the graph of the test is wrong: %v", err)
	}
	return g
}
