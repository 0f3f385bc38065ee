package postgres

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"path/filepath"
)

// Config says where the server's programs and data are. DataDir is required by Start; everything else may be left zero.
type Config struct {
	// BinDir holds initdb and postgres. When it is set nothing else is tried.
	BinDir string
	// DataDir is the directory that gets pg-<major>, its lock and its socket. It is created when missing.
	DataDir string
	// CacheDir keeps unpacked programs. Empty: the user's cache directory, or /var/cache/usher for root.
	CacheDir string
	// Port, when not 0, is a port on 127.0.0.1 that the server listens on beside its socket. Tests that put a proxy
	// before the server need it; nothing else should.
	Port int
	// Password is the one that connections to Port need. Empty: a new random one at each start.
	Password string
	// NoSync lets initdb skip its flush to disk: for data that is thrown away. It does not turn fsync off.
	NoSync bool
	// Settings are server settings laid over the package's own, such as {"fsync": "off"} for throw-away data.
	Settings map[string]string
	// Log receives the server's own lines at debug level, and what this package does at info level. Nil is silence.
	Log *slog.Logger
}

func (c *Config) check() error {
	if c.DataDir == "" {
		return errors.New("postgres: Config.DataDir is empty")
	}
	if c.Port < 0 || c.Port > 65535 {
		return errors.New("postgres: Config.Port is not a port")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Password == "" {
		c.Password = rand.Text()
	}
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return err
	}
	c.DataDir = dir
	return nil
}
