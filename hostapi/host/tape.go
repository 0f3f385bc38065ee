package host

import (
	"bytes"

	"github.com/usher-id/usher/hostapi"
)

// MaxTape bounds what a tape has, in bytes of requests and answers.
const MaxTape = 1 << 20

// Tape has what the host answered to a guest in one call. It is written on the guest's
// side of the border: requests are as the guest wrote them, with placeholders and the
// names of secrets, and answers are as it was given them, veiled. It is plain data, to
// be stored and played again by [Tape.Play]; metrics and spans are not on it.
type Tape struct {
	Entries []TapeEntry `json:"entries"`
	// Cut tells that the rest of the call did not fit.
	Cut bool `json:"cut,omitempty"`

	size int
}

// TapeEntry is one use of a capability.
type TapeEntry struct {
	Module   string         `json:"module"`
	Function string         `json:"function"`
	Request  []byte         `json:"request"`
	Status   hostapi.Status `json:"status"`
	Answer   []byte         `json:"answer,omitempty"` // or the refusal, where the status is not StatusOK
}

// record adds what was answered. A nil tape takes nothing.
func (t *Tape) record(f *lending, request []byte, s hostapi.Status, answer []byte) {
	if t == nil || t.Cut || f.module == hostapi.ModuleTelemetry {
		return
	}
	if t.size += len(request) + len(answer); t.size > MaxTape {
		t.Cut = true
		return
	}
	t.Entries = append(t.Entries, TapeEntry{f.module, f.name, bytes.Clone(request), s, bytes.Clone(answer)})
}

// Playback stands in for the host in one call: what is on a tape is answered as it was,
// and nothing is done. It belongs to one goroutine.
type Playback struct {
	tape   *Tape
	form   func(request []byte) []byte // nil for the request as it is
	played []bool
	missed string
}

// Play begins a playback. Any number of them may play one tape, at a time too.
func (t *Tape) Play() *Playback {
	return &Playback{tape: t, played: make([]bool, len(t.Entries))}
}

// PlayBy is Play of a tape that has another form of each request, such as a digest: what is
// asked is brought into the form before the two are compared.
func (t *Tape) PlayBy(form func(request []byte) []byte) *Playback {
	p := t.Play()
	p.form = form
	return p
}

// Missed names the first function that was asked for what is not on the tape, such as
// usher:kv/v1.get; empty when there was none. What the guest did from then on tells
// nothing of what it would do.
func (p *Playback) Missed() string { return p.missed }

// serve answers with the next entry that has the same request. Metrics and spans are
// taken and forgotten.
func (p *Playback) serve(f *lending, request []byte) ([]byte, *refusal) {
	if f.module == hostapi.ModuleTelemetry {
		return nil, nil
	}
	if p.form != nil {
		request = p.form(request)
	}
	for i, e := range p.tape.Entries {
		if p.played[i] || e.Module != f.module || e.Function != f.name || !bytes.Equal(e.Request, request) {
			continue
		}
		p.played[i] = true
		if e.Status != hostapi.StatusOK {
			return nil, &refusal{status: e.Status, said: e.Answer}
		}
		return e.Answer, nil
	}
	if p.missed == "" {
		p.missed = f.module + "." + f.name
	}
	return nil, denied(hostapi.ReasonNotGranted, "this call is played from a tape, and this request is not on it")
}
