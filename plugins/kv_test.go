package plugins_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins"
)

// shelf keeps entries in memory; core/store has the real one.
type shelf struct {
	mu      sync.Mutex
	entries map[host.Namespace]map[string]string
	ttl     time.Duration // of the last put
	uses    int
	full    bool
	broken  error
}

func (s *shelf) use(n host.Namespace) map[string]string {
	s.uses++
	if s.entries == nil {
		s.entries = map[host.Namespace]map[string]string{}
	}
	if s.entries[n] == nil {
		s.entries[n] = map[string]string{}
	}
	return s.entries[n]
}

func (s *shelf) Get(_ context.Context, n host.Namespace, key string) (string, time.Time, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.use(n)[key]
	return v, time.Unix(1e9, 0), ok, s.broken
}

func (s *shelf) Put(_ context.Context, n host.Namespace, key, value string, ttl time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.use(n)[key], s.ttl = value, ttl
	return !s.full, s.broken
}

func (s *shelf) Delete(_ context.Context, n host.Namespace, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.use(n), key)
	return s.broken
}

func kvGet(key string) step {
	return step{hostapi.ModuleKV, hostapi.FuncKVGet, hostapi.KVKey{Key: key}}
}

func kvPut(e hostapi.KVEntry) step { return step{hostapi.ModuleKV, hostapi.FuncKVPut, e} }

func keeping() hostapi.Requests { return hostapi.Requests{KV: &hostapi.KVGrant{}} }

// The host says whose entries a call sees: by plugin and by tenant.
func TestEntriesByNamespace(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	e := newEngineWith(t, plugins.Deps{KV: s}, plugins.Config{})
	wasm := asking(t, keeping(), deliver, kvGet("k"), kvPut(hostapi.KVEntry{Key: "k", Value: "mine", TTLS: 60}), kvGet("k"))
	for _, plugin := range []string{"first", "second"} {
		load(t, e, plugins.Source{Name: plugin, Wasm: wasm, Grants: plugins.Grants{KV: true}, Limits: roomyLimits()})
		if plugin == "first" && s.uses != 0 {
			t.Errorf("the warm-up used the store %d times", s.uses)
		}
		for _, tenant := range []string{"tenant-a", "tenant-b", ""} {
			replies := answers(t, e, plugins.Call{TenantID: tenant})
			replies[0].expect(t, hostapi.StatusNotFound, hostapi.ReasonNotFound)
			if replies[1].Status != hostapi.StatusOK || string(replies[1].Answer) != "null" {
				t.Errorf("put: %+v", replies[1])
			}
			var v hostapi.KVValue
			if replies[2].into(t, &v); v.Value != "mine" || v.ExpiresAt != "2001-09-09T01:46:40Z" || s.ttl != time.Minute {
				t.Errorf("got %+v for %s", v, s.ttl)
			}
		}
	}
	for _, n := range []host.Namespace{{Plugin: "first", Tenant: "tenant-a"}, {Plugin: "second", Tenant: "tenant-b"}, {Plugin: "second"}} {
		if s.entries[n]["k"] != "mine" {
			t.Errorf("%+v has %v", n, s.entries[n])
		}
	}
	if len(s.entries) != 6 {
		t.Errorf("%d namespaces, want 6", len(s.entries))
	}
}

func TestEntriesRefused(t *testing.T) {
	t.Parallel()
	const invalid, malformed = hostapi.StatusInvalid, hostapi.ReasonMalformed
	forged := func(function, body string) step { return step{hostapi.ModuleKV, function, body} }
	for name, tc := range map[string]struct {
		store  *shelf
		step   step
		status hostapi.Status
		reason string
	}{
		"another tenant's": {&shelf{}, forged(hostapi.FuncKVGet, `{"key":"k","tenant":"tenant-b"}`), invalid, malformed},
		"another plugin's": {&shelf{}, forged(hostapi.FuncKVDelete, `{"key":"k","plugin":"second"}`), invalid, malformed},
		"no key":           {&shelf{}, kvGet(""), invalid, malformed},
		"long key":         {&shelf{}, kvGet(strings.Repeat("k", hostapi.MaxKVKey+1)), invalid, malformed},
		"zero in the key":  {&shelf{}, kvGet("a\x00b"), invalid, malformed},
		"long value":       {&shelf{}, kvPut(hostapi.KVEntry{Key: "k", Value: strings.Repeat("v", hostapi.MaxKVValue+1)}), invalid, malformed},
		"negative life":    {&shelf{}, kvPut(hostapi.KVEntry{Key: "k", TTLS: -1}), invalid, malformed},
		"long life":        {&shelf{}, kvPut(hostapi.KVEntry{Key: "k", TTLS: hostapi.MaxKVTTL + 1}), invalid, malformed},
		"full":             {&shelf{full: true}, kvPut(hostapi.KVEntry{Key: "k"}), hostapi.StatusOver, hostapi.ReasonQuota},
		"broken":           {&shelf{broken: errors.New("canary")}, kvGet("k"), hostapi.StatusFailed, hostapi.ReasonStore},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			replies := ask(t, plugins.Deps{KV: tc.store}, keeping(), plugins.Grants{KV: true}, tc.step)
			replies[0].expect(t, tc.status, tc.reason)
			if strings.Contains(string(replies[0].Answer), "canary") {
				t.Error("the store's own words are in the answer")
			}
			if tc.status == invalid && tc.store.uses != 0 {
				t.Error("it reached the store")
			}
		})
	}
}

func TestEntriesAreCalls(t *testing.T) {
	t.Parallel()
	e := newEngineWith(t, plugins.Deps{KV: &shelf{}}, plugins.Config{})
	l := roomyLimits()
	l.CallsOut = 1
	load(t, e, plugins.Source{Name: "asking", Wasm: asking(t, keeping(), validate, kvGet("k"), kvGet("k")), Grants: plugins.Grants{KV: true}, Limits: l})
	replies := answers(t, e, plugins.Call{Hook: validate})
	replies[0].expect(t, hostapi.StatusNotFound, hostapi.ReasonNotFound)
	replies[1].expect(t, hostapi.StatusOver, hostapi.ReasonCalls)
}

// An answer that the guest did not want to be so large is not cut: it is refused.
func TestAnswerBeyondItsLimit(t *testing.T) {
	t.Parallel()
	e := newEngineWith(t, plugins.Deps{KV: &shelf{}}, plugins.Config{})
	l := roomyLimits()
	l.ResultBytes = 1000
	wasm := asking(t, keeping(), deliver, kvPut(hostapi.KVEntry{Key: "k", Value: strings.Repeat("v", 1000)}), kvGet("k"))
	load(t, e, plugins.Source{Name: "asking", Wasm: wasm, Grants: plugins.Grants{KV: true}, Limits: l})
	replies := answers(t, e, plugins.Call{})
	replies[1].expect(t, hostapi.StatusOver, hostapi.ReasonTooLarge)
}

// The HMAC is that of RFC 4231, test case 2.
func TestHMAC(t *testing.T) {
	t.Parallel()
	const message, sum = "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
	hmac := func(q hostapi.HMACRequest) step { return step{hostapi.ModuleSecret, hostapi.FuncSecretHMAC, q} }
	replies := ask(t, plugins.Deps{}, hostapi.Requests{Secrets: []string{"key"}}, plugins.Grants{Secrets: map[string]host.Secret{"key": "Jefe", "unasked": "v"}},
		hmac(hostapi.HMACRequest{Secret: "key", Message: message}),
		hmac(hostapi.HMACRequest{Secret: "key", Message: message, Expect: sum}),
		hmac(hostapi.HMACRequest{Secret: "key", Message: message, Expect: strings.ToUpper(sum)}),
		hmac(hostapi.HMACRequest{Secret: "key", Message: message + "!", Expect: sum}),
		hmac(hostapi.HMACRequest{Secret: "key", Message: message, Expect: "no hexadecimal"}),
		hmac(hostapi.HMACRequest{Secret: "unasked", Message: message}),
	)
	for i, want := range []hostapi.HMACResult{{HMAC: sum}, {Equal: true}, {Equal: true}, {}, {}} {
		var a hostapi.HMACResult
		if replies[i].into(t, &a); a != want {
			t.Errorf("answer %d: %+v, want %+v", i, a, want)
		}
	}
	replies[5].expect(t, hostapi.StatusDenied, hostapi.ReasonNotGranted)
}
