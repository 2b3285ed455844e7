package desk

import (
	"context"
	"time"

	"sori/domain"
)

// maxUndoSeconds is the longest that a mail can be held back so that it may be taken back.
const maxUndoSeconds = 300

// hold keeps a mail from being sent for a while. On the other channels others deliver at once, and nothing can be taken back.
func hold(x *domain.Interaction, wait time.Duration, before domain.HeldInquiry, now time.Time) {
	if wait <= 0 || x.Channel != domain.ChannelEmail {
		return
	}
	x.HoldUntil, x.Held = domain.InstantPtr(now.Add(wait)), &before
}

// Unsend takes back a mail of ours that is still held: it leaves the history, and its text is the author's draft again. The inquiry moves back to the status
// it had, unless something else moved it since. Only the author may, or who may change the organisation. Conflict if it is too late, or was never held.
func (s *Service) Unsend(ctx context.Context, interactionID string) (*domain.Draft, error) {
	actor, err := domain.Require(ctx, domain.ScopeInquiryWrite)
	if err != nil {
		return nil, err
	}
	var out *domain.Draft
	err = s.commit(ctx, func(tx deskTx) error {
		x, err := domain.Interactions.Get(ctx, tx, interactionID)
		if err != nil {
			return err
		}
		if x.Author != actor.Ref() && !actor.Has(domain.ScopeOrgWrite) {
			return &domain.Error{Code: domain.Forbidden, Message: "only its author may take it back"}
		}
		if err := s.dropHeld(ctx, tx, x); err != nil {
			return err
		}
		if out, err = keepAsDraft(ctx, tx, x, s.Clock()); err != nil {
			return err
		}
		return s.moveBack(ctx, tx, x)
	})
	return out, err
}

// dropHeld removes a held mail with the job that would send it. Taking the job is what decides between this and the sending: only one of both can have it.
func (s *Service) dropHeld(ctx context.Context, tx domain.Tx, x *domain.Interaction) error {
	late := domain.Errorf(domain.Conflict, "it is too late to take it back")
	if x.HoldUntil == nil || !x.HoldUntil.After(s.Clock()) {
		return late
	}
	job, err := domain.Jobs.First(ctx, tx, domain.Query{Index: "key", Equal: []any{domain.HeldMailKey(x.ID)}})
	if domain.IsCode(err, domain.NotFound) || err == nil && job.Lease != "" {
		return late
	}
	if err != nil {
		return err
	}
	if err := domain.Jobs.Delete(ctx, tx, job.ID); err != nil {
		return err
	}
	for _, a := range x.Attachments {
		if err := domain.Blobs.Delete(ctx, tx, a.BlobID); err != nil {
			return err
		}
	}
	if err := domain.Interactions.Delete(ctx, tx, x.ID); err != nil {
		return err
	}
	return domain.Emit(ctx, tx, domain.Event{
		Type: domain.EventInteractionUnsent, At: s.Clock(), InquiryID: x.InquiryID, CustomerID: x.CustomerID, Subject: domain.Ref{Kind: "interaction", ID: x.ID},
	})
}

// moveBack makes the inquiry what it was before the mail, if it still stands as the mail left it: the customer has no answer after all.
func (s *Service) moveBack(ctx context.Context, tx deskTx, x *domain.Interaction) error {
	_, _, err := s.doIn(ctx, tx, x.InquiryID, work{edit: func(q *domain.Inquiry, now time.Time) error {
		if q.Status != domain.StatusWaiting && q.Status != domain.StatusResolved || x.Held == nil {
			return nil
		}
		q.Unread, q.CustomerSince, q.FirstAnsweredAt = x.Held.Unread, x.Held.CustomerSince, x.Held.FirstAnsweredAt
		return q.MoveBack(x.Held.Status, now)
	}})
	return err
}
