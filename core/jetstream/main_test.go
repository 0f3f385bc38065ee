package jetstream_test

import (
	"testing"

	"github.com/usher-id/usher/tests/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
