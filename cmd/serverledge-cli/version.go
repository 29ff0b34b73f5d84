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
			a.print(fmt.Sprintf("serverledge-cli %s, %s, %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH))
			return nil
		},
	}
}

// version is what the build recorded: a tag, or the commit.
func version() string {
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
