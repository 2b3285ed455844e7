package imap

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"sori/domain"
)

const (
	// boldTries is how often a batch is begun before its mails are taken in one by one, each noted first; fatalDeaths is how often the process may die
	// over one mail before that is put in quarantine unread. A mail that brings the process down is fetched some five times, and not for ever.
	boldTries   = 3
	fatalDeaths = 2
	noteTimeout = 5 * time.Second
)

// tally counts what became of a batch. It is safe for many goroutines.
type tally struct {
	mu                      sync.Mutex
	duplicates, quarantined int64
	failed                  error
}

func (t *tally) note(o domain.MailOutcome, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err != nil && t.failed == nil:
		t.failed = err
	case err != nil:
	case o.QuarantineID != "":
		t.quarantined++
	case o.Duplicate:
		t.duplicates++
	}
}

// take stores a batch, marks it on the server and moves the cursor past it, in this order: whatever fails in between is done again.
func (s *session) take(ctx context.Context, b batch) error {
	var t tally
	if len(b.mails) > 0 {
		first := b.mails[0].uid
		err := s.update(ctx, func(st *domain.MailboxState) {
			if st.Trying != first {
				st.Trying, st.Tries = first, 0
			}
			st.Tries++
		})
		if err != nil {
			return err
		}
		if s.state.Tries > boldTries {
			s.takeOneByOne(ctx, b.mails, &t)
		} else {
			s.takeAtOnce(ctx, b.mails, &t)
		}
	}
	if t.failed != nil {
		return fmt.Errorf("take in: %w", t.failed)
	}
	if err := s.mark(ctx, b.mails); err != nil {
		return err
	}
	return s.update(ctx, func(st *domain.MailboxState) {
		st.UID = max(st.UID, b.last)
		st.Trying, st.Tries = 0, 0
		st.Taken += int64(len(b.mails))
		st.Duplicates += t.duplicates
		st.Quarantined += t.quarantined
	})
}

func (s *session) takeAtOnce(ctx context.Context, mails []fetched, t *tally) {
	limit := make(chan struct{}, s.Parallel)
	var wg sync.WaitGroup
	for _, m := range mails {
		limit <- struct{}{}
		wg.Go(func() {
			defer func() { <-limit }()
			t.note(s.takeOne(ctx, m))
		})
	}
	wg.Wait()
}

// takeOneByOne notes of each mail that it is being taken in, so that the next process knows over which one this one died. That one comes first.
func (s *session) takeOneByOne(ctx context.Context, mails []fetched, t *tally) {
	suspect := s.state.Suspect
	mails = slices.Clone(mails)
	slices.SortStableFunc(mails, func(a, b fetched) int {
		switch suspect {
		case a.uid:
			return -1
		case b.uid:
			return 1
		}
		return 0
	})
	for _, m := range mails {
		err := s.update(ctx, func(st *domain.MailboxState) {
			if st.Suspect == m.uid {
				st.Deaths++
			} else {
				st.Suspect, st.Deaths = m.uid, 0
			}
		})
		if err != nil {
			t.note(domain.MailOutcome{}, err)
			return
		}
		if s.state.Deaths >= fatalDeaths {
			t.note(s.Receiver.QuarantineUnread(ctx, s.mailbox.Account, domain.MailByIMAP, m.raw, fmt.Sprintf("the program died %d times over this mail", s.state.Deaths)))
		} else {
			t.note(s.takeOne(ctx, m))
		}
		// It is over, well or not: nobody died. A store that does not answer is asked again with the next attempt.
		if err := s.clearSuspect(ctx); err != nil || t.failed != nil {
			t.note(domain.MailOutcome{}, err)
			return
		}
	}
}

func (s *session) clearSuspect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout)
	defer cancel()
	return s.update(ctx, func(st *domain.MailboxState) { st.Suspect, st.Deaths = 0, 0 })
}

func (s *session) takeOne(ctx context.Context, m fetched) (domain.MailOutcome, error) {
	if m.oversize {
		key := fmt.Sprintf("%s|%d|%d", s.mailbox.ID, s.state.UIDValidity, m.uid)
		return s.Receiver.QuarantineOversize(ctx, s.mailbox.Account, domain.MailByIMAP, key, m.raw[:min(len(m.raw), oversizeHead)], m.size)
	}
	return s.Receiver.TakeMail(ctx, s.mailbox.Account, domain.MailByIMAP, m.raw)
}
