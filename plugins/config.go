package plugins

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"runtime"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
)

// Deps are the parts an [Engine] needs.
type Deps struct {
	Log    *slog.Logger
	Tracer trace.Tracer
	// Observe is told of every guest call that ended, on the caller's goroutine, and of
	// those of shadows on another. Nil is allowed.
	Observe func(context.Context, Observation)
	// Compare is told of every question that a shadow was asked about, on a goroutine of
	// its own: while it takes long, copies are dropped. Nil is allowed.
	Compare func(context.Context, Comparison)
	// Sample is told of the calls that [Engine.SetSampleRate] asks for, on the caller's
	// goroutine before it has its answer: it must hand them on. Nil is allowed.
	Sample func(context.Context, Sample)
	// KV and Meter are behind the capabilities of these names. A plugin that was
	// granted what is nil is refused.
	KV    host.KV
	Meter host.Meter
	// Resolver and Roots are for what plugins fetch; nil for the system's.
	Resolver *net.Resolver
	Roots    *x509.CertPool
}

func (d Deps) host(log *slog.Logger) host.Deps {
	return host.Deps{Log: log, Tracer: d.Tracer, KV: d.KV, Meter: d.Meter, Resolver: d.Resolver, Roots: d.Roots}
}

func (d Deps) check() error {
	if d.Log == nil || d.Tracer == nil {
		return errors.New("plugins: Log and Tracer are needed")
	}
	return nil
}

// Config bounds an [Engine]. Its zero value asks for the defaults.
type Config struct {
	// Instances is the most that one plugin has at a time; 4 by default. One is
	// kept warm when idle.
	Instances int
	// TotalInstances is the most that all plugins have together, beyond the
	// warm one of each; 64 by default.
	TotalInstances int
	// LoadTimeout bounds making a version: compiling, starting, warming up; 1 min by default.
	LoadTimeout time.Duration
	// IdleAfter is when instances beyond the first are given up; 30 s by default.
	IdleAfter time.Duration
	// Limits apply to a plugin that asks for none; hostapi.DefaultLimits by default,
	// but for the wall time, which is the hook's: 100 ms, or 2 s where plugins call out.
	Limits hostapi.Limits
	// OnFailure says what a failure at a hook means where a binding does not. Nil
	// has every failure end its chain.
	OnFailure func(hostapi.Hook) OnFailure
	// Breaker keeps bindings from being asked that fail again and again.
	Breaker BreakerConfig

	// SampleRate is the first rate of [Engine.SetSampleRate].
	SampleRate float64

	// contextCheck runs guests as they are, under wazero's own context check, in
	// place of fuel: the oracle of the differential tests.
	contextCheck bool
	// unmetered runs guests as they are under nothing, in benchmarks.
	unmetered bool
	// compareMemory resets by comparing all memory, as where the kernel does not
	// tell what was written, in tests.
	compareMemory bool
}

func (c Config) withDefaults() Config {
	c.Instances = or(c.Instances, 4)
	c.TotalInstances = or(c.TotalInstances, 64)
	c.LoadTimeout = or(c.LoadTimeout, time.Minute)
	c.IdleAfter = or(c.IdleAfter, 30*time.Second)
	wall := c.Limits.WallMS
	c.Limits = c.Limits.Or(hostapi.DefaultLimits())
	c.Limits.WallMS = wall
	c.Breaker = c.Breaker.withDefaults()
	return c
}

func or[T int | time.Duration](v, d T) T {
	if v <= 0 {
		return d
	}
	return v
}

func compileWorkers() int { return max(2, runtime.GOMAXPROCS(0)) }

// Observation is one guest call that ended.
type Observation struct {
	Hook     hostapi.Hook
	Plugin   string
	Version  string
	Digest   string
	Role     Role            // RoleServing, RoleCandidate or RoleShadow
	Release  int64           // that the call belongs to
	Run      string          // empty for a call of no run
	Tenant   string          // empty before there is one
	Actor    string          // its id; empty for one that has none
	Outcome  hostapi.Outcome // empty when it failed or when nobody judged the answer
	Failure  Kind            // empty when it did not fail
	Duration time.Duration   // from asking for an instance to the judged answer
	Waited   time.Duration   // for an instance
	Fuel     int64           // units of fuel that the guest spent
	Memory   int64           // bytes of the guest's linear memory at the end
	CallsOut int             // uses of a capability that leaves the process
	Egress   int64           // bytes of the bodies that left with them and came back
}
