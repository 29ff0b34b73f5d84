package teststate

import (
	"strings"

	"github.com/serverledge/serverledge/asl/dataset"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// read yields what the reader of a Map has read. A text is an object of the
// format that the config tells; anything else is JSON, as are texts of formats
// that are none of text.
func (t *trial) read(config value.Value) (value.Value, *dag.Failure) {
	data := t.request.Configuration.MapItemReaderData
	if data.IsAbsent() {
		return value.EmptyArray, nil
	}
	c, err := dataset.ParseConfig(config)
	if err != nil {
		return value.Value{}, unreadable(err)
	}
	text := data.Text()
	if data.Kind() != value.String {
		text = data.String()
	}
	if data.Kind() != value.String || c.InputType != dataset.CSV && c.InputType != dataset.JSONL || c.ManifestType != "" {
		c = dataset.Config{InputType: dataset.JSON, ItemsPointer: c.ItemsPointer, MaxItems: c.MaxItems}
	}
	items, err := decode(c, text)
	if err != nil {
		return value.Value{}, unreadable(err)
	}
	if c.ItemsPointer != "" {
		t.saw(afterItemsPointer, items)
	}
	return items, nil
}

// decode yields the items of a text: an array, or an object of keyed items.
func decode(c dataset.Config, text string) (value.Value, error) {
	var plain []value.Value
	var keyed []value.Member
	for item, err := range dataset.Decode(c, "the data of the item reader", strings.NewReader(text)) {
		switch {
		case err != nil:
			return value.Value{}, err
		case item.Keyed:
			keyed = append(keyed, value.Member{Key: item.Key, Value: item.Value})
		default:
			plain = append(plain, item.Value)
		}
	}
	if keyed != nil {
		return value.OfObject(keyed...), nil
	}
	return value.OfArray(plain...), nil
}

func unreadable(err error) *dag.Failure {
	return &dag.Failure{Error: dag.ErrorReader, Cause: err.Error()}
}
