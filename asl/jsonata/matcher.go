package jsonata

// occurrence is a match in a text.
type occurrence struct {
	text       string
	start, end int // in bytes
	index      item
	groups     item
	object     item // the match as a function described it
}

// occurrences finds the matches of a text one after the other: with a pattern,
// or with a function that does what one would.
type occurrences struct {
	e       *evaluation
	text    string
	pattern *pattern
	offset  int  // of the pattern
	at      int  // where to go on
	units   int  // the same in UTF-16 units
	begun   bool // there was a match
	next    item // the function that finds the next match
}

// matches starts to look for matches in a text.
func (e *evaluation) matches(f item, text string) *occurrences {
	o := &occurrences{e: e, text: text, next: f}
	if m, ok := f.node.more.call.(*matcher); ok {
		o.pattern, o.offset = m.pattern, m.offset
	}
	return o
}

// findIf is find if there is something to look for.
func (o *occurrences) findIf(wanted bool) (m occurrence, ok bool, err *Error) {
	if !wanted {
		return m, false, nil
	}
	return o.find()
}

// find returns the next match, and whether there is one.
func (o *occurrences) find() (m occurrence, ok bool, err *Error) {
	if o.pattern == nil {
		return o.ask()
	}
	if o.begun && o.at >= len(o.text) {
		return m, false, nil
	}
	found, err := o.pattern.find(o.e, o.text, o.at)
	if err != nil || found == nil {
		return m, false, err
	}
	if o.begun && found[0] == found[1] { // it would never go on
		err := failAt("D1004", o.offset).of(quoted(o.pattern.source))
		return m, false, err
	}
	o.begun = true
	m.start, m.end = found[0], found[1]
	m.text = o.text[m.start:m.end]
	o.units += units(o.text[o.at:m.start])
	m.index = ofNumber(float64(o.units))
	o.units += units(m.text)
	groups := make([]item, len(found)/2-1)
	for i := range groups {
		if from := found[2*i+2]; from >= 0 {
			groups[i] = ofText(o.text[from:found[2*i+3]])
		}
	}
	m.groups = o.e.ofItems(groups, 0)
	o.at = m.end
	return m, true, o.e.grow(len(groups) * itemSize)
}

// ask calls a function that finds matches: it returns an object with match,
// start, end, groups and a function next.
func (o *occurrences) ask() (m occurrence, ok bool, err *Error) {
	var args []item
	if !o.begun {
		args = []item{ofText(o.text)}
	}
	o.begun = true
	result, err := o.e.call(o.next, args...)
	if err != nil || result.kind == undefined {
		return m, false, err
	}
	if result.kind != object {
		return m, false, fail("T1010")
	}
	get := func(key string) item { return o.e.get(result.node, key) }
	start, end := get("start"), get("end")
	m.groups, m.index, o.next = get("groups"), start, get("next")
	if start.kind != number && m.groups.kind != array && o.next.kind != callable {
		return m, false, fail("T1010")
	}
	m.text, m.object = get("match").text, result
	m.start = byteAt(o.text, start.float())
	m.end = byteAt(o.text, end.float())
	return m, true, nil
}

// byteAt returns the place in s after so many UTF-16 units.
func byteAt(s string, count float64) int {
	n := 0.0
	for i := 0; i < len(s); {
		if n >= count {
			return i
		}
		r, size := decodeRune(s[i:])
		if r > 0xFFFF {
			n++
		}
		n++
		i += size
	}
	return len(s)
}

// regexExpression is /pattern/: a function that finds matches.
type regexExpression struct {
	pattern *pattern
	offset  int
}

func (x *regexExpression) eval(e *evaluation, _ item, _ *frame) (item, *Error) {
	return e.ofFunction(&matcher{x.pattern, x.offset}), nil
}

type matcher struct {
	pattern *pattern
	offset  int
}

func (f *matcher) arity() int { return 2 }

func (f *matcher) sign() *signature { return nil }

func (f *matcher) invoke(e *evaluation, args []item) (item, *Error) {
	text := at(args, 0)
	if text.kind != str {
		return item{}, nil
	}
	o := &occurrences{e: e, text: text.text, pattern: f.pattern, offset: f.offset}
	if from := at(args, 1); from.kind == number {
		o.units = int(min(max(from.float(), 0), float64(len(text.text))))
		o.at = byteAt(text.text, float64(o.units))
	}
	return o.object()
}

// object returns the next match as an object, undefined when there is none.
func (o *occurrences) object() (item, *Error) {
	m, ok, err := o.find()
	if err != nil || !ok {
		return item{}, err
	}
	return o.describe(m)
}

// describe makes an object of the match that was just found.
func (o *occurrences) describe(m occurrence) (item, *Error) {
	if m.object.kind != undefined {
		return m.object, nil
	}
	it, n := o.e.ofObject(5)
	n.put("match", ofText(m.text))
	n.put("start", m.index)
	n.put("end", ofNumber(float64(o.units)))
	n.put("groups", m.groups)
	n.put("next", o.e.ofFunction(&nextMatch{*o}))
	return it, o.e.grow(closureSize)
}

// nextMatch is the function next of a match.
type nextMatch struct{ after occurrences }

func (f *nextMatch) arity() int { return 0 }

func (f *nextMatch) sign() *signature { return nil }

func (f *nextMatch) invoke(e *evaluation, _ []item) (item, *Error) {
	o := f.after
	o.e = e
	return o.object()
}
