package config

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-id/usher/core"
)

// Events is how events leave besides plugins and webhooks.
type Events struct {
	MaxStreams int  `key:"max_streams" min:"1" max:"100000"`
	NATS       NATS `key:"nats"`
}

// NATSEmbedded is the events.nats.url of a server in the process itself.
const NATSEmbedded = "embedded"

// NATS is a JetStream that gets all events.
type NATS struct {
	URL           core.Secret `key:"url"` // nowhere when empty; or [NATSEmbedded]
	CredsFile     string      `key:"creds_file"`
	Stream        string      `key:"stream"`
	SubjectPrefix string      `key:"subject_prefix"`
}

// Webhooks is what endpoints may be, and how patient the host is with them.
type Webhooks struct {
	AllowNetworks []netip.Prefix `key:"allow_networks"`
	AllowPorts    []string       `key:"allow_ports"` // see Ports
	Timeout       time.Duration  `key:"timeout" min:"100ms" max:"1m"`
	DisableAfter  time.Duration  `key:"disable_after" min:"1m" max:"365d"`
}

// Ports are those that may be reached besides 443.
func (w Webhooks) Ports() (ports []int) {
	for _, text := range w.AllowPorts {
		if n, err := strconv.Atoi(text); err == nil {
			ports = append(ports, n)
		}
	}
	return ports
}

func (p *pile) events(c *Config) {
	n := c.Events.NATS
	p.require(n.URL.IsZero() || n.URL.Reveal() == NATSEmbedded || isNATS(n.URL.Reveal()), "is not the address of a NATS server",
		"write it as tls://host:4222, or embedded", "events.nats.url")
	p.require(regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`).MatchString(n.Stream), "is no name of a stream", "use letters, digits, _ and -", "events.nats.stream")
	p.require(regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`).MatchString(n.SubjectPrefix), "is no beginning of a subject",
		"use words with dots between them", "events.nats.subject_prefix")
	for _, text := range c.Webhooks.AllowPorts {
		n, err := strconv.Atoi(text)
		p.require(err == nil && n > 0 && n <= 65535, "has an item that is not a port", "write numbers such as 8443", "webhooks.allow_ports")
	}
}

// isNATS takes one address, or several with commas between them.
func isNATS(text string) bool {
	for address := range strings.SplitSeq(text, ",") {
		u, err := url.Parse(strings.TrimSpace(address))
		if err != nil || u.Hostname() == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) {
			return false
		}
	}
	return true
}
