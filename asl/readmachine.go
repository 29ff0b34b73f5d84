package asl

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// machine reads the whole definition; nil when it is not even an object.
func (r *reader) machine(n *source.Node) *machine {
	o, ok := r.object(n, "the definition")
	if !ok {
		return nil
	}
	o.fields(jsonPath, "Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage")
	if version, n := o.text("Version"); n != nil && version != "1.0" {
		r.Errorf("009", n.At(), "the Version must be \"1.0\", not %q", source.Clip(version))
	}
	r.query = o.queryLanguage(jsonPath)
	timeout, _ := o.integer("TimeoutSeconds", 1, greatest)
	m := r.level(o)
	m.timeout = time.Duration(timeout) * time.Second
	return m
}

// queryLanguage reads QueryLanguage.
func (o *object) queryLanguage(otherwise language) language {
	text, n := o.text("QueryLanguage")
	switch {
	case n == nil:
		return otherwise
	case text == "JSONata":
		return jsonata
	case text != "JSONPath":
		o.Errorf("009", n.At(), "%s: the field 'QueryLanguage' should have one of these values: [JSONPath, JSONata]", o.what).
			Suggest(text, []string{"JSONPath", "JSONata"})
		return otherwise
	case otherwise == jsonata:
		o.Errorf("042", n.At(), "%s: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", o.what)
	}
	return jsonPath
}

// level reads StartAt and States.
func (r *reader) level(o *object) *machine {
	m := &machine{at: o.start(), limits: &r.options.Limits}
	var missing []string
	for _, key := range []string{"States", "StartAt"} {
		if o.node.Get(key) == nil {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		r.Errorf("006", o.start(), "%s: these fields are required: [%s]", o.what, strings.Join(missing, ", "))
	}
	m.startAt = o.target("StartAt")
	n := o.node.Get("States")
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
	case length > r.options.Limits.Name:
		r.Errorf("014", m.At(), "the state name has %d characters, more than the %d allowed", length, r.options.Limits.Name)
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
	o.fields(jsonPath, append(fields, "Comment", "StartAt", "States")...)
	around := r.reading
	defer func() { r.reading = around }()
	return r.level(o)
}

// kinds are the values of Type, in order of dag.StateKind.
func kinds() []string {
	return []string{"Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"}
}

// state reads one state. It never returns nil.
func (r *reader) state(m *source.Member) *state {
	s := &state{name: m.Key, at: m.At(), broken: true, limits: &r.options.Limits, express: r.options.Express}
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
		r.Errorf("010", n.At(), "%s: the field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]", o.what).
			Suggest(name, kinds())
		return s
	}
	s.kind, s.broken = dag.StateKind(kind), false
	o.what = fmt.Sprintf("%s state %q", name, source.Clip(m.Key))
	r.reading = s
	s.next, s.end = o.way(s.kind)
	s.query = o.queryLanguage(r.query)
	o.fields(s.query, fieldsOf(s.kind, s.query)...)
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
func fieldsOf(kind dag.StateKind, query language) []string {
	all := []string{"Type", "Comment", "QueryLanguage"}
	way := []string{"Next", "End"}
	work := []string{"Retry", "Catch"}
	data, arguments := []string{"Output"}, []string{"Arguments"}
	if query == jsonPath {
		data, arguments = []string{"InputPath", "OutputPath"}, []string{"Parameters"}
		way = append(way, "ResultPath")
		work = append(work, "ResultSelector")
	}
	switch kind {
	case dag.Task:
		all = concat(all, data, way, work, arguments, withPaths(query, "TimeoutSeconds", "HeartbeatSeconds"), []string{"Resource", "Assign", "Credentials"})
	case dag.Pass:
		all = concat(all, data, way, []string{"Assign"})
		if query == jsonPath {
			all = append(all, "Parameters", "Result")
		}
	case dag.Choice:
		all = concat(all, data, []string{"Choices", "Default", "Assign"})
	case dag.Wait:
		all = concat(all, data, way[:2], withPaths(query, "Seconds", "Timestamp"), []string{"Assign"})
	case dag.Succeed:
		all = concat(all, data)
	case dag.Fail:
		all = concat(all, withPaths(query, "Error", "Cause"))
	case dag.Parallel:
		all = concat(all, data, way, work, arguments, []string{"Branches", "Assign"})
	case dag.Map:
		all = concat(all, data, way, work, withPaths(query, "MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"), []string{
			"ItemProcessor", "ItemSelector", "ItemReader", "ItemBatcher", "ResultWriter", "Label", "Assign",
		})
		if query == jsonPath {
			all = append(all, "Iterator", "ItemsPath", "Parameters")
		} else {
			all = append(all, "Items")
		}
	}
	return all
}

// withPaths adds the Path forms of fields, which JSONPath has.
func withPaths(query language, fields ...string) []string {
	if query == jsonata {
		return fields
	}
	for _, f := range fields {
		fields = append(fields, f+"Path")
	}
	return fields
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
	works := s.kind == dag.Task || s.kind == dag.Parallel || s.kind == dag.Map
	at := before
	if works {
		at = after
		s.retry, s.catch = o.retries(), o.catchers(s.query)
	}
	if s.kind != dag.Succeed && s.kind != dag.Fail {
		s.assign = o.assign(s.query, at)
	}
	if s.kind == dag.Fail {
		return
	}
	if s.query == jsonata {
		s.shaped = o.template("Output", s.query, at)
		if s.kind == dag.Task || s.kind == dag.Parallel {
			s.parameters = o.template("Arguments", s.query, before)
		}
		return
	}
	s.input, s.output = o.dataPath("InputPath"), o.dataPath("OutputPath")
	if works {
		s.resultSelector = o.template("ResultSelector", s.query, before)
	}
	if works || s.kind == dag.Pass {
		s.resultPath = o.resultPath()
	}
	if s.kind == dag.Task || s.kind == dag.Parallel || s.kind == dag.Pass {
		s.parameters = o.template("Parameters", s.query, before)
	}
}

// body reads what a state of its kind does.
func (o *object) body(s *state) {
	switch s.kind {
	case dag.Task:
		s.task = o.task(s)
	case dag.Pass:
		if n := o.node.Get("Result"); n != nil && s.query == jsonPath {
			s.result = n.Value()
		}
	case dag.Choice:
		s.choices = o.rules(s.query)
		s.deflt = o.target("Default")
	case dag.Wait:
		s.wait = o.wait(s.query)
	case dag.Fail:
		s.fail = &fail{o.words("Error", s.query), o.words("Cause", s.query)}
	case dag.Parallel:
		s.branches = o.branches()
	case dag.Map:
		s.mapping, s.branches = o.mapping(s.query)
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
func (o *object) wait(query language) *wait {
	w := &wait{}
	if o.atMostOne("Seconds", "SecondsPath", "Timestamp", "TimestampPath") == 0 {
		o.Errorf("006", o.start(), "%s needs one of Seconds, SecondsPath, Timestamp, TimestampPath", o.what)
	}
	w.seconds = o.quantity("Seconds", 0, greatest, query)
	if p := o.reference("TimestampPath"); p != nil && query == jsonPath {
		w.moment = &words{field: "TimestampPath", path: p}
	}
	text, n := o.text("Timestamp")
	if n == nil {
		return w
	}
	if query == jsonata && expressive(text) {
		if e := o.expression(n, "Timestamp", before); e != nil {
			w.moment = &words{field: "Timestamp", dynamic: e}
		}
		return w
	}
	var ok bool
	if w.timestamp, ok = parseTimestamp(text); !ok {
		o.Errorf("024", n.At(), "%s: Timestamp: String does not match RFC3339 timestamp: %q", o.what, source.Clip(text)).Hint =
			`write T and a zone, for example "2030-01-31T12:00:00Z"`
	}
	return w
}

// words reads Error or Cause, or the same with Path.
func (o *object) words(key string, query language) *words {
	if o.atMostOne(key, key+"Path") == 0 {
		return nil
	}
	if text, n := o.text(key); n != nil {
		if query == jsonata && expressive(text) {
			if e := o.expression(n, key, before); e != nil {
				return &words{field: key, dynamic: e}
			}
		}
		return &words{field: key, fixed: text}
	}
	text, n := o.text(key + "Path")
	if n == nil {
		return nil
	}
	return &words{field: key + "Path", dynamic: o.dynamic(key+"Path", text, n, true)}
}

// heartbeat checks that a fixed heartbeat is shorter than a fixed timeout.
func (o *object) heartbeat(timeout, heartbeat *quantity) {
	limit, limited := timeout.constant()
	beat, beats := heartbeat.constant()
	if limited && beats && beat >= limit {
		o.Errorf("009", o.node.Get("HeartbeatSeconds").At(), "%s: HeartbeatSeconds must be smaller than TimeoutSeconds", o.what)
	}
}
