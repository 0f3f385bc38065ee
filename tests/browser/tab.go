package browser

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a tab may live; a test that waits in vain fails then.
const patience = 90 * time.Second

// Tab is one page in a fresh profile. Use it from one goroutine.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu         sync.Mutex
	requests   []Request
	complaints []string
}

// Request is one thing that the page asked for.
type Request struct{ Method, URL string }

// Open opens a tab that ends with the test, looking at address.
func (b *Browser) Open(t testing.TB, view View, address string) *Tab {
	t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	ctx, closeTab := chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(func() { closeTab(); stop() })
	tab := &Tab{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, tab.hear); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	tab.Do(view.actions()...)
	tab.Do(chromedp.Navigate(address))
	return tab
}

// Context is the tab for chromedp's own functions.
func (tab *Tab) Context() context.Context { return tab.ctx }

// Do runs chromedp actions; an error ends the test.
func (tab *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	if err := chromedp.Do(tab.ctx, actions...); err != nil {
		tab.t.Fatalf("in the browser: %v", err)
	}
}

// Eval gives the value of a JavaScript expression; a promise is awaited.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	value, err := chromedp.Run(tab.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return value
}

// WaitFor waits until a JavaScript expression is true.
func (tab *Tab) WaitFor(expression string) {
	tab.t.Helper()
	if _, err := chromedp.Run(tab.ctx, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		tab.t.Fatalf("wait for %s: %v; the page says:\n%s", expression, err, Eval[string](tab, "document.body.innerText"))
	}
}

// Requests lists what the page asked for so far, in order.
func (tab *Tab) Requests() []Request {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.Clone(tab.requests)
}

// Complaints lists the console's warnings and errors, uncaught exceptions and
// refusals by the content security policy. The browser's notes on answers with
// an error status are left out: those belong to the protocol, not to the page.
func (tab *Tab) Complaints() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.Clone(tab.complaints)
}

// hear keeps what the tab says; it runs on chromedp's reading goroutine.
func (tab *Tab) hear(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		tab.requests = append(tab.requests, Request{e.Request.Method, e.Request.URL})
	case *runtime.EventExceptionThrown:
		tab.complaints = append(tab.complaints, "exception: "+exception(e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			tab.complaints = append(tab.complaints, string(e.Type)+": "+arguments(e.Args))
		}
	case *log.EventEntryAdded:
		noise := e.Entry.Source == "network" && strings.Contains(e.Entry.Text, "responded with a status of")
		if !noise && (e.Entry.Level == "error" || e.Entry.Level == "warning") {
			tab.complaints = append(tab.complaints, string(e.Entry.Level)+": "+e.Entry.Text)
		}
	}
}

func exception(details *runtime.ExceptionDetails) string {
	if details.Exception == nil {
		return details.Text
	}
	return details.Text + " " + details.Exception.Description
}

func arguments(args []*runtime.RemoteObject) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = string(arg.Value) + arg.Description
	}
	return strings.Join(words, " ")
}

func command[P, R any](name cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, name, params)
		return err
	})
}
