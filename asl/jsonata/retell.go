package jsonata

// retell appends the text of an array or object in a document as $string
// writes it: the strings with the escapes that they need, the numbers with the
// digits that count. What is so already is copied.
func (w *encoder) retell(n *node) *Error {
	raw, e := n.raw(), w.e
	if err := e.spend(len(raw) / bytesPerStep); err != nil {
		return err
	}
	copied := 0 // raw[:copied] is written
	flush := func(end, next int) *Error {
		if len(w.b)+end-copied > w.limit {
			return e.tooLarge()
		}
		w.b = append(w.b, raw[copied:end]...)
		copied = next
		return nil
	}
	for at := 0; at < len(raw); {
		from := at
		switch c := raw[at]; {
		case c == '"':
			var plain bool
			if at, plain = quotedEnd(raw, at); plain {
				continue
			}
			if err := flush(from, at); err != nil {
				return err
			}
			w.writeString(unquote(raw[from+1 : at-1]))
		case c == '{' || c == '[':
			at++
			if err := e.enter(); err != nil {
				return err
			}
		case c == '}' || c == ']':
			at++
			e.leave()
		case c == '-' || '0' <= c && c <= '9':
			for at++; raw[at] != ',' && raw[at] != ']' && raw[at] != '}'; {
				at++
			}
			if isShortest(raw[from:at]) {
				continue
			}
			if err := flush(from, at); err != nil {
				return err
			}
			if err := w.writeNumber(e.ofLiteral(raw[from:at])); err != nil {
				return err
			}
		default: // a comma, a colon, a letter of true, false and null
			at++
			if c == ',' {
				e.steps--
			}
		}
	}
	return flush(len(raw), len(raw))
}

// isShortest tells whether a literal is how its number is written: at most 15
// digits without an exponent, none of them idle. Two such literals are never
// the same number.
func isShortest(literal string) bool {
	if len(literal) > 15 {
		return false
	}
	point := -1
	for i := range len(literal) {
		switch c := literal[i]; {
		case c == '.':
			point = i
		case (c < '0' || c > '9') && (c != '-' || i > 0):
			return false
		}
	}
	first, last := literal[0], literal[len(literal)-1]
	if point < 0 {
		return first != '-' || literal != "-0"
	}
	tiny := point+4 < len(literal) && literal[point-1] == '0' && literal[point+1:point+5] == "0000"
	return last != '0' && !tiny
}
