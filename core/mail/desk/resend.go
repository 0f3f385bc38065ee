package desk

import (
	"context"
	"log/slog"
	"strconv"

	"github.com/usher-id/usher/core"
	"github.com/usher-id/usher/core/mail"
)

// MostResent is how many of the last messages may be made once more at a time.
const MostResent = 50

// Resent is a message of which a copy was made.
type Resent struct {
	MessageID core.ID
	Kind      core.MessageKind
	To        string // masked
	Failure   string // why there is no copy; "" when the sink has it
}

// Resend makes the last messages once more, as they would be made now, and hands the copies
// to the sink, never to their recipients or a provider. Their links are dead text: a copy that
// lies where operators read it must let nobody in.
func (d *Desk) Resend(ctx context.Context, actor string, last int) ([]Resent, error) {
	if last < 1 || last > MostResent {
		return nil, core.Invalid(core.FieldError{Field: "last", Code: "out_of_range", Message: "Give a number from 1 to 50."})
	}
	messages, err := d.Store.LastMessages(ctx, last)
	if err != nil {
		return nil, err
	}
	sink, err := d.Sink()
	if err != nil {
		return nil, err
	}
	act := core.OperatorAct{Actor: actor, Action: core.ActMailResend, Subject: "the last " + strconv.Itoa(len(messages)) + " to the sink"}
	if err := d.Store.RecordAct(ctx, act); err != nil {
		return nil, err
	}
	list := make([]Resent, len(messages))
	for i, out := range messages {
		list[i] = Resent{MessageID: out.MessageID, Kind: out.Kind, To: core.Masked(out.To.Email), Failure: d.copyTo(ctx, sink, out)}
	}
	d.log(ctx, core.ActMailResend, actor, "", slog.Int("copies", len(list)))
	return list, nil
}

// copyTo tells in a few words why there is no copy.
func (d *Desk) copyTo(ctx context.Context, sink mail.Provider, out core.Outgoing) string {
	m, err := d.Sender.Copy(ctx, out)
	if err == nil {
		err = sink.Send(ctx, m)
	}
	if err == nil {
		return ""
	}
	return mail.ReasonOf(err)
}
