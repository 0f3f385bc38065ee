package signtest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/signing"
)

// Sign makes a key, and with it the signature of a module, good for an hour. The private key
// goes through a file, as an operator's does.
func Sign(t testing.TB, wasm []byte) (signing.Key, []byte) {
	t.Helper()
	key, private, _, err := signing.NewKey()
	must(t, err)
	file := filepath.Join(t.TempDir(), "key")
	must(t, os.WriteFile(file, private, 0o600))
	secret, err := signing.ReadPrivateKey(file)
	must(t, err)
	f, err := plugins.Inspect(wasm)
	must(t, err)
	facts, err := f.ToSign()
	must(t, err)
	statement, err := signing.State(facts, time.Now(), time.Hour)
	must(t, err)
	envelope, err := signing.Sign(statement, secret)
	must(t, err)
	return key, envelope
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal("signtest: ", err)
	}
}
