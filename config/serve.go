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
	} else if u, err := url.Parse(c.PublicURL); err != nil || u.Scheme != "https" && !isLoopback(u.Hostname()) {
		p.add(Problem{
			Key: "public_url", Where: c.Origin("public_url").Where, Says: "is not https",
			Fix: "links in mails carry secrets: write https://…, plain http is for this machine itself only",
		})
	}
	if len(c.Secrets.Keys) == 0 {
		p.add(missing("secrets.keys", "k1:$(openssl rand -base64 32), or name a file in secrets.keys_file"))
	}
	return p.err()
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
