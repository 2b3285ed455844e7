package domain

import (
	"context"
	"time"
)

// InquirySLA is what is promised for an inquiry, and how its clocks stand.
type InquirySLA struct {
	Policy   string     `json:"policy"` // key
	Calendar string     `json:"calendar,omitempty"`
	Clocks   []SLAClock `json:"clocks"`
	NextAt   *time.Time `json:"nextAt,omitempty"` // when the next warning or breach is due
}

// SLAClock measures one promise. It runs while Since is set, is paused while neither Since nor StoppedAt is, and has stopped when StoppedAt is set.
type SLAClock struct {
	Clock      SLAClockKind `json:"clock"`
	Seconds    int          `json:"seconds"` // promised, of working time
	StartedAt  time.Time    `json:"startedAt"`
	Since      *time.Time   `json:"since,omitempty"` // it runs since
	Spent      int64        `json:"spent"`           // milliseconds of working time, counted before Since
	DueAt      *time.Time   `json:"dueAt,omitempty"` // while it runs; nil also if the calendar never opens again
	WarnAt     *time.Time   `json:"warnAt,omitempty"`
	WarnedAt   *time.Time   `json:"warnedAt,omitempty"`
	BreachedAt *time.Time   `json:"breachedAt,omitempty"`
	StoppedAt  *time.Time   `json:"stoppedAt,omitempty"`
}

// SLAState says how a clock stands.
type SLAState string

// The states of a clock.
const (
	SLARunning SLAState = "running"
	SLAPaused  SLAState = "paused"
	SLAMet     SLAState = "met"
	SLAMissed  SLAState = "breached" // whether it still runs or not
)

// State gives how a clock stands.
func (c *SLAClock) State() SLAState {
	switch {
	case c.BreachedAt != nil:
		return SLAMissed
	case c.StoppedAt != nil:
		return SLAMet
	case c.Since != nil:
		return SLARunning
	}
	return SLAPaused
}

// Clockwork moves the clocks of an inquiry to what its fields say at a time, and gives the events that this calls for. It is called in every transaction that
// writes an inquiry, before the inquiry is written. It is pure, and calling it again changes nothing.
type Clockwork func(q *Inquiry, now time.Time) []Event

// Clocks gives the clockwork of the policies that are in force. It is asked before a transaction.
type Clocks func(context.Context) (Clockwork, error)

// NoClocks promises nothing.
func NoClocks(context.Context) (Clockwork, error) {
	return func(*Inquiry, time.Time) []Event { return nil }, nil
}

// Tick moves an inquiry's clocks inside a transaction that is about to write it.
func (c Clockwork) Tick(ctx context.Context, tx Tx, q *Inquiry, now time.Time) error {
	if c == nil {
		return nil
	}
	for _, e := range c(q, now) {
		if err := Emit(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// The events of service levels. Their data: clock, policy, dueAt, and notify, the keys of agents who are told.
const (
	EventSLAWarned   = "sla.warned"
	EventSLABreached = "sla.breached"
)
