package job

import (
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river/rivertype"
)

const (
	maxAttempts = 25
	firstRetry  = time.Second
	lastRetry   = 4 * time.Hour
)

// backoff is when a failed job is tried again. It implements the library's
// ClientRetryPolicy.
type backoff struct{}

// NextRetry implements river.ClientRetryPolicy.
func (backoff) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(delay(job.Attempt))
}

// delay doubles with each attempt. A fifth of it is chance, so that the jobs that
// failed together do not come back together. Greylisting, which is most of what makes
// a mail wait, meets ten attempts in its first quarter of an hour.
func delay(attempt int) time.Duration {
	d := lastRetry
	if shift := max(attempt, 1) - 1; shift < 14 { // 1 s << 14 is above the last
		d = firstRetry << shift
	}
	return d - d/10 + rand.N(d/5)
}
