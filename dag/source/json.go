package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/serverledge/serverledge/dag/value"
)

// readJSON reads the document of a report as JSON; it returns nil after a
// problem that hides the rest of the text.
func readJSON(r *Report) *Node {
	text := r.Document.Text
	var syntax *value.SyntaxError
	if _, err := value.Parse([]byte(text)); errors.As(err, &syntax) && syntax.Code != "duplicate_key" {
		number := "001"
		if syntax.Code == "too_deep" || syntax.Code == "too_many_tokens" {
			number = "003"
		}
		at := min(syntax.Offset, len(text))
		p := r.Errorf(number, Place{nil, at, at + 1}, "%s", syntax.Detail)
		if strings.HasPrefix(syntax.Detail, "expected a key") {
			p.Hint = "a definition that starts with { is read as JSON"
		}
		return nil
	}
	w := jsonWalker{report: r, decoder: json.NewDecoder(strings.NewReader(text))}
	w.decoder.UseNumber()
	root, err := w.value(0)
	if err == nil && w.next() < len(text) {
		err = errors.New("text after the end of the document")
	}
	if err != nil {
		at := min(w.next(), len(text))
		r.Errorf("001", Place{nil, at, at + 1}, "%s", err)
		return nil
	}
	return root
}

// jsonWalker makes nodes of the tokens of a decoder.
type jsonWalker struct {
	report  *Report
	decoder *json.Decoder
	tokens  int
}

// next returns where the next token starts.
func (w *jsonWalker) next() int {
	text := w.report.Document.Text
	at := int(w.decoder.InputOffset())
	for at < len(text) && strings.IndexByte(" \t\r\n,:", text[at]) >= 0 {
		at++
	}
	return at
}

func (w *jsonWalker) token() (token json.Token, start, end int, err error) {
	if w.tokens++; w.tokens > 2*value.MaxTokens {
		return nil, 0, 0, fmt.Errorf("more than %d values and keys", value.MaxTokens)
	}
	start = w.next()
	token, err = w.decoder.Token()
	return token, start, int(w.decoder.InputOffset()), err
}

func (w *jsonWalker) value(depth int) (*Node, error) {
	token, start, end, err := w.token()
	if err != nil {
		return nil, err
	}
	n := &Node{start: start, end: end}
	switch t := token.(type) {
	case nil:
		n.Kind = value.Null
	case bool:
		n.Kind, n.Bool = value.Bool, t
	case json.Number:
		n.Kind, n.Text = value.Number, t.String()
	case string:
		n.Kind, n.Text = value.String, t
	case json.Delim:
		if depth >= value.MaxDepth {
			return nil, fmt.Errorf("nested deeper than %d levels", value.MaxDepth)
		}
		if t == '{' {
			n.Kind = value.Object
			return n, w.object(n, depth+1)
		}
		n.Kind = value.Array
		return n, w.array(n, depth+1)
	}
	return n, nil
}

func (w *jsonWalker) array(n *Node, depth int) error {
	for w.decoder.More() {
		item, err := w.value(depth)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item.adopt(n, strconv.Itoa(len(n.Items))))
	}
	_, _, _, err := w.token()
	return err
}

func (w *jsonWalker) object(n *Node, depth int) error {
	first := make(map[string]int)
	for w.decoder.More() {
		token, start, end, err := w.token()
		if err != nil {
			return err
		}
		key, ok := token.(string)
		if !ok {
			return errors.New("expected a key in double quotes")
		}
		v, err := w.value(depth)
		if err != nil {
			return err
		}
		w.report.member(n, first, Member{Key: key, Value: v, start: start, end: end})
	}
	_, _, _, err := w.token()
	return err
}

// member adds a member to an object unless its key is there already.
func (r *Report) member(n *Node, first map[string]int, m Member) {
	m.Value.adopt(n, m.Key)
	if at, twice := first[m.Key]; twice {
		r.Errorf("002", m.At(), "the key %q is already set at %s", Clip(m.Key), r.Where(Place{start: at}))
		return
	}
	first[m.Key] = m.start
	n.Members = append(n.Members, m)
}
