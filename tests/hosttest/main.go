package hosttest

import (
	"fmt"
	"os"
	"testing"

	"github.com/usher-id/usher/tests/pgtest"
)

// Main runs the tests and clears up after them: the body of a TestMain. It includes
// [pgtest.Main].
func Main(m *testing.M) {
	code := pgtest.Runner(m).Run()
	if err := closeLasting(); err != nil {
		fmt.Fprintln(os.Stderr, "hosttest:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}
