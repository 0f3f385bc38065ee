package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/tests/load/drive"
	"github.com/usher-id/usher/tests/load/ledger"
	"github.com/usher-id/usher/tests/load/pipeline"
	"github.com/usher-id/usher/tests/load/report"
	"github.com/usher-id/usher/tests/load/wire"
)

// counted is how many people pass through the relay. The first pass is for what a
// host does once on each connection.
const (
	counted   = 40
	uncounted = 40
)

// count starts another host whose connections to Postgres go through a relay, and
// counts what one request sends.
func (p *pair) count(ctx context.Context) (steps []report.WireStep, err error) {
	p.say("activation.password %s: counting round trips", p.policy())
	relay, through, err := p.relay(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, relay.Close()) }()
	// The pair's own host rests, or its workers would take this one's mails past the relay.
	if err := p.host.Stop(); err != nil {
		return nil, err
	}
	p.host, err = p.startHost(ctx, through, p.hostName()+"-counted", p.validator())
	if err != nil {
		return nil, err
	}
	if _, err := p.pass(ctx, relay, uncounted); err != nil {
		return nil, err
	}
	return p.pass(ctx, relay, counted)
}

// relay listens beside the server's socket and gives the host's URL through it.
func (p *pair) relay(ctx context.Context) (*wire.Relay, string, error) {
	config, err := pgx.ParseConfig(p.hostURL)
	if err != nil {
		return nil, "", err
	}
	dir := filepath.Join(p.dir, "relay-"+p.policy())
	if err := os.Mkdir(dir, 0o700); err != nil { //nolint:gosec // below a new temporary folder
		return nil, "", err
	}
	socket := ".s.PGSQL." + strconv.Itoa(int(config.Port))
	relay, err := wire.Listen(ctx, filepath.Join(dir, socket), filepath.Join(config.Host, socket), ledger.Background)
	if err != nil {
		return nil, "", err
	}
	through := url.URL{Scheme: "postgres", Path: "/" + config.Database, RawQuery: url.Values{
		"host": {dir}, "port": {strconv.Itoa(int(config.Port))}, "user": {config.User}, "sslmode": {"disable"},
	}.Encode()}
	return relay, through.String(), nil
}

// pass walks people through the host alone, one after the other, and counts.
func (p *pair) pass(ctx context.Context, relay *wire.Relay, people int) ([]report.WireStep, error) {
	p.runs++
	run := &pipeline.Run{Name: p.policy() + strconv.Itoa(p.runs), Tenants: people, Invitations: 1, Passwords: p.passwords}
	target := pipeline.NewTarget(run, p.mails)
	client := drive.New(p.host.Address, 1, target)
	defer client.Close()
	var out []report.WireStep
	for _, step := range steps {
		before := p.mails.Recipients()
		relay.Take()
		r := client.Run(ctx, drive.Load{Step: step, Count: people, Clients: 1})
		p.promise(step, len(r.Durations))
		if r.Failed() > 0 {
			return nil, fmt.Errorf("requests failed while counting %s: %v", step, r.Errors)
		}
		if sendsMail(step) {
			if err := p.mails.Wait(ctx, before+people, mailPatience); err != nil {
				return nil, err
			}
			if err := p.quiet(ctx); err != nil {
				return nil, err
			}
		}
		requests, background := relay.Take()
		out = append(out, report.WireStep{
			Step: string(step), Requests: people, Request: perRequest(requests, people), Background: perRequest(background, people),
		})
	}
	return out, nil
}

func perRequest(c wire.Count, requests int) report.WireCost {
	n := float64(requests)
	cost := report.WireCost{
		RoundTrips: float64(c.RoundTrips) / n, Statements: float64(c.Statements) / n, Commits: float64(c.Commits) / n,
		Calls: map[string]float64{},
	}
	for statement, calls := range c.Calls {
		cost.Calls[ledger.Brief(statement)] += float64(calls) / n
	}
	return cost
}
