package main

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/usher-id/usher/tests/load/drive"
	"github.com/usher-id/usher/tests/load/pipeline"
	"github.com/usher-id/usher/tests/load/process"
	"github.com/usher-id/usher/tests/load/report"
)

const (
	stormClients = 32
	stormTenants = 32
	onlookers    = 4                     // for each step, so that one slow answer holds up few
	onlookEvery  = 80 * time.Millisecond // each: 50 requests a second for each step
)

// crowd is how many guests of a storm do what.
type crowd struct {
	hash, inspect, invite int
}

func (p *pair) crowd() crowd {
	if p.quick {
		return crowd{64, 32, 64}
	}
	return crowd{640, 64, 1600}
}

// storm has many clients hash passwords as fast as they can, and a few others sign up,
// invite and inspect at a fixed rate, before it and meanwhile.
func (p *pair) storm(ctx context.Context) (*report.Storm, error) {
	c := p.crowd()
	guests := (c.hash + c.inspect + c.invite + stormTenants - 1) / stormTenants
	p.say("activation.password %s: %d clients hash %d passwords", p.policy(), stormClients, c.hash)
	s := p.newRun(stormTenants, guests, stormClients+2*onlookers)
	defer s.close()
	newcomers := &pipeline.Run{Name: "storm" + strconv.Itoa(p.runs), Tenants: 3 * c.invite, Invitations: 1}
	door := drive.New(p.host.Address, onlookers, pipeline.NewTarget(newcomers, p.mails))
	defer door.Close()
	if err := p.gather(ctx, s, c); err != nil {
		return nil, err
	}
	watch := []*onlooker{
		{client: door, load: drive.Load{Step: drive.Signup, Count: newcomers.Tenants}},
		{client: s.hostClient, load: drive.Load{Step: drive.Invite, First: c.hash + c.inspect, Count: c.invite}},
		{client: s.hostClient, load: drive.Load{Step: drive.Inspect, First: c.hash, Count: c.inspect}, again: true},
	}
	calm := p.onlook(ctx, watch, p.calm)
	process.ResetPeak(p.host.PID)
	var hashing drive.Result
	storm := p.onlook(ctx, watch, func(context.Context) {
		hashing = s.hostClient.Run(ctx, drive.Load{Step: drive.Activate, Count: c.hash, Clients: stormClients})
		p.promise(drive.Activate, len(hashing.Durations))
	})
	out := &report.Storm{Clients: stormClients, Hashing: figures(hashing), PeakRSS: process.Peak(p.host.PID)}
	for i, w := range watch {
		out.Others = append(out.Others, report.Onlooker{Step: string(w.load.Step), Calm: calm[i], Storm: storm[i]})
	}
	return out, errors.Join(p.quiet(ctx), ctx.Err())
}

// gather brings the crowd to where the storm finds it: owners verified, guests invited
// who will hash or be inspected.
func (p *pair) gather(ctx context.Context, s *sides, c crowd) error {
	for _, l := range []drive.Load{
		{Step: drive.Signup, Count: stormTenants},
		{Step: drive.Verify, Count: stormTenants},
		{Step: drive.Invite, Count: c.hash + c.inspect},
	} {
		l.Clients = 8
		before := p.mails.Recipients()
		r := s.hostClient.Run(ctx, l)
		p.promise(l.Step, len(r.Durations))
		if r.Failed() > 0 {
			return errors.New("the storm cannot gather: requests failed")
		}
		if !sendsMail(l.Step) {
			continue
		}
		if err := p.mails.Wait(ctx, before+l.Count, mailPatience); err != nil {
			return err
		}
	}
	return p.quiet(ctx)
}

// calm is how long the onlookers are measured alone.
func (p *pair) calm(ctx context.Context) {
	d := 4 * time.Second
	if p.quick {
		d = 300 * time.Millisecond
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// onlooker sends requests of one step at a fixed rate.
type onlooker struct {
	client *drive.Client
	load   drive.Load
	again  bool // from the first, when all are done
}

// onlook has the onlookers at work until event is over.
func (p *pair) onlook(ctx context.Context, watch []*onlooker, event func(context.Context)) []report.Figures {
	during, over := context.WithCancel(ctx)
	defer over()
	results := make([]report.Figures, len(watch))
	var all sync.WaitGroup
	for i, w := range watch {
		all.Go(func() { results[i] = p.look(during, w) })
	}
	event(ctx)
	over()
	all.Wait()
	for i, w := range watch {
		p.promise(w.load.Step, results[i].Count)
	}
	return results
}

func (p *pair) look(ctx context.Context, w *onlooker) report.Figures {
	var sum report.Sample
	for {
		l := w.load
		l.Clients, l.Every = onlookers, onlookEvery
		r := w.client.Run(ctx, l)
		sum.Add(r.Durations, r.Elapsed, r.Errors)
		if !w.again { // the next time goes on where this one ended
			done := len(r.Durations) + r.Failed()
			w.load.First, w.load.Count = l.First+done, l.Count-done
			return sum.Figures()
		}
		if ctx.Err() != nil {
			return sum.Figures()
		}
	}
}

// figures are those of the hashing clients.
func figures(r drive.Result) report.Figures {
	s := report.Sample{Queued: true}
	s.Add(r.Durations, r.Elapsed, r.Errors)
	return s.Figures()
}
