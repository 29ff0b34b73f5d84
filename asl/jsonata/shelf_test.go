package jsonata

import (
	"reflect"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/dag/value"
)

// Nothing of an evaluation remains in the memory that it leaves, and what is
// large does not remain at all.
func TestMemoryIsLeftEmpty(t *testing.T) {
	t.Parallel()
	input := value.OfObject(
		value.Member{Key: "a", Value: value.Raw([]byte(`[` + strings.Repeat(`{"b":[1,{"c":"long"}]},`, 2000) + `null]`))},
		value.Member{Key: "b", Value: value.Raw([]byte(`[{"b":"x"},{"b":"y"}]`))},
	)
	e := &evaluation{}
	for _, text := range []string{
		`b.b`, `b{b: $count($)}`, `a[b[0] = 1].b[1].c & "x"`, `$map([1..50], function($i){ ($x := $i; $f := function(){ $x & "s" }; $f()) })`,
		`($f := function($n){ $n = 0 ? 1 / "x" : [$n, $f($n - 1)] }; $f(100))`, `b@$o.b^(>$o.b)`, `$string(a) & $join(a.b.c)`, `b ~> |$|{"c": [1]}|`,
		`1 & (2 / "x")`, `$replace($string(b), /[a-z]/, function($m){ $m.match & "!" })`,
	} {
		x, err := Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = e.run(x, input, Env{}) // some fail
		e.empty()
		rest := *e
		rest.memory = memory{}
		if !reflect.ValueOf(rest).IsZero() {
			t.Errorf("after %s the evaluation is %+v", text, rest)
		}
		m := reflect.ValueOf(e.memory)
		for i := range m.NumField() {
			list := m.Field(i)
			if name := m.Type().Field(i).Name; list.Kind() == reflect.Struct {
				list = list.FieldByName("chunk")
				if room := m.Field(i).FieldByName("room"); room.Len() != list.Len() {
					t.Errorf("after %s, %s has room for %d of %d", text, name, room.Len(), list.Len())
				}
			} else if name == "scratch" || name == "out" { // bytes hold nothing alive
				if list.Cap() > mostScratch {
					t.Errorf("after %s, %s keeps %d bytes", text, name, list.Cap())
				}
				continue
			}
			if list.Cap() > lastChunk {
				t.Errorf("after %s, %s keeps %d", text, m.Type().Field(i).Name, list.Cap())
			}
			list = list.Slice(0, list.Cap())
			for k := range list.Len() {
				if !list.Index(k).IsZero() {
					t.Fatalf("after %s, element %d of %s is %v", text, k, m.Type().Field(i).Name, list.Index(k))
				}
			}
		}
	}
}
