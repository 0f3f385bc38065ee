package signal

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
)

// Signals are the instruments of one host. Make them with [New] or [Nop]. All
// methods are safe for concurrent use, never block and never fail.
type Signals struct {
	meter   metric.Meter
	plugins *PluginMeter

	signups     metric.Int64Counter
	errors      metric.Int64Counter
	funnel      metric.Int64Counter
	emails      metric.Int64Counter
	reports     metric.Int64Counter
	swaps       metric.Int64Counter
	guardrail   metric.Int64Counter
	served      metric.Int64Gauge
	waiting     metric.Int64Gauge
	synthetics  metric.Int64Counter
	provision   metric.Float64Histogram
	validation  metric.Float64Histogram
	invitations metric.Float64Histogram
	handover    metric.Float64Histogram
	pluginCall  metric.Float64Histogram
	jobDuration metric.Float64Histogram
	hashWait    metric.Float64Histogram
	hashTime    metric.Float64Histogram
	httpRequest metric.Float64Histogram
	deliveries  metric.Int64Counter
	parked      metric.Int64Gauge
	eventLag    metric.Float64Gauge
	eventDead   metric.Int64Gauge
	streams     metric.Int64Gauge
	webhooksOff metric.Int64Gauge
	queueDepth  metric.Int64Gauge
	queueOldest metric.Float64Gauge
	shut        metric.Int64Gauge
	workers     metric.Int64Gauge
	paused      metric.Int64Gauge
	generation  metric.Int64Gauge
	reloadOK    metric.Int64Gauge
	reloadedAt  metric.Float64Gauge
	jobSuccess  metric.Float64Gauge
	clockOffset metric.Float64Gauge

	labels labels
}

// labels are the attribute sets, built once.
type labels struct {
	bare       *series[bare]
	signup     *series[SignupOutcome]
	errorType  *series[ErrorType]
	step       *series[Step]
	token      *series[TokenOutcome]
	queueState *series[QueueState]
	email      *series[emailLabels]
	report     *series[reportLabels]
	shut       *series[shutLabels]
	worker     *series[WorkerState]
	call       *series[callLabels]
	swap       *series[SwapOutcome]
	guardrail  *series[guardrailLabels]
	synthetic  *series[syntheticLabels]
	job        *series[jobLabels]
	jobName    *series[string]
	result     *series[Result]
	clock      *series[ClockSource]
	delivery   *series[deliveryLabels]
	consumer   *series[string]
	reason     *series[string]
	http       *series[httpLabels]
}

// New makes the instruments. Counters with a closed list of labels start at 0,
// so that an alert on their rate sees the first event.
func New(meter metric.Meter) (*Signals, error) {
	if meter == nil {
		return nil, errors.New("signal: no meter")
	}
	s := &Signals{meter: meter, plugins: newPluginMeter(meter), labels: newLabels()}
	b := builder{meter: meter}
	s.makeCounters(&b)
	s.makeHistograms(&b)
	s.makeGauges(&b)
	if err := errors.Join(b.errs...); err != nil {
		return nil, fmt.Errorf("make instruments: %w", err)
	}
	s.startAtZero()
	return s, nil
}

// Nop counts nothing. It is for tests and for tools without telemetry.
func Nop() *Signals {
	s, err := New(noop.NewMeterProvider().Meter(""))
	if err != nil {
		panic(err) // the no-op meter refuses nothing
	}
	return s
}

func newLabels() labels {
	return labels{
		bare:       newSeries(none, 0, bare{}),
		signup:     newSeries(one[SignupOutcome](LabelOutcome), 0, SignupFailed, signupOutcomes()...),
		errorType:  newSeries(one[ErrorType](LabelErrorType), 0, ErrorOther, errorTypes()...),
		step:       newSeries(one[Step](LabelStep), 0, "other", steps()...),
		token:      newSeries(one[TokenOutcome](LabelOutcome), 0, TokenFailed, tokenOutcomes()...),
		queueState: newSeries(one[QueueState](LabelState), 0, QueueReady, queueStates()...),
		email:      newSeries(emailLabels.attributes, 64, emailLabels{"other", SendPermanent}),
		report:     newSeries(reportLabels.attributes, 64, reportLabels{"other", ReportUnknown}),
		shut:       newSeries(shutLabels.attributes, 64, shutLabels{"other", ShutDown}),
		worker:     newSeries(one[WorkerState](LabelState), 0, WorkerBusy, workerStates()...),
		call:       newSeries(callLabels.attributes, 2048, callLabels{outcome: CallFailed}),
		swap:       newSeries(one[SwapOutcome](LabelOutcome), 0, SwapRefused, swapOutcomes()...),
		guardrail:  newSeries(guardrailLabels.attributes, 256, guardrailLabels{"other", "other"}),
		synthetic:  newSeries(syntheticLabels.attributes, 16, syntheticLabels{"other", Failed}),
		job:        newSeries(jobLabels.attributes, 128, jobLabels{"other", Failed}),
		jobName:    newSeries(one[string](LabelJob), 64, "other"),
		result:     newSeries(one[Result](LabelOutcome), 0, Failed, OK),
		delivery:   newSeries(deliveryLabels.attributes, 128, deliveryLabels{"other", Failed}),
		consumer:   newSeries(one[string](LabelConsumer), 64, "other"),
		reason:     newSeries(one[string](LabelReason), 8, "other"),
		clock:      newSeries(one[ClockSource](LabelSource), 4, ClockDatabase, ClockNTP),
		http:       newSeries(httpLabels.attributes, 2048, httpLabels{"_OTHER", "other", 0}),
	}
}

func (s *Signals) makeCounters(b *builder) {
	s.signups = b.counter(MetricSignups, "Attempts to sign up, by how they ended.")
	s.errors = b.counter(MetricErrors, "Steps of activation that went wrong, by reason.")
	s.funnel = b.counter(MetricFunnel, "People who reached a step of the funnel.")
	s.emails = b.counter(MetricEmailSent, "Attempts to hand a mail to a provider, by how they ended.")
	s.deliveries = b.counter(MetricEventDeliveries, "Attempts to hand an event to a consumer, by how they ended.")
	s.reports = b.counter(MetricEmailStatus, "What providers reported of mails, by what it changed.")
	s.swaps = b.counter(MetricPluginSwaps, "Changes of a plugin's version, by how they ended.")
	s.guardrail = b.counter(MetricPluginGuardrail, "Candidates that the guardrail took back, by what was worse.")
	s.synthetics = b.counter(MetricSynthetics, "Journeys of synthetic users, by how they ended.")
}

func (s *Signals) makeHistograms(b *builder) {
	s.provision = b.histogram(MetricProvisioning, "Time to provision a tenant and its owner.", wide()...)
	s.validation = b.histogram(MetricTokenValidation, "Time to validate an activation token.", wide()...)
	s.invitations = b.histogram(MetricInvitations, "Time to create an invitation.", wide()...)
	s.handover = b.histogram(MetricEmailHandover, "Time from the commit of a mail to its hand-over to a provider.", slow()...)
	s.pluginCall = b.histogram(MetricPluginCall, "Time of one call of a plugin.", fine()...)
	s.jobDuration = b.histogram(MetricJobDuration, "Time of one run of a job.", slow()...)
	s.hashWait = b.histogram(MetricHashQueueWait, "Time that a password waited for its turn to be hashed.", wide()...)
	s.hashTime = b.histogram(MetricHashDuration, "Time to hash one password.", wide()...)
	s.httpRequest = b.histogram(MetricHTTPRequest, "Time to answer an HTTP request.", wide()...)
}

func (s *Signals) makeGauges(b *builder) {
	s.queueDepth = b.gauge(MetricEmailQueueDepth, "Mails in the queue, by state.")
	s.queueOldest = b.seconds(MetricEmailQueueOldest, "Age of the oldest mail that should have left.")
	s.shut = b.gauge(MetricEmailProvider, "1 while a provider is given no mail but a probe, by reason, else 0.")
	s.workers = b.gauge(MetricEmailWorkers, "Mails under way in this process, and the most that may be.")
	s.paused = b.gauge(MetricEmailPaused, "1 while an operator keeps mails from leaving, else 0.")
	s.served = b.gauge(MetricPluginRelease, "The release of plugins that this replica serves; 0 for none.")
	s.waiting = b.gauge(MetricPluginWaiting, "1 while a release of plugins waits for replicas, else 0.")
	s.parked = b.gauge(MetricEventParked, "Events that a consumer did not take, and those that wait behind them.")
	s.eventLag = b.seconds(MetricEventLag, "Age of the oldest event that a consumer has not taken.")
	s.eventDead = b.gauge(MetricEventDead, "Parked events that are not tried again by themselves.")
	s.streams = b.gauge(MetricEventStreams, "Streams of events that are open on this replica.")
	s.webhooksOff = b.gauge(MetricWebhooksOff, "Endpoints that were disabled by themselves, by why.")
	s.generation = b.gauge(MetricConfigGeneration, "Generation of the configuration in force; 1 is that of the start.")
	s.reloadOK = b.gauge(MetricConfigReloadOK, "1 when the last reload of the configuration succeeded, else 0.")
	s.reloadedAt = b.seconds(MetricConfigReloadedAt, "When the configuration was last loaded with success.")
	s.jobSuccess = b.seconds(MetricJobLastSuccess, "When a job last succeeded.")
	s.clockOffset = b.seconds(MetricClockOffset, "This host's clock less another.")
}

// startAtZero shows every series of a closed list before its first event.
func (s *Signals) startAtZero() {
	ctx := context.Background()
	zero(ctx, s.signups, s.labels.signup, signupOutcomes())
	zero(ctx, s.errors, s.labels.errorType, errorTypes())
	zero(ctx, s.funnel, s.labels.step, steps())
	zero(ctx, s.swaps, s.labels.swap, swapOutcomes())
	for _, j := range []Journey{JourneySignup, JourneyActivation} {
		s.synthetics.Add(ctx, 0, s.labels.synthetic.adds(ctx, syntheticLabels{j, OK})...)
		s.synthetics.Add(ctx, 0, s.labels.synthetic.adds(ctx, syntheticLabels{j, Failed})...)
	}
}

func zero[K comparable](ctx context.Context, c metric.Int64Counter, s *series[K], known []K) {
	for _, k := range known {
		c.Add(ctx, 0, s.adds(ctx, k)...)
	}
}

// builder makes instruments and keeps what went wrong.
type builder struct {
	meter metric.Meter
	errs  []error
}

func (b *builder) counter(name, says string) metric.Int64Counter {
	c, err := b.meter.Int64Counter(name, metric.WithDescription(says))
	b.errs = append(b.errs, err)
	return c
}

func (b *builder) histogram(name, says string, edges ...float64) metric.Float64Histogram {
	h, err := b.meter.Float64Histogram(name,
		metric.WithDescription(says), metric.WithUnit("s"), metric.WithExplicitBucketBoundaries(edges...))
	b.errs = append(b.errs, err)
	return h
}

func (b *builder) gauge(name, says string) metric.Int64Gauge {
	g, err := b.meter.Int64Gauge(name, metric.WithDescription(says))
	b.errs = append(b.errs, err)
	return g
}

func (b *builder) seconds(name, says string) metric.Float64Gauge {
	g, err := b.meter.Float64Gauge(name, metric.WithDescription(says), metric.WithUnit("s"))
	b.errs = append(b.errs, err)
	return g
}

// wide are bucket edges in seconds for what a person waits for. The budgets and
// alert thresholds of the runbook (0.3, 0.6, 1.2, 2, 3) are edges, so that a
// quantile at a threshold is exact.
func wide() []float64 {
	return []float64{.001, .0025, .005, .01, .015, .025, .05, .075, .1, .2, .3, .45, .6, .9, 1.2, 1.6, 2, 3, 5, 10}
}

// fine are edges for what takes microseconds to milliseconds.
func fine() []float64 {
	return []float64{.00001, .000025, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 5}
}

// slow are edges for what nobody waits for.
func slow() []float64 {
	return []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600}
}
