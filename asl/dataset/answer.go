package dataset

import (
	"iter"
	"slices"

	"github.com/serverledge/serverledge/dag/value"
)

// StateData is $$.Map.Item.Source of items that come from the input of a Map.
const StateData = "STATE_DATA"

// Answer makes what a reader answers to a Map of the items that it has read:
//
//	{"Items": [...], "Sources": [[0, "s3://bucket/key"], ...]}
//
// Items is an object when all of them are members of one object. Sources tells
// from which item on they come from where. Items of more than most bytes
// are a *ReadError; any other error is that of the items.
func Answer(items iter.Seq2[Item, error], most int) (value.Value, error) {
	var list []value.Member
	var sources []value.Value
	last, keyed, size := "", true, 0
	for item, err := range items {
		if err != nil {
			return value.Value{}, err
		}
		if item.Source != last {
			sources = append(sources, value.OfArray(value.OfInt(int64(len(list))), value.OfString(item.Source)))
			last = item.Source
		}
		keyed = keyed && item.Keyed && len(sources) <= 1
		if size += item.Value.Size() + len(item.Key) + 4; size > most {
			return value.Value{}, wrong("The items of the dataset have more than %d bytes.", most)
		}
		list = append(list, value.Member{Key: item.Key, Value: item.Value})
	}
	return value.OfObject(
		value.Member{Key: "Items", Value: together(list, keyed)},
		value.Member{Key: "Sources", Value: value.OfArray(sources...)},
	), nil
}

// together makes one value of items.
func together(list []value.Member, keyed bool) value.Value {
	if keyed && len(list) > 0 {
		return value.OfObject(list...)
	}
	elements := make([]value.Value, len(list))
	for i, m := range list {
		elements[i] = m.Value
	}
	return value.OfArray(elements...)
}

// Read returns the items of an answer, an array or an object.
func Read(answer value.Value) value.Value { return answer.Get("Items") }

// Origin tells where an item of an answer comes from, StateData when there is no
// answer.
func Origin(answer value.Value, index int) string {
	sources := answer.Get("Sources")
	if sources.Len() == 0 {
		return StateData
	}
	starts := make([]int64, sources.Len())
	for i, s := range sources.Elements() {
		starts[i], _ = s.Index(0).Int()
	}
	at, found := slices.BinarySearch(starts, int64(index))
	if !found {
		at--
	}
	return sources.Index(max(at, 0)).Index(1).Text()
}
