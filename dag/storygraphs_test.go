package dag

import (
	"strconv"
	"strings"
	"time"

	"github.com/serverledge/serverledge/dag/value"
)

// storyGraphs are the graphs that stories name.
var storyGraphs = map[string]func() *Graph{
	"single": func() *Graph { return Single("hello") },

	// Shapes, variables and the simple states.
	"simple": func() *Graph {
		return machine(
			&State{Name: "init", Kind: Pass, Next: "work", Out: obj("n", in("n"), "r", Shape(random)), Assign: set("greeting", in("hi"))},
			with(task("work", "end"), func(s *State) {
				s.In = obj("say", v("greeting"), "n", in("n"))
				s.Out = obj("was", in("n"), "got", res("x"))
			}),
			&State{Name: "end", Kind: Succeed, Out: obj("final", in("got"), "by", v("greeting"))})
	},
	"choice": func() *Graph {
		return machine(
			&State{Name: "pick", Kind: Choice, Assign: set("way", lit(`"default"`)), Default: "rest", Cases: []Case{
				{When: is("n", "1"), Next: "one", Assign: set("way", lit(`"one"`))},
				{When: is("n", "2"), Next: "two", Out: lit(`"case two"`)},
			}},
			&State{Name: "one", Kind: Pass, Out: v("way")},
			&State{Name: "two", Kind: Pass},
			&State{Name: "rest", Kind: Pass, Out: v("way")})
	},
	"nochoice": func() *Graph {
		return machine(
			&State{Name: "pick", Kind: Choice, Cases: []Case{{When: is("n", "1"), Next: "one"}}},
			&State{Name: "one", Kind: Pass})
	},
	"wait": func() *Graph {
		return machine(&State{Name: "sleep", Kind: Wait, Until: after("s"), Next: "work"}, task("work", ""))
	},
	"fail": func() *Graph {
		return machine(&State{Name: "no", Kind: Fail, Failure: fails("Custom", "because")})
	},
	"spin": func() *Graph {
		return machine(&State{Name: "a", Kind: Pass, Next: "b"}, &State{Name: "b", Kind: Pass, Next: "a"})
	},

	// Failures.
	"flaky": func() *Graph {
		return machine(with(task("fetch", "next"), func(s *State) {
			s.Retry = []Retry{
				{Errors: []string{"Busy"}, Interval: time.Second, Backoff: 2, MaxDelay: 3 * time.Second, MaxAttempts: 3},
				{Errors: []string{ErrorAll}, Interval: 10 * time.Second, MaxAttempts: 1},
			}
			s.Catch = []Catch{{Errors: []string{"Busy"}, Next: "busy"}, {Errors: []string{ErrorAll}, Next: "lost", Assign: set("e", res("Error")), Out: lit(`"caught"`)}}
		}), task("next", "fetch"), &State{Name: "busy", Kind: Pass}, &State{Name: "lost", Kind: Pass, Out: obj("in", in(""), "e", v("e"))})
	},
	"jitter": func() *Graph {
		return machine(with(task("fetch", ""), func(s *State) {
			s.Retry = []Retry{{Errors: []string{ErrorTaskFailed}, Interval: 10 * time.Second, Backoff: 2, MaxAttempts: 3, Jitter: true}}
		}))
	},
	"timeout": func() *Graph {
		return machine(with(task("slow", ""), func(s *State) {
			s.Timeout = 10 * time.Second
			s.Retry = []Retry{{Errors: []string{ErrorTaskFailed}, Interval: time.Second, MaxAttempts: 5}, {Errors: []string{ErrorTimeout}, Interval: time.Second, MaxAttempts: 1}}
			s.Catch = []Catch{{Errors: []string{ErrorHeartbeatTimeout}, Next: "beat"}, {Errors: []string{ErrorTimeout}, Next: "late"}}
		}), &State{Name: "late", Kind: Pass}, &State{Name: "beat", Kind: Pass})
	},
	"heartbeat": func() *Graph {
		return machine(with(task("alive", ""), func(s *State) {
			s.TimeoutFor = func(*Scope) (time.Duration, *Failure) { return time.Minute, nil }
			s.Heartbeat, s.Resource.Pattern = 5*time.Second, Callback
			s.Catch = []Catch{{Errors: []string{ErrorHeartbeatTimeout}, Next: "beat"}}
		}), &State{Name: "beat", Kind: Pass})
	},
	"bounded": func() *Graph {
		g := machine(with(task("work", "more"), func(s *State) { s.Catch = []Catch{{Errors: []string{ErrorAll}, Next: "more"}} }), task("more", ""))
		g.Timeout = 30 * time.Second
		return g
	},
	"fatal": func() *Graph {
		return machine(&State{Name: "both", Kind: Parallel, Branches: []*Graph{
			machine(with(task("a", ""), func(s *State) { s.Out = res("there") })),
			machine(task("b", "")),
		}, Retry: []Retry{{Errors: []string{ErrorAll, ErrorRuntime}, MaxAttempts: 9}}, Catch: []Catch{{Errors: []string{ErrorAll, ErrorRuntime}, Next: "never"}}},
			&State{Name: "never", Kind: Pass})
	},
	"toolarge": func() *Graph {
		return machine(with(task("a", ""), func(s *State) {
			s.Retry = []Retry{{Errors: []string{ErrorAll}, MaxAttempts: 9}}
			s.Catch = []Catch{{Errors: []string{ErrorDataLimitExceeded}, Next: "caught"}}
		}), &State{Name: "caught", Kind: Pass})
	},

	// Frames.
	"parallel": func() *Graph {
		return machine(&State{Name: "both", Kind: Parallel, Next: "then", Branches: []*Graph{
			machine(with(task("a", "a2"), func(s *State) { s.Timeout = time.Minute }), task("a2", "")),
			machine(&State{Name: "w", Kind: Wait, Until: after("s"), Next: "b"}, task("b", "")),
			machine(&State{Name: "done", Kind: Succeed, Out: lit(`"at once"`)}),
		},
			Retry: []Retry{{Errors: []string{"Again"}, Interval: 2 * time.Second, MaxAttempts: 1}},
			Catch: []Catch{{Errors: []string{"Caught"}, Next: "then"}}},
			&State{Name: "then", Kind: Pass})
	},
	"map": func() *Graph {
		return machine(&State{Name: "each", Kind: Map, Items: in("list"), Item: item, Width: 2, Body: machine(task("one", "")), Out: obj("all", res(""))})
	},
	"foreach": func() *Graph { // over an object, with variables of outer frames, in a machine of states that never wait
		return machine(
			&State{Name: "init", Kind: Pass, Next: "each", Assign: set("base", lit(`"outer"`))},
			&State{Name: "each", Kind: Map, Next: "after", Body: machine(
				&State{Name: "inner", Kind: Pass, Next: "read", Assign: set("own", in(""))},
				&State{Name: "read", Kind: Pass, Out: obj("item", Shape(item), "base", v("base"), "own", v("own"))})},
			&State{Name: "after", Kind: Pass, Next: "gone"},
			&State{Name: "gone", Kind: Pass, Out: v("own")})
	},
	"tolerant": func() *Graph {
		return machine(&State{Name: "each", Kind: Map, Body: machine(task("one", "")), TolerateCount: count(1), TolerateShare: share(50)})
	},
	"nested": func() *Graph {
		return machine(&State{Name: "outer", Kind: Map, Body: machine(&State{Name: "inner", Kind: Map, Body: machine(
			with(task("t", ""), func(s *State) { s.In = item }))})})
	},

	// Calls beside functions.
	"distributed": func() *Graph { // reads its items, runs each as an execution of its own, writes the results away
		return machine(&State{Name: "each", Kind: Map, Children: StandardChildren, Width: 2, Body: machine(task("inside", "")),
			Read:  &Work{Resource: Resource{Kind: ReaderResource, Service: "s3", Action: "getObject"}, Input: in("file")},
			Items: res("items"), TolerateCount: count(1),
			Write: &Work{Resource: Resource{Kind: WriterResource, Service: "s3", Action: "putObject"}, Input: outcomes},
			Retry: []Retry{{Errors: []string{ErrorReader, ErrorWriter}, Interval: time.Second, MaxAttempts: 1}},
			Catch: []Catch{{Errors: []string{ErrorTolerance}, Next: "partly"}},
		}, &State{Name: "partly", Kind: Pass})
	},
	"activity": func() *Graph {
		return machine(with(task("review", ""), func(s *State) {
			s.Resource = Resource{Kind: ActivityResource, Name: "desk", Pattern: Callback}
			s.Timeout, s.Heartbeat = time.Minute, 10*time.Second
		}))
	},
	"shaped": func() *Graph { // what is called and what becomes of the answer is computed
		return machine(with(task("call", ""), func(s *State) {
			s.Resource.Name = ""
			s.Target = func(s *Scope) (string, value.Value, *Failure) {
				return s.Input.Get("to").Text(), s.Input.Get("with"), nil
			}
			s.Receive = func(s *Scope) (value.Value, *Failure) {
				if s.Result.Kind() == value.Null {
					return value.Value{}, &Failure{Error: "Empty"}
				}
				return value.OfArray(s.Result), nil
			}
			s.Catch = []Catch{{Errors: []string{"Empty"}, Next: "empty"}}
		}), &State{Name: "empty", Kind: Pass})
	},
	"hoard": func() *Graph { // a loop that assigns ever more
		return machine(
			&State{Name: "grow", Kind: Pass, Next: "grow", Assign: func(s *Scope) ([]Binding, *Failure) {
				return []Binding{{Name: "v" + strconv.Itoa(s.State.Event), Value: value.OfString(strings.Repeat("x", 1<<20))}}, nil
			}})
	},

	// Everything, for the golden journal.
	"everything": func() *Graph {
		each := &State{Name: "each", Kind: Map, Items: in("list"), Item: item, Width: 2, Next: "both",
			Body: machine(with(task("one", ""), func(s *State) {
				s.Timeout, s.Heartbeat = time.Minute, 20*time.Second
				s.Retry = []Retry{{Errors: []string{ErrorAll}, Interval: time.Second, Backoff: 2, MaxAttempts: 2, Jitter: true}}
			}))}
		both := &State{Name: "both", Kind: Parallel, Next: "end", Catch: []Catch{{Errors: []string{"Bad"}, Next: "end"}}, Branches: []*Graph{
			machine(&State{Name: "w", Kind: Wait, Until: after("0.s"), Next: "r"}, &State{Name: "r", Kind: Pass, Out: random}),
			flow(task("p", ""), task("q", ""), &State{Name: "join", Kind: Pass, Needs: []string{"p", "q"}, Out: obj("p", from("p"), "q", from("q"), "v", v("greeting"))}),
		}}
		both.In = func(*Scope) (value.Value, *Failure) { return value.Raw([]byte(`{"0":{"s":5}}`)), nil }
		g := machine(&State{Name: "init", Kind: Pass, Next: "each", Assign: set("greeting", in("hi"))}, each, both, &State{Name: "end", Kind: Succeed})
		g.Timeout = time.Hour
		return g
	},

	"nestedparallel": func() *Graph {
		return machine(&State{Name: "outer", Kind: Map, Body: machine(&State{Name: "both", Kind: Parallel, Branches: []*Graph{
			machine(&State{Name: "p", Kind: Pass, Out: item}), machine(with(task("t", ""), func(s *State) { s.In = item }))}})})
	},

	// Dataflow.
	"flow": func() *Graph {
		g := flow(
			task("a", ""),
			&State{Name: "b", Kind: Task, Resource: Resource{Name: "b"}, Needs: []string{"a"}, In: obj("a", from("a"))},
			&State{Name: "c", Kind: Task, Resource: Resource{Name: "c"}, Needs: []string{"a"}, When: when("c")},
			&State{Name: "d", Kind: Pass, Needs: []string{"c"}},
			&State{Name: "e", Kind: Pass, Needs: []string{"b", "d"}, JoinAny: true, Out: obj("b", from("b"), "d", from("d"))},
			&State{Name: "f", Kind: Pass, Needs: []string{"b", "d"}, Out: obj("b", from("b"), "d", from("d"))})
		return g
	},
	"flowchoice": func() *Graph {
		return flow(
			&State{Name: "pick", Kind: Choice, Cases: []Case{{When: is("left", "true"), Next: "l"}}, Default: "r"},
			&State{Name: "l", Kind: Task, Resource: Resource{Name: "l"}, Needs: []string{"pick"}},
			&State{Name: "r", Kind: Task, Resource: Resource{Name: "r"}, Needs: []string{"pick"}},
			&State{Name: "any", Kind: Pass, Needs: []string{"l", "r"}, JoinAny: true, Out: obj("l", from("l"), "r", from("r"))},
			&State{Name: "always", Kind: Pass, Needs: []string{"pick"}})
	},
	"flowcatch": func() *Graph {
		g := flow(
			&State{Name: "try", Kind: Task, Resource: Resource{Name: "try"}, Catch: []Catch{{Errors: []string{"Bad"}, Next: "handle"}, {Errors: []string{"Soft"}}}},
			&State{Name: "handle", Kind: Pass, Needs: []string{"try"}, Out: obj("handled", from("try"))},
			&State{Name: "normal", Kind: Pass, Needs: []string{"try"}, Out: obj("got", from("try"))})
		g.Output = obj("handle", from("handle"), "normal", from("normal"))
		return g
	},
	"flowfail": func() *Graph {
		return flow(task("a", ""), with(task("b", ""), func(s *State) { s.Timeout = time.Minute }),
			&State{Name: "c", Kind: Wait, Until: after("s")},
			&State{Name: "d", Kind: Task, Resource: Resource{Name: "d"}, Needs: []string{"a"}})
	},
	"flowmap": func() *Graph {
		return flow(task("list", ""),
			&State{Name: "each", Kind: Map, Needs: []string{"list"}, Items: from("list"), Body: flow(
				&State{Name: "use", Kind: Task, Resource: Resource{Name: "use"}, In: obj("all", from("list"), "item", in(""))})})
	},
	"flowoutput": func() *Graph {
		g := flow(task("a", ""))
		g.Output = broke("Bad")
		return g
	},
}

// when guards by a member of the raw input.
func when(key string) Guard {
	return func(s *Scope) (bool, *Failure) { return s.Input.Get(key).Bool(), nil }
}
