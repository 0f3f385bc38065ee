package egress

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// Origin is scheme, host and port of a URL (RFC 6454 §4), in one form, so that two
// that are the same are equal: the host in lower case and in ASCII, the port a number.
type Origin struct {
	scheme, host string
	port         uint16
}

// ParseOrigin reads what an operator or a plugin's manifest writes, such as
// https://api.example.com or http://127.0.0.1:8025. It refuses a path, a wildcard, http
// for anything but a loopback address, and an address that is not public.
func ParseOrigin(s string) (Origin, error) {
	u, err := url.Parse(s)
	if err != nil {
		return Origin{}, fmt.Errorf("%q is no origin; write one such as https://api.example.com", s)
	}
	o, err := OriginOf(u)
	switch {
	case err != nil:
		return o, fmt.Errorf("%q is no origin: %w; write one such as https://api.example.com", s, err)
	case u.Path != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#"):
		return o, fmt.Errorf("%q is more than an origin; write %s", s, o)
	case o.scheme == "http" && !o.Loopback():
		return o, fmt.Errorf("%q is not encrypted; http is for loopback addresses", s)
	}
	if ip, err := netip.ParseAddr(o.host); err == nil && !o.Loopback() && !Public(ip) {
		return o, fmt.Errorf("%q is an address that may not be reached", s)
	}
	return o, nil
}

// OriginOf gives the origin of a URL of http or https. Hosts that two programs may read as different
// addresses are refused.
func OriginOf(u *url.URL) (Origin, error) {
	o := Origin{scheme: u.Scheme, port: 443}
	switch {
	case u.Scheme == "http":
		o.port = 80
	case u.Scheme != "https":
		return o, errors.New("the scheme is neither https nor http")
	}
	if u.Opaque != "" || u.Host == "" {
		return o, errors.New("there is no host")
	}
	if u.User != nil {
		return o, errors.New("there is a user in it")
	}
	if p := u.Port(); p != "" || strings.HasSuffix(u.Host, ":") {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 || strconv.FormatUint(n, 10) != p {
			return o, errors.New("the port is none")
		}
		o.port = uint16(n)
	}
	var err error
	o.host, err = canonicalHost(u.Hostname())
	return o, err
}

func canonicalHost(host string) (string, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" || ip.Is4In6() {
			return "", errors.New("the address has a zone, or is an IPv4 address in an IPv6 one")
		}
		return ip.String(), nil
	}
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil || ascii == "" || strings.HasSuffix(ascii, ".") {
		return "", errors.New("the host is no host name")
	}
	ascii = strings.ToLower(ascii)
	// 2130706433, 0177.1 and 0x7f.1 are names to Go and addresses to some resolvers.
	if last := ascii[strings.LastIndexByte(ascii, '.')+1:]; strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return "", errors.New("the host ends in a number and is no address")
	}
	return ascii, nil
}

// Loopback tells whether the origin says by itself that it is on this machine.
func (o Origin) Loopback() bool {
	if o.host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(o.host)
	return err == nil && ip.IsLoopback()
}

// Address is where to dial.
func (o Origin) Address() string { return net.JoinHostPort(o.host, strconv.Itoa(int(o.port))) }

// Authority is how the origin stands in a URL: without the port that is the scheme's own.
func (o Origin) Authority() string {
	if o.scheme == "https" && o.port == 443 || o.scheme == "http" && o.port == 80 {
		if strings.Contains(o.host, ":") {
			return "[" + o.host + "]"
		}
		return o.host
	}
	return o.Address()
}

// String gives the origin as it is written.
func (o Origin) String() string { return o.scheme + "://" + o.Authority() }

// Host is its host name or address.
func (o Origin) Host() string { return o.host }

// Port is its port, that of the scheme where the URL had none.
func (o Origin) Port() int { return int(o.port) }

// Secure tells whether it is reached through TLS.
func (o Origin) Secure() bool { return o.scheme == "https" }
