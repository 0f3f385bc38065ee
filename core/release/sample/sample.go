package sample

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/release/redact"
	"github.com/usher-id/usher/hostapi"
	"github.com/usher-id/usher/hostapi/host"
)

// Call is a call that a plugin answered. One that was read is redacted, and the requests on
// its tape are digests, as [redact.Form] makes them.
type Call struct {
	Hook      hostapi.Hook       `json:"hook"`
	Plugin    string             `json:"plugin"`
	Digest    string             `json:"digest"` // of the version that answered
	Release   int64              `json:"release"`
	Tenant    string             `json:"tenant"`
	Run       string             `json:"run"`
	ActorKind string             `json:"actor_kind"`
	At        time.Time          `json:"at"`
	Data      jsontext.Value     `json:"data"`
	Tape      host.Tape          `json:"tape"`
	Verdict   core.PluginVerdict `json:"verdict"` // of that version, on what was asked in truth
}

// size is about how many bytes it has.
func (c *Call) size() int {
	n := len(c.Data)
	for _, e := range c.Tape.Entries {
		n += len(e.Request) + len(e.Answer)
	}
	return n
}

// redacted gives a call that may be kept.
func (c Call) redacted(output []byte) (Call, error) {
	r := redact.New()
	data, err := r.Data(c.Hook, c.Data)
	if err != nil {
		return c, err
	}
	c.Data, c.Verdict = data, redact.Verdict(c.Hook, output)
	entries := make([]host.TapeEntry, len(c.Tape.Entries))
	for i, e := range c.Tape.Entries {
		entries[i] = host.TapeEntry{Module: e.Module, Function: e.Function, Request: r.Request(e.Request), Status: e.Status, Answer: r.Answer(e.Module, e.Status, e.Answer)}
	}
	c.Tape = host.Tape{Entries: entries}
	return c, nil
}

// label binds what is sealed to its row.
func label(id core.ID) string { return "plugin_samples/" + id.String() }

func (k *Keeper) seal(c Call) (core.PluginSample, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return core.PluginSample{}, err
	}
	s := core.PluginSample{ID: core.NewID(time.Now()), Plugin: c.Plugin, Digest: c.Digest, Hook: string(c.Hook), KeptFor: k.Keep()}
	s.Sealed, s.KeyID = k.Keys.Seal(label(s.ID), plain)
	return s, nil
}

func (k *Keeper) open(s core.PluginSample) (c Call, err error) {
	plain, err := k.Keys.Open(label(s.ID), s.KeyID, s.Sealed)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(plain, &c)
}
