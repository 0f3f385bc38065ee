package config

import "net/url"

// ServeRequirements returns an [*Invalid] that names everything that usher serve
// cannot start without, and how to set it; nil when nothing is missing.
func ServeRequirements(c *Config) error {
	var p problems
	if c.Database.URL.IsZero() {
		p.add(missing("database.url", "the address of Postgres: postgres://user:password@host:5432/database"))
	}
	if c.PublicURL == "" {
		p.add(missing("public_url", "the address under which people reach this host: https://id.example.com"))
	} else if !private(c.PublicURL) {
		p.add(notPrivate(c, "public_url"))
	} else if !private(c.LinkURL) {
		p.add(notPrivate(c, "link_url"))
	}
	if len(c.Secrets.Keys) == 0 {
		p.add(missing("secrets.keys", "k1:$(openssl rand -base64 32), or name a file in secrets.keys_file"))
	}
	return p.err()
}

// private tells whether nobody on the way reads what is asked of a site.
func private(site string) bool {
	u, err := url.Parse(site)
	return err == nil && (u.Scheme == "https" || isLoopback(u.Hostname()))
}

func notPrivate(c *Config, key string) Problem {
	return Problem{
		Key: key, Where: c.Origin(key).Where, Says: "is not https",
		Fix: "links in mails carry secrets: write https://…, plain http is for this machine itself only",
	}
}

// missing names a key, both ways to set it, and what to set it to.
func missing(key, what string) Problem {
	s := newTable().byPath[key]
	return Problem{Key: key, Says: "is required by usher serve", Fix: "set it in the file or as " + s.Env + " to " + what}
}

// Check is usher config check: it loads, and for usher serve also looks for what
// is missing.
func Check(s Sources) (*Config, error) {
	c, err := Load(s)
	if err != nil {
		return nil, err
	}
	if s.Dev {
		return c, nil
	}
	return c, ServeRequirements(c)
}
