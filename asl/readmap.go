package asl

import (
	"fmt"

	"github.com/serverledge/serverledge/asl/jsonpath"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// defaultWidth is how many items of a Map are under way where the definition
// says nothing or 0.
const defaultWidth = 40

// mapping reads what a Map does, with its processor.
func (o *object) mapping() (*mapping, []*machine) {
	m := &mapping{width: defaultWidth}
	for _, key := range []string{
		"ItemReader", "ItemBatcher", "ResultWriter", "ToleratedFailureCount", "ToleratedFailureCountPath",
		"ToleratedFailurePercentage", "ToleratedFailurePercentagePath", "Label",
	} {
		if member := o.node.Member(key); member != nil {
			o.Errorf("092", member.At(), "%s: %s belongs to distributed maps, which are not supported yet", o.what, key)
		}
	}
	o.atMostOne("MaxConcurrency", "MaxConcurrencyPath")
	if width, ok := o.integer("MaxConcurrency", 0, greatest); ok && width > 0 {
		m.width = int(min(width, MaxBranches))
	}
	m.widthPath = o.reference("MaxConcurrencyPath")
	if m.items = o.reference("ItemsPath"); m.items != nil && m.items.Root() == jsonpath.Input && m.items.String() == "$" {
		m.items = nil
	}
	o.atMostOne("ItemSelector", "Parameters")
	m.selector = o.template("ItemSelector")
	if m.selector == nil {
		m.selector = o.template("Parameters")
	}
	switch o.atMostOne("ItemProcessor", "Iterator") {
	case 0:
		o.Errorf("006", o.start(), "%s needs the field \"ItemProcessor\"", o.what)
		return m, nil
	case 1:
	default:
		return m, nil
	}
	n := o.node.Get("ItemProcessor")
	if n == nil {
		n = o.node.Get("Iterator")
	}
	o.processorConfig(n)
	if body := o.nested(n, "the processor of "+o.what, "ProcessorConfig"); body != nil {
		return m, []*machine{body}
	}
	return m, nil
}

// processorConfig checks that a Map is an inline one.
func (o *object) processorConfig(processor *source.Node) {
	n := processor.Get("ProcessorConfig")
	if n == nil {
		return
	}
	c, ok := o.object(n, "ProcessorConfig of "+o.what)
	if !ok {
		return
	}
	c.fields("Mode", "ExecutionType", "Comment")
	mode, at := c.text("Mode")
	switch {
	case at == nil:
	case mode == "DISTRIBUTED":
		c.Errorf("092", at.At(), "%s: distributed maps are not supported yet", o.what).Hint = "use the mode INLINE"
		return
	case mode != "INLINE":
		c.Errorf("009", at.At(), "%s: Mode must be INLINE or DISTRIBUTED, not %q", c.what, source.Clip(mode)).
			Suggest(mode, []string{"INLINE", "DISTRIBUTED"})
		return
	}
	if m := n.Member("ExecutionType"); m != nil {
		c.Errorf("008", m.At(), "%s: ExecutionType belongs to distributed maps", c.what)
	}
}

// retries reads Retry.
func (o *object) retries() (retries []retry) {
	list := o.list("Retry")
	for i, n := range list {
		r, ok := o.object(n, fmt.Sprintf("retrier %d of %s", i, o.what))
		if !ok {
			continue
		}
		r.fields("ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "Comment")
		retries = append(retries, r.retry(i == len(list)-1))
	}
	return retries
}

// list returns the items of a field that must be an array if it is there.
func (o *object) list(key string) []*source.Node {
	n := o.node.Get(key)
	if n == nil {
		return nil
	}
	if n.Kind != value.Array {
		o.Errorf("005", n.At(), "%s: %s must be an array, not %s", o.what, key, article(n.Kind))
	}
	return n.Items
}
