package jsonata

// builtin is a function of the library.
type builtin struct {
	name      string
	signature *signature
	// declared is how many parameters the function is told to have when
	// another asks, which decides what that one passes.
	declared int
	run      func(e *evaluation, args []item) (item, *Error)
}

func (f *builtin) arity() int { return f.declared }

func (f *builtin) sign() *signature { return f.signature }

func (f *builtin) invoke(e *evaluation, args []item) (item, *Error) { return f.run(e, args) }

// library returns a function by its name, nil when there is none.
func library(name string) *builtin {
	define := func(declared int, text string, run func(*evaluation, []item) (item, *Error)) *builtin {
		s, err := parseSignature(text)
		if err != nil {
			return nil
		}
		return &builtin{name, s, declared, run}
	}
	for _, part := range []func(string, definer) *builtin{textLibrary, patternLibrary, numberLibrary, arrayLibrary, objectLibrary, functionLibrary, dateLibrary, statesLibrary} {
		if f := part(name, define); f != nil {
			return f
		}
	}
	return nil
}

// definer makes a function of what it declares.
type definer func(declared int, signature string, run func(*evaluation, []item) (item, *Error)) *builtin

func textLibrary(name string, define definer) *builtin {
	switch name {
	case "string":
		return define(1, "<x-b?:s>", toString)
	case "length":
		return define(1, "<s-:n>", length)
	case "substring":
		return define(3, "<s-nn?:s>", substring)
	case "substringBefore":
		return define(2, "<s-s:s>", substringBefore)
	case "substringAfter":
		return define(2, "<s-s:s>", substringAfter)
	case "lowercase":
		return define(1, "<s-:s>", lowercase)
	case "uppercase":
		return define(1, "<s-:s>", uppercase)
	case "trim":
		return define(1, "<s-:s>", trim)
	case "pad":
		return define(3, "<s-ns?:s>", pad)
	case "join":
		return define(2, "<a<s>s?:s>", join)
	case "base64encode":
		return define(1, "<s-:s>", base64encode)
	case "base64decode":
		return define(1, "<s-:s>", base64decode)
	case "encodeUrlComponent":
		return define(1, "<s-:s>", encodeURLComponent)
	case "encodeUrl":
		return define(1, "<s-:s>", encodeURL)
	case "decodeUrlComponent":
		return define(1, "<s-:s>", decodeURLComponent)
	case "decodeUrl":
		return define(1, "<s-:s>", decodeURL)
	}
	return nil
}

func patternLibrary(name string, define definer) *builtin {
	switch name {
	case "contains":
		return define(2, "<s-(sf):b>", contains)
	case "match":
		return define(3, "<s-f<s:o>n?:a<o>>", match)
	case "replace":
		return define(4, "<s-(sf)(sf)n?:s>", replace)
	case "split":
		return define(3, "<s-(sf)n?:a<s>>", split)
	}
	return nil
}

func numberLibrary(name string, define definer) *builtin {
	switch name {
	case "number":
		return define(1, "<(nsb)-:n>", toNumber)
	case "abs":
		return define(1, "<n-:n>", abs)
	case "floor":
		return define(1, "<n-:n>", floor)
	case "ceil":
		return define(1, "<n-:n>", ceil)
	case "round":
		return define(2, "<n-n?:n>", round)
	case "power":
		return define(2, "<n-n:n>", power)
	case "sqrt":
		return define(1, "<n-:n>", sqrt)
	case "formatNumber":
		return define(3, "<n-so?:s>", formatPicture)
	case "formatBase":
		return define(2, "<n-n?:s>", formatBase)
	case "formatInteger":
		return define(2, "<n-s:s>", formatInteger)
	case "parseInteger":
		return define(2, "<s-s:n>", parseInteger)
	case "sum":
		return define(1, "<a<n>:n>", sum)
	case "max":
		return define(1, "<a<n>:n>", largest)
	case "min":
		return define(1, "<a<n>:n>", smallest)
	case "average":
		return define(1, "<a<n>:n>", average)
	}
	return nil
}

func arrayLibrary(name string, define definer) *builtin {
	switch name {
	case "count":
		return define(1, "<a:n>", count)
	case "append":
		return define(2, "<xx:a>", appendItems)
	case "reverse":
		return define(1, "<a:a>", reverse)
	case "shuffle":
		return define(1, "<a:a>", shuffle)
	case "distinct":
		return define(1, "<x:x>", distinct)
	case "sort":
		return define(2, "<af?:a>", sortItems)
	case "zip":
		return define(0, "<a+>", zip)
	case "exists":
		return define(1, "<x:b>", exists)
	case "boolean":
		return define(1, "<x-:b>", toBoolean)
	case "not":
		return define(1, "<x-:b>", not)
	case "type":
		return define(1, "<x:s>", typeName)
	}
	return nil
}

func objectLibrary(name string, define definer) *builtin {
	switch name {
	case "keys":
		return define(1, "<x-:a<s>>", keys)
	case "lookup":
		return define(2, "<x-s:x>", lookup)
	case "spread":
		return define(1, "<x-:a<o>>", spread)
	case "merge":
		return define(1, "<a<o>:o>", merge)
	case "clone":
		return define(1, "<(oa)-:o>", clone)
	case "error":
		return define(1, "<s?:x>", raise)
	case "assert":
		return define(2, "<bs?:x>", assert)
	}
	return nil
}

func functionLibrary(name string, define definer) *builtin {
	switch name {
	case "map":
		return define(2, "<af>", mapItems)
	case "filter":
		return define(2, "<af>", filterItems)
	case "single":
		return define(2, "<af?>", single)
	case "reduce":
		return define(3, "<afj?:j>", reduce)
	case "each":
		return define(2, "<o-f:a>", each)
	case "sift":
		return define(2, "<o-f?:o>", sift)
	}
	return nil
}

func dateLibrary(name string, define definer) *builtin {
	switch name {
	case "now":
		return define(2, "<s?s?:s>", now)
	case "millis":
		return define(0, "<:n>", millis)
	case "fromMillis":
		return define(3, "<n-s?s?:s>", fromMillis)
	case "toMillis":
		return define(2, "<s-s?:n>", toMillis)
	}
	return nil
}

// statesLibrary has what AWS adds.
func statesLibrary(name string, define definer) *builtin {
	switch name {
	case "partition":
		return define(2, "<an:a>", partition)
	case "range":
		return define(3, "<nnn:a<n>>", rangeOf)
	case "hash":
		return define(2, "<xs?:s>", hash)
	case "random":
		return define(1, "<n?:n>", random)
	case "uuid":
		return define(0, "<:s>", uuid)
	case "parse":
		return define(1, "<s-:x>", parseJSON)
	}
	return nil
}
