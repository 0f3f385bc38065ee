package signal

import (
	"context"
	"time"
)

type httpLabels struct {
	method, route string
	status        int
}

func (l httpLabels) attributes() attributes {
	return attributes{
		LabelHTTPMethod.String(l.method), LabelHTTPRoute.String(l.route), LabelHTTPStatus.Int(l.status),
	}
}

// HTTPRequest records one answered request. route is the template of the route,
// never the path: paths have tokens in them.
func (s *Signals) HTTPRequest(ctx context.Context, method, route string, status int, d time.Duration) {
	s.httpRequest.Record(ctx, d.Seconds(), s.labels.http.records(ctx, httpLabels{method, route, status})...)
}

// ConfigLoaded tells that a generation of the configuration is in force.
func (s *Signals) ConfigLoaded(ctx context.Context, generation uint64, at time.Time) {
	s.generation.Record(ctx, int64(generation)) //nolint:gosec // counts reloads of one process
	s.reloadOK.Record(ctx, 1)
	s.reloadedAt.Record(ctx, unix(at))
}

// ConfigRefused tells that a reload failed and the last good configuration stays.
func (s *Signals) ConfigRefused(ctx context.Context) { s.reloadOK.Record(ctx, 0) }

type jobLabels struct {
	job    string
	result Result
}

func (l jobLabels) attributes() attributes {
	return attributes{LabelJob.String(l.job), LabelOutcome.String(string(l.result))}
}

// JobDone records one run of a job that ended at a time; a success also moves the
// job's last success forward, on which the alert for a silent job rests.
func (s *Signals) JobDone(ctx context.Context, job string, d time.Duration, r Result, at time.Time) {
	s.jobDuration.Record(ctx, d.Seconds(), s.labels.job.records(ctx, jobLabels{job, r})...)
	if r == OK {
		s.jobSuccess.Record(ctx, unix(at), s.labels.jobName.records(ctx, job)...)
	}
}

type syntheticLabels struct {
	journey Journey
	result  Result
}

func (l syntheticLabels) attributes() attributes {
	return attributes{LabelJourney.String(string(l.journey)), LabelOutcome.String(string(l.result))}
}

// SyntheticRun counts one journey of a synthetic user. The journey's own requests
// carry synthetic="true"; this verdict on them does not.
func (s *Signals) SyntheticRun(ctx context.Context, j Journey, r Result) {
	s.synthetics.Add(ctx, 1, s.labels.synthetic.of(syntheticLabels{j, r}).add...)
}

// ClockOffset tells how far this host's clock is ahead of another.
func (s *Signals) ClockOffset(ctx context.Context, source ClockSource, ahead time.Duration) {
	s.clockOffset.Record(ctx, ahead.Seconds(), s.labels.clock.records(ctx, source)...)
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
