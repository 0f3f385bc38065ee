package mail

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Class is what a failure means for the mail and for those behind it.
type Class string

// The classes of failures.
const (
	Temporary Class = "temporary" // this mail may be taken later
	Unknown   Class = "unknown"   // it may have been taken: sent again with the same Message-ID
	Permanent Class = "permanent" // this mail will never be taken
	Busy      Class = "busy"      // the provider was never asked: too many mails before this one
	Down      Class = "down"      // the provider takes no mail at all right now
	Refused   Class = "refused"   // the provider refuses us: credentials or configuration
	Held      Class = "held"      // a plugin wants the mail to leave later, or its domain has no turn yet
)

// Failure is why a mail did not leave. Its words hold the class, the stage and the
// provider's code only, because a provider's own words often repeat the address.
type Failure struct {
	Class Class
	Stage string // connect, tls, auth, sign, mail, rcpt, data, body, accept, load, route, render, plugin, send, record
	Code  string // as the provider gave it, such as "550 5.1.1"; "" when it gave none
	// RetryAfter is when the provider wants to be asked again: for the mail, or for all
	// mails when it is down or refuses us; 0 when it did not say.
	RetryAfter time.Duration

	by       string // the provider
	accepted string
	wait     time.Duration
	turn     time.Time
	last     bool
	cause    error
}

// Fail makes a failure for a provider to return. cause must not hold an address.
func Fail(c Class, stage, code string, cause error) *Failure {
	return &Failure{Class: c, Stage: stage, Code: code, cause: cause}
}

// Error implements error.
func (f *Failure) Error() string {
	s := fmt.Sprintf("mail: %s failure at %s", f.Class, f.Stage)
	if f.Code != "" {
		s += ": " + f.Code
	}
	if f.cause != nil {
		s += ": " + f.cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.cause }

// Reason is the failure in one word for the message's row and for labels.
func (f *Failure) Reason() string {
	if f.Code != "" {
		return string(f.Class) + ": " + f.Code
	}
	return string(f.Class) + ": " + f.Stage
}

// ReasonOf is the [Failure.Reason] of any error.
func ReasonOf(err error) string { return asFailure(err).Reason() }

// Snooze is after how long the job should try again without counting this
// attempt; 0 means that it counts.
func (f *Failure) Snooze() time.Duration { return f.wait }

// backoffs is how long a mail waits after its first attempt, which its class and the server's
// code decide; after each other attempt it is twice as long, with a tenth of chance either way
// (package job). Classes that are not here do not count the attempt or end the mail. The first
// row that fits is taken.
//
//nolint:gochecknoglobals // a constant
var backoffs = []struct {
	class Class
	codes []string // beginnings of the reply's code or of its enhanced code; nil for any
	first time.Duration
}{
	{Temporary, []string{"452", "4.2.2"}, 5 * time.Minute},   // the mailbox is full: its owner has to do something
	{Temporary, []string{"421", "450", "4.7."}, time.Minute}, // greylisting, or too many from us: coming again at once makes it longer
	{Temporary, []string{"4"}, 2 * time.Second},              // any other reply of the recipient's server
	{Temporary, nil, time.Second},                            // ours: the database, a renderer, a plugin
	{Unknown, nil, 5 * time.Second},                          // no answer to the whole mail: the server may still be at it
}

// Backoff is how long the next attempt waits after the first; 0 when nothing says.
func (f *Failure) Backoff() time.Duration {
	for _, b := range backoffs {
		if b.class == f.Class && (b.codes == nil || slices.ContainsFunc(b.codes, f.hasCode)) {
			return b.first
		}
	}
	return 0
}

// hasCode tells whether the reply's code or its enhanced code begins so.
func (f *Failure) hasCode(begin string) bool {
	reply, enhanced, _ := strings.Cut(f.Code, " ")
	return strings.HasPrefix(reply, begin) || strings.HasPrefix(enhanced, begin)
}

// Final tells that no further attempt makes sense.
func (f *Failure) Final() bool { return f.Class == Permanent || f.last }

// AcceptedBy is the provider that took the mail all the same, and after a space its own
// name for it if it told one; "" when none did.
func (f *Failure) AcceptedBy() string { return f.accepted }

// Turn is when the mail has its turn at the domain that it goes to, if it waits for that.
func (f *Failure) Turn() time.Time { return f.turn }

// slowDown tells whether the recipient's server wants fewer mails, or later ones.
func (f *Failure) slowDown() bool {
	return slices.Contains([]string{"rcpt", "data", "accept", "send"}, f.Stage) && slices.ContainsFunc([]string{"421", "450", "4.7."}, f.hasCode)
}

// counts tells whether the mail had its chance.
func (f *Failure) counts() bool { return f.Class != Busy && f.Class != Held && !f.providerDown() }

// next tells whether another provider may be given the mail. One that will never be taken
// is no better off elsewhere, and one that may have been taken would arrive twice.
func (f *Failure) next() bool { return f.Class != Permanent && f.Class != Unknown }

// weightier is which of the failures at two providers says what becomes of the mail: one
// that gave it its chance before one that did not, and else the later.
func weightier(earlier, later *Failure) *Failure {
	if earlier != nil && earlier.counts() && !later.counts() {
		return earlier
	}
	return later
}

// providerDown tells whether the failure is the provider's, not the mail's.
func (f *Failure) providerDown() bool { return f.Class == Down || f.Class == Refused }
