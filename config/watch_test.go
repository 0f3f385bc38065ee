package config_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/usher-id/usher/config"
)

// watched starts the watch and returns a function that waits until a configuration
// with the given token_ttl is in force.
func watched(t *testing.T, h host) (wait func(time.Duration)) {
	t.Helper()
	committed := make(chan time.Duration, 100)
	h.Subscribe("test", func(_ context.Context, _, next *config.Config) (config.Prepared, error) {
		return config.Prepared{Commit: func() { committed <- next.Activation.TokenTTL }}, nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Watch(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Watch: %v", err)
		}
	})
	return func(want time.Duration) {
		t.Helper()
		for deadline := time.After(10 * time.Second); ; {
			select {
			case got := <-committed:
				if got == want {
					return
				}
			case <-deadline:
				t.Fatalf("token_ttl %v never came into force; status %+v", want, h.Status())
			}
		}
	}
}

func ttl(hours int) string { return fmt.Sprintf("activation: {token_ttl: %dh}\n", hours) }

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestWatchWrittenInPlace(t *testing.T) {
	t.Parallel()
	h := newHost(t, write(t, ttl(1)))
	wait := watched(t, h)
	for i := 2; i < 5; i++ {
		h.edit(t, ttl(i))
		wait(time.Duration(i) * time.Hour)
	}
}

func TestWatchRenamedOver(t *testing.T) {
	t.Parallel()
	h := newHost(t, write(t, ttl(1)))
	wait := watched(t, h)
	for i := 2; i < 5; i++ {
		put(t, h.path+".new", ttl(i))
		must(t, os.Rename(h.path+".new", h.path))
		wait(time.Duration(i) * time.Hour)
	}
}

func TestWatchRemovedAndWrittenAgain(t *testing.T) {
	t.Parallel()
	h := newHost(t, write(t, ttl(1)))
	wait := watched(t, h)
	must(t, os.Remove(h.path))
	h.edit(t, ttl(2))
	wait(2 * time.Hour)
}

// TestWatchConfigMap does what the kubelet does: a new directory, a link to it
// under another name, and that link renamed over ..data.
func TestWatchConfigMap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	version := func(i int) string {
		name := fmt.Sprintf("..v%d", i)
		must(t, os.Mkdir(filepath.Join(dir, name), 0o700))
		put(t, filepath.Join(dir, name, "usher.yaml"), ttl(i))
		return name
	}
	must(t, os.Symlink(version(1), filepath.Join(dir, "..data")))
	must(t, os.Symlink(filepath.Join("..data", "usher.yaml"), filepath.Join(dir, "usher.yaml")))

	h := newHost(t, filepath.Join(dir, "usher.yaml"))
	wait := watched(t, h)
	for i := 2; i < 5; i++ {
		must(t, os.Symlink(version(i), filepath.Join(dir, "..data_tmp")))
		must(t, os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
		must(t, os.RemoveAll(filepath.Join(dir, fmt.Sprintf("..v%d", i-1))))
		wait(time.Duration(i) * time.Hour)
	}
}

func TestWatchTheEndOfALink(t *testing.T) {
	t.Parallel()
	target := write(t, ttl(1))
	link := filepath.Join(t.TempDir(), "usher.yaml")
	must(t, os.Symlink(target, link))
	h := newHost(t, link)
	wait := watched(t, h)
	put(t, target, ttl(2))
	wait(2 * time.Hour)
}

func TestWatchComesBackFromABadFile(t *testing.T) {
	t.Parallel()
	h := newHost(t, write(t, ttl(1)))
	wait := watched(t, h)
	h.edit(t, "activation: {token_ttl: soon}")
	<-h.refused
	h.edit(t, ttl(2))
	wait(2 * time.Hour)
}

func TestWatchSeesAChangeBeforeItBegan(t *testing.T) {
	t.Parallel()
	h := newHost(t, write(t, ttl(1)))
	h.edit(t, ttl(2))
	watched(t, h)(2 * time.Hour)
}

func TestWatchWithoutAFile(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newHost(t, "").Watch(ctx); err != nil {
		t.Error(err)
	}
}
