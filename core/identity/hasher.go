package identity

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"
	"golang.org/x/crypto/argon2"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// HasherDeps are the parts that a hasher needs; all are required.
type HasherDeps struct {
	Log     *slog.Logger
	Tracer  trace.Tracer
	Signals *signal.Signals
}

// HasherConfig is the cost of a new hash (RFC 9106) and how many run at once.
// Zero means the default beside it; the cost is the least that OWASP's password
// storage advice and ASVS 11.4.2 accept.
type HasherConfig struct {
	MemoryKiB    uint32        // 19456 (19 MiB); at least 8 for each thread
	Time         uint32        // 2 passes
	Threads      uint8         // 1
	Concurrency  int           // hashes at one time in this process; the number of CPUs
	QueueTimeout time.Duration // how long a password waits for its turn; 2 s
}

func (c HasherConfig) withDefaults() HasherConfig {
	c.MemoryKiB = cmp.Or(c.MemoryKiB, 19*1024)
	c.Time = cmp.Or(c.Time, 2)
	c.Threads = cmp.Or(c.Threads, 1)
	c.Concurrency = cmp.Or(c.Concurrency, runtime.GOMAXPROCS(0))
	c.QueueTimeout = cmp.Or(c.QueueTimeout, 2*time.Second)
	return c
}

// Hasher turns passwords into argon2id hashes and checks them. It is safe for
// concurrent use: of any number of callers only Concurrency hash, the others wait in line,
// so the memory in use is bounded by Concurrency and not by the callers.
type Hasher struct {
	HasherDeps
	cost    cost
	ceiling cost
	timeout time.Duration
	slots   chan struct{}
	ended   atomic.Uint64 // hashes so far
	nothing stored        // what a password of nobody is checked against
}

const saltBytes, sumBytes = 16, 32

// NewHasher makes a hasher and checks with known answers that it computes argon2id.
func NewHasher(d HasherDeps, c HasherConfig) (*Hasher, error) {
	if d.Log == nil || d.Tracer == nil || d.Signals == nil {
		return nil, errors.New("identity: Log, Tracer and Signals are required")
	}
	c = c.withDefaults()
	h := &Hasher{
		HasherDeps: d,
		cost:       cost{memory: c.MemoryKiB, time: c.Time, threads: c.Threads},
		timeout:    c.QueueTimeout,
	}
	h.ceiling = h.cost.atLeast(ceiling)
	if c.Concurrency < 1 || c.QueueTimeout < 0 || c.MemoryKiB < 8*uint32(c.Threads) || c.MemoryKiB > maxMemory {
		return nil, fmt.Errorf("identity: password hashing cannot run with %d KiB, %d threads, %d at once", c.MemoryKiB, c.Threads, c.Concurrency)
	}
	h.slots = make(chan struct{}, c.Concurrency)
	h.nothing = stored{cost: h.cost, salt: random(saltBytes), sum: random(sumBytes)}
	if err := checkKnownAnswers(); err != nil {
		return nil, err
	}
	d.Log.Info("password hashing checked", "algorithm", "argon2id", "memory_kib", c.MemoryKiB, "passes", c.Time,
		"threads", c.Threads, "concurrency", c.Concurrency)
	return h, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return b
}

// Hash gives the PHC string of a password under a new salt. A password that
// cannot be one is [core.ValidationFailed]; a queue that stays full for the queue
// timeout is [core.Unavailable] with a time to try again.
func (h *Hasher) Hash(ctx context.Context, password core.Secret) (string, error) {
	text, err := clean(password)
	if err != nil {
		return "", err
	}
	fresh := stored{cost: h.cost, salt: random(saltBytes)}
	if fresh.sum, err = h.run(ctx, text, fresh.salt, fresh.cost, sumBytes); err != nil {
		return "", err
	}
	return fresh.String(), nil
}

// Verify tells whether the password is that of the hash, in constant time. Errors
// are those of [Hasher.Hash], and one for a hash that is broken or asks for more
// memory or time than any hash of ours.
func (h *Hasher) Verify(ctx context.Context, hash string, password core.Secret) (bool, error) {
	text, err := clean(password)
	if err != nil {
		return false, err
	}
	known, err := parse(hash, h.ceiling)
	if err != nil {
		return false, err
	}
	return h.compare(ctx, known, text)
}

// VerifyNothing does the work of [Hasher.Verify] for an account that is not there, so
// that the time of the answer does not tell.
func (h *Hasher) VerifyNothing(ctx context.Context, password core.Secret) error {
	text, err := clean(password)
	if err != nil {
		return err
	}
	_, err = h.compare(ctx, h.nothing, text)
	return err
}

// NeedsRehash tells whether a hash was made at another cost than today's.
func (h *Hasher) NeedsRehash(hash string) bool {
	known, err := parse(hash, h.ceiling)
	return err != nil || known.cost != h.cost || len(known.salt) != saltBytes || len(known.sum) != sumBytes
}

func (h *Hasher) compare(ctx context.Context, known stored, password []byte) (bool, error) {
	sum, err := h.run(ctx, password, known.salt, known.cost, uint32(len(known.sum))) //nolint:gosec // bounded by parse
	return err == nil && subtle.ConstantTimeCompare(sum, known.sum) == 1, err
}

// run computes one hash in its turn. The turn lasts until the hash has ended, also
// for a caller who has left: what bounds the memory is the hashes, not the callers.
func (h *Hasher) run(ctx context.Context, password, salt []byte, c cost, length uint32) ([]byte, error) {
	ctx, span := h.Tracer.Start(ctx, signal.SpanHash)
	defer span.End()
	if err := h.wait(ctx); err != nil {
		return nil, err
	}
	defer h.done()
	start := time.Now()
	sum := argon2.IDKey(password, salt, c.time, c.memory, c.threads, length)
	h.Signals.Hashed(ctx, time.Since(start))
	return sum, nil
}

// wait takes a slot, or says when to come back.
func (h *Hasher) wait(ctx context.Context) error {
	start := time.Now()
	err := h.turn(ctx)
	if err == nil {
		h.Signals.HashQueueWait(ctx, time.Since(start), signal.OK)
		return nil
	}
	h.Signals.HashQueueWait(ctx, time.Since(start), signal.Failed)
	e := core.E(core.Unavailable, "Too many passwords are being checked right now. Try again in a moment.").
		Because(string(signal.ErrorHashQueue)).Caused(err)
	e.RetryAfter = max(h.timeout, time.Second)
	return e
}

func (h *Hasher) turn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	timeout := time.NewTimer(h.timeout)
	defer timeout.Stop()
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-timeout.C:
		return fmt.Errorf("identity: no turn to hash within %v", h.timeout)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// done gives the slot back. The library makes its memory anew for each hash, so each leaves
// 19 MiB of garbage, and the collector by itself waits until that has doubled the
// heap. Collecting once for each round of slots, in the slot's time but not in the caller's,
// halves the process's peak for about a tenth of the hashing's CPU time.
func (h *Hasher) done() {
	if h.ended.Add(1)%uint64(cap(h.slots)) != 0 {
		<-h.slots
		return
	}
	go func() {
		runtime.GC()
		<-h.slots
	}()
}
