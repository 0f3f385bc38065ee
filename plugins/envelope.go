package plugins

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/hostapi"
)

// envelope is what [version.appendEnvelope] writes around the data of a call.
type envelope struct {
	hook        hostapi.Hook
	callID      string
	runID       string
	tenant      string
	actorKind   string
	actorID     string
	traceparent string
	config      []byte // the version's own when empty
	data        []byte
}

// appendEnvelope writes a hostapi.Envelope without reflection. Data and config
// are JSON already and go in as they are.
func (v *version) appendEnvelope(b []byte, e envelope) []byte {
	b = append(b, `{"abi":"`+hostapi.ABI+`","hook":`...)
	b = appendString(b, string(e.hook))
	b = appendString(append(b, `,"call_id":`...), e.callID)
	b = appendString(append(b, `,"run_id":`...), e.runID)
	b = appendString(append(b, `,"tenant":`...), e.tenant)
	b = appendString(append(b, `,"actor":{"kind":`...), e.actorKind)
	if e.actorID != "" {
		b = appendString(append(b, `,"id":`...), e.actorID)
	}
	b = appendString(append(b, `},"traceparent":`...), e.traceparent)
	if len(e.config) == 0 {
		e.config = v.config
	}
	b = append(append(b, `,"config":`...), e.config...)
	b = v.appendData(append(b, `,"data":`...), e.hook, e.data)
	return append(b, '}')
}

// appendData writes what the guest is given of the data of a hook.
func (v *version) appendData(b []byte, h hostapi.Hook, data []byte) []byte {
	if v.fields == nil {
		return append(b, data...)
	}
	return appendFields(b, data, v.fields[h])
}

// appendString writes a JSON string; it replaces broken UTF-8.
func appendString(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // the error only says that UTF-8 was replaced
	return b
}
