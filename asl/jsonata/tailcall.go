package jsonata

// markTailCalls finds the calls whose result is the result of a function.
func (t *tree) markTailCalls() {
	if t == nil || t.predicates != nil || t.grouping != nil || t.keepArray {
		return
	}
	switch t.kind {
	case treeCall:
		t.tailCall = true
	case treeCondition:
		t.then.markTailCalls()
		t.otherwise.markTailCalls()
	case treeBlock:
		if n := len(t.items); n > 0 {
			t.items[n-1].markTailCalls()
		}
	default:
	}
}
