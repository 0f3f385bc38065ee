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
	return time.Now().Add(delay(job.Attempt, firstRetry))
}

// delay is first after the first attempt and doubles with each other. A fifth of it is
// chance, so that the jobs that failed together do not come back together.
func delay(attempt int, first time.Duration) time.Duration {
	d := lastRetry
	if shift := max(attempt, 1) - 1; first < lastRetry>>shift {
		d = first << shift
	}
	return d - d/10 + rand.N(d/5)
}
