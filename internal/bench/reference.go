package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/pool/channel"
	"github.com/serverledge/serverledge/runtimes"
)

// instances is how many Python processes each side has.
const instances = 4

// noop is the function that both sides run.
const noop = "def handler(params, context):\n    return params\n"

// serveReference is the physical limit that a node is held against: net/http,
// one decoding of the request, one hop to one of four bare Python processes
// over the same channel, one encoding. No pool, no engine, no policy, no
// sandbox. It prints its address.
func serveReference(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "serverledge-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := runtimes.Write(dir); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "noop.py"), []byte(noop), 0o600); err != nil {
		return err
	}
	idle := make(chan *channel.Conn, instances)
	for i := range instances {
		conn, err := bare(ctx, dir, i)
		if err != nil {
			return err
		}
		defer conn.Close()
		idle <- conn
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /invoke/{name}", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Params json.RawMessage }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		conn := <-idle
		result, err := conn.Invoke(r.Context(), &functions.Call{Function: "noop", Input: in.Params})
		idle <- conn
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(struct { // the client has gone
			Success bool
			Result  string
		}{true, string(result.Output)})
	})
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "http://%s\n", l.Addr())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() }) // Serve tells
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// bare starts a Python executor as a plain process.
func bare(ctx context.Context, dir string, i int) (*channel.Conn, error) {
	l, err := channel.Listen(filepath.Join(dir, fmt.Sprintf("instance-%d", i)))
	if err != nil {
		return nil, err
	}
	line := runtimes.Python("python3", dir)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Env = append(os.Environ(), channel.TokenVariable+"="+l.Token(), channel.SocketVariable+"="+filepath.Join(l.Dir(), channel.Socket))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() { _ = cmd.Wait() }() // it ends with ctx
	conn, err := l.Accept(ctx, func() *functions.Failure { return &functions.Failure{Type: functions.FailureCrashed} })
	if err != nil {
		return nil, err
	}
	return conn, conn.Init(ctx, channel.InitOf(&functions.Function{Namespace: "default", Name: "noop", Handler: "noop.handler", MemoryMB: 128}, dir))
}
