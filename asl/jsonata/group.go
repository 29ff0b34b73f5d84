package jsonata

import "slices"

// objectExpression is {key: value, ...}, alone or after what it groups.
type objectExpression struct {
	keys, values []expression
	// names are the keys if all are strings written out, and different.
	names  []string
	offset int
}

func (x *objectExpression) eval(e *evaluation, in item, env *frame) (item, *Error) {
	return e.group(x, in, env)
}

// members are what one key of a group collects: the items (or tuples) for
// which the pair yielded the key.
type members struct {
	key    string
	pair   int
	items  collector
	tuples []tuple
}

// group makes an object: for each item, each pair yields a key; the value of a
// key is that of its pair for all the items together that yielded it.
func (e *evaluation) group(x *objectExpression, in item, env *frame) (item, *Error) {
	if in.kind != array {
		return e.object(x, in, env)
	}
	var tuples []tuple
	var items []item
	var err *Error
	if in.has(stream) && in.node.state == joined {
		tuples = in.node.more.tuples
		items = make([]item, len(tuples))
	} else if items, err = e.elements(in.node); err != nil {
		return item{}, err
	}
	switch {
	case len(items) == 0:
		return e.object(x, item{}, env)
	case len(items) == 1 && tuples == nil:
		return e.object(x, items[0], env)
	}
	var groups []*members
	places := map[string]*members{}
	for i := range items {
		frame, this := env, items[i]
		if tuples != nil {
			frame, this = tuples[i].frame(env), tuples[i].item
		}
		for p := range x.keys {
			key, ok, err := e.key(x, p, this, frame)
			if err != nil {
				return item{}, err
			}
			if !ok {
				continue
			}
			m := places[key]
			if m == nil {
				if err := e.grow(len(key) + 4*itemSize); err != nil {
					return item{}, err
				}
				m = &members{key: key, pair: p}
				places[key] = m
				groups = append(groups, m)
			} else if m.pair != p {
				return item{}, failAt("D1009", x.offset).of(quoted(key))
			}
			if tuples != nil {
				m.tuples = append(m.tuples, tuples[i])
			} else if err := m.items.add(e, this); err != nil {
				return item{}, err
			}
		}
	}
	return e.grouped(x, groups, tuples != nil, env)
}

// grouped evaluates the values of the groups.
func (e *evaluation) grouped(x *objectExpression, groups []*members, tuples bool, env *frame) (item, *Error) {
	result, n := e.ofObject(len(groups))
	for _, m := range groups {
		frame := env
		var context item
		if tuples {
			t, err := e.reduced(m.tuples)
			if err != nil {
				return item{}, err
			}
			frame, context = t.frame(env), t.item
		} else {
			context = m.items.item(e)
		}
		v, err := e.evaluate(x.values[m.pair], context, frame)
		if err != nil {
			return item{}, err
		}
		if v.kind != undefined {
			n.put(m.key, v)
		}
	}
	return result, nil
}

// object makes an object for one item. The keys are evaluated before the
// values.
func (e *evaluation) object(x *objectExpression, in item, env *frame) (item, *Error) {
	if x.names != nil {
		return e.named(x, in, env)
	}
	result, n := e.ofObject(len(x.keys))
	for p := range x.keys {
		key, ok, err := e.key(x, p, in, env)
		if err != nil {
			return item{}, err
		}
		if ok && !n.put(key, item{num: float64(p)}) {
			return item{}, failAt("D1009", x.offset).of(quoted(key))
		}
	}
	if err := e.grow(len(n.keys) * 2 * itemSize); err != nil {
		return item{}, err
	}
	kept := 0
	for i := range n.items {
		v, err := e.evaluate(x.values[int(n.items[i].num)], in, env)
		if err != nil {
			return item{}, err
		}
		if v.kind == undefined {
			continue
		}
		n.items[kept] = v
		if kept != i {
			n.keys[kept] = n.keys[i]
		}
		kept++
	}
	if kept < len(n.items) {
		n.items, n.keys = n.items[:kept], n.keys[:kept]
		n.setIndex()
	}
	return result, nil
}

// named makes an object whose keys are known.
func (e *evaluation) named(x *objectExpression, in item, env *frame) (item, *Error) {
	if err := e.grow(len(x.names) * 2 * itemSize); err != nil {
		return item{}, err
	}
	n := e.newNode()
	n.items = make([]item, len(x.names))
	n.keys = x.names // what changes an object makes a new slice of keys
	kept := 0
	for i := range x.values {
		v, err := e.evaluate(x.values[i], in, env)
		if err != nil {
			return item{}, err
		}
		if v.kind == undefined {
			continue
		}
		if n.items[kept] = v; kept != i {
			if &n.keys[0] == &x.names[0] {
				n.keys = slices.Clone(x.names)
			}
			n.keys[kept] = x.names[i]
		}
		kept++
	}
	n.items, n.keys = n.items[:kept], n.keys[:kept:kept]
	if kept > fewKeys {
		n.setIndex()
	}
	return item{kind: object, node: n}, nil
}

// key evaluates the key of a pair; ok is false when it is undefined.
func (e *evaluation) key(x *objectExpression, pair int, in item, env *frame) (key string, ok bool, err *Error) {
	k, err := e.evaluate(x.keys[pair], in, env)
	if err != nil || k.kind == undefined {
		return "", false, err
	}
	if k.kind != str {
		return "", false, failAt("T1003", x.offset).of(e.shown(k))
	}
	return k.text, true, nil
}

// collector appends items as $append does: the first stays what it is until
// there is a second; arrays are put in a row.
type collector struct {
	first item
	items []item
	many  bool
}

func (c *collector) add(e *evaluation, it item) *Error {
	if it.kind == undefined {
		return nil
	}
	if c.first.kind == undefined {
		c.first = it
		return nil
	}
	if !c.many {
		c.many = true
		if err := c.push(e, c.first); err != nil {
			return err
		}
	}
	return c.push(e, it)
}

func (c *collector) push(e *evaluation, it item) *Error {
	if it.kind != array {
		c.items = append(c.items, it)
		return e.grow(itemSize)
	}
	items, err := e.elements(it.node)
	if err != nil {
		return err
	}
	if err := e.grow(len(items) * itemSize); err != nil {
		return err
	}
	c.items = append(c.items, items...)
	return nil
}

// item returns what was collected.
func (c *collector) item(e *evaluation) item {
	if c.many {
		return e.ofItems(c.items, 0)
	}
	return c.first
}

// arrayExpression is [a, b, c].
type arrayExpression struct {
	parts []expression
	// nested tells which parts are arrays written out: those stay one item.
	nested      []bool
	constructed bool
}

func (x *arrayExpression) eval(e *evaluation, in item, env *frame) (item, *Error) {
	var f flags
	if x.constructed {
		f = constructed
	}
	mark := len(e.stack)
	for i, part := range x.parts {
		it, err := e.evaluate(part, in, env)
		if err != nil {
			return item{}, err
		}
		switch {
		case it.kind == undefined:
		case it.kind != array || x.nested[i]:
			err = e.push(it)
		case it.node.state == counted && len(x.parts) == 1: // [from..to] need not be written out
			return item{kind: array, flags: f, node: it.node}, nil
		default:
			var items []item
			if items, err = e.elements(it.node); err == nil {
				err = e.pushAll(items)
			}
		}
		if err != nil {
			return item{}, err
		}
	}
	return e.ofItems(e.popped(mark), f), nil
}
