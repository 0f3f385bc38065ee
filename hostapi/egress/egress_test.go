package egress_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/usher-id/usher/hostapi/egress"
)

// The first and last address of each network that nothing reaches, and its neighbours.
func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"1.1.1.1": true, "9.255.255.255": true, "11.0.0.0": true, "100.63.255.255": true, "100.128.0.0": true, "126.255.255.255": true, "128.0.0.0": true,
		"169.253.255.255": true, "169.255.0.0": true, "172.15.255.255": true, "172.32.0.0": true, "192.167.255.255": true, "192.169.0.0": true,
		"198.17.255.255": true, "198.20.0.0": true, "223.255.255.255": true, "168.63.129.15": true,
		"0.0.0.0": false, "0.255.255.255": false, "10.0.0.0": false, "10.255.255.255": false, "100.64.0.0": false, "100.127.255.255": false,
		"127.0.0.1": false, "127.255.255.255": false, "168.63.129.16": false, "169.254.0.0": false, "169.254.169.254": false, "169.254.255.255": false,
		"172.16.0.0": false, "172.31.255.255": false, "192.0.0.1": false, "192.0.2.1": false, "192.88.99.1": false, "192.168.0.0": false, "192.168.255.255": false,
		"198.18.0.0": false, "198.19.255.255": false, "198.51.100.1": false, "203.0.113.1": false, "224.0.0.1": false, "239.255.255.255": false,
		"240.0.0.1": false, "255.255.255.255": false,
		"2606:4700::1111": true, "2a00:1450:4001::1": true, "2001:4860:4860::8888": true, "64:ff9b::101:101": true, "::ffff:1.1.1.1": true,
		"::": false, "::1": false, "::127.0.0.1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:169.254.169.254": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a00:1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::1": false, "100::1": false, "2001::1": false, "2001:db8::1": false,
		"2002:7f00:1::": false, "2002:101:101::": false, "3fff::1": false, "5f00::1": false, "fc00::1": false, "fd00:ec2::254": false, "fe80::1": false,
		"fe80::1%eth0": false, "fec0::1": false, "ff02::1": false,
	} {
		if got := egress.Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: reachable is %v", address, got)
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"https://api.example.com":      "https://api.example.com",
		"HTTPS://API.Example.COM:443":  "https://api.example.com",
		"https://api.example.com:8443": "https://api.example.com:8443",
		"https://bücher.example":       "https://xn--bcher-kva.example",
		"http://localhost:8025":        "http://localhost:8025",
		"http://127.0.0.1:80":          "http://127.0.0.1",
		"http://[::1]:8025":            "http://[::1]:8025",
		"https://[::0001]":             "https://[::1]",
		"https://1.1.1.1":              "https://1.1.1.1",
		"http://api.example.com":       "http is for loopback addresses",
		"http://127.0.0.1.nip.example": "http is for loopback addresses",
		"ftp://api.example.com":        "neither https nor http",
		"api.example.com":              "neither https nor http",
		"https://":                     "there is no host",
		"https://*.example.com":        "no host name",
		"https://api.example.com.":     "no host name",
		"https://a_b.example":          "no host name",
		"https://api.example.com/":     "more than an origin; write https://api.example.com",
		"https://api.example.com/v1":   "more than an origin",
		"https://api.example.com?":     "more than an origin",
		"https://api.example.com#":     "more than an origin",
		"https://u@api.example.com":    "there is a user in it",
		"https://api.example.com:0":    "the port is none",
		"https://api.example.com:":     "the port is none",
		"https://api.example.com:0443": "the port is none",
		"https://api.example.com:x":    "is no origin",
		"https://2130706433":           "ends in a number",
		"https://0177.0.0.1":           "ends in a number",
		"https://0x7f000001":           "ends in a number",
		"https://127.0.0.1.":           "no host name",
		"https://[::ffff:127.0.0.1]":   "an IPv4 address in an IPv6 one",
		"https://[fe80::1%25eth0]":     "a zone",
		"https://10.0.0.1":             "that may not be reached",
		"https://169.254.169.254":      "that may not be reached",
		"https://[fd00::1]":            "that may not be reached",
	} {
		o, err := egress.ParseOrigin(written)
		got := o.String()
		if err != nil {
			got = err.Error()
		}
		if got != want && (err == nil || !strings.Contains(got, want)) {
			t.Errorf("%s: %s, want %s", written, got, want)
		}
	}
}
