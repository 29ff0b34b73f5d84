package dataset

import (
	"github.com/parquet-go/parquet-go"

	"github.com/serverledge/serverledge/dag/value"
)

// columns are the values of one row, or of one repetition of a group in it, by
// their columns. Each column has one at least.
type columns [][]parquet.Value

// assemble writes a row as JSON.
func (s *shape) assemble(row parquet.Row) (value.Value, error) {
	cols := make(columns, s.last)
	for from := 0; from < len(row); {
		to := from + 1
		for to < len(row) && row[to].Column() == row[from].Column() {
			to++
		}
		if c := row[from].Column(); c < 0 || c >= len(cols) {
			return value.Value{}, errLevels
		}
		cols[row[from].Column()] = row[from:to:to]
		from = to
	}
	for _, c := range cols {
		if len(c) == 0 {
			return value.Value{}, errLevels
		}
	}
	text, err := s.write(nil, cols)
	if err != nil {
		return value.Value{}, err
	}
	return value.Raw(text), nil
}

// write appends what the columns of s hold.
func (s *shape) write(b []byte, cols columns) ([]byte, error) {
	if s.first == s.last { // a group without a column
		return append(b, "{}"...), nil
	}
	there := cols[s.first][0].DefinitionLevel() >= s.def
	switch {
	case s.repeated && !there:
		return append(b, "[]"...), nil
	case s.repeated:
		b = append(b, '[')
		err := s.each(cols, func(i int, part columns) (err error) {
			if i > 0 {
				b = append(b, ',')
			}
			b, err = s.one(b, part)
			return err
		})
		return append(b, ']'), err
	case s.optional && !there:
		return append(b, "null"...), nil
	}
	return s.one(b, cols)
}

// each calls a function with the columns of each repetition.
func (s *shape) each(cols columns, visit func(i int, part columns) error) error {
	rest := make(columns, s.last)
	copy(rest[s.first:], cols[s.first:s.last])
	part := make(columns, s.last)
	for i := 0; len(rest[s.first]) > 0; i++ {
		for c := s.first; c < s.last; c++ {
			if len(rest[c]) == 0 {
				return errLevels
			}
			n := 1
			for n < len(rest[c]) && rest[c][n].RepetitionLevel() > s.rep {
				n++
			}
			part[c], rest[c] = rest[c][:n:n], rest[c][n:]
		}
		if err := visit(i, part); err != nil {
			return err
		}
	}
	for c := s.first; c < s.last; c++ {
		if len(rest[c]) > 0 {
			return errLevels
		}
	}
	return nil
}

// one appends a value of s that is there.
func (s *shape) one(b []byte, cols columns) ([]byte, error) {
	switch s.form {
	case scalar:
		return s.leaf(b, cols[s.first][0])
	case list, wrapper:
		return s.fields[0].write(b, cols)
	case dict:
		return s.dict(b, cols)
	case object:
	}
	if len(s.fields) == 0 {
		return append(b, "{}"...), nil
	}
	var err error
	for i, field := range s.fields {
		if b, err = field.write(append(b, s.keys[i]...), cols); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

// dict appends a map as an object. Keys that are no strings become their text.
func (s *shape) dict(b []byte, cols columns) ([]byte, error) {
	entries := s.fields[0]
	if cols[entries.first][0].DefinitionLevel() < entries.def {
		return append(b, "{}"...), nil
	}
	var members []value.Member
	err := entries.each(cols, func(_ int, part columns) error {
		key, err := entries.fields[0].write(nil, part)
		if err != nil {
			return err
		}
		val, err := entries.fields[1].write(nil, part)
		if err != nil {
			return err
		}
		name := value.Raw(key)
		text := name.String()
		if name.Kind() == value.String {
			text = name.Text()
		}
		members = append(members, value.Member{Key: text, Value: value.Raw(val)})
		return nil
	})
	if err != nil {
		return b, err
	}
	return append(b, value.OfObject(members...).Bytes()...), nil
}
