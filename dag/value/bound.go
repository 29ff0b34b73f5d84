package value

// Fits tells whether v has at most limit bytes of compact JSON. It looks at
// the parts before it renders the whole: each may be the same large value, so
// that the whole is much larger than what is in memory.
func Fits(v Value, limit int) bool {
	sum := 0
	for _, item := range v.Elements() {
		if sum += item.Size(); sum > limit {
			return false
		}
	}
	for key, item := range v.Members() {
		if sum += len(key) + item.Size(); sum > limit {
			return false
		}
	}
	return v.Size() <= limit
}

// Depth returns how deep v nests: 0 for what is neither array nor object.
func Depth(v Value) int {
	most, now, quoted := 0, 0, false
	text := v.Bytes()
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			now++
			most = max(most, now)
		case c == '}', c == ']':
			now--
		}
	}
	return most
}
