package signal

import (
	"context"
	"time"
)

type emailLabels struct {
	provider string
	outcome  SendOutcome
}

func (l emailLabels) attributes() attributes {
	return attributes{LabelProvider.String(l.provider), LabelOutcome.String(string(l.outcome))}
}

// EmailProvider shows the counters of a provider before its first mail. Package
// mail calls it for each provider that is configured.
func (s *Signals) EmailProvider(ctx context.Context, provider string) {
	for _, o := range sendOutcomes() {
		s.emails.Add(ctx, 0, s.labels.email.adds(ctx, emailLabels{provider, o})...)
	}
	s.EmailProviderShut(ctx, provider, "")
}

type shutLabels struct {
	provider string
	reason   ShutReason
}

func (l shutLabels) attributes() attributes {
	return attributes{LabelProvider.String(l.provider), LabelReason.String(string(l.reason))}
}

// EmailProviderShut tells why a provider is given no mail but a probe; "" when it is.
func (s *Signals) EmailProviderShut(ctx context.Context, provider string, why ShutReason) {
	for _, r := range shutReasons() {
		s.shut.Record(ctx, flag(r == why), s.labels.shut.records(ctx, shutLabels{provider, r})...)
	}
}

// EmailWorkers tells how many mails this process has under way, and how many it would have.
func (s *Signals) EmailWorkers(ctx context.Context, busy, allowed int64) {
	s.workers.Record(ctx, busy, s.labels.worker.records(ctx, WorkerBusy)...)
	s.workers.Record(ctx, allowed, s.labels.worker.records(ctx, WorkerAllowed)...)
}

// EmailPaused tells whether an operator paused the queue.
func (s *Signals) EmailPaused(ctx context.Context, paused bool) {
	s.paused.Record(ctx, flag(paused), s.labels.bare.records(ctx, bare{})...)
}

// EmailSent counts one attempt to hand a mail to a provider.
func (s *Signals) EmailSent(ctx context.Context, provider string, o SendOutcome) {
	s.emails.Add(ctx, 1, s.labels.email.adds(ctx, emailLabels{provider, o})...)
}

type reportLabels struct {
	provider string
	status   ReportStatus
}

func (l reportLabels) attributes() attributes {
	return attributes{LabelProvider.String(l.provider), LabelStatus.String(string(l.status))}
}

// EmailReporter shows the counters of a provider that reports on its mails before its
// first report.
func (s *Signals) EmailReporter(ctx context.Context, provider string) {
	for _, status := range reportStatuses() {
		s.reports.Add(ctx, 0, s.labels.report.adds(ctx, reportLabels{provider, status})...)
	}
}

// EmailStatus counts one report of a provider.
func (s *Signals) EmailStatus(ctx context.Context, provider string, status ReportStatus) {
	s.reports.Add(ctx, 1, s.labels.report.adds(ctx, reportLabels{provider, status})...)
}

// EmailHandover records how long after its commit a mail was with a provider.
func (s *Signals) EmailHandover(ctx context.Context, d time.Duration) {
	s.handover.Record(ctx, d.Seconds(), s.labels.bare.records(ctx, bare{})...)
}

// EmailQueue tells how many mails are in one state.
func (s *Signals) EmailQueue(ctx context.Context, state QueueState, n int64) {
	s.queueDepth.Record(ctx, n, s.labels.queueState.records(ctx, state)...)
}

// EmailQueueOldest tells the age of the oldest mail that should have left; 0 when
// there is none.
func (s *Signals) EmailQueueOldest(ctx context.Context, age time.Duration) {
	s.queueOldest.Record(ctx, age.Seconds(), s.labels.bare.records(ctx, bare{})...)
}
