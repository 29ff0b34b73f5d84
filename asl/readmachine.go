package asl

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// machine reads the whole definition; nil when it is in a language that is not
// supported.
func (r *reader) machine(n *source.Node) *machine {
	o, ok := r.object(n, "the definition")
	if !ok {
		return nil
	}
	o.fields("Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage")
	if version, n := o.text("Version"); n != nil && version != "1.0" {
		r.Errorf("009", n.At(), "the Version must be \"1.0\", not %q", source.Clip(version))
	}
	if o.jsonata() {
		return nil
	}
	timeout, _ := o.seconds("TimeoutSeconds", 1)
	m := r.level(o)
	m.timeout = timeout
	return m
}

// jsonata reads QueryLanguage; true means that what follows is JSONata, which
// has been reported.
func (o *object) jsonata() bool {
	language, n := o.text("QueryLanguage")
	if n == nil || language == "JSONPath" {
		return false
	}
	if language == "JSONata" {
		o.Errorf("090", n.At(), "%s: JSONata is not supported yet", o.what).Hint = `use "JSONPath"`
		return true
	}
	o.Errorf("009", n.At(), "%s: QueryLanguage must be JSONPath or JSONata, not %q", o.what, source.Clip(language)).
		Suggest(language, []string{"JSONPath", "JSONata"})
	return false
}

// level reads StartAt and States.
func (r *reader) level(o *object) *machine {
	m := &machine{at: o.start()}
	if o.required("StartAt") != nil {
		m.startAt = o.target("StartAt")
	}
	n := o.required("States")
	if n == nil {
		return m
	}
	states, ok := r.object(n, "States")
	if !ok {
		return m
	}
	if len(n.Members) == 0 {
		r.Errorf("006", n.At(), "%s needs at least one state", o.what)
	}
	for i := range states.node.Members {
		member := &states.node.Members[i]
		if !r.claim(member) {
			return m
		}
		m.states = append(m.states, r.state(member))
	}
	return m
}

// claim checks the name of a state; false means that there are too many.
func (r *reader) claim(m *source.Member) bool {
	if first, taken := r.names[m.Key]; taken {
		r.Errorf("014", m.At(), "the state name %q is already used at %s; names are unique in the whole machine", source.Clip(m.Key), r.Where(first))
	} else {
		r.names[m.Key] = m.At()
	}
	switch length := utf8.RuneCountInString(m.Key); {
	case length == 0:
		r.Errorf("014", m.At(), "a state needs a name")
	case length > MaxName:
		r.Errorf("014", m.At(), "the state name has %d characters, more than the %d allowed", length, MaxName)
	}
	if len(r.names) > MaxStates {
		if !r.told {
			r.told = true
			r.Errorf("003", m.At(), "the definition has more than %d states", MaxStates)
		}
		return false
	}
	return true
}

// nested reads a branch or a processor.
func (r *reader) nested(n *source.Node, what string, fields ...string) *machine {
	r.depth++
	defer func() { r.depth-- }()
	if r.depth > MaxNesting {
		r.Errorf("003", n.At().First(), "Parallel and Map states nest deeper than %d levels", MaxNesting)
		return nil
	}
	o, ok := r.object(n, what)
	if !ok {
		return nil
	}
	o.fields(append(fields, "Comment", "StartAt", "States")...)
	return r.level(o)
}

// kinds are the values of Type, in order of dag.StateKind.
func kinds() []string {
	return []string{"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"}
}

// state reads one state. It never returns nil.
func (r *reader) state(m *source.Member) *state {
	s := &state{name: m.Key, at: m.At(), opaque: true}
	o, ok := r.object(m.Value, fmt.Sprintf("state %q", source.Clip(m.Key)))
	if !ok {
		return s
	}
	if o.required("Type") == nil {
		return s
	}
	name, n := o.text("Type")
	if n == nil {
		return s
	}
	kind := slices.Index(kinds(), name)
	if kind < 0 {
		r.Errorf("010", n.At(), "%s: unknown Type %q, it must be one of Task, Pass, Choice, Wait, Succeed, Fail, Parallel, Map", o.what, source.Clip(name)).
			Suggest(name, kinds())
		return s
	}
	s.kind = dag.StateKind(kind)
	o.what = fmt.Sprintf("%s state %q", name, source.Clip(m.Key))
	s.next, s.end = o.way(s.kind)
	if s.opaque = o.jsonata(); s.opaque {
		if s.kind == dag.Choice {
			s.deflt = o.target("Default")
		}
		return s
	}
	o.fields(fieldsOf(s.kind)...)
	o.data(s)
	o.body(s)
	return s
}

// way reads Next and End.
func (o *object) way(kind dag.StateKind) (next target, end bool) {
	switch kind {
	case dag.Choice, dag.Succeed, dag.Fail:
		return target{}, kind != dag.Choice
	case dag.Task, dag.Pass, dag.Wait, dag.Parallel, dag.Map:
	}
	next = o.target("Next")
	last := o.node.Member("End")
	if last != nil && last.Value.Kind != value.Bool {
		o.Errorf("005", last.Value.At(), "%s: End must be true, not %s", o.what, article(last.Value.Kind))
	}
	end = last != nil && last.Value.Kind == value.Bool && last.Value.Bool
	hasNext := o.node.Get("Next") != nil
	switch {
	case hasNext && end:
		o.Errorf("008", last.At(), "%s has both Next and End", o.what)
	case last != nil && last.Value.Kind == value.Bool && !end:
		o.Errorf("009", last.Value.At(), "%s: End must be true, or left out", o.what)
	case !hasNext && last == nil:
		o.Errorf("006", o.start(), "%s needs either Next or End", o.what)
	}
	return next, end
}

// fieldsOf lists the fields of a kind of state.
func fieldsOf(kind dag.StateKind) []string {
	all := []string{"Type", "Comment", "QueryLanguage"}
	data := []string{"InputPath", "OutputPath"}
	way := []string{"Next", "End"}
	work := []string{"ResultPath", "Parameters", "ResultSelector", "Retry", "Catch"}
	switch kind {
	case dag.Task:
		all = concat(all, data, way, work, []string{"Resource", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"})
	case dag.Pass:
		all = concat(all, data, way, []string{"ResultPath", "Parameters", "Result"})
	case dag.Choice:
		all = concat(all, data, []string{"Choices", "Default"})
	case dag.Wait:
		all = concat(all, data, way, []string{"Seconds", "SecondsPath", "Timestamp", "TimestampPath"})
	case dag.Succeed:
		all = concat(all, data)
	case dag.Fail:
		all = concat(all, []string{"Error", "ErrorPath", "Cause", "CausePath"})
	case dag.Parallel:
		all = concat(all, data, way, work, []string{"Branches"})
	case dag.Map:
		all = concat(all, data, way, work, []string{
			"ItemProcessor", "Iterator", "ItemsPath", "ItemSelector", "MaxConcurrency", "MaxConcurrencyPath",
			"ItemReader", "ItemBatcher", "ResultWriter", "ToleratedFailureCount", "ToleratedFailureCountPath",
			"ToleratedFailurePercentage", "ToleratedFailurePercentagePath", "Label",
		})
	}
	return all
}

func concat(lists ...[]string) []string {
	var all []string
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// data reads what shapes the data of a state.
func (o *object) data(s *state) {
	if s.kind == dag.Fail {
		return
	}
	s.input, s.output = o.dataPath("InputPath"), o.dataPath("OutputPath")
	switch s.kind {
	case dag.Task, dag.Parallel, dag.Map:
		s.resultPath = o.resultPath()
		s.resultSelector = o.template("ResultSelector")
		s.retry, s.catch = o.retries(), o.catchers()
	case dag.Pass:
		s.resultPath = o.resultPath()
	case dag.Choice, dag.Wait, dag.Succeed, dag.Fail:
		return
	}
	if s.kind != dag.Map {
		s.parameters = o.template("Parameters")
	}
}

// body reads what a state of its kind does.
func (o *object) body(s *state) {
	switch s.kind {
	case dag.Task:
		s.task = o.task(s)
	case dag.Pass:
		if n := o.node.Get("Result"); n != nil {
			s.result = n.Value()
		}
	case dag.Choice:
		s.choices = o.rules()
		s.deflt = o.target("Default")
	case dag.Wait:
		s.wait = o.wait()
	case dag.Fail:
		s.fail = &fail{o.words("Error"), o.words("Cause")}
	case dag.Parallel:
		s.branches = o.branches()
	case dag.Map:
		s.mapping, s.branches = o.mapping()
	case dag.Succeed:
	}
}

func (o *object) branches() []*machine {
	n := o.required("Branches")
	if n == nil {
		return nil
	}
	if n.Kind != value.Array {
		o.Errorf("005", n.At(), "%s: Branches must be an array, not %s", o.what, article(n.Kind))
		return nil
	}
	if len(n.Items) == 0 {
		o.Errorf("006", n.At(), "%s: Branches is empty", o.what)
	}
	var branches []*machine
	for i, item := range n.Items {
		if b := o.nested(item, fmt.Sprintf("branch %d of %s", i, o.what)); b != nil {
			branches = append(branches, b)
		}
	}
	return branches
}

// wait reads when a Wait ends.
func (o *object) wait() *wait {
	w := &wait{}
	if o.atMostOne("Seconds", "SecondsPath", "Timestamp", "TimestampPath") == 0 {
		o.Errorf("006", o.start(), "%s needs one of Seconds, SecondsPath, Timestamp, TimestampPath", o.what)
	}
	w.seconds, _ = o.seconds("Seconds", 0)
	w.secondsPath = o.reference("SecondsPath")
	w.timestampPath = o.reference("TimestampPath")
	if text, n := o.text("Timestamp"); n != nil {
		var ok bool
		if w.timestamp, ok = parseTimestamp(text); !ok {
			o.Errorf("024", n.At(), "%s: Timestamp must be a date as in RFC 3339, with T and a zone, not %q", o.what, source.Clip(text)).Hint =
				`for example "2030-01-31T12:00:00Z"`
		}
	}
	return w
}

// words reads Error or Cause, or the same with Path.
func (o *object) words(key string) *words {
	if o.atMostOne(key, key+"Path") == 0 {
		return nil
	}
	if text, n := o.text(key); n != nil {
		return &words{fixed: text}
	}
	text, n := o.text(key + "Path")
	if n == nil {
		return nil
	}
	return &words{dynamic: o.dynamic(key+"Path", text, n, true)}
}

// limit reads a number of seconds, fixed or by path.
func (o *object) limit(key string) limit {
	o.atMostOne(key, key+"Path")
	fixed, _ := o.seconds(key, 1)
	return limit{fixed: fixed, path: o.reference(key + "Path"), field: key + "Path"}
}

// heartbeat checks that a fixed heartbeat is shorter than a fixed timeout.
func (o *object) heartbeat(timeout, heartbeat time.Duration) {
	if timeout > 0 && heartbeat >= timeout {
		o.Errorf("009", o.node.Get("HeartbeatSeconds").At(), "%s: HeartbeatSeconds must be smaller than TimeoutSeconds", o.what)
	}
}
