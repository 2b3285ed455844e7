package domain

import (
	"context"
	"time"
)

// Signal tells all nodes that something short-lived has changed, such as who is at an inquiry: whoever shows it reads it again. It is no event: what it tells of has no
// place in the history, and it is removed after SignalAge.
type Signal struct {
	Doc     `json:",inline"`
	Seq     int64     `json:"seq"`
	Type    string    `json:"type"`
	Subject Ref       `json:"subject"` // what changed
	At      time.Time `json:"at"`
}

// SetSeq takes the signal's place in the order.
func (s *Signal) SetSeq(seq int64) { s.Seq = seq }

// SignalActivity tells that others are at an inquiry, or do something else there.
const SignalActivity = "inquiry.activity"

// SignalAge is how long a signal is kept. A node that was cut off from the store for longer has ended its streams.
const SignalAge = 10 * time.Minute

// Signals holds the signals of the last minutes.
var Signals = declare[Signal](Spec{
	Name: "signals", Prefix: "sig", Noun: "signal", Sequenced: true,
	Indexes: []Index{{Name: "at", Fields: []string{"at"}}},
})

// Beckon sends a signal with the transaction that changed its subject.
func Beckon(ctx context.Context, tx Tx, s Signal) error { return Signals.Insert(ctx, tx, &s) }

// ForgetSignals removes the signals older than SignalAge, a batch at a time, and gives how many. The newest stays, so that numbering goes on from it.
func ForgetSignals(ctx context.Context, s Store, now time.Time) (int, error) {
	const batch = 500
	last, err := s.LastSeq(ctx, &Signals.Spec)
	if err != nil {
		return 0, err
	}
	for total := 0; ; {
		old, err := Signals.Find(ctx, s, Query{Index: "at", To: now.Add(-SignalAge), Limit: batch})
		if err != nil {
			return total, err
		}
		removed := 0
		err = s.Write(ctx, func(tx Tx) error {
			removed = 0
			for _, x := range old {
				if x.Seq >= last {
					continue
				}
				if err := Signals.Delete(ctx, tx, x.ID); err != nil {
					return err
				}
				removed++
			}
			return nil
		})
		if total += removed; err != nil || removed == 0 {
			return total, err
		}
	}
}
