package dag

import (
	"fmt"
	"strings"
)

// sketch describes a grown plant, for the eyes of those who repeat a failure.
func (p *plant) sketch(indent string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%sstart %q out %v\n", indent, p.graph.Start, p.out != nil)
	for _, t := range p.stems {
		s := t.state
		fmt.Fprintf(&b, "%s%s kind %d %s next %q needs %q any %v default %q width %d when %v in %v out %v items %v item %v assign %v %q limits %v %v", indent,
			s.Name, s.Kind, s.Resource.Name, s.Next, s.Needs, s.JoinAny, s.Default, s.Width, t.when != nil, t.in != nil, t.out != nil, t.items != nil, t.item != nil, t.assign != nil, t.variable, s.Timeout, s.Heartbeat)
		for _, c := range s.Cases {
			fmt.Fprintf(&b, " case->%s", c.Next)
		}
		for _, r := range s.Retry {
			fmt.Fprintf(&b, " retry %q %d", r.Errors, r.MaxAttempts)
		}
		for _, c := range s.Catch {
			fmt.Fprintf(&b, " catch %q->%s", c.Errors, c.Next)
		}
		b.WriteByte('\n')
		for _, l := range t.branches {
			b.WriteString(l.sketch(indent + "  "))
		}
		if t.body != nil {
			b.WriteString(t.body.sketch(indent + "  "))
		}
	}
	return b.String()
}
