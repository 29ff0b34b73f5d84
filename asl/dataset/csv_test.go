package dataset_test

import (
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl/dataset"
)

var firstRow = dataset.Config{InputType: dataset.CSV, HeaderLocation: dataset.FirstRow}

func given(headers ...string) dataset.Config {
	return dataset.Config{InputType: dataset.CSV, HeaderLocation: dataset.Given, Headers: headers}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	with := func(d dataset.Delimiter) dataset.Config {
		c := firstRow
		c.Delimiter = d
		return c
	}
	for name, c := range map[string]struct {
		config     dataset.Config
		text, want string
	}{
		"plain":                          {firstRow, "a,b\n1,2\n3,4\n", `[{"a":"1","b":"2"},{"a":"3","b":"4"}]`},
		"no end of line":                 {firstRow, "a,b\n1,2", `[{"a":"1","b":"2"}]`},
		"values stay text":               {firstRow, "a,b\ntrue,null\n1.50,\n", `[{"a":"true","b":"null"},{"a":"1.50","b":""}]`},
		"headers stay text":              {firstRow, "1,true\nx,y\n", `[{"1":"x","true":"y"}]`},
		"too many cells":                 {firstRow, "a\n1,2,3\n", `[{"a":"1"}]`},
		"too few cells":                  {firstRow, "a,b,c\n1\n", `[{"a":"1","b":"","c":""}]`},
		"empty header":                   {firstRow, "a,\n1,2\n", `[{"a":"1","":"2"}]`},
		"bare commas":                    {firstRow, "a,b\n,,,\n", `[{"a":"","b":""}]`},
		"blanks are kept":                {firstRow, "a, b\n   \n x ,y \n", `[{"a":"   "," b":""},{"a":" x "," b":"y "}]`},
		"empty lines":                    {firstRow, "a,b\n\n1,2\n\r\n\n", `[{"a":"1","b":"2"}]`},
		"quotes":                         {firstRow, "a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"two\nlines\",z\n", `[{"a":"x,y","b":"say \"hi\""},{"a":"two\nlines","b":"z"}]`},
		"a quote inside":                 {firstRow, "a,b\n5\" disk,'x'\n", `[{"a":"5\" disk","b":"'x'"}]`},
		"carriage returns":               {firstRow, "a,b\r\n1,2\r\n", `[{"a":"1","b":"2"}]`},
		"byte-order mark":                {firstRow, "\ufeffa,b\n1,2\n", `[{"a":"1","b":"2"}]`},
		"escapes":                        {firstRow, "a\n\\\t<é>\x01\n", `[{"a":"\\\t<é>\u0001"}]`},
		"nothing":                        {firstRow, "", `[]`},
		"headers only":                   {firstRow, "a,b\n", `[]`},
		"given":                          {given("x", "y"), "1,2\n3\n", `[{"x":"1","y":"2"},{"x":"3","y":""}]`},
		"given, nothing":                 {given("x"), "", `[]`},
		"given, empty header":            {given(""), "1\n", `[{"":"1"}]`},
		"pipe":                           {with(dataset.Pipe), "a|b,c\n1|2,3\n", `[{"a":"1","b,c":"2,3"}]`},
		"semicolon":                      {with(dataset.Semicolon), "a;b\n1;2\n", `[{"a":"1","b":"2"}]`},
		"space":                          {with(dataset.Space), "a b\n1 2\n", `[{"a":"1","b":"2"}]`},
		"tab":                            {with(dataset.Tab), "a\tb\n1\t2\n", `[{"a":"1","b":"2"}]`},
		"comma":                          {with(dataset.Comma), "a,b\n1,2\n", `[{"a":"1","b":"2"}]`},
		"names that only differ in case": {firstRow, "a,A\n1,2\n", `[{"a":"1","A":"2"}]`},
	} {
		got, err := decode(c.config, c.text)
		check(t, name, got, err, c.want)
		got, err = decode(c.config, zipped(t, c.text))
		check(t, name+", zipped", got, err, c.want)
	}
}

func TestCSVRefuses(t *testing.T) {
	t.Parallel()
	_, err := decode(firstRow, "a,b,a\n1,2,3\n")
	if err == nil || err.Error() != "CSV headers cannot contain duplicates." {
		t.Errorf("got %v", err)
	}
	_, err = decode(given("H1", "H1"), "1,2\n")
	if err == nil || err.Error() != "CSV headers cannot contain duplicates." {
		t.Errorf("got %v", err)
	}
	_, err = decode(firstRow, ",\n1,2\n")
	refused(t, "two empty headers", err, "duplicates")
	got, err := decode(firstRow, "a\n1\n\xff\n")
	refused(t, "no UTF-8", err, "line 3 is not valid UTF-8")
	if got != `[{"a":"1"}]` {
		t.Errorf("before it: %s", got)
	}
	_, err = decode(firstRow, strings.Repeat("h", dataset.MaxHeader+1)+"\n1\n")
	refused(t, "long header", err, "10240 bytes")
	got, err = decode(firstRow, strings.Repeat("h", dataset.MaxHeader)+"\n")
	check(t, "longest header", got, err, "[]")
}

// The size of a row, at the limit and one past; and a quote that never ends
// takes no more memory than that.
func TestCSVLimits(t *testing.T) {
	t.Parallel()
	const record = 1000
	read := func(text string) (string, error) {
		r := dataset.Reader{Bucket: "b", Key: "k", Config: given("h"), Limits: dataset.Limits{Record: record, Object: 1 << 20}}
		return collect(r.Items(bucket{"k": text}))
	}
	cell := strings.Repeat("x", record-1)
	got, err := read(cell + "\n" + cell + "\n")
	check(t, "at the limit", got, err, `[{"h":"`+cell+`"},{"h":"`+cell+`"}]`)
	_, err = read(cell + "\n" + cell + "x\n")
	refused(t, "one past", err, "line 2 has more than 1000 bytes")
	_, err = read("\"" + strings.Repeat("x\n", 500_000))
	refused(t, "open quote", err, "more than 1000 bytes")

	line := strings.Repeat("y", 99) + "\n"
	whole := strings.Repeat(line, (1<<20)/100)
	whole += strings.Repeat("z", 1<<20-len(whole))
	if _, err := read(whole); err != nil {
		t.Errorf("an object at the limit: %v", err)
	}
	_, err = read(whole + "z")
	refused(t, "an object one past", err, "more than 1048576 bytes")
	_, err = read(zipped(t, whole+"z"))
	refused(t, "a zipped one", err, "more than 1048576 bytes")
}
