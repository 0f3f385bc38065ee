package plugins

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
)

const (
	watchedCalls = 256              // that are kept for who is slow to ask
	watchLapse   = 15 * time.Second // after which nobody is taken to look on
)

// Watched is a call that ended, for who looks on while plugins are asked.
type Watched struct {
	Number   int64 // counts up from call to call
	At       time.Time
	Hook     hostapi.Hook
	Plugin   string
	Version  string
	Digest   string
	Role     Role
	Tenant   string
	Run      string
	Outcome  hostapi.Outcome
	Failure  string // why it failed, empty when it answered
	Duration time.Duration
	Fuel     int64
	Memory   int64 // bytes of linear memory at the end
	Lines    []Line
	// What the plugin was given of the question, and answered, when that is asked for: a question says much of a person.
	Data, Output []byte
}

// Line is one that a guest logged.
type Line struct {
	Level slog.Level
	Text  string
}

// watch keeps what ended of late.
type watch struct {
	content bool
	mu      sync.Mutex
	calls   []Watched // the newest last
	asked   time.Time
	more    chan struct{} // closed at the next call
}

// Watch gives the calls that ended after the one of that number, the oldest first, and waits for one at most as long as
// said. last is the number to ask with next; lost counts those in between that are kept no more. Who asks with a negative
// number begins: calls are kept from then on, and until nobody has asked for a while. It costs the calls nothing while
// nobody watches. content has their questions and answers kept too, where the watch began with it.
func (e *Engine) Watch(ctx context.Context, after int64, wait time.Duration, content bool) (calls []Watched, last, lost int64) {
	w := e.watching(content)
	if after < 0 {
		return nil, e.watched.Load(), 0
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		calls, more := w.after(after)
		if len(calls) > 0 {
			return calls, calls[len(calls)-1].Number, calls[0].Number - after - 1
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, after, 0
		}
	}
}

// watching gives the watch that there is, or a new one.
func (e *Engine) watching(content bool) *watch {
	fresh := &watch{content: content, asked: time.Now(), more: make(chan struct{})}
	for {
		if w := e.watch.Load(); w != nil {
			return w
		}
		if e.watch.CompareAndSwap(nil, fresh) {
			return fresh
		}
	}
}

// after gives the calls after a number, and what is closed when there is another.
func (w *watch) after(number int64) ([]Watched, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = time.Now()
	for i, c := range w.calls {
		if c.Number > number {
			return slices.Clone(w.calls[i:]), nil
		}
	}
	return nil, w.more
}

// onlooker gives the watch that a call is to be told to, or nil; it ends one that nobody asks any more.
func (e *Engine) onlooker() *watch {
	w := e.watch.Load()
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.asked) > watchLapse {
		e.watch.CompareAndSwap(w, nil)
		return nil
	}
	return w
}

// watched is what there is to tell of a call.
func watched(a *arm, c Call, answer Answer, began time.Time, err error, lines []Line) Watched {
	w := Watched{
		At: began, Hook: c.Hook, Plugin: answer.Plugin, Version: answer.Version, Digest: answer.Digest, Role: a.role, Tenant: c.TenantID,
		Run: c.RunID, Outcome: answer.Outcome, Duration: answer.Duration, Fuel: answer.Fuel, Memory: answer.Memory, Lines: lines,
	}
	if err != nil {
		w.Failure = err.Error()
	}
	return w
}

// add keeps a call, and its data where content is kept.
func (w *watch) add(e *Engine, c Watched, data, output []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.Number = e.watched.Add(1)
	if w.content {
		c.Data, c.Output = data, bytes.Clone(output)
	}
	if len(w.calls) == watchedCalls {
		w.calls = slices.Delete(w.calls, 0, 1)
	}
	w.calls = append(w.calls, c)
	close(w.more)
	w.more = make(chan struct{})
}

// overhear gives a log that also keeps what a guest logs.
func overhear(log *slog.Logger, lines *[]Line) *slog.Logger {
	return slog.New(&overheard{log.Handler(), lines})
}

// overheard hands records on, and keeps the lines of guests among them. It belongs to one call.
type overheard struct {
	slog.Handler
	lines *[]Line
}

func (o *overheard) Enabled(context.Context, slog.Level) bool { return true }

func (o *overheard) Handle(ctx context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == host.LineKey {
			*o.lines = append(*o.lines, Line{r.Level, a.Value.String()})
		}
		return true
	})
	if !o.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return o.Handler.Handle(ctx, r)
}

func (o *overheard) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &overheard{o.Handler.WithAttrs(attrs), o.lines}
}

func (o *overheard) WithGroup(name string) slog.Handler {
	return &overheard{o.Handler.WithGroup(name), o.lines}
}
