package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version of this client", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			a.print(fmt.Sprintf("serverledge-cli %s, %s, %s/%s\n", recorded(), runtime.Version(), runtime.GOOS, runtime.GOARCH))
			return nil
		},
	}
}

// version is set by the linker; empty when it was not.
var version string

// recorded is the version: the linker's, else what the build recorded, a tag
// or the commit.
func recorded() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	out := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (out == "" || out == "(devel)") && len(s.Value) >= 12 {
			out = s.Value[:12]
		}
	}
	return nameOr(out, "unknown")
}
