package config

import (
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
)

// Load reads the sources and returns one checked configuration, or an [*Invalid]
// with every problem that it has. Nothing is kept from one call to the next.
func Load(s Sources) (*Config, error) {
	read := fingerprint{file: digest(s.File)} // before the content, so that no change between the two is missed
	p := newPile()
	if err := p.gather(s); err != nil {
		return nil, err
	}
	c := p.decode()
	c.read = read
	p.readKeysFile(c)
	derive(c)
	c.Plugins.look()
	if !p.partial {
		p.rules(c)
		p.bindings(c, s.Hooks)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// gather puts the layers on the pile. Its error is not the operator's fault.
func (p *pile) gather(s Sources) error {
	defaults, err := embedded("default", defaultsYAML)
	if err != nil {
		return err
	}
	layers := []layer{defaults}
	if s.Dev {
		dev, err := embedded("dev", devYAML)
		if err != nil {
			return err
		}
		layers = append(layers, dev)
	}
	layers = append(layers, preset(s.Preset))
	if s.File != "" {
		file, bad := fileLayer(s.File)
		p.problems = append(p.problems, bad...)
		p.partial = len(bad) > 0
		p.lines = file.where
		layers = append(layers, file)
	}
	environ, bad, err := environLayer(p.table, s.Environ)
	if err != nil {
		return err
	}
	p.problems = append(p.problems, bad...)
	layers = append(layers, environ)
	if s.Flags != nil {
		given, err := flagLayer(s.Flags)
		if err != nil {
			return err
		}
		layers = append(layers, given)
	}
	for _, y := range layers {
		if err := p.put(y); err != nil {
			return err
		}
	}
	return nil
}

// readKeysFile takes the keys from their file when there is one.
func (p *pile) readKeysFile(c *Config) {
	path := c.Secrets.KeysFile
	if path == "" {
		return
	}
	where := p.origins["secrets.keys_file"].Where
	if len(c.Secrets.Keys) > 0 {
		p.add(Problem{
			Key: "secrets.keys_file", Where: where, Says: "is set, and secrets.keys is set too", Fix: "keep one of the two",
		})
		return
	}
	c.read.keys = digest(path)
	keys, err := readKeys(path)
	if err != nil {
		p.add(Problem{Key: "secrets.keys_file", Where: where, Says: "names a file that " + err.Error(), Fix: keyFix})
		return
	}
	c.Secrets.Keys = keys
	p.origins["secrets.keys"] = Origin{Source: "file", Where: filepath.Base(path)}
}

// derive fills in what follows from other keys.
func derive(c *Config) {
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	if c.LinkURL = strings.TrimRight(c.LinkURL, "/"); c.LinkURL == "" {
		c.LinkURL = c.PublicURL
	}
	if c.Operator.TokenFile == "" {
		c.Operator.TokenFile = filepath.Join(c.DataDir, "operator.token")
	}
	if c.Session.Issuer == "" {
		c.Session.Issuer = c.PublicURL
	}
	if c.Session.Audience == "" {
		c.Session.Audience = c.Session.Issuer
	}
	if c.Hashing.Concurrency == 0 {
		c.Hashing.Concurrency = runtime.GOMAXPROCS(0)
	}
	if c.Mail.From.Address == "" {
		c.Mail.From = mail.Address{Name: "Usher", Address: "no-reply@" + mailHost(c.PublicURL)}
	}
}

// mailHost is the host of the public URL as far as mail can be sent from there.
func mailHost(publicURL string) string {
	u, err := url.Parse(publicURL)
	if err != nil || u.Hostname() == "" {
		return "localhost"
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return "localhost"
	}
	return u.Hostname()
}
