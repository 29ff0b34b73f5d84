package dataset_test

import (
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl/dataset"
	"github.com/serverledge/serverledge/dag/value"
)

func pointer(p string) dataset.Config {
	return dataset.Config{InputType: dataset.JSON, ItemsPointer: p}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	const nested = `{"a":{"items":[1,{"b":2}]},"list":[[1,2],[3,[4,5]]],"":{"":7},"a/b":[8],"m~n":[9],"0":[10]}`
	for name, c := range map[string]struct {
		pointer, text, want string
	}{
		"array":              {"", ` [ 1 , "two" , { "three" : [ ] } , null , true , -1.50e3 ] `, `[1,"two",{"three":[]},null,true,-1.50e3]`},
		"empty array":        {"", "[]", "[]"},
		"array of arrays":    {"", `[["x"]]`, `[["x"]]`},
		"object":             {"", `{"a":{"x":1},"b":2}`, `[{"Key":"a","Value":{"x":1}},{"Key":"b","Value":2}]`},
		"empty object":       {"", "{}", "[]"},
		"brackets in text":   {"", `["]","}\"[",{"}":"]\\"}]`, `["]","}\"[",{"}":"]\\"}]`},
		"byte-order mark":    {"", "\ufeff[1]", "[1]"},
		"into an object":     {"/a/items", nested, `[1,{"b":2}]`},
		"into an array":      {"/list/1", nested, `[3,[4,5]]`},
		"deep in an array":   {"/list/1/1", nested, `[4,5]`},
		"an object selected": {"/a", nested, `[{"Key":"items","Value":[1,{"b":2}]}]`},
		"empty names":        {"/", nested, `[{"Key":"","Value":7}]`},
		"escaped slash":      {"/a~1b", nested, `[8]`},
		"escaped tilde":      {"/m~0n", nested, `[9]`},
		"a number as a name": {"/0", nested, `[10]`},
		"escaped key":        {"/k", `{"\u006b":[1]}`, `[1]`},
		"text after it":      {"/a", `{"a":[1]} never looked at`, `[1]`},
	} {
		got, err := decode(pointer(c.pointer), c.text)
		check(t, name, got, err, c.want)
		got, err = decode(pointer(c.pointer), zipped(t, c.text))
		check(t, name+", zipped", got, err, c.want)
	}
}

func TestJSONRefuses(t *testing.T) {
	t.Parallel()
	const notIterable, noMatch = "Attempting to map over non-iterable node.", "The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure."
	for _, text := range []string{"1", `"text"`, "null", "true", "", "  "} {
		if _, err := decode(pointer(""), text); err == nil || err.Error() != notIterable {
			t.Errorf("%q: got %v", text, err)
		}
	}
	if _, err := decode(pointer("/a"), `{"a":1}`); err == nil || err.Error() != notIterable {
		t.Errorf("a scalar selected: got %v", err)
	}
	for p, text := range map[string]string{"/b": `{"a":[]}`, "/a/b": `{"a":[1]}`, "/2": "[[],[]]", "/-": "[[]]", "/01": "[[],[]]", "/x": `"x"`, "/a/x": `{"a":null}`} {
		if _, err := decode(pointer(p), text); err == nil || err.Error() != noMatch {
			t.Errorf("%s in %s: got %v", p, text, err)
		}
	}
	for _, p := range []string{"a", "a/b", "/~", "/~2", "/a~", "/~0~"} {
		_, err := decode(pointer(p), `{}`)
		refused(t, p, err, "JSON Pointer")
	}
	for text, want := range map[string]string{
		"[1":                     "ends too early",
		"[":                      "ends too early",
		"{":                      "ends too early",
		`{"a"`:                   "ends too early",
		`{"a":`:                  "ends too early",
		`["x`:                    "ends too early",
		`[1,]`:                   "unexpected ']'",
		`[,1]`:                   "unexpected ','",
		`[1 2]`:                  "unexpected '2' at byte 3",
		`{"a":1,}`:               "where a key should be",
		`{1:2}`:                  "where a key should be",
		`{"a" 1}`:                "where a colon should be",
		`{"a":1 "b":2}`:          "where a comma",
		`[1] 2`:                  "after the end",
		`[nul]`:                  "at byte 1",
		`[1,{"a":01}]`:           "at byte 9",
		`[{"a":1,"a":2}]`:        "stands twice",
		"[\"\xff\"]":             "valid UTF-8",
		`["\ud800"]`:             "surrogate",
		`{"a":[1`:                "ends too early",
		strings.Repeat("[", 100): "ends too early",
		"[" + strings.Repeat("[", 64) + strings.Repeat("]", 64) + "]": "",
		"[" + strings.Repeat("[", 65) + strings.Repeat("]", 65) + "]": "deeper than 64",
	} {
		_, err := decode(pointer(""), text)
		if want == "" {
			if err != nil {
				t.Errorf("%q: got %v", text, err)
			}
			continue
		}
		refused(t, text, err, want)
	}
	// what is skipped is looked at too
	for _, text := range []string{`{"x":nul,"a":[1]}`, `{"x":{"y":[1,]},"a":[1]}`, `{"x":` + strings.Repeat("[", 1_000_000), `{"x":"` + strings.Repeat("y", dataset.MaxRecord) + `","a":[1]}`} {
		if _, err := decode(pointer("/a"), text); err == nil {
			t.Errorf("%.40s: was taken", text)
		}
	}
	_, err := decode(pointer("/a"), `{"x":`+strings.Repeat("[", 100))
	refused(t, "a deep one that is skipped", err, "deeper than 64")
}

// A large document that is skipped is not held.
func TestJSONSkipsMuch(t *testing.T) {
	t.Parallel()
	text := `{"x":[` + strings.Repeat(`{"y":[1,2,"three"]},`, 200_000) + `0],"a":[7]}`
	got, err := decode(pointer("/a"), text)
	check(t, "skipped", got, err, "[7]")
	text = "[" + strings.Repeat(" \n", 2_000_000) + "1]"
	got, err = decode(pointer(""), text)
	check(t, "blanks", got, err, "[1]")
}

func TestJSONLimits(t *testing.T) {
	t.Parallel()
	const record = 1000
	read := func(text string) (string, error) {
		r := dataset.Reader{Bucket: "b", Key: "k", Config: pointer(""), Limits: dataset.Limits{Record: record, Object: 1 << 20}}
		return collect(r.Items(bucket{"k": text}))
	}
	longest := `"` + strings.Repeat("x", record-2) + `"`
	got, err := read("[1," + longest + "]")
	check(t, "at the limit", got, err, "[1,"+longest+"]")
	_, err = read(`[1,"x` + longest[1:] + "]")
	refused(t, "one past", err, "more than 1000 bytes")
	_, err = read(`["` + strings.Repeat("x", 1<<19))
	refused(t, "open string", err, "more than 1000 bytes")
	_, err = read("[" + strings.Repeat("1,", 1<<19) + "1]")
	refused(t, "object", err, "more than 1048576 bytes")
}

func TestJSONTokens(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("0,", value.MaxTokens) + "0"
	if _, err := decode(pointer(""), "["+many+"]"); err != nil {
		t.Errorf("an array of many: %v", err)
	}
	_, err := decode(pointer(""), "[["+many+"]]")
	refused(t, "an item of many", err, "more than 200000")
}

func TestJSONL(t *testing.T) {
	t.Parallel()
	lines := dataset.Config{InputType: dataset.JSONL}
	for name, c := range map[string]struct{ text, want string }{
		"plain":            {"{\"a\":1}\n2\n\"three\"\n[4]\nnull\n", `[{"a":1},2,"three",[4],null]`},
		"no end of line":   {"1\n2", "[1,2]"},
		"blank lines":      {"\n1\n  \n\r\n2\r\n\n", "[1,2]"},
		"blanks":           {" { \"a\" : 1 } \n", `[{"a":1}]`},
		"nothing":          {"", "[]"},
		"byte-order mark":  {"\ufeff1\n", "[1]"},
		"longer than read": {`"` + strings.Repeat("x", 200_000) + "\"\n2\n", `["` + strings.Repeat("x", 200_000) + `",2]`},
	} {
		got, err := decode(lines, c.text)
		check(t, name, got, err, c.want)
		got, err = decode(lines, zipped(t, c.text))
		check(t, name+", zipped", got, err, c.want)
	}
	got, err := decode(lines, "1\n2 3\n4\n")
	refused(t, "two in a line", err, "line 2 is not JSON")
	if got != "[1]" {
		t.Errorf("before it: %s", got)
	}
	_, err = decode(lines, "\n{\"a\":\n1}\n")
	refused(t, "an object in lines", err, "line 2 is not JSON")

	const record = 1000
	read := func(text string) (string, error) {
		r := dataset.Reader{Bucket: "b", Key: "k", Config: lines, Limits: dataset.Limits{Record: record, Object: 1 << 20}}
		return collect(r.Items(bucket{"k": text}))
	}
	longest := `"` + strings.Repeat("x", record-2) + `"`
	got, err = read(longest + "\r\n" + longest)
	check(t, "at the limit", got, err, "["+longest+","+longest+"]")
	_, err = read("1\n" + longest + " \n")
	refused(t, "one past", err, "line 2 has more than 1000 bytes")
	_, err = read(strings.Repeat("x", 1<<20))
	refused(t, "no end of line", err, "line 1 has more than 1000 bytes")
	_, err = read(strings.Repeat("1\n", 1<<19) + "1")
	refused(t, "object", err, "more than 1048576 bytes")
}
