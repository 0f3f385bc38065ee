package webhook

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// schedule is how long to wait after each failed attempt: fifteen attempts in five days.
func schedule() []time.Duration {
	return []time.Duration{
		5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 5 * time.Hour,
		10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour, 24 * time.Hour, 20 * time.Hour,
	}
}

// longestWish bounds what an endpoint may ask for in Retry-After.
const longestWish = 24 * time.Hour

// next is how long to wait after an attempt; last tells that there is no other. A fifth of it is chance, so that what
// failed together does not come back together. An endpoint that says when is not asked before.
func next(schedule []time.Duration, attempt int, wish time.Duration) (wait time.Duration, last bool) {
	if attempt > len(schedule) {
		return 0, true
	}
	d := schedule[max(attempt, 1)-1]
	return max(d-d/10+rand.N(d/5+1), min(wish, longestWish)), false
}

// retryAfter reads the header of an answer: seconds, or a time (RFC 9110 §10.2.3).
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(min(max(seconds, 0), int(longestWish/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
