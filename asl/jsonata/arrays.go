package jsonata

import (
	"math"
	"slices"
	"strconv"
)

// results makes the sequence that a function returns. Unlike the result of a
// path it exists even when empty, as long as no expression ends.
func (e *evaluation) results(items []item) (item, *Error) {
	return e.ofItems(items, sequence), e.grow(len(items) * itemSize)
}

// made makes the array that a function returns.
func (e *evaluation) made(items []item) (item, *Error) {
	return e.ofItems(items, 0), e.grow(len(items) * itemSize)
}

func count(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != array {
		return ofNumber(0), nil
	}
	n := args[0].node
	if e.isGlanced(n) {
		count := n.count(math.MaxInt)
		return ofNumber(float64(count)), e.spend(count / 8)
	}
	return ofNumber(float64(e.size(n))), nil
}

// appendItems is $append.
func appendItems(e *evaluation, args []item) (item, *Error) {
	first, second := at(args, 0), at(args, 1)
	if first.kind == undefined {
		return second, nil
	}
	if second.kind == undefined {
		return first, nil
	}
	var all []item
	for _, it := range []item{first, second} {
		if it.kind != array {
			all = append(all, it)
			continue
		}
		items, err := e.elements(it.node)
		if err != nil {
			return item{}, err
		}
		if err := e.room((len(all) + len(items)) * itemSize); err != nil {
			return item{}, err
		}
		all = append(slices.Clip(all), items...)
	}
	return e.made(all)
}

func reverse(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != array || e.size(args[0].node) < 2 {
		return args[0], nil
	}
	items, err := e.elements(args[0].node)
	if err != nil {
		return item{}, err
	}
	if err := e.room(len(items) * itemSize); err != nil {
		return item{}, err
	}
	items = slices.Clone(items)
	slices.Reverse(items)
	return e.made(items)
}

func shuffle(e *evaluation, args []item) (item, *Error) {
	if args[0].kind != array || e.size(args[0].node) < 2 {
		return args[0], nil
	}
	items, err := e.elements(args[0].node)
	if err != nil {
		return item{}, err
	}
	if err := e.spend(len(items)); err != nil {
		return item{}, err
	}
	items = slices.Clone(items)
	e.chance().Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	return e.made(items)
}

// distinct keeps the first of equal items. Scalars are found by a key; arrays
// and objects are compared one by one.
func distinct(e *evaluation, args []item) (item, *Error) {
	it := args[0]
	if it.kind != array || e.size(it.node) < 2 {
		return it, nil
	}
	items, err := e.elements(it.node)
	if err != nil {
		return item{}, err
	}
	seen := map[string]bool{}
	var kept, nested []item
	for _, candidate := range items {
		if err := e.spend(1); err != nil {
			return item{}, err
		}
		if key, ok := scalarKey(candidate); ok {
			if !seen[key] {
				seen[key] = true
				kept = append(kept, candidate)
			}
			continue
		}
		again := false
		for i := 0; i < len(nested) && !again; i++ {
			if again, err = e.equal(nested[i], candidate); err != nil {
				return item{}, err
			}
			if err := e.spend(1); err != nil {
				return item{}, err
			}
		}
		if !again {
			nested = append(nested, candidate)
			kept = append(kept, candidate)
		}
	}
	return e.ofItems(kept, it.flags&sequence), e.grow(len(kept) * 2 * itemSize)
}

// scalarKey returns a text that equal scalars share.
func scalarKey(it item) (string, bool) {
	switch it.kind {
	case str:
		return "s" + it.text(), true
	case number:
		f := it.float()
		return "n" + strconv.FormatFloat(f+0, 'g', -1, 64), f == f // NaN equals nothing
	case boolean:
		return "b" + strconv.FormatFloat(it.num, 'g', -1, 64), true
	case null, undefined:
		return "0", true
	default:
		return "", false
	}
}

// sortItems is $sort. Without a function it sorts numbers or strings.
func sortItems(e *evaluation, args []item) (item, *Error) {
	it, by := args[0], at(args, 1)
	if it.kind != array || e.size(it.node) < 2 {
		return it, nil
	}
	items, err := e.elements(it.node)
	if err != nil {
		return item{}, err
	}
	if err := e.grow(len(items) * itemSize); err != nil {
		return item{}, err
	}
	if by.kind == undefined {
		return e.sortScalars(items)
	}
	places := make([]int, len(items))
	for i := range places {
		places[i] = i
	}
	pair := make([]item, 2)
	sorted, err := mergeSort(places, func(i, j int) (bool, *Error) {
		pair[0], pair[1] = items[i], items[j]
		swap, err := e.call(by, pair...)
		return isSet(swap), err
	})
	if err != nil {
		return item{}, err
	}
	result := make([]item, len(items))
	for i, at := range sorted {
		result[i] = items[at]
	}
	return e.ofItems(result, 0), nil
}

func (e *evaluation) sortScalars(items []item) (item, *Error) {
	numbers, texts := true, true
	for _, it := range items {
		numeric, err := e.isNumeric(it)
		if err != nil {
			return item{}, err
		}
		numbers, texts = numbers && numeric, texts && it.kind == str
	}
	if !numbers && !texts {
		return item{}, fail("D3070")
	}
	cost := len(items)
	for n := len(items); n > 1; n /= 2 {
		cost += len(items) / 2
	}
	if err := e.spend(cost); err != nil {
		return item{}, err
	}
	sorted := slices.Clone(items)
	if texts {
		slices.SortStableFunc(sorted, func(a, b item) int {
			e.steps -= min(len(a.text()), len(b.text())) / bytesPerStep
			return compareText(a.text(), b.text())
		})
		return e.ofItems(sorted, 0), e.spend(0)
	}
	for i := range sorted {
		sorted[i].num = sorted[i].float()
	}
	slices.SortStableFunc(sorted, func(a, b item) int {
		switch {
		case a.num < b.num:
			return -1
		case a.num > b.num:
			return 1
		}
		return 0
	})
	return e.ofItems(sorted, 0), nil
}

// zip is $zip: arrays of the first elements, the second ones, and so on, as
// far as the shortest goes.
func zip(e *evaluation, args []item) (item, *Error) {
	length := 0
	lists := make([][]item, len(args))
	for i, arg := range args {
		if arg.kind != array {
			return e.made(nil)
		}
		var err *Error
		if lists[i], err = e.elements(arg.node); err != nil {
			return item{}, err
		}
		if n := len(lists[i]); i == 0 || n < length {
			length = n
		}
	}
	if err := e.grow(length * (len(args) + 2) * itemSize); err != nil {
		return item{}, err
	}
	all := make([]item, length)
	for i := range all {
		row := make([]item, len(args))
		for j := range lists {
			row[j] = lists[j][i]
		}
		all[i] = e.ofItems(row, 0)
	}
	return e.ofItems(all, 0), nil
}

func exists(_ *evaluation, args []item) (item, *Error) {
	return ofBool(args[0].kind != undefined), nil
}

func toBoolean(e *evaluation, args []item) (item, *Error) {
	if args[0].kind == undefined {
		return item{}, nil
	}
	yes, err := e.truth(args[0])
	return ofBool(yes), err
}

func not(e *evaluation, args []item) (item, *Error) {
	if args[0].kind == undefined {
		return item{}, nil
	}
	yes, err := e.truth(args[0])
	return ofBool(!yes), err
}

// typeName is $type.
func typeName(e *evaluation, args []item) (item, *Error) {
	switch args[0].kind {
	case null:
		return ofText("null"), nil
	case boolean:
		return ofText("boolean"), nil
	case number:
		_, err := e.isNumeric(args[0])
		return ofText("number"), err
	case str:
		return ofText("string"), nil
	case array:
		return ofText("array"), nil
	case object:
		return ofText("object"), nil
	case callable:
		return ofText("function"), nil
	default:
		return item{}, nil
	}
}
