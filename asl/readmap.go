package asl

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/serverledge/serverledge/asl/jsonpath"
	"github.com/serverledge/serverledge/dag"
	"github.com/serverledge/serverledge/dag/source"
	"github.com/serverledge/serverledge/dag/value"
)

// How many items of a Map are under way where the definition says nothing or
// 0, and how many AWS allows at most.
const (
	defaultWidth     = 40
	distributedWidth = 10_000
)

// mapping reads what a Map does, with its processor.
func (o *object) mapping(query language) (*mapping, []*machine) {
	m := &mapping{width: o.quantity("MaxConcurrency", 0, greatest, query)}
	if query == jsonata {
		m.list = o.items()
	} else if m.items = o.reference("ItemsPath"); m.items != nil && m.items.Root() == jsonpath.Input && m.items.String() == "$" {
		m.items = nil
	}
	o.atMostOne("ItemSelector", "Parameters")
	m.selector = o.template("ItemSelector", query, before)
	if m.selector == nil && query == jsonPath {
		m.selector = o.template("Parameters", query, before)
	}
	switch o.atMostOne("ItemProcessor", "Iterator") {
	case 0:
		o.required("ItemProcessor")
		return m, nil
	case 1:
	default:
		return m, nil
	}
	n := o.node.Get("ItemProcessor")
	if n == nil {
		n = o.node.Get("Iterator")
	}
	m.children = o.processorConfig(n)
	m.distributed = m.children != dag.Inline
	o.distribution(m, query)
	if body := o.nested(n, "the processor of "+o.what, "ProcessorConfig"); body != nil {
		return m, []*machine{body}
	}
	return m, nil
}

// items reads Items of JSONata.
func (o *object) items() template {
	n := o.node.Get("Items")
	switch {
	case n == nil:
		return nil
	case n.Kind == value.String && expressive(n.Text):
		if e := o.expression(n, "Items", before); e != nil {
			return listOf{e}
		}
		return nil
	case n.Kind != value.Array && n.Kind != value.Object:
		o.Errorf("005", n.At(), "%s: Items must be an array, an object or a JSONata expression, not %s", o.what, article(n.Kind))
		return nil
	}
	return o.jsonataTemplate(n, "Items", before)
}

// listOf is an expression that must give something to go through.
type listOf struct{ *expression }

func (l listOf) fill(s *scope) (value.Value, *dag.Failure) {
	return l.typed(s, "array", func(v value.Value) bool { return v.Kind() == value.Array || v.Kind() == value.Object })
}

// processorConfig reads how the items of a Map run.
func (o *object) processorConfig(processor *source.Node) dag.Children {
	n := processor.Get("ProcessorConfig")
	if n == nil {
		return dag.Inline
	}
	c, ok := o.object(n, "ProcessorConfig of "+o.what)
	if !ok {
		return dag.Inline
	}
	c.fields(jsonPath, "Mode", "ExecutionType", "Comment")
	mode, at := c.text("Mode")
	if at == nil {
		mode = "INLINE"
	}
	kind, typed := c.text("ExecutionType")
	switch mode {
	case "INLINE":
		if typed != nil {
			c.Errorf("008", n.Member("ExecutionType").At(), "%s: ExecutionType belongs to the mode DISTRIBUTED", c.what)
		}
		return dag.Inline
	case "DISTRIBUTED":
	default:
		c.Errorf("009", at.At(), "%s: Mode must be INLINE or DISTRIBUTED, not %q", c.what, source.Clip(mode)).
			Suggest(mode, []string{"INLINE", "DISTRIBUTED"})
		return dag.Inline
	}
	if o.options.Express {
		c.Errorf("040", at.At(), "%s: an express execution cannot have a distributed Map", c.what)
	}
	switch kind {
	case "EXPRESS":
		return dag.ExpressChildren
	case "STANDARD":
	case "":
		if typed == nil {
			c.required("ExecutionType")
		}
	default:
		c.Errorf("009", typed.At(), "%s: ExecutionType must be STANDARD or EXPRESS, not %q", c.what, source.Clip(kind)).
			Suggest(kind, []string{"STANDARD", "EXPRESS"})
	}
	return dag.StandardChildren
}

// distribution reads what only a distributed Map has.
func (o *object) distribution(m *mapping, query language) {
	if !m.distributed {
		for _, key := range distributedFields() {
			if member := o.node.Member(key); member != nil {
				o.Errorf("041", member.At(), "%s: %s belongs to distributed maps", o.what, key).Hint =
					`set "Mode": "DISTRIBUTED" in the ProcessorConfig of its ItemProcessor`
			}
		}
	}
	m.label = o.label()
	for _, key := range []string{"ToleratedFailureCount", "ToleratedFailureCountPath", "ToleratedFailurePercentage", "ToleratedFailurePercentagePath"} {
		if member := o.node.Member(key); member != nil && !m.distributed {
			o.Warnf("041", member.At(), "%s: %s has no effect, it belongs to distributed maps: the first item that fails ends this one", o.what, key)
		}
	}
	m.count = o.quantity("ToleratedFailureCount", 0, greatest, query)
	m.share = o.percentage("ToleratedFailurePercentage", query)
	m.reader = o.itemReader(query)
	m.batcher = o.itemBatcher(query)
	m.writer = o.resultWriter(query)
}

func distributedFields() []string {
	return []string{"ItemReader", "ItemBatcher", "ResultWriter", "Label"}
}

// label reads Label.
func (o *object) label() string {
	text, n := o.text("Label")
	if n == nil {
		return ""
	}
	if text == "" {
		o.Errorf("014", n.At(), "%s: Label cannot be empty", o.what)
	}
	if length := utf8.RuneCountInString(text); length > o.options.Limits.Label {
		o.Errorf("014", n.At(), "%s: Label cannot exceed %d characters, it has %d", o.what, o.options.Limits.Label, length)
	}
	for _, c := range text {
		if strings.ContainsRune(" ?*<>{}[]:;,\\|^~$#%&`\"", c) || unicode.IsControl(c) || unicode.IsSpace(c) {
			o.Errorf("014", n.At(), "%s: Label contains invalid character: %q", o.what, c)
			break
		}
	}
	return text
}

// integration reads the Resource of a reader or a writer, which must be one of
// some actions of S3.
func (o *object) integration(kind dag.ResourceKind, actions ...string) dag.Resource {
	r := dag.Resource{Kind: kind, Service: "s3", Action: actions[0]}
	if o.required("Resource") == nil {
		return r
	}
	text, n := o.text("Resource")
	if n == nil {
		return r
	}
	for _, action := range actions {
		if isStatesARN(text, "s3:"+action) {
			r.Action = action
			return r
		}
	}
	o.unsupported(n, "%s: Resource %q is not supported, only arn:aws:states:::s3:%s", o.what, source.Clip(text), strings.Join(actions, " and s3:"))
	return r
}

// itemReader reads ItemReader; nil when it is not there.
func (o *object) itemReader(query language) *reading {
	n := o.node.Get("ItemReader")
	if n == nil {
		return nil
	}
	p, ok := o.object(n, "ItemReader of "+o.what)
	if !ok {
		return nil
	}
	p.fields(query, "Resource", argumentsOf(query), "ReaderConfig", "Comment")
	r := &reading{resource: p.integration(dag.ReaderResource, "getObject", "listObjectsV2"), config: value.EmptyObject}
	r.parameters = p.template(argumentsOf(query), query, before)
	if c := p.node.Get("ReaderConfig"); c != nil {
		if config, ok := o.object(c, "ReaderConfig of "+o.what); ok {
			config.readerConfig(r, query)
		}
	} else if r.resource.Action == "getObject" {
		p.required("ReaderConfig")
	}
	return r
}

// argumentsOf names what a call gets.
func argumentsOf(query language) string {
	if query == jsonata {
		return "Arguments"
	}
	return "Parameters"
}

// oneOf reads a text that must be one of some words.
func (o *object) oneOf(key string, words ...string) string {
	text, n := o.text(key)
	if n == nil {
		return ""
	}
	if slices.Contains(words, text) {
		return text
	}
	o.Errorf("009", n.At(), "%s: the field '%s' should have one of these values: [%s]", o.what, key, strings.Join(words, ", ")).Suggest(text, words)
	return ""
}

// readerConfig reads ReaderConfig.
func (o *object) readerConfig(r *reading, query language) {
	known := []string{"InputType", "Transformation", "ManifestType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter", "ItemsPointer", "MaxItems", "Comment"}
	if query == jsonPath {
		known = append(known, "MaxItemsPath")
	}
	o.fields(query, known...)
	kind := o.oneOf("InputType", "CSV", "JSON", "JSONL", "PARQUET", "MANIFEST")
	o.oneOf("Transformation", "NONE", "LOAD_AND_FLATTEN")
	inventory := o.oneOf("ManifestType", "ATHENA_DATA", "S3_INVENTORY") == "S3_INVENTORY"
	if o.node.Get("InputType") == nil && r.resource.Action == "getObject" && !inventory {
		o.required("InputType")
	}
	o.oneOf("CSVDelimiter", "COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB")
	where := o.oneOf("CSVHeaderLocation", "FIRST_ROW", "GIVEN")
	headers := o.list("CSVHeaders")
	for _, h := range headers {
		if h.Kind != value.String {
			o.Errorf("005", h.At(), "%s: CSVHeaders must hold strings, not %s", o.what, article(h.Kind))
		}
	}
	switch {
	case kind == "CSV" && where == "" && o.node.Get("CSVHeaderLocation") == nil:
		o.required("CSVHeaderLocation")
	case where == "GIVEN":
		o.required("CSVHeaders")
	}
	if text, n := o.text("ItemsPointer"); n != nil && text != "" && !strings.HasPrefix(text, "/") {
		o.Errorf("009", n.At(), "%s: ItemsPointer must be a JSON pointer as in RFC 6901, which begins with /", o.what)
	}
	r.most = o.quantity("MaxItems", 0, 100_000_000, query)
	var members []value.Member
	for _, m := range o.node.Members {
		switch m.Key {
		case "MaxItems", "MaxItemsPath", "Comment":
		default:
			members = append(members, member(m.Key, m.Value.Value()))
		}
	}
	r.config = value.OfObject(members...)
}

// itemBatcher reads ItemBatcher; nil when it is not there.
func (o *object) itemBatcher(query language) *batcher {
	n := o.node.Get("ItemBatcher")
	if n == nil {
		return nil
	}
	p, ok := o.object(n, "ItemBatcher of "+o.what)
	if !ok {
		return nil
	}
	known := []string{"BatchInput", "MaxItemsPerBatch", "MaxInputBytesPerBatch", "Comment"}
	if query == jsonPath {
		known = append(known, "MaxItemsPerBatchPath", "MaxInputBytesPerBatchPath")
	}
	p.fields(query, known...)
	b := &batcher{}
	if in := n.Get("BatchInput"); in != nil && in.Kind != value.Object {
		p.Errorf("005", in.At(), "%s: BatchInput must be an object, not %s", p.what, article(in.Kind))
	} else if in != nil && query == jsonata {
		b.input = p.jsonataTemplate(in, "ItemBatcher/BatchInput", before)
	} else if in != nil {
		b.input = p.compileTemplate(in)
	}
	b.most = p.quantity("MaxItemsPerBatch", 1, greatest, query)
	b.bytes = p.quantity("MaxInputBytesPerBatch", 1, int64(o.options.Limits.Payload), query)
	if !b.most.here() && !b.bytes.here() && n.Get("MaxItemsPerBatch") == nil && n.Get("MaxInputBytesPerBatch") == nil &&
		n.Get("MaxItemsPerBatchPath") == nil && n.Get("MaxInputBytesPerBatchPath") == nil {
		p.Errorf("006", p.start(), "%s needs MaxItemsPerBatch or MaxInputBytesPerBatch", p.what)
	}
	return b
}

// resultWriter reads ResultWriter; nil when it is not there.
func (o *object) resultWriter(query language) *writing {
	n := o.node.Get("ResultWriter")
	if n == nil {
		return nil
	}
	p, ok := o.object(n, "ResultWriter of "+o.what)
	if !ok {
		return nil
	}
	p.fields(query, "Resource", argumentsOf(query), "WriterConfig", "Comment")
	w := &writing{exports: n.Get("Resource") != nil || n.Get(argumentsOf(query)) != nil}
	if w.exports {
		w.resource = p.integration(dag.WriterResource, "putObject")
		if p.required(argumentsOf(query)) != nil {
			w.parameters = p.template(argumentsOf(query), query, before)
		}
	}
	c := n.Get("WriterConfig")
	if c == nil && !w.exports {
		p.Errorf("006", p.start(), "%s needs a Resource with %s, or a WriterConfig", p.what, argumentsOf(query))
	}
	if c == nil {
		return w
	}
	if config, ok := o.object(c, "WriterConfig of "+o.what); ok {
		config.fields(query, "Transformation", "OutputType", "Comment")
		config.oneOf("Transformation", "NONE", "COMPACT", "FLATTEN")
		config.oneOf("OutputType", "JSON", "JSONL")
		w.config = c.Value()
	}
	return w
}

// retries reads Retry.
func (o *object) retries() (retries []retry) {
	list := o.list("Retry")
	for i, n := range list {
		r, ok := o.object(n, fmt.Sprintf("retrier %d of %s", i, o.what))
		if !ok {
			continue
		}
		r.fields(jsonPath, "ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "Comment")
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
