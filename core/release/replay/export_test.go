package replay

import "time"

// AbandonSoon has replays end as soon as nobody waits for them.
func AbandonSoon(r *Replays) { r.patience = time.Millisecond }
