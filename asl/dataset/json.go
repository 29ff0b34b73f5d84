package dataset

import (
	"errors"
	"fmt"
	"io"

	"github.com/serverledge/serverledge/dag/value"
)

// readJSON emits the elements of an array, or the members of an object: of the
// whole document, or of what the pointer selects in it. What comes after that
// is not read.
func readJSON(in *input, c Config, to emit) error {
	tokens, err := parsePointer(c.ItemsPointer)
	if err != nil {
		return err
	}
	d := &document{in: in}
	if _, err := d.peek(); errors.Is(err, io.EOF) {
		return wrong(textNotIterable) // nothing at all
	}
	for _, token := range tokens {
		if err := d.enter(token); err != nil {
			return err
		}
	}
	start, err := d.must()
	if err != nil {
		return err
	}
	switch start {
	case '[':
		err = d.array(func(int64) error {
			v, err := d.value()
			if err != nil {
				return err
			}
			return to(Item{Value: v})
		})
	case '{':
		err = d.object(func(key string) error {
			v, err := d.value()
			if err != nil {
				return err
			}
			return to(Item{Value: v, Key: key, Keyed: true})
		})
	default:
		if _, err := d.value(); err != nil {
			return err
		}
		return wrong(textNotIterable)
	}
	if err != nil || len(tokens) > 0 {
		return err
	}
	if _, err := d.peek(); err == nil {
		return wrong("%s: there is text at byte %d, after the end of the JSON document.", in.name, d.at)
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// document reads a JSON document piece by piece.
type document struct {
	in *input
	at int64 // bytes that are read
}

// peek skips blanks and returns the byte after them, io.EOF at the end.
func (d *document) peek() (byte, error) {
	for {
		if d.in.Buffered() == 0 {
			d.in.allow(d.at)
		}
		c, err := d.in.ReadByte()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return 0, io.EOF
			}
			return 0, d.failed(err)
		}
		switch c {
		case ' ', '\t', '\r', '\n':
			d.at++
		default:
			return c, d.in.UnreadByte()
		}
	}
}

// must is peek where the document cannot end.
func (d *document) must() (byte, error) {
	c, err := d.peek()
	if errors.Is(err, io.EOF) {
		return 0, d.failed(io.ErrUnexpectedEOF)
	}
	return c, err
}

// take reads the byte that peek has shown.
func (d *document) take() {
	_, _ = d.in.Discard(1)
	d.at++
}

func (d *document) failed(err error) error {
	return d.in.failed(err, fmt.Sprintf("the JSON at byte %d", d.at))
}

func (d *document) unexpected(c byte, instead string) error {
	return wrong("%s: unexpected %q at byte %d of the JSON, where %s should be.", d.in.name, rune(c), d.at, instead)
}

// array calls a function at each element, which must read it. errFound ends it.
func (d *document) array(element func(i int64) error) error {
	d.take()
	c, err := d.must()
	if err == nil && c == ']' {
		d.take()
		return nil
	}
	for i := int64(0); err == nil; i++ {
		if err = element(i); err != nil {
			return err
		}
		if c, err = d.must(); err != nil {
			return err
		}
		switch c {
		case ',':
			d.take()
		case ']':
			d.take()
			return nil
		default:
			return d.unexpected(c, "a comma or a closing bracket")
		}
	}
	return err
}

// object calls a function at the value of each member, which must read it.
func (d *document) object(member func(key string) error) error {
	d.take()
	c, err := d.must()
	if err == nil && c == '}' {
		d.take()
		return nil
	}
	for err == nil {
		var key string
		if key, err = d.key(); err != nil {
			return err
		}
		if err = member(key); err != nil {
			return err
		}
		if c, err = d.must(); err != nil {
			return err
		}
		switch c {
		case ',':
			d.take()
		case '}':
			d.take()
			return nil
		default:
			return d.unexpected(c, "a comma or a closing brace")
		}
	}
	return err
}

// key reads a key and its colon.
func (d *document) key() (string, error) {
	c, err := d.must()
	if err != nil {
		return "", err
	}
	if c != '"' {
		return "", d.unexpected(c, "a key")
	}
	key, err := d.value()
	if err != nil {
		return "", err
	}
	if c, err = d.must(); err != nil {
		return "", err
	}
	if c != ':' {
		return "", d.unexpected(c, "a colon")
	}
	d.take()
	return key.Text(), nil
}

// value reads a value into memory.
func (d *document) value() (value.Value, error) {
	if _, err := d.must(); err != nil {
		return value.Value{}, err
	}
	from := d.at
	text, err := d.capture()
	if err != nil {
		return value.Value{}, err
	}
	v, err := value.Parse(text)
	if syntax, ok := errors.AsType[*value.SyntaxError](err); ok {
		return v, wrong("%s: at byte %d of the JSON: %s.", d.in.name, from+int64(syntax.Offset), syntax.Detail)
	}
	return v, err
}

// errFound ends the search for what a pointer names.
var errFound = errors.New("found")

// enter reads up to the child that a token of a pointer names.
func (d *document) enter(token string) error {
	c, err := d.must()
	if err != nil {
		return err
	}
	switch n, isIndex := index(token); {
	case c == '{':
		err = d.object(func(key string) error {
			if key == token {
				return errFound
			}
			return d.skip(1)
		})
	case c == '[' && isIndex:
		err = d.array(func(i int64) error {
			if i == n {
				return errFound
			}
			return d.skip(1)
		})
	default:
		return wrong(textNoMatch)
	}
	if errors.Is(err, errFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return wrong(textNoMatch)
}

// skip reads a value and keeps nothing of it.
func (d *document) skip(depth int) error {
	c, err := d.must()
	if err != nil {
		return err
	}
	if depth > value.MaxDepth {
		return wrong("%s: at byte %d of the JSON: nested deeper than %d levels.", d.in.name, d.at, value.MaxDepth)
	}
	switch c {
	case '[':
		return d.array(func(int64) error { return d.skip(depth + 1) })
	case '{':
		return d.object(func(string) error { return d.skip(depth + 1) })
	}
	_, err = d.value()
	return err
}
