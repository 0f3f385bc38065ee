package project

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// lookEvery is how often a project's files are looked at. Looking works where notices of the file system do not reach:
// in a container's mount, over a network.
const lookEvery = 250 * time.Millisecond

// passedOver are folders whose files are made, not written.
var passedOver = []string{buildFolder, sdkFolder, "node_modules", "target"}

// Stamp says in which state the files of a project are: names, sizes and times.
func Stamp(dir string) string {
	sum := sha256.New()
	_ = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // it vanished meanwhile, or nobody may read it: the build will say so
		}
		base := entry.Name()
		if entry.IsDir() && name != dir && (slices.Contains(passedOver, base) || strings.HasPrefix(base, ".")) {
			return filepath.SkipDir
		}
		if info, err := entry.Info(); err == nil && !entry.IsDir() && !strings.HasPrefix(base, ".") {
			_, _ = fmt.Fprintln(sum, name, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return string(sum.Sum(nil))
}

// AwaitChange waits until the files of a project are not as they were, and then until they rest: an editor saves
// several. Its error is that of the context.
func AwaitChange(ctx context.Context, dir, seen string) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	last := seen
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		now := Stamp(dir)
		if now != seen && now == last {
			return nil
		}
		last = now
	}
}

// DraftVersion is a version between the last draft and the version itself (semver.org 2.0.0, item 11).
func DraftVersion(version string, now time.Time) string {
	version, _, _ = strings.Cut(version, "+")
	separator := "-"
	if strings.Contains(version, "-") {
		separator = "."
	}
	return fmt.Sprintf("%s%sdev.%d", version, separator, now.UnixMilli())
}
