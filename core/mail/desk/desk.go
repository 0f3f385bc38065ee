package desk

import (
	"context"
	"errors"
	"log/slog"
	"time"
	"unicode/utf8"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/address"
	"github.com/usher-id/usher/core/mail"
)

// Store has the queue's rows.
type Store interface {
	MailQueue(ctx context.Context, lasts, late time.Duration) (core.MailQueue, error)
	QueuedMails(ctx context.Context, f core.MailFilter, lasts time.Duration, cursor string, limit int) (core.Page[core.QueuedMail], error)
	RequeueMails(ctx context.Context, r core.MailRequeue, lasts time.Duration) (core.MailRequeued, error)
	LastMessages(ctx context.Context, limit int) ([]core.Outgoing, error)
	RecordAct(context.Context, core.OperatorAct) error
	OperatorActs(ctx context.Context, cursor string, limit int) (core.Page[core.OperatorAct], error)
}

// Sender sends mails of this process; package mail has it.
type Sender interface {
	Providers() []mail.ProviderState
	Try(ctx context.Context, to core.Address, provider string) (mail.Trial, error)
	Copy(context.Context, core.Outgoing) (*mail.Message, error)
}

// Queue are the workers; package job has them.
type Queue interface {
	Pause(ctx context.Context, actor, reason string) error
	Resume(ctx context.Context, actor, reason string) error
	Wake()
	Workers() (busy, allowed, most int)
}

// Deps are the parts that a desk needs; all are required.
type Deps struct {
	Store  Store
	Sender Sender
	Queue  Queue
	Sink   func() (mail.Provider, error) // where copies go: it keeps them for operators, and sends nothing on
	Log    *slog.Logger
}

// Config tunes a desk. Zero in any field means the default beside it.
type Config struct {
	Lasts time.Duration // how long an attempt at a mail may last before it counts as stuck; 70 s
	Late  time.Duration // how far back failures are counted; 15 min
}

// Desk is the desk. It is safe for concurrent use.
type Desk struct {
	Deps
	lasts, late time.Duration
}

// New makes a desk.
func New(d Deps, c Config) (*Desk, error) {
	if d.Store == nil || d.Sender == nil || d.Queue == nil || d.Sink == nil || d.Log == nil {
		return nil, errors.New("desk: every part of Deps is required")
	}
	if c.Lasts == 0 {
		c.Lasts = 70 * time.Second
	}
	if c.Late == 0 {
		c.Late = 15 * time.Minute
	}
	return &Desk{Deps: d, lasts: c.Lasts, late: c.Late}, nil
}

// Status is how mails are: the queue is that of all replicas, the rest of this one.
type Status struct {
	core.MailQueue
	Late                time.Duration // how far back its failures are counted
	Providers           []mail.ProviderState
	Busy, Allowed, Most int // workers
}

// Status tells how mails are.
func (d *Desk) Status(ctx context.Context) (Status, error) {
	q, err := d.Store.MailQueue(ctx, d.lasts, d.late)
	if err != nil {
		return Status{}, err
	}
	s := Status{MailQueue: q, Late: d.late, Providers: d.Sender.Providers()}
	s.Busy, s.Allowed, s.Most = d.Queue.Workers()
	return s, nil
}

// List gives one page of the mails that have not left, the newest first.
func (d *Desk) List(ctx context.Context, f core.MailFilter, cursor string, limit int) (core.Page[core.QueuedMail], error) {
	return d.Store.QueuedMails(ctx, f, d.lasts, cursor, limit)
}

// Requeue has mails tried now. A mail that was accepted is never sent again.
func (d *Desk) Requeue(ctx context.Context, r core.MailRequeue) (core.MailRequeued, error) {
	ways := 0
	for _, chosen := range []bool{r.Stuck, r.Dead, len(r.IDs) > 0} {
		if chosen {
			ways++
		}
	}
	if ways != 1 {
		return core.MailRequeued{}, core.Invalid(core.FieldError{Field: "ids", Code: "one_of", Message: "Give one of stuck, dead and ids."})
	}
	if err := checkReason(r.Reason, false); err != nil {
		return core.MailRequeued{}, err
	}
	done, err := d.Store.RequeueMails(ctx, r, d.lasts)
	if err != nil || r.DryRun {
		return done, err
	}
	d.Queue.Wake()
	d.log(ctx, core.ActMailRequeue, r.Actor, r.Reason, slog.Int64("requeued", done.Requeued), slog.Int64("accepted", done.Accepted))
	return done, nil
}

// Pause keeps all mails of all replicas in the queue until [Desk.Resume].
func (d *Desk) Pause(ctx context.Context, actor, reason string) error {
	if err := checkReason(reason, true); err != nil {
		return err
	}
	if err := d.Queue.Pause(ctx, actor, reason); err != nil {
		return err
	}
	d.log(ctx, core.ActMailPause, actor, reason)
	return nil
}

// Resume lets mails leave again.
func (d *Desk) Resume(ctx context.Context, actor, reason string) error {
	if err := checkReason(reason, false); err != nil {
		return err
	}
	if err := d.Queue.Resume(ctx, actor, reason); err != nil {
		return err
	}
	d.log(ctx, core.ActMailResume, actor, reason)
	return nil
}

// Test hands a mail that is nobody's to a provider of this replica.
func (d *Desk) Test(ctx context.Context, actor, to, provider string) (mail.Trial, error) {
	a, err := address.Parse("to", to)
	if err != nil {
		return mail.Trial{}, err
	}
	if err := d.Store.RecordAct(ctx, core.OperatorAct{Actor: actor, Action: core.ActMailTest, Subject: core.Masked(a.Email)}); err != nil {
		return mail.Trial{}, err
	}
	trial, err := d.Sender.Try(ctx, a, provider)
	if err != nil {
		return trial, err
	}
	answer := "accepted"
	if trial.Failure != nil {
		answer = trial.Failure.Reason()
	}
	d.log(ctx, core.ActMailTest, actor, "", slog.String("provider", trial.Provider), slog.String("answer", answer))
	return trial, nil
}

// Acts gives one page of what operators did, the newest first.
func (d *Desk) Acts(ctx context.Context, cursor string, limit int) (core.Page[core.OperatorAct], error) {
	return d.Store.OperatorActs(ctx, cursor, limit)
}

func (d *Desk) log(ctx context.Context, action, actor, reason string, more ...slog.Attr) {
	d.Log.LogAttrs(ctx, slog.LevelInfo, "an operator acted",
		append([]slog.Attr{slog.String("action", action), slog.String("actor", actor), slog.String("reason", reason)}, more...)...)
}

const longestReason = 500 // characters

func checkReason(reason string, wanted bool) error {
	switch {
	case wanted && reason == "":
		return core.Invalid(core.FieldError{Field: "reason", Code: "required", Message: "Say why: whoever is on call next will ask."})
	case !utf8.ValidString(reason) || utf8.RuneCountInString(reason) > longestReason:
		return core.Invalid(core.FieldError{Field: "reason", Code: "too_long", Message: "Give a reason of at most 500 characters."})
	}
	return nil
}
