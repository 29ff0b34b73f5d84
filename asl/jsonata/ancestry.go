package jsonata

import "slices"

// slot is what one % asks for: the value that lies level steps up. The label
// is the name under which that value travels along a path.
type slot struct {
	label string
	level int
}

// slots are the parents that a tree asks of what it is part of. Trees that
// inherit them share them.
type slots struct{ list []*slot }

// inherit lets t ask for the parents that a part of it asks for.
func (t *tree) inherit(part *tree) {
	if part == nil || part.seeking == nil && part.kind != treeParent {
		return
	}
	wanted := part.seeking
	if wanted == nil {
		wanted = &slots{}
	}
	if part.kind == treeParent {
		wanted.list = append(wanted.list, part.slot)
	}
	if t.seeking == nil {
		t.seeking = wanted
	} else if t.seeking != wanted {
		t.seeking.list = append(t.seeking.list, wanted.list...)
	}
}

// resolveParents finds, for what the last step asks, the steps that answer.
// What no step of this path answers, the path asks in turn.
func (t *tree) resolveParents() *Error {
	last := t.steps[len(t.steps)-1]
	wanted := last.seeking
	if wanted == nil {
		wanted = &slots{}
	}
	if last.kind == treeParent {
		wanted.list = append(wanted.list, last.slot)
	}
	for _, w := range wanted.list {
		at := len(t.steps) - 2
		for w.level > 0 {
			if at < 0 {
				if t.seeking == nil {
					t.seeking = &slots{}
				}
				t.seeking.list = append(t.seeking.list, w)
				break
			}
			step := t.steps[at]
			at--
			for at >= 0 && step.focus != "" && t.steps[at].focus != "" { // steps that bind variables stay where they are
				step = t.steps[at]
				at--
			}
			if err := step.seekParent(w); err != nil {
				return err
			}
		}
	}
	return nil
}

// seekParent goes one step up. The step that is the parent carries its value
// along.
func (t *tree) seekParent(wanted *slot) *Error {
	switch t.kind {
	case treeName, treeWildcard:
		if wanted.level--; wanted.level > 0 {
			return nil
		}
		if t.ancestor != nil {
			wanted.label = t.ancestor.label
		}
		t.ancestor, t.tuple = wanted, true
	case treeParent:
		wanted.level++
	case treeBlock:
		if n := len(t.items); n > 0 {
			t.tuple = true
			return t.items[n-1].seekParent(wanted)
		}
	case treePath:
		t.tuple = true
		for _, step := range slices.Backward(t.steps) {
			if err := step.seekParent(wanted); err != nil || wanted.level <= 0 {
				return err
			}
		}
	default:
		return failAt("S0217", t.offset).about(t.kindName())
	}
	return nil
}

// kindName returns what the message of S0217 calls a tree.
func (t *tree) kindName() string {
	switch t.kind {
	case treeArray, treeObject, treeNegation:
		return "unary"
	case treeCall:
		return "function"
	case treeVariable:
		return "variable"
	case treeDescendants:
		return "descendant"
	case treeCondition:
		return "condition"
	case treeLambda:
		return "lambda"
	case treePartial:
		return "partial"
	case treeTransform:
		return "transform"
	case treeSort:
		return "sort"
	case treeBind:
		return "bind"
	case treeApply:
		return "apply"
	case treeRegex:
		return "regex"
	case treePath:
		return "path"
	case treeParent:
		return "parent"
	case treeBlock:
		return "block"
	case treeString:
		return "string"
	case treeNumber:
		return "number"
	case treeConstant:
		return "value"
	case treeEnd, treeName, treeKeyword, treeWildcard, treePlaceholder, treeBinary:
	}
	return "binary"
}
