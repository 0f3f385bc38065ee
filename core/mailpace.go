package core

import "time"

// PaceAsk asks for a turn of a mail at the domain that it goes to.
type PaceAsk struct {
	Domain string
	Every  time.Duration // between two turns
	Bulk   bool          // it stands in the second line
	Turn   bool          // it had a turn, which is now
}

// PaceAnswer says when the mail may leave.
type PaceAnswer struct {
	Wait   time.Duration // 0 for now
	Reason string        // why the domain is paused; "" when it is only paced
}

// PacedDomain is a domain whose mails wait for their turns.
type PacedDomain struct {
	Domain      string
	Wait        time.Duration // of a mail that asked now
	WaitBulk    time.Duration
	PausedUntil time.Time // zero when it is not
	Reason      string    // of the pause
}
