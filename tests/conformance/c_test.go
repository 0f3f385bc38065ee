package conformance_test

import (
	"testing"

	"github.com/usher-id/usher/tests/cguest"
	"github.com/usher-id/usher/tests/conformance"
)

func TestC(t *testing.T) {
	t.Parallel()
	conformance.Run(t, cguest.Build(t, "c/guest.c"))
}
