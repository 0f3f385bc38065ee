package core

import "time"

// EventReplay says which events are sent again.
type EventReplay struct {
	Since   time.Time // those from then on, or
	EventID ID        // this one
}

// EventConsumer is somebody who takes events, as operators see him.
type EventConsumer struct {
	Name   string
	Holder ID // the process that works for him; zero when nobody does
	Since  time.Time
	Parked int64 // events that wait, those behind others included
	Dead   int64 // that are not tried again
	Oldest time.Time
	Lag    time.Duration // age of the oldest event that he has not taken and that is not dead
}

// StuckEvent is a parked event, as operators see it.
type StuckEvent struct {
	Event    Event
	Attempts int
	ParkedAt time.Time
	NextAt   time.Time
	DeadAt   time.Time // zero for one that is tried again
}

// EventAct is what an operator does to what waits for a consumer.
type EventAct struct {
	Actor    string
	Action   string // one of the acts of package core
	Consumer string
	EventID  ID // zero for several
	Reason   string
}

// By is who changes something, and in which story.
type By struct {
	UserID      ID     // zero for an operator
	Operator    string // his name for the audit; empty for a user
	Traceparent string
}

// What operators do to events.
const (
	ActEventRetry  = "event_retry"
	ActEventSkip   = "event_skip"
	ActEventReplay = "event_replay"
)
