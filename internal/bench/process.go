package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/serverledge/serverledge/internal/nodeproc"
)

// starts is how often a start is measured.
const starts = 5

// start measures from the start of the process until the node is ready. The
// reference is the bare start of the same program (`serverledge version`).
func start(ctx context.Context, root, driver string, _ time.Duration) ([]row, error) {
	var fresh, again, bare []time.Duration
	for range starts {
		dir, err := os.MkdirTemp("", "serverledge-bench-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		for _, times := range []*[]time.Duration{&fresh, &again} {
			begin := time.Now()
			node, err := nodeproc.Start(ctx, nodeproc.Options{Bin: filepath.Join(root, "bin"), Dir: dir, Set: []string{"container.driver=" + driver}})
			if err != nil {
				return nil, err
			}
			*times = append(*times, time.Since(begin))
			if _, err := node.Stop(); err != nil {
				return nil, err
			}
		}
		begin := time.Now()
		if err := exec.CommandContext(ctx, filepath.Join(root, "bin", "serverledge"), "version").Run(); err != nil {
			return nil, err
		}
		bare = append(bare, time.Since(begin))
	}
	base := median(bare)
	line := func(name string, times []time.Duration) row {
		return row{
			name: name, figure: fmt.Sprintf("%.0f ms", ms(median(times))), reference: fmt.Sprintf("%.0f ms", ms(base)),
			ratio: fmt.Sprintf("%.1f", float64(median(times))/float64(base)), goal: "none set",
		}
	}
	return []row{line("node start to ready, new store / bare process start", fresh), line("node start to ready, existing store / bare process start", again)}, nil
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

// memoryRows measures resident memory: of the node after the load, and of a
// warm Python instance against a bare idle interpreter.
func memoryRows(ctx context.Context, node *nodeproc.Node) ([]row, error) {
	idle, err := idleNodeMemory(ctx)
	if err != nil {
		return nil, err
	}
	loaded, err := resident(node.PID())
	if err != nil {
		return nil, err
	}
	rows := []row{
		{name: "idle resident memory of the node with its store", figure: mb(idle), reference: "60.0 MiB (aim)", ratio: fmt.Sprintf("%.2f", idle/60), goal: "60 MiB"},
		{name: "resident memory of the node after the load", figure: mb(loaded), reference: mb(idle), ratio: fmt.Sprintf("%.2f", loaded/idle), goal: "none set"},
	}
	instance, count, err := pythonInstances()
	if err != nil || count == 0 {
		return rows, err
	}
	bare, err := barePython(ctx)
	if err != nil {
		return rows, err
	}
	return append(rows, row{
		name: "resident memory per warm Python instance / bare interpreter", figure: mb(instance), reference: mb(bare), ratio: fmt.Sprintf("%.2f", instance/bare), goal: "none set",
	}), nil
}

func mb(v float64) string { return fmt.Sprintf("%.1f MiB", v) }

// idleNodeMemory starts a node, lets it settle, and reads its memory.
func idleNodeMemory(ctx context.Context) (float64, error) {
	root, err := nodeproc.Root()
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "serverledge-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	node, err := nodeproc.Start(ctx, nodeproc.Options{Bin: filepath.Join(root, "bin"), Dir: dir, Set: []string{"container.driver=sandbox"}})
	if err != nil {
		return 0, err
	}
	defer func() { _, _ = node.Stop() }() // measured
	select {
	case <-ctx.Done():
	case <-time.After(5 * time.Second):
	}
	return resident(node.PID())
}

// resident reads the resident memory of a process in MiB.
func resident(pid int) (float64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(text)[0], 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("no VmRSS in /proc")
}

// pythonInstances returns the mean resident memory of the executors that run
// in instances, and how many there are. The processes of the reference have
// their socket elsewhere.
func pythonInstances() (mean float64, count int, err error) {
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return 0, 0, err
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), "executor.py") || strings.Contains(string(text), "serverledge-bench-") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		if size, err := resident(pid); err == nil {
			mean, count = mean+size, count+1
		}
	}
	if count > 0 {
		mean /= float64(count)
	}
	return mean, count, nil
}

// barePython is the memory of an interpreter that only waits for input.
func barePython(ctx context.Context) (float64, error) {
	cmd := exec.CommandContext(ctx, "python3", "-I", "-S", "-c", "import sys; print('up', flush=True); sys.stdin.read()")
	in, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return 0, err
	}
	size, err := resident(cmd.Process.Pid)
	return size, errors.Join(err, in.Close(), cmd.Wait())
}
