package webhook_test

import (
	"os"
	"testing"

	"github.com/usher-id/usher/tests/storetest"
)

func TestMain(m *testing.M) {
	if step := os.Getenv(stepVariable); step != "" {
		die(step, os.Getenv(urlVariable))
	}
	storetest.Main(m)
}
