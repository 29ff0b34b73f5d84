package jsonata

import "github.com/serverledge/serverledge/dag/value"

// state says what a node knows of its content.
type state uint8

const (
	open     state = iota // items (and keys) are there
	closed                // only the JSON text is
	unread                // only the value is
	variable              // only the value is, and the members that were asked for: a tree whose text may not exist
	counted               // it is the array of count numbers that starts with from
	joined                // it is the array of the tuples
)

// node is what an array, object or function consists of. It belongs to one
// evaluation. Only transforms change nodes, and they work on copies.
type node struct {
	state state
	looks uint8  // how often a member was looked for in the text
	place uint32 // of the node among the arrays and objects of its document
	at    uint32 // where its text begins
	end   uint32 // where it ends
	doc   *text  // nil when there is no text or it no longer holds
	items []item
	keys  []string // of an object, in order, parallel to items
	more  *more
}

// raw returns the compact JSON text of a node that has a document.
func (n *node) raw() string { return n.doc.raw[n.at:n.end] }

// more is what few nodes need.
type more struct {
	index  map[string]int // of keys, for large objects
	value  value.Value    // the value that the node stands for, absent if it was made or changed
	call   function
	from   float64
	count  int
	tuples []tuple
}

// fewLooks is how often a member is looked for in the text of an object before
// the object is decoded.
const fewLooks = 8

// fewKeys is how many keys are searched one by one.
const fewKeys = 8

// length returns the number of elements or members of an opened node, or of
// one whose length is known without.
func (n *node) length() int {
	switch n.state {
	case counted:
		return n.more.count
	case joined:
		return len(n.more.tuples)
	case open, closed, unread, variable:
	}
	return len(n.items)
}

// find returns the place of a key of an opened object, or -1.
func (n *node) find(key string) int {
	if n.more != nil && n.more.index != nil {
		if i, ok := n.more.index[key]; ok {
			return i
		}
		return -1
	}
	for i, k := range n.keys {
		if k == key {
			return i
		}
	}
	return -1
}

// put sets a member of an opened object and returns whether it is new.
func (n *node) put(key string, it item) bool {
	if i := n.find(key); i >= 0 {
		n.items[i] = it
		return false
	}
	n.keys = append(n.keys, key)
	n.items = append(n.items, it)
	switch count := len(n.keys); {
	case count > fewKeys+1 && n.more != nil && n.more.index != nil:
		n.more.index[key] = count - 1
	case count > fewKeys:
		n.setIndex()
	}
	return true
}

// remove deletes a member of an opened object.
func (n *node) remove(key string) {
	at := n.find(key)
	if at < 0 {
		return
	}
	n.keys = append(n.keys[:at:at], n.keys[at+1:]...)
	n.items = append(n.items[:at:at], n.items[at+1:]...)
	n.setIndex()
}

// setIndex makes the index new, if there are many keys.
func (n *node) setIndex() {
	if len(n.keys) <= fewKeys {
		if n.more != nil {
			n.more.index = nil
		}
		return
	}
	if n.more == nil {
		n.more = &more{}
	}
	n.more.index = make(map[string]int, len(n.keys)+1)
	for i, key := range n.keys {
		n.more.index[key] = i
	}
}

// open sees to it that the items of a node are there, unless it is an array of
// numbers in a row. It costs steps but cannot fail: a document has a size.
func (e *evaluation) open(n *node) {
	switch n.state {
	case unread, variable:
		e.take(n)
		e.decode(n)
	case closed:
		e.decode(n)
	case joined:
		n.items = make([]item, len(n.more.tuples))
		for i := range n.more.tuples {
			n.items[i] = e.objectOf(&n.more.tuples[i])
		}
		n.state = open
	case open, counted:
	}
}

// elements returns all elements of an array.
func (e *evaluation) elements(n *node) ([]item, *Error) {
	if n.state == counted {
		if err := e.grow(n.more.count * itemSize); err != nil {
			return nil, err
		}
		n.items = make([]item, n.more.count)
		for i := range n.items {
			n.items[i] = ofNumber(n.more.from + float64(i))
		}
		n.state = open
	}
	e.open(n)
	return n.items, nil
}

// element returns one element of an array that has it.
func (e *evaluation) element(n *node, i int) item {
	if n.state == counted {
		return ofNumber(n.more.from + float64(i))
	}
	return n.items[i]
}

// size returns the number of elements or members.
func (e *evaluation) size(n *node) int {
	e.open(n)
	return n.length()
}

// get returns a member of an object, undefined when there is none.
func (e *evaluation) get(n *node, key string) item {
	switch n.state {
	case variable:
		if i := n.find(key); i >= 0 {
			return n.items[i]
		}
		it := e.ofValue(n.more.value.Get(key))
		n.put(key, it)
		return it
	case unread:
		e.take(n)
		return e.get(n, key)
	case closed:
		if n.looks < fewLooks {
			n.looks++
			if it, ok := e.search(n.cursor(), key); ok {
				return it
			}
		}
		e.decode(n)
	case open, counted, joined:
	}
	if i := n.find(key); i >= 0 {
		return n.items[i]
	}
	return item{}
}

// take gets the text of a value. It is copied once, so that the strings in it
// need no copies of their own.
func (e *evaluation) take(n *node) {
	n.doc = e.readText(string(n.more.value.Bytes()))
	n.state, n.place, n.at, n.end = closed, 0, 0, uint32(len(n.doc.raw))
	n.keys, n.items, n.more.index = nil, nil, nil
	e.steps -= len(n.doc.raw) / bytesPerStep
}

// ofValue makes an item of a value. An absent value is undefined.
func (e *evaluation) ofValue(v value.Value) item {
	switch v.Kind() {
	case value.Null:
		return item{kind: null}
	case value.Bool:
		return ofBool(v.Bool())
	case value.Number:
		return item{kind: number, text: v.Literal()}
	case value.String:
		return ofText(v.Text())
	case value.Array, value.Object:
		n := e.newNode()
		n.state, n.more = unread, &more{value: v}
		if v.Kind() == value.Array {
			return item{kind: array, node: n}
		}
		return item{kind: object, node: n}
	case value.Absent:
	}
	return item{}
}

// ofItems makes an array; it takes the slice over.
func (e *evaluation) ofItems(items []item, f flags) item {
	n := e.newNode()
	n.items = items
	return item{kind: array, flags: f, node: n}
}

// ofObject makes an empty object.
func (e *evaluation) ofObject(capacity int) (item, *node) {
	n := e.newNode()
	n.keys, n.items = make([]string, 0, capacity), make([]item, 0, capacity)
	return item{kind: object, node: n}, n
}

// newNode returns a node out of a slab.
func (e *evaluation) newNode() *node {
	if len(e.slab) == 0 {
		e.slabSize = min(2*e.slabSize+2, 128)
		e.slab = make([]node, e.slabSize)
	}
	n := &e.slab[0]
	e.slab = e.slab[1:]
	return n
}
