package report

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/usher-id/usher/tests/load/ledger"
)

// Markdown writes the report for a reader.
func (r *Report) Markdown(w io.Writer) {
	p := printer{w}
	p.line("# The pipeline under load")
	p.line("")
	p.line("%s, commit %s. %d CPUs for the host, Postgres, the mail server and the load; %s; PostgreSQL %s, fsync on (8 KiB: p50 %.2f ms, p95 %.2f ms).",
		r.Began.UTC().Format("2 Jan 2006 15:04 UTC"), r.Commit, r.Machine.CPUs, r.Machine.Go, r.Machine.Postgres, r.Machine.SyncP50, r.Machine.SyncP95)
	for _, key := range slices.Sorted(maps.Keys(r.Settings)) {
		p.line("- not the default: %s = %s", key, r.Settings[key])
	}
	for _, m := range r.Modes {
		p.mode(m)
	}
	p.line("")
	p.line("## Targets")
	p.line("")
	p.line("| what | figure | target | |")
	p.line("|---|--:|--:|---|")
	for _, t := range r.Targets {
		sign, word := "<", "**missed**"
		if t.AtLeast {
			sign = "≥"
		}
		if t.Reached {
			word = "reached"
		}
		p.line("| %s | %s | %s %s | %s |", t.What, unit(t.Got, t.Unit), sign, unit(t.Want, t.Unit), word)
	}
}

type printer struct{ w io.Writer }

func (p printer) line(format string, values ...any) {
	_, _ = fmt.Fprintf(p.w, format+"\n", values...) // a terminal that is gone needs no report
}

func unit(v float64, u string) string {
	switch u {
	case "%":
		return fmt.Sprintf("%.0f %%", v)
	case "":
		return fmt.Sprintf("%.3g", v)
	}
	return fmt.Sprintf("%.1f %s", v, u)
}

func (p printer) mode(m Mode) {
	p.line("")
	if m.Passwords {
		p.line("## activation.password: required (argon2id, 19 MiB, t=2, p=1)")
	} else {
		p.line("## activation.password: off")
	}
	p.line("")
	p.line("With two plugins loaded the host is ready %.2f s after exec; RSS %s at most until then, %s idle. Under load %s at most, %s when it is over.",
		m.Start, mib(m.StartRSS), mib(m.IdleRSS), mib(m.PeakRSS), mib(m.AfterRSS))
	for _, l := range m.Loads {
		p.load(l)
	}
	if m.Storm != nil {
		p.storm(*m.Storm)
	}
	if len(m.Wire) > 0 {
		p.wire(m.Wire)
	}
	p.line("")
	p.line("Afterwards: %d signups, %d owners verified, %d invitations, %d colleagues activated.",
		m.Promised.Signups, m.Promised.Verified, m.Promised.Invitations, m.Promised.Activated)
	for _, f := range m.Invariants {
		if f.Broken > 0 {
			p.line("- **%d rows break**: %s", f.Broken, f.Invariant)
		}
	}
	if !slices.ContainsFunc(m.Invariants, func(f ledger.Finding) bool { return f.Broken > 0 }) {
		p.line("All %d invariants hold.", len(m.Invariants))
	}
}

func (p printer) load(l Load) {
	p.line("")
	p.line("### %d %s: %d %s of %d tenants and %d invitations", l.Clients, plural(l.Clients, "client"), l.Rounds, plural(l.Rounds, "round"), l.Tenants, l.Guests)
	p.line("")
	p.line("| step | host /s | floor /s | ratio | p50 ms | p95 ms | p99 ms | floor p50 | floor p95 | errors | statements + background | writes (floor) | CPU ms: host + Postgres + client | floor's |")
	p.line("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, s := range l.Steps {
		n := float64(max(s.Host.Count, 1))
		floor := []string{"–", "–", "–", "–", "–", "–"}
		if s.Floor.Count > 0 {
			floor = []string{
				fmt.Sprintf("%.0f", s.Floor.Rate), fmt.Sprintf("%.0f %%", 100*s.Ratio), fmt.Sprintf("%.2f", s.Floor.P50),
				fmt.Sprintf("%.2f", s.Floor.P95), fmt.Sprintf("%.2f", float64(s.FloorCost.Writes)/float64(s.Floor.Count)),
				s.FloorCPU.per(s.Floor.Count),
			}
		}
		p.line("| %s | %.0f | %s | %s | %.2f | %.2f | %.2f | %s | %s | %d | %.2f + %.2f | %.2f (%s) | %s | %s |",
			s.Step, s.Host.Rate, floor[0], floor[1], s.Host.P50, s.Host.P95, s.Host.P99, floor[2], floor[3], s.Host.Errors,
			float64(s.HostCost.Statements)/n, float64(s.HostCost.Background)/n, float64(s.HostCost.Writes)/n, floor[4],
			s.HostCPU.per(s.Host.Count), floor[5])
	}
	p.line("")
	for _, s := range l.Steps {
		p.reasons(s.Step, s.Host.Reasons)
		p.reasons("floor's "+s.Step, s.Floor.Reasons)
	}
	for _, mail := range l.Mails {
		p.line("Mail after %s, from the answer to the end of DATA: p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, worst %.0f ms; %d lost; the last came %.3f s after the last answer.",
			mail.Step, mail.Took.P50, mail.Took.P95, mail.Took.P99, mail.Took.Worst, mail.Lost, mail.Tail)
	}
	p.line("")
	p.line("Whole pipeline, waits for mails included: host %.2f s, floor %.2f s: **%.0f %%** (with page and inspect: %.0f %%). Peak RSS %s.",
		l.Whole.Host, l.Whole.Floor, 100*l.Whole.Ratio, 100*l.Whole.RatioRead, mib(l.PeakRSS))
}

// per is the time of one request, in milliseconds.
func (c CPU) per(requests int) string {
	n := float64(max(requests, 1)) / 1e3
	return fmt.Sprintf("%.2f + %.2f + %.2f", c.Server/n, c.Postgres/n, c.Client/n)
}

func (p printer) reasons(step string, reasons map[string]int) {
	for _, what := range slices.Sorted(maps.Keys(reasons)) {
		p.line("- %s: %d × %s", step, reasons[what], what)
	}
}

func (p printer) storm(s Storm) {
	p.line("")
	p.line("### %d clients hash passwords, others go on", s.Clients)
	p.line("")
	p.line("Activations with a password: %.1f /s, p50 %.0f ms, p95 %.0f ms, p99 %.0f ms, %d errors, %d refused by the queue. Peak RSS %s.",
		s.Hashing.Rate, s.Hashing.P50, s.Hashing.P95, s.Hashing.P99, s.Hashing.Errors, s.Hashing.Refused, mib(s.PeakRSS))
	p.line("")
	p.line("| step, at a fixed rate | calm p50 ms | calm p95 ms | storm p50 ms | storm p95 ms | storm p99 ms | storm worst | requests | errors |")
	p.line("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, o := range s.Others {
		p.line("| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.1f | %d | %d |",
			o.Step, o.Calm.P50, o.Calm.P95, o.Storm.P50, o.Storm.P95, o.Storm.P99, o.Storm.Worst, o.Storm.Count, o.Calm.Errors+o.Storm.Errors)
	}
	p.line("")
	p.reasons("activate", s.Hashing.Reasons)
	for _, o := range s.Others {
		p.reasons(o.Step, o.Storm.Reasons)
	}
}

func (p printer) wire(steps []WireStep) {
	p.line("")
	p.line("### On the wire to Postgres, per request, one client")
	p.line("")
	p.line("| step | round trips | statements | commits | background round trips | statements | commits |")
	p.line("|---|--:|--:|--:|--:|--:|--:|")
	for _, s := range steps {
		p.line("| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f |", s.Step, s.Request.RoundTrips, s.Request.Statements, s.Request.Commits,
			s.Background.RoundTrips, s.Background.Statements, s.Background.Commits)
	}
}

func mib(bytes int64) string {
	if bytes == 0 {
		return "not measured"
	}
	return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
