package hosttest

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// Output is what a process wrote so far. It is safe for concurrent use.
type Output struct {
	mu      sync.Mutex
	text    strings.Builder
	changed chan struct{} // closed and replaced at each write
}

// NewOutput makes one for a process that a test starts by itself.
func NewOutput() *Output { return &Output{changed: make(chan struct{})} }

// Write implements [io.Writer].
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	close(o.changed)
	o.changed = make(chan struct{})
	return len(p), nil
}

// String is all of it.
func (o *Output) String() string {
	text, _ := o.state()
	return text
}

// Lines are the complete lines that contain every one of the words.
func (o *Output) Lines(words ...string) []string {
	text, _ := o.state()
	return linesWith(text, words)
}

// WaitLine returns the first complete line that contains every one of the words, as
// soon as there is one.
func (o *Output) WaitLine(t testing.TB, words ...string) string {
	t.Helper()
	late := time.After(Patience)
	for {
		text, changed := o.state()
		if found := linesWith(text, words); len(found) > 0 {
			return found[0]
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("hosttest: no line with %q; there are:\n%s", words, tail(text))
		}
	}
}

func (o *Output) state() (string, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String(), o.changed
}

func linesWith(text string, words []string) []string {
	var found []string
	for line := range strings.Lines(text) {
		if complete := strings.HasSuffix(line, "\n"); complete && containsAll(line, words) {
			found = append(found, strings.TrimSuffix(line, "\n"))
		}
	}
	return found
}

func containsAll(line string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(line, word) {
			return false
		}
	}
	return true
}

// tail keeps what a person would look at first.
func tail(text string) string {
	const most = 6000
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}
