package host

import (
	"bytes"
	"context"
	"log/slog"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/usher-id/usher/hostapi"
)

// maxLine bounds one line of the plugin log, in bytes before escaping.
const maxLine = 1024

// LineKey is the attribute of a log record that has what a guest logged.
const LineKey = "line"

// Journal takes what a guest logs or prints during one call. It escapes what
// could forge a line, cuts long lines, and drops what goes beyond its budget.
// A nil Journal drops everything. It belongs to one goroutine.
type Journal struct {
	ctx     context.Context // of the call, for the trace ids
	log     *slog.Logger
	attrs   []any // added to the logger when the guest logs at all
	budget  int
	dropped int
	partial []byte // printed without a newline so far
}

// NewJournal makes a journal for the call of that context that accepts budget
// bytes. Logger and attributes say which plugin, hook and call it is.
func NewJournal(ctx context.Context, log *slog.Logger, budget int, attrs ...any) *Journal {
	return &Journal{ctx: ctx, log: log, budget: budget, attrs: attrs}
}

// Line logs one message of the guest at a level of hostapi.
func (j *Journal) Line(level int32, message []byte) {
	if j == nil {
		return
	}
	kept := min(len(message), maxLine, j.budget)
	j.budget -= kept
	j.dropped += len(message) - kept
	if kept == 0 {
		return
	}
	j.logger().Log(j.ctx, slogLevel(level), "plugin log", LineKey, Printable(message[:kept]))
}

// Print takes bytes that a guest wrote to its standard output or error and
// logs them line by line.
func (j *Journal) Print(b []byte) {
	for j != nil && len(b) > 0 {
		line, rest, ended := bytes.Cut(b, []byte{'\n'})
		room := min(len(line), maxLine-len(j.partial))
		j.partial = append(j.partial, line[:room]...)
		j.dropped += len(line) - room
		if ended {
			j.flush()
		}
		b = rest
	}
}

// Close logs the last line and how many bytes were dropped. The call is over then.
func (j *Journal) Close() {
	if j == nil {
		return
	}
	j.flush()
	if j.dropped > 0 {
		j.logger().WarnContext(j.ctx, "plugin log cut", "dropped_bytes", j.dropped)
		j.dropped = 0
	}
}

func (j *Journal) logger() *slog.Logger {
	if len(j.attrs) > 0 {
		j.log, j.attrs = j.log.With(j.attrs...), nil
	}
	return j.log
}

func (j *Journal) flush() {
	j.Line(hostapi.LogInfo, j.partial)
	j.partial = j.partial[:0]
}

func slogLevel(level int32) slog.Level {
	switch {
	case level <= hostapi.LogDebug:
		return slog.LevelDebug
	case level == hostapi.LogInfo:
		return slog.LevelInfo
	case level == hostapi.LogWarn:
		return slog.LevelWarn
	}
	return slog.LevelError
}

// Printable gives the text with control characters, line separators,
// directional marks and broken UTF-8 escaped as Go would write them.
func Printable(b []byte) string {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && size == 1:
			out = append(out, `\x`...)
			out = append(out, hexDigit(b[0]>>4), hexDigit(b[0]&0x0f))
		case unicode.IsPrint(r):
			out = append(out, b[:size]...)
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			out = append(out, quoted[1:len(quoted)-1]...)
		}
		b = b[size:]
	}
	return string(out)
}

func hexDigit(v byte) byte { return "0123456789abcdef"[v] }
