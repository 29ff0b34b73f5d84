package asl

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

type retry = dag.Retry

// longestDelay is what MaxDelaySeconds must stay below: 366 days.
const longestDelay = 31_622_400

// retry reads one retrier.
func (o *object) retry(last bool) retry {
	r := retry{Errors: o.errorEquals(last), Interval: time.Second, MaxAttempts: 3, Backoff: 2}
	if i, ok := o.integer("IntervalSeconds", 1, greatest); ok {
		r.Interval = time.Duration(i) * time.Second
	}
	if n, ok := o.integer("MaxAttempts", 0, greatest); ok {
		r.MaxAttempts = int(n)
	}
	if n := o.node.Get("BackoffRate"); n != nil {
		rate := n.Value().Float()
		switch {
		case n.Kind != value.Number:
			o.Errorf("005", n.At(), "%s: BackoffRate must be a number, not %s", o.what, article(n.Kind))
		case rate < 1 || math.IsInf(rate, 0):
			o.Errorf("009", n.At(), "%s: BackoffRate must be at least 1.0, not %s", o.what, source.Clip(n.Text))
		default:
			r.Backoff = rate
		}
	}
	if i, ok := o.integer("MaxDelaySeconds", 1, longestDelay-1); ok {
		r.MaxDelay = time.Duration(i) * time.Second
		if r.MaxDelay <= r.Interval {
			o.Errorf("009", o.node.Get("MaxDelaySeconds").At(), "%s: MaxDelaySeconds must be greater than IntervalSeconds", o.what)
		}
	}
	if text, n := o.text("JitterStrategy"); n != nil {
		switch text {
		case "FULL":
			r.Jitter = true
		case "NONE":
		default:
			o.Errorf("009", n.At(), "%s: JitterStrategy must be FULL or NONE, not %q", o.what, source.Clip(text)).
				Suggest(text, []string{"FULL", "NONE"})
		}
	}
	return r
}

// catchers reads Catch.
func (o *object) catchers(query language) (catchers []catcher) {
	list := o.list("Catch")
	for i, n := range list {
		c, ok := o.object(n, fmt.Sprintf("catcher %d of %s", i, o.what))
		if !ok {
			continue
		}
		known := []string{"ErrorEquals", "Next", "Comment", "Assign", "Output"}
		if query == jsonPath {
			known = append(known[:4], "ResultPath")
		}
		c.fields(query, known...)
		k := catcher{errors: c.errorEquals(i == len(list)-1), assign: c.assign(query, caught)}
		if query == jsonPath {
			k.resultPath = c.resultPath()
		} else {
			k.shaped = c.template("Output", query, caught)
		}
		if c.required("Next") != nil {
			k.next = c.target("Next")
		}
		catchers = append(catchers, k)
	}
	return catchers
}

// errorEquals reads the error names of a retrier or a catcher.
func (o *object) errorEquals(last bool) []string {
	n := o.required("ErrorEquals")
	if n == nil {
		return nil
	}
	list := o.list("ErrorEquals")
	if n.Kind == value.Array && len(list) == 0 {
		o.Errorf("009", n.At(), "%s: ErrorEquals is empty", o.what)
	}
	var names []string
	for _, item := range list {
		if item.Kind != value.String {
			o.Errorf("005", item.At(), "%s: ErrorEquals must hold strings, not %s", o.what, article(item.Kind))
			continue
		}
		names = append(names, item.Text)
		switch {
		case item.Text != dag.ErrorAll:
			o.knownError(item)
		case len(list) > 1:
			o.Errorf("033", item.At(), "%s: %s must stand alone in ErrorEquals", o.what, dag.ErrorAll)
		case !last:
			o.Errorf("033", item.At(), "%s: %s must be in the last entry, those after it would never be used", o.what, dag.ErrorAll)
		}
	}
	return names
}

// knownError warns of names that look like the language's own and are not.
func (o *object) knownError(n *source.Node) {
	known := []string{
		dag.ErrorAll, dag.ErrorTaskFailed, dag.ErrorTimeout, dag.ErrorHeartbeatTimeout, dag.ErrorNoChoiceMatched, dag.ErrorRuntime,
		dag.ErrorDataLimitExceeded, dag.ErrorTolerance, "States.Permissions", errorResultPath, errorParameterPath, errorIntrinsic,
		"States.BranchFailed", dag.ErrorReader, dag.ErrorWriter, errorQuery, "States.Http.Socket",
	}
	if !strings.HasPrefix(n.Text, "State.") && !strings.HasPrefix(n.Text, "States.") || strings.HasPrefix(n.Text, "States.Http.StatusCode.") {
		return
	}
	if slices.Contains(known, n.Text) {
		return
	}
	o.Warnf("035", n.At(), "%s: no error is named %q", o.what, source.Clip(n.Text)).Suggest(n.Text, known)
}
