package etcd

import (
	"context"
	"log/slog"
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// quietLogger makes etcd's logger: what it warns of or worse goes to log, the
// rest nowhere. When died is set, etcd's fatal errors and panics end the
// goroutine that met them and call died, instead of ending the process.
func quietLogger(log *slog.Logger, died func(message string)) *zap.Logger {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	var options []zap.Option
	if died != nil {
		hook := deathHook{died}
		options = append(options, zap.WithFatalHook(hook), zap.WithPanicHook(hook))
	}
	return zap.New(slogCore{log}, options...)
}

// slogCore is a zapcore.Core that writes to a slog.Logger.
type slogCore struct{ log *slog.Logger }

// Enabled implements zapcore.LevelEnabler.
func (slogCore) Enabled(level zapcore.Level) bool { return level >= zapcore.WarnLevel }

// With implements zapcore.Core.
func (c slogCore) With(fields []zapcore.Field) zapcore.Core {
	return slogCore{c.log.With(attributes(fields)...)}
}

// Check implements zapcore.Core.
func (c slogCore) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return checked.AddCore(e, c)
	}
	return checked
}

// Write implements zapcore.Core.
func (c slogCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	if expected(e.Message) {
		return nil
	}
	level := slog.LevelWarn
	if e.Level >= zapcore.ErrorLevel {
		level = slog.LevelError
	}
	c.log.Log(context.Background(), level, "etcd has something to say", append(attributes(fields), slog.String("text", e.Message))...)
	return nil
}

// Sync implements zapcore.Core.
func (slogCore) Sync() error { return nil }

func attributes(fields []zapcore.Field) []any {
	object := zapcore.NewMapObjectEncoder()
	var out []any
	for _, f := range fields {
		f.AddTo(object)
	}
	for key, value := range object.Fields {
		out = append(out, slog.Any(key, value))
	}
	return out
}

// expected tells of what etcd warns of in every life of a single member, or of
// a client whose cluster is away, which the caller is told of by the error.
func expected(message string) bool {
	for _, known := range []string{
		"Running http and grpc server on single port",
		"simple token is not cryptographically signed",
		"since there are still pending configuration changes to apply",
		"Failed to detect schema version",
		"Failed to detect storage schema version",
		"failed to update cluster version",
		"failed to update storage version",
		"setting up serving from embedded etcd failed",
		"stopping insecure grpc server due to error",
		"stopped insecure grpc server due to error",
		"retrying of unary invoker failed",
	} {
		if strings.Contains(message, known) {
			return true
		}
	}
	return false
}
