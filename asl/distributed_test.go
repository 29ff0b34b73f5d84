package asl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/asl"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/value"
)

// distributed makes a Map with children of their own, which call f.
func distributed(fields string) string {
	return one(distributedMap + fields)
}

const distributedMap = `"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
	"StartAt":"I","States":{"I":{"Type":"Task","Resource":"f","End":true}}},`

// jsonata makes a state of a definition one of JSONata; what is within it is
// not.
func jsonata(definition string) string {
	return strings.Replace(definition, `"Type"`, `"QueryLanguage":"JSONata","Type"`, 1)
}

// What a reader is asked, and what a Map makes of its answer.
func TestItemReader(t *testing.T) {
	t.Parallel()
	const get, list = `"Resource":"arn:aws:states:::s3:getObject"`, `"Resource":"arn:aws:states:::s3:listObjectsV2"`
	const input = `{"b":"bucket","k":"key","n":2,"neg":-1,"text":"2","odd":"x"}`
	cases := []struct{ name, fields, answer, asked, want string }{
		{"an object", `"ItemReader":{` + get + `,"Parameters":{"Bucket":"B","Key.$":"$.k"},"ReaderConfig":{"InputType":"JSON"}}`, `[1,2]`,
			`s3:getObject {"Action":"getObject","Arguments":{"Bucket":"B","Key":"key"},"ReaderConfig":{"InputType":"JSON"}}`, `[1,2]`},
		{"another partition", `"ItemReader":{"Resource":"arn:aws-cn:states:::s3:getObject","Parameters":{"Bucket":"B","Key":"K"},"ReaderConfig":{"InputType":"JSONL"}}`, `[1]`,
			`s3:getObject {"Action":"getObject","Arguments":{"Bucket":"B","Key":"K"},"ReaderConfig":{"InputType":"JSONL"}}`, `[1]`},
		{"all fields", `"ItemReader":{"Comment":"c",` + get + `,"Parameters":{"Bucket":"B","Key":"K"},"ReaderConfig":{"Comment":"c","InputType":"CSV","Transformation":"NONE","CSVHeaderLocation":"GIVEN","CSVHeaders":["a","b"],"CSVDelimiter":"PIPE","MaxItems":3}}`, `[]`,
			`s3:getObject {"Action":"getObject","Arguments":{"Bucket":"B","Key":"K"},"ReaderConfig":{"InputType":"CSV","Transformation":"NONE","CSVHeaderLocation":"GIVEN","CSVHeaders":["a","b"],"CSVDelimiter":"PIPE","MaxItems":3}}`, `[]`},
		{"a manifest", `"ItemReader":{` + get + `,"Parameters":{"Bucket":"B","Key":"K"},"ReaderConfig":{"InputType":"MANIFEST","ManifestType":"S3_INVENTORY"}}`, `[]`,
			`s3:getObject {"Action":"getObject","Arguments":{"Bucket":"B","Key":"K"},"ReaderConfig":{"InputType":"MANIFEST","ManifestType":"S3_INVENTORY"}}`, `[]`},
		{"a pointer", `"ItemReader":{` + get + `,"Parameters":{"Bucket":"B","Key":"K"},"ReaderConfig":{"InputType":"JSON","ItemsPointer":"/a/0"}}`, `[]`,
			`s3:getObject {"Action":"getObject","Arguments":{"Bucket":"B","Key":"K"},"ReaderConfig":{"InputType":"JSON","ItemsPointer":"/a/0"}}`, `[]`},
		{"a listing", `"ItemReader":{` + list + `,"Parameters":{"Bucket.$":"$.b","Prefix":"p/"}}`, `[{"Key":"p/1"}]`,
			`s3:listObjectsV2 {"Action":"listObjectsV2","Arguments":{"Bucket":"bucket","Prefix":"p/"},"ReaderConfig":{}}`, `[{"Key":"p/1"}]`},
		{"a listing with its objects", `"ItemReader":{` + list + `,"Parameters":{"Bucket":"B"},"ReaderConfig":{"InputType":"JSON","Transformation":"LOAD_AND_FLATTEN","MaxItems":0}}`, `[]`,
			`s3:listObjectsV2 {"Action":"listObjectsV2","Arguments":{"Bucket":"B"},"ReaderConfig":{"InputType":"JSON","Transformation":"LOAD_AND_FLATTEN","MaxItems":0}}`, `[]`},
		{"the effective input", `"InputPath":"$.k","ItemReader":{` + get + `,"Parameters":{"Bucket":"B","Key.$":"$"},"ReaderConfig":{"InputType":"JSON"}}`, `[1]`,
			`s3:getObject {"Action":"getObject","Arguments":{"Bucket":"B","Key":"key"},"ReaderConfig":{"InputType":"JSON"}}`, `[1]`},
		{"MaxItemsPath", `"ItemReader":{` + get + `,"Parameters":{},"ReaderConfig":{"InputType":"JSON","MaxItemsPath":"$.n"}}`, `[1]`,
			`s3:getObject {"Action":"getObject","Arguments":{},"ReaderConfig":{"InputType":"JSON","MaxItems":2}}`, `[1]`},
		{"MaxItemsPath to a text", `"ItemReader":{` + get + `,"Parameters":{},"ReaderConfig":{"InputType":"JSON","MaxItemsPath":"$.text"}}`, `[1]`,
			`s3:getObject {"Action":"getObject","Arguments":{},"ReaderConfig":{"InputType":"JSON","MaxItems":2}}`, `[1]`},
		{"MaxItemsPath below 0", `"ItemReader":{` + get + `,"Parameters":{},"ReaderConfig":{"InputType":"JSON","MaxItemsPath":"$.neg"}}`, `[1]`, ``, `!States.ItemReaderFailed field MaxItems must be positive`},
		{"MaxItemsPath to something else", `"ItemReader":{` + get + `,"Parameters":{},"ReaderConfig":{"InputType":"JSON","MaxItemsPath":"$.odd"}}`, `[1]`, ``, `!States.Runtime The MaxItemsPath field refers to value "x" which is not a valid integer: $.odd`},
		{"MaxItemsPath to nothing", `"ItemReader":{` + get + `,"Parameters":{},"ReaderConfig":{"InputType":"JSON","MaxItemsPath":"$.no"}}`, `[1]`, ``, `!States.Runtime Invalid path '$.no' : No results for path: $['no']`},
		{"Parameters of nothing", `"ItemReader":{` + get + `,"Parameters":{"Key.$":"$.no"},"ReaderConfig":{"InputType":"JSON"}}`, `[1]`, ``, `!States.Runtime`},
		{"members of an object", `"ItemReader":{` + get + `,"Parameters":{},"ReaderConfig":{"InputType":"JSON"}},"ItemSelector":{"k.$":"$$.Map.Item.Key","v.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index","b.$":"$.b"}`, `{"x":1,"y":2}`,
			`s3:getObject {"Action":"getObject","Arguments":{},"ReaderConfig":{"InputType":"JSON"}}`, `[{"k":"x","v":1,"i":0,"b":"bucket"},{"k":"y","v":2,"i":1,"b":"bucket"}]`},
		{"where items come from", `"ItemReader":{` + get + `,"Parameters":{},"ReaderConfig":{"InputType":"JSON"}},"ItemSelector":{"s.$":"$$.Map.Item.Source"}`, `[1,2,3]`,
			`s3:getObject {"Action":"getObject","Arguments":{},"ReaderConfig":{"InputType":"JSON"}}`, `[{"s":"S3://b/k"},{"s":"S3://b/k"},{"s":"S3://b/l"}]`},
		{"ItemsPath has no effect", `"ItemsPath":"$.no","ItemReader":{` + get + `,"Parameters":{},"ReaderConfig":{"InputType":"JSON"}}`, `[[1],2]`,
			`s3:getObject {"Action":"getObject","Arguments":{},"ReaderConfig":{"InputType":"JSON"}}`, `[[1],2]`},
	}
	for _, c := range cases {
		read := value.OfObject(value.Member{Key: "Items", Value: parse(t, c.answer)}, value.Member{Key: "Sources", Value: parse(t, `[[0,"S3://b/k"],[2,"S3://b/l"]]`)})
		reader := func(value.Value) (value.Value, *dag.Failure, time.Duration) { return read, nil, 0 }
		w := &world{functions: map[string]behaviour{"f": echo, "s3:getObject": reader, "s3:listObjectsV2": reader}}
		checkEnd(t, c.name, play(t, w, distributed(c.fields), input), c.want)
		if got := append(w.calls, "")[0]; got != c.asked {
			t.Errorf("%s:\n asked %s\n  want %s", c.name, got, c.asked)
		}
		if len(w.invokes) > 0 && (w.invokes[0].Resource.Kind != dag.ReaderResource || w.invokes[0].State != "S") {
			t.Errorf("%s: asked %+v", c.name, w.invokes[0])
		}
	}
	const query = `"ItemReader":{` + get + `,"Arguments":{"Bucket":"{% $states.input.b %}","Key":"{% $uppercase($states.input.k) %}"},"ReaderConfig":{"InputType":"JSON","MaxItems":"{% $states.input.%s %}"}},"Output":"{% $count($states.result) %}"`
	for field, want := range map[string]string{
		"n": `2`, "neg": `!States.ItemReaderFailed field MaxItems must be positive`,
		"no":  `!States.QueryEvaluationError The JSONata expression '$states.input.no' specified for the field 'MaxItems' returned nothing (undefined).`,
		"odd": `!States.QueryEvaluationError The JSONata expression '$states.input.odd' specified for the field 'MaxItems' returned an unexpected result type. Expected 'integer', but was 'string' for value: "x"`,
	} {
		w := &world{functions: map[string]behaviour{"f": echo, "s3:getObject": answers(t, `{"Items":[1,2],"Sources":[]}`)}}
		checkEnd(t, "MaxItems of JSONata: "+field, play(t, w, jsonata(distributed(strings.Replace(query, "%s", field, 1))), input), want)
		if want == `2` && w.calls[0] != `s3:getObject {"Action":"getObject","Arguments":{"Bucket":"bucket","Key":"KEY"},"ReaderConfig":{"InputType":"JSON","MaxItems":2}}` {
			t.Errorf("asked %s", w.calls[0])
		}
	}
}

// A reader or a writer that fails fails the Map, which may be tried again and
// caught.
func TestReaderAndWriterFail(t *testing.T) {
	t.Parallel()
	const reader = `"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{},"ReaderConfig":{"InputType":"JSON"}},`
	const writer = `"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{}},`
	for fields, want := range map[string]string{
		reader: "States.ItemReaderFailed", writer: "States.ResultWriterFailed",
	} {
		definition := func(handler string) string {
			return `{"StartAt":"S","States":{"S":{` + distributedMap + fields + handler + `},"C":{"Type":"Pass","Parameters":{"e.$":"$.Error"},"End":true}}}`
		}
		functions := map[string]behaviour{"f": echo, "s3:getObject": fails("States.ItemReaderFailed", 0), "s3:putObject": fails("States.ResultWriterFailed", 0)}
		w := &world{functions: functions}
		checkEnd(t, want, play(t, w, definition(`"Retry":[{"ErrorEquals":["`+want+`"],"MaxAttempts":2,"IntervalSeconds":3,"BackoffRate":1}]`), `[]`), "!"+want+" because")
		if len(w.calls) != 3 || w.now.Sub(epoch) != 6*time.Second {
			t.Errorf("%s: %d calls in %s", want, len(w.calls), w.now.Sub(epoch))
		}
		for _, name := range []string{want, "States.ALL", "States.TaskFailed"} {
			w := &world{functions: functions}
			checkEnd(t, name, play(t, w, definition(`"Catch":[{"ErrorEquals":["`+name+`"],"Next":"C"}]`), `[]`), `{"e":"`+want+`"}`)
		}
	}
}

// Batches are inputs of children: as many items as both bounds allow.
func TestItemBatcher(t *testing.T) {
	t.Parallel()
	const input = `{"l":[1,2,3,4,5],"n":2,"text":"2","odd":"x","zero":0,"o":{"a":7,"b":8}}`
	const list = `"ItemsPath":"$.l",`
	cases := []struct{ fields, want string }{
		{`"ItemBatcher":{"MaxItemsPerBatch":2}`, `[{"Items":[1,2]},{"Items":[3,4]},{"Items":[5]}]`},
		{`"ItemBatcher":{"MaxItemsPerBatch":5}`, `[{"Items":[1,2,3,4,5]}]`},
		{`"ItemBatcher":{"MaxItemsPerBatch":1,"BatchInput":{"b":1,"n.$":"$.n","s.$":"$$.State.Name"}}`, // the same for all
			`[{"BatchInput":{"b":1,"n":2,"s":"S"},"Items":[1]},{"BatchInput":{"b":1,"n":2,"s":"S"},"Items":[2]},{"BatchInput":{"b":1,"n":2,"s":"S"},"Items":[3]},{"BatchInput":{"b":1,"n":2,"s":"S"},"Items":[4]},{"BatchInput":{"b":1,"n":2,"s":"S"},"Items":[5]}]`},
		{`"ItemBatcher":{"MaxItemsPerBatchPath":"$.n"}`, `[{"Items":[1,2]},{"Items":[3,4]},{"Items":[5]}]`},
		{`"ItemBatcher":{"MaxItemsPerBatchPath":"$.text"}`, `[{"Items":[1,2]},{"Items":[3,4]},{"Items":[5]}]`},
		{`"ItemBatcher":{"MaxItemsPerBatchPath":"$.zero"}`, `!States.Runtime MaxItemsPerBatch must be positive.`},
		{`"ItemBatcher":{"MaxItemsPerBatchPath":"$.odd"}`, `!States.Runtime The MaxItemsPerBatchPath field refers to value "x" which is not a valid integer: $.odd`},
		{`"ItemBatcher":{"MaxInputBytesPerBatchPath":"$.zero"}`, `!States.Runtime MaxInputBytesPerBatch must be positive.`},
		{`"ItemBatcher":{"MaxInputBytesPerBatch":17}`, `[{"Items":[1,2,3]},{"Items":[4,5]}]`}, // {"Items":[1,2,3]} has 17 bytes
		{`"ItemBatcher":{"MaxInputBytesPerBatch":16}`, `[{"Items":[1,2]},{"Items":[3,4]},{"Items":[5]}]`},
		{`"ItemBatcher":{"MaxInputBytesPerBatch":13}`, `[{"Items":[1]},{"Items":[2]},{"Items":[3]},{"Items":[4]},{"Items":[5]}]`},
		{`"ItemBatcher":{"MaxInputBytesPerBatch":12}`, `!States.DataLimitExceeded`},
		{`"ItemBatcher":{"MaxInputBytesPerBatch":37,"BatchInput":{"b":"xyz"}}`, `!States.DataLimitExceeded`},
		{`"ItemBatcher":{"MaxInputBytesPerBatch":38,"BatchInput":{"b":"xyz"}}`, `[{"BatchInput":{"b":"xyz"},"Items":[1]},{"BatchInput":{"b":"xyz"},"Items":[2]},{"BatchInput":{"b":"xyz"},"Items":[3]},{"BatchInput":{"b":"xyz"},"Items":[4]},{"BatchInput":{"b":"xyz"},"Items":[5]}]`},
		{`"ItemBatcher":{"MaxInputBytesPerBatch":17,"MaxItemsPerBatch":2}`, `[{"Items":[1,2]},{"Items":[3,4]},{"Items":[5]}]`},
		{`"ItemBatcher":{"MaxInputBytesPerBatch":15,"MaxItemsPerBatch":3}`, `[{"Items":[1,2]},{"Items":[3,4]},{"Items":[5]}]`},
		{`"ItemBatcher":{"MaxItemsPerBatch":2},"ItemSelector":{"v.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index"}`,
			`[{"Items":[{"v":1,"i":0},{"v":2,"i":1}]},{"Items":[{"v":3,"i":2},{"v":4,"i":3}]},{"Items":[{"v":5,"i":4}]}]`},
		{`"ItemBatcher":{"MaxItemsPerBatch":2},"ItemSelector":{"v.$":"$.no"}`, `!States.Runtime`},
		{`"ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"v.$":"$.no"}}`, `!States.Runtime`},
	}
	for _, c := range cases {
		w := &world{functions: map[string]behaviour{"f": echo}}
		checkEnd(t, c.fields, play(t, w, distributed(list+c.fields), input), c.want)
	}
	keyed := distributed(`"ItemsPath":"$.o","ItemBatcher":{"MaxItemsPerBatch":2},"ItemSelector":{"k.$":"$$.Map.Item.Key","v.$":"$$.Map.Item.Value"}`)
	checkEnd(t, "an object", play(t, &world{functions: map[string]behaviour{"f": echo}}, keyed, input), `[{"Items":[{"k":"a","v":7},{"k":"b","v":8}]}]`)
	for fields, want := range map[string]string{
		`"ItemBatcher":{"MaxItemsPerBatch":"{% $states.input.n + 1 %}","BatchInput":{"n":"{% $states.input.n %}"}}`: `[{"BatchInput":{"n":2},"Items":[1,2,3]},{"BatchInput":{"n":2},"Items":[4,5]}]`,
		`"ItemBatcher":{"MaxInputBytesPerBatch":"{% 17 %}"}`:                                                        `[{"Items":[1,2,3]},{"Items":[4,5]}]`,
		`"ItemBatcher":{"MaxItemsPerBatch":"{% 0 %}"}`:                                                              `!States.QueryEvaluationError MaxItemsPerBatch must be positive.`,
		`"ItemBatcher":{"MaxInputBytesPerBatch":"{% 1.5 %}"}`:                                                       `!States.QueryEvaluationError The JSONata expression '1.5' specified for the field 'MaxInputBytesPerBatch' returned an unexpected result type. Expected 'integer', but was 'number' for value: 1.5`,
		`"ItemBatcher":{"MaxItemsPerBatch":5},"ItemSelector":"{% $states.context.Map.Item.Value * 2 %}"`:            `[{"Items":[2,4,6,8,10]}]`,
	} {
		w := &world{functions: map[string]behaviour{"f": echo}}
		checkEnd(t, fields, play(t, w, jsonata(distributed(`"Items":"{% $states.input.l %}",`+fields)), input), want)
	}
	// No batch is larger than what a child may get, whatever the definition says.
	const limit = 100
	for _, fields := range []string{`"ItemBatcher":{"MaxItemsPerBatch":1000}`, `"ItemBatcher":{"MaxInputBytesPerBatchPath":"$$.Execution.Input[0]"}`} {
		w := &world{options: asl.Options{Limits: asl.Limits{Payload: limit}}, functions: map[string]behaviour{"f": func(v value.Value) (value.Value, *dag.Failure, time.Duration) {
			return value.OfInt(int64(v.Size())), nil, 0
		}}}
		checkEnd(t, fields, play(t, w, distributed(fields), "[999"+strings.Repeat(",11", 30)+"]"), `[99,17]`) // {"Items":[]} has 12 bytes
	}
	const from = `"ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{},"ReaderConfig":{"InputType":"JSON"}},"ItemBatcher":{"MaxItemsPerBatch":2},"ItemSelector":{"s.$":"$$.Map.Item.Source"}`
	w := &world{functions: map[string]behaviour{"f": echo, "s3:getObject": answers(t, `{"Items":[1,2],"Sources":[[0,"S3://b/k"],[1,"S3://b/l"]]}`)}}
	checkEnd(t, "where items of a batch come from", play(t, w, distributed(from), `{}`), `[{"Items":[{"s":"S3://b/k"},{"s":"S3://b/l"}]}]`)
}

// What a writer is asked, and what becomes of its answer.
func TestResultWriter(t *testing.T) {
	t.Parallel()
	const put = `"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"B","Prefix.$":"$.p"}`
	const answer = `{"MapRunArn":"arn","ResultWriterDetails":{"Bucket":"B","Key":"p/uuid/manifest.json"}}`
	const input = `{"l":[1,2],"p":"out"}`
	cases := []struct{ name, fields, asked, want string }{
		{"plain", put + `}`, `{"Arguments":{"Bucket":"B","Prefix":"out"},"Label":"",`, answer},
		{"with config and label", put + `,"WriterConfig":{"Transformation":"FLATTEN","OutputType":"JSONL"}},"Label":"mine"`,
			`{"Arguments":{"Bucket":"B","Prefix":"out"},"WriterConfig":{"Transformation":"FLATTEN","OutputType":"JSONL"},"Label":"mine",`, answer},
		{"its answer is the result", put + `},"ResultSelector":{"b.$":"$.ResultWriterDetails.Bucket"},"ResultPath":"$.r"`, `{"Arguments":{"Bucket":"B","Prefix":"out"},"Label":"",`, `{"l":[1,2],"p":"out","r":{"b":"B"}}`},
		{"Parameters of nothing", `"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket.$":"$.no"}}`, ``, `!States.Runtime`},
	}
	for _, c := range cases {
		w := &world{functions: map[string]behaviour{"s3:putObject": answers(t, answer), "S": func(v value.Value) (value.Value, *dag.Failure, time.Duration) {
			if n, _ := v.Int(); n == 2 {
				return value.Value{}, &dag.Failure{Error: "E", Cause: "why"}, 3 * time.Second
			}
			return value.OfArray(v), nil, 2 * time.Second
		}}}
		checkEnd(t, c.name, play(t, w, distributed(`"ItemsPath":"$.l","ToleratedFailureCount":1,"ItemSelector":{"v.$":"$$.Map.Item.Value"},`+c.fields), input), c.want)
		if c.asked == "" {
			continue
		}
		last := w.invokes[len(w.invokes)-1]
		if last.Resource.Kind != dag.WriterResource || !strings.HasPrefix(last.Input.String(), c.asked) {
			t.Errorf("%s: asked %+v", c.name, last)
		}
		results := last.Input.Get("Results")
		for i, want := range []string{
			`{"Input":{"v":1},"Output":[{"v":1}],"Status":"SUCCEEDED","Call":%d,"Started":"2026-01-02T03:04:05.000Z","Ended":"2026-01-02T03:04:07.000Z"}`,
			`{"Input":{"v":2},"Output":[{"v":2}],"Status":"SUCCEEDED","Call":%d,"Started":"2026-01-02T03:04:05.000Z","Ended":"2026-01-02T03:04:07.000Z"}`,
		} {
			if want = fmt.Sprintf(want, w.invokes[i].Activation); results.Index(i).String() != want {
				t.Errorf("%s: item %d is told as %s, want %s", c.name, i, results.Index(i), want)
			}
		}
	}
	failed := func(v value.Value) (value.Value, *dag.Failure, time.Duration) {
		if n, _ := v.Int(); n == 2 {
			return value.Value{}, &dag.Failure{Error: "E", Cause: "why"}, 0
		}
		return value.OfArray(v), nil, 0
	}
	w := &world{functions: map[string]behaviour{"S": failed, "s3:putObject": answers(t, `1`)}}
	checkEnd(t, "a failed item", play(t, w, jsonata(distributed(`"Items":[1,2],"ToleratedFailurePercentage":50,"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"{% $states.input.p %}"}},"Output":"{% $states.result + 1 %}"`)), input), `2`)
	want := `{"Input":2,"Status":"FAILED","Error":"E","Cause":"why","Call":` + fmt.Sprint(w.invokes[1].Activation)
	if got := w.invokes[2].Input; got.Get("Arguments").String() != `{"Bucket":"out"}` || !strings.HasPrefix(got.Get("Results").Index(1).String(), want) {
		t.Errorf("asked %s", got)
	}
	w = &world{functions: map[string]behaviour{"s3:putObject": answers(t, `"done"`)}}
	checkEnd(t, "no items", play(t, w, distributed(`"ItemsPath":"$.l",`+put+`}`), `{"l":[],"p":"x"}`), `"done"`)
	if !strings.HasSuffix(w.calls[0], `"Results":[]}`) {
		t.Errorf("asked %s", w.calls[0])
	}
	// A writer that only shapes the results.
	for config, want := range map[string]string{
		`{"Transformation":"COMPACT"}`:                  `[[1],[2],3]`,
		`{"Transformation":"FLATTEN"}`:                  `[1,2,3]`,
		`{"OutputType":"JSON"}`:                         `[[1],[2],3]`,
		`{"Transformation":"NONE","OutputType":"JSON"}`: `[{"Input":1,"Output":[1],"Status":"SUCCEEDED"},{"Input":2,"Output":[2],"Status":"SUCCEEDED"},{"Input":3,"Output":3,"Status":"SUCCEEDED"}]`,
	} {
		w := &world{functions: map[string]behaviour{"f": func(v value.Value) (value.Value, *dag.Failure, time.Duration) {
			if n, _ := v.Int(); n == 3 {
				return v, nil, 0
			}
			return value.OfArray(v), nil, 0
		}}}
		checkEnd(t, config, play(t, w, distributed(`"ResultWriter":{"WriterConfig":`+config+`}`), `[1,2,3]`), want)
	}
}

// A distributed Map bears as many failed items as it says, by number and by
// share, whichever is less.
func TestTolerance(t *testing.T) {
	t.Parallel()
	const exceeded = `!States.ExceedToleratedFailureThreshold The specified tolerated failure threshold was exceeded`
	const input = `{"l":[%s],"c":1,"p":50,"text":"1","share":"50.0","odd":"x","neg":-1,"much":100.1,"half":1.5}`
	good := func(failed int) string { // 4 items, the first of which fail
		items := []string{"0", "1", "2", "3"}
		for i := range failed {
			items[i] = "null"
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	cases := []struct {
		fields string
		failed int
		want   string
	}{
		{``, 0, good(0)}, {``, 1, exceeded},
		{`"ToleratedFailureCount":0,`, 1, exceeded},
		{`"ToleratedFailureCount":1,`, 1, good(1)}, {`"ToleratedFailureCount":1,`, 2, exceeded},
		{`"ToleratedFailureCount":99999999,`, 4, good(4)},
		{`"ToleratedFailurePercentage":0,`, 1, exceeded},
		{`"ToleratedFailurePercentage":50,`, 2, good(2)}, {`"ToleratedFailurePercentage":50,`, 3, exceeded},
		{`"ToleratedFailurePercentage":49.9,`, 2, exceeded}, {`"ToleratedFailurePercentage":100,`, 4, good(4)},
		{`"ToleratedFailureCount":1,"ToleratedFailurePercentage":100,`, 1, good(1)},
		{`"ToleratedFailureCount":1,"ToleratedFailurePercentage":100,`, 2, exceeded},
		{`"ToleratedFailureCount":4,"ToleratedFailurePercentage":25,`, 1, good(1)},
		{`"ToleratedFailureCount":4,"ToleratedFailurePercentage":25,`, 2, exceeded},
		{`"ToleratedFailureCountPath":"$.c",`, 1, good(1)}, {`"ToleratedFailureCountPath":"$.c",`, 2, exceeded},
		{`"ToleratedFailureCountPath":"$.text",`, 1, good(1)},
		{`"ToleratedFailureCountPath":"$.neg",`, 0, `!States.Runtime ToleratedFailureCount cannot be negative.`},
		{`"ToleratedFailureCountPath":"$.odd",`, 0, `!States.Runtime The ToleratedFailureCountPath field refers to value "x" which is not a valid integer: $.odd`},
		{`"ToleratedFailureCountPath":"$.half",`, 0, `!States.Runtime The ToleratedFailureCountPath field refers to value "1.5" which is not a valid integer: $.half`},
		{`"ToleratedFailureCountPath":"$.no",`, 0, `!States.Runtime Invalid path '$.no' : No results for path: $['no']`},
		{`"ToleratedFailurePercentagePath":"$.p",`, 2, good(2)}, {`"ToleratedFailurePercentagePath":"$.share",`, 3, exceeded},
		{`"ToleratedFailurePercentagePath":"$.neg",`, 0, `!States.Runtime ToleratedFailurePercentage must be between 0 and 100.`},
		{`"ToleratedFailurePercentagePath":"$.much",`, 0, `!States.Runtime ToleratedFailurePercentage must be between 0 and 100.`},
		{`"ToleratedFailurePercentagePath":"$.odd",`, 0, `!States.Runtime The ToleratedFailurePercentagePath field refers to value "x" which is not a valid float: $.odd`},
	}
	play := func(definition string, failed int) dag.Outcome {
		w := &world{functions: map[string]behaviour{"S": func(v value.Value) (value.Value, *dag.Failure, time.Duration) {
			if n, _ := v.Int(); int(n) < failed {
				return value.Value{}, &dag.Failure{Error: "E"}, 0
			}
			return v, nil, 0
		}}}
		return play(t, w, definition, fmt.Sprintf(input, "0,1,2,3"))
	}
	for _, c := range cases {
		checkEnd(t, fmt.Sprintf("%s with %d failures", c.fields, c.failed), play(distributed(c.fields+`"ItemsPath":"$.l"`), c.failed), c.want)
	}
	for fields, want := range map[string]string{
		`"ToleratedFailureCount":"{% $states.input.c + 1 %}",`:     good(2),
		`"ToleratedFailureCount":"{% $states.input.c %}",`:         exceeded,
		`"ToleratedFailurePercentage":"{% $states.input.p %}",`:    good(2),
		`"ToleratedFailurePercentage":"{% $states.input.c %}",`:    exceeded,
		`"ToleratedFailureCount":"{% $states.input.neg %}",`:       `!States.QueryEvaluationError ToleratedFailureCount cannot be negative.`,
		`"ToleratedFailurePercentage":"{% $states.input.much %}",`: `!States.QueryEvaluationError ToleratedFailurePercentage must be between 0 and 100.`,
		`"ToleratedFailurePercentage":"{% $states.input.odd %}",`:  `!States.QueryEvaluationError The JSONata expression '$states.input.odd' specified for the field 'ToleratedFailurePercentage' returned an unexpected result type. Expected 'float', but was 'string' for value: "x"`,
	} {
		checkEnd(t, fields, play(jsonata(distributed(fields+`"Items":"{% $states.input.l %}"`)), 2), want)
	}
	caught := `{"StartAt":"S","States":{"S":{` + distributedMap + `"ItemsPath":"$.l","Catch":[{"ErrorEquals":["States.ExceedToleratedFailureThreshold"],"Next":"C"}]},"C":{"Type":"Pass","Result":"caught","End":true}}}`
	checkEnd(t, "caught by name", play(caught, 1), `"caught"`)
}

// Children are executions of their own, standard or express, and as many at a
// time as the Map says.
func TestChildren(t *testing.T) {
	t.Parallel()
	for kind, express := range map[string]bool{"STANDARD": false, "EXPRESS": true} {
		definition := strings.Replace(distributed(`"Label":"l","ItemSelector":{"v.$":"$$.Map.Item.Value"}`), "STANDARD", kind, 1)
		w := &world{functions: map[string]behaviour{"f": list}}
		checkEnd(t, kind, play(t, w, definition, `[1,2]`), `[[{"v":1}],[{"v":2}]]`)
		if want := []string{`S {"v":1}`, `f {"v":1}`, `S {"v":2}`, `f {"v":2}`}; !slices.Equal(w.calls, want) {
			t.Errorf("%s: calls %q, want %q", kind, w.calls, want)
		}
		if r := w.invokes[0].Resource; r.Kind != dag.ChildResource || r.Express != express {
			t.Errorf("%s: a child is %+v", kind, r)
		}
	}
	for fields, want := range map[string]int{
		``: 5, `"MaxConcurrency":0`: 5, `"MaxConcurrency":1`: 1, `"MaxConcurrency":3`: 3, `"MaxConcurrency":20000`: 5, `"MaxConcurrencyPath":"$.n"`: 2, `"MaxConcurrencyPath":"$.text"`: 2,
	} {
		w := &world{functions: map[string]behaviour{"S": func(v value.Value) (value.Value, *dag.Failure, time.Duration) { return v, nil, time.Second }}}
		checkEnd(t, fields, play(t, w, distributed(strings.TrimSuffix(`"ItemsPath":"$.l",`+fields, ",")), `{"l":[1,2,3,4,5],"n":2,"text":"2"}`), `[1,2,3,4,5]`)
		if w.most != want {
			t.Errorf("%s: %d at a time, want %d", fields, w.most, want)
		}
	}
	own := strings.Replace(distributed(`"ItemsPath":"$.l"`), `"Type":"Task","Resource":"f"`, `"Type":"Pass","Parameters":{"id.$":"$$.Execution.Id","in.$":"$$.Execution.Input","s.$":"$$.State.Name"}`, 1)
	checkEnd(t, "the context of a child", play(t, &world{}, own, `{"l":[7]}`), `[{"id":"e/c1","in":7,"s":"I"}]`)
	nested := one(`"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},"StartAt":"M","States":{"M":` +
		"{" + distributedMap + `"ResultSelector":{"r.$":"$[*]"}}` + `}}`)
	checkEnd(t, "within a child", play(t, &world{functions: map[string]behaviour{"f": list}}, nested, `[[1,2],[3]]`), `[{"r":[[1],[2]]},{"r":[[3]]}]`)
	checkEnd(t, "a child that fails", play(t, &world{functions: map[string]behaviour{"f": fails("E", 0)}}, distributed(`"ToleratedFailureCount":1`), `[1]`), `[null]`)
	checkEnd(t, "the mode INLINE", play(t, &world{functions: map[string]behaviour{"f": fails("E", 0)}}, strings.Replace(distributed(`"Comment":""`), `"DISTRIBUTED","ExecutionType":"STANDARD"`, `"INLINE"`, 1), `[1]`), `!E because`)
}

// An inline Map without a MaxConcurrency of its own runs 40 items at a time, and
// fails with the first of them.
func TestInlineMap(t *testing.T) {
	t.Parallel()
	const inline = `"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Task","Resource":"f","End":true}}}`
	second := func(v value.Value) (value.Value, *dag.Failure, time.Duration) {
		if n, _ := v.Int(); n == 3 {
			return value.Value{}, &dag.Failure{Error: "E"}, time.Second
		}
		return v, nil, 2 * time.Second
	}
	for fields, want := range map[string]int{``: 40, `,"MaxConcurrency":0`: 40, `,"MaxConcurrency":41`: 41, `,"MaxConcurrency":1`: 1} {
		w := &world{functions: map[string]behaviour{"f": second}}
		if o := play(t, w, one(inline+fields), "["+strings.Repeat("1,", 99)+"1]"); o.Output.Len() != 100 || w.most != want {
			t.Errorf("%s: %d at a time, want %d (%s)", fields, w.most, want, ended(o))
		}
	}
	w := &world{functions: map[string]behaviour{"f": second}}
	checkEnd(t, "the first failure", play(t, w, one(inline), `[1,2,3,4]`), `!E`)
	if w.now.Sub(epoch) != time.Second {
		t.Errorf("the first failure took %s", w.now.Sub(epoch))
	}
	w = &world{functions: map[string]behaviour{"f": second}}
	checkEnd(t, "in turn", play(t, w, one(inline+`,"MaxConcurrency":1`), `[1,2,3,4]`), `!E`)
	if len(w.calls) != 3 {
		t.Errorf("in turn: %d calls", len(w.calls))
	}
	for fields, want := range map[string]string{
		`"ItemsPath":"$$.Execution.Input.l"`: `[1,2]`, `"ItemsPath":"$$.Execution.Input.o"`: `!States.Runtime Reference path "$.Execution.Input.o" must point to array.`,
		`"ItemsPath":"$.o"`: `[5]`, `"ItemsPath":"$.n"`: `!States.Runtime Reference path "$.n" must point to array.`, `"ItemsPath":"$.no"`: `!States.Runtime Invalid path '$.no' : No results for path: $['no']`,
		`"InputPath":"$.n"`: `!States.Runtime Reference path "$" must point to array.`, `"InputPath":"$.l"`: `[1,2]`, `"ItemsPath":"$.l[1]"`: `!States.Runtime Reference path "$.l[1]" must point to array.`,
		`"ItemsPath":"$.l","Parameters":{"k.$":"$.n"}`: `[{"k":7},{"k":7}]`,
	} {
		checkEnd(t, fields, play(t, &world{functions: map[string]behaviour{"f": echo}}, one(inline+","+fields), `{"l":[1,2],"o":{"a":5},"n":7}`), want)
	}
}

func TestDistributedProblems(t *testing.T) {
	t.Parallel()
	const reader = `"Resource":"arn:aws:states:::s3:getObject","Parameters":{}`
	name := func(n int) string { return strings.Repeat("ä", n) }
	for fields, want := range map[string]string{
		`"Label":"` + name(40) + `"`: "", `"Label":"` + name(41) + `"`: "ASL014", `"Label":""`: "ASL014", `"Label":"a b"`: "ASL014", `"Label":"a?"`: "ASL014", `"Label":"a\u0085"`: "ASL014", `"Label":"a\u0012"`: "ASL014", `"Label":"a\u0099"`: "ASL014", `"Label":"a-b.c_d"`: "", `"Label":1`: "ASL005",
		`"MaxConcurrency":-1`: "ASL009", `"MaxConcurrency":1,"MaxConcurrencyPath":"$.a"`: "ASL008", `"MaxConcurrencyPath":"$.a[*]"`: "ASL021",
		`"ToleratedFailureCount":-1`: "ASL009", `"ToleratedFailureCount":1.5`: "ASL009", `"ToleratedFailureCount":1,"ToleratedFailureCountPath":"$.a"`: "ASL008",
		`"ToleratedFailurePercentage":100`: "", `"ToleratedFailurePercentage":33.3`: "", `"ToleratedFailurePercentage":100.1`: "ASL009", `"ToleratedFailurePercentage":-0.1`: "ASL009", `"ToleratedFailurePercentage":"50"`: "ASL005",
		`"ToleratedFailurePercentagePath":"$.a","ToleratedFailurePercentage":1`: "ASL008", `"ToleratedFailurePercentagePath":"$.a..b"`: "ASL021",

		`"ItemReader":1`: "ASL005", `"ItemReader":{"Resource":"f","Parameters":{},"ReaderConfig":{"InputType":"JSON"}}`: "ASL093", `"ItemReader":{` + reader + `}`: "ASL006",
		`"ItemReader":{"Parameters":{},"ReaderConfig":{"InputType":"JSON"}}`: "ASL006", `"ItemReader":{"Resource":1,"Parameters":{},"ReaderConfig":{"InputType":"JSON"}}`: "ASL005",
		`"ItemReader":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{},"ReaderConfig":{"InputType":"JSON"}}`: "ASL093",
		`"ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"b"}}`:                     "", `"ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket":"b"},"ReaderConfig":{"MaxItems":1}}`: "",
		`"ItemReader":{` + reader + `,"ReaderConfig":1}`: "ASL005", `"ItemReader":{` + reader + `,"ReaderConfig":{}}`: "ASL006", `"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"XML"}}`: "ASL009",
		`"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"CSV"}}`: "ASL006", `"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"}}`: "",
		`"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"GIVEN"}}`: "ASL006", `"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"LAST"}}`: "ASL009",
		`"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["a",1]}}`: "ASL005", `"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":"a"}}`: "ASL005",
		`"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"JSON","CSVDelimiter":","}}`: "ASL009", `"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"JSON","ItemsPointer":"a"}}`: "ASL009",
		`"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"JSON","ManifestType":"X"}}`: "ASL009",
		`"ItemReader":{` + reader + `,"ReaderConfig":{"ManifestType":"S3_INVENTORY"}}`:         "", `"ItemReader":{` + reader + `,"ReaderConfig":{"ManifestType":"ATHENA_DATA"}}`: "ASL006", `"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"JSON","Transformation":"X"}}`: "ASL009",
		`"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"JSON","MaxItems":100000000}}`: "", `"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"JSON","MaxItems":100000001}}`: "ASL009", `"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"JSON","MaxItems":-1}}`: "ASL009",
		`"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"JSON","MaxItems":1,"MaxItemsPath":"$.a"}}`: "ASL008", `"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"JSON","Odd":1}}`: "ASL007",
		`"ItemReader":{"Arguments":{},` + reader + `,"ReaderConfig":{"InputType":"JSON"}}`: "ASL007",

		`"ItemBatcher":[]`: "ASL005", `"ItemBatcher":{}`: "ASL006", `"ItemBatcher":{"BatchInput":{}}`: "ASL006", `"ItemBatcher":{"MaxItemsPerBatch":0}`: "ASL009", `"ItemBatcher":{"MaxItemsPerBatch":1,"BatchInput":1}`: "ASL005",
		`"ItemBatcher":{"MaxInputBytesPerBatch":262144}`: "", `"ItemBatcher":{"MaxInputBytesPerBatch":262145}`: "ASL009", `"ItemBatcher":{"MaxItemsPerBatch":1,"MaxItemsPerBatchPath":"$.a"}`: "ASL008",
		`"ItemBatcher":{"MaxItemsPerBatchPath":"$.a"}`: "", `"ItemBatcher":{"MaxInputBytesPerBatchPath":"$.a"}`: "", `"ItemBatcher":{"MaxItemsPerBatchPath":"$["}`: "ASL020", `"ItemBatcher":{"MaxItemsPerBatch":1,"BatchInput":{"a.$":"x"}}`: "ASL022",

		`"ResultWriter":1`: "ASL005", `"ResultWriter":{}`: "ASL006", `"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject"}`: "ASL006", `"ResultWriter":{"Parameters":{}}`: "ASL006",
		`"ResultWriter":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{}}`: "ASL093", `"ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{}}`: "",
		`"ResultWriter":{"WriterConfig":1}`: "ASL005", `"ResultWriter":{"WriterConfig":{"Transformation":"X"}}`: "ASL009", `"ResultWriter":{"WriterConfig":{"OutputType":"XML"}}`: "ASL009", `"ResultWriter":{"WriterConfig":{"Odd":1}}`: "ASL007",
	} {
		if got := codes(distributed(fields), asl.Options{}); got != want {
			t.Errorf("%s: got %s, want %s", fields, got, want)
		}
	}
	for config, want := range map[string]string{
		`{"Mode":"INLINE"}`: "", `{}`: "", `1`: "ASL005", `{"Mode":"distributed"}`: "ASL009", `{"ExecutionType":"STANDARD"}`: "ASL008", `{"Mode":"DISTRIBUTED"}`: "ASL006",
		`{"Mode":"DISTRIBUTED","ExecutionType":"X"}`: "ASL009", `{"Mode":"DISTRIBUTED","ExecutionType":1}`: "ASL005", `{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"}`: "", `{"Mode":"INLINE","Odd":1}`: "ASL007",
	} {
		text := one(`"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":` + config + `,"StartAt":"I","States":{"I":{"Type":"Succeed"}}}`)
		if got := codes(text, asl.Options{}); got != want {
			t.Errorf("%s: got %s, want %s", config, got, want)
		}
	}
	const processor = `"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Succeed"}}},`
	for fields, want := range map[string]string{
		`"ItemReader":{` + reader + `,"ReaderConfig":{"InputType":"JSON"}}`: "ASL041", `"ItemBatcher":{"MaxItemsPerBatch":1}`: "ASL041", `"ResultWriter":{"WriterConfig":{}}`: "ASL041", `"Label":"l"`: "ASL041",
		`"ToleratedFailureCount":1`: "ASL041", `"ToleratedFailurePercentagePath":"$.a"`: "ASL041", `"ItemSelector":{},"Parameters":{}`: "ASL008", `"ItemsPath":"$[*]"`: "ASL021",
		`"Iterator":{"StartAt":"J","States":{"J":{"Type":"Succeed"}}}`: "ASL008",
	} {
		if got := codes(one(processor+fields), asl.Options{}); got != want {
			t.Errorf("inline: %s: got %s, want %s", fields, got, want)
		}
	}
}
