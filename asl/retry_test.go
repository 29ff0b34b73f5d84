package asl_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// turns is a function that fails with each of some errors in turn and then
// answers with how often it was called. An empty name succeeds.
func turns(names ...string) behaviour {
	n := 0
	return func(value.Value) (value.Value, *dag.Failure, time.Duration) {
		if n++; n <= len(names) && names[n-1] != "" {
			return value.Value{}, &dag.Failure{Error: names[n-1], Cause: "because"}, 0
		}
		return value.OfInt(int64(n)), nil, 0
	}
}

// The waits between the attempts of a Task.
func TestRetryDelays(t *testing.T) {
	t.Parallel()
	cases := []struct{ retrier, want string }{
		{`"MaxAttempts":3`, "1s 2s 4s"},
		{`"IntervalSeconds":3,"MaxAttempts":3`, "3s 6s 12s"},
		{`"IntervalSeconds":3,"BackoffRate":1,"MaxAttempts":3`, "3s 3s 3s"},
		{`"IntervalSeconds":2,"BackoffRate":1.5,"MaxAttempts":3`, "2s 3s 4.5s"},
		{`"IntervalSeconds":2,"BackoffRate":10,"MaxAttempts":4,"MaxDelaySeconds":30`, "2s 20s 30s 30s"},
		{`"IntervalSeconds":2,"MaxAttempts":2,"MaxDelaySeconds":3,"JitterStrategy":"NONE"`, "2s 3s"},
		{`"MaxAttempts":0`, ""},
		{`"MaxAttempts":1`, "1s"},
		{`"Comment":"three by default"`, "1s 2s 4s"},
	}
	for _, c := range cases {
		var got []string
		for _, d := range delays(t, c.retrier) {
			got = append(got, d.String())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %v, want %s", c.retrier, got, c.want)
		}
	}
	// Full jitter draws evenly, from 0 to what the delay would have been.
	got := delays(t, `"IntervalSeconds":50,"BackoffRate":2,"MaxDelaySeconds":100,"MaxAttempts":101,"JitterStrategy":"FULL"`)
	if got[0] >= 50*time.Second {
		t.Errorf("the first delay is %s", got[0])
	}
	slices.Sort(got)
	if len(got) != 101 || got[100] > 100*time.Second || got[100] < 90*time.Second || got[0] > 10*time.Second || got[50] < 30*time.Second || got[50] > 70*time.Second {
		t.Errorf("with jitter: %v", got)
	}
	if again := delays(t, `"IntervalSeconds":50,"BackoffRate":2,"MaxDelaySeconds":100,"MaxAttempts":101,"JitterStrategy":"FULL"`); again[0] == again[1] || !slices.Equal(slices.Sorted(slices.Values(again)), got) {
		t.Error("a replay draws other delays")
	}
}

// delays returns the waits between the attempts of a Task that always fails.
func delays(t *testing.T, retrier string) []time.Duration {
	t.Helper()
	var at []time.Time
	w := &world{}
	w.functions = map[string]behaviour{"f": func(value.Value) (value.Value, *dag.Failure, time.Duration) {
		at = append(at, w.now)
		return value.Value{}, &dag.Failure{Error: "E"}, 0
	}}
	checkEnd(t, retrier, play(t, w, one(`"Type":"Task","Resource":"f","End":true,"Retry":[{"ErrorEquals":["E"],`+retrier+`}]`), `{}`), `!E`)
	all := make([]time.Duration, len(at)-1)
	for i := range all {
		all[i] = at[i+1].Sub(at[i])
	}
	return all
}

// Which retrier counts, which catcher takes over.
func TestRetryAndCatch(t *testing.T) {
	t.Parallel()
	const all = `"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}]`
	retry := func(retriers ...string) string { return `"Retry":[` + strings.Join(retriers, ",") + `],` }
	retrier := func(errors, most string) string {
		return `{"ErrorEquals":[` + errors + `],"BackoffRate":1,"MaxAttempts":` + most + `}`
	}
	cases := []struct {
		name, fields string
		f            behaviour
		want         string
		calls        int
	}{
		{"until it succeeds", retry(retrier(`"E"`, "5")) + all, turns("E", "E"), `3`, 3},
		{"each retrier counts for itself", retry(retrier(`"E"`, "2"), retrier(`"F"`, "1")) + all, turns("E", "F", "E"), `4`, 4},
		{"one is used up", retry(retrier(`"E"`, "1"), retrier(`"F"`, "1")) + all, turns("E", "F", "E", "E"), `{"Error":"E","Cause":"because"}`, 3},
		{"the names of a retrier count together", retry(retrier(`"E","F"`, "2")) + all, turns("E", "F", "E"), `{"Error":"E","Cause":"because"}`, 3},
		{"the first that matches, though used up", retry(retrier(`"E"`, "1"), retrier(`"States.ALL"`, "9")) + all, turns("E", "E", "E"), `{"Error":"E","Cause":"because"}`, 2},
		{"in order", retry(retrier(`"States.TaskFailed"`, "1"), retrier(`"E"`, "9")) + all, turns("E", "E", "E"), `{"Error":"E","Cause":"because"}`, 2},
		{"none matches", retry(retrier(`"e"`, "1"), retrier(`"State.ALL"`, "1")) + all, turns("E"), `{"Error":"E","Cause":"because"}`, 1},
		{"Retry before Catch", retry(retrier(`"States.ALL"`, "1")) + all, turns("E"), `2`, 2},
		{"an empty Retry and Catch", `"Retry":[],"Catch":[]`, turns("E"), `!E because`, 1},
		{"the first catcher that matches", `"Catch":[{"ErrorEquals":["F","E"],"Next":"D"},{"ErrorEquals":["States.ALL"],"Next":"C"}]`, turns("E"), `"other"`, 1},
		{"TaskFailed", `"Catch":[{"ErrorEquals":["States.TaskFailed"],"Next":"D"}]`, turns("States.Permissions"), `"other"`, 1},
		{"Runtime by ALL", retry(retrier(`"States.ALL"`, "1")) + all, turns("States.Runtime"), `!States.Runtime because`, 1},
		{"Runtime by name", retry(retrier(`"States.Runtime"`, "1")) + `"Catch":[{"ErrorEquals":["States.Runtime"],"Next":"C"}]`, turns("States.Runtime"), `!States.Runtime because`, 1},
		{"DataLimitExceeded by ALL", retry(retrier(`"States.ALL"`, "1")) + all, turns("States.DataLimitExceeded"), `!States.DataLimitExceeded because`, 1},
		{"DataLimitExceeded by name", retry(retrier(`"States.DataLimitExceeded"`, "1")) + all, turns("States.DataLimitExceeded"), `2`, 2},
		{"a failing path is fatal", `"ResultSelector":{"a.$":"$.no"},` + retry(retrier(`"States.ALL"`, "1")) + all, turns(""), `!States.Runtime`, 1},
		{"a failing function is not", `"Parameters":{"a.$":"States.ArrayGetItem($.l, 5)"},"Catch":[{"ErrorEquals":["States.IntrinsicFailure"],"Next":"D"}]`, turns(""), `"other"`, 0},
		{"ALL takes a failing function", `"ResultSelector":{"a.$":"States.StringToJson('{')"},"Catch":[{"ErrorEquals":["States.ALL"],"Next":"D"}]`, turns(""), `"other"`, 1},
		{"ALL takes a ResultPath that does not fit", `"ResultPath":"$.l.x","Catch":[{"ErrorEquals":["States.ALL"],"Next":"D"}]`, turns(""), `"other"`, 1},
		{"ResultPath of a Catch", `"Catch":[{"ErrorEquals":["E"],"ResultPath":"$.a.b","Next":"C"}]`, turns("E"), `{"l":[1],"a":{"b":{"Error":"E","Cause":"because"}}}`, 1},
		{"ResultPath null of a Catch", `"InputPath":"$.l","Catch":[{"ErrorEquals":["E"],"ResultPath":null,"Next":"C"}]`, turns("E"), `{"l":[1]}`, 1},
		{"ResultPath of a Catch replaces", `"Catch":[{"ErrorEquals":["E"],"ResultPath":"$.l","Next":"C"}]`, turns("E"), `{"l":{"Error":"E","Cause":"because"}}`, 1},
		{"ResultPath of a Catch that does not fit", `"Catch":[{"ErrorEquals":["E"],"ResultPath":"$.l.x","Next":"C"},{"ErrorEquals":["States.ALL"],"Next":"C"}]`, turns("E"), `!States.ResultPathMatchFailure`, 1},
		{"the effective input is made anew", `"Parameters":{"n.$":"$$.State.RetryCount"},` + retry(retrier(`"E"`, "2")) + all, func(v value.Value) (value.Value, *dag.Failure, time.Duration) {
			if n, _ := v.Get("n").Int(); n < 2 {
				return v, &dag.Failure{Error: "E"}, 0
			}
			return v, nil, 0
		}, `{"n":2}`, 3},
	}
	for _, c := range cases {
		w := &world{functions: map[string]behaviour{"f": c.f}}
		definition := `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"f","End":true,` + c.fields + `},"C":{"Type":"Pass","End":true},"D":{"Type":"Pass","Result":"other","End":true}}}`
		checkEnd(t, c.name, play(t, w, definition, `{"l":[1]}`), c.want)
		if len(w.calls) != c.calls {
			t.Errorf("%s: %d calls, want %d", c.name, len(w.calls), c.calls)
		}
	}
	// A state that is entered anew begins to count anew.
	const loop = `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"f","Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}],"Next":"L"},
		"L":{"Type":"Choice","Choices":[{"Variable":"$","NumericLessThan":5,"Next":"T"}],"Default":"Z"},"Z":{"Type":"Succeed"}}}`
	checkEnd(t, "a loop", play(t, &world{functions: map[string]behaviour{"f": turns("E", "", "E", "", "E")}}, loop, `{}`), `6`)
}

// States.ALL covers what is too large for services, and only for them.
func TestTooLargeResults(t *testing.T) {
	t.Parallel()
	const catch = `,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}]`
	for fields, want := range map[string]string{
		`"Resource":"f"`: `!States.DataLimitExceeded The state/task 'f' returned a result with a size exceeding the maximum number of bytes service limit.`,
		`"Resource":"arn:aws:lambda:r:1:function:f"`:                                                    `!States.DataLimitExceeded The state/task 'arn:aws:lambda:r:1:function:f' returned a result with a size exceeding the maximum number of bytes service limit.`,
		`"Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"}`:                 `"The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit."`,
		`"Resource":"arn:aws:states:::states:startExecution.sync","Parameters":{"StateMachineArn":"f"}`: `"The state/task 'states' returned a result with a size exceeding the maximum number of bytes service limit."`,
	} {
		w := &world{options: asl.Options{Limits: asl.Limits{Payload: 200}}, functions: map[string]behaviour{"f": answers(t, `{"status":"SUCCEEDED","output":"`+strings.Repeat("x", 200)+`"}`)}}
		definition := `{"StartAt":"S","States":{"S":{"Type":"Task","End":true,` + fields + catch + `},"C":{"Type":"Pass","InputPath":"$.Cause","End":true}}}`
		checkEnd(t, fields, play(t, w, definition, `{}`), want)
	}
	// A retrier for States.ALL tries a service once more, and no function.
	for resource, calls := range map[string]int{`"f"`: 1, `"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"}`: 3} {
		w := &world{options: asl.Options{Limits: asl.Limits{Payload: 200}}, functions: map[string]behaviour{"f": answers(t, `"`+strings.Repeat("x", 200)+`"`)}}
		checkEnd(t, resource, play(t, w, one(`"Type":"Task","End":true,"Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":2}],"Resource":`+resource), `{}`), `!States.DataLimitExceeded`)
		if len(w.calls) != calls {
			t.Errorf("%s: %d calls, want %d", resource, len(w.calls), calls)
		}
	}
}

// A Parallel and a Map fail with the failure of the branch or the item; they
// are tried again as a whole and caught.
func TestFailuresWithin(t *testing.T) {
	t.Parallel()
	parallel := func(first, fields string) string {
		return `{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"A","States":{"A":` + first + `,"Z":{"Type":"Succeed"}}},
			{"StartAt":"B","States":{"B":{"Type":"Task","Resource":"g","Next":"B2"},"B2":{"Type":"Task","Resource":"g","End":true}}}],` + fields + `},"C":{"Type":"Pass","End":true}}}`
	}
	const fail = `{"Type":"Fail","Error":"E","Cause":"why"}`
	const all = `"Catch":[{"ErrorEquals":["States.ALL"],"Next":"C"}]`
	cases := []struct{ name, definition, want, calls string }{
		{"the branch's own failure", parallel(fail, `"Comment":""`), `!E why`, ""},
		{"caught", parallel(fail, `"ResultPath":"$.r","Catch":[{"ErrorEquals":["States.BranchFailed"],"Next":"C"},{"ErrorEquals":["E"],"ResultPath":"$.e","Next":"C"}]`), `{"i":1,"e":{"Error":"E","Cause":"why"}}`, ""},
		{"a failure without a cause", parallel(`{"Type":"Fail","Error":"E"}`, all), `{"Error":"E"}`, ""},
		{"a failure without anything", parallel(`{"Type":"Fail"}`, all), `{"Error":null,"Cause":null}`, ""},
		{"a name of the language", parallel(`{"Type":"Fail","Error":"States.Odd","Cause":"x"}`, all), `{"Error":"States.Odd","Cause":"x"}`, ""},
		{"no choice", parallel(`{"Type":"Choice","Choices":[{"Variable":"$.i","NumericEquals":2,"Next":"Z"}]}`, `"Catch":[{"ErrorEquals":["States.NoChoiceMatched"],"ResultPath":null,"Next":"C"}]`), `{"i":1}`, ""},
		{"Runtime of a branch", parallel(`{"Type":"Pass","InputPath":"$.no","Next":"Z"}`, all), `!States.Runtime Invalid path '$.no' : No results for path: $['no']`, ""},
		{"the others are stopped", parallel(`{"Type":"Wait","Seconds":1,"Next":"Z"}`, all), `[{"i":1},{"i":1}]`, "g g"},
		{"all branches once more", parallel(`{"Type":"Task","Resource":"f","Next":"Z"}`, `"Retry":[{"ErrorEquals":["E"]}]`), `[3,{"i":1}]`, "f g f g f g g"},
	}
	for _, c := range cases {
		w := &world{functions: map[string]behaviour{"f": turns("E", "E"), "g": func(v value.Value) (value.Value, *dag.Failure, time.Duration) { return v, nil, 2 * time.Second }}}
		checkEnd(t, c.name, play(t, w, c.definition, `{"i":1}`), c.want)
		var calls []string
		for _, call := range w.calls {
			name, _, _ := strings.Cut(call, " ")
			calls = append(calls, name)
		}
		if c.calls != "" && strings.Join(calls, " ") != c.calls {
			t.Errorf("%s: calls %q, want %s", c.name, calls, c.calls)
		}
	}
	const items = `{"StartAt":"M","States":{"M":{"Type":"Map","End":true,"Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}],` + all + `,
		"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Task","Resource":"f","End":true}}}},"C":{"Type":"Pass","End":true}}}`
	checkEnd(t, "a Map is tried again", play(t, &world{functions: map[string]behaviour{"f": turns("", "E")}}, items, `[1,2]`), `[3,4]`)
	checkEnd(t, "a Map is caught", play(t, &world{functions: map[string]behaviour{"f": turns("", "E", "E")}}, items, `[1,2]`), `{"Error":"E","Cause":"because"}`)
}

func TestRetryProblems(t *testing.T) {
	t.Parallel()
	for handlers, want := range map[string]string{
		`"Retry":{}`: "ASL005", `"Retry":[1]`: "ASL005", `"Retry":[{}]`: "ASL006", `"Retry":[{"ErrorEquals":"E"}]`: "ASL005", `"Retry":[{"ErrorEquals":["E",1]}]`: "ASL005",
		`"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":1.5}]`: "ASL009", `"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":"1"}]`: "ASL005", `"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":99999999}]`: "",
		`"Retry":[{"ErrorEquals":["E"],"MaxAttempts":-1}]`: "ASL009", `"Retry":[{"ErrorEquals":["E"],"MaxAttempts":99999999}]`: "",
		`"Retry":[{"ErrorEquals":["E"],"BackoffRate":1}]`: "", `"Retry":[{"ErrorEquals":["E"],"BackoffRate":0.99}]`: "ASL009", `"Retry":[{"ErrorEquals":["E"],"BackoffRate":"2"}]`: "ASL005",
		`"Retry":[{"ErrorEquals":["E"],"MaxDelaySeconds":2}]`: "", `"Retry":[{"ErrorEquals":["E"],"MaxDelaySeconds":1}]`: "ASL009", `"Retry":[{"ErrorEquals":["E"],"MaxDelaySeconds":31622399}]`: "",
		`"Retry":[{"ErrorEquals":["E"],"JitterStrategy":"NONE"}]`: "", `"Retry":[{"ErrorEquals":["E"],"JitterStrategy":1}]`: "ASL005", `"Retry":[{"ErrorEquals":["E"],"Odd":1}]`: "ASL007",
		`"Retry":[{"ErrorEquals":["States.Http.StatusCode.404"]}]`: "", `"Retry":[{"ErrorEquals":["States.Odd"]}]`: "ASL035", `"Retry":[{"ErrorEquals":["States.QueryEvaluationError","States.ItemReaderFailed","States.BranchFailed"]}]`: "",
		`"Catch":{}`: "ASL005", `"Catch":[1]`: "ASL005", `"Catch":[{"Next":"S"}]`: "ASL006", `"Catch":[{"ErrorEquals":["E"],"Next":"X"}]`: "ASL012", `"Catch":[{"ErrorEquals":["E"],"Next":""}]`: "ASL012", `"Catch":[{"ErrorEquals":["E"],"Next":1}]`: "ASL005",
		`"Catch":[{"ErrorEquals":["E"],"Next":"S","ResultPath":"$$.a"}]`: "ASL021", `"Catch":[{"ErrorEquals":["E"],"Next":"S","ResultPath":"$["}]`: "ASL020", `"Catch":[{"ErrorEquals":["E"],"Next":"S","ResultPath":1}]`: "ASL005",
		`"Catch":[{"ErrorEquals":["E"],"Next":"S","Output":1}]`: "ASL007", `"Catch":[{"ErrorEquals":["E"],"Next":"S","Comment":"c","ResultPath":"$.a","Assign":{"a":1}}]`: "",
		`"Catch":[{"ErrorEquals":["States.ALL"],"Next":"S"},{"ErrorEquals":["E"],"Next":"S"}]`: "ASL033", `"Catch":[{"ErrorEquals":["E","States.ALL"],"Next":"S"}]`: "ASL033",
	} {
		if got := codes(one(`"Type":"Task","Resource":"f","End":true,`+handlers), asl.Options{}); got != want {
			t.Errorf("%s: got %s, want %s", handlers, got, want)
		}
	}
	for _, state := range []string{`"Type":"Pass","End":true`, `"Type":"Wait","Seconds":1,"End":true`, `"Type":"Succeed"`, `"Type":"Fail"`} {
		for _, field := range []string{`"Retry":[]`, `"Catch":[]`} {
			if got := codes(one(state+","+field), asl.Options{}); got != "ASL007" {
				t.Errorf("%s of %s: got %s", field, state, got)
			}
		}
	}
}
