package host_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/usher-id/usher/hostapi/host"
)

func TestSecretsDoNotPrint(t *testing.T) {
	t.Parallel()
	held := struct{ S host.Secret }{"canary"}
	b, err := json.Marshal(held)
	if out := fmt.Sprintf("%v %+v %#v %s %q %d %s", held, held, held, held.S, held.S, held.S, b); err != nil || strings.Contains(out, "canary") {
		t.Errorf("printed %s, %v", out, err)
	}
}
