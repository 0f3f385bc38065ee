package pgtest

import (
	"fmt"
	"os"
	"testing"
)

// Main runs the tests, stops the server and exits: the body of a TestMain.
func Main(m *testing.M) { os.Exit(Runner(m).Run()) }

// Runner is Main without the exit, for a wrapper such as goleak.VerifyTestMain(pgtest.Runner(m)): when Run returns,
// the server and this package's goroutines are gone.
func Runner(m *testing.M) interface{ Run() int } { return runner{m} }

type runner struct{ m *testing.M }

func (r runner) Run() int {
	code := r.m.Run()
	if err := stopShared(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return max(code, 1)
	}
	return code
}
