package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/usher-id/usher/tests/load/drive"
	"github.com/usher-id/usher/tests/load/ledger"
	"github.com/usher-id/usher/tests/load/mailbox"
	"github.com/usher-id/usher/tests/load/process"
	"github.com/usher-id/usher/tests/load/report"
)

// steps in their order.
var steps = []drive.Step{drive.Signup, drive.Verify, drive.Invite, drive.Page, drive.Inspect, drive.Activate} //nolint:gochecknoglobals // a constant that Go cannot say

func sendsMail(step drive.Step) bool { return step == drive.Signup || step == drive.Invite }

func writes(step drive.Step) bool { return step != drive.Page && step != drive.Inspect }

// phase is one step of one round on one side.
type phase struct {
	drive.Result
	mails []time.Duration // from the answer to the end of DATA
	lost  int
	tail  time.Duration // from the last answer to the last mail
	cost  ledger.Cost
	cpu   report.CPU
}

// round is every step on both sides, the floor before the host.
type round struct {
	floor, host map[drive.Step]phase
}

func (p *pair) round(ctx context.Context, s *sides, clients int) (r round, err error) {
	defer s.close()
	r = round{map[drive.Step]phase{}, map[drive.Step]phase{}}
	for _, step := range steps {
		if step != drive.Page {
			if r.floor[step], err = p.floorPhase(ctx, s, step, clients); err != nil {
				return r, err
			}
		}
		if r.host[step], err = p.hostPhase(ctx, s, step, clients); err != nil {
			return r, err
		}
	}
	return r, ctx.Err()
}

func (s *sides) work(step drive.Step, clients int) drive.Load {
	l := drive.Load{Step: step, Count: s.run.Tenants, Clients: clients}
	if step != drive.Signup && step != drive.Verify {
		l.Count, l.Group = s.run.Guests(), s.run.Invitations
	}
	return l
}

func (p *pair) floorPhase(ctx context.Context, s *sides, step drive.Step, clients int) (ph phase, err error) {
	err = p.metered(ctx, p.floorDatabase(), p.floor.PID, &ph, func() error {
		ph.Result = s.floor.Run(ctx, s.work(step, clients))
		return nil
	})
	return ph, err
}

func (p *pair) hostPhase(ctx context.Context, s *sides, step drive.Step, clients int) (ph phase, err error) {
	err = p.metered(ctx, p.hostDatabase(), p.host.PID, &ph, func() error {
		before := p.mails.Recipients()
		ph.Result = s.hostClient.Run(ctx, s.work(step, clients))
		p.promise(step, len(ph.Durations))
		if !sendsMail(step) {
			return nil
		}
		return p.await(ctx, s, before, &ph)
	})
	return ph, err
}

// promise adds to what the database must hold in the end.
func (p *pair) promise(step drive.Step, answered int) {
	switch step {
	case drive.Signup:
		p.promised.Signups += answered
	case drive.Verify:
		p.promised.Verified += answered
	case drive.Invite:
		p.promised.Invitations += answered
	case drive.Activate:
		p.promised.Activated += answered
	case drive.Page, drive.Inspect:
	}
}

// metered does the work of a phase and adds what it cost.
func (p *pair) metered(ctx context.Context, database string, server int, ph *phase, work func() error) error {
	before, err := p.ledger.Mark(ctx, database)
	if err != nil {
		return err
	}
	cpu := p.cpu(server)
	if err := work(); err != nil {
		return err
	}
	now := p.cpu(server)
	ph.cpu = report.CPU{Server: now.Server - cpu.Server, Postgres: now.Postgres - cpu.Postgres, Client: now.Client - cpu.Client}
	after, err := p.ledger.Mark(ctx, database)
	if err != nil {
		return err
	}
	ph.cost = after.Since(before)
	return nil
}

func (p *pair) cpu(server int) report.CPU {
	return report.CPU{
		Server: process.CPU(server).Seconds(), Postgres: process.TreeCPU(p.pg.PID()).Seconds(), Client: process.OwnCPU().Seconds(),
	}
}

const (
	mailPatience = 20 * time.Second // then a mail counts as lost
	donePatience = 20 * time.Second // then a job that is not done is an error
	doneLook     = 5 * time.Millisecond
)

// await waits for the mails of a phase, and then until the host has nothing left to do.
func (p *pair) await(ctx context.Context, s *sides, before int, ph *phase) error {
	err := p.mails.Wait(ctx, before+len(ph.Durations), mailPatience)
	if err != nil && !errors.Is(err, mailbox.ErrMissing) {
		return err
	}
	var last time.Time
	ph.mails, last, ph.lost = s.host.Deliveries(ph.Step)
	if end := ph.Started.Add(ph.Elapsed); last.After(end) {
		ph.tail = last.Sub(end)
	}
	return p.quiet(ctx)
}

// quiet waits until no mail and no job is left.
func (p *pair) quiet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, donePatience)
	defer cancel()
	again := time.NewTicker(doneLook)
	defer again.Stop()
	for {
		n, err := ledger.Unfinished(ctx, p.conn)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d mails and jobs are not done: %w", n, ctx.Err())
		case <-again.C:
		}
	}
}
