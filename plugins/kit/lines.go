package kit

import (
	"context"
	"log/slog"
	"sync"
)

// lines collects what guests log.
type lines struct {
	mu   sync.Mutex
	list []string
}

// take gives what was collected since the last time.
func (l *lines) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.list
	l.list = nil
	return list
}

// Enabled implements [slog.Handler].
func (*lines) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements [slog.Handler]: only what a guest said has a line.
func (l *lines) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "line" {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.list = append(l.list, r.Level.String()+" "+a.Value.String())
		}
		return true
	})
	return nil
}

// WithAttrs implements [slog.Handler]: which plugin and call it is, everybody knows.
func (l *lines) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup implements [slog.Handler].
func (l *lines) WithGroup(string) slog.Handler { return l }
