package cli_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestServeLooks: who has a release serve at once is told that it does, whom it still waits for,
// and nothing that he has done already.
func TestServeLooks(t *testing.T) {
	t.Parallel()
	var looks atomic.Int64
	d := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := `{"number":3,"state":"serving"}`
		if strings.HasSuffix(r.URL.Path, "/rollout") {
			serves := 2
			if looks.Add(1) > 3 {
				serves = 3
			}
			answer = fmt.Sprintf(`{"newest":3,"serving":{"number":3},"replicas":[{"name":"a","live":true,"serving":%d},{"name":"b","live":true,"serving":3}]}`, serves)
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(d.Close)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "token"), "the-operator-token\n")
	way := " --token-file ./token --operator " + d.URL
	walk(t, dir, []step{
		{"plugin serve 3 --wait 0s" + way, 1, []string{"release 3 serves, but not yet on a,", "usher plugin status"}},
		{"plugin serve 3" + way, 0, []string{"serves on every live replica"}},
	})
}
