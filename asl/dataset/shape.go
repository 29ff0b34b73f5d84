package dataset

import (
	"errors"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/serverledge/serverledge/dag/value"
)

// shape is a column or a group of columns of a Parquet file, and how it is
// written as JSON.
type shape struct {
	form     form
	optional bool
	repeated bool
	// def and rep are the levels of a value that is there, and of one that
	// begins another repetition.
	def, rep int
	// first and last bound the columns that it has: first <= column < last.
	first, last int
	// keys are `{"name":`, `,"other":`, for the fields of a group.
	keys   [][]byte
	fields []*shape
	leaf   leaf
}

// form is how a group is written.
type form uint8

const (
	object  form = iota
	list         // its one field repeats the elements
	dict         // its one field repeats keys and values
	wrapper      // its one field stands for it
	scalar
)

var (
	errDeep   = errors.New("it nests deeper than JSON may here")
	errLevels = errors.New("its levels of repetition contradict each other")
)

// newShape reads the shape of a row.
func newShape(root *parquet.Column) (*shape, error) {
	next := 0
	return makeShape(root, 0, 0, 0, &next)
}

func makeShape(c *parquet.Column, depth, def, rep int, next *int) (*shape, error) {
	if depth > value.MaxDepth/2 { // a list of lists nests twice
		return nil, errDeep
	}
	s := &shape{first: *next}
	if depth > 0 {
		s.optional, s.repeated = c.Optional(), c.Repeated()
	}
	if s.optional || s.repeated {
		def++
	}
	if s.repeated {
		rep++
	}
	s.def, s.rep = def, rep
	if c.Leaf() {
		var err error
		s.form, s.last = scalar, s.first+1
		s.leaf, err = leafOf(c.Type())
		*next++
		return s, err
	}
	for i, child := range c.Columns() {
		field, err := makeShape(child, depth+1, def, rep, next)
		if err != nil {
			return nil, err
		}
		start := byte(',')
		if i == 0 {
			start = '{'
		}
		s.keys = append(s.keys, append(value.AppendString([]byte{start}, child.Name()), ':'))
		s.fields = append(s.fields, field)
	}
	s.last = *next
	s.annotate(c)
	return s, nil
}

// annotate finds out whether a group is a list or a map. The one that repeats in
// a list is mostly a group of one field, the element; writers of old have it
// repeat the element itself.
func (s *shape) annotate(c *parquet.Column) {
	if len(s.fields) != 1 || !s.fields[0].repeated {
		return
	}
	var logical format.LogicalTypeValue
	if l := c.Type().LogicalType(); l != nil {
		logical = l.Value
	}
	inner, name := s.fields[0], c.Columns()[0].Name()
	switch logical.(type) {
	case *format.ListType:
		s.form = list
		if inner.form == object && len(inner.fields) == 1 && name != "array" && name != c.Name()+"_tuple" {
			inner.form = wrapper
		}
	case *format.MapType:
		if inner.form == object && len(inner.fields) == 2 && inner.fields[0].form == scalar && !inner.fields[0].repeated {
			s.form = dict
		}
	}
}
