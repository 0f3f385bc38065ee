package identity_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/identity"
	"github.com/usher-id/usher/core/signal"
)

// cheap is a cost for tests that are not about the cost.
var cheap = identity.HasherConfig{MemoryKiB: 64, Time: 1, QueueTimeout: time.Minute}

func hasher(t testing.TB, c identity.HasherConfig) *identity.Hasher {
	t.Helper()
	h, err := identity.NewHasher(hasherDeps(slog.New(slog.DiscardHandler)), c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func hasherDeps(log *slog.Logger) identity.HasherDeps {
	return identity.HasherDeps{Log: log, Tracer: tracenoop.NewTracerProvider().Tracer(""), Signals: signal.Nop()}
}

// Not parallel: it watches the memory of the whole process.
func TestMemoryIsBoundedByTheSlotsNotByTheCallers(t *testing.T) {
	const slots, callers, perHash = 2, 32, 19 << 20
	h := hasher(t, identity.HasherConfig{Concurrency: slots, QueueTimeout: time.Minute})
	base := heap()
	stop, peak := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		for {
			select {
			case <-stop:
				peak <- most
				return
			default:
				most = max(most, heap())
			}
		}
	}()
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			if _, err := h.Hash(t.Context(), "correct horse battery staple"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	close(stop)
	if used, limit := <-peak-base, uint64(3*slots*perHash); used > limit {
		t.Errorf("%d callers took %d MiB, more than %d", callers, used>>20, limit>>20)
	}
}

func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func TestHashAndVerify(t *testing.T) {
	t.Parallel()
	h := hasher(t, cheap)
	for name, tt := range map[string]struct {
		hashed, given core.Secret
		right         bool
	}{
		"same":                  {"correct horse", "correct horse", true},
		"other":                 {"correct horse", "correct horsf", false},
		"longer":                {"correct horse", "correct horse ", false},
		"case":                  {"correct horse", "Correct horse", false},
		"composed, decomposed":  {"caf\u00e9 au lait", "cafe\u0301 au lait", true},
		"compatibility form":    {"ﬁsh", "fish", false},
		"NUL inside":            {"a\x00b", "a\x00c", false},
		"the longest, cut":      {core.Secret(strings.Repeat("a", 1024)), core.Secret(strings.Repeat("a", 1023)), false},
		"the longest, the same": {core.Secret(strings.Repeat("é", 512)), core.Secret(strings.Repeat("e\u0301", 341)), false},
		"fifteen emoji":         {core.Secret(strings.Repeat("🦉", 15)), core.Secret(strings.Repeat("🦉", 15)), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hash, err := h.Hash(t.Context(), tt.hashed)
			if err != nil {
				t.Fatal(err)
			}
			right, err := h.Verify(t.Context(), hash, tt.given)
			if err != nil || right != tt.right {
				t.Errorf("Verify says %v (%v), want %v", right, err, tt.right)
			}
		})
	}
}

func TestHashesAreSalted(t *testing.T) {
	t.Parallel()
	h := hasher(t, cheap)
	one, err1 := h.Hash(t.Context(), "correct horse")
	two, err2 := h.Hash(t.Context(), "correct horse")
	if err1 != nil || err2 != nil || one == two {
		t.Errorf("two hashes of one password: %v %v, equal %v", err1, err2, one == two)
	}
	if !strings.HasPrefix(one, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Errorf("the hash is not a PHC string: %s", one)
	}
}

func TestPasswordsThatAreNone(t *testing.T) {
	t.Parallel()
	h := hasher(t, cheap)
	hash, err := h.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	for name, password := range map[string]core.Secret{
		"empty": "", "1025 bytes": core.Secret(strings.Repeat("a", 1025)), "a megabyte": core.Secret(strings.Repeat("a", 1<<20)),
		"not UTF-8": "abc\xff", "half a rune": "abc\xc3", "a surrogate": "abc\xed\xa0\x80",
	} {
		_, errHash := h.Hash(t.Context(), password)
		_, errVerify := h.Verify(t.Context(), hash, password)
		errNothing := h.VerifyNothing(t.Context(), password)
		for _, err := range []error{errHash, errVerify, errNothing} {
			if core.CodeOf(err) != core.ValidationFailed {
				t.Errorf("%s: %v, want validation_failed", name, err)
			}
		}
	}
}

func TestBrokenHashesAreRefusedBeforeAnyWork(t *testing.T) {
	t.Parallel()
	h := hasher(t, cheap)
	const salt, sum = "c29tZXNhbHRzb21lc2FsdA", "ZvYkT8D5aJpaYyLbBvO1Sy5XcZqkmzU6AkXRQ1f9m3U"
	if _, err := h.Verify(t.Context(), "$argon2id$v=19$m=64,t=1,p=1$"+salt+"$"+sum, "x"); err != nil {
		t.Fatalf("the pattern of this test is broken itself: %v", err)
	}
	for _, hash := range []string{
		"", "$", "plain", "$2a$10$abcdefghijklmnopqrstuv", "$argon2i$v=19$m=64,t=1,p=1$" + salt + "$" + sum,
		"$argon2id$v=16$m=64,t=1,p=1$" + salt + "$" + sum, "$argon2id$m=64,t=1,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=4294967295,t=1,p=1$" + salt + "$" + sum, "$argon2id$v=19$m=65537,t=1,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=64,t=4294967295,p=1$" + salt + "$" + sum, "$argon2id$v=19$m=64,t=1,p=255$" + salt + "$" + sum,
		"$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + sum, "$argon2id$v=19$m=64,t=1,p=0$" + salt + "$" + sum,
		"$argon2id$v=19$m=7,t=1,p=1$" + salt + "$" + sum, "$argon2id$v=19$m=-64,t=1,p=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=064,t=1,p=1$" + salt + "$" + sum, "$argon2id$v=19$m=64,t=1,p=1,x=1$" + salt + "$" + sum,
		"$argon2id$v=19$m=64,t=1,p=1$$" + sum, "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$", "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + sum + "$",
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "=$" + sum, "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + strings.Repeat("A", 10_000),
	} {
		right, err := h.Verify(t.Context(), hash, "x")
		if right || core.ReasonOf(err) != "stored_hash_invalid" {
			t.Errorf("%q: %v, %v", hash[:min(len(hash), 60)], right, err)
		}
		if err != nil && strings.Contains(err.Error(), salt) {
			t.Error("the error shows the hash")
		}
	}
}

func TestNeedsRehash(t *testing.T) {
	t.Parallel()
	hash, err := hasher(t, cheap).Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	dearer := cheap
	dearer.Time = 2
	if hasher(t, cheap).NeedsRehash(hash) || !hasher(t, dearer).NeedsRehash(hash) || !hasher(t, cheap).NeedsRehash("broken") {
		t.Error("a hash needs to be made again exactly when its cost is another")
	}
	if right, err := hasher(t, dearer).Verify(t.Context(), hash, "correct horse"); !right || err != nil {
		t.Errorf("a hash of another cost: %v, %v", right, err)
	}
}

func TestQueueTimeout(t *testing.T) {
	t.Parallel()
	h := hasher(t, identity.HasherConfig{MemoryKiB: 64 * 1024, Time: 10, Concurrency: 1, QueueTimeout: time.Millisecond})
	results := make(chan error)
	for range 2 { // one gets the slot for some hundred milliseconds, the other waits one
		go func() { results <- h.VerifyNothing(t.Context(), "correct horse") }()
	}
	late, first := <-results, <-results
	if first != nil {
		t.Errorf("the one that came first: %v", first)
	}
	e, ok := errors.AsType[*core.Error](late)
	if !ok || e.Code != core.Unavailable || e.RetryAfter <= 0 || e.Reason != "hash_queue_full" {
		t.Errorf("the one that waited: %v", late)
	}
}

func TestCallerWhoLeftTakesNoTurn(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := hasher(t, cheap).VerifyNothing(ctx, "correct horse"); core.CodeOf(err) != core.Unavailable {
		t.Errorf("error %v, want unavailable", err)
	}
}

func TestHasherRefusesACostThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]identity.HasherConfig{
		"memory below threads": {MemoryKiB: 31, Threads: 4}, "too much memory": {MemoryKiB: 1<<20 + 1}, "no slots": {Concurrency: -1},
	} {
		if _, err := identity.NewHasher(hasherDeps(slog.New(slog.DiscardHandler)), c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := identity.NewHasher(identity.HasherDeps{}, cheap); err == nil {
		t.Error("no parts: accepted")
	}
}

func TestStartIsLogged(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	log := slog.New(slog.NewTextHandler(&out, nil))
	if _, err := identity.NewHasher(hasherDeps(log), cheap); err != nil {
		t.Fatal(err)
	}
	if line := out.String(); !strings.Contains(line, "level=INFO") || !strings.Contains(line, `msg="password hashing checked"`) {
		t.Errorf("the log says %q", line)
	}
}

func BenchmarkHash(b *testing.B) {
	h := hasher(b, identity.HasherConfig{QueueTimeout: time.Minute})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Hash(b.Context(), "correct horse battery staple"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHash32Callers also reports the most heap that was in use.
func BenchmarkHash32Callers(b *testing.B) {
	h := hasher(b, identity.HasherConfig{QueueTimeout: time.Minute})
	var peak uint64
	var mu sync.Mutex
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := h.Hash(b.Context(), "correct horse battery staple"); err != nil {
				b.Error(err)
			}
			mu.Lock()
			peak = max(peak, heap())
			mu.Unlock()
		}
	})
	b.ReportMetric(float64(peak>>20), "MiB-peak")
}
