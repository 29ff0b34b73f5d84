package asl

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/serverledge/serverledge/dag/value"
)

// anyNumber of arguments.
const anyNumber = math.MaxInt

const formatName = "States.Format"

// functions returns the intrinsic function of a name.
func functions(name string) (function, bool) {
	const (
		free   = value.Absent
		text   = value.String
		number = value.Number
		array  = value.Array
		truth  = value.Bool
		object = value.Object
	)
	kinds := func(k ...value.Kind) []value.Kind { return k }
	var f function
	switch name {
	case formatName:
		f = function{least: 1, most: anyNumber, words: true, kinds: kinds(text), apply: plain(formatAll)}
	case "States.StringToJson":
		f = function{least: 1, most: 1, kinds: kinds(text), apply: plain(stringToJSON)}
	case "States.JsonToString":
		f = function{least: 1, most: 1, words: true, apply: plain(func(a []value.Value) (value.Value, error) {
			return value.OfString(a[0].String()), nil
		})}
	case "States.Array":
		f = function{most: anyNumber, apply: plain(func(a []value.Value) (value.Value, error) { return value.OfArray(a...), nil })}
	case "States.ArrayPartition":
		f = function{least: 2, most: 2, kinds: kinds(array, number), apply: plain(arrayPartition)}
	case "States.ArrayContains":
		f = function{least: 2, most: 2, kinds: kinds(array, free), apply: plain(arrayContains)}
	case "States.ArrayRange":
		f = function{least: 3, most: 3, kinds: kinds(number, number, number), apply: arrayRange}
	case "States.ArrayGetItem":
		f = function{least: 2, most: 2, words: true, kinds: kinds(array, number), apply: plain(arrayGetItem)}
	case "States.ArrayLength":
		f = function{least: 1, most: 1, kinds: kinds(array), apply: plain(arrayLength)}
	case "States.ArrayUnique":
		f = function{least: 1, most: 1, kinds: kinds(array), apply: plain(arrayUnique)}
	case "States.Base64Encode":
		f = function{least: 1, most: 1, words: true, kinds: kinds(text), apply: base64Encode}
	case "States.Base64Decode":
		f = function{least: 1, most: 1, words: true, kinds: kinds(text), apply: base64Decode}
	case "States.Hash":
		f = function{least: 2, most: 2, words: true, kinds: kinds(free, text), apply: hash}
	case "States.JsonMerge":
		f = function{least: 3, most: 3, kinds: kinds(object, object, truth), apply: plain(jsonMerge)}
	case "States.MathRandom":
		f = function{least: 2, most: 3, kinds: kinds(number, number, number), apply: mathRandom}
	case "States.MathAdd":
		f = function{least: 2, most: 2, kinds: kinds(number, number), apply: plain(mathAdd)}
	case "States.StringSplit":
		f = function{least: 2, most: 2, kinds: kinds(text, text), apply: plain(stringSplit)}
	case "States.UUID":
		f = function{words: true, apply: uuid}
	default:
		return f, false
	}
	return f, true
}

// plain is a function that looks at its arguments only.
func plain(apply func([]value.Value) (value.Value, error)) func(*scope, []value.Value) (value.Value, error) {
	return func(_ *scope, args []value.Value) (value.Value, error) { return apply(args) }
}

// want checks the kind of an argument.
func want(args []value.Value, i int, kind value.Kind) error {
	if args[i].Kind() != kind {
		return fmt.Errorf("argument %d must be %s, not %s", i+1, article(kind), article(args[i].Kind()))
	}
	return nil
}

// formatAll fills the {} of a text.
func formatAll(args []value.Value) (value.Value, error) {
	if err := want(args, 0, value.String); err != nil {
		return value.Value{}, err
	}
	_, n := format(args[0].Text(), nil)
	if n != len(args)-1 {
		return value.Value{}, fmt.Errorf("the text has %d {} for %d values", n, len(args)-1)
	}
	text, _ := format(args[0].Text(), args[1:])
	return value.OfString(text), nil
}

// format fills the {} of a text with values, as long as there are any, and
// counts them. Escaped braces stand for themselves.
func format(text string, values []value.Value) (string, int) {
	var b strings.Builder
	n := 0
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && strings.IndexByte(`'{}\`, text[i+1]) >= 0:
			i++
			b.WriteByte(text[i])
		case strings.HasPrefix(text[i:], "{}"):
			if n < len(values) {
				javaText(&b, values[n])
			}
			n++
			i++
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String(), n
}

// javaText writes a value as AWS does: strings bare, objects as {k=v, k=v}.
func javaText(b *strings.Builder, v value.Value) {
	switch v.Kind() {
	case value.String:
		b.WriteString(v.Text())
	case value.Array:
		b.WriteByte('[')
		for i, item := range v.Elements() {
			if i > 0 {
				b.WriteString(", ")
			}
			javaText(b, item)
		}
		b.WriteByte(']')
	case value.Object:
		b.WriteByte('{')
		first := true
		for key, item := range v.Members() {
			if !first {
				b.WriteString(", ")
			}
			first = false
			b.WriteString(key + "=")
			javaText(b, item)
		}
		b.WriteByte('}')
	case value.Absent, value.Null, value.Bool, value.Number:
		b.WriteString(v.String())
	}
}

func stringToJSON(args []value.Value) (value.Value, error) {
	if err := want(args, 0, value.String); err != nil {
		return value.Value{}, err
	}
	text := strings.TrimSpace(args[0].Text())
	switch text {
	case "":
		return value.NullValue, nil
	case "-0":
		return value.OfInt(0), nil
	}
	v, err := value.Parse([]byte(text))
	if err != nil {
		return value.Value{}, fmt.Errorf("the text is not JSON: %w", err)
	}
	return v, nil
}

// stringSplit splits at every character of the second argument and drops
// empty pieces.
func stringSplit(args []value.Value) (value.Value, error) {
	if err := errors.Join(want(args, 0, value.String), want(args, 1, value.String)); err != nil {
		return value.Value{}, err
	}
	delimiters := args[1].Text()
	var pieces []value.Value
	for _, piece := range strings.FieldsFunc(args[0].Text(), func(r rune) bool { return strings.ContainsRune(delimiters, r) }) {
		pieces = append(pieces, value.OfString(piece))
	}
	return value.OfArray(pieces...), nil
}

func jsonMerge(args []value.Value) (value.Value, error) {
	err := errors.Join(want(args, 0, value.Object), want(args, 1, value.Object), want(args, 2, value.Bool))
	if err != nil {
		return value.Value{}, err
	}
	return merge(args[0], args[1], args[2].Bool()), nil
}

// merge joins two objects; b wins, unless both hold objects and deep is set.
func merge(a, b value.Value, deep bool) value.Value {
	var members []value.Member
	for key, v := range a.Members() {
		members = append(members, value.Member{Key: key, Value: v})
	}
	for key, v := range b.Members() {
		if old := a.Get(key); deep && old.Kind() == value.Object && v.Kind() == value.Object {
			v = merge(old, v, deep)
		}
		members = append(members, value.Member{Key: key, Value: v})
	}
	return value.OfObject(members...)
}
