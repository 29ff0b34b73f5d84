package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/serverledge/serverledge/functions"
)

// inputFlags are the ways to give an input.
type inputFlags struct {
	params []string
	file   string
	data   string
}

func (f *inputFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.params, "param", "p", nil, "parameter as name:value, a string (repeatable)")
	flags.StringVarP(&f.file, "params_file", "j", "", "file with the parameters as JSON; - is stdin")
	flags.StringVarP(&f.data, "data", "d", "", "parameters as JSON, for example '{\"n\": 1}'")
}

// input makes the JSON document; nil when nothing was given. Parameters of -p
// are laid over those of the file or of -d.
func (a *app) input(f *inputFlags) (json.RawMessage, error) {
	if f.file != "" && f.data != "" {
		return nil, usage("give either --params-file or --data, not both")
	}
	var doc json.RawMessage
	switch {
	case f.file != "":
		text, err := a.read(f.file, functions.MaxInput)
		if err != nil {
			return nil, err
		}
		if doc, err = document(text, f.file); err != nil {
			return nil, err
		}
	case f.data != "":
		var err error
		if doc, err = document([]byte(f.data), "--data"); err != nil {
			return nil, err
		}
	}
	if len(f.params) == 0 {
		return doc, nil
	}
	members := map[string]json.RawMessage{}
	if doc != nil {
		if err := json.Unmarshal(doc, &members); err != nil || members == nil {
			return nil, usage("-p adds to an object, and the other input is none")
		}
	}
	for _, given := range f.params {
		for _, param := range splitPairs(given) {
			name, value, ok := strings.Cut(param, ":")
			if !ok || name == "" {
				return nil, usage("%q is no parameter; write it as name:value, for example -p n:5", param)
			}
			text, err := marshal(value)
			if err != nil {
				return nil, err
			}
			members[name] = text
		}
	}
	return marshal(members)
}

// document checks that a text is one JSON document.
func document(text []byte, from string) (json.RawMessage, error) {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	var doc json.RawMessage
	if err := json.Unmarshal(text, &doc); err != nil {
		place := ""
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			line, column := position(text, int(syntax.Offset))
			place = fmt.Sprintf(" at line %d, column %d", line, column)
		}
		return nil, usage("%s is not valid JSON%s: %v", from, place, err)
	}
	return doc, nil
}

// position turns the offset after a byte into the byte's line and column.
func position(text []byte, offset int) (line, column int) {
	before := text[:min(max(0, offset-1), len(text))]
	return 1 + bytes.Count(before, []byte("\n")), len(before) - bytes.LastIndexByte(before, '\n')
}

// splitPairs reads what one flag gives: "a:1,b:2" is two pairs, and
// "msg:hello, world" is one, because its second piece has no colon. Quotes
// work as in CSV.
func splitPairs(given string) []string {
	pieces, err := csv.NewReader(strings.NewReader(given)).Read()
	if err != nil || len(pieces) < 2 {
		return []string{given}
	}
	for _, piece := range pieces {
		if !strings.Contains(piece, ":") {
			return []string{given}
		}
	}
	return pieces
}

// read reads a local text of at most limit bytes; "-" is stdin.
func (a *app) read(name string, limit int64) ([]byte, error) {
	from := a.in
	if name != "-" {
		info, err := os.Stat(name)
		switch {
		case err != nil:
			return nil, unreadable(err, name)
		case info.IsDir():
			return nil, unreadable(errors.New("it is a folder"), name)
		case !info.Mode().IsRegular() && !strings.HasPrefix(name, "/dev/"): // a FIFO without a writer would hold us for ever
			return nil, unreadable(errors.New("it is not a regular file"), name)
		}
		f, err := os.Open(name)
		if err != nil {
			return nil, unreadable(err, name)
		}
		defer func() { _ = f.Close() }()
		from = f
	}
	text, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil {
		return nil, unreadable(err, name)
	}
	if int64(len(text)) > limit {
		return nil, unreadable(errors.New("it is too large"), name).tip("at most %d MiB", limit>>20)
	}
	return text, nil
}

// unreadable is a local file that cannot be read.
func unreadable(err error, name string) *commandError {
	if name == "-" {
		name = "stdin"
	}
	if wrapped, ok := errors.AsType[*os.PathError](err); ok {
		err = wrapped.Err
	}
	f := cannot(err, "read %s", name)
	f.code = exitSource
	return f
}
