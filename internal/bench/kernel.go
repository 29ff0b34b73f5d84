package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// kernel measures the kernel's benchmarks. The reference is the decoding and
// encoding of the small document that such an execution carries.
func kernel(ctx context.Context, root, _ string, _ time.Duration) ([]row, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^(BenchmarkSingle|BenchmarkMap1000)$", "-benchmem", "./dag")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("the benchmarks of the kernel: %w\n%s", err, out)
	}
	document := []byte(`{"a":2,"b":"hello","c":[1,2,3],"d":{"e":null,"f":true}}`)
	reference := testing.Benchmark(func(b *testing.B) {
		b.Helper()
		for b.Loop() {
			var doc map[string]any
			if err := json.Unmarshal(document, &doc); err != nil {
				b.Fatal(err)
			}
			if _, err := json.Marshal(doc); err != nil {
				b.Fatal(err)
			}
		}
	})
	base := float64(reference.NsPerOp())
	var rows []row
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		name, ns, allocs, ok := benchmarkLine(lines.Text())
		if !ok {
			continue
		}
		r := row{figure: fmt.Sprintf("%.2f µs, %d allocations", ns/1e3, allocs), reference: fmt.Sprintf("%.2f µs", base/1e3), ratio: fmt.Sprintf("%.2f", ns/base)}
		switch name {
		case "BenchmarkSingle":
			r.name, r.goal = "kernel: one-state execution / encoding/json round trip", "at most 3 µs, 25 allocations"
		case "BenchmarkMap1000":
			r.name, r.goal = "kernel: Map of 1,000 tasks / 1,000 round trips", "at most 3 ms"
			r.reference, r.ratio = fmt.Sprintf("%.2f µs", base), fmt.Sprintf("%.2f", ns/base/1000)
		default:
			continue
		}
		rows = append(rows, r)
	}
	if len(rows) != 2 {
		return nil, fmt.Errorf("the benchmarks of the kernel printed something else:\n%s", out)
	}
	return rows, nil
}

// benchmarkLine reads a line as `go test -bench -benchmem` prints it.
func benchmarkLine(line string) (name string, ns float64, allocs int64, ok bool) {
	words := strings.Fields(line)
	if len(words) < 8 || !strings.HasPrefix(words[0], "Benchmark") {
		return "", 0, 0, false
	}
	name, _, _ = strings.Cut(words[0], "-")
	for i := 2; i+1 < len(words); i += 2 {
		value, err := strconv.ParseFloat(words[i], 64)
		if err != nil {
			return "", 0, 0, false
		}
		switch words[i+1] {
		case "ns/op":
			ns = value
		case "allocs/op":
			allocs = int64(value)
		}
	}
	return name, ns, allocs, true
}
