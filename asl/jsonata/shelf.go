package jsonata

import "sync/atomic"

// shelf has the memory of evaluations that are over, for the next ones: each is
// empty, bounded by what recycle keeps, and one goroutine's as soon as that took
// it off.
var shelf [8]atomic.Pointer[evaluation] //nolint:gochecknoglobals // it never shows in a result

// newEvaluation returns an evaluation without content.
func newEvaluation() *evaluation {
	for i := range shelf {
		if e := shelf[i].Load(); e != nil && shelf[i].CompareAndSwap(e, nil) {
			return e
		}
	}
	return &evaluation{}
}

// What is kept of an evaluation, in items and bytes.
const (
	mostStack   = 512
	mostScratch = 64 << 10
)

// recycle puts the memory of an evaluation on the shelf, without its content.
func (e *evaluation) recycle() {
	e.empty()
	for i := range shelf {
		if shelf[i].Load() == nil && shelf[i].CompareAndSwap(nil, e) {
			return
		}
	}
}

func (e *evaluation) empty() {
	e.memory.reset()
	*e = evaluation{memory: e.memory}
}

// memory is what one evaluation leaves to the next.
type memory struct {
	nodes   arena[node]
	items   arena[item]
	texts   arena[string] // keys, too
	frames  arena[frame]
	extras  arena[more]
	free    []*frame // frames that can be used again
	stack   []item   // for results whose number is not known yet
	scratch []byte   // for text that is put together
	out     []byte   // for the result
}

// reset empties the memory and drops what is large.
func (m *memory) reset() {
	m.nodes.reset()
	m.items.reset()
	m.texts.reset()
	m.frames.reset()
	m.extras.reset()
	if m.free = m.free[:0]; cap(m.free) > firstChunk {
		m.free = nil
	}
	clear(m.free[:cap(m.free)])
	if m.stack = m.stack[:0]; cap(m.stack) > mostStack {
		m.stack = nil
	}
	clear(m.stack[:cap(m.stack)])
	if m.scratch = m.scratch[:0]; cap(m.scratch) > mostScratch {
		m.scratch = nil
	}
	if m.out = m.out[:0]; cap(m.out) > mostScratch {
		m.out = nil
	}
}
