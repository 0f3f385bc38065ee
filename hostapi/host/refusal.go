package host

import (
	"github.com/go-json-experiment/json"

	"github.com/usher-id/usher/hostapi"
)

// refusal is why a capability did not do what was asked, as the guest is told.
type refusal struct {
	status hostapi.Status
	reason string
	detail string
	said   []byte // in place of both, as it was told once before
}

// maxDetail bounds the words of a refusal, in bytes.
const maxDetail = 256

func (r *refusal) json() []byte {
	if r.said != nil {
		return r.said
	}
	b, _ := json.Marshal(hostapi.Refusal{Reason: r.reason, Detail: r.detail}) // two printable texts
	return b
}

func refuse(s hostapi.Status, reason, detail string) *refusal {
	printable := Printable([]byte(detail))
	return &refusal{status: s, reason: reason, detail: printable[:min(len(printable), maxDetail)]}
}

func malformed(detail string) *refusal {
	return refuse(hostapi.StatusInvalid, hostapi.ReasonMalformed, detail)
}

func undeclared(detail string) *refusal {
	return refuse(hostapi.StatusInvalid, hostapi.ReasonUndeclared, detail)
}

func denied(reason, detail string) *refusal { return refuse(hostapi.StatusDenied, reason, detail) }
func failed(reason, detail string) *refusal { return refuse(hostapi.StatusFailed, reason, detail) }
func over(reason, detail string) *refusal   { return refuse(hostapi.StatusOver, reason, detail) }
