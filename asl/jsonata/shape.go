package jsonata

import (
	"slices"
	"strconv"
)

// shaped turns the operators . [ { ^ @ # into paths of steps. A path that is
// extended on its right is extended in place, so that what was noted on it
// (a grouping, say) holds for the longer path.
func (t *tree) shaped() (*tree, *Error) {
	switch t.kind {
	case treeEnd:
		err := failAt("S0207", t.offset).about("(end)")
		return nil, err
	case treeName, treeKeyword:
		step := *t
		step.kind = treeName
		return &tree{kind: treePath, offset: t.offset, keepArray: t.keepArray, shape: shape{steps: []*tree{&step}, keepSingleton: t.keepArray}}, nil
	case treeParent:
		t.slot = &slot{label: "!" + strconv.Itoa(t.offset), level: 1}
		return t, nil
	case treeBinary:
		r, err := t.shapedBinary()
		if err == nil && t.keepArray {
			r.keepArray = true
		}
		return r, err
	case treeNegation:
		return t.shapedNegation()
	case treeBlock:
		return t, t.shapeBlock()
	case treeLambda:
		var err *Error
		if t.body, err = t.body.shaped(); err == nil {
			t.body.markTailCalls()
		}
		return t, err
	case treeArray:
		return t, t.shapeParts(t.items...)
	case treeObject:
		return t, t.shapePairs(t.pairs, true)
	case treeCall, treePartial:
		if err := t.shapeParts(t.items...); err != nil {
			return nil, err
		}
		return t, shapeEach(&t.procedure)
	case treeCondition:
		if err := shapeEach(&t.condition, &t.then, &t.otherwise); err != nil {
			return nil, err
		}
		t.inherit(t.condition)
		t.inherit(t.then)
		t.inherit(t.otherwise)
	case treeTransform:
		return t, shapeEach(&t.pattern, &t.update, &t.removal)
	case treeVariable, treeString, treeNumber, treeConstant, treeRegex, treeWildcard, treeDescendants, treePlaceholder,
		treePath, treeSort, treeBind, treeApply:
	}
	return t, nil
}

// shapeEach shapes those of the trees that are there.
func shapeEach(parts ...**tree) *Error {
	for _, part := range parts {
		if *part == nil {
			continue
		}
		var err *Error
		if *part, err = (*part).shaped(); err != nil {
			return err
		}
	}
	return nil
}

// shapeParts shapes the items of t.
func (t *tree) shapeParts(items ...*tree) *Error {
	for i := range items {
		var err *Error
		if t.items[i], err = items[i].shaped(); err != nil {
			return err
		}
		t.inherit(t.items[i])
	}
	return nil
}

func (t *tree) shapePairs(pairs []pair, inherit bool) *Error {
	for i := range pairs {
		if err := shapeEach(&pairs[i].key, &pairs[i].value); err != nil {
			return err
		}
		if inherit {
			t.inherit(pairs[i].key)
			t.inherit(pairs[i].value)
		}
	}
	return nil
}

func (t *tree) shapeBlock() *Error {
	if err := t.shapeParts(t.items...); err != nil {
		return err
	}
	for _, part := range t.items {
		if part.constructed || part.kind == treePath && part.steps[0].constructed {
			t.constructed = true
		}
	}
	return nil
}

// shapedNegation makes a literal of a negated literal: a predicate must see
// that it is a number.
func (t *tree) shapedNegation() (*tree, *Error) {
	if err := shapeEach(&t.left); err != nil {
		return nil, err
	}
	if t.left.kind == treeNumber {
		t.left.number = -t.left.number
		t.left.keepArray = t.left.keepArray || t.keepArray
		return t.left, nil
	}
	t.inherit(t.left)
	return t, nil
}

func (t *tree) shapedBinary() (*tree, *Error) {
	left, err := t.left.shaped()
	if err != nil {
		return nil, err
	}
	t.left = left
	switch t.value {
	case ".":
		return t.shapedStep()
	case "[":
		return t.shapedFilter()
	case "{":
		if left.grouping != nil {
			return nil, failAt("S0210", t.offset)
		}
		left.grouping = &grouping{t.pairs, t.offset}
		return left, t.shapePairs(t.pairs, false)
	case "^":
		return t.shapedSort()
	case "@":
		return t.shapedFocus()
	case "#":
		return t.shapedIndex(), nil
	}
	if t.right, err = t.right.shaped(); err != nil {
		return nil, err
	}
	switch t.value {
	case "~>":
		t.kind = treeApply
		t.keepArray = t.keepArray || left.keepArray || t.right.keepArray
	case ":=":
		t.kind = treeBind
		t.inherit(t.right)
	default:
		t.inherit(left)
		t.inherit(t.right)
	}
	return t, nil
}

// pathOf returns t if it is a path, else a path with t as its one step.
func pathOf(t *tree) *tree {
	if t.kind == treePath {
		return t
	}
	return &tree{kind: treePath, offset: t.offset, shape: shape{steps: []*tree{t}}}
}

// shapedStep joins two sides of a dot into one path.
func (t *tree) shapedStep() (*tree, *Error) {
	path := pathOf(t.left)
	if t.left.kind == treeParent {
		path.seeking = &slots{[]*slot{t.left.slot}}
	}
	rest, err := t.right.shaped()
	if err != nil {
		return nil, err
	}
	if rest.kind == treePath {
		path.steps = append(path.steps, rest.steps...)
	} else {
		if rest.predicates != nil {
			rest.stages, rest.predicates = rest.predicates, nil
		}
		path.steps = append(path.steps, rest)
	}
	for _, step := range path.steps[path.checked:] {
		switch step.kind {
		case treeNumber:
			return nil, failAt("S0213", step.offset).of(formatNumber(step.number))
		case treeConstant:
			return nil, failAt("S0213", step.offset).of(step.value)
		case treeString:
			step.kind = treeName
		default:
		}
		path.keepSingleton = path.keepSingleton || step.keepArray
	}
	path.checked = len(path.steps)
	for _, end := range []*tree{path.steps[0], path.steps[len(path.steps)-1]} {
		end.constructed = end.constructed || end.kind == treeArray
	}
	return path, path.resolveParents()
}

// shapedFilter adds a predicate to the last step.
func (t *tree) shapedFilter() (*tree, *Error) {
	step := t.left
	if t.left.kind == treePath {
		step = t.left.steps[len(t.left.steps)-1]
	}
	if step.grouping != nil {
		return nil, failAt("S0209", t.offset)
	}
	filter, err := t.right.shaped()
	if err != nil {
		return nil, err
	}
	if filter.seeking != nil {
		for _, wanted := range filter.seeking.list {
			if wanted.level != 1 {
				wanted.level--
			} else if err := step.seekParent(wanted); err != nil {
				return nil, err
			}
		}
		step.inherit(filter)
	}
	if step == t.left {
		step.predicates = append(step.predicates, stage{filter: filter})
	} else {
		step.stages = append(step.stages, stage{filter: filter})
	}
	return t.left, nil
}

// shapedSort adds a step that sorts.
func (t *tree) shapedSort() (*tree, *Error) {
	path := pathOf(t.left)
	step := &tree{kind: treeSort, offset: t.offset, terms: t.terms}
	for i := range t.terms {
		if err := shapeEach(&t.terms[i].by); err != nil {
			return nil, err
		}
		step.inherit(t.terms[i].by)
	}
	path.steps = append(path.steps, step)
	return path, path.resolveParents()
}

// shapedFocus binds a variable to the items of the last step.
func (t *tree) shapedFocus() (*tree, *Error) {
	step := t.left
	if step.kind == treePath {
		step = step.steps[len(step.steps)-1]
	}
	if step.stages != nil || step.predicates != nil {
		return nil, failAt("S0215", t.offset)
	}
	if step.kind == treeSort {
		return nil, failAt("S0216", t.offset)
	}
	step.keepArray = step.keepArray || t.keepArray
	step.focus, step.tuple = t.right.value, true
	return t.left, nil
}

// shapedIndex binds a variable to the positions of the items of the last step.
func (t *tree) shapedIndex() *tree {
	path := pathOf(t.left)
	step := path.steps[len(path.steps)-1]
	if path != t.left && step.predicates != nil {
		step.stages, step.predicates = step.predicates, nil
	}
	if step.stages == nil {
		step.index = t.right.value
	} else {
		step.stages = append(slices.Clip(step.stages), stage{index: t.right.value})
	}
	step.tuple = true
	return path
}
