package main

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/usher-id/usher/tests/load/process"
	"github.com/usher-id/usher/tests/load/report"
)

// bench measures every mode and judges the figures.
func bench(ctx context.Context, o options, say func(string, ...any)) (r *report.Report, err error) {
	s, err := setUp(ctx, o, say)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	r = &report.Report{Began: time.Now(), Commit: s.commit(ctx), Settings: o.settings, Machine: report.Machine{
		CPUs: runtime.NumCPU(), Go: goVersion(), Postgres: s.version,
	}}
	p50, p95, err := syncTimes(s.dir)
	if err != nil {
		return nil, err
	}
	r.Machine.SyncP50, r.Machine.SyncP95 = milliseconds(p50), milliseconds(p95)
	for _, passwords := range s.passwords {
		m, err := s.mode(ctx, passwords)
		if err != nil {
			return nil, err
		}
		r.Modes = append(r.Modes, m)
	}
	r.Judge()
	return r, nil
}

// mode measures one host process from its start to its end.
func (s *stage) mode(ctx context.Context, passwords bool) (m report.Mode, err error) {
	p, err := s.pair(ctx, passwords)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	m = report.Mode{Passwords: passwords, Start: p.idle.started.Seconds(), IdleRSS: p.idle.rss, StartRSS: p.idle.peak}
	s.say("activation.password %s: warming up", p.policy())
	if err := p.warmUp(ctx); err != nil {
		return m, err
	}
	for _, clients := range s.clients {
		l, err := p.load(ctx, clients)
		if err != nil {
			return m, err
		}
		m.Loads = append(m.Loads, l)
		m.PeakRSS = max(m.PeakRSS, l.PeakRSS)
	}
	if passwords && s.storm {
		if m.Storm, err = p.storm(ctx); err != nil {
			return m, err
		}
		m.PeakRSS = max(m.PeakRSS, m.Storm.PeakRSS)
	}
	m.AfterRSS = process.RSS(p.host.PID)
	if s.wire { // another host, so nothing after this is of the measured one
		if m.Wire, err = p.count(ctx); err != nil {
			return m, err
		}
	}
	return m, p.verify(ctx, &m)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
