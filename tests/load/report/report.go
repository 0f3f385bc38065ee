package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/usher-id/usher/tests/load/ledger"
)

// Report is one run of the program.
type Report struct {
	Began    time.Time         `json:"began"`
	Commit   string            `json:"commit"`
	Settings map[string]string `json:"settings,omitempty"` // of the host that are not its defaults
	Machine  Machine           `json:"machine"`
	Modes    []Mode            `json:"modes"`
	Targets  []Target          `json:"targets"`
}

// Machine is where it ran.
type Machine struct {
	CPUs     int     `json:"cpus"`
	Go       string  `json:"go"`
	Postgres string  `json:"postgres"`
	SyncP50  float64 `json:"fsync_p50_ms"` // of 8 KiB where the data is
	SyncP95  float64 `json:"fsync_p95_ms"`
}

// Mode is one host process: with or without passwords.
type Mode struct {
	Passwords  bool             `json:"passwords"`
	IdleRSS    int64            `json:"idle_rss"`  // bytes, some time after the start, before the first request
	StartRSS   int64            `json:"start_rss"` // the peak of the start
	PeakRSS    int64            `json:"peak_rss"`
	AfterRSS   int64            `json:"after_rss"` // when the load is over
	Start      float64          `json:"start_s"`   // from exec to ready.json
	Loads      []Load           `json:"loads"`
	Storm      *Storm           `json:"storm,omitempty"`
	Wire       []WireStep       `json:"wire,omitempty"`
	Invariants []ledger.Finding `json:"invariants"`
	Promised   ledger.Promised  `json:"promised"`
	Doubled    int              `json:"mails_doubled"`
}

// Load is the pipeline with one number of clients.
type Load struct {
	Clients int    `json:"clients"`
	Rounds  int    `json:"rounds"`
	Tenants int    `json:"tenants"` // in each round
	Guests  int    `json:"guests"`
	Steps   []Step `json:"steps"`
	Mails   []Mail `json:"mails"`
	Whole   Whole  `json:"whole"`
	PeakRSS int64  `json:"peak_rss"`
}

// Step is one step on both sides. The floor has no page.
type Step struct {
	Step      string      `json:"step"`
	Host      Figures     `json:"host"`
	Floor     Figures     `json:"floor"`
	Ratio     float64     `json:"ratio"` // of the rates
	HostCost  ledger.Cost `json:"host_cost"`
	FloorCost ledger.Cost `json:"floor_cost"`
	HostCPU   CPU         `json:"host_cpu"`
	FloorCPU  CPU         `json:"floor_cpu"`
}

// CPU is processor time in seconds. For a step that sends mail it includes the mail.
type CPU struct {
	Server   float64 `json:"server_s"`
	Postgres float64 `json:"postgres_s"`
	Client   float64 `json:"client_s"` // with the mail server
}

// Mail is what the mails of a step took from the answer to the end of DATA.
type Mail struct {
	Step string  `json:"step"`
	Took Figures `json:"took"`
	Lost int     `json:"lost"`
	Tail float64 `json:"tail_s"` // from the last answer to the last mail, over all rounds
}

// Whole is the time of the whole pipeline: each side's phases after each other, on the
// host's side with the wait for the mails.
type Whole struct {
	Host      float64 `json:"host_s"`  // signup, mail, verify, invite, mail, activate
	Floor     float64 `json:"floor_s"` // the same four steps
	Ratio     float64 `json:"ratio"`
	HostRead  float64 `json:"host_with_reads_s"`  // with page and inspect
	FloorRead float64 `json:"floor_with_reads_s"` // with inspect
	RatioRead float64 `json:"ratio_with_reads"`
}

// Storm is many clients hashing passwords while a few others go on.
type Storm struct {
	Clients int        `json:"clients"`
	Hashing Figures    `json:"hashing"`
	PeakRSS int64      `json:"peak_rss"`
	Others  []Onlooker `json:"others"`
}

// Onlooker is a step at a fixed rate, without and with the storm.
type Onlooker struct {
	Step  string  `json:"step"`
	Calm  Figures `json:"calm"`
	Storm Figures `json:"storm"`
}

// WireStep is what one request of a step sends to Postgres, on average, as seen on the
// wire with one client.
type WireStep struct {
	Step       string   `json:"step"`
	Requests   int      `json:"requests"`
	Request    WireCost `json:"request"`
	Background WireCost `json:"background"`
}

// WireCost is per request.
type WireCost struct {
	RoundTrips float64            `json:"round_trips"`
	Statements float64            `json:"statements"`
	Commits    float64            `json:"commits"` // transactions that wrote
	Calls      map[string]float64 `json:"calls,omitempty"`
}

// Write keeps the report as JSON in a directory, under its time and as latest.json, and
// gives the name of the former.
func (r *Report) Write(dir string) (string, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	name := filepath.Join(dir, r.Began.UTC().Format("20060102T150405Z")+".json")
	for _, name := range []string{name, filepath.Join(dir, "latest.json")} {
		if err := os.WriteFile(name, append(text, '\n'), 0o644); err != nil {
			return "", fmt.Errorf("report: %w", err)
		}
	}
	return name, nil
}

// Add sums times.
func (c CPU) Add(o CPU) CPU {
	return CPU{Server: c.Server + o.Server, Postgres: c.Postgres + o.Postgres, Client: c.Client + o.Client}
}
