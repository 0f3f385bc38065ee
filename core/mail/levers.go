package mail

import (
	"context"
	"time"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/signal"
)

// ProviderState is how a provider is, as far as the last attempts of this process showed.
type ProviderState struct {
	Name   string
	Reason string // why it is given no mail but a probe; "" when it is up
	Since  time.Time
}

// Providers tells how each is, in the order in which they are tried.
func (s *Sender) Providers() []ProviderState {
	states := make([]ProviderState, len(s.providers))
	for i, p := range s.providers {
		states[i].Name = p.Name()
		if f, since := s.gates.state(i); f != nil {
			states[i].Reason, states[i].Since = f.Reason(), since
		}
	}
	return states
}

// Trial is what a provider answered to a mail that is nobody's.
type Trial struct {
	Provider  string
	MessageID string // without angle brackets
	Failure   *Failure
	Took      time.Duration
}

// Try hands a harmless mail to a provider, the first when none is named, as any mail is
// handed over, and whatever its gate says: what it answers opens or shuts that. It leaves no
// row and no job.
func (s *Sender) Try(ctx context.Context, to core.Address, provider string) (Trial, error) {
	at := 0
	if provider != "" {
		var known bool
		if at, known = s.byName[provider]; !known {
			return Trial{}, core.Invalid(core.FieldError{Field: "provider", Code: "unknown", Message: "There is no mail provider of that name."})
		}
	}
	m := s.composer.trial(to)
	began := time.Now()
	id, f := s.hand(ctx, turn{at: at}, m)
	if f == nil || f.Class != Busy && ctx.Err() == nil {
		s.report(ctx, turn{at: at}, f)
	}
	outcome := signal.SendAccepted
	if f != nil {
		outcome = signal.SendTemporary
	}
	s.signals.EmailSent(signal.WithRequest(ctx, "", true), s.providers[at].Name(), outcome)
	if id == "" {
		id = m.ID
	}
	return Trial{Provider: s.providers[at].Name(), MessageID: id, Failure: f, Took: time.Since(began)}, nil
}

const (
	trialSubject = "Usher: a test mail"
	trialText    = "An operator of Usher sent this mail to see whether mails arrive. It asks for nothing and has no link."
)

func (c *composer) trial(to core.Address) *Message {
	now := time.Now()
	return &Message{
		ID: "test-" + core.NewID(now).String() + "@" + c.domain, From: c.from, To: to.Email, Date: now,
		Subject: trialSubject, Text: trialText + "\r\n", HTML: "<p>" + trialText + "</p>",
		Outline: Outline{RunID: core.NewID(now), Kind: core.MessageExistingAccount, Attempt: 1, BareText: trialText, BareHTML: "<p>" + trialText + "</p>"},
	}
}

// DeadLink stands in a copy where the mail has its link: it leads nowhere and holds no token.
const DeadLink = "dead-link:this-copy-is-for-the-sink"

// Copy makes the mail of a message once more as it would be made now, with another Message-ID
// and [DeadLink] for its link. It is for a provider that keeps it from everyone, the sink.
func (s *Sender) Copy(ctx context.Context, out core.Outgoing) (*Message, error) {
	m, _, err := s.composer.composeWith(ctx, out, func(core.TokenRef) (string, error) { return DeadLink, nil })
	if err != nil {
		return nil, err
	}
	m.ID = "copy-" + m.ID
	return m, nil
}
