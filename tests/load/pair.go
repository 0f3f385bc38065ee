package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/usher-id/usher/tests/load/drive"
	"github.com/usher-id/usher/tests/load/floor"
	"github.com/usher-id/usher/tests/load/ledger"
	"github.com/usher-id/usher/tests/load/pipeline"
	"github.com/usher-id/usher/tests/load/process"
	"github.com/usher-id/usher/tests/load/report"
)

// pair is a host process and the floor beside it, each with a database of its own.
type pair struct {
	*stage
	passwords bool
	key       [32]byte // of every host on this pair's database

	host     *process.Server
	hostURL  string
	idle     idle
	conn     *pgx.Conn // to the host's database
	floor    *process.Server
	floorURL string

	runs     int
	promised ledger.Promised
	doubled  int // mails that were doubled before this pair
}

func (p *pair) policy() string {
	if p.passwords {
		return "required"
	}
	return "off"
}

// names of the databases of this pair.
func (p *pair) hostDatabase() string  { return "host_" + p.policy() }
func (p *pair) floorDatabase() string { return "floor_" + p.policy() }

// hostName is that of the host's log and folder.
func (p *pair) hostName() string { return "host-" + p.policy() }

func (s *stage) pair(ctx context.Context, passwords bool) (p *pair, err error) {
	p = &pair{stage: s, passwords: passwords, doubled: s.mails.Doubled()}
	_, _ = rand.Read(p.key[:]) // never fails (crypto/rand)
	defer func() {
		if err != nil {
			err = errors.Join(err, p.stop())
		}
	}()
	if p.hostURL, err = s.database(ctx, p.hostDatabase()); err != nil {
		return p, err
	}
	if p.floorURL, err = s.database(ctx, p.floorDatabase()); err != nil {
		return p, err
	}
	if p.conn, err = pgx.Connect(ctx, p.hostURL); err != nil {
		return p, err
	}
	if p.floor, err = process.Floor(ctx, floorCommand, p.floorURL); err != nil {
		return p, err
	}
	if err := p.rest(ctx); err != nil {
		return p, err
	}
	p.host, err = p.startHost(ctx, p.hostURL, p.hostName(), p.validator())
	return p, err
}

// stop ends both processes.
func (p *pair) stop() error {
	var all error
	if p.host != nil {
		if err := p.host.Stop(); err != nil {
			all = errors.Join(all, fmt.Errorf("the host ended badly: %w; see its log", err))
		}
	}
	if p.floor != nil {
		all = errors.Join(all, p.floor.Stop())
	}
	if p.conn != nil {
		all = errors.Join(all, p.conn.Close(context.Background()))
	}
	return all
}

// sides are both targets of one run, each with its client.
type sides struct {
	run        *pipeline.Run
	host       *pipeline.Target
	hostClient *drive.Client
	floor      *drive.Client
}

// newRun makes people who were never seen before.
func (p *pair) newRun(tenants, invitations, clients int) *sides {
	p.runs++
	run := &pipeline.Run{
		Name: p.policy() + strconv.Itoa(p.runs), Tenants: tenants, Invitations: invitations, Passwords: p.passwords,
	}
	host := pipeline.NewTarget(run, p.mails)
	return &sides{
		run: run, host: host,
		hostClient: drive.New(p.host.Address, clients, host),
		floor:      drive.New(p.floor.Address, clients, floor.NewTarget(run)),
	}
}

func (s *sides) close() {
	s.hostClient.Close()
	s.floor.Close()
}

// warmUp has both sides do a whole round before it counts, so that nothing is done for
// the first time and the tables have rows.
func (p *pair) warmUp(ctx context.Context) error {
	const clients = 8
	r, err := p.round(ctx, p.newRun(p.size(clients, p.passwords), p.invitations, clients), clients)
	if err != nil {
		return err
	}
	for _, step := range steps {
		for _, ph := range []phase{r.floor[step], r.host[step]} {
			if ph.Failed() > 0 && !p.hashes(step) {
				return fmt.Errorf("requests failed in the warm-up's %s: %v", step, ph.Errors)
			}
		}
	}
	return nil
}

// settle tells Postgres what the tables look like, as autovacuum would in time: plans
// made for smaller ones would stay. And it writes to the disk what waits, so that no
// checkpoint falls on one side.
func (p *pair) settle(ctx context.Context) error {
	for _, url := range []string{p.hostURL, p.floorURL} {
		if err := analyze(ctx, url); err != nil {
			return err
		}
	}
	return p.ledger.Settle(ctx)
}

func analyze(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ANALYZE")
	return errors.Join(err, conn.Close(ctx))
}

// verify asks the host's database whether it holds what the answers promised.
func (p *pair) verify(ctx context.Context, m *report.Mode) (err error) {
	m.Promised, m.Doubled = p.promised, p.mails.Doubled()-p.doubled
	m.Invariants, err = ledger.Check(ctx, p.hostURL, p.promised)
	return err
}
