package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/usher-id/usher/hostapi/internal/shape"
)

// TestCommitted fails when what is committed is not what the types of hostapi make.
func TestCommitted(t *testing.T) {
	t.Parallel()
	source, err := shape.Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{
		"schemas":    "../../schema",
		"codecs":     "../../../sdk/internal/wire",
		"reference":  "../../../sdk/guide",
		"cheader":    "../../../sdk/c",
		"rust":       "../../../sdk/rust/src/wire",
		"typescript": "../../../sdk/typescript",
	} {
		k := kinds()[name]
		files, err := k.make(source)
		if err != nil {
			t.Fatal(err)
		}
		old, err := filepath.Glob(filepath.Join(dir, k.pattern))
		if err != nil || len(old) != len(files) {
			t.Errorf("%s: %d files are committed and %d are made (%v); run go generate ./hostapi ./sdk/...", name, len(old), len(files), err)
		}
		for file, want := range files {
			got, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s is stale (%v); run go generate ./hostapi ./sdk/...", file, err)
			}
		}
	}
}

func TestWriteRemovesWhatIsNotMade(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"old.json", "kept.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(map[string][]byte{"new.json": []byte("{}")}, "*.json", dir); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(left) != 2 || filepath.Base(left[0]) != "kept.txt" || filepath.Base(left[1]) != "new.json" {
		t.Errorf("left are %v", left)
	}
	if err := run([]string{"nothing", "../..", dir}); err == nil {
		t.Error("an unknown kind is accepted")
	}
}
