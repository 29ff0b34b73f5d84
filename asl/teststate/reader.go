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
		return value.OfObject(value.Member{Key: "Items", Value: value.EmptyArray}), nil
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
	answer, err := dataset.Answer(dataset.Decode(c, "the data of the item reader", strings.NewReader(text)), dataset.MaxAnswer)
	if err != nil {
		return value.Value{}, unreadable(err)
	}
	if c.ItemsPointer != "" {
		t.saw(afterItemsPointer, dataset.Read(answer))
	}
	return answer, nil
}

func unreadable(err error) *dag.Failure {
	return &dag.Failure{Error: dag.ErrorReader, Cause: err.Error()}
}
