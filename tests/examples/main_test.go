package examples_test

import (
	"testing"

	"github.com/usher-id/usher/tests/hosttest"
)

func TestMain(m *testing.M) { hosttest.Main(m) }
