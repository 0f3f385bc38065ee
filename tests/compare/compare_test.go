package compare_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/usher-id/usher/hostapi"

	"github.com/usher-id/usher/plugins"
)

// TestMain also is the webhook's process.
func TestMain(m *testing.M) {
	if os.Getenv(serveWebhook) != "" {
		if err := webhook(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

type verdict = hostapi.Output[hostapi.SignupPatch]

// carrier brings a question to the rules and their verdict back.
type carrier struct {
	name string
	ask  func(context.Context, []byte) (verdict, error)
}

func carriers(t testing.TB) []carrier {
	return []carrier{
		{"native Go, encoding/json", native},
		{"C guest, Usher", usher(t, inC(t))},
		{"C guest with the SDK, Usher", usher(t, example(t, "c"))},
		{"Rust guest, Usher", usher(t, example(t, "rust"))},
		{"Go guest, Usher", usher(t, inGo(t))},
		{"Go guest kept for its tenant", usherWith(t, plugins.Source{Wasm: inGo(t), ReuseInTenant: true}, "tenant")},
		{"TypeScript guest, Usher", usher(t, example(t, "typescript"))},
		{"webhook on loopback", overHTTP(t)},
		{"C guest, Extism", inExtism(t)},
	}
}

// The targets: the first carrier takes at most so many times as long as the second.
var targets = []struct {
	of, against string
	most        float64
}{
	{"C guest, Usher", "native Go, encoding/json", 1.5},
	{"C guest with the SDK, Usher", "native Go, encoding/json", 1.5},
	{"Rust guest, Usher", "native Go, encoding/json", 1.5},
	{"Go guest, Usher", "native Go, encoding/json", 10},
	{"Go guest kept for its tenant", "native Go, encoding/json", 2.5},
	{"TypeScript guest, Usher", "native Go, encoding/json", 10},
	{"C guest, Usher", "webhook on loopback", 1. / 8},
	{"C guest, Usher", "C guest, Extism", 1. / 6},
}

const goGuestMost = 150 * time.Microsecond

func question(t testing.TB, domain string) []byte {
	t.Helper()
	data, err := json.Marshal(hostapi.SignupValidate{
		Email: "someone@" + domain, EmailDomain: domain, OrganizationName: "Acme \"Söhne\" & Co.", Slug: "acme", DisplayName: "Some One", Locale: "de",
		Metadata: map[string]string{
			"plan": "pro", "referrer": strings.Repeat("https://www.example.com/pricing?utm_source=news/", 8), "campaign": strings.Repeat("spring ", 75),
			"note": strings.Repeat("line\n", 50), "size": "250", "country": "de", "industry": "engineering",
		},
	})
	if err != nil || len(data) < 1400 || len(data) > 1600 {
		t.Fatal(len(data), err)
	}
	return data
}

// Who is compared does the same work.
func TestCarriersAgree(t *testing.T) {
	for _, c := range carriers(t) {
		for domain, want := range map[string]hostapi.Outcome{"acme.example": hostapi.Continue, "mail.gmail.com": hostapi.Deny} {
			got, err := c.ask(t.Context(), question(t, domain))
			if err != nil || got.Outcome != want {
				t.Errorf("%s: %s: got %+v, %v", c.name, domain, got, err)
			}
			if want == hostapi.Deny && (len(got.Errors) != 1 || !strings.HasPrefix(got.Errors[0].Message, "Bitte ")) {
				t.Errorf("%s: %+v", c.name, got.Errors)
			}
		}
	}
}

// took is what a carrier was seen to take.
type took struct {
	calls  []time.Duration // each, as its caller saw it
	rounds []time.Duration // the mean of each round, with all that goes on beside the calls
	cpu    []time.Duration // the mean of each round in processor time of this process, which a busy machine changes least
}

// spent is the processor time of this process so far.
func spent(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCompare is the comparison on one core and on two.
func BenchmarkCompare(b *testing.B) {
	all, data := carriers(b), question(b, "acme.example")
	for _, cores := range []int{1, 2} {
		b.Run(fmt.Sprint("cores=", cores), func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores)) // -cpu is not in force yet when b.Loop runs first
			seen := takeTurns(b, all, data)
			fmt.Printf("\n%d bytes, %d cores, %d rounds of %d calls; all in is the median of the rounds; the CPU of the webhook is that of its caller alone\n%s",
				len(data), cores, len(seen[0].rounds), callsOfRound, table(all, seen))
		})
	}
}

const callsOfRound = 64

// takeTurns has the carriers take turns, so that a busy machine slows all alike.
func takeTurns(b *testing.B, all []carrier, data []byte) []took {
	seen := make([]took, len(all))
	for b.Loop() {
		for i, c := range all {
			cpu, round := spent(b), time.Now()
			for range callsOfRound {
				began := time.Now()
				if v, err := c.ask(context.Background(), data); err != nil || v.Outcome != hostapi.Continue {
					b.Fatalf("%s: %+v, %v", c.name, v, err)
				}
				seen[i].calls = append(seen[i].calls, time.Since(began))
			}
			runtime.Gosched() // what it left to do in the background is its own, not the next one's
			seen[i].rounds = append(seen[i].rounds, time.Since(round)/callsOfRound)
			seen[i].cpu = append(seen[i].cpu, (spent(b)-cpu)/callsOfRound)
		}
	}
	return seen
}

// table shows what was seen, and the targets.
func table(all []carrier, seen []took) string {
	means, medians := map[string]time.Duration{}, map[string]time.Duration{}
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "carrier\tp50 µs\tp99 µs\tall in µs\tcalls/s\tCPU µs\t")
	for i, c := range all {
		mean := quantile(seen[i].rounds, 0.5)
		means[c.name], medians[c.name] = mean, quantile(seen[i].calls, 0.5)
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\t%.0f\t%.1f\t\n",
			c.name, us(quantile(seen[i].calls, 0.5)), us(quantile(seen[i].calls, 0.99)), us(mean), 1/mean.Seconds(), us(quantile(seen[i].cpu, 0.5)))
	}
	_ = w.Flush()
	for _, t := range targets {
		ratio := float64(means[t.of]) / float64(means[t.against])
		fmt.Fprintf(&text, "%s / %s: %.3f all in, %.3f at the median call; at most %.3f: %s\n",
			t.of, t.against, ratio, float64(medians[t.of])/float64(medians[t.against]), t.most, reached(ratio <= t.most))
	}
	goGuest := means["Go guest, Usher"]
	fmt.Fprintf(&text, "Go guest with reset: %.1f µs, at most %.0f: %s\n", us(goGuest), us(goGuestMost), reached(goGuest <= goGuestMost))
	return text.String()
}

func reached(ok bool) string {
	if ok {
		return "reached"
	}
	return "MISSED"
}

func us(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

func quantile(d []time.Duration, q float64) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[min(len(d)-1, int(q*float64(len(d))))]
}
