package signing_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/plugins/signing"
)

func noon() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

func facts() signing.Facts {
	return signing.Facts{
		Plugin: "p", Version: "1.2.3", Digest: strings.Repeat("ab", 32), Size: 4711,
		Hooks: []string{"message.send", "signup.validate"}, Capabilities: []string{"http https://api.example.com", "kv"},
	}
}

// signer is a key with the private half as a file has it.
type signer struct {
	signing.Key
	file string
}

func newSigner(t *testing.T) signer {
	t.Helper()
	key, private, public, err := signing.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s := signer{key, filepath.Join(t.TempDir(), "key")}
	write(t, s.file, private, 0o600)
	write(t, s.file+".pub", public, 0o644)
	return s
}

func write(t *testing.T, file string, text []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, text, mode); err != nil {
		t.Fatal(err)
	}
}

func (s signer) sign(t *testing.T, f signing.Facts) []byte {
	t.Helper()
	statement, err := signing.State(f, noon(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return s.seal(t, statement)
}

func (s signer) seal(t *testing.T, statement signing.Statement) []byte {
	t.Helper()
	private, err := signing.ReadPrivateKey(s.file)
	if err != nil {
		t.Fatal(err)
	}
	envelope, err := signing.Sign(statement, private)
	if err != nil {
		t.Fatal(err)
	}
	return envelope
}

func TestSigned(t *testing.T) {
	t.Parallel()
	old, next := newSigner(t), newSigner(t)
	both := []signing.Key{old.Key, next.Key}
	for _, by := range []signer{old, next} { // while one is replaced by the other
		proof, err := signing.Verify(by.sign(t, facts()), facts(), both, noon())
		if err != nil || proof.KeyID != by.ID || proof.Statement.ABI != hostapi.ABI || !proof.Statement.NotAfter.Equal(noon().Add(time.Hour)) {
			t.Errorf("%+v, %v", proof, err)
		}
	}
	shuffled := facts()
	slices.Reverse(shuffled.Hooks)
	if _, err := signing.Verify(old.sign(t, facts()), shuffled, both, noon().Add(time.Hour-1)); err != nil {
		t.Errorf("in another order, at the last instant: %v", err)
	}
	read, err := signing.Read(old.sign(t, facts()))
	if err != nil || read.Digest != facts().Digest {
		t.Errorf("read %+v, %v", read, err)
	}
}

// TestRefused has a row for each way in which a signature proves nothing. The words name the
// difference and what to do.
func TestRefused(t *testing.T) {
	t.Parallel()
	trusted, stranger := newSigner(t), newSigner(t)
	keys := []signing.Key{trusted.Key}
	stated := func(change func(*signing.Statement)) func(*testing.T) []byte {
		return func(t *testing.T) []byte {
			s, err := signing.State(facts(), noon(), time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			change(&s)
			return trusted.seal(t, s)
		}
	}
	edited := func(change func(e map[string]any)) func(*testing.T) []byte {
		return func(t *testing.T) []byte {
			var e map[string]any
			if err := json.Unmarshal(trusted.sign(t, facts()), &e); err != nil {
				t.Fatal(err)
			}
			change(e)
			text, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
	}
	as := func(id string, e []byte) []byte { return bytes.Replace(e, []byte(stranger.ID), []byte(id), 1) }
	for name, row := range map[string]struct {
		envelope func(*testing.T) []byte
		kind     signing.Kind
		says     []string
	}{
		"a stranger's key":         {func(t *testing.T) []byte { return stranger.sign(t, facts()) }, signing.UnknownKey, []string{stranger.ID, trusted.ID, "plugins.trust.keys"}},
		"under a trusted key's id": {func(t *testing.T) []byte { return as(trusted.ID, stranger.sign(t, facts())) }, signing.WrongSignature, []string{trusted.ID, "sign the module again"}},
		"expired":                  {stated(func(s *signing.Statement) { s.NotAfter = noon() }), signing.Expired, []string{"2026-05-01T12:00:00Z", "sign the module again"}},
		"not yet":                  {stated(func(s *signing.Statement) { s.NotBefore = noon().Add(time.Second) }), signing.NotYetValid, []string{"12:00:01Z", "wait"}},
		"other bytes":              {stated(func(s *signing.Statement) { s.Digest = strings.Repeat("cd", 32) }), signing.WrongDigest, []string{strings.Repeat("cd", 32), facts().Digest}},
		"another name":             {stated(func(s *signing.Statement) { s.Plugin = "q" }), signing.WrongName, []string{`"q"`, "p 1.2.3"}},
		"another version":          {stated(func(s *signing.Statement) { s.Version = "1.2.4" }), signing.WrongName, []string{"1.2.4", "1.2.3"}},
		"another size":             {stated(func(s *signing.Statement) { s.Size++ }), signing.WrongSize, []string{"4712", "4711"}},
		"another contract":         {stated(func(s *signing.Statement) { s.ABI = "usher/v0" }), signing.WrongABI, []string{"usher/v0", hostapi.ABI}},
		"a hook too few":           {stated(func(s *signing.Statement) { s.Hooks = s.Hooks[:1] }), signing.WrongHooks, []string{"not signed: signup.validate"}},
		"a hook too many":          {stated(func(s *signing.Statement) { s.Hooks = append(s.Hooks, "x") }), signing.WrongHooks, []string{"does not have", `"x"`}},
		"asks for more":            {stated(func(s *signing.Statement) { s.Capabilities = []string{"kv"} }), signing.WrongCapabilities, []string{"not signed: http https://api.example.com"}},
		"asks for another origin":  {stated(func(s *signing.Statement) { s.Capabilities[0] = "http https://evil.example" }), signing.WrongCapabilities, []string{"https://api.example.com"}},
		"asks for less":            {stated(func(s *signing.Statement) { s.Capabilities = append(s.Capabilities, "spans") }), signing.WrongCapabilities, []string{"does not have", "spans"}},
		"another type":             {edited(func(e map[string]any) { e["payload_type"] = "text/plain" }), signing.Malformed, []string{"text/plain"}},
		"a member too many":        {edited(func(e map[string]any) { e["x"] = 1 }), signing.Malformed, []string{"usher plugin sign"}},
		"no signature":             {edited(func(e map[string]any) { e["signatures"] = []any{} }), signing.Malformed, []string{"0 signatures"}},
		"too many signatures": {edited(func(e map[string]any) {
			e["signatures"] = slices.Repeat(e["signatures"].([]any), 9)
		}), signing.Malformed, []string{"9 signatures"}},
		"one of two is forged": {edited(func(e map[string]any) {
			forged := map[string]any{"key_id": trusted.ID, "sig": base64.StdEncoding.EncodeToString(make([]byte, 64))}
			e["signatures"] = append(e["signatures"].([]any), forged)
		}), signing.WrongSignature, nil},
		"a line end in the payload": {edited(func(e map[string]any) { e["payload"] = e["payload"].(string) + "\n" }), signing.Malformed, nil},
		"no JSON":                   {func(*testing.T) []byte { return []byte("x") }, signing.Malformed, nil},
		"nothing":                   {func(*testing.T) []byte { return nil }, signing.Malformed, nil},
		"too long":                  {func(*testing.T) []byte { return make([]byte, signing.MaxEnvelope+1) }, signing.Malformed, []string{"32768"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := signing.Verify(row.envelope(t), facts(), keys, noon())
			wrong, ok := errors.AsType[*signing.Error](err)
			if !ok || wrong.Kind != row.kind {
				t.Fatalf("%v, want %s", err, row.kind)
			}
			for _, word := range row.says {
				if !strings.Contains(wrong.Says, word) {
					t.Errorf("%q is not said: %s", word, wrong.Says)
				}
			}
		})
	}
	if _, err := signing.Verify(trusted.sign(t, facts()), facts(), nil, noon()); err == nil || !strings.Contains(err.Error(), "no key is trusted here") {
		t.Errorf("without keys: %v", err)
	}
}

// Whatever bit of an envelope flips, it proves nothing any more.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	envelope := s.sign(t, facts())
	for i := range envelope {
		for bit := range 8 {
			flipped := bytes.Clone(envelope)
			flipped[i] ^= 1 << bit
			if _, err := signing.Verify(flipped, facts(), []signing.Key{s.Key}, noon()); err == nil {
				t.Fatalf("bit %d of byte %d does not matter: %s", bit, i, flipped)
			}
		}
		if _, err := signing.Verify(envelope[:i], facts(), []signing.Key{s.Key}, noon()); err == nil && i < len(envelope)-1 {
			t.Fatalf("the first %d bytes do", i)
		}
	}
}

func TestCapabilities(t *testing.T) {
	t.Parallel()
	got := signing.Capabilities(hostapi.Requests{
		HTTP: &hostapi.HTTPGrant{Origins: []string{"https://b.example", "https://a.example"}}, KV: &hostapi.KVGrant{}, Secrets: []string{"api"},
		Telemetry: &hostapi.TelemetryGrant{Metrics: []hostapi.MetricNeeds{{Name: "sent"}}, Spans: true},
	})
	if want := []string{"http https://a.example", "http https://b.example", "kv", "metric sent", "secret api", "spans"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := signing.Capabilities(hostapi.Requests{HTTP: &hostapi.HTTPGrant{}}); !slices.Equal(got, []string{"http *"}) {
		t.Errorf("%q", got)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	text, err := os.ReadFile(s.file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	for name, form := range map[string]string{
		"PEM": string(text), "DER": base64.StdEncoding.EncodeToString(block.Bytes), "raw": " " + base64.StdEncoding.EncodeToString(s.Public) + "\n",
	} {
		if key, err := signing.ParsePublicKey([]byte(form)); err != nil || key.ID != s.ID || !key.Public.Equal(s.Public) {
			t.Errorf("%s: %+v, %v", name, key, err)
		}
	}
	private, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := x509.MarshalPKIXPublicKey(curve.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, form := range map[string]string{
		"nothing": "", "private": string(private), "words": "not base64!", "short": "AAAA", "another kind": base64.StdEncoding.EncodeToString(other),
		"two": string(text) + string(text),
	} {
		if key, err := signing.ParsePublicKey([]byte(form)); err == nil || !strings.Contains(err.Error(), ".pub file") {
			t.Errorf("%s: %+v, %v", name, key, err)
		}
	}
}

func TestPrivateKeyFiles(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	good, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := x509.MarshalPKCS8PrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		text []byte
		mode os.FileMode
		says string
	}{
		"everybody's":  {good, 0o644, "chmod 600"},
		"the group's":  {good, 0o640, "chmod 600"},
		"empty":        {nil, 0o600, "no Ed25519 private key"},
		"another kind": {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE" + " KEY", Bytes: other}), 0o600, "no Ed25519 private key"},
		"with more":    {slices.Concat(good, good), 0o600, "no Ed25519 private key"},
	} {
		file := filepath.Join(t.TempDir(), "key")
		write(t, file, row.text, row.mode)
		_, err := signing.ReadPrivateKey(file)
		if err == nil || !strings.Contains(err.Error(), row.says) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
		if half := bytes.SplitN(good, []byte("\n"), 3)[1]; err != nil && strings.Contains(err.Error(), string(half)) {
			t.Errorf("%s: the key is told", name)
		}
	}
	if _, err := signing.State(facts(), noon(), 0); err == nil {
		t.Error("a statement that is never good")
	}
}
