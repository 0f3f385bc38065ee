package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/usher-id/usher/config"
	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/postgres"
)

// rootData is where the private server of a host that runs as root keeps its data when
// the data directory cannot be entered by anyone else: Postgres refuses to be root.
const rootData = "/var/tmp/usher"

// startDatabase gives the URL of the configured database, or in development starts
// a private server on a socket. The server is nil when the database is the operator's.
func startDatabase(ctx context.Context, c *config.Config, log *slog.Logger) (core.Secret, *postgres.Server, error) {
	if !c.Database.URL.IsZero() {
		return c.Database.URL, nil, nil
	}
	dir, err := postgresDir(c.DataDir)
	if err != nil {
		return "", nil, err
	}
	server, err := postgres.Start(ctx, postgres.Config{BinDir: c.Database.PGBin, DataDir: dir, Log: log})
	if err != nil {
		return "", nil, err
	}
	return core.Secret(server.URL("usher")), server, nil
}

// postgresDir is a directory of its own below the data directory, or for a root
// whose data directory is closed to others a place that is not.
func postgresDir(dataDir string) (string, error) {
	dir, err := filepath.Abs(dataDir)
	if err != nil {
		return "", fmt.Errorf("app: data_dir: %w", err)
	}
	if os.Geteuid() == 0 && !enterable(dir) {
		sum := sha256.Sum256([]byte(dir))
		return filepath.Join(rootData, hex.EncodeToString(sum[:6])), nil
	}
	return filepath.Join(dir, "postgres"), nil
}

// enterable tells whether any user may pass through every directory on the way.
func enterable(dir string) bool {
	for ; ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}
