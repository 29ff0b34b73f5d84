package docker

import (
	"errors"
	"fmt"
	"os/user"
	"strings"

	"github.com/containerd/errdefs"

	"github.com/serverledge/serverledge/internal/fault"
)

// unreachable says why a daemon does not answer, and what helps.
func unreachable(err error, host string) error {
	f := fault.New(fault.Unavailable, "docker_unavailable", "the Docker daemon at %s does not answer: %w", host, err)
	if strings.Contains(err.Error(), "permission denied") {
		name := "$USER"
		if u, err := user.Current(); err == nil {
			name = u.Username
		}
		return f.WithHint("this user may not use it: add it to the group docker (sudo usermod -aG docker %s) and log in again", name)
	}
	return f.WithHint("start it, for example with tools/install-docker.sh")
}

// failed is an error of the daemon as the pool sees it: the platform cannot
// start an instance now.
func failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return fault.New(fault.Unavailable, "docker_failed", "%s: %w", doing, err)
}

// absent tells that the daemon does not know the thing.
func absent(err error) bool { return errdefs.IsNotFound(err) }

func errNothingToRun(image string) error {
	return fault.New(fault.Invalid, "image_without_command", "image %s sets neither CUSTOM_CMD nor a command", image).
		WithHint("set CUSTOM_CMD to what a call should run, or start an HTTP executor on port 8080 as the image's command")
}
