package core

import "time"

// Clock tells the time of this process, for ids, spans and deadlines. What
// decides (expiry, single use) asks the database's clock instead.
type Clock interface{ Now() time.Time }

// SystemClock is the machine's clock, in UTC.
type SystemClock struct{}

// Now implements [Clock].
func (SystemClock) Now() time.Time { return time.Now().UTC() }
