package desk

import (
	"context"
	"time"

	"sori/domain"
)

// entry is an interaction of ours that is to be written.
type entry struct {
	interaction domain.Interaction
	verb        string
	data        map[string]any
	blobs       []*domain.Blob
	outbound    bool
	hold        time.Duration                          // how long it can be taken back before it is sent
	move        func(*domain.Inquiry, time.Time) error // of the inquiry, with it
}

// write adds one interaction of ours to an inquiry, with its event and its jobs, in one commit.
func (s *Service) write(ctx context.Context, inquiryID string, version int64, e entry) (*domain.Interaction, error) {
	if err := s.seal(&e.interaction); err != nil {
		return nil, err
	}
	_, added, err := s.do(ctx, inquiryID, work{version: version, entries: []entry{e}})
	if err != nil {
		return nil, err
	}
	return added[0], nil
}

// seal takes resident numbers out of what we write.
func (s *Service) seal(x *domain.Interaction) error {
	inText := 0
	for _, t := range []struct {
		field string
		value *string
	}{{"subject", &x.Subject}, {"text", &x.Text}, {"html", &x.HTML}} {
		masked, found, err := s.Vault.Seal(t.field, *t.value)
		if err != nil {
			return err
		}
		*t.value, x.Sealed = masked, append(x.Sealed, found...)
		switch {
		case t.field == "text":
			inText = len(found)
		case t.field == "html" && len(found) < inText:
			x.HTML = "" // a number stands across tags, where it cannot be masked; the text says the same
		}
	}
	return nil
}

// add puts an entry into the transaction: a copy of it, since the transaction may run again.
func (s *Service) add(ctx context.Context, tx domain.Tx, q *domain.Inquiry, e entry, before domain.HeldInquiry, now time.Time) (*domain.Interaction, error) {
	if e.move != nil {
		if err := e.move(q, now); err != nil {
			return nil, err
		}
	}
	x := e.interaction
	x.Author = domain.ActorFrom(ctx).Ref()
	if x.ID == "" {
		x.ID = domain.Interactions.NewID()
	}
	x.InquiryID, x.CustomerID, x.HomeID, x.Account, x.Channel = q.ID, q.CustomerID, q.HomeID, q.Account, q.Channel
	x.OccurredAt, x.ReceivedAt = now, now
	if x.Subject == "" {
		x.Subject = q.Subject
	}
	q.LastInteractionAt, q.UpdatedAt = now, now
	if e.outbound {
		q.Answered(now)
		if err := s.addressMail(ctx, tx, q, &x); err != nil {
			return nil, err
		}
		hold(&x, e.hold, before, now)
	}
	if err := s.Prepare(ctx, tx, q, &x); err != nil {
		return nil, err
	}
	return &x, s.insert(ctx, tx, &x, e)
}

func (s *Service) insert(ctx context.Context, tx domain.Tx, x *domain.Interaction, e entry) error {
	for _, b := range e.blobs {
		record := *b
		if err := domain.Blobs.Insert(ctx, tx, &record); err != nil {
			return err
		}
	}
	if err := s.store(ctx, tx, x); err != nil {
		return err
	}
	if err := dropDraft(ctx, tx, x); err != nil {
		return err
	}
	return domain.Emit(ctx, tx, domain.Event{
		Type: e.verb, At: x.ReceivedAt, InquiryID: x.InquiryID, CustomerID: x.CustomerID, Subject: domain.Ref{Kind: "interaction", ID: x.ID}, Data: e.data,
	})
}

// store puts an interaction of ours into the history, with the jobs that it calls for.
func (s *Service) store(ctx context.Context, tx domain.Tx, x *domain.Interaction) error {
	if err := domain.Interactions.Insert(ctx, tx, x); err != nil {
		return err
	}
	for _, job := range s.FollowUps(x) {
		if err := domain.Jobs.Insert(ctx, tx, job); err != nil {
			return err
		}
	}
	return nil
}
