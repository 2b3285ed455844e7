package desk

import (
	"context"
	"strings"
	"time"

	"sori/domain"
)

// Note is a private remark on an inquiry.
type Note struct {
	Text     string
	Mentions []string // subjects of those who should see it
}

const maxText = 1 << 20

// AddNote puts a note on an inquiry. Invalid if it is empty; NotFound.
func (s *Service) AddNote(ctx context.Context, inquiryID string, n Note) (*domain.Interaction, error) {
	var f domain.Faults
	if strings.TrimSpace(n.Text) == "" {
		f.Add("text", "required", "is empty")
	}
	domain.CheckText(&f, "text", n.Text, maxText)
	if err := f.Err(); err != nil {
		return nil, err
	}
	mentions := make([]any, len(n.Mentions))
	for i, m := range n.Mentions {
		mentions[i] = domain.Clip(m, maxKey)
	}
	x := domain.Interaction{Direction: domain.InternalNote, Kind: domain.KindNote, Text: n.Text}
	return s.write(ctx, inquiryID, entry{interaction: x, verb: domain.EventNoteAdded, data: map[string]any{"mentions": mentions}})
}

// entry is an interaction of ours that is to be written.
type entry struct {
	interaction domain.Interaction
	verb        string
	data        map[string]any
	blobs       []*domain.Blob
	outbound    bool
	move        func(*domain.Inquiry, time.Time) error // of the inquiry, with it
}

// write adds an interaction of ours to an inquiry, with its event and its jobs, in one commit.
func (s *Service) write(ctx context.Context, inquiryID string, e entry) (*domain.Interaction, error) {
	x := e.interaction
	if err := s.sealInteraction(&x); err != nil {
		return nil, err
	}
	x.Author = domain.ActorFrom(ctx).Ref()
	if e.move == nil {
		e.move = func(*domain.Inquiry, time.Time) error { return nil }
	}
	var out *domain.Interaction
	add := func(tx domain.Tx, q *domain.Inquiry) error {
		own := x
		out = &own
		return s.insert(ctx, tx, q, out, e)
	}
	_, err := s.change(ctx, inquiryID, 0, add, e.move)
	return out, err
}

func (s *Service) sealInteraction(x *domain.Interaction) error {
	for _, t := range []struct {
		field string
		value *string
	}{{"subject", &x.Subject}, {"text", &x.Text}, {"html", &x.HTML}} {
		masked, found, err := s.Vault.Seal(t.field, *t.value)
		if err != nil {
			return err
		}
		*t.value, x.Sealed = masked, append(x.Sealed, found...)
	}
	return nil
}

func (s *Service) insert(ctx context.Context, tx domain.Tx, q *domain.Inquiry, x *domain.Interaction, e entry) error {
	now := s.Clock()
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
		if err := s.addressMail(ctx, tx, q, x); err != nil {
			return err
		}
	}
	if err := s.Prepare(ctx, tx, q, x); err != nil {
		return err
	}
	for _, b := range e.blobs {
		record := *b
		if err := domain.Blobs.Insert(ctx, tx, &record); err != nil {
			return err
		}
	}
	if err := domain.Interactions.Insert(ctx, tx, x); err != nil {
		return err
	}
	for _, job := range s.FollowUps(x) {
		if err := domain.Jobs.Insert(ctx, tx, job); err != nil {
			return err
		}
	}
	return domain.Emit(ctx, tx, domain.Event{
		Type: e.verb, At: now, InquiryID: q.ID, CustomerID: q.CustomerID, Subject: domain.Ref{Kind: "interaction", ID: x.ID}, Data: e.data,
	})
}
