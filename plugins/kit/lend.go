package kit

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/fixture"
	"github.com/usher-id/usher/hostapi/host"
	"github.com/usher-id/usher/plugins"
)

// SecretPrefix and its name make the value that a secret has in a fixture.
const SecretPrefix = "fixture-"

// grants gives a plugin all that it asks for. A plugin that leaves its origins to the
// operator gets those that its fixtures speak to.
func grants(r hostapi.Requests, fixtures []hostapi.Fixture) plugins.Grants {
	g := plugins.Grants{KV: r.KV != nil, Telemetry: r.Telemetry != nil, Secrets: map[string]host.Secret{}}
	for _, name := range r.Secrets {
		g.Secrets[name] = host.Secret(SecretPrefix + name)
	}
	if r.HTTP == nil {
		return g
	}
	if g.Origins = r.HTTP.Origins; len(g.Origins) > 0 {
		return g
	}
	g.Origins = []string{"https://fixture.invalid"}
	for _, f := range fixtures {
		for _, x := range f.HTTP {
			if u, err := url.Parse(x.Request.URL); err == nil && u.Host != "" {
				g.Origins = append(g.Origins, u.Scheme+"://"+u.Host)
			}
		}
	}
	return g
}

// exchange plays the network by the fixture's exchanges.
func exchange(x *fixture.Exchanges) func(context.Context, hostapi.HTTPRequest) (hostapi.HTTPResponse, error) {
	return func(_ context.Context, r hostapi.HTTPRequest) (hostapi.HTTPResponse, error) {
		response, ok := x.Next(r)
		if !ok {
			return response, errors.New("the fixture does not expect this request")
		}
		return response, nil
	}
}

// entries are what a plugin keeps during one fixture; the next begins with none. One
// call at a time uses them.
type entries map[string]string

// Get implements [host.KV].
func (e entries) Get(_ context.Context, _ host.Namespace, key string) (string, time.Time, bool, error) {
	value, ok := e[key]
	return value, time.Now().Add(hostapi.MaxKVTTL * time.Second), ok, nil
}

// Put implements [host.KV].
func (e entries) Put(_ context.Context, _ host.Namespace, key, value string, _ time.Duration) (bool, error) {
	if _, there := e[key]; !there && len(e) >= hostapi.MaxKVEntries {
		return false, nil
	}
	e[key] = value
	return true, nil
}

// Delete implements [host.KV].
func (e entries) Delete(_ context.Context, _ host.Namespace, key string) error {
	delete(e, key)
	return nil
}

// uncounted takes metrics and forgets them; that they are declared is checked before.
type uncounted struct{}

// Counter implements [host.Meter].
func (uncounted) Counter(string, string) (func(context.Context, float64, map[string]string), error) {
	return func(context.Context, float64, map[string]string) {}, nil
}

// Histogram implements [host.Meter].
func (u uncounted) Histogram(name, help string) (func(context.Context, float64, map[string]string), error) {
	return u.Counter(name, help)
}
