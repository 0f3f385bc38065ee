package compare_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/usher-id/usher/hostapi"
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
		{"Go guest, Usher", usher(t, inGo(t))},
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
}

// BenchmarkCompare has the carriers take turns, so that a busy machine slows all alike.
func BenchmarkCompare(b *testing.B) {
	const callsOfRound = 64
	all, data := carriers(b), question(b, "acme.example")
	seen := make([]took, len(all))
	for b.Loop() {
		for i, c := range all {
			round := time.Now()
			for range callsOfRound {
				began := time.Now()
				if v, err := c.ask(context.Background(), data); err != nil || v.Outcome != hostapi.Continue {
					b.Fatalf("%s: %+v, %v", c.name, v, err)
				}
				seen[i].calls = append(seen[i].calls, time.Since(began))
			}
			seen[i].rounds = append(seen[i].rounds, time.Since(round)/callsOfRound)
		}
	}
	means := map[string]time.Duration{}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "carrier\tp50 µs\tp99 µs\tall in µs\tcalls/s\t")
	for i, c := range all {
		mean := quantile(seen[i].rounds, 0.5)
		means[c.name] = mean
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\t%.0f\t\n", c.name, us(quantile(seen[i].calls, 0.5)), us(quantile(seen[i].calls, 0.99)), us(mean), 1/mean.Seconds())
	}
	_ = w.Flush()
	for _, t := range targets {
		ratio := float64(means[t.of]) / float64(means[t.against])
		fmt.Fprintf(&table, "%s / %s: %.3f (1/%.1f), at most %.3f: %s\n", t.of, t.against, ratio, 1/ratio, t.most, reached(ratio <= t.most))
	}
	goGuest := means["Go guest, Usher"]
	fmt.Fprintf(&table, "Go guest with reset: %.1f µs, at most %.0f: %s\n", us(goGuest), us(goGuestMost), reached(goGuest <= goGuestMost))
	fmt.Printf("\n%d bytes, %d rounds of %d calls; all in is the median of the rounds\n%s", len(data), len(seen[0].rounds), callsOfRound, &table)
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
