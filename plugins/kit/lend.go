package kit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
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
		response, no := x.Next(r)
		if no != nil {
			return response, no
		}
		return response, nil
	}
}

// entries are what a plugin keeps during one fixture; the next begins with those that it
// names. One call at a time uses them.
type entries struct {
	kept    map[string]string
	refused string // the reason for which the store refuses, or nothing
	now     time.Time
}

// begin has those of a fixture and no other.
func (e *entries) begin(f hostapi.Fixture, now time.Time) {
	*e = entries{kept: maps.Clone(f.KV), refused: f.KVRefused, now: now}
	if e.kept == nil {
		e.kept = map[string]string{}
	}
}

func (e *entries) failure() error {
	if e.refused == hostapi.ReasonStore {
		return errors.New("the fixture says so")
	}
	return nil
}

// differ says where what is kept is not as the fixture wants it.
func (e *entries) differ(f hostapi.Fixture) (lines []string) {
	if f.Kept == nil {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(e.kept)) {
		if _, wanted := f.Kept[key]; !wanted {
			lines = append(lines, fmt.Sprintf("kept %q: want nothing, got %s", key, e.kept[key]))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(f.Kept)) {
		value, there := e.kept[key]
		if !there {
			lines = append(lines, fmt.Sprintf("kept %q: want %s, got nothing", key, f.Kept[key]))
			continue
		}
		for _, line := range fixture.Diff([]byte(f.Kept[key]), []byte(value)) {
			lines = append(lines, fmt.Sprintf("kept %q: %s", key, line))
		}
	}
	return lines
}

// Get implements [host.KV].
func (e *entries) Get(_ context.Context, _ host.Namespace, key string) (string, time.Time, bool, error) {
	value, ok := e.kept[key]
	return value, e.now.Add(hostapi.MaxKVTTL * time.Second), ok, e.failure()
}

// Put implements [host.KV].
func (e *entries) Put(_ context.Context, _ host.Namespace, key, value string, _ time.Duration) (bool, error) {
	if err := e.failure(); err != nil {
		return false, err
	}
	if _, there := e.kept[key]; e.refused == hostapi.ReasonQuota || !there && len(e.kept) >= hostapi.MaxKVEntries {
		return false, nil
	}
	e.kept[key] = value
	return true, nil
}

// Delete implements [host.KV].
func (e *entries) Delete(_ context.Context, _ host.Namespace, key string) error {
	if err := e.failure(); err != nil {
		return err
	}
	delete(e.kept, key)
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
