package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/usher-id/usher/tests/load/process"
)

// idle is what a host with the plugins of usher dev is like before its first request.
type idle struct {
	started   time.Duration // from exec to ready.json
	rss, peak int64         // bytes
}

// resting is how long a host is left alone before its memory is read.
const resting = 2 * time.Second

// rest measures an idle host. The one that is measured under load has the validating
// plugin alone: mails are rendered natively.
func (p *pair) rest(ctx context.Context) error {
	begin := time.Now()
	host, err := p.startHost(ctx, p.hostURL, p.hostName()+"-idle", p.validator(),
		plugin{"mail-templates", p.plugins["mail-templates"], []string{"message.render"}})
	if err != nil {
		return err
	}
	p.idle.started = time.Since(begin)
	select {
	case <-ctx.Done():
	case <-time.After(resting):
	}
	p.idle.rss, p.idle.peak = process.RSS(host.PID), process.Peak(host.PID)
	return host.Stop()
}

// plugin is one entry of plugins.load.
type plugin struct {
	Name  string   `json:"name"`
	File  string   `json:"file"`
	Hooks []string `json:"hooks"`
}

func (p *pair) validator() plugin {
	return plugin{"company-domain", p.plugins["company-domain"], []string{"signup.validate"}}
}

// startHost runs the host as an operator would: everything that is not said here is
// its default.
func (p *pair) startHost(ctx context.Context, url, name string, load ...plugin) (*process.Server, error) {
	dataDir := filepath.Join(p.dir, name)
	if err := os.Mkdir(dataDir, 0o700); err != nil { //nolint:gosec // below a new temporary folder
		return nil, err
	}
	plugins, err := json.Marshal(load)
	if err != nil {
		return nil, err
	}
	settings := map[string]string{
		"database.url":        url,
		"public_url":          "http://127.0.0.1:8080", // in links only; nobody follows them as they are
		"secrets.keys":        "k1:" + base64.StdEncoding.EncodeToString(p.key[:]),
		"http.listen":         "127.0.0.1:0",
		"operator.listen":     "127.0.0.1:0",
		"activation.password": p.policy(),
		"mail.provider":       "smtp",
		"mail.smtp.host":      "127.0.0.1",
		"mail.smtp.port":      strconv.Itoa(p.mails.Port()),
		"mail.smtp.tls":       "off",
		"plugins.load":        string(plugins),
	}
	maps.Copy(settings, p.settings)
	return process.Host(ctx, p.binary, dataDir, filepath.Join(p.out, name+".log"), settings)
}
