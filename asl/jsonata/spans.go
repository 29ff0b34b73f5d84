package jsonata

import "math/bits"

// text is the text of a document, with the ends of its arrays and objects: who
// looks for something passes over what it is not in.
type text struct {
	raw   string
	spans []span
}

// span is an array or object of a text, in the order in which they begin.
type span struct {
	end  uint32 // where it ends
	next uint32 // the number of the first span that begins after it
}

// readText finds the spans of a text. It takes 64 bytes at a time: a bit for
// each byte tells whether it is a quote, another whether it may be a bracket,
// and the quotes before a byte tell whether it is in a string.
func (e *evaluation) readText(raw string) *text {
	doc := &text{raw: raw}
	spans := make([]span, 0, len(raw)/48+4)
	if e.first.raw == "" && len(raw) < 48*len(e.fewSpans) {
		doc, spans = &e.first, e.fewSpans[:0]
	}
	var few [64]uint32
	open := few[:0]  // the spans that have no end yet
	var in uint64    // all ones in a string, else 0
	escaped := false // the last byte was a backslash in a string
	for at := 0; at < len(raw); at += 64 {
		end := min(at+64, len(raw))
		var brackets uint64
		if quotes, maybe, escapes := classify(raw[at:end]); escapes || escaped {
			brackets, in, escaped = oneByOne(raw[at:end], in, escaped)
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
			switch raw[place] {
			case '[', '{':
				open = append(open, uint32(len(spans)))
				spans = append(spans, span{})
			case ']', '}':
				last := len(open) - 1
				spans[open[last]] = span{uint32(place + 1), uint32(len(spans))}
				open = open[:last]
			}
		}
	}
	doc.raw, doc.spans = raw, spans
	return doc
}

// oneByOne does for bytes with a backslash among them what bits cannot: it
// returns a bit for each that may be a bracket, and the state after them.
func oneByOne(s string, in uint64, escaped bool) (brackets, nowIn uint64, nowEscaped bool) {
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

// classify looks at up to 64 bytes: a bit for each that is a quote, and for
// each that is a bracket (or one of y, Y, _ and DEL, which stand only in
// strings); and whether there is a backslash.
func classify(s string) (quotes, brackets uint64, escapes bool) {
	const (
		ones, tops, rest = 0x0101010101010101, 0x8080808080808080, 0x7F7F7F7F7F7F7F7F
		gather           = 0x0002040810204081 // moves the top bits of eight bytes together
	)
	var slashes uint64
	for i := 0; i < len(s); i += 8 {
		var w uint64
		if i+8 <= len(s) {
			b := s[i : i+8]
			w = uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
				uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
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
