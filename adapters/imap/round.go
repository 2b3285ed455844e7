package imap

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"sori/domain"
)

const (
	// firstWindow is how many UIDs are asked for at first when a folder is listed; empty windows double it.
	firstWindow = 4096
	maxUID      = int64(1<<32 - 1)
	// oversizeHead is how much is fetched of a mail that is too large.
	oversizeHead = 64 << 10
)

// listed is a mail as a folder lists it.
type listed struct {
	uid  int64
	size int64
}

// fetched is a mail with its source.
type fetched struct {
	listed
	raw      []byte
	oversize bool
}

// batch is a run of mails that are fetched, taken in, marked and passed by the cursor together.
type batch struct {
	mails []fetched
	last  int64 // its highest UID, though that mail may have gone meanwhile
	err   error
}

// round takes in everything that the folder has and the cursor has not passed. The folder is selected anew each time, which is the one way to learn
// where its UIDs end and whether they still mean the same.
func (s *session) round(ctx context.Context) error {
	dog := s.watchdog()
	folder, err := s.client.Select(s.mailbox.Folder, nil).Wait()
	dog.over()
	if err != nil {
		return fmt.Errorf("select %s: %w", s.mailbox.Folder, err)
	}
	if err := s.checkValidity(ctx, int64(folder.UIDValidity)); err != nil {
		return err
	}
	next := int64(folder.UIDNext)
	if next == 0 { // servers of RFC 2060 need not say
		next = maxUID
	}
	if folder.NumMessages > 0 && s.state.UID+1 < next {
		if err := s.catchUp(ctx, next); err != nil {
			return err
		}
	}
	return s.caughtUp(ctx)
}

// checkValidity starts the cursor anew if the folder's UIDs mean something else than they did: everything is fetched again, and what was taken in
// before is known again.
func (s *session) checkValidity(ctx context.Context, validity int64) error {
	if s.state.UIDValidity == validity {
		return nil
	}
	if s.state.UIDValidity != 0 {
		s.log.Warn("the folder's UIDVALIDITY changed; fetching from the beginning", "was", s.state.UIDValidity, "is", validity)
	}
	return s.update(ctx, func(st *domain.MailboxState) { st.Restart(validity) })
}

func (s *session) update(ctx context.Context, change func(*domain.MailboxState)) error {
	st, err := domain.UpdateMailboxState(ctx, s.Store, s.mailbox.ID, s.Node, change)
	if err == nil {
		s.state = st
	}
	return err
}

// caughtUp notes that nothing is left, if that is news.
func (s *session) caughtUp(ctx context.Context) error {
	now := s.Clock()
	recovered := s.state.Failing
	if !recovered && s.state.FetchedAt != nil && now.Sub(*s.state.FetchedAt) < s.IdleRound/2 {
		return nil
	}
	if recovered {
		s.tell(ctx, s.mailbox, domain.EventMailboxRecovered, func(st *domain.MailboxState) bool {
			was := st.Failing
			st.Failing = false
			return was
		})
	}
	return s.update(ctx, func(st *domain.MailboxState) { st.FetchedAt, st.Failing, st.LastError = &now, false, "" })
}

// catchUp takes in the mails between the cursor and next. While one batch is stored the following one is fetched.
func (s *session) catchUp(ctx context.Context, next int64) error {
	ctx, cancel := context.WithCancel(ctx)
	batches := make(chan batch, 1)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(batches)
		if err := s.read(ctx, s.state.UID+1, next, batches); err != nil {
			hand(ctx, batches, batch{err: err})
		}
	})
	defer wg.Wait()
	defer cancel()
	for b := range batches {
		if b.err != nil {
			return b.err
		}
		if err := s.take(ctx, b); err != nil {
			s.client.Close() // the reader may be in the middle of an answer
			return err
		}
	}
	return ctx.Err()
}

func hand(ctx context.Context, to chan<- batch, b batch) {
	select {
	case to <- b:
	case <-ctx.Done():
	}
}

// read lists the folder window by window and fetches what it lists, in the order of the UIDs.
func (s *session) read(ctx context.Context, from, next int64, to chan<- batch) error {
	window := int64(firstWindow)
	for from < next && ctx.Err() == nil {
		end := min(from+window, next) - 1
		mails, err := s.list(from, end)
		if err != nil {
			return err
		}
		for _, group := range s.groups(mails) {
			_, end := domain.Step(ctx, "imap", "fetch")
			b, err := s.fetch(group)
			end(err)
			if err != nil {
				return err
			}
			hand(ctx, to, b)
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		if len(mails) < firstWindow/4 {
			window *= 2
		} else {
			window = firstWindow
		}
		from = end + 1
	}
	return ctx.Err()
}

// list gives the mails of a window and their sizes, by UID.
func (s *session) list(from, to int64) ([]listed, error) {
	var set goimap.UIDSet
	set.AddRange(goimap.UID(from), goimap.UID(to))
	dog := s.watchdog()
	defer dog.over()
	cmd := s.client.Fetch(set, &goimap.FetchOptions{UID: true, RFC822Size: true})
	var out []listed
	for m := cmd.Next(); m != nil; m = cmd.Next() {
		dog.alive()
		var one listed
		for item := m.Next(); item != nil; item = m.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				one.uid = int64(item.UID)
			case imapclient.FetchItemDataRFC822Size:
				one.size = item.Size
			}
		}
		// A range that ends beyond the last mail may name it all the same (RFC 9051 §9, seq-range).
		if one.uid >= from && one.uid <= to {
			out = append(out, one)
		}
	}
	if err := cmd.Close(); err != nil {
		return nil, fmt.Errorf("list the folder: %w", err)
	}
	slices.SortFunc(out, func(a, b listed) int { return cmp.Compare(a.uid, b.uid) })
	return out, nil
}

// groups cuts a list into runs that are fetched by one command each, bounded in number and in bytes. A mail that is too large stands alone.
func (s *session) groups(mails []listed) [][]listed {
	var out [][]listed
	var bytes int64
	for _, m := range mails {
		last := len(out) - 1
		if last < 0 || len(out[last]) >= s.BatchMails || bytes+m.size > s.BatchBytes || m.size > s.MaxMail {
			out, bytes = append(out, nil), 0
			last++
		}
		out[last] = append(out[last], m)
		bytes += m.size
		if m.size > s.MaxMail {
			bytes = s.BatchBytes
		}
	}
	return out
}

// fetch gets the sources of a group. Mails that have gone since they were listed are left out.
func (s *session) fetch(group []listed) (batch, error) {
	b := batch{last: group[len(group)-1].uid, mails: make([]fetched, 0, len(group))}
	sizes := make(map[int64]int64, len(group))
	var set goimap.UIDSet
	for _, m := range group {
		set.AddNum(goimap.UID(m.uid))
		sizes[m.uid] = m.size
	}
	section := &goimap.FetchItemBodySection{Peek: true}
	if len(group) == 1 && group[0].size > s.MaxMail {
		section.Partial = &goimap.SectionPartial{Size: oversizeHead}
	}
	dog := s.watchdog()
	defer dog.over()
	cmd := s.client.Fetch(set, &goimap.FetchOptions{UID: true, BodySection: []*goimap.FetchItemBodySection{section}})
	left := s.BatchBytes + s.MaxMail
	for m := cmd.Next(); m != nil; m = cmd.Next() {
		one, err := s.readMail(m, dog)
		if left -= int64(len(one.raw)); err == nil && left < 0 {
			err = errors.New("the server sends more than it announced")
		}
		if err != nil {
			s.client.Close() // rather than read the rest
			cmd.Close()
			return b, err
		}
		size, asked := sizes[one.uid]
		if !asked || one.raw == nil {
			continue // a change of flags that the server tells of by the way
		}
		one.size = max(size, int64(len(one.raw)))
		one.oversize = one.size > s.MaxMail
		b.mails = append(b.mails, one)
	}
	if err := cmd.Close(); err != nil {
		return b, fmt.Errorf("fetch: %w", err)
	}
	slices.SortFunc(b.mails, func(x, y fetched) int { return cmp.Compare(x.uid, y.uid) })
	return b, nil
}

// readMail reads one mail of an answer.
func (s *session) readMail(m *imapclient.FetchMessageData, dog *watchdog) (fetched, error) {
	var out fetched
	for item := m.Next(); item != nil; item = m.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			out.uid = int64(item.UID)
		case imapclient.FetchItemDataBodySection:
			var err error
			if out.raw, err = s.readSource(item.Literal, dog); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// readSource reads a mail's source; of one that is larger than was announced, one byte more than may be, so that it is known.
func (s *session) readSource(r goimap.LiteralReader, dog *watchdog) ([]byte, error) {
	if r == nil {
		return []byte{}, nil
	}
	limited := io.LimitReader(r, s.MaxMail+1)
	raw := make([]byte, 0, min(r.Size(), 1<<20)+1)
	for {
		if len(raw) == cap(raw) {
			raw = slices.Grow(raw, len(raw))
		}
		n, err := limited.Read(raw[len(raw):cap(raw)])
		raw = raw[:len(raw)+n]
		if err == io.EOF {
			return raw, nil
		}
		if err != nil {
			return raw, err
		}
		dog.alive()
	}
}

// mark does with stored mails what the mailbox is configured to. A mail of which only the beginning is kept stays as it is. A server that will not
// have it (no such folder, no right) is no reason to stop: the mails are stored.
func (s *session) mark(ctx context.Context, mails []fetched) error {
	var set goimap.UIDSet
	for _, m := range mails {
		if !m.oversize {
			set.AddNum(goimap.UID(m.uid))
		}
	}
	if len(set) == 0 || s.mailbox.After == domain.AfterKeep {
		return nil
	}
	defer s.watchdog().over()
	var err error
	if s.mailbox.After == domain.AfterMove {
		err = s.move(set)
	} else {
		err = s.flag(set, goimap.FlagSeen)
	}
	var refused *goimap.Error
	if errors.As(err, &refused) && refused.Type != goimap.StatusResponseTypeBye {
		s.log.Warn("the server does not let the mails be marked", "after", s.mailbox.After, "err", refused)
		return s.update(ctx, func(st *domain.MailboxState) {
			st.LastError = domain.Clip(fmt.Sprintf("%s: %v", s.mailbox.After, refused), 500)
		})
	}
	return err
}

func (s *session) flag(set goimap.UIDSet, flag goimap.Flag) error {
	return s.client.Store(set, &goimap.StoreFlags{Op: goimap.StoreFlagsAdd, Silent: true, Flags: []goimap.Flag{flag}}, nil).Close()
}

// move moves mails to the configured folder: by MOVE (RFC 6851), or step by step, so that nothing is removed that was not copied first, and never
// by a plain EXPUNGE, which would remove what others have marked.
func (s *session) move(set goimap.UIDSet) error {
	caps := s.client.Caps()
	if caps.Has(goimap.CapMove) {
		_, err := s.client.Move(set, s.mailbox.MoveTo).Wait()
		return err
	}
	if _, err := s.client.Copy(set, s.mailbox.MoveTo).Wait(); err != nil {
		return err
	}
	if err := s.flag(set, goimap.FlagDeleted); err != nil || !caps.Has(goimap.CapUIDPlus) {
		return err
	}
	return s.client.UIDExpunge(set).Close()
}
