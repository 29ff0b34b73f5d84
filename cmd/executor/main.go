// Command executor is what runs inside an instance beside, or instead of, a
// language executor. It is one static file that needs nothing of the image.
//
//	executor init -- COMMAND ARGS…    runs a command as process 1 should: reaps, hands the exit code on
//	executor binary                   serves a program of the package, started per call (JSON in, JSON out)
//	executor custom                   serves $CUSTOM_CMD, run per call with PARAMS_FILE, RESULT_FILE, CONTEXT
//	executor relay -- COMMAND ARGS…   starts an image's own HTTP executor and passes calls on to it
//	executor sandbox-init             makes the sandbox around itself (see pool/sandbox/stage)
//	executor check                    does nothing, well
//
// The serving modes dial the node at /run/serverledge/node.sock with the token
// in SERVERLEDGE_TOKEN. A serving mode that finds itself process 1 puts an init
// above itself.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/serverledge/serverledge/internal/fault"
	"github.com/serverledge/serverledge/pool/channel"
	"github.com/serverledge/serverledge/pool/sandbox/stage"
)

func main() {
	debug.SetGCPercent(20) // the memory belongs to the function
	code, err := run(context.Background(), os.Args)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "executor:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// run does what the arguments say and returns the exit code.
func run(ctx context.Context, args []string) (int, error) {
	mode, command := "", []string(nil)
	if len(args) > 1 {
		mode = args[1]
	}
	if len(args) > 3 && args[2] == "--" {
		command = args[3:]
	}
	if (mode == "init" || mode == "relay") && len(command) == 0 {
		return 2, fault.New(fault.Invalid, "usage", "%s needs a command: executor %s -- COMMAND ARGS…", mode, mode)
	}
	switch mode {
	case "init":
		return reap(command)
	case "check": // that something can be run is all that is asked
		return 0, nil
	case "sandbox-init":
		return 1, stage.Enter() // returns only when it went wrong
	case "binary", "custom", "relay":
		if os.Getpid() == 1 {
			return reap(append([]string{"/proc/self/exe"}, args[1:]...))
		}
	default:
		return 2, fault.New(fault.Invalid, "usage", "the mode %q is none of init, binary, custom, relay, sandbox-init", mode)
	}
	s := &channel.Server{Socket: os.Getenv(channel.SocketVariable), Token: os.Getenv(channel.TokenVariable)}
	for _, name := range []string{channel.SocketVariable, channel.TokenVariable} {
		if err := os.Unsetenv(name); err != nil {
			return 1, err
		}
	}
	switch mode {
	case "binary":
		serveBinary(s)
	case "custom":
		if err := serveCustom(s); err != nil {
			return 1, err
		}
	case "relay":
		return relay(ctx, s, command)
	}
	return 0, s.Serve(ctx)
}
