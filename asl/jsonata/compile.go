package jsonata

import "slices"

// compiler turns a shaped tree into expressions.
type compiler struct {
	names    []name
	numbers  map[string]int
	closures int // functions so far that keep the variables around them
	binds    int // variables bound so far, outside of functions and blocks that are finished
}

// number returns the number of a name, never 0.
func (c *compiler) number(text string) int {
	n, ok := c.numbers[text]
	if !ok {
		n = len(c.names)
		c.numbers[text] = n
		c.names = append(c.names, name{text: text, library: library(text)})
	}
	return n
}

// bind returns the number of a name that gets a value.
func (c *compiler) bind(text string) int {
	n := c.number(text)
	c.names[n].bound = true
	return n
}

// bindOptional returns 0 for no name.
func (c *compiler) bindOptional(text string) int {
	if text == "" {
		return 0
	}
	return c.bind(text)
}

// compile compiles a tree with all that follows it.
func (c *compiler) compile(t *tree) expression {
	if t == nil {
		return nil
	}
	base := c.base(t)
	if t.kind == treePath || t.predicates == nil && t.grouping == nil && !t.keepArray {
		return base
	}
	x := &refined{base: base, keepArray: t.keepArray}
	for _, p := range t.predicates {
		x.predicates = append(x.predicates, c.filter(p.filter))
	}
	if t.grouping != nil {
		x.grouping = c.object(t.grouping.pairs, t.grouping.offset)
	}
	return x
}

// filter compiles a predicate: of a number, nothing but its value counts.
func (c *compiler) filter(t *tree) expression {
	if t.kind == treeNumber {
		return c.base(t)
	}
	return c.compile(t)
}

func (c *compiler) all(trees []*tree) []expression {
	list := make([]expression, len(trees))
	for i, t := range trees {
		list[i] = c.compile(t)
	}
	return list
}

// base compiles a tree without what follows it.
func (c *compiler) base(t *tree) expression {
	switch t.kind {
	case treeString:
		return &literal{ofText(t.value)}
	case treeNumber:
		return &literal{ofNumber(t.number)}
	case treeConstant:
		if t.value == "null" {
			return &literal{item{kind: null}}
		}
		return &literal{ofBool(t.value == "true")}
	case treeName:
		return &fieldExpression{t.value}
	case treeVariable:
		if t.value == "" {
			return context{}
		}
		return &variableExpression{c.number(t.value)}
	case treeParent:
		return &variableExpression{c.bind(t.slot.label)}
	case treeWildcard:
		return wildcard{}
	case treeDescendants:
		return descendants{}
	case treeRegex:
		return &regexExpression{t.regex, t.offset}
	case treeNegation:
		return &negation{c.compile(t.left), t.offset}
	case treeArray:
		return c.array(t)
	case treeObject:
		return c.object(t.pairs, t.offset)
	case treeBlock:
		return c.block(t)
	case treeCondition:
		return &condition{c.compile(t.condition), c.compile(t.then), c.compile(t.otherwise)}
	case treeBind:
		c.binds++
		return &bindExpression{c.bind(t.left.value), c.compile(t.right)}
	case treeBinary:
		return c.binary(t)
	case treePath:
		return c.path(t)
	default:
		return c.function(t)
	}
}

// function compiles what makes or calls functions.
func (c *compiler) function(t *tree) expression {
	switch t.kind {
	case treeCall:
		return c.call(t)
	case treePartial:
		x := &partialExpression{procedure: c.compile(t.procedure), offset: t.offset}
		x.name, x.field = c.called(t)
		for _, arg := range t.items {
			if arg.kind == treePlaceholder {
				x.args = append(x.args, nil)
			} else {
				x.args = append(x.args, c.compile(arg))
			}
		}
		return x
	case treeLambda:
		x := &lambda{signature: t.signature, distinct: true}
		for _, p := range t.items {
			name := c.bind(p.value)
			x.distinct = x.distinct && !slices.Contains(x.parameters, name)
			x.parameters = append(x.parameters, name)
		}
		outer, before := c.binds, c.closures
		x.body = c.compile(t.body)
		c.binds = outer
		x.kept = c.closures > before
		c.closures++
		return x
	case treeApply:
		x := &applyExpression{left: c.compile(t.left), offset: t.offset}
		if t.right.kind == treeCall {
			x.call = c.call(t.right)
		} else {
			x.right = c.compile(t.right)
		}
		return x
	case treeTransform:
		return c.transform(t)
	default: // a ? where no argument is, which the parser refuses
		return &literal{}
	}
}

func (c *compiler) call(t *tree) *callExpression {
	x := &callExpression{procedure: c.compile(t.procedure), args: c.all(t.items), offset: t.offset, tail: t.tailCall}
	x.name, x.field = c.called(t)
	return x
}

// called returns what a call is told to call, and the variable that was
// perhaps meant when that is a name.
func (c *compiler) called(t *tree) (string, int) {
	name, _ := t.procedure.named()
	if t.procedure.kind == treePath {
		return name, c.number(name)
	}
	return name, 0
}

func (c *compiler) transform(t *tree) expression {
	c.closures++
	s, _ := parseSignature("<(oa):o>")
	x := &transformExpression{
		pattern: c.compile(t.pattern), update: c.compile(t.update), removal: c.compile(t.removal),
		offset: t.offset, updateOffset: t.update.offset, clone: c.number("clone"), signature: s,
	}
	if t.removal != nil {
		x.removalOffset = t.removal.offset
	}
	if p := t.pattern; p.kind == treePath && len(p.steps) == 1 && (p.steps[0].value == "__proto__" || p.steps[0].value == "constructor") {
		x.prototype = p.steps[0].value
	}
	return x
}

func (c *compiler) array(t *tree) expression {
	x := &arrayExpression{parts: c.all(t.items), constructed: t.constructed}
	for _, part := range t.items {
		x.nested = append(x.nested, part.kind == treeArray)
	}
	return x
}

func (c *compiler) object(pairs []pair, offset int) *objectExpression {
	x := &objectExpression{offset: offset}
	var names []string
	for _, p := range pairs {
		x.keys = append(x.keys, c.compile(p.key))
		x.values = append(x.values, c.compile(p.value))
		if p.key.kind == treeString && p.key.predicates == nil && p.key.grouping == nil && !p.key.keepArray && !slices.Contains(names, p.key.value) {
			names = append(names, p.key.value)
		}
	}
	if len(names) == len(pairs) {
		x.names = slices.Clip(names)
	}
	return x
}

// block compiles a block; it has variables of its own only if it binds some.
func (c *compiler) block(t *tree) expression {
	outer := c.binds
	x := &block{parts: c.all(t.items)}
	x.binds = c.binds > outer
	c.binds = outer
	if len(x.parts) == 1 && !x.binds && t.predicates == nil && t.grouping == nil && !t.keepArray {
		return x.parts[0] // what follows would apply to the collapsed result
	}
	return x
}

func (c *compiler) binary(t *tree) expression {
	if t.value == "&" {
		return c.concatenation(t)
	}
	o := operator{c.compile(t.left), c.compile(t.right), t.value, t.offset}
	switch t.value {
	case "=", "!=":
		return &equality{o}
	case "<", "<=", ">", ">=":
		return &ordering{o}
	case "and", "or":
		return &logic{o}
	case "in":
		return &inclusion{o}
	case "..":
		return &rangeExpression{o}
	default:
		return &arithmetic{o}
	}
}

// concatenation makes one expression of a & b & c.
func (c *compiler) concatenation(t *tree) expression {
	var chain []*tree
	for t.kind == treeBinary && t.value == "&" && (len(chain) == 0 || t.predicates == nil && t.grouping == nil && !t.keepArray) {
		chain = append(chain, t)
		t = t.left
	}
	x := &concatenation{parts: []expression{c.compile(t)}, offsets: []int{0}}
	for _, link := range slices.Backward(chain) {
		x.parts = append(x.parts, c.compile(link.right))
		x.offsets = append(x.offsets, link.offset)
	}
	return x
}
