package edge

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/usher-id/usher/core"
)

// Source gives what a stream tells, in its order.
type Source interface {
	// Next waits for something to tell until the context ends. The id is what a reader who comes back begins after.
	Next(ctx context.Context) (id, name string, data []byte, err error)
	// Close is called once, when the stream has ended.
	Close()
}

const (
	mimeEventStream = "text/event-stream"
	// heartbeat is the longest silence of a stream, and how often it is asked whether its reader may still read.
	heartbeat = 10 * time.Second
	// comeBack is when a reader whose stream ended connects again.
	comeBack = 3 * time.Second
)

// Stream answers with server-sent events (HTML Living Standard §9.2) until the reader goes, may read no longer, or the
// listener shuts down. A reader who takes nothing for as long as an answer may take is dropped. The source is closed.
func (c *Call) Stream(source Source, may func(context.Context) error) error {
	c.http.Response.SetStatusCode(fiber.StatusOK)
	c.http.Response.Header.SetContentType(mimeEventStream)
	c.http.Response.Header.Set("X-Accel-Buffering", "no") // a proxy that collects an answer would show nothing
	if c.http.IsHead() {
		source.Close()
		return nil
	}
	s := &stream{
		edge: c.edge, route: c.route.Path, source: source, may: may, conn: c.http.Conn(), beat: c.edge.config.Heartbeat,
		patience: c.edge.config.WriteTimeout,
	}
	ctx, end := context.WithCancel(context.WithoutCancel(c.ctx)) // that of the call ends with the handler
	stop := context.AfterFunc(c.edge.life, end)
	c.http.SetBodyStreamWriter(func(w *bufio.Writer) {
		defer end()
		defer stop()
		s.run(ctx, w)
	})
	return nil
}

// stream is one answer that goes on. Nothing of its call may be used in it.
type stream struct {
	edge     *Edge
	route    string
	source   Source
	may      func(context.Context) error
	conn     net.Conn
	beat     time.Duration
	patience time.Duration
}

func (s *stream) run(ctx context.Context, w *bufio.Writer) {
	began, told := s.edge.clock.Now(), 0
	defer s.source.Close()
	defer func() {
		if panicked := recover(); panicked != nil {
			s.edge.log.ErrorContext(ctx, "stream broken", "route", s.route, "error", fmt.Errorf("%v\n%s", panicked, debug.Stack()))
		}
	}()
	err := s.tell(ctx, w, &told)
	s.edge.log.LogAttrs(ctx, slog.LevelInfo, "stream ended", slog.String("route", s.route), slog.Int("events", told),
		slog.Float64("duration_s", s.edge.clock.Now().Sub(began).Seconds()), slog.String("reason", why(err)))
}

// tell goes on until something ends it.
func (s *stream) tell(ctx context.Context, w *bufio.Writer, told *int) error {
	if err := s.write(w, fmt.Sprintf("retry: %d\n\n", comeBack.Milliseconds())); err != nil {
		return err
	}
	asked := time.Now()
	for {
		if time.Since(asked) >= s.beat {
			if err := s.may(ctx); err != nil {
				return err
			}
			asked = time.Now()
		}
		id, name, data, err := s.next(ctx)
		switch {
		case err == nil:
			*told++
			err = s.write(w, "id: "+id+"\nevent: "+name+"\ndata: "+string(bytes.ReplaceAll(data, []byte("\n"), []byte("\ndata: ")))+"\n\n")
		case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
			err = s.write(w, ": nothing new\n\n")
		}
		if err != nil {
			return err
		}
	}
}

func (s *stream) next(ctx context.Context) (id, name string, data []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.beat)
	defer cancel()
	if id, name, data, err = s.source.Next(ctx); err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return id, strings.ReplaceAll(name, "\n", ""), data, err
}

var errReaderGone = errors.New("the reader is gone")

func (s *stream) write(w *bufio.Writer, text string) error {
	// The server's own deadline is for whole answers.
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.patience)); err != nil {
		return errReaderGone
	}
	_, _ = w.WriteString(text)
	if err := w.Flush(); err != nil {
		return errReaderGone
	}
	return nil
}

// why names the end of a stream for the log.
func why(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "shutdown"
	case errors.Is(err, errReaderGone):
		return "reader_gone"
	}
	if e, ok := errors.AsType[*core.Error](err); ok {
		return core.ReasonOf(e)
	}
	return err.Error()
}

// Resumed is where the reader of a stream was: a browser says it in a header when it comes back.
func Resumed(c *Call, cursor string) string {
	if last := c.Header("Last-Event-ID"); last != "" {
		return last
	}
	return cursor
}

// EventTypes reads the parameter types, names with commas between them; nil for "".
func EventTypes(text string, parse func(string) (core.EventType, bool)) (types []core.EventType, err error) {
	if text == "" {
		return nil, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		t, ok := parse(strings.TrimSpace(name))
		if !ok {
			return nil, malformedField("types", "unknown_value", "The parameter types must be types of events with commas between them; /events/schemas lists them.")
		}
		types = append(types, t)
	}
	return types, nil
}
