package domain

import "time"

// Clock tells the time. It is injected everywhere, so that tests can set it.
type Clock func() time.Time

// SystemClock is the machine's clock as the store keeps time: UTC, whole milliseconds.
func SystemClock() time.Time { return Instant(time.Now()) }

// Instant brings a time to the form in which it is stored, UTC in whole milliseconds, so
// that what is read back equals what was written on every engine.
func Instant(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

// InstantPtr is Instant for an optional time; a zero time becomes nil.
func InstantPtr(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = Instant(t)
	return &t
}
