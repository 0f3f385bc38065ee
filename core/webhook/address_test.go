package webhook_test

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/webhook"
	"github.com/usher-id/usher/tests/dnstest"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	strict := s.parts(func(_ *webhook.Deps, c *webhook.Config) {
		c.Loopback, c.Ports, c.Networks = false, []int{8443}, []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}
	}).hooks
	for address, says := range map[string]string{
		"https://hooks.example.com/a?b=c":      "",
		"https://hooks.example.com:8443":       "",
		"https://1.1.1.1":                      "",
		"https://10.1.2.3":                     "",
		"http://hooks.example.com":             "begins with https",
		"http://127.0.0.1":                     "begins with https",
		"http://localhost":                     "begins with https",
		"https://hooks.example.com:22":         "port 22",
		"https://user:pass@example.com":        "a user in it",
		"https://hooks.example.com/#a":         "no fragment",
		"https://127.0.0.1":                    "not on the public internet",
		"https://10.2.0.1":                     "not on the public internet",
		"https://169.254.169.254/latest":       "not on the public internet",
		"https://[::1]":                        "not on the public internet",
		"https://[::ffff:10.1.2.3]":            "an IPv4 address in an IPv6 one",
		"https://[64:ff9b::7f00:1]":            "not on the public internet",
		"https://2130706433":                   "ends in a number",
		"https://0x7f.1":                       "ends in a number",
		"ftp://example.com":                    "neither https nor http",
		"example.com":                          "neither https nor http",
		"":                                     "neither https nor http",
		"https://" + strings.Repeat("a", 3000): "not the address",
	} {
		_, _, err := strict.Add(t.Context(), operator, address, nil)
		if (err == nil) != (says == "") || err != nil && (core.CodeOf(err) != core.ValidationFailed || !strings.Contains(fields(err), says)) {
			t.Errorf("%s: %v", address, fields(err))
		}
	}
}

// fields are the words for the caller.
func fields(err error) (all string) {
	if e, ok := err.(*core.Error); ok { //nolint:errorlint // as it was given
		for _, f := range e.Fields {
			all += f.Message
		}
	}
	return all
}

// A good name that leads to this machine, to the network around it or to a cloud's metadata is refused by the address
// that would be dialled, and what it meant before does not count.
func TestNamesThatLeadInside(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	inside := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reached.Add(1)
		w.Header().Set("Connection", "close")
	}))
	t.Cleanup(inside.Close)
	at, err := url.Parse(inside.URL)
	must(t, err)
	port, err := strconv.Atoi(at.Port())
	must(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(inside.Certificate())
	s := newStage(t)
	hook := func(allow string, addresses ...string) func() string {
		var ips []netip.Addr
		for _, a := range addresses {
			ip, _ := netip.ParseAddr(a) // of "" it is the zero address, which is no such name
			ips = append(ips, ip)
		}
		w := s.parts(func(d *webhook.Deps, c *webhook.Config) {
			d.Resolver, d.Roots, c.Ports = dnstest.Names(t, ips...), roots, []int{port}
			if allow != "" {
				c.Networks = []netip.Prefix{netip.MustParsePrefix(allow)}
			}
		}).hooks
		made, _, err := w.Add(t.Context(), operator, "https://example.com:"+at.Port(), []core.EventType{core.PasswordReset})
		must(t, err)
		return func() string {
			a, err := w.Test(t.Context(), operator, made.ID)
			must(t, err)
			return a.Error
		}
	}
	inward := []string{
		"127.0.0.1", "0.0.0.0", "169.254.169.254", "10.1.2.3", "172.31.0.1", "192.168.0.1", "100.100.100.200", "::1", "::",
		"::ffff:127.0.0.1", "fe80::1", "fd00:ec2::254", "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1",
	}
	ask := hook("", inward...)
	for _, address := range inward {
		if why := ask(); why != "address_refused" {
			t.Errorf("%s: %q", address, why)
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("the inside was reached %d times", n)
	}
	ask = hook("127.0.0.0/24", "127.0.0.1", "127.0.1.1", "")
	if first, second, third := ask(), ask(), ask(); first != "" || second != "address_refused" || third != "no_such_name" {
		t.Errorf("allowed %q, rebound %q, gone %q", first, second, third)
	}
}

func TestAnswersThatAreNoGood(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	patient := s.parts(nil).hooks
	hasty := s.parts(func(_ *webhook.Deps, c *webhook.Config) { c.Timeout = 50 * time.Millisecond }).hooks
	other := receive(t, nil)
	hold := make(chan struct{})
	closed := receive(t, nil)
	closed.Close()
	for why, answer := range map[string]func(int, delivery, http.ResponseWriter){
		"": func(_ int, _ delivery, w http.ResponseWriter) { _, _ = w.Write(make([]byte, 1<<20)) },
		"redirect": func(_ int, _ delivery, w http.ResponseWriter) {
			w.Header().Set("Location", other.URL)
			w.WriteHeader(http.StatusTemporaryRedirect)
		},
		"status":  status(http.StatusTeapot),
		"timeout": func(int, delivery, http.ResponseWriter) { <-hold },
		"broken":  func(int, delivery, http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		r, w := receive(t, answer), patient
		if why == "timeout" {
			w = hasty
		}
		hook, _, err := w.Add(t.Context(), operator, r.URL, []core.EventType{core.PasswordReset})
		must(t, err)
		if a, err := w.Test(t.Context(), operator, hook.ID); err != nil || a.Error != why {
			t.Errorf("%q: %+v %v", why, a, err)
		}
	}
	close(hold)
	hook, _, err := patient.Add(t.Context(), operator, closed.URL, []core.EventType{core.PasswordReset})
	must(t, err)
	if a, err := patient.Test(t.Context(), operator, hook.ID); err != nil || a.Error != "no_connection" {
		t.Errorf("nobody there: %+v %v", a, err)
	}
	if len(other.got) != 0 {
		t.Error("a redirect was followed")
	}
}
