package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// ErrAddress is the cause when a name led to an address that nobody may reach from here.
var ErrAddress = errors.New("this address may not be reached")

// DialTimeout bounds one attempt to connect, which may outlive the call that began it.
const DialTimeout = 5 * time.Second

// Dialer connects to the public internet. What counts is the address that is dialled, after
// every look-up: a name is checked by nothing else, so it does not matter what it
// resolved to before.
type Dialer struct {
	Resolver *net.Resolver  // nil for the system's
	Local    []string       // host:port that are on this machine by their own words: they lead there only
	Allow    []netip.Prefix // networks that may be reached although they are not public
}

// Dial connects to host:port. An error of a refused address is [ErrAddress].
func (d Dialer) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	allowed := func(ip netip.Addr) bool { return Public(ip) || inAny(ip.Unmap(), d.Allow) }
	if slices.Contains(d.Local, address) {
		allowed = func(ip netip.Addr) bool { return ip.Unmap().IsLoopback() }
	}
	n := net.Dialer{Timeout: DialTimeout, Resolver: d.Resolver, Control: func(_, resolved string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(resolved)
		if err != nil || !allowed(at.Addr()) {
			return fmt.Errorf("%w: %s", ErrAddress, resolved)
		}
		return nil
	}}
	return n.DialContext(ctx, network, address)
}

// Public tells whether an address is on the public internet as far as its number says
// (IANA special-purpose address registries).
func Public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if nat64().Contains(ip) {
		b := ip.As16()
		ip = netip.AddrFrom4([4]byte(b[12:]))
	}
	if ip.Is4() {
		return !inAny(ip, special4())
	}
	return global6().Contains(ip) && !inAny(ip, special6())
}

func inAny(ip netip.Addr, list []netip.Prefix) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// nat64 is the prefix under which an IPv6 network reaches the IPv4 internet (RFC 6052).
func nat64() netip.Prefix { return netip.MustParsePrefix("64:ff9b::/96") }

// global6 is all that is global unicast of IPv6.
func global6() netip.Prefix { return netip.MustParsePrefix("2000::/3") }

func special4() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),        // this network
		netip.MustParsePrefix("10.0.0.0/8"),       // private
		netip.MustParsePrefix("100.64.0.0/10"),    // shared with a carrier; a cloud's metadata
		netip.MustParsePrefix("127.0.0.0/8"),      // loopback
		netip.MustParsePrefix("168.63.129.16/32"), // a cloud's host agent
		netip.MustParsePrefix("169.254.0.0/16"),   // link-local; metadata of most clouds
		netip.MustParsePrefix("172.16.0.0/12"),    // private
		netip.MustParsePrefix("192.0.0.0/24"),     // protocols
		netip.MustParsePrefix("192.0.2.0/24"),     // documentation
		netip.MustParsePrefix("192.88.99.0/24"),   // 6to4 relays
		netip.MustParsePrefix("192.168.0.0/16"),   // private
		netip.MustParsePrefix("198.18.0.0/15"),    // benchmarks
		netip.MustParsePrefix("198.51.100.0/24"),  // documentation
		netip.MustParsePrefix("203.0.113.0/24"),   // documentation
		netip.MustParsePrefix("224.0.0.0/3"),      // multicast, reserved, broadcast
	}
}

func special6() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("2001::/23"),     // protocols, Teredo
		netip.MustParsePrefix("2001:db8::/32"), // documentation
		netip.MustParsePrefix("2002::/16"),     // 6to4, which holds an IPv4 address
		netip.MustParsePrefix("3fff::/20"),     // documentation
	}
}
