package main

import (
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"

	"github.com/serverledge/serverledge/internal/config"
)

// newLogger logs text to a terminal and JSON elsewhere, unless told otherwise.
func newLogger(cfg *config.Config, w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Text("log.level"))); err != nil {
		level = slog.LevelInfo // the configuration was checked
	}
	options := &slog.HandlerOptions{Level: level}
	format := cfg.Text("log.format")
	if f, ok := w.(*os.File); format == "auto" && ok && term.IsTerminal(int(f.Fd())) {
		format = "text"
	}
	if format == "text" {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}
