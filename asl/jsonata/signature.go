package jsonata

import "strings"

// signature says which arguments a function takes. Its text is a row of
// parameters: a letter for a type (s n b l o a f; j any value, x anything), or
// several in ( ), and then perhaps <type> of elements, - (the context stands
// in), ? (optional), + (one or more). What follows a colon is for the reader.
type signature struct{ parameters []parameter }

// parameter is one parameter of a signature.
type parameter struct {
	types    string // the letters of the types that suit
	array    bool   // a single value is made an array of one
	elements string // the type of the elements
	typed    bool   // elements holds
	context  bool
	least    int // how many arguments it takes
	most     int
	lazy     bool // it takes as few as possible: the text says -?
}

const unlimited = 1 << 30

// missing is the letter of an undefined argument; it suits every type but f.
const missing = 'm'

// parseSignature reads a signature; the offset of an error is in the text.
func parseSignature(text string) (*signature, *Error) {
	s := &signature{}
	for i := 1; i < len(text) && text[i] != ':'; i++ {
		var last *parameter
		if n := len(s.parameters); n > 0 {
			last = &s.parameters[n-1]
		}
		switch c := text[i]; c {
		case 's', 'n', 'b', 'l', 'o':
			s.add(string(c)+"m", false)
		case 'a':
			s.add("asnblfom", true)
		case 'f':
			s.add("f", false)
		case 'j':
			s.add("asnblom", false)
		case 'x':
			s.add("asnblfom", false)
		case '-', '?', '+':
			if last != nil {
				last.quantify(c)
			}
		case '(':
			end := closing(text, i, '(', ')')
			choice := text[i+1 : min(end, len(text))]
			if strings.Contains(choice, "<") {
				return nil, failAt("S0402", i).of(quoted(choice))
			}
			s.add(choice+"m", false)
			i = end
		case '<':
			end := closing(text, i, '<', '>')
			if last == nil || !last.array && last.types != "f" {
				return nil, failAt("S0401", i)
			}
			last.elements, last.typed = text[i+1:min(end, len(text))], true
			i = end
		}
	}
	return s, nil
}

// closing returns the place of the bracket that balances the one at text[at],
// or the length of the text.
func closing(text string, at int, opening, closing byte) int {
	depth := 0
	for i := at; i < len(text); i++ {
		switch text[i] {
		case opening:
			depth++
		case closing:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(text)
}

func (s *signature) add(types string, array bool) {
	s.parameters = append(s.parameters, parameter{types: types, array: array, least: 1, most: 1})
}

func (p *parameter) quantify(c byte) {
	switch {
	case c == '+':
		p.most = unlimited
	case p.least == 0 || p.most == unlimited: // a ? after another
		p.lazy = true
	default:
		p.least = 0
	}
	p.context = p.context || c == '-'
}

// letter returns the letter of the type of an argument.
func letter(it item) byte {
	switch it.kind {
	case str:
		return 's'
	case number:
		return 'n'
	case boolean:
		return 'b'
	case null:
		return 'l'
	case array:
		return 'a'
	case object:
		return 'o'
	case callable:
		return 'f'
	default:
		return missing
	}
}

func (p *parameter) suits(c byte) bool { return strings.IndexByte(p.types, c) >= 0 }

// validate checks arguments and returns them as the function wants them: with
// the context where one was left out, and arrays where arrays are due.
func (s *signature) validate(e *evaluation, args []item, context item) ([]item, *Error) {
	if s.fits(args) {
		return s.adapt(e, args)
	}
	var few [8]byte
	letters := few[:0]
	for _, arg := range args {
		letters = append(letters, letter(arg))
	}
	takes, ok := s.match(s.parameters, letters, true)
	if !ok {
		return nil, s.mismatch(letters)
	}
	var valid []item
	next := 0
	for i := range s.parameters {
		p := &s.parameters[i]
		if takes[i] > 0 {
			first := next
			for range takes[i] {
				from := first // the reference repeats the first of several, save for arrays
				if p.array {
					from = next
				}
				arg, err := p.adapt(e, at(args, from), next)
				if err != nil {
					return nil, err
				}
				valid = append(valid, arg)
				next++
			}
			continue
		}
		if !p.context {
			valid = append(valid, at(args, next))
			next++
			continue
		}
		if !p.suits(letter(context)) {
			err := fail("T0411").of(e.shown(context))
			err.details.index = next + 1
			return nil, err
		}
		valid = append(valid, context)
	}
	return valid, nil
}

// exact tells whether the arguments can be passed on as they are.
func (s *signature) exact(args []item) bool {
	if !s.fits(args) {
		return false
	}
	for i := range args {
		if p := &s.parameters[i]; p.array && args[i].kind != undefined && (p.typed || args[i].kind != array) {
			return false
		}
	}
	return true
}

// fits tells whether each parameter gets exactly one argument, as in most calls.
func (s *signature) fits(args []item) bool {
	if len(args) != len(s.parameters) {
		return false
	}
	for i := range args {
		if p := &s.parameters[i]; p.lazy || !p.suits(letter(args[i])) {
			return false
		}
	}
	return true
}

func (s *signature) adapt(e *evaluation, args []item) ([]item, *Error) {
	for i := range args {
		if !s.parameters[i].array {
			continue
		}
		var err *Error
		if args[i], err = s.parameters[i].adapt(e, args[i], i); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// adapt makes an array of an argument if one is due, and checks its elements.
func (p *parameter) adapt(e *evaluation, arg item, index int) (item, *Error) {
	if !p.array || arg.kind == undefined {
		return arg, nil
	}
	c := letter(arg)
	ok := true
	if p.typed && c != 'a' {
		ok = string(c) == p.elements
	} else if p.typed {
		var err *Error
		if ok, err = p.holds(e, arg); err != nil {
			return item{}, err
		}
	}
	if !ok {
		err := fail("T0412").of(e.shown(arg))
		err.details.index, err.details.kind = index+1, plural(p.elements)
		return item{}, err
	}
	if c != 'a' {
		return e.ofItems([]item{arg}, 0), nil
	}
	return arg, nil
}

// holds tells whether all elements of an array are of the type that is due.
func (p *parameter) holds(e *evaluation, arg item) (bool, *Error) {
	if arg.node.state == counted {
		return p.elements != "" && p.elements[0] == 'n', nil
	}
	items, err := e.elements(arg.node)
	if err != nil {
		return false, err
	}
	if err := e.spend(len(items) / 8); err != nil {
		return false, err
	}
	for _, it := range items {
		if p.elements == "" || letter(it) != p.elements[0] {
			return false, nil
		}
	}
	return true, nil
}

// plural names a type in a message, as JSON.
func plural(elements string) string {
	switch elements {
	case "a":
		return `"arrays"`
	case "b":
		return `"booleans"`
	case "f":
		return `"functions"`
	case "n":
		return `"numbers"`
	case "o":
		return `"objects"`
	case "s":
		return `"strings"`
	}
	return ""
}
