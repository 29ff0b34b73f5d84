package jsonata

// treeKind says what a tree stands for.
type treeKind uint8

// The kinds. Those after the blank line exist only after shaping.
const (
	treeEnd treeKind = iota // the end of the text where an operand should be
	treeName
	treeKeyword // and, or, in where an operand should be: a name
	treeVariable
	treeString
	treeNumber
	treeConstant
	treeRegex
	treeWildcard
	treeDescendants
	treeParent
	treePlaceholder // the ? of a partial application
	treeBinary
	treeNegation
	treeArray
	treeObject
	treeBlock
	treeCondition
	treeCall
	treePartial
	treeLambda
	treeTransform

	treePath
	treeSort
	treeBind
	treeApply
)

// tree is a node of the syntax. The parser builds it; shaping turns the
// operators of paths into paths of steps, in place, and notes what the
// evaluation needs to know.
type tree struct {
	kind   treeKind
	value  string // the operator, the name, the text of a string, true, false or null
	number float64
	regex  *pattern
	offset int

	left, right *tree
	items       []*tree // of an array, of a block, arguments of a call, parameters of a lambda
	pairs       []pair  // of an object or a grouping
	terms       []term  // of a sort
	// procedure is what is called; condition, then and otherwise are those of
	// a condition; the body is a lambda's; the rest is a transform's.
	procedure, condition, then, otherwise *tree
	body, pattern, update, removal        *tree
	signature                             *signature

	// keepArray was asked for with [].
	keepArray bool

	shape
}

// pair is a key with its value.
type pair struct{ key, value *tree }

// term is one criterion of a sort.
type term struct {
	descending bool
	by         *tree
}

// shape is what shaping adds to a tree.
type shape struct {
	steps         []*tree
	keepSingleton bool // a step of the path was asked to keep arrays
	predicates    []stage
	stages        []stage
	grouping      *grouping
	constructed   bool // an array constructor that stays one item of a path
	tuple         bool // the step carries variables along
	focus, index  string
	ancestor      *slot
	slot          *slot // of a parent operator
	seeking       *slots
	tailCall      bool
	checked       int // how many steps of the path were looked at already
}

// stage filters the items of a step, or numbers them when it has an index.
type stage struct {
	filter *tree
	index  string
}

// grouping makes an object of the items of what it follows.
type grouping struct {
	pairs  []pair
	offset int
}

// named returns what messages call the tree when it is invoked.
func (t *tree) named() (string, bool) {
	switch t.kind {
	case treePath:
		return t.steps[0].named()
	case treeNumber:
		return formatNumber(t.number), true
	case treeBlock, treeCondition, treeLambda, treeTransform, treeParent, treeSort, treeEnd, treeRegex:
		return "", false
	case treeName, treeKeyword, treeVariable, treeString, treeConstant, treeWildcard, treeDescendants, treePlaceholder,
		treeBinary, treeNegation, treeArray, treeObject, treeCall, treePartial, treeBind, treeApply:
	}
	return t.value, true
}
