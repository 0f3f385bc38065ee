package hostapi

// EventDeliver is the question of [HookEventDeliver]: take this event. Events of a
// tenant come in their order, each at least once, with an id that stays the same.
type EventDeliver struct {
	Event   RawJSON `json:"event"`   // a CloudEvent 1.0 as JSON
	Attempt int     `json:"attempt"` // begins at 1
}

// EventDelivered is the answer. Without Acknowledged the event comes again, after
// RetryAfterS seconds if given (at most [MaxRetryAfter]).
type EventDelivered struct {
	Acknowledged bool `json:"acknowledged"`
	RetryAfterS  int  `json:"retry_after_s,omitempty"`
}
