package mail

import (
	"context"
	"errors"

	"github.com/usher-id/usher/core"
)

// Adapter asks the plugin that adapts a provider. Its error means that the plugin failed;
// the answer then says how far it got.
type Adapter interface {
	MessageSend(ctx context.Context, plugin string, h core.Handover) (core.HandoverAnswer, error)
}

// AdaptedConfig names a provider and its plugin; all fields are required.
type AdaptedConfig struct {
	Name   string
	Plugin string
	AtOnce int // mails handed over at the same time; the others wait
}

// Adapted is a [Provider] that a plugin adapts: the plugin speaks to the provider's API and
// never sees the link. It is safe for concurrent use.
type Adapted struct {
	config  AdaptedConfig
	adapter Adapter
	turns   chan struct{}
}

// NewAdapted makes a provider of a plugin.
func NewAdapted(a Adapter, c AdaptedConfig) (*Adapted, error) {
	if a == nil || c.Name == "" || c.Plugin == "" || c.AtOnce < 1 {
		return nil, errors.New("mail: a provider that a plugin adapts needs the adapter, a name, the plugin, and how many at once")
	}
	return &Adapted{config: c, adapter: a, turns: make(chan struct{}, c.AtOnce)}, nil
}

// Name implements [Provider].
func (p *Adapted) Name() string { return p.config.Name }

// Send implements [Provider].
func (p *Adapted) Send(ctx context.Context, m *Message) error {
	_, err := p.SendTracked(ctx, m)
	return err
}

// SendTracked implements [Tracked]. It waits for its turn for as long as the context lasts.
func (p *Adapted) SendTracked(ctx context.Context, m *Message) (string, error) {
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	case <-ctx.Done():
		return "", Fail(Busy, "plugin", "", ctx.Err())
	}
	answer, err := p.adapter.MessageSend(ctx, p.config.Plugin, core.Handover{
		RunID: m.RunID, Release: m.Release, TenantID: m.TenantID, Provider: p.config.Name, MessageID: m.ID, Attempt: m.Attempt, Kind: m.Kind,
		FromName: m.From.Name, FromEmail: m.From.Address, To: m.To, Subject: m.Subject,
		Text: m.BareText, HTML: m.BareHTML, Link: m.Link,
	})
	if f := adaptedFailure(answer, err); f != nil {
		return "", f
	}
	return answer.ProviderID, nil
}

// adaptedFailure classifies what a plugin said, or that it failed. Its error is not kept:
// it may hold the plugin's own words, and package hook has logged it.
func adaptedFailure(a core.HandoverAnswer, err error) *Failure {
	switch {
	case err != nil && a.Left:
		return Fail(Unknown, "plugin", "", nil)
	case err != nil && a.Unasked:
		return Fail(Busy, "plugin", "", nil)
	case err != nil:
		return Fail(Temporary, "plugin", "", nil)
	case a.Status == core.HandoverAccepted:
		return nil
	}
	class := Temporary
	switch a.Status {
	case core.HandoverRefused:
		class = Refused
	case core.HandoverFailed:
		class = Permanent
	}
	f := Fail(class, "send", a.Reason, nil)
	f.RetryAfter = a.RetryAfter
	return f
}
