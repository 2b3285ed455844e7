package domain

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// silent is a store that takes its time, and then does not answer.
type silent struct {
	Store
	asked int
	takes time.Duration
}

func (s *silent) Load(context.Context, *Spec, string, Document) error { return s.fail() }

func (s *silent) Write(context.Context, func(Tx) error) error { return s.fail() }

func (s *silent) fail() error {
	s.asked++ // one at a time
	time.Sleep(s.takes)
	return Errorf(Unavailable, "the store does not answer")
}

// TestAllLearnAtOnceThatTheStoreIsSilent: what many need is asked for once, and they do not queue for the answer.
func TestAllLearnAtOnceThatTheStoreIsSilent(t *testing.T) {
	for name, ask := range map[string]func(Store) func(context.Context) error{
		"a snapshot": func(s Store) func(context.Context) error {
			known := &Snapshot[int]{Edition: EditionOrg, Store: s, Clock: SystemClock}
			return func(ctx context.Context) error { _, err := known.Get(ctx); return err }
		},
		"numbers": func(s Store) func(context.Context) error {
			numbers := NewNumbers(s, SystemClock)
			return func(ctx context.Context) error { _, err := numbers.Next(ctx); return err }
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			store := &silent{takes: 15 * time.Second}
			get, begun := ask(store), time.Now()
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					if err := get(t.Context()); !IsCode(err, Unavailable) {
						t.Errorf("%s: %v", name, err)
					}
				})
			}
			synctest.Wait()
			hasty, leave := context.WithTimeout(t.Context(), time.Second)
			defer leave()
			if err := get(hasty); !IsCode(err, Unavailable) || time.Since(begun) != time.Second {
				t.Errorf("%s: who cannot wait was kept for %v: %v", name, time.Since(begun), err)
			}
			wg.Wait()
			if store.asked != 1 || time.Since(begun) != store.takes {
				t.Errorf("%s: asked %d times in %v", name, store.asked, time.Since(begun))
			}
		})
	}
}
