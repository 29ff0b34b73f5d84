package jsonata_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/serverledge/serverledge/asl/jsonata"
	"github.com/serverledge/serverledge/dag/value"
)

// typical are expressions of the kinds that people write, each with a
// document. All of them work with the other libraries for Go, too.
var typical = []struct{ name, text, input string }{
	{"transform", `orders[status = "open"].{"id": id, "customer": customer.name, "total": $sum(lines.(price * quantity)), "skus": lines.sku}`, shop(20)},
	{"path", `orders.lines.sku`, shop(20)},
	{"index", `orders[status = "open"][2].lines[-1].sku`, shop(20)},
	{"arithmetic", `$sum(orders.lines.(price * quantity + 1)) / $count(orders)`, shop(20)},
	{"map", `$map(orders, function($o, $i) { {"n": $i, "id": $o.id, "lines": $count($o.lines)} })`, shop(20)},
	{"filter and reduce", `$reduce($filter(orders, function($o) { $o.total > 20 }).total, function($a, $b) { $a + $b })`, shop(20)},
	{"text", `$join(orders.(id & ": " & customer.name & " (" & status & ")"), ", ")`, shop(20)},
	{"sort", `orders^(>total, id).id`, shop(20)},
	{"sort function", `$sort(orders, function($a, $b) { $a.total > $b.total }).id`, shop(20)},
	{"group", `orders{status: $sum(total)}`, shop(20)},
	{"objects", `$merge(orders.{id: $lookup(customer, "name")}) ~> $keys`, shop(20)},
	{"conditions", `orders.(total > 50 ? "large" : total > 20 and status = "open" ? "medium" : "small")`, shop(20)},
	{"numbers", `orders.$formatNumber(total, "#,##0.00")`, shop(20)},
	{"replace", `$replace(text, /o[0-9]+/, "order")`, `{"text":"` + strings.Repeat("order o17 came before o18, but after o5. ", 5) + `"}`},
	{"variables", `($rate := 0.2; $tax := function($x) { $round($x * $rate, 2) }; orders.{"id": id, "tax": $tax(total)})`, shop(20)},
	{"small", `{"name": customer.name, "first": lines[0].sku, "many": $count(lines) > 1}`, shop(1)[len(`{"orders":[`) : len(shop(1))-len(`]}`)]},
	{"large", `{"id": orders[0].id, "last": orders[-1].customer.name, "count": $count(orders)}`, shop(1000)},
}

// shop is a document with so many orders, every second one open.
func shop(orders int) string {
	all := make([]string, orders)
	for i := range all {
		all[i] = fmt.Sprintf(`{"id":"o%d","status":%q,"total":%d.5,"customer":{"name":"Ann %d","since":2019},"lines":[{"sku":"apple","quantity":12,"price":0.5},{"sku":"melon","quantity":%d,"price":3}]}`,
			i, []string{"open", "closed"}[i%2], 7*i%90, i, i+1)
	}
	return `{"orders":[` + strings.Join(all, ",") + `]}`
}

// However a value came about and whatever was evaluated before, the result and
// the steps are the same.
func TestTypical(t *testing.T) {
	t.Parallel()
	for _, c := range typical {
		x := compile(t, c.text)
		var first string
		var steps int
		in := parse(t, c.input)
		for i, in := range []value.Value{in, in, value.Raw([]byte(c.input)), parse(t, " "+strings.ReplaceAll(c.input, `,"`, ` , "`)+" ")} {
			spent := 0
			out, err := x.Evaluate(in, jsonata.Env{Spent: &spent})
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first, steps = out.String(), spent
			}
			if out.String() != first || spent != steps {
				t.Errorf("%s: got %s in %d steps, before %s in %d", c.text, out, spent, first, steps)
			}
		}
	}
}

// BenchmarkTypical measures each expression from bytes to bytes, and alone.
func BenchmarkTypical(b *testing.B) {
	for _, c := range typical {
		x, err := jsonata.Compile(c.text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name+"/bytes", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				in, err := value.Parse([]byte(c.input))
				if err != nil {
					b.Fatal(err)
				}
				out, err := x.Evaluate(in, jsonata.Env{})
				if err != nil || len(out.Bytes()) == 0 {
					b.Fatal(out, err)
				}
			}
		})
		in, err := value.Parse([]byte(c.input))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name+"/alone", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if out, err := x.Evaluate(in, jsonata.Env{}); err != nil || out.IsAbsent() {
					b.Fatal(out, err)
				}
			}
		})
	}
}
