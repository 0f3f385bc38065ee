package browser

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// Browser is one running Chromium. It is safe for concurrent use: each [Tab]
// has cookies and storage of its own.
type Browser struct {
	ctx  context.Context
	stop func() error
}

// running is the Chromium of this test binary while a test uses it: to start one costs
// more than most of what is done with it.
var running struct {
	sync.Mutex

	browser *Browser
	users   int
}

// Launch gives a headless Chromium, which all tests that run at the same time share and
// which ends with the last of them. It is the program named by CHROMIUM, or else the
// first one known on PATH.
func Launch(t testing.TB) *Browser {
	t.Helper()
	path := find(t)
	running.Lock()
	defer running.Unlock()
	if running.browser == nil {
		b, err := launch(path)
		if err != nil {
			t.Fatalf("start Chromium at %s: %v", path, err)
		}
		running.browser = b
	}
	running.users++
	t.Cleanup(func() { leave(t) })
	return running.browser
}

// leave ends the browser with its last user.
func leave(t testing.TB) {
	running.Lock()
	defer running.Unlock()
	if running.users--; running.users > 0 {
		return
	}
	if err := running.browser.stop(); err != nil {
		t.Logf("close Chromium: %v", err)
	}
	running.browser = nil
}

func launch(path string) (*Browser, error) {
	profile, err := os.MkdirTemp("", "usher-chromium-*")
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(profile),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
		// Beside what chromedp turns off, the browser's own pages, which it would keep ready for nobody.
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,PreloadTopChromeWebUI,WebUIOmniboxPopup,WebUIOmniboxFullPopup,InitialWebUI"),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox refuses to start for root
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	b := &Browser{ctx: ctx, stop: func() error {
		err := chromedp.Cancel(ctx)
		stop()
		stopAllocator()
		return errors.Join(err, os.RemoveAll(profile))
	}}
	if err := chromedp.Do(ctx); err != nil {
		return nil, errors.Join(err, b.stop())
	}
	return b, nil
}

func find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	const missing = "no Chromium: install the package chromium, or name a program in CHROMIUM"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}
