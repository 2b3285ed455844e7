package desk

import (
	"context"
	"maps"
	"slices"
	"time"

	"sori/domain"
)

// work is what is done to one inquiry in one commit: its fields are changed, and interactions of ours are added.
type work struct {
	version int64                                  // guards it; 0 is no guard
	edit    func(*domain.Inquiry, time.Time) error // nil changes nothing; pure, since it may run again
	entries []entry                                // interactions that are added
	touch   bool                                   // the inquiry is written back though no field that people see has changed
	data    map[string]any                         // goes along with the event that tells of the change
}

// change is the way of every edit: read, guard, change, write back with its events, in one transaction.
func (s *Service) change(ctx context.Context, id string, version int64, edit func(*domain.Inquiry, time.Time) error) (*domain.Inquiry, error) {
	q, _, err := s.do(ctx, id, work{version: version, edit: edit})
	return q, err
}

// deskTx is a transaction in which the clocks of inquiries move.
type deskTx struct {
	domain.Tx
	clocks domain.Clockwork
}

// commit is a transaction that writes inquiries.
func (s *Service) commit(ctx context.Context, fn func(deskTx) error) error {
	clocks, err := s.Clocks(ctx)
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx domain.Tx) error { return fn(deskTx{tx, clocks}) })
}

// do carries out work in a transaction of its own.
func (s *Service) do(ctx context.Context, id string, w work) (out *domain.Inquiry, added []*domain.Interaction, err error) {
	ctx, end := domain.Step(ctx, "desk", "change")
	defer func() { end(err) }()
	if _, err := domain.Require(ctx, domain.ScopeInquiryWrite); err != nil {
		return nil, nil, err
	}
	err = s.commit(ctx, func(tx deskTx) error {
		out, added, err = s.doIn(ctx, tx, id, w)
		return err
	})
	return out, added, err
}

// doIn carries out work inside a transaction. Work that comes to nothing writes nothing.
func (s *Service) doIn(ctx context.Context, tx deskTx, id string, w work) (*domain.Inquiry, []*domain.Interaction, error) {
	now := s.Clock()
	q, err := domain.Inquiries.Get(ctx, tx, id)
	if err != nil {
		return nil, nil, err
	}
	if w.version != 0 && w.version != q.Version {
		return nil, nil, domain.Errorf(domain.Stale, "the inquiry was changed since version %d", w.version)
	}
	before := auditView(q)
	held := domain.HeldInquiry{Status: q.Status, Unread: q.Unread, CustomerSince: q.CustomerSince, FirstAnsweredAt: q.FirstAnsweredAt}
	if w.edit != nil {
		if err := w.edit(q, now); err != nil {
			return nil, nil, err
		}
	}
	var added []*domain.Interaction
	for _, e := range w.entries {
		x, err := s.add(ctx, tx, q, e, held, now)
		if err != nil {
			return nil, nil, err
		}
		added = append(added, x)
	}
	changes := domain.Changed(before, auditView(q))
	if len(changes) > 0 {
		q.UpdatedAt = now
	}
	if len(changes) > 0 || len(added) > 0 || w.touch {
		if err := tx.clocks.Tick(ctx, tx, q, now); err != nil {
			return nil, nil, err
		}
		if err := domain.Inquiries.Replace(ctx, tx, q); err != nil {
			return nil, nil, err
		}
	}
	return q, added, emitChanges(ctx, tx, q, changes, w.data, now)
}

func auditView(q *domain.Inquiry) map[string]any {
	return map[string]any{
		"subject": q.Subject, "status": q.Status, "priority": q.Priority, "type": q.Type, "queue": q.Queue, "team": q.Team, "assignee": q.Assignee,
		"tags": slices.Clone(q.Tags), "custom": q.Custom, "disposition": q.Disposition, "unread": q.Unread, "mergedInto": q.MergedInto, "snoozedUntil": q.SnoozedUntil, "dueAt": q.DueAt,
	}
}

// emitChanges tells what changed, by the verb that says it best. What a customer or an agent wrote freely is only told to have changed: events are for ever.
func emitChanges(ctx context.Context, tx domain.Tx, q *domain.Inquiry, changes, data map[string]any, now time.Time) error {
	for _, field := range []string{"subject", "custom"} {
		if _, ok := changes[field]; ok {
			changes[field] = map[string]any{"changed": true}
		}
	}
	if len(changes) == 0 {
		return nil
	}
	verb := verbOf(q, changes)
	maps.Copy(changes, data)
	return domain.Emit(ctx, tx, domain.InquiryEvent(verb, q, now, changes))
}

func verbOf(q *domain.Inquiry, changes map[string]any) string {
	if status, ok := changes["status"].(map[string]any); ok {
		before, _ := status["before"].(domain.Status)
		switch {
		case q.StatusCategory == domain.CategoryResolved && before.Category() != domain.CategoryResolved:
			return domain.EventInquiryResolved
		case before.Category() == domain.CategoryResolved && q.StatusCategory != domain.CategoryResolved:
			return domain.EventInquiryReopened
		}
	}
	return domain.ChangeVerb(changes)
}
