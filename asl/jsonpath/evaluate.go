package jsonpath

import "github.com/serverledge/serverledge/dag/value"

// evaluation is the state of one Get.
type evaluation struct {
	root  value.Value
	steps int
}

func (e *evaluation) spend(n int) error {
	if e.steps += n; e.steps > MaxSteps {
		return ErrTooMuch
	}
	return nil
}

// collect applies steps one after the other to all values found so far.
func (e *evaluation) collect(steps []step, from value.Value) ([]value.Value, error) {
	found := []value.Value{from}
	for i := range steps {
		var next []value.Value
		for _, v := range found {
			var err error
			if steps[i].deep {
				next, err = e.descend(&steps[i], i == len(steps)-1, v, next)
			} else {
				next, err = e.apply(&steps[i], i == len(steps)-1, v, next)
			}
			if err != nil {
				return nil, err
			}
		}
		found = next
	}
	return found, nil
}

// descend applies a step to a value and to everything below it, parents first.
func (e *evaluation) descend(s *step, last bool, v value.Value, out []value.Value) ([]value.Value, error) {
	out, err := e.applyDeep(s, last, v, out)
	if err != nil {
		return nil, err
	}
	for _, item := range v.Elements() {
		if out, err = e.descend(s, last, item, out); err != nil {
			return nil, err
		}
	}
	for _, item := range v.Members() {
		if out, err = e.descend(s, last, item, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// applyDeep applies a step at one level of a descent. A filter tests objects
// in their own turn, so that an array only offers its other elements.
func (e *evaluation) applyDeep(s *step, last bool, v value.Value, out []value.Value) ([]value.Value, error) {
	if s.kind != stepFilter || v.Kind() != value.Array {
		if s.kind == stepNames && len(s.names) > 1 && last {
			for _, name := range s.names {
				if v.Get(name).IsAbsent() {
					return out, e.spend(1)
				}
			}
		}
		return e.apply(s, last, v, out)
	}
	for _, item := range v.Elements() {
		if item.Kind() == value.Object {
			continue
		}
		ok, err := e.holds(s.filter, item)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, item)
		}
	}
	return out, e.spend(1)
}

// apply appends the parts of v that a step selects.
func (e *evaluation) apply(s *step, last bool, v value.Value, out []value.Value) ([]value.Value, error) {
	if err := e.spend(1); err != nil {
		return nil, err
	}
	before := len(out)
	var err error
	switch s.kind {
	case stepNames:
		out = selectNames(s, last, v, out)
	case stepIndexes:
		for _, i := range s.indexes {
			if part := v.Index(at(i, v.Len())); !part.IsAbsent() {
				out = append(out, part)
			}
		}
	case stepSlice:
		out = selectSlice(s.slice, v, out)
	case stepWildcard:
		for _, part := range v.Elements() {
			out = append(out, part)
		}
		for _, part := range v.Members() {
			out = append(out, part)
		}
	case stepFilter:
		out, err = e.selectFilter(s.filter, v, out)
	}
	if err != nil {
		return nil, err
	}
	return out, e.spend(len(out) - before)
}

// selectNames makes one object of several names at the end of a path, as
// Jayway does; elsewhere each name is a way of its own.
func selectNames(s *step, last bool, v value.Value, out []value.Value) []value.Value {
	if v.Kind() != value.Object {
		return out
	}
	if last && len(s.names) > 1 {
		members := make([]value.Member, len(s.names))
		for i, name := range s.names {
			members[i] = value.Member{Key: name, Value: v.Get(name)}
		}
		return append(out, value.OfObject(members...))
	}
	for _, name := range s.names {
		if part := v.Get(name); !part.IsAbsent() {
			out = append(out, part)
		}
	}
	return out
}

// selectSlice follows the bounds of RFC 9535, section 2.3.4.
func selectSlice(s slice, v value.Value, out []value.Value) []value.Value {
	n, by := v.Len(), 1
	if v.Kind() != value.Array {
		return out
	}
	if s.by != nil {
		by = *s.by
	}
	bound := func(p *int, otherwise, least, most int) int {
		if p == nil {
			return otherwise
		}
		return min(max(at(*p, n), least), most)
	}
	if by > 0 {
		from, to := bound(s.from, 0, 0, n), bound(s.to, n, 0, n)
		for i := from; i < to; i += min(by, n) {
			out = append(out, v.Index(i))
		}
		return out
	}
	from, to := bound(s.from, n-1, -1, n-1), bound(s.to, -1, -1, n-1)
	for i := from; i > to; i += max(by, -n-1) {
		out = append(out, v.Index(i))
	}
	return out
}

// selectFilter tests each element of an array; an object is tested itself.
func (e *evaluation) selectFilter(x expression, v value.Value, out []value.Value) ([]value.Value, error) {
	if v.Kind() == value.Object {
		ok, err := e.holds(x, v)
		if err == nil && ok {
			out = append(out, v)
		}
		return out, err
	}
	for _, item := range v.Elements() {
		ok, err := e.holds(x, item)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, item)
		}
	}
	return out, nil
}
