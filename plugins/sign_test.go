package plugins_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/plugins"
	"github.com/usher-id/usher/plugins/signing"
	"github.com/usher-id/usher/tests/signtest"
)

// verify judges a module by its bytes and a signature by them, as a host does.
func verify(wasm, envelope []byte, keys []signing.Key) error {
	f, err := plugins.Inspect(wasm)
	if err != nil {
		return err
	}
	signed, err := f.ToSign()
	if err != nil {
		return err
	}
	_, err = signing.Verify(envelope, signed, keys, time.Now())
	return err
}

// Whatever bit of a module flips, and wherever it is cut or lengthened, its signature is no
// longer about it.
func TestSignedModuleIsFlipped(t *testing.T) {
	t.Parallel()
	wasm, err := plugins.Pack(answering([]byte(`{"outcome":"continue"}`)), []byte(packable))
	if err != nil {
		t.Fatal(err)
	}
	key, envelope := signtest.Sign(t, wasm)
	keys := []signing.Key{key}
	if err := verify(wasm, envelope, keys); err != nil {
		t.Fatal(err)
	}
	for i := range wasm {
		for bit := range 8 {
			flipped := bytes.Clone(wasm)
			flipped[i] ^= 1 << bit
			if verify(flipped, envelope, keys) == nil {
				t.Fatalf("bit %d of byte %d does not matter", bit, i)
			}
		}
		if verify(wasm[:i], envelope, keys) == nil {
			t.Fatalf("the first %d bytes do", i)
		}
	}
	if verify(append(bytes.Clone(wasm), 0, 2, 1, 'x'), envelope, keys) == nil {
		t.Error("a custom section more does not matter")
	}
	more, err := plugins.Pack(wasm, []byte(strings.Replace(packable, `"limits"`, `"capabilities": {}, "limits"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if err := verify(more, envelope, keys); err == nil || !strings.Contains(err.Error(), "other bytes") {
		t.Errorf("another manifest: %v", err)
	}
	if err := verify(answering([]byte(`{"outcome":"continue"}`)), envelope, keys); err == nil || !strings.Contains(err.Error(), "usher plugin pack") {
		t.Errorf("without a manifest: %v", err)
	}
}
