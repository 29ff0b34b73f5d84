package value

import (
	"encoding/binary"
	"math/bits"
	"weak"
)

// Span is an array or object within a text: who looks for something passes
// over what it is not in.
type Span struct {
	End  uint32 // where it ends
	Next uint32 // the number of the first span that begins after it
}

// Outline is the text of a value, as a string, with its spans.
type Outline struct {
	Text  string
	Spans []Span
}

// about is what was found out about a text.
type about struct {
	spans   []Span                // nil if they are many
	outline weak.Pointer[Outline] // of a long text, as long as anybody has it
}

// longText is the length of a text whose outline is remembered.
const longText = 1024

// Outline returns the text of a value with its arrays and objects, in the order
// in which they begin: v itself is the first. Nobody may change them. Spans are
// found at most once, unless keeping them would take more than half as much
// memory as the text; the copy of the text is shared, but v does not keep it.
func (v Value) Outline() *Outline {
	if v.d == nil {
		return &Outline{}
	}
	t := v.source()
	known := t.about.Load()
	if known == nil {
		known = &about{}
	} else if o := known.outline.Value(); o != nil {
		return o
	}
	o := &Outline{Text: string(t.bytes), Spans: known.spans}
	next := *known
	if o.Spans == nil {
		o.Spans = findSpans(t.bytes)
		if few(o.Spans, t.bytes) {
			next.spans = o.Spans
		}
	}
	if len(t.bytes) >= longText {
		next.outline = weak.Make(o)
	}
	if len(t.bytes) >= longText || known.spans == nil && next.spans != nil {
		t.about.Store(&next) // another goroutine would have found the same
	}
	return o
}

// few tells whether spans are worth keeping.
func few(spans []Span, text []byte) bool { return cap(spans) <= len(text)/16 }

// smallText is the length of a text whose spans are not worth keeping before
// somebody asks for them.
const smallText = 256

// guess is how many spans to expect in a text.
func guess(text []byte) int { return len(text)/32 + 1 }

// findSpans finds the spans of a compact text. It takes 64 bytes at a time: a
// bit for each byte tells whether it is a quote, another whether it may be a
// bracket, and the quotes before a byte tell whether it is in a string.
func findSpans(text []byte) []Span {
	spans := make([]Span, 0, guess(text))
	var shallow [64]uint32
	open := shallow[:0] // the spans that have no end yet
	var in uint64       // all ones in a string, else 0
	escaped := false    // the last byte was a backslash in a string
	for at := 0; at < len(text); at += 64 {
		end := min(at+64, len(text))
		var brackets uint64
		if quotes, maybe, escapes := classify(text[at:end]); escapes || escaped {
			brackets, in, escaped = oneByOne(text[at:end], in, escaped)
		} else {
			inside := quotes
			for shift := 1; shift < 64; shift *= 2 {
				inside ^= inside << shift
			}
			inside ^= in
			in = uint64(int64(inside) >> 63)
			brackets = maybe &^ inside
		}
		for ; brackets != 0; brackets &= brackets - 1 {
			place := at + bits.TrailingZeros64(brackets)
			switch text[place] {
			case '[', '{':
				open = append(open, uint32(len(spans)))
				spans = append(spans, Span{})
			case ']', '}':
				last := len(open) - 1
				spans[open[last]] = Span{uint32(place + 1), uint32(len(spans))}
				open = open[:last]
			}
		}
	}
	return spans
}

// oneByOne does for bytes with a backslash among them what bits cannot: it
// returns a bit for each that may be a bracket, and the state after them.
func oneByOne(s []byte, in uint64, escaped bool) (brackets, nowIn uint64, nowEscaped bool) {
	for i := range len(s) {
		switch c := s[i]; {
		case escaped:
			escaped = false
		case c == '"':
			in = ^in
		case in == 0:
			brackets |= 1 << i
		default:
			escaped = c == '\\'
		}
	}
	return brackets, in, escaped
}

// Words of eight equal bytes, for looking at eight bytes at once.
const (
	ones = 0x0101010101010101
	tops = 0x80 * ones
	rest = 0x7F * ones
)

// classify looks at up to 64 bytes: a bit for each that is a quote, and for
// each that is a bracket (or one of y, Y, _ and DEL, which stand only in
// strings); and whether there is a backslash.
func classify(s []byte) (quotes, brackets uint64, escapes bool) {
	const gather = 0x0002040810204081 // moves the top bits of eight bytes together
	var slashes uint64
	for i := 0; i < len(s); i += 8 {
		var w uint64
		if i+8 <= len(s) {
			w = binary.LittleEndian.Uint64(s[i:])
		} else {
			for k := len(s) - 1; k >= i; k-- {
				w = w<<8 | uint64(s[k])
			}
		}
		// A byte of a difference is 0 where the byte is the one looked for; adding
		// 0x7F sets the top bit of all others.
		quote := w ^ '"'*ones
		quote = ^(quote&rest + rest | quote) & tops
		bracket := (w&^(0x06*ones) | 0x20*ones) ^ 0x79*ones
		bracket = ^(bracket&rest + rest | bracket) & tops
		slash := w ^ '\\'*ones
		slashes |= (slash - ones) &^ slash & tops
		quotes |= quote * gather >> 56 << i
		brackets |= bracket * gather >> 56 << i
	}
	return quotes, brackets, slashes != 0
}
