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
	Action   string // retry, skip, replay
	Consumer string
	EventID  ID // zero for several
	Reason   string

	// Once it is done.
	Number int64 // counts up
	Time   time.Time
	Events int64 // that it was done to
}
