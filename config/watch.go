package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A change is read once the files have been quiet for a while, as one save can be
// several events; but files that never are quiet are read all the same.
const (
	quiet  = 100 * time.Millisecond
	hurry  = time.Second
	maxHop = 16 // of symbolic links
)

// Watch reloads whenever the configuration file (or secrets.keys_file) has another
// content, until ctx ends; its error is that watching could not begin. It sees a
// file written in place, one renamed over it, and a symbolic link that is turned
// elsewhere, as Kubernetes does with a ConfigMap. Without a file it only waits.
func (l *Live) Watch(ctx context.Context) error {
	files := l.files()
	if len(files) == 0 {
		<-ctx.Done()
		return nil
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch the configuration: %w", err)
	}
	defer w.Close()
	if err := follow(w, files); err != nil {
		return fmt.Errorf("watch the configuration: %w", err)
	}
	l.watch(ctx, w, files)
	return nil
}

func (l *Live) files() []string {
	var files []string
	for _, f := range []string{l.sources.File, l.start.Secrets.KeysFile} {
		if f != "" {
			files = append(files, f)
		}
	}
	return files
}

func (l *Live) watch(ctx context.Context, w *fsnotify.Watcher, files []string) {
	seen := l.start.read
	timer := time.NewTimer(0) // once at the start, for a change before the watch began
	defer timer.Stop()
	var first time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-w.Events:
			if !open {
				return
			}
			if first.IsZero() {
				first = time.Now()
			}
			timer.Reset(min(quiet, max(0, hurry-time.Since(first))))
		case err, open := <-w.Errors: // an overflow: something was missed
			if !open {
				return
			}
			l.deps.Log.WarnContext(ctx, "watching the configuration stumbled", "error", err)
			timer.Reset(quiet)
		case <-timer.C:
			first = time.Time{}
			if err := follow(w, files); err != nil {
				l.deps.Log.WarnContext(ctx, "watching the configuration stumbled", "error", err)
			}
			if now := l.fingerprint(); now != seen {
				seen = now
				_, _ = l.Reload(ctx) // which reports what is wrong itself
			}
		}
	}
}

func (l *Live) fingerprint() fingerprint {
	return fingerprint{file: digest(l.sources.File), keys: digest(l.start.Secrets.KeysFile)}
}

// follow watches the directories in which a file could be replaced: its own, and
// those of every link on the way to its content.
func follow(w *fsnotify.Watcher, files []string) error {
	for _, file := range files {
		if err := w.Add(filepath.Dir(file)); err != nil {
			return fmt.Errorf("%s: %w", filepath.Dir(file), err)
		}
		for _, dir := range linked(file) {
			_ = w.Add(dir) // may be gone already; its link's own directory is watched
		}
	}
	return nil
}

// linked returns the directories of the links that lead from a file to its content.
func linked(file string) []string {
	var dirs []string
	at := file
	for range maxHop {
		target, err := os.Readlink(at)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(at), target)
		}
		at = target
		dirs = append(dirs, filepath.Dir(at))
	}
	if content, err := filepath.EvalSymlinks(file); err == nil {
		dirs = append(dirs, filepath.Dir(content))
	}
	return dirs
}
