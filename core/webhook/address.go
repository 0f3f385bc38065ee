package webhook

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/hostapi/egress"
)

// longestURL is the most characters of an endpoint's address.
const longestURL = 2048

// checkURL tells whether an address may be an endpoint's. Where its name leads is not asked: that is judged whenever it
// is dialled.
func (c Config) checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || len(text) > longestURL {
		return badURL("This is not the address of an endpoint. Write one such as https://app.example.com/hooks.")
	}
	o, err := egress.OriginOf(u)
	if err != nil {
		return badURL("This is not the address of an endpoint: " + err.Error() + ". Write one such as https://app.example.com/hooks.")
	}
	local := c.Loopback && o.Loopback()
	switch {
	case strings.Contains(text, "#"):
		return badURL("An endpoint's address has no fragment.")
	case !o.Secure() && !local:
		return badURL("An endpoint's address begins with https://.")
	case !local && o.Port() != 443 && !slices.Contains(c.Ports, o.Port()):
		return badURL(fmt.Sprintf("Nothing is sent to port %d. Use port 443.", o.Port()))
	}
	if ip, err := netip.ParseAddr(o.Host()); err == nil && !local && !egress.Public(ip) && !slices.ContainsFunc(c.Networks, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return badURL("Nothing is sent to this address: it is not on the public internet.")
	}
	return nil
}

func badURL(say string) error {
	return core.Invalid(core.FieldError{Field: "url", Code: "invalid", Message: say})
}

// newTransport makes connections that are judged by the address that is dialled, and knows no proxy.
func (d Deps) newTransport(c Config) *http.Transport {
	return &http.Transport{
		Proxy: nil, // the environment's is the host's own business
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			guard := egress.Dialer{Resolver: d.Resolver, Allow: c.Networks}
			if c.Loopback && namesLoopback(address) {
				guard.Local = []string{address}
			}
			return guard.Dial(ctx, network, address)
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: d.Roots},
		TLSHandshakeTimeout:    egress.DialTimeout,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// namesLoopback tells whether host:port says by itself that it is on this machine.
func namesLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
