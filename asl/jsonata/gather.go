package jsonata

// gathering puts the results of a step in a row on the stack. Arrays are
// flattened by one level, save those that stay one item. If the one result of
// the last step is an array from a document, it is held as it is.
type gathering struct {
	e     *evaluation
	last  bool
	count int
	held  item
}

func (g *gathering) add(it item) *Error {
	g.count++
	if g.last && g.count == 1 && it.kind == array && !it.has(sequence) {
		g.held = it
		return nil
	}
	if g.count == 2 && g.held.kind != undefined {
		if err := g.put(g.held); err != nil {
			return err
		}
	}
	return g.put(it)
}

func (g *gathering) put(it item) *Error {
	if it.kind != array || it.has(constructed) {
		return g.e.push(it)
	}
	items, err := g.e.elements(it.node)
	if err != nil {
		return err
	}
	return g.e.pushAll(items)
}

// results returns what was gathered above a mark of the stack.
func (g *gathering) results(mark int) results {
	if g.count == 1 && g.held.kind != undefined {
		return results{whole: g.held}
	}
	return results{items: g.e.stack[mark:]}
}

// gather takes several steps that are names at once, through the text of an
// array, without decoding what lies between. It gives up (ok is false) where
// arrays are in arrays or an object has many members.
func (e *evaluation) gather(n *node, names []string, last bool) (r results, ok bool, err *Error) {
	g := gathering{e: e, last: last}
	mark := len(e.stack)
	c := cursor{n.doc, int(n.at), n.place}
	e.expect(int(n.doc.spans[n.place].next - n.place))
	if ok, err = g.array(c, names); err != nil || !ok {
		e.stack = e.stack[:mark]
		return results{}, false, err
	}
	return g.results(mark), true, nil
}

// array looks for the first name in each element of the array at the cursor.
func (g *gathering) array(c cursor, names []string) (ok bool, err *Error) {
	raw := c.doc.raw
	c.at++
	c.span++
	for raw[c.at] != ']' {
		if err := g.e.spend(1); err != nil {
			return false, err
		}
		switch raw[c.at] {
		case '[':
			return false, nil
		case '{':
			if ok, err := g.object(c, names); err != nil || !ok {
				return false, err
			}
		}
		if c.skip(); raw[c.at] == ',' {
			c.at++
		}
	}
	return true, nil
}

// object looks for the names in the object at the cursor.
func (g *gathering) object(c cursor, names []string) (ok bool, err *Error) {
	for {
		c.at++
		c.span++
		found, sure := c.find(g.e, names[0])
		if !sure || !found {
			return sure, nil
		}
		if len(names) == 1 {
			return true, g.add(c.read(g.e))
		}
		names = names[1:]
		switch c.doc.raw[c.at] {
		case '[':
			return g.array(c, names)
		case '{':
		default:
			return true, nil
		}
	}
}
