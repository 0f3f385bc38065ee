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

// TestHistoryGoesOn: the list goes on below its last release.
func TestHistoryGoesOn(t *testing.T) {
	t.Parallel()
	d := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := `{"data":[{"number":30,"kind":"activate","state":"served","plugin":"gate","actor":"ann"}]}`
		if r.URL.RawQuery != "limit=20&below=31" {
			answer = `{"data":[]}`
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(d.Close)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "token"), "the-operator-token\n")
	way := " --token-file ./token --operator " + d.URL
	walk(t, dir, []step{
		{"plugin history --below 31" + way, 0, []string{"30", "activate gate", "ann"}},
		{"plugin history --below 1" + way, 0, []string{"no release below 1"}},
		{"plugin history --below 0" + way, 2, []string{"--below is the number of a release"}},
	})
}

// TestStatusSaysWhatIsAmiss: what a replica serves otherwise than its release stands beside it, and
// what a release that is prepared waits for.
func TestStatusSaysWhatIsAmiss(t *testing.T) {
	t.Parallel()
	d := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"newest":4,"serving":{"number":3},"preparing":{"number":4,"kind":"activate","plugin":"gate","actor":"ann","now":true},
			"replicas":[{"name":"a","live":true,"serving":3,"trouble":"the candidate of gate is left out"}]}`)
	}))
	t.Cleanup(d.Close)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "token"), "the-operator-token\n")
	walk(t, dir, []step{
		{"plugin status --token-file ./token --operator " + d.URL, 0, []string{"the candidate of gate is left out", "It serves when the first replica is ready"}},
	})
}
