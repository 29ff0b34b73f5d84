package jsonpath

import (
	"github.com/serverledge/serverledge/dag/value"
)

// isFunction tells whether a path may end in .name().
func isFunction(name string) bool {
	switch name {
	case "length", "min", "max", "avg", "sum", "keys":
		return true
	}
	return false
}

// apply evaluates the trailing function on what the rest of the path found:
// its one value when the rest is definite, all of them as an array when not.
func (p *Path) apply(found []value.Value) (value.Value, error) {
	var v value.Value
	if !definite(p.steps) {
		v = value.OfArray(found...)
	} else if len(found) > 0 {
		v = found[0]
	}
	nothing := &MissingError{"No results for path: " + p.text}
	switch p.function {
	case "length":
		switch v.Kind() {
		case value.Array, value.Object:
			return value.OfInt(int64(v.Len())), nil
		case value.String:
			return value.OfInt(int64(len([]rune(v.Text())))), nil
		case value.Absent, value.Null, value.Bool, value.Number:
		}
		return value.Value{}, nothing
	case "keys":
		if v.Kind() != value.Object {
			return value.Value{}, nothing
		}
		var keys []value.Value
		for k := range v.Members() {
			keys = append(keys, value.OfString(k))
		}
		return value.OfArray(keys...), nil
	}
	if r := aggregate(p.function, v); !r.IsAbsent() {
		return r, nil
	}
	return value.Value{}, nothing
}

// aggregate computes on the numbers of an array; absent when there is none.
func aggregate(function string, v value.Value) value.Value {
	var sum float64
	var least, most value.Value
	count := 0
	for _, x := range v.Elements() {
		if x.Kind() != value.Number {
			continue
		}
		if count == 0 || value.Compare(x, least) < 0 {
			least = x
		}
		if count == 0 || value.Compare(x, most) > 0 {
			most = x
		}
		sum += x.Float()
		count++
	}
	if count == 0 {
		return value.Value{}
	}
	switch function {
	case "min":
		return least
	case "max":
		return most
	case "avg":
		return value.OfFloat(sum / float64(count))
	}
	return value.OfFloat(sum)
}
