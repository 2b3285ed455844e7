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
		left := slices.DeleteFunc(slices.Clone(b.mails), func(m fetched) bool { return slices.Contains(s.state.Aside, m.uid) })
		if s.state.Tries > boldTries {
			s.takeOneByOne(ctx, left, &t)
		} else {
			s.takeAtOnce(ctx, left, &t)
		}
	}
	if t.failed != nil {
		s.survived(ctx)
		return fmt.Errorf("take in: %w", t.failed)
	}
	if err := s.mark(ctx, b.mails); err != nil {
		return err
	}
	return s.update(ctx, func(st *domain.MailboxState) {
		st.UID = max(st.UID, b.last)
		st.Trying, st.Tries, st.Suspect, st.Deaths, st.Aside = 0, 0, 0, 0, nil
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

// takeOneByOne notes of each mail that it is being taken in, so that the next process knows over which one this one died. That one comes first. It puts
// mails in another order.
func (s *session) takeOneByOne(ctx context.Context, mails []fetched, t *tally) {
	suspect := s.state.Suspect
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
			err = s.putAside(ctx, m, t)
		} else {
			t.note(s.takeOne(ctx, m))
		}
		if err != nil {
			t.note(domain.MailOutcome{}, err)
		}
		if t.failed != nil {
			return
		}
	}
}

// putAside puts the suspect in quarantine unread, and notes that it is not to be taken in with its batch when another mail of that kills.
func (s *session) putAside(ctx context.Context, m fetched, t *tally) error {
	reason := fmt.Sprintf("the program died %d times over this mail", s.state.Deaths)
	t.note(s.Receiver.QuarantineUnread(ctx, s.mailbox.Account, domain.MailByIMAP, m.raw, reason))
	if t.failed != nil { // the round ends by what was noted
		return nil //nolint:nilerr // the tally has it
	}
	return s.update(ctx, func(st *domain.MailboxState) { st.Aside, st.Suspect, st.Deaths = append(st.Aside, m.uid), 0, 0 })
}

// survived notes that the process lives on, though a batch may not have been taken in: an outage of the store is held against no mail. If that cannot be
// noted, a mail may be put in quarantine that did nothing; it can be let out.
func (s *session) survived(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout)
	defer cancel()
	err := s.update(ctx, func(st *domain.MailboxState) { st.Trying, st.Tries, st.Suspect, st.Deaths = 0, 0, 0, 0 })
	if err != nil {
		s.log.Warn("note that a batch is over", "err", err)
	}
}

func (s *session) takeOne(ctx context.Context, m fetched) (domain.MailOutcome, error) {
	if m.oversize {
		key := fmt.Sprintf("%s|%d|%d", s.mailbox.ID, s.state.UIDValidity, m.uid)
		return s.Receiver.QuarantineOversize(ctx, s.mailbox.Account, domain.MailByIMAP, key, m.raw[:min(len(m.raw), oversizeHead)], m.size)
	}
	return s.Receiver.TakeMail(ctx, s.mailbox.Account, domain.MailByIMAP, m.raw)
}
