package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/serverledge/serverledge/api"
	"github.com/serverledge/serverledge/api/client"
	"github.com/serverledge/serverledge/functions/pack"
	"github.com/serverledge/serverledge/internal/nodeproc"
)

// calls measures warm no-op Python calls through the REST API of a node,
// against the reference, in turns.
func calls(ctx context.Context, root, driver string, length time.Duration) ([]row, error) {
	dir, err := os.MkdirTemp("", "serverledge-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	node, err := nodeproc.Start(ctx, nodeproc.Options{Bin: filepath.Join(root, "bin"), Dir: dir, Set: []string{
		"container.driver=" + driver, fmt.Sprintf("container.pool.memory=%d", 128*instances), "scheduler.queue.capacity=1000", "log.level=warn",
	}})
	if err != nil {
		return nil, err
	}
	defer func() { _, _ = node.Stop() }() // the figures are taken
	if err := warmUp(ctx, node, dir); err != nil {
		return nil, err
	}
	reference, stop, err := startReference(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()

	var rows []row
	for _, clients := range []int{1, 8, 32} {
		var ours, theirs point
		for range 2 { // in turns, so that a busy moment hits both
			a, err := load(ctx, node.URL, clients, length/2)
			if err != nil {
				return nil, err
			}
			b, err := load(ctx, reference, clients, length/2)
			if err != nil {
				return nil, err
			}
			ours, theirs = ours.plus(a), theirs.plus(b)
		}
		rows = append(rows, row{
			name:   fmt.Sprintf("warm no-op Python call, %d at a time / bare channel", clients),
			figure: ours.String(), reference: theirs.String(),
			ratio: fmt.Sprintf("%.2f of the throughput", ours.perSecond()/theirs.perSecond()), goal: "at least 0.50",
		})
	}
	memory, err := memoryRows(ctx, node)
	return append(rows, memory...), err
}

// warmUp registers the function and starts its instances.
func warmUp(ctx context.Context, node *nodeproc.Node, dir string) error {
	c := client.New(node.URL, client.Options{})
	path := filepath.Join(dir, "noop.py")
	if err := os.WriteFile(path, []byte(noop), 0o600); err != nil {
		return err
	}
	archive, err := pack.Build(path)
	if err != nil {
		return err
	}
	digest := pack.Digest(archive)
	if err := c.PutPackage(ctx, digest, bytes.NewReader(archive), int64(len(archive))); err != nil {
		return err
	}
	if _, err := c.CreateFunction(ctx, api.Function{Name: "noop", Runtime: "python38", Handler: "noop.handler", MemoryMB: 128, Package: digest}); err != nil {
		return err
	}
	r, err := c.Prewarm(ctx, "noop", api.PrewarmV1{Instances: instances})
	if err != nil || r.Prewarmed != instances {
		return fmt.Errorf("prewarming: %d of %d instances, %w", r.Prewarmed, instances, err)
	}
	return c.Close()
}

// startReference starts this program again as the reference.
func startReference(ctx context.Context) (url string, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-reference")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended
		_ = cmd.Wait()                       // as asked
	}
	url, err = bufio.NewReader(pipe).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("the reference did not start: %w", err)
	}
	return strings.TrimSpace(url), stop, nil
}

// point is what a load gave.
type point struct {
	count int
	took  time.Duration
	times []time.Duration
}

func (p point) plus(q point) point {
	return point{p.count + q.count, p.took + q.took, append(p.times, q.times...)}
}

func (p point) perSecond() float64 { return float64(p.count) / p.took.Seconds() }

func (p point) String() string {
	slices.Sort(p.times)
	return fmt.Sprintf("%.0f/s, median %.3f ms, p99 %.3f ms", p.perSecond(), ms(p.times[len(p.times)/2]), ms(p.times[len(p.times)*99/100]))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// load calls a server from a number of clients, each as soon as its last call
// is answered. Any answer but 200 is an error.
func load(ctx context.Context, url string, clients int, length time.Duration) (point, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	body := []byte(`{"Params":{"a":2,"b":"hello"},"CanDoOffloading":true}`)
	var mu sync.Mutex
	var all point
	var failed error
	var wg sync.WaitGroup
	begin := time.Now()
	for range clients {
		wg.Go(func() {
			var times []time.Duration
			var err error
			for time.Since(begin) < length && err == nil && ctx.Err() == nil {
				before := time.Now()
				err = post(ctx, client, url+"/invoke/noop", body)
				times = append(times, time.Since(before))
			}
			mu.Lock()
			defer mu.Unlock()
			all.count, all.times, failed = all.count+len(times), append(all.times, times...), errors.Join(failed, err)
		})
	}
	wg.Wait()
	all.took = time.Since(begin)
	return all, failed
}

func post(ctx context.Context, client *http.Client, url string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, text)
	}
	return err
}
