package sandbox

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/serverledge/serverledge/functions"
	"github.com/serverledge/serverledge/pool/sandbox/stage"
)

// interpreter is a program of the host that runs a language.
type interpreter struct {
	// Path is the program itself, not a shim that finds it.
	Path    string `json:"path"`
	Version string `json:"version"`
	// Prefix is where its library lies.
	Prefix string `json:"prefix"`
}

// host is what the machine offers.
type host struct {
	python, node *interpreter
	binds        []stage.Bind
	links        map[string]string
}

// asking bounds the time that an interpreter may take to say what it is.
const asking = 20 * time.Second

const (
	askPython = `import json,os,sys;print(json.dumps({"path":os.path.realpath(sys.executable),"version":"%d.%d.%d"%sys.version_info[:3],"prefix":sys.base_prefix}))`
	askNode   = `console.log(JSON.stringify({path:process.execPath,version:process.versions.node,prefix:require('path').dirname(require('path').dirname(process.execPath))}))`
)

// findHost asks the interpreters. One that does not answer, or is too old for
// our executor, is one that is not there.
func findHost(ctx context.Context, o Options) host {
	h := host{links: make(map[string]string)}
	h.python = ask(ctx, o.Python, []string{"python3", "/usr/bin/python3"}, "-I", "-S", "-c", askPython)
	h.node = ask(ctx, o.Node, []string{"node", "nodejs"}, "-e", askNode)
	for name, i := range map[string]**interpreter{"python38": &h.python, "nodejs17": &h.node} {
		if *i == nil {
			continue
		}
		lowest, err := functions.ParseRuntime(name)
		if err != nil || lowest.Satisfied(map[string]string{lowest.Language: (*i).Version}) != nil {
			*i = nil
		}
	}
	for _, path := range []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt"} {
		info, err := os.Lstat(path)
		switch {
		case err != nil:
		case info.Mode()&os.ModeSymlink != 0:
			if target, err := os.Readlink(path); err == nil {
				h.links[path] = target
			}
		case info.IsDir() && path != "/opt":
			h.binds = append(h.binds, stage.Bind{Source: path, Target: path})
		}
	}
	// The linker's list of libraries and Debian's choices among them.
	for _, path := range []string{"/etc/ld.so.cache", "/etc/alternatives"} {
		if _, err := os.Stat(path); err == nil {
			h.binds = append(h.binds, stage.Bind{Source: path, Target: path})
		}
	}
	return h
}

// ask runs the first of the programs that answers.
func ask(ctx context.Context, chosen string, names []string, args ...string) *interpreter {
	if chosen != "" {
		names = []string{chosen}
	}
	ctx, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // an interpreter of the operator's
		cmd.Dir = "/"
		text, err := cmd.Output()
		if err != nil {
			continue
		}
		var i interpreter
		if json.Unmarshal(text, &i) == nil && filepath.IsAbs(i.Path) && filepath.IsAbs(i.Prefix) {
			return &i
		}
	}
	return nil
}

func (h *host) versions() map[string]string {
	v := map[string]string{functions.LanguageBinary: ""}
	if h.python != nil {
		v[functions.LanguagePython] = h.python.Version
	}
	if h.node != nil {
		v[functions.LanguageNodeJS] = h.node.Version
	}
	return v
}

// shows tells whether the binds of every sandbox show the path already.
func (h *host) shows(path string) bool {
	for _, b := range h.binds {
		if path == b.Target || strings.HasPrefix(path, b.Target+"/") {
			return true
		}
	}
	return false
}

// bindsOf are what must be shown for an interpreter beyond the usual.
func (h *host) bindsOf(i *interpreter) []stage.Bind {
	var b []stage.Bind
	if !h.shows(i.Prefix) {
		b = append(b, stage.Bind{Source: i.Prefix, Target: i.Prefix})
	}
	if !h.shows(i.Path) && !strings.HasPrefix(i.Path, i.Prefix+"/") {
		b = append(b, stage.Bind{Source: i.Path, Target: i.Path})
	}
	return b
}
