package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/brand"
)

// rules checks what one key alone cannot tell.
func (p *pile) rules(c *Config) {
	p.listeners(c)
	p.urls(c)
	p.times(c)
	p.mail(c)
	p.events(c)
	p.branding(c.Branding)
	p.trust(c)
	p.require(c.Hashing.MemoryKiB >= 8*c.Hashing.Parallelism, "is less than 8 KiB for each lane",
		"raise it or lower hashing.parallelism", "hashing.memory_kib", "hashing.parallelism")
	p.require(distinctKeys(c.Secrets.Keys), "has two keys with one id", "give each its own id", "secrets.keys")
	p.require(c.DataDir != "", "is empty", "name a directory", "data_dir")
	hostname := regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:\d{1,5})?$`)
	for _, host := range c.Activation.RedirectHosts {
		p.require(hostname.MatchString(host), "has an item that is not a host name",
			"write names such as app.example.com", "activation.redirect_hosts")
	}
}

// require adds a problem with the first key unless one of the keys has one.
func (p *pile) require(ok bool, says, fix string, keys ...string) {
	if ok || p.about(keys...) {
		return
	}
	p.add(Problem{Key: keys[0], Where: p.origins[keys[0]].Where, Says: says, Fix: fix})
}

func (p *pile) listeners(c *Config) {
	const fix = "write HOST:PORT, such as 127.0.0.1:8080"
	p.require(isListen(c.HTTP.Listen), "is not an address to listen on", fix, "http.listen")
	p.require(isListen(c.Operator.Listen), "is not an address to listen on", fix, "operator.listen")
	p.require(c.HTTP.Listen != c.Operator.Listen || strings.HasSuffix(c.HTTP.Listen, ":0"),
		"is the address of http.listen", "give the operators a listener of their own", "operator.listen", "http.listen")
}

func isListen(address string) bool {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	n, err := strconv.Atoi(port)
	return err == nil && n >= 0 && n <= 65535
}

func (p *pile) urls(c *Config) {
	const fix = "write it as https://host, without user, query or fragment"
	p.require(c.PublicURL == "" || isBaseURL(c.PublicURL), "is not the URL of a site", fix, "public_url")
	p.require(c.LinkURL == "" || isBaseURL(c.LinkURL), "is not the URL of a site", fix, "link_url", "public_url")
	p.require(c.Telemetry.OTLPEndpoint == "" || isBaseURL(c.Telemetry.OTLPEndpoint),
		"is not the URL of a collector", "write it as http://host:4318, credentials in telemetry.otlp_headers",
		"telemetry.otlp_endpoint")
	database := c.Database.URL.Reveal()
	p.require(database == "" || isPostgres(database), "is not the address of a Postgres",
		"write it as postgres://user:password@host:5432/database", "database.url")
}

func isBaseURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// isPostgres takes a URL or key=value pairs; the driver looks closer.
func isPostgres(s string) bool {
	return strings.HasPrefix(s, "postgres://") || strings.HasPrefix(s, "postgresql://") ||
		!strings.Contains(s, "://") && strings.Contains(s, "=")
}

func (p *pile) times(c *Config) {
	p.require(c.Activation.TokenTTL <= c.Activation.MaxExpiresIn, "is longer than activation.max_expires_in",
		"lower it or raise the other", "activation.token_ttl", "activation.max_expires_in")
	p.require(c.Session.AccessTTL <= c.Session.RefreshTTL, "is longer than session.refresh_ttl",
		"lower it or raise the other", "session.access_ttl", "session.refresh_ttl")
	p.require(c.Database.LockTimeout <= c.Database.StatementTimeout, "is longer than database.statement_timeout",
		"lower it or raise the other", "database.lock_timeout", "database.statement_timeout")
}

// mostBounceLocal leaves room for what is each mail's own (RFC 5321 §4.5.3.1.1).
const mostBounceLocal = 20

func (p *pile) mail(c *Config) {
	for i, w := range c.Mail.Providers {
		p.require(w.Kind != MailPlugin || c.Plugins.loads(w.Plugin), fmt.Sprintf("item %d: plugin is not the name of one in plugins.load", i+1),
			"load it there, or correct the name", "mail.providers", "plugins.load")
	}
	ways := c.Mail.Ways()
	p.require(slices.ContainsFunc(ways, func(w MailWay) bool { return !w.Dedicated }), "has dedicated ones alone",
		"leave one for tenants that mail.tenants does not name", "mail.providers")
	for i, t := range c.Mail.Tenants {
		for _, name := range t.Providers {
			p.require(slices.ContainsFunc(ways, func(w MailWay) bool { return w.Name == name }),
				fmt.Sprintf("item %d: providers has a name that is not in mail.providers", i+1), "correct it, or add the provider", "mail.tenants", "mail.providers")
		}
	}
	bounce := c.Mail.Bounce.Address.Address
	p.require(strings.LastIndexByte(bounce, '@') <= mostBounceLocal, fmt.Sprintf("has more than %d characters before the @", mostBounceLocal),
		"choose a shorter one, such as bounces@example.com", "mail.bounce.address")
	smtp := c.Mail.SMTP
	p.require(smtp.TLS != TLSOff || isLoopback(smtp.Host), "is off, and mail.smtp.host is not this machine itself",
		"write required or implicit", "mail.smtp.tls", "mail.smtp.host")
	p.require((smtp.Username == "") == smtp.Password.IsZero(), "and mail.smtp.password go together",
		"set both or neither", "mail.smtp.username", "mail.smtp.password")
	p.require(c.Mail.Provider != MailSMTP || smtp.Host != "" || len(c.Mail.Providers) > 0, "is empty", "name the mail server", "mail.smtp.host")
}

func (p *pile) branding(b Branding) {
	_, isColour := brand.ParseColour(b.Colour)
	p.require(b.Colour == "" || isColour, "is not a colour", "write it as #rrggbb, in quotes, as # begins a comment", "branding.colour")
	for key, address := range map[string]string{"branding.logo_url": b.LogoURL, "branding.support_url": b.SupportURL} {
		_, fit := brand.Address(address)
		p.require(address == "" || fit, "is not an https address", "write it out in full, https://…, without credentials and with %-escapes", key)
	}
	p.require(utf8.RuneCountInString(b.Name) <= core.MaxName && !strings.ContainsFunc(b.Name, unicode.IsControl),
		fmt.Sprintf("is longer than %d characters, or has a control character", core.MaxName), "write the name that people know", "branding.name")
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

func distinctKeys(keys []SecretKey) bool {
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = k.ID
	}
	slices.Sort(ids)
	return len(slices.Compact(ids)) == len(keys)
}
