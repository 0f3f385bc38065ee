package web_test

import (
	"path/filepath"
)

// anAsset is some asset of the build.
var anAsset = func() string {
	found, err := filepath.Glob("page/dist/assets/*.css")
	if err != nil || len(found) == 0 {
		panic("the pages are not built")
	}
	return filepath.Base(found[0])
}()
