package asl

import (
	"strings"

	"github.com/serverledge/serverledge/asl/dataset"
	"github.com/serverledge/serverledge/asl/jsonpath"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// compileMap sets what a Map goes by.
func (s *state) compileMap(d *dag.State) {
	m := s.mapping
	d.Children, d.Label = m.children, m.label
	d.Items = s.each
	if m.selector != nil && m.batcher == nil {
		d.Item = func(d *dag.Scope) (value.Value, *dag.Failure) { return s.selected(d) }
	}
	s.compileWidth(d)
	if !m.distributed {
		return
	}
	s.compileTolerance(d)
	if m.reader != nil {
		d.Read = &dag.Work{Resource: m.reader.resource, Input: s.toRead}
	}
	if m.writer == nil {
		return
	}
	if m.writer.exports {
		d.Write = &dag.Work{Resource: m.writer.resource, Input: s.toWrite}
	} else {
		d.Receive = s.transformed
	}
}

func (s *state) compileWidth(d *dag.State) {
	width := &s.mapping.width
	usual := int64(defaultWidth)
	if s.mapping.distributed {
		usual = distributedWidth
	}
	within := func(n int64) int {
		if n == 0 {
			n = usual
		}
		return int(min(n, MaxBranches))
	}
	if n, fixed := width.constant(); (fixed || !width.here()) && s.probe == nil {
		d.Width = within(n)
		return
	}
	d.WidthFor = func(d *dag.Scope) (int, *dag.Failure) {
		n, failure := int64(0), (*dag.Failure)(nil)
		if width.here() {
			n, failure = width.integer(s.look(d, d.Effective), 0)
		}
		if failure == nil {
			s.counted(MaxConcurrency, float64(n))
		}
		return within(n), failure
	}
}

// compileTolerance sets how many items may fail: none, unless the definition
// says otherwise.
func (s *state) compileTolerance(d *dag.State) {
	count, share := &s.mapping.count, &s.mapping.share
	if count.here() || !share.here() {
		d.TolerateCount = func(d *dag.Scope) (int, *dag.Failure) {
			if !count.here() {
				return 0, nil
			}
			n, failure := count.integer(s.look(d, d.Effective), 0)
			if failure == nil {
				s.counted(ToleratedCount, float64(n))
			}
			return int(n), failure
		}
	}
	if share.here() {
		d.TolerateShare = func(d *dag.Scope) (float64, *dag.Failure) {
			percent, failure := share.share(s.look(d, d.Effective))
			if failure == nil {
				s.counted(ToleratedPercentage, percent)
			}
			return percent, failure
		}
	}
}

// each yields what a Map goes through: of what its reader read or of its input
// the list, in batches if it has a batcher.
func (s *state) each(d *dag.Scope) (value.Value, *dag.Failure) {
	items, failure := s.listed(d)
	if failure != nil {
		return value.Value{}, failure
	}
	if s.query == jsonPath && s.mapping.reader == nil {
		s.saw(AfterItemsPath, items)
	}
	if s.mapping.batcher == nil {
		return items, nil
	}
	batches, failure := s.batched(d, items)
	if failure == nil {
		s.saw(AfterItemBatcher, batches)
	}
	return batches, failure
}

// listed yields the items. What a reader has read is gone through as it is:
// AWS does not apply ItemsPath to it.
func (s *state) listed(d *dag.Scope) (value.Value, *dag.Failure) {
	m := s.mapping
	scope := s.look(d, d.Effective)
	switch {
	case m.reader != nil:
		return dataset.Read(d.Result), nil
	case m.list != nil:
		return m.list.fill(scope)
	case s.query == jsonata && !iterable(d.Effective):
		return value.Value{}, unfit(d.State, "", "Map state input must be an array but was: %s", shown(d.Effective))
	case m.items == nil && !iterable(d.Effective):
		return value.Value{}, runtime(d.State, "Reference path \"$\" must point to array.")
	case m.items == nil:
		return d.Effective, nil
	}
	items, err := scope.get(m.items)
	if err != nil {
		return value.Value{}, runtime(d.State, "Invalid path '%s' : %s", m.items, err)
	}
	// Of the context object AWS goes through arrays only, and it names the place
	// within it.
	if outside := m.items.Root() == jsonpath.Context; !iterable(items) || outside && items.Kind() != value.Array {
		return value.Value{}, runtime(d.State, "Reference path \"%s\" must point to array.", strings.Replace(m.items.String(), "$$", "$", 1))
	}
	return items, nil
}

// iterable tells whether a Map can go through a value.
func iterable(v value.Value) bool { return v.Kind() == value.Array || v.Kind() == value.Object }

// selected makes the input of one item.
func (s *state) selected(d *dag.Scope) (value.Value, *dag.Failure) {
	if s.mapping.selector == nil {
		return d.Item.Value, nil
	}
	v, failure := s.mapping.selector.fill(s.look(d, d.Effective))
	if failure != nil {
		return value.Value{}, failure
	}
	s.saw(AfterItemSelector, v)
	return s.bounded(d, v)
}

// batched groups items; each group is the input of one child:
// {"BatchInput": ..., "Items": [...]}.
func (s *state) batched(d *dag.Scope, items value.Value) (value.Value, *dag.Failure) {
	b := s.mapping.batcher
	scope := s.look(d, d.Effective)
	most, limit := int64(greatest), int64(s.limits.Payload)
	var failure *dag.Failure
	if b.most.here() {
		if most, failure = b.most.integer(scope, 1); failure != nil {
			return value.Value{}, failure
		}
	}
	if b.bytes.here() {
		n, failure := b.bytes.integer(scope, 1)
		if failure != nil {
			return value.Value{}, failure
		}
		limit = min(n, limit)
	}
	var common []value.Member
	if b.input != nil {
		v, failure := b.input.fill(scope)
		if failure != nil {
			return value.Value{}, failure
		}
		common = []value.Member{member("BatchInput", v)}
	}
	g := grouping{most: int(most), limit: int(limit), common: common}
	g.used = g.empty()
	for i, item := range numbered(items) {
		d.Item = &dag.Item{Index: i, Key: item.Key, Value: item.Value, Read: d.Result}
		v, failure := s.selected(d)
		if failure != nil {
			return value.Value{}, failure
		}
		if !g.add(v) {
			return value.Value{}, &dag.Failure{
				Error: dag.ErrorDataLimitExceeded,
				Cause: cause(d.State, "Item %d alone makes a batch of more than %d bytes.", i, limit),
			}
		}
	}
	g.close()
	return value.OfArray(g.batches...), nil
}

// numbered lists the elements of an array or the members of an object.
func numbered(v value.Value) []value.Member {
	all := make([]value.Member, 0, v.Len())
	for _, item := range v.Elements() {
		all = append(all, value.Member{Value: item})
	}
	for key, item := range v.Members() {
		all = append(all, value.Member{Key: key, Value: item})
	}
	return all
}

// grouping makes batches of items.
type grouping struct {
	most, limit int // items and bytes of a batch
	common      []value.Member
	used        int // bytes of the batch so far
	items       []value.Value
	batches     []value.Value
}

// add puts an item into the batch, or into the next one; false when it does not
// fit into any.
func (g *grouping) add(item value.Value) bool {
	size := item.Size() + 1 // with its comma
	if len(g.items) == g.most || len(g.items) > 0 && g.used+size > g.limit {
		g.close()
	}
	if g.used+size > g.limit {
		return false
	}
	g.items, g.used = append(g.items, item), g.used+size
	return true
}

// empty is the size of a batch without items.
func (g *grouping) empty() int {
	return value.OfObject(append(append([]value.Member{}, g.common...), member("Items", value.EmptyArray))...).Size() - 1
}

func (g *grouping) close() {
	if len(g.items) == 0 {
		return
	}
	g.batches = append(g.batches, value.OfObject(append(append([]value.Member{}, g.common...), member("Items", value.OfArray(g.items...)))...))
	g.items, g.used = nil, g.empty()
}

// toRead makes what the reader of a Map gets: resource, arguments and config.
func (s *state) toRead(d *dag.Scope) (value.Value, *dag.Failure) {
	r := s.mapping.reader
	scope := s.look(d, d.Effective)
	arguments := value.EmptyObject
	var failure *dag.Failure
	if r.parameters != nil {
		if arguments, failure = r.parameters.fill(scope); failure != nil {
			return value.Value{}, failure
		}
	}
	config := r.config
	if r.most.here() {
		v, failure := r.most.number(scope, "integer", func(v value.Value) bool { _, ok := v.Int(); return ok })
		if failure != nil {
			return value.Value{}, failure
		}
		if n, _ := v.Int(); n < 0 {
			return value.Value{}, &dag.Failure{Error: dag.ErrorReader, Cause: "field MaxItems must be positive"}
		}
		config = config.With("MaxItems", v)
	}
	return value.OfObject(member("Action", value.OfString(r.resource.Action)), member("Arguments", arguments), member("ReaderConfig", config)), nil
}

// toWrite makes what the writer of a Map gets: arguments, config and how each
// item ended.
func (s *state) toWrite(d *dag.Scope) (value.Value, *dag.Failure) {
	w := s.mapping.writer
	arguments, failure := w.parameters.fill(s.look(d, d.Effective))
	if failure != nil {
		return value.Value{}, failure
	}
	results := make([]value.Value, d.Items())
	for i := range results {
		r := d.Record(i)
		results[i] = told(r).With("Call", value.OfInt(int64(r.Call))).With("Started", date(r.Started)).With("Ended", date(r.Ended))
	}
	return value.OfObject(
		member("Arguments", arguments), member("WriterConfig", w.config), member("Label", value.OfString(s.mapping.label)),
		member("Results", value.OfArray(results...)),
	), nil
}

// told tells how an item ended.
func told(r dag.ItemRecord) value.Value {
	members := []value.Member{member("Input", r.Input), member("Output", r.Output), member("Status", value.OfString(string(r.Status)))}
	if r.Failure != nil {
		members = append(members, member("Error", value.OfString(r.Failure.Error)), member("Cause", value.OfString(r.Failure.Cause)))
	}
	return value.OfObject(members...)
}

// transformed shapes the results of a Map as a WriterConfig without a Resource
// says.
func (s *state) transformed(d *dag.Scope) (value.Value, *dag.Failure) {
	var all []value.Value
	switch kind := s.mapping.writer.config.Get("Transformation").Text(); kind {
	case "NONE":
		for i := range d.Items() {
			all = append(all, told(d.Record(i)))
		}
	case "FLATTEN":
		for _, v := range d.Result.Elements() {
			if v.Kind() != value.Array {
				all = append(all, v)
			}
			for _, item := range v.Elements() {
				all = append(all, item)
			}
		}
	default:
		return d.Result, nil
	}
	return value.OfArray(all...), nil
}
