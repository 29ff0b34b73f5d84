package asl

import (
	"errors"
	"fmt"

	"github.com/serverledge/serverledge/dag/value"
)

func arrayPartition(args []value.Value) (value.Value, error) {
	if err := want(args, 0, value.Array); err != nil {
		return value.Value{}, err
	}
	size, err := rounded(args, 1)
	if err != nil {
		return value.Value{}, err
	}
	if size < 1 {
		return value.Value{}, fmt.Errorf("the size of a part must be at least 1, not %d", size)
	}
	var parts, part []value.Value
	for _, item := range args[0].Elements() {
		part = append(part, item)
		if int64(len(part)) == size {
			parts, part = append(parts, value.OfArray(part...)), nil
		}
	}
	if len(part) > 0 {
		parts = append(parts, value.OfArray(part...))
	}
	return value.OfArray(parts...), nil
}

func arrayContains(args []value.Value) (value.Value, error) {
	if err := want(args, 0, value.Array); err != nil {
		return value.Value{}, err
	}
	for _, item := range args[0].Elements() {
		if value.Equal(item, args[1]) {
			return value.TrueValue, nil
		}
	}
	return value.FalseValue, nil
}

func arrayRange(s *scope, args []value.Value) (value.Value, error) {
	first, err1 := rounded(args, 0)
	last, err2 := rounded(args, 1)
	step, err3 := rounded(args, 2)
	if err := errors.Join(err1, err2, err3); err != nil {
		return value.Value{}, err
	}
	if step == 0 {
		return value.Value{}, errors.New("the step cannot be 0")
	}
	if step > 0 && first > last || step < 0 && first < last {
		return value.EmptyArray, nil
	}
	if (last-first)/step+1 > int64(s.limits.Range) {
		return value.Value{}, fmt.Errorf("the range has more than %d items", s.limits.Range)
	}
	var items []value.Value
	for i := first; step > 0 && i <= last || step < 0 && i >= last; i += step {
		items = append(items, value.OfInt(i))
	}
	return value.OfArray(items...), nil
}

func arrayGetItem(args []value.Value) (value.Value, error) {
	if err := want(args, 0, value.Array); err != nil {
		return value.Value{}, err
	}
	i, err := rounded(args, 1)
	if err != nil {
		return value.Value{}, err
	}
	if i < 0 || i >= int64(args[0].Len()) {
		return value.Value{}, fmt.Errorf("there is no item %d in an array of %d", i, args[0].Len())
	}
	return args[0].Index(int(i)), nil
}

func arrayLength(args []value.Value) (value.Value, error) {
	if err := want(args, 0, value.Array); err != nil {
		return value.Value{}, err
	}
	return value.OfInt(int64(args[0].Len())), nil
}

// maxCompared bounds the comparisons of arrayUnique.
const maxCompared = 1_000_000

// arrayUnique keeps the first of equal items.
func arrayUnique(args []value.Value) (value.Value, error) {
	if err := want(args, 0, value.Array); err != nil {
		return value.Value{}, err
	}
	var kept, others []value.Value // others: those whose texts do not tell them apart
	texts := make(map[string]bool)
	compared := 0
next:
	for _, item := range args[0].Elements() {
		switch item.Kind() {
		case value.String, value.Bool, value.Null:
			text := item.String()
			if texts[text] {
				continue next
			}
			texts[text] = true
		case value.Absent, value.Number, value.Array, value.Object:
			for _, other := range others {
				if compared++; compared > maxCompared {
					return value.Value{}, errors.New("the array has too many items to compare")
				}
				if value.Equal(item, other) {
					continue next
				}
			}
			others = append(others, item)
		}
		kept = append(kept, item)
	}
	return value.OfArray(kept...), nil
}
