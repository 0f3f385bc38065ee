package config

import (
	"net/netip"
	"strconv"
	"time"
)

// Events is how events leave besides plugins and webhooks.
type Events struct {
	MaxStreams int `key:"max_streams" min:"1" max:"100000"`
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
	for _, text := range c.Webhooks.AllowPorts {
		n, err := strconv.Atoi(text)
		p.require(err == nil && n > 0 && n <= 65535, "has an item that is not a port", "write numbers such as 8443", "webhooks.allow_ports")
	}
}
