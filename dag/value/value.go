// Package value holds immutable JSON documents.
//
// A Value keeps the text it came from, decodes it at most once and only when
// something looks inside, keeps the order of keys, and never rounds a number
// through float64 unless a caller asks for a float. It is safe for concurrent
// use. It is not a general JSON library: structs are coded with encoding/json.
package value

import (
	"bytes"
	"encoding/json"
	"iter"
	"math/big"
	"strconv"
	"strings"
	"sync/atomic"
)

// Kind is the JSON type of a Value.
type Kind uint8

// The kinds. The zero Value is Absent: it is no document at all.
const (
	Absent Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

var kindNames = [...]string{"absent", "null", "boolean", "number", "string", "array", "object"}

// String returns the kind's name as JSON people say it ("boolean", "array").
func (k Kind) String() string { return kindNames[k] }

// Value is an immutable JSON document. The zero Value is absent, which is
// different from null.
type Value struct{ d *document }

// Member is one key of an object with its value.
type Member struct {
	Key   string
	Value Value
}

// document has a text, a tree, or both; each is made from the other on demand.
type document struct {
	text atomic.Pointer[source]
	tree atomic.Pointer[node]
}

// source is a text with what is known of it.
type source struct {
	bytes []byte
	about atomic.Pointer[about] // nil until somebody asks
}

// node is a decoded level: the children are Values of their own.
type node struct {
	kind    Kind
	boolean bool
	text    string // String: the decoded text; Number: the literal
	items   []Value
	members []Member
	index   map[string]int // set for objects of more than eight members
}

// The constants.
var (
	NullValue   = ofNode(node{kind: Null})
	TrueValue   = ofNode(node{kind: Bool, boolean: true})
	FalseValue  = ofNode(node{kind: Bool})
	EmptyObject = ofNode(node{kind: Object})
	EmptyArray  = ofNode(node{kind: Array})
)

func ofNode(n node) Value {
	d := &document{}
	d.tree.Store(&n)
	return Value{d}
}

// Raw wraps text that is known to be one valid JSON document without blanks
// around it (use Parse for text of unknown origin). The caller gives it up.
func Raw(text []byte) Value {
	if len(text) == 0 {
		return Value{}
	}
	return ofText(text, nil)
}

// ofText makes a value of a text, with one allocation.
func ofText(text []byte, spans []Span) Value {
	both := &struct {
		document
		source
	}{}
	both.bytes = text
	if spans != nil {
		both.about.Store(&about{spans: spans})
	}
	both.text.Store(&both.source)
	return Value{&both.document}
}

// OfBool returns true or false.
func OfBool(b bool) Value {
	if b {
		return TrueValue
	}
	return FalseValue
}

// OfString returns a JSON string.
func OfString(s string) Value { return ofNode(node{kind: String, text: s}) }

// OfInt returns a JSON number.
func OfInt(i int64) Value { return ofNode(node{kind: Number, text: strconv.FormatInt(i, 10)}) }

// OfFloat returns a JSON number in its shortest form; NaN and the infinities,
// which JSON lacks, become null.
func OfFloat(f float64) Value {
	b, err := json.Marshal(f)
	if err != nil {
		return NullValue
	}
	return ofNode(node{kind: Number, text: string(b)})
}

// OfNumber returns the number of a valid JSON literal, kept as written.
func OfNumber(literal string) Value { return ofNode(node{kind: Number, text: literal}) }

// OfArray returns an array. The caller gives up the slice; absent elements
// become null.
func OfArray(items ...Value) Value {
	for i := range items {
		if items[i].d == nil {
			items[i] = NullValue
		}
	}
	return ofNode(node{kind: Array, items: items})
}

// OfObject returns an object with the members in the given order. The caller
// gives up the slice; members with an absent value are left out; of two
// members with one key the last value wins at the first one's place.
func OfObject(members ...Member) Value {
	kept := members[:0]
	var seen map[string]int
	if len(members) > 8 {
		seen = make(map[string]int, len(members))
	}
	for _, m := range members {
		if m.Value.d == nil {
			continue
		}
		at := -1
		if seen != nil {
			if i, ok := seen[m.Key]; ok {
				at = i
			}
		} else {
			for i := range kept {
				if kept[i].Key == m.Key {
					at = i
				}
			}
		}
		if at >= 0 {
			kept[at].Value = m.Value
			continue
		}
		if seen != nil {
			seen[m.Key] = len(kept)
		}
		kept = append(kept, m)
	}
	return ofNode(node{kind: Object, members: kept, index: seen})
}

// Of converts what encoding/json decodes to (nil, bool, float64, int, string,
// json.Number, json.RawMessage, []any, map[string]any with sorted keys) and
// Values into a Value; anything else goes through json.Marshal.
func Of(x any) (Value, error) {
	switch x := x.(type) {
	case nil:
		return NullValue, nil
	case Value:
		return x, nil
	case bool:
		return OfBool(x), nil
	case string:
		return OfString(x), nil
	case int:
		return OfInt(int64(x)), nil
	case json.Number:
		return OfNumber(x.String()), nil
	}
	text, err := json.Marshal(x)
	if err != nil {
		return Value{}, err
	}
	return Parse(text)
}

// IsAbsent tells whether v is no document at all.
func (v Value) IsAbsent() bool { return v.d == nil }

// Kind returns the JSON type of v; it decodes nothing.
func (v Value) Kind() Kind {
	if v.d == nil {
		return Absent
	}
	if t := v.d.text.Load(); t != nil {
		switch t.bytes[0] {
		case '{':
			return Object
		case '[':
			return Array
		case '"':
			return String
		case 't', 'f':
			return Bool
		case 'n':
			return Null
		default:
			return Number
		}
	}
	return v.d.tree.Load().kind
}

// node returns the decoded level of v.
func (v Value) node() *node {
	if n := v.d.tree.Load(); n != nil {
		return n
	}
	n := decode(v.d.text.Load().bytes)
	v.d.tree.CompareAndSwap(nil, n)
	return v.d.tree.Load()
}

// Bool returns the truth of a boolean, false for every other kind.
func (v Value) Bool() bool { return v.Kind() == Bool && v.node().boolean }

// Text returns the characters of a string, "" for every other kind.
func (v Value) Text() string {
	if v.Kind() != String {
		return ""
	}
	return v.node().text
}

// Literal returns a number as written, "" for every other kind.
func (v Value) Literal() string {
	if v.Kind() != Number {
		return ""
	}
	return v.node().text
}

// Float returns a number as the nearest float64, 0 for every other kind.
func (v Value) Float() float64 {
	f, _ := strconv.ParseFloat(v.Literal(), 64)
	return f
}

// Int returns a number that is a whole number within int64, however it is
// written (1, 1.0, 1e2) with an exponent of at most 400 either way; ok is false
// for every other number and kind.
func (v Value) Int() (n int64, ok bool) {
	lit := v.Literal()
	if lit == "" {
		return 0, false
	}
	if n, err := strconv.ParseInt(lit, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(lit, 64)
	if err != nil || f > 1<<63 || f < -1<<63 || !nearExponent(lit) {
		return 0, false
	}
	r, ok := new(big.Rat).SetString(lit)
	if !ok || !r.IsInt() || !r.Num().IsInt64() {
		return 0, false
	}
	return r.Num().Int64(), true
}

// Len returns the number of elements of an array or members of an object, 0
// for every other kind.
func (v Value) Len() int {
	switch v.Kind() {
	case Array:
		return len(v.node().items)
	case Object:
		return len(v.node().members)
	default:
		return 0
	}
}

// Index returns element i of an array, absent when there is none.
func (v Value) Index(i int) Value {
	if v.Kind() != Array {
		return Value{}
	}
	items := v.node().items
	if i < 0 || i >= len(items) {
		return Value{}
	}
	return items[i]
}

// Get returns the member of an object under a key, absent when there is none.
func (v Value) Get(key string) Value {
	if v.Kind() != Object {
		return Value{}
	}
	n := v.node()
	if i := n.find(key); i >= 0 {
		return n.members[i].Value
	}
	return Value{}
}

func (n *node) find(key string) int {
	if n.index != nil {
		if i, ok := n.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range n.members {
		if n.members[i].Key == key {
			return i
		}
	}
	return -1
}

// Elements yields the elements of an array in order, nothing for other kinds.
func (v Value) Elements() iter.Seq2[int, Value] {
	return func(yield func(int, Value) bool) {
		if v.Kind() != Array {
			return
		}
		for i, item := range v.node().items {
			if !yield(i, item) {
				return
			}
		}
	}
}

// Members yields the members of an object in order, nothing for other kinds.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if v.Kind() != Object {
			return
		}
		for _, m := range v.node().members {
			if !yield(m.Key, m.Value) {
				return
			}
		}
	}
}

// With returns a copy of object v in which key holds x: in its old place when
// it was there, else at the end. A v that is no object counts as empty.
func (v Value) With(key string, x Value) Value {
	var members []Member
	if v.Kind() == Object {
		old := v.node()
		members = make([]Member, len(old.members), len(old.members)+1)
		copy(members, old.members)
		if i := old.find(key); i >= 0 {
			members[i].Value = x
			return OfObject(members...)
		}
	}
	return OfObject(append(members, Member{key, x})...)
}

// Bytes returns v as compact JSON with its keys in order; nil when absent. The
// caller must not change it.
func (v Value) Bytes() []byte {
	if v.d == nil {
		return nil
	}
	return v.source().bytes
}

// source returns the text of a value that is not absent.
func (v Value) source() *source {
	if t := v.d.text.Load(); t != nil {
		return t
	}
	t := &source{bytes: v.append(nil)}
	v.d.text.Store(t)
	return t
}

// String returns v as compact JSON, "" when absent.
func (v Value) String() string { return string(v.Bytes()) }

// Size returns the length of v in bytes of compact JSON.
func (v Value) Size() int { return len(v.Bytes()) }

func (v Value) append(b []byte) []byte {
	if t := v.d.text.Load(); t != nil {
		return append(b, t.bytes...)
	}
	n := v.d.tree.Load()
	switch n.kind {
	case Null:
		return append(b, "null"...)
	case Bool:
		return strconv.AppendBool(b, n.boolean)
	case Number:
		return append(b, n.text...)
	case String:
		return AppendString(b, n.text)
	case Array:
		b = append(b, '[')
		for i, item := range n.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.append(b)
		}
		return append(b, ']')
	default:
		b = append(b, '{')
		for i, m := range n.members {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendString(b, m.Key)
			b = append(b, ':')
			b = m.Value.append(b)
		}
		return append(b, '}')
	}
}

// AppendString appends s as a JSON string literal. Only what JSON demands is
// escaped; <, > and & stay as they are.
func AppendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		case '\b':
			b = append(b, '\\', 'b')
		case '\f':
			b = append(b, '\\', 'f')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		start = i + 1
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// MarshalJSON returns v's text; an absent Value is null.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.d == nil {
		return []byte("null"), nil
	}
	return v.Bytes(), nil
}

// UnmarshalJSON takes over a copy of text.
func (v *Value) UnmarshalJSON(text []byte) error {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return err
	}
	*v = Raw(b.Bytes())
	return nil
}

// IsZero tells encoding/json (omitzero) that v is absent.
func (v Value) IsZero() bool { return v.d == nil }

// Equal tells whether a and b are the same JSON value: numbers by value (1.0
// equals 1), objects without regard to order. Absent equals only absent.
func Equal(a, b Value) bool {
	if a.d == b.d {
		return true
	}
	kind := a.Kind()
	if kind != b.Kind() {
		return false
	}
	switch kind {
	case Absent, Null:
		return true
	case Bool:
		return a.Bool() == b.Bool()
	case String:
		return a.Text() == b.Text()
	case Number:
		return Compare(a, b) == 0
	case Array:
		if a.Len() != b.Len() {
			return false
		}
		for i, x := range a.Elements() {
			if !Equal(x, b.Index(i)) {
				return false
			}
		}
		return true
	default:
		if a.Len() != b.Len() {
			return false
		}
		for k, x := range a.Members() {
			if y := b.Get(k); y.IsAbsent() || !Equal(x, y) {
				return false
			}
		}
		return true
	}
}

// Compare orders two numbers by value (-1, 0, 1), exactly where the exponents
// are within reason and as float64 beyond. Other kinds count as 0.
func Compare(a, b Value) int {
	x, y := a.Literal(), b.Literal()
	if x == y {
		return 0
	}
	if i, err := strconv.ParseInt(x, 10, 64); err == nil {
		if j, err := strconv.ParseInt(y, 10, 64); err == nil {
			switch {
			case i < j:
				return -1
			case i > j:
				return 1
			}
			return 0
		}
	}
	if smallExponent(x) && smallExponent(y) {
		r, ok1 := new(big.Rat).SetString(x)
		s, ok2 := new(big.Rat).SetString(y)
		if ok1 && ok2 {
			return r.Cmp(s)
		}
	}
	f, g := a.Float(), b.Float()
	switch {
	case f < g:
		return -1
	case f > g:
		return 1
	}
	return 0
}

// smallExponent tells whether an exact comparison is cheap.
func smallExponent(literal string) bool { return len(literal) <= 64 && nearExponent(literal) }

// nearExponent tells whether the exponent of a number is within reason: to
// write out 1e-999999 takes a tenth of a second.
func nearExponent(literal string) bool {
	i := strings.IndexAny(literal, "eE")
	if i < 0 {
		return true
	}
	e, err := strconv.Atoi(strings.TrimPrefix(literal[i+1:], "+"))
	return err == nil && e >= -400 && e <= 400
}
