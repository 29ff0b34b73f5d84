package dataset

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/serverledge/serverledge/dag/value"
)

// comma returns the character that a delimiter names.
func (d Delimiter) comma() rune {
	switch d {
	case Pipe:
		return '|'
	case Semicolon:
		return ';'
	case Space:
		return ' '
	case Tab:
		return '\t'
	case Comma:
	}
	return ','
}

// table reads the rows of a CSV. Quotes are as in RFC 4180, but one in the
// middle of a cell is part of it. Empty lines are no rows.
type table struct {
	in   *input
	rows *csv.Reader
}

func newTable(in *input, d Delimiter) *table {
	rows := csv.NewReader(in.Reader)
	rows.Comma, rows.FieldsPerRecord, rows.LazyQuotes, rows.ReuseRecord = d.comma(), -1, true, true
	return &table{in, rows}
}

// next returns the next row, io.EOF after the last. It is valid until the next
// call.
func (t *table) next() ([]string, error) {
	from := t.rows.InputOffset()
	t.in.allow(from)
	row, err := t.rows.Read()
	if errors.Is(err, io.EOF) && !t.in.text.over && t.in.raw.err == nil {
		return nil, io.EOF
	}
	if err != nil {
		return nil, t.in.failed(err, t.place())
	}
	if t.rows.InputOffset()-from > t.in.limits.record() {
		return nil, t.in.tooLong(t.place())
	}
	for _, cell := range row {
		if !utf8.ValidString(cell) {
			return nil, wrong("%s: %s is not valid UTF-8.", t.in.name, t.place())
		}
	}
	return row, nil
}

// place names the row that was read.
func (t *table) place() string {
	if t.rows.InputOffset() == 0 {
		return "the first row"
	}
	line, _ := t.line()
	return fmt.Sprintf("the row of line %d", line)
}

// line is where the last row began. FieldPos panics when there was none.
func (t *table) line() (line int, ok bool) {
	defer func() {
		if recover() != nil {
			line, ok = 0, false
		}
	}()
	line, _ = t.rows.FieldPos(0)
	return line, true
}

// readCSV emits the rows as objects. All values are strings; cells beyond the
// headers are dropped, missing ones are "".
func readCSV(in *input, c Config, to emit) error {
	t := newTable(in, c.Delimiter)
	headers := c.Headers
	if c.HeaderLocation != Given {
		first, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		headers = first
	}
	row, err := newRow(in.name, headers)
	if err != nil {
		return err
	}
	for {
		cells, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := to(Item{Value: row.object(cells)}); err != nil {
			return err
		}
	}
}

// row makes objects of cells.
type row struct {
	keys [][]byte // `{"first":`, `,"second":`
	size int      // of the last object, to guess the next
}

func newRow(name string, headers []string) (*row, error) {
	r := &row{keys: make([][]byte, len(headers))}
	seen, size := make(map[string]bool, len(headers)), 0
	for i, header := range headers {
		if seen[header] {
			return nil, wrong(textDuplicates)
		}
		seen[header] = true
		if size += len(header); size > MaxHeader {
			return nil, wrong("%s: the CSV headers have more than %d bytes.", name, MaxHeader)
		}
		start := byte(',')
		if i == 0 {
			start = '{'
		}
		r.keys[i] = append(value.AppendString([]byte{start}, header), ':')
	}
	return r, nil
}

// object writes a row as JSON.
func (r *row) object(cells []string) value.Value {
	if len(r.keys) == 0 {
		return value.EmptyObject
	}
	b := make([]byte, 0, r.size+r.size/8)
	for i, key := range r.keys {
		b = append(b, key...)
		cell := ""
		if i < len(cells) {
			cell = cells[i]
		}
		b = value.AppendString(b, cell)
	}
	b = append(b, '}')
	r.size = len(b)
	return value.Raw(b)
}
