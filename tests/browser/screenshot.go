package browser

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// settled waits for fonts and for every animation that has an end.
const settled = `(async () => {
  await document.fonts.ready;
  const ending = document.getAnimations().filter((a) => a.effect.getComputedTiming().endTime !== Infinity);
  await Promise.all(ending.map((a) => a.finished.catch(() => {})));
  return true;
})()`

// Screenshot saves what the tab shows, once it stands still, as
// build/screenshots/<name>.png below the module's root.
func (tab *Tab) Screenshot(name string) {
	tab.t.Helper()
	Eval[bool](tab, settled)
	image, err := chromedp.Run(tab.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		tab.t.Fatalf("take a screenshot: %v", err)
	}
	folder := filepath.Join(root(tab.t), "build", "screenshots")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		tab.t.Fatalf("make the folder for screenshots: %v", err)
	}
	path := filepath.Join(folder, name+".png")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		tab.t.Fatalf("save a screenshot: %v", err)
	}
}

// root is the folder of go.mod, above the test's own folder.
func root(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatalf("find the module's root: %v", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			t.Fatal("find the module's root: no go.mod above the test")
		}
		folder = parent
	}
}
