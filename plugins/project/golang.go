package project

import (
	"context"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

const installGo = "install Go 1.26 or newer, https://go.dev/dl/"

// goSDK gives the packages that a guest imports, below the import path that they have everywhere.
func goSDK(source fs.FS) (map[string][]byte, error) {
	ours := func(name string) bool { return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") }
	files, err := pick(source, "sdk", "sdk", ours)
	if err != nil {
		return nil, err
	}
	contract, err := pick(source, "hostapi", "hostapi", func(name string) bool {
		return ours(name) && slices.Contains([]string{"hostapi", "hostapi/fixture"}, path.Dir(name))
	})
	if err != nil {
		return nil, err
	}
	maps.Copy(files, contract)
	files["go.mod"] = []byte("module github.com/usher-id/usher\n\ngo 1.26\n")
	return files, nil
}

func buildGo(ctx context.Context, to target) error {
	compiler, err := find("go", installGo)
	if err != nil {
		return err
	}
	environment := []string{"GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOWORK=off"}
	return to.run(ctx, environment, compiler, "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", to.module, ".")
}
