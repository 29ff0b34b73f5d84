package spec

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// maxDepth bounds how deep an expression nests.
const maxDepth = 32

// names collects the tasks that the expressions of a task use.
type names struct {
	task  string // the task; "" for the output of the workflow
	each  bool   // item, index and key have a meaning
	tasks []string
	seen  map[string]bool // the same
}

// note adds a task unless it is noted already.
func (n *names) note(task string) {
	if n.seen == nil {
		n.seen = make(map[string]bool)
	}
	if !n.seen[task] {
		n.seen[task] = true
		n.tasks = append(n.tasks, task)
	}
}

// syntaxError says what is wrong with an expression.
type syntaxError struct {
	offset, length int
	code           string
	detail, hint   string
	meant          string // a name that is not known
}

func (e *syntaxError) Error() string { return e.detail }

// parser reads expressions. On an error it stops at once, keeping it.
type parser struct {
	text  string
	at    int
	depth int
	tasks *tasks
	used  *names
}

// whole reads an expression that is all of the text.
func (p *parser) whole() (expression, *syntaxError) {
	x, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.blank(); p.at < len(p.text) {
		return nil, p.unexpected("the end of the expression")
	}
	return x, nil
}

func (p *parser) fail(format string, args ...any) *syntaxError {
	return &syntaxError{offset: p.at, length: 1, code: "020", detail: fmt.Sprintf(format, args...)}
}

// unexpected reports what stands where something else should.
func (p *parser) unexpected(wanted string) *syntaxError {
	rest := p.text[p.at:]
	for _, known := range [][2]string{{"&&", "and"}, {"||", "or"}, {"!", "not"}, {"=", "=="}} {
		symbol, instead := known[0], known[1]
		if strings.HasPrefix(rest, symbol) && !strings.HasPrefix(rest, "!=") && !strings.HasPrefix(rest, "==") {
			e := p.fail("unexpected %q", symbol)
			e.hint = fmt.Sprintf("write %q", instead)
			return e
		}
	}
	if rest == "" {
		return p.fail("the expression ends where %s should be", wanted)
	}
	for _, r := range rest {
		return p.fail("unexpected %q where %s should be", r, wanted)
	}
	return nil
}

func (p *parser) blank() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// take skips a symbol when it comes next.
func (p *parser) take(symbol string) bool {
	p.blank()
	if strings.HasPrefix(p.text[p.at:], symbol) {
		p.at += len(symbol)
		return true
	}
	return false
}

// word returns the name that comes next without going past it.
func (p *parser) word() string {
	p.blank()
	end := p.at
	for end < len(p.text) && nameByte(p.text[end], end > p.at) {
		end++
	}
	return p.text[p.at:end]
}

// takeWord skips a word when it comes next.
func (p *parser) takeWord(word string) bool {
	if p.word() == word {
		p.at += len(word)
		return true
	}
	return false
}

func (p *parser) or() (expression, *syntaxError) {
	var all either
	for {
		x, err := p.and()
		if err != nil {
			return nil, err
		}
		all = append(all, x)
		if !p.takeWord("or") {
			break
		}
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return all, nil
}

func (p *parser) and() (expression, *syntaxError) {
	var all both
	for {
		x, err := p.not()
		if err != nil {
			return nil, err
		}
		all = append(all, x)
		if !p.takeWord("and") {
			break
		}
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return all, nil
}

func (p *parser) not() (expression, *syntaxError) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail("the expression nests deeper than %d levels", maxDepth)
	}
	defer func() { p.depth-- }()
	if p.takeWord("not") {
		x, err := p.not()
		return negated{x}, err
	}
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	for _, operator := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if p.take(operator) {
			right, err := p.operand()
			return compared{operator, left, right}, err
		}
	}
	return left, nil
}

// operand reads values joined by ??.
func (p *parser) operand() (expression, *syntaxError) {
	first, err := p.primary()
	if err != nil || !p.take("??") {
		return first, err
	}
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail("the expression nests deeper than %d levels", maxDepth)
	}
	defer func() { p.depth-- }()
	second, err := p.operand()
	return otherwise{first, second}, err
}

func (p *parser) primary() (expression, *syntaxError) {
	p.blank()
	switch {
	case p.at >= len(p.text):
		return nil, p.unexpected("a value")
	case p.text[p.at] == '(':
		p.at++
		x, err := p.or()
		if err == nil && !p.take(")") {
			err = p.unexpected(")")
		}
		return x, err
	case p.text[p.at] == '\'' || p.text[p.at] == '"':
		s, err := p.quoted()
		return literal{value.OfString(s)}, err
	case p.text[p.at] == '-' || p.text[p.at] >= '0' && p.text[p.at] <= '9':
		return p.number()
	}
	switch word := p.word(); word {
	case "":
		return nil, p.unexpected("a value")
	case "true", "false", "null":
		p.at += len(word)
		return literal{value.Raw([]byte(word))}, nil
	case "has":
		p.at += len(word)
		if !p.take("(") {
			return nil, p.unexpected("(")
		}
		x, err := p.path()
		if err == nil && !p.take(")") {
			err = p.unexpected(")")
		}
		return has{x}, err
	case "and", "or", "not":
		return nil, p.fail("unexpected %q where a value should be", word)
	}
	return p.path()
}

func (p *parser) number() (expression, *syntaxError) {
	end := p.at
	for end < len(p.text) && strings.IndexByte("+-.0123456789eE", p.text[end]) >= 0 {
		end++
	}
	v, err := value.Parse([]byte(p.text[p.at:end]))
	if err != nil {
		return nil, p.fail("%q is not a number", source.Clip(p.text[p.at:end]))
	}
	p.at = end
	return literal{v}, nil
}

// quoted reads a text in single or double quotes; a backslash takes the next
// character as it is, except n and t.
func (p *parser) quoted() (string, *syntaxError) {
	quote := p.text[p.at]
	var b strings.Builder
	for i := p.at + 1; i < len(p.text); i++ {
		c := p.text[i]
		switch {
		case c == quote:
			p.at = i + 1
			return b.String(), nil
		case c == '\\' && i+1 < len(p.text):
			i++
			switch p.text[i] {
			case 'n':
				c = '\n'
			case 't':
				c = '\t'
			default:
				c = p.text[i]
			}
		}
		b.WriteByte(c)
	}
	return "", p.fail("the quote is not closed")
}

// path reads a name with what follows it, and notes the task that it uses.
func (p *parser) path() (path, *syntaxError) {
	p.blank()
	start := p.at
	x := path{name: p.word(), lenient: p.used.task == ""}
	if x.name == "" {
		return x, p.unexpected("a name")
	}
	if err := p.use(x.name); err != nil {
		return x, err
	}
	p.at += len(x.name)
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case '.':
			p.at++
			key := p.member()
			if key == "" {
				return x, p.unexpected("a name")
			}
			x.steps = append(x.steps, step{key: key, isKey: true})
		case '[':
			p.at++
			s, err := p.bracket()
			if err != nil {
				return x, err
			}
			x.steps = append(x.steps, s)
		default:
			x.text = p.text[start:p.at]
			return x, nil
		}
	}
	x.text = p.text[start:p.at]
	return x, nil
}

// member reads a name after a dot: letters of any script, digits, _ and -.
func (p *parser) member() string {
	start := p.at
	for p.at < len(p.text) && (nameByte(p.text[p.at], true) || p.text[p.at] >= 0x80) {
		p.at++
	}
	return p.text[start:p.at]
}

func (p *parser) bracket() (step, *syntaxError) {
	p.blank()
	var s step
	if p.at < len(p.text) && (p.text[p.at] == '\'' || p.text[p.at] == '"') {
		key, err := p.quoted()
		if err != nil {
			return s, err
		}
		s = step{key: key, isKey: true}
	} else {
		end := p.at
		for end < len(p.text) && strings.IndexByte("-0123456789", p.text[end]) >= 0 {
			end++
		}
		const bits = 32
		i, err := strconv.ParseInt(p.text[p.at:end], 10, bits)
		if err != nil {
			return s, p.unexpected("a number or a name in quotes")
		}
		p.at, s.index = end, int(i)
	}
	if !p.take("]") {
		return s, p.unexpected("]")
	}
	return s, nil
}

// use checks a name and notes it when it is a task's.
func (p *parser) use(name string) *syntaxError {
	problem := func(code, format string, args ...any) *syntaxError {
		return &syntaxError{offset: p.at, length: len(name), code: code, detail: fmt.Sprintf(format, args...)}
	}
	switch name {
	case "input":
		return nil
	case "item", "index", "key":
		if !p.used.each {
			return problem("021", "%q has a meaning only in the with of a task with foreach", name)
		}
		return nil
	case p.used.task:
		return problem("013", "the task %q uses its own output", name)
	}
	if !p.tasks.index[name] {
		e := problem("012", "there is no task %q", source.Clip(name))
		e.meant = name
		return e
	}
	p.used.note(name)
	return nil
}
