package spec

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// compiler turns the nodes of a definition into a graph and notes problems.
type compiler struct {
	*source.Report
	tasks tasks
}

// tasks are the names of all tasks of a definition.
type tasks struct {
	names []string
	index map[string]bool
}

// defaultWidth is the concurrency of a foreach that states none.
const defaultWidth = 40

// longest bounds every duration of a definition.
const longest = 366 * 24 * time.Hour

// reserved are the names that expressions give a meaning of their own.
func reserved() []string {
	return []string{"input", "item", "index", "key", "true", "false", "null", "and", "or", "not", "has"}
}

func (c *compiler) graph(root *source.Node) *dag.Graph {
	g := &dag.Graph{}
	tasks := root.Get("tasks")
	if tasks == nil || tasks.Kind != value.Object || len(tasks.Members) > MaxTasks {
		return g // reported by the schema
	}
	c.tasks.index = make(map[string]bool, len(tasks.Members))
	for i := range tasks.Members {
		m := &tasks.Members[i]
		c.tasks.names = append(c.tasks.names, m.Key)
		c.tasks.index[m.Key] = true
		c.checkName(m)
	}
	for i := range tasks.Members {
		if m := &tasks.Members[i]; m.Value.Kind == value.Object {
			g.States = append(g.States, c.task(m))
		}
	}
	if n := root.Get("output"); n != nil {
		g.Output = shaped(c.template(n, &names{}))
	}
	c.checkCycles(g, tasks)
	return g
}

func (c *compiler) checkName(m *source.Member) {
	switch {
	case slices.Contains(reserved(), m.Key):
		c.Errorf("010", m.At(), "a task cannot be named %q: expressions give the word a meaning of its own", m.Key)
	case !isName(m.Key):
		c.Errorf("010", m.At(), "%q is not the name of a task", source.Clip(m.Key)).Hint =
			"a name has 1 to 80 letters, digits, _ and -, and begins with a letter or _"
	}
}

func isName(name string) bool {
	const most = 80
	if name == "" || len(name) > most {
		return false
	}
	for i := range len(name) {
		if !nameByte(name[i], i > 0) {
			return false
		}
	}
	return true
}

func nameByte(b byte, inside bool) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_' || inside && (b >= '0' && b <= '9' || b == '-')
}

// task compiles one task. A foreach becomes a Map around a Task.
func (c *compiler) task(m *source.Member) *dag.State {
	n := m.Value
	s := &dag.State{Name: m.Key, Kind: dag.Task, Out: limited}
	used := &names{task: m.Key}
	call := s
	each := n.Get("foreach")
	if each != nil {
		call = &dag.State{Name: m.Key, Kind: dag.Task, Out: limited}
		s.Kind, s.Width = dag.Map, c.count(n, "concurrency", defaultWidth)
		s.Body = &dag.Graph{Start: m.Key, States: []*dag.State{call}}
		s.Items = items(c.expression(each, used))
		used.each = true
	} else if m := n.Member("concurrency"); m != nil {
		c.Warnf("031", m.At(), "task %q: concurrency has no effect without foreach", source.Clip(used.task))
	}
	if with := n.Get("with"); with != nil {
		shape := shaped(c.template(with, used))
		if each != nil {
			s.Item = shape
		} else {
			s.In = shape
		}
	}
	used.each = false
	if when := n.Get("when"); when != nil {
		s.When = c.guard(when, used)
	}
	call.Resource.Name = c.function(n)
	call.Timeout = c.duration(n, "timeout", 0)
	if retry := n.Get("retry"); retry != nil && retry.Kind == value.Object {
		call.Retry = []dag.Retry{c.retry(retry)}
	}
	if join, _ := text(n, "join"); join == "any" {
		s.JoinAny = true
	}
	s.Needs = c.needs(n, used)
	if s.JoinAny && len(s.Needs) == 0 {
		c.Warnf("031", n.Member("join").At(), "task %q: join has no effect, the task needs nothing", source.Clip(m.Key))
	}
	return s
}

func (c *compiler) function(n *source.Node) string {
	name, at := text(n, "function")
	if at != nil && name != "" && !source.IsFunctionName(name) {
		c.Errorf("022", at.At(), "%q is not the name of a function", source.Clip(name)).Hint =
			"a function is named by 1 to 63 letters, digits, '_', '.' and '-'"
	}
	return name
}

// needs joins the tasks that are listed with those whose output is used.
func (c *compiler) needs(n *source.Node, used *names) []string {
	all := &names{}
	if list := n.Get("needs"); list != nil {
		for _, item := range list.Items {
			switch {
			case item.Kind != value.String: // reported by the schema
			case !c.tasks.index[item.Text]:
				c.Errorf("012", item.At(), "task %q needs unknown task %q", source.Clip(used.task), source.Clip(item.Text)).
					Suggest(item.Text, c.tasks.names)
			case all.seen[item.Text]:
				c.Warnf("031", item.At(), "task %q needs %q twice", source.Clip(used.task), source.Clip(item.Text))
			default:
				all.note(item.Text)
			}
		}
	}
	for _, name := range used.tasks {
		all.note(name)
	}
	return all.tasks
}

// duration reads a duration; its form is the schema's to check.
func (c *compiler) duration(n *source.Node, key string, otherwise time.Duration) time.Duration {
	s, at := text(n, key)
	if at == nil {
		return otherwise
	}
	if !regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`).MatchString(s) {
		return otherwise // reported by the schema
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil || d > longest:
		c.Errorf("009", at.At(), "%s must be at most 8784h (366 days)", key)
		return otherwise
	case d <= 0:
		c.Errorf("009", at.At(), "%s must be more than 0", key)
		return otherwise
	}
	return d
}

// count reads a whole number; its range is the schema's to check.
func (c *compiler) count(n *source.Node, key string, otherwise int) int {
	if f := n.Get(key); f != nil && f.Kind == value.Number {
		if i, ok := f.Value().Int(); ok && i > 0 && i < 1<<31 {
			return int(i)
		}
	}
	return otherwise
}

func (c *compiler) retry(n *source.Node) dag.Retry {
	const attempts, backoff = 3, 2
	r := dag.Retry{
		MaxAttempts: c.count(n, "attempts", attempts) - 1,
		Interval:    c.duration(n, "interval", time.Second),
		MaxDelay:    c.duration(n, "max_delay", 0),
		Backoff:     backoff,
	}
	if f := n.Get("backoff"); f != nil && f.Kind == value.Number {
		r.Backoff = f.Value().Float()
	}
	if f := n.Get("jitter"); f != nil {
		r.Jitter = f.Bool
	}
	if r.MaxDelay > 0 && r.MaxDelay < r.Interval {
		c.Errorf("009", n.Get("max_delay").At(), "max_delay must not be less than the interval of %s", r.Interval)
	}
	if on := n.Get("on"); on != nil {
		for _, item := range on.Items {
			r.Errors = append(r.Errors, errorNames(item.Text)...)
		}
	}
	if len(r.Errors) == 0 {
		r.Errors = []string{dag.ErrorAll}
	}
	return r
}

// functionTimeout is how a function fails that has run into its own time limit
// (functions.FailureTimeout, which this package may not import).
const functionTimeout = "Function.Timeout"

// errorNames gives the words of the notation their names in the kernel. A
// timeout is one, whether the task's limit was met or the function's own.
func errorNames(word string) []string {
	switch word {
	case "Timeout":
		return []string{dag.ErrorTimeout, functionTimeout}
	case "Failed":
		return []string{dag.ErrorTaskFailed}
	case "All":
		return []string{dag.ErrorAll}
	}
	return []string{word}
}

// checkCycles reports tasks that wait for each other, one cycle each.
func (c *compiler) checkCycles(g *dag.Graph, tasks *source.Node) {
	index := make(map[string]int, len(g.States))
	for i, s := range g.States {
		index[s.Name] = i
	}
	const fresh, open, closed = 0, 1, 2
	mark := make([]int, len(g.States))
	var way []string
	var visit func(i int)
	visit = func(i int) {
		s := g.States[i]
		mark[i] = open
		way = append(way, s.Name)
		for _, need := range s.Needs {
			j, ok := index[need]
			switch {
			case !ok:
			case mark[j] == fresh:
				visit(j)
			case mark[j] == open:
				c.Errorf("013", tasks.Member(need).At(), "%s", cycle(way[slices.Index(way, need):], need))
			}
		}
		way = way[:len(way)-1]
		mark[i] = closed
	}
	for i := range g.States {
		if mark[i] == fresh {
			visit(i)
		}
	}
}

// cycle tells of tasks that wait for each other.
func cycle(way []string, back string) string {
	const most = 8
	var message strings.Builder
	message.WriteString("tasks wait for each other: ")
	for i, name := range way {
		if i == most {
			message.WriteString("... needs ")
			break
		}
		message.WriteString(name + " needs ")
	}
	return message.String() + back
}
