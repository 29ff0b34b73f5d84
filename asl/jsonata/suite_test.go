package jsonata_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/serverledge/serverledge/asl/jsonata"
	"github.com/serverledge/serverledge/dag/value"
)

// suiteCase is a case of the official suite of JSONata.
type suiteCase struct {
	ID            string                     `json:"id"`
	Expr          string                     `json:"expr"`
	Data          json.RawMessage            `json:"data"`
	UndefinedData bool                       `json:"undefinedData"`
	Bindings      map[string]json.RawMessage `json:"bindings"`
	Depth         int                        `json:"depth"`
	Unordered     bool                       `json:"unordered"`
	Expect        struct {
		Result    json.RawMessage `json:"result"`
		Undefined bool            `json:"undefined"`
		Code      string          `json:"code"`
		Token     string          `json:"token"`
		Error     *struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Token   string `json:"token"`
		} `json:"error"`
	} `json:"expect"`
}

// TestSuite runs the official suite, which is read where it lies. The file may
// be named by the environment variable CASES.
func TestSuite(t *testing.T) { //nolint:paralleltest // it prints a summary
	path, named := os.LookupEnv("CASES")
	if !named {
		path = "../../../shared/cases/jsonata/public-v2.0.6.json"
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		t.Skipf("the official suite is not here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var cases []suiteCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, c := range cases {
		if why := c.fails(); why != "" {
			t.Logf("failed %s: %s: %s", c.ID, strings.Join(strings.Fields(c.Expr), " "), why)
		} else {
			passed++
		}
	}
	t.Logf("passed %d of %d", passed, len(cases))
	fmt.Fprintf(os.Stdout, "passed %d of %d\n", passed, len(cases))
	if passed*100 < len(cases)*99 {
		t.Errorf("passed %d of %d, fewer than 99 %%", passed, len(cases))
	}
}

// fails runs a case and says what is wrong, "" when nothing is. It bounds the
// time, so that a case that hangs is one that fails.
func (c *suiteCase) fails() string {
	done := make(chan string, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- fmt.Sprintf("panic: %v", r)
			}
		}()
		done <- c.run()
	}()
	select {
	case why := <-done:
		return why
	case <-time.After(20 * time.Second):
		return "it takes too long"
	}
}

func (c *suiteCase) run() string {
	env := jsonata.Env{
		Now:    time.Date(2024, 5, 6, 7, 8, 9, 123e6, time.UTC),
		Rand:   func() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) },
		Limits: jsonata.Limits{Depth: c.Depth},
		Var: func(name string) (value.Value, bool) {
			text, ok := c.Bindings[name]
			if !ok {
				return value.Value{}, false
			}
			v, err := value.Parse(text)
			return v, err == nil
		},
	}
	var input value.Value
	if !c.UndefinedData && len(c.Data) > 0 {
		var err error
		if input, err = value.Parse(c.Data); err != nil {
			return fmt.Sprintf("the data is refused: %v", err)
		}
	}
	x, err := jsonata.Compile(c.Expr)
	var got value.Value
	if err == nil {
		got, err = x.Evaluate(input, env)
	}
	return c.judge(got, err)
}

// judge compares a result with the expected one.
func (c *suiteCase) judge(got value.Value, err error) string {
	code, token, message := c.Expect.Code, c.Expect.Token, ""
	if want := c.Expect.Error; want != nil {
		code, token, message = want.Code, want.Token, want.Message
	}
	if code != "" || c.Expect.Error != nil {
		problem, ok := errors.AsType[*jsonata.Error](err)
		switch {
		case !ok:
			return fmt.Sprintf("got %s, %v, want error %s", got, err, code)
		case code != "" && problem.Code != code, token != "" && problem.Token != token, message != "" && problem.Message != message:
			return fmt.Sprintf("got %v (%q), want %s %q %q", err, problem.Token, code, token, message)
		}
		return ""
	}
	if err != nil {
		return fmt.Sprintf("got error %v", err)
	}
	if c.Expect.Undefined {
		if !got.IsAbsent() {
			return fmt.Sprintf("got %s, want nothing", got)
		}
		return ""
	}
	want, err := value.Parse(c.Expect.Result)
	if err != nil {
		return fmt.Sprintf("the expected result is refused: %v", err)
	}
	if value.Equal(got, want) || c.Unordered && sameItems(got, want) {
		return ""
	}
	return fmt.Sprintf("got %s, want %s", got, want)
}

// sameItems compares two arrays as multisets.
func sameItems(a, b value.Value) bool {
	if a.Kind() != value.Array || b.Kind() != value.Array || a.Len() != b.Len() {
		return false
	}
	used := make([]bool, b.Len())
	for _, x := range a.Elements() {
		found := false
		for i, y := range b.Elements() {
			if !used[i] && value.Equal(x, y) {
				used[i], found = true, true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}
