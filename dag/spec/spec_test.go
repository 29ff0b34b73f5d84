package spec_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/spec"
	"github.com/serverledge/serverledge/dag/value"
	"github.com/serverledge/serverledge/internal/fault"
)

const thumbnails = `
name: thumbnails
description: fetches images and makes small ones
tasks:
  fetch:
    function: fetch
    with: {url: "${input.url}"}
    retry: {attempts: 3, interval: 1s, backoff: 2, max_delay: 30s, on: [Timeout, Flaky]}
    timeout: 30s
  resize:
    function: resize
    when: fetch.kind == 'image'
    with: {image: "${fetch.image}", size: 3}
  tag:
    function: tag
    foreach: ${fetch.items}
    concurrency: 2
    with: {item: "${item}", label: "no. ${index} of ${fetch.image}"}
  publish:
    function: publish
    needs: [tag]
    join: any
    with: {small: "${resize ?? 'none'}", tags: "${tag}"}
output: {result: "${publish}", small: "${resize}", price: "$${5}"}
`

// run executes a graph in virtual time; functions see the input and the number
// of the attempt.
func run(t *testing.T, g *dag.Graph, input string, functions map[string]func(value.Value, int) (string, error)) (dag.Outcome, []string) {
	t.Helper()
	v, err := value.Parse([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	type pending struct {
		at    time.Time
		event dag.Event
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	queue := []pending{{now, dag.Started{Seed: 1, Input: v}}}
	var calls []string
	x := dag.NewExecution(g)
	for seq := uint64(1); ; {
		if outcome, done := x.Done(); done {
			return outcome, calls
		}
		if len(queue) == 0 {
			t.Fatal("the execution neither ends nor waits")
		}
		slices.SortStableFunc(queue, func(a, b pending) int { return a.at.Compare(b.at) })
		next := queue[0]
		queue = queue[1:]
		if !x.Expects(next.event) {
			continue
		}
		now = next.at
		commands, err := x.Step(dag.Entry{Seq: seq, At: now, Event: next.event})
		if err != nil {
			t.Fatal(err)
		}
		seq++
		for _, c := range commands {
			switch c := c.(type) {
			case dag.Invoke:
				calls = append(calls, c.Resource.Name+" "+c.Input.String())
				var event dag.Event
				f := functions[c.Resource.Name]
				if f == nil {
					f = func(v value.Value, _ int) (string, error) { return v.String(), nil }
				}
				if out, err := f(c.Input, c.Attempt); err != nil {
					event = dag.Failed{Activation: c.Activation, Attempt: c.Attempt, Failure: dag.Failure{Error: err.Error()}}
				} else {
					event = dag.Succeeded{Activation: c.Activation, Attempt: c.Attempt, Output: value.Raw([]byte(out))}
				}
				queue = append(queue, pending{now.Add(time.Millisecond), event})
			case dag.SetTimer:
				queue = append(queue, pending{c.At, dag.Fired{Timer: c.Timer}})
			case dag.Cancel, dag.ClearTimer, dag.Finish:
			}
		}
	}
}

func compile(t *testing.T, text string) *dag.Graph {
	t.Helper()
	g, err := spec.Compile(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, source.Format("test.yaml", text, spec.Validate(text)))
	}
	return g
}

func fetched(kind string) map[string]func(value.Value, int) (string, error) {
	return map[string]func(value.Value, int) (string, error){
		"fetch": func(_ value.Value, attempt int) (string, error) {
			if attempt < 3 {
				return "", errors.New("Flaky")
			}
			return `{"kind":"` + kind + `","image":"cat","items":["a","b"]}`, nil
		},
		"resize":  func(value.Value, int) (string, error) { return `"small cat"`, nil },
		"tag":     func(v value.Value, _ int) (string, error) { return v.Get("label").String(), nil },
		"publish": func(v value.Value, _ int) (string, error) { return v.String(), nil },
	}
}

func TestDiamond(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		"image": `{"result":{"small":"small cat","tags":["no. 0 of cat","no. 1 of cat"]},"small":"small cat","price":"${5}"}`,
		"text":  `{"result":{"small":"none","tags":["no. 0 of cat","no. 1 of cat"]},"small":null,"price":"${5}"}`,
	} {
		g := compile(t, thumbnails)
		o, calls := run(t, g, `{"url":"http://x"}`, fetched(kind))
		if o.Status != dag.Completed || o.Output.String() != want {
			t.Errorf("%s: got %s %s %+v, want %s", kind, o.Status, o.Output, o.Failure, want)
		}
		if got := strings.Count(strings.Join(calls, "\n"), `fetch {"url":"http://x"}`); got != 3 {
			t.Errorf("%s: fetch was tried %d times, want 3: %q", kind, got, calls)
		}
	}
}

func TestCompileFields(t *testing.T) {
	t.Parallel()
	g := compile(t, thumbnails)
	if got := dag.Functions(g); !slices.Equal(got, []string{"fetch", "publish", "resize", "tag"}) {
		t.Errorf("functions %q", got)
	}
	fetch, tag, publish := g.States[0], g.States[2], g.States[3]
	retry := fetch.Retry[0]
	if fetch.Timeout != 30*time.Second || retry.MaxAttempts != 2 || retry.Interval != time.Second || retry.Backoff != 2 ||
		retry.MaxDelay != 30*time.Second || !slices.Equal(retry.Errors, []string{dag.ErrorTimeout, "Function.Timeout", "Flaky"}) {
		t.Errorf("fetch: %+v", fetch)
	}
	if tag.Kind != dag.Map || tag.Width != 2 || !slices.Equal(tag.Needs, []string{"fetch"}) {
		t.Errorf("tag: %+v", tag)
	}
	if !publish.JoinAny || !slices.Equal(publish.Needs, []string{"tag", "resize"}) {
		t.Errorf("publish: %+v", publish)
	}
	if again := compile(t, thumbnails); again.Digest != g.Digest || len(g.Digest) != 64 {
		t.Errorf("digests %q and %q", g.Digest, again.Digest)
	}
	d := compile(t, "tasks: {a: {function: f, retry: {}}, b: {function: g, foreach: input.x}}")
	retry = d.States[0].Retry[0]
	if retry.MaxAttempts != 2 || retry.Interval != time.Second || retry.Backoff != 2 || !slices.Equal(retry.Errors, []string{dag.ErrorAll}) {
		t.Errorf("the defaults of retry: %+v", retry)
	}
	if d.States[1].Width != 40 {
		t.Errorf("the default of concurrency: %d", d.States[1].Width)
	}
}

// TestExpressions evaluates each expression in the with of a task that needs
// another, whose output is the document below.
func TestExpressions(t *testing.T) {
	t.Parallel()
	const document = `{"n":3,"s":"text","o":{"k":1,"a b":2,"é":5},"a":[1,2,3],"no":null,"yes":true,"big":12345678901234567890}`
	cases := []struct{ expression, want string }{
		{"t", document},
		{"t.n", "3"},
		{"t.o.k", "1"},
		{"t.o['a b']", "2"},
		{`t.o["a b"]`, "2"},
		{"t.o.é", "5"},
		{"t.a[0]", "1"},
		{"t.a[-1]", "3"},
		{"t.big", "12345678901234567890"},
		{"input.z", "9"},
		{"t.n == 3.0", "true"},
		{"t.n != 3", "false"},
		{"t.n < 4 and t.n >= 3", "true"},
		{"t.n > 4 or t.s == 'text'", "true"},
		{"t.s < 'u'", "true"},
		{"not t.yes", "false"},
		{"not t.yes or true", "true"},
		{"not (t.yes and false)", "true"},
		{"t.a == t.a", "true"},
		{"t.n == '3'", "false"},
		{"has(t.no)", "true"},
		{"has(t.missing.deeper[3])", "false"},
		{"t.missing ?? t.no ?? 'd'", `"d"`},
		{"t.missing ?? 1 == 1", "true"},
		{"false and t.missing == 1", "false"},
		{"'it\\'s' ", `"it's"`},
		{"\"}\"", `"}"`},
		{"-1.5e1", "-1.5e1"},
		{"null", "null"},
		{"t.missing", "!"},
		{"t.a[7]", "!"},
		{"t.n < 'x'", "!"},
		{"not t.n", "!"},
		{"t.missing == 1", "!"},
		{"t.no.x", "!"},
	}
	for _, c := range cases {
		text := fmt.Sprintf("tasks:\n  t: {function: t}\n  u:\n    function: u\n    with: >-\n      ${%s}\n", c.expression)
		g := compile(t, text)
		o, _ := run(t, g, `{"z":9}`, map[string]func(value.Value, int) (string, error){
			"t": func(value.Value, int) (string, error) { return document, nil },
		})
		got := o.Output.Get("u").String()
		if o.Status == dag.Broken {
			got = "!"
			if o.Failure.Error != dag.ErrorRuntime {
				t.Errorf("%s: failed with %+v", c.expression, o.Failure)
			}
		}
		if got != c.want {
			t.Errorf("%s: got %s %+v, want %s", c.expression, got, o.Failure, c.want)
		}
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	cases := []struct{ with, want string }{
		{`plain`, `"plain"`},
		{`"${input.n}"`, `3`},
		{`"n=${input.n}!"`, `"n=3!"`},
		{`"${input.n}${input.s}"`, `"3x"`},
		{`"${input.o}"`, `{"k":[1]}`},
		{`"is ${input.o}"`, `"is {\"k\":[1]}"`},
		{`"$${input.n}"`, `"${input.n}"`},
		{`"a $${b} ${input.n}"`, `"a ${b} 3"`},
		{`"$5 {}"`, `"$5 {}"`},
		{`{a: [1, "${input.s}", {b: "${input.n}"}], c: true}`, `{"a":[1,"x",{"b":3}],"c":true}`},
		{`{a: ["$${x}"]}`, `{"a":["${x}"]}`},
		{`"${input.s == '}'}"`, `false`},
		{`""`, `""`},
	}
	for _, c := range cases {
		g := compile(t, "tasks:\n  u:\n    function: u\n    with: "+c.with+"\n")
		o, _ := run(t, g, `{"n":3,"s":"x","o":{"k":[1]}}`, nil)
		if got := o.Output.Get("u").String(); got != c.want {
			t.Errorf("%s: got %s %+v, want %s", c.with, got, o.Failure, c.want)
		}
	}
}

func TestForeach(t *testing.T) {
	t.Parallel()
	cases := []struct{ fields, input, want string }{
		{"foreach: input", `[1,2]`, `{"u":[1,2]}`},
		{"foreach: input.a", `{"a":[]}`, `{"u":[]}`},
		{`foreach: input, with: "${key}=${item}@${index}"`, `{"a":1,"b":2}`, `{"u":["a=1@0","b=2@1"]}`},
		{"foreach: input", `7`, "!"},
		{"foreach: input.x", `{}`, "!"},
	}
	for _, c := range cases {
		g := compile(t, "tasks: {u: {function: u, "+c.fields+"}}")
		o, _ := run(t, g, c.input, nil)
		got := o.Output.String()
		if o.Status == dag.Broken {
			got = "!"
		}
		if got != c.want {
			t.Errorf("%s on %s: got %s %+v, want %s", c.fields, c.input, got, o.Failure, c.want)
		}
	}
}

// Results and inputs of MaxPayload bytes pass, one more byte fails.
func TestPayloadLimit(t *testing.T) {
	t.Parallel()
	g := compile(t, `tasks: {a: {function: a, with: {}}, b: {function: b, with: "x${a}"}}`)
	for size, want := range map[int]dag.Status{
		spec.MaxPayload - 1: dag.Completed, // b gets one character more
		spec.MaxPayload:     dag.Broken,    // the result of a passes, the input of b does not
		spec.MaxPayload + 1: dag.Broken,    // the result of a does not pass
	} {
		o, calls := run(t, g, "{}", map[string]func(value.Value, int) (string, error){
			"a": func(value.Value, int) (string, error) { return `"` + strings.Repeat("y", size-2) + `"`, nil },
			"b": func(value.Value, int) (string, error) { return "1", nil },
		})
		if o.Status != want || o.Failure != nil && o.Failure.Error != dag.ErrorDataLimitExceeded || len(calls) > 2 {
			t.Errorf("%d bytes: got %s %+v, want %s", size, o.Status, o.Failure, want)
		}
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, want string }{
		{"empty", "", "1:1 DAG001"},
		{"syntax", "tasks:\n  a: [", "2:3 DAG001"},
		{"json syntax", `{"tasks": {]}`, "1:12 DAG001"},
		{"not an object", "[1]", "1:1 DAG005"},
		{"no tasks", "name: x", "1:1 DAG006"},
		{"empty tasks", "tasks: {}", "1:8 DAG009"},
		{"duplicate", "tasks:\n  a: {function: f}\n  a: {function: g}", "3:3 DAG002"},
		{"merge", "x: &x {function: f}\ntasks:\n  a: {<<: *x}", "3:7 DAG004"},
		{"unknown top field", "task: {}\ntasks: {a: {function: f}}", `1:1 DAG007 did you mean "tasks"`},
		{"unknown task field", "tasks: {a: {function: f, tiemout: 3s}}", `1:26 DAG007 did you mean "timeout"`},
		{"unknown retry field", "tasks: {a: {function: f, retry: {attempt: 3}}}", `1:34 DAG007 did you mean "attempts"`},
		{"no function", "tasks:\n  a: {needs: []}", "2:6 DAG006"},
		{"wrong type", "tasks: {a: {function: 3}}", "1:23 DAG005"},
		{"function name", "tasks: {a: {function: a/b}}", "1:23 DAG022"},
		{"task name", "tasks: {1a: {function: f}}", "1:9 DAG010"},
		{"reserved name", "tasks: {item: {function: f}}", "1:9 DAG010"},
		{"bad duration", "tasks: {a: {function: f, timeout: 3 s}}", "1:35 DAG009"},
		{"zero duration", "tasks: {a: {function: f, timeout: 0s}}", "1:35 DAG009"},
		{"long duration", "tasks: {a: {function: f, timeout: 8785h}}", "1:35 DAG009"},
		{"endless duration", "tasks: {a: {function: f, timeout: 99999999999999999999h}}", "1:35 DAG009"},
		{"attempts", "tasks: {a: {function: f, retry: {attempts: 0}}}", "1:44 DAG009"},
		{"backoff", "tasks: {a: {function: f, retry: {backoff: 0.5}}}", "1:43 DAG009"},
		{"max_delay", "tasks: {a: {function: f, retry: {interval: 2s, max_delay: 1s}}}", "1:59 DAG009"},
		{"concurrency", "tasks: {a: {function: f, foreach: input, concurrency: 10001}}", "1:55 DAG009"},
		{"join", "tasks: {a: {function: f, join: some}}", "1:32 DAG009"},
		{"unknown need", "tasks: {fetch: {function: f}, b: {function: g, needs: [fecth]}}", `1:56 DAG012 did you mean "fetch"`},
		{"unknown name", `tasks: {fetch: {function: f}, b: {function: g, with: "x ${fecth.y}"}}`, `1:59 DAG012 did you mean "fetch"`},
		{"own output", `tasks: {a: {function: f, with: "${a}"}}`, "1:35 DAG013"},
		{"needed twice", "tasks: {a: {function: f}, b: {function: f, needs: [a, a]}}", "1:55 DAG031"},
		{"cycle", "tasks:\n  a: {function: f, needs: [c]}\n  b: {function: f, needs: [a]}\n  c: {function: f, needs: [b]}", "2:3 DAG013"},
		{"item elsewhere", `tasks: {a: {function: f, with: "${item}"}}`, "1:35 DAG021"},
		{"item in when", `tasks: {a: {function: f, foreach: input, when: item == 1}}`, "1:48 DAG021"},
		{"not closed", `tasks: {a: {function: f, with: "x ${input"}}`, "1:35 DAG020 write $${ for a plain ${"},
		{"&&", `tasks: {a: {function: f, when: "true && false"}}`, `1:38 DAG020 write "and"`},
		{"=", `tasks: {a: {function: f, when: "input = 1"}}`, `1:39 DAG020 write "=="`},
		{"fixed when", `tasks: {a: {function: f, when: "'yes'"}}`, "1:32 DAG020"},
		{"empty expression", `tasks: {a: {function: f, with: "${}"}}`, "1:35 DAG020"},
		{"no effect", "tasks: {a: {function: f, concurrency: 3}}", "1:26 DAG031"},
	}
	for _, c := range cases {
		problems := spec.Validate(c.text)
		if len(problems) != 1 {
			t.Errorf("%s: %d problems, want 1: %+v", c.name, len(problems), problems)
			continue
		}
		p := problems[0]
		got := strings.TrimSpace(fmt.Sprintf("%d:%d %s %s", p.Line, p.Column, p.Code, p.Hint))
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %s (%s), want %s", c.name, got, p.Message, c.want)
		}
		_, err := spec.Compile(c.text)
		if refused := err != nil; refused != (p.Severity == source.Error) {
			t.Errorf("%s: Compile says %v", c.name, err)
		}
		if err != nil && (!errors.Is(err, fault.Invalid) || fault.From(err).Fields[0].Code != p.Code) {
			t.Errorf("%s: Compile says %v", c.name, fault.From(err))
		}
	}
}

// All problems are told at once, in order of place.
func TestAllProblems(t *testing.T) {
	t.Parallel()
	problems := spec.Validate("tasks:\n  a: {function: f, needs: [x], timeout: never, zzz: 1}\n  b: {function: a b, when: 'q'}\n")
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprintf("%d:%d %s %s", p.Line, p.Column, p.Code, p.Pointer))
	}
	want := []string{"2:28 DAG012 /tasks/a/needs/0", "2:41 DAG009 /tasks/a/timeout", "2:48 DAG007 /tasks/a/zzz", "3:17 DAG022 /tasks/b/function", "3:29 DAG012 /tasks/b/when"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A definition in JSON is the same as in YAML.
func TestJSON(t *testing.T) {
	t.Parallel()
	g := compile(t, `{"tasks":{"a":{"function":"f","with":{"\u0078":"${input}"}}}}`)
	if o, _ := run(t, g, "5", nil); o.Output.String() != `{"a":{"x":5}}` {
		t.Errorf("got %s %+v", o.Output, o.Failure)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	tasks := func(n int) string {
		var b strings.Builder
		b.WriteString("tasks:\n")
		for i := range n {
			fmt.Fprintf(&b, "  t%d: {function: f}\n", i)
		}
		return b.String()
	}
	if problems := spec.Validate(tasks(spec.MaxTasks)); len(problems) != 0 {
		t.Errorf("%d tasks: %+v", spec.MaxTasks, problems)
	}
	if problems := spec.Validate(tasks(spec.MaxTasks + 1)); len(problems) != 1 || problems[0].Code != "DAG009" {
		t.Errorf("%d tasks: %+v", spec.MaxTasks+1, problems)
	}
	deep := func(n int) string {
		return "tasks: {a: {function: f, when: \"" + strings.Repeat("(", n) + "true" + strings.Repeat(")", n) + "\"}}"
	}
	if problems := spec.Validate(deep(31)); len(problems) != 0 {
		t.Errorf("31 levels: %+v", problems)
	}
	if problems := spec.Validate(deep(32)); len(problems) != 1 || problems[0].Code != "DAG020" {
		t.Errorf("32 levels: %+v", problems)
	}
}

// Documents made to cost much are dealt with all the same.
func TestValidateIsBounded(t *testing.T) {
	t.Parallel()
	var needs, wide strings.Builder
	wide.WriteString("tasks:\n")
	for i := range 4900 {
		fmt.Fprintf(&needs, ", t%d", i)
		fmt.Fprintf(&wide, "  t%d: {function: f}\n", i)
	}
	fmt.Fprintf(&wide, "  all: {function: f, needs: [t0%s]}\n", strings.Repeat(needs.String(), 20))
	for name, text := range map[string]string{
		"needs":      wide.String(),
		"aliases":    "a: &a [" + strings.Repeat("x,", 1000) + "]\nb: &b [" + strings.Repeat("*a,", 1000) + "]\ntasks: [" + strings.Repeat("*b,", 1000) + "]",
		"duplicates": "{" + strings.Repeat(`"":0,`, 190_000) + `"":0}`,
		"fields":     `{"tasks":{"a":{` + strings.Repeat(`"functio":0,`, 80_000) + `"function":"f"}}}`,
		"quotes":     `{"tasks":{"a":{"function":"f","with":"` + strings.Repeat("${'", 300_000) + `"}}}`,
		"long":       "tasks: {a: {function: f, when: '" + strings.Repeat("not ", 200_000) + "'}}",
	} {
		if problems := spec.Validate(text); len(problems) == 0 || len(problems) > source.MaxProblems {
			t.Errorf("%s: %d problems", name, len(problems))
		}
	}
}

func FuzzValidate(f *testing.F) {
	f.Add(thumbnails)
	f.Add(`{"tasks":{"a":{"function":"f","needs":["a"],"with":"${item.x['y'][0] ?? has(b)}"}}}`)
	f.Add("tasks: &a {b: *a}")
	f.Fuzz(func(t *testing.T, text string) {
		failed := false
		for _, p := range spec.Validate(text) {
			failed = failed || p.Severity == source.Error
			if p.Line < 1 || p.Column < 1 || p.Offset < 0 || p.Offset > len(text) || p.Message == "" {
				t.Fatalf("%q: problem %+v", text, p)
			}
		}
		if _, err := spec.Compile(text); (err != nil) != failed {
			t.Fatalf("%q: Validate says %t, Compile %v", text, failed, err)
		}
	})
}
