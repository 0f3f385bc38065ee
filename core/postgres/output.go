package postgres

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
)

// keptLines are the newest lines of the server's output, for the error of a failed start.
const keptLines = 20

// readyLine is what every version writes when it accepts connections (lc_messages is C).
const readyLine = "database system is ready to accept connections"

// output is the server's stderr: an io.Writer that cuts lines, keeps the newest, and closes ready at the right one.
type output struct {
	log   *slog.Logger
	ready chan struct{}
	once  sync.Once

	mu    sync.Mutex
	rest  []byte
	lines []string
}

func newOutput(log *slog.Logger) *output {
	return &output{log: log, ready: make(chan struct{})}
}

// Write takes what the server wrote; it never fails.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rest = append(o.rest, p...)
	for {
		line, rest, found := bytes.Cut(o.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		o.line(string(line))
		o.rest = append(o.rest[:0], rest...)
	}
}

func (o *output) line(text string) {
	o.log.Debug("private postgres said", "line", text)
	if len(o.lines) == keptLines {
		o.lines = o.lines[1:]
	}
	o.lines = append(o.lines, text)
	if strings.Contains(text, readyLine) {
		o.once.Do(func() { close(o.ready) })
	}
}

// last is the newest lines, as one text.
func (o *output) last() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.lines, "\n")
}
