package main

import (
	"context"
	"fmt"

	"github.com/usher-id/usher/tests/load/drive"
	"github.com/usher-id/usher/tests/load/process"
	"github.com/usher-id/usher/tests/load/report"
)

// load measures the pipeline with a number of clients, over all rounds.
func (p *pair) load(ctx context.Context, clients int) (report.Load, error) {
	size := p.size(clients, p.passwords)
	l := report.Load{Clients: clients, Rounds: p.rounds, Tenants: size, Guests: size * p.invitations}
	t := tally{}
	if err := p.settle(ctx); err != nil {
		return l, err
	}
	process.ResetPeak(p.host.PID)
	defer p.profile(ctx, fmt.Sprintf("%s-%d", p.hostName(), clients))()
	for n := range p.rounds {
		p.say("activation.password %s, %d clients: round %d of %d", p.policy(), clients, n+1, p.rounds)
		r, err := p.round(ctx, p.newRun(size, p.invitations, clients), clients)
		if err != nil {
			return l, err
		}
		for _, step := range steps {
			t.add(step, r.floor[step], r.host[step], p.hashes(step))
		}
	}
	l.PeakRSS = process.Peak(p.host.PID)
	for _, step := range steps {
		l.Steps = append(l.Steps, t[step].figures(step))
		if sendsMail(step) {
			l.Mails = append(l.Mails, t[step].deliveries(step))
		}
	}
	l.Whole = t.whole()
	return l, nil
}

// hashes tells whether a step waits for its turn to hash a password.
func (p *pair) hashes(step drive.Step) bool {
	return p.passwords && (step == drive.Verify || step == drive.Activate)
}

// total is one step over all rounds.
type total struct {
	floor, host, mails report.Sample
	tail               float64 // seconds
	lost               int
	step               report.Step
}

type tally map[drive.Step]*total

func (t tally) add(step drive.Step, floor, host phase, queued bool) {
	if t[step] == nil {
		t[step] = &total{}
	}
	sum := t[step]
	sum.floor.Add(floor.Durations, floor.Elapsed, floor.Errors)
	sum.host.Queued = queued
	sum.host.Add(host.Durations, host.Elapsed, host.Errors)
	sum.mails.Add(host.mails, host.Elapsed+host.tail, nil)
	sum.tail += host.tail.Seconds()
	sum.lost += host.lost
	sum.step.FloorCost = sum.step.FloorCost.Add(floor.cost)
	sum.step.HostCost = sum.step.HostCost.Add(host.cost)
	sum.step.FloorCPU = sum.step.FloorCPU.Add(floor.cpu)
	sum.step.HostCPU = sum.step.HostCPU.Add(host.cpu)
}

func (t *total) figures(step drive.Step) report.Step {
	s := t.step
	s.Step, s.Host, s.Floor = string(step), t.host.Figures(), t.floor.Figures()
	if s.Floor.Rate > 0 {
		s.Ratio = s.Host.Rate / s.Floor.Rate
	}
	return s
}

func (t *total) deliveries(step drive.Step) report.Mail {
	return report.Mail{Step: string(step), Took: t.mails.Figures(), Lost: t.lost, Tail: t.tail}
}

// whole adds up the phases of each side. The waits for mails are the host's.
func (t tally) whole() report.Whole {
	var w report.Whole
	for step, sum := range t {
		host, floor := sum.host.Elapsed.Seconds()+sum.tail, sum.floor.Elapsed.Seconds()
		w.HostRead += host
		w.FloorRead += floor
		if writes(step) {
			w.Host += host
			w.Floor += floor
		}
	}
	if w.Host > 0 {
		w.Ratio, w.RatioRead = w.Floor/w.Host, w.FloorRead/w.HostRead
	}
	return w
}
