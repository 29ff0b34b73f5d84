package asl

import "strings"

// labelOf says in words what a condition tests.
func labelOf(c condition) string {
	switch c := c.(type) {
	case allOf:
		return joined(c, " and ")
	case anyOf:
		return joined(c, " or ")
	case noneOf:
		return "not (" + labelOf(c.condition) + ")"
	case *comparison:
		return c.label()
	case *expression:
		return c.text
	}
	return ""
}

func joined(all []condition, word string) string {
	parts := make([]string, len(all))
	for i, c := range all {
		parts[i] = labelOf(c)
		switch c.(type) {
		case allOf, anyOf:
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, word)
}

func (c *comparison) label() string {
	if c.variable == nil {
		return ""
	}
	path := c.variable.String()
	if kind, is := strings.CutPrefix(c.operator, "Is"); is {
		if c.constant.Bool() {
			return path + " is " + strings.ToLower(kind)
		}
		return path + " is not " + strings.ToLower(kind)
	}
	other := c.constant.String()
	if c.other != nil {
		other = c.other.String()
	}
	base := strings.TrimSuffix(c.operator, "Path")
	for _, r := range []struct{ suffix, sign string }{
		{"LessThanEquals", "<="}, {"GreaterThanEquals", ">="}, {"LessThan", "<"}, {"GreaterThan", ">"}, {"Matches", "matches"}, {"Equals", "=="},
	} {
		if strings.HasSuffix(base, r.suffix) {
			return path + " " + r.sign + " " + other
		}
	}
	return path + " " + base + " " + other
}
