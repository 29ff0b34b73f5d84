package peers

import (
	"testing"
	"time"
)

func TestTableKeepsTheFixedAndTheOrder(t *testing.T) {
	t.Parallel()
	var table Table
	if len(table.Peers(time.Now())) != 0 {
		t.Error("the zero table is not empty")
	}
	seen := time.Unix(100, 0)
	cloud := Node{ID: "cloud", Area: "C", Address: "http://c:1"}
	table.Set([]Node{{ID: "b", Area: "E", Address: "http://b:1", MemoryMB: 7, Seen: seen}, {ID: "a", Address: "http://a:1"}}, cloud)
	got := table.Peers(seen.Add(3 * time.Second))
	if len(got) != 3 || got[0].ID != "a" || got[1].ID != "b" || got[2].ID != "cloud" || got[1].Age != 3*time.Second || got[1].FreeMemoryMB != 7 {
		t.Errorf("got %+v", got)
	}
	// once the fixed one is registered too, it is the registered one that counts
	table.Set([]Node{{ID: "cloud-1", Area: "C", Address: "http://c:1"}}, cloud)
	if nodes := table.Nodes(); len(nodes) != 1 || nodes[0].ID != "cloud-1" {
		t.Errorf("got %+v", nodes)
	}
}
