package edge

import (
	"net/netip"
	"strings"

	"github.com/valyala/fasthttp"
)

// proxies are the networks of the proxies in front of this listener.
type proxies []netip.Prefix

func (p proxies) trusts(a netip.Addr) bool {
	for _, network := range p {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// client tells who sent a request.
func (p proxies) client(http *fasthttp.RequestCtx) netip.Addr {
	peer := peerOf(http)
	if !p.trusts(peer) {
		return peer
	}
	var headers []string
	for _, line := range http.Request.Header.PeekAll("X-Forwarded-For") {
		headers = append(headers, string(line))
	}
	return p.walk(peer, strings.Join(headers, ","))
}

// walk reads X-Forwarded-For from the right, where the nearest proxy wrote, and
// stops at the first address that no trusted proxy has. What stands left of it
// is the client's own claim. An entry that is no address ends the walk at the
// proxy that wrote it: nothing is ever skipped.
func (p proxies) walk(peer netip.Addr, forwardedFor string) netip.Addr {
	at := peer
	for p.trusts(at) && forwardedFor != "" {
		entry := forwardedFor
		if i := strings.LastIndexByte(forwardedFor, ','); i >= 0 {
			forwardedFor, entry = forwardedFor[:i], forwardedFor[i+1:]
		} else {
			forwardedFor = ""
		}
		next, err := netip.ParseAddr(strings.TrimSpace(entry))
		if err != nil {
			return at
		}
		at = next.Unmap().WithZone("")
	}
	return at
}

func peerOf(http *fasthttp.RequestCtx) netip.Addr {
	a, _ := netip.AddrFromSlice(http.RemoteIP())
	return a.Unmap()
}
