package desk

import (
	"cmp"
	"context"
	"time"

	"sori/domain"
)

// maxMoved is the most interactions that a merge, its undo or a split moves.
const maxMoved = 1000

// MergeInquiries puts an inquiry into another of the same customer: its interactions become the other's, it is closed, and what the customer still writes to it
// comes to the other. Invalid (Field = into) for an inquiry of another customer, or itself; Conflict if one of them is merged already.
func (s *Service) MergeInquiries(ctx context.Context, from, into string, version int64) (*domain.Inquiry, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryWrite); err != nil {
		return nil, err
	}
	var out *domain.Inquiry
	err := s.commit(ctx, func(tx deskTx) error {
		a, b, err := mergePair(ctx, tx, from, into)
		if err != nil {
			return err
		}
		if version != 0 && version != a.Version {
			return domain.Errorf(domain.Stale, "the inquiry was changed since version %d", version)
		}
		record := &domain.InquiryMerge{
			From: from, Into: into, Status: a.Status, StatusCategory: a.StatusCategory, ResolvedAt: a.ResolvedAt, SnoozedUntil: a.SnoozedUntil,
			Unread: a.Unread, SLA: a.SLA, Other: domain.OtherOf(b), At: s.Clock(),
		}
		if err := domain.InquiryMerges.Insert(ctx, tx, record); err != nil {
			return err
		}
		if err := s.closeInto(ctx, tx, a, b); err != nil {
			return err
		}
		out, err = s.takeOver(ctx, tx, a, b)
		return err
	})
	return out, err
}

func mergePair(ctx context.Context, tx domain.Tx, from, into string) (a, b *domain.Inquiry, err error) {
	if from == into {
		return nil, nil, domain.InvalidField("into", "other", "an inquiry cannot be merged into itself")
	}
	if a, err = domain.Inquiries.Get(ctx, tx, from); err != nil {
		return nil, nil, err
	}
	b, err = domain.Inquiries.Get(ctx, tx, into)
	switch {
	case domain.IsCode(err, domain.NotFound):
		return nil, nil, domain.InvalidField("into", "known", "there is no inquiry %q", domain.Clip(into, 80))
	case err != nil:
		return nil, nil, err
	case a.CustomerID != b.CustomerID:
		return nil, nil, domain.InvalidField("into", "customer", "is another customer's inquiry; merge the customers first")
	case a.MergedInto != "" || b.MergedInto != "":
		return nil, nil, domain.Errorf(domain.Conflict, "one of them is merged into another inquiry already")
	}
	return a, b, nil
}

// closeInto closes the inquiry that is merged.
func (s *Service) closeInto(ctx context.Context, tx deskTx, a, b *domain.Inquiry) error {
	_, _, err := s.doIn(ctx, tx, a.ID, work{edit: func(q *domain.Inquiry, now time.Time) error {
		q.MergedInto, q.Unread = b.ID, false
		return q.MoveBack(domain.StatusClosed, now)
	}})
	if err != nil {
		return err
	}
	return moveInteractions(ctx, tx, domain.Query{Index: "inquiry", Equal: []any{a.ID}}, func(x *domain.Interaction) {
		if x.HomeInquiry == "" {
			x.HomeInquiry = a.ID
		}
		x.InquiryID = b.ID
	})
}

// takeOver lets the other inquiry have what was said last, and tells of it.
func (s *Service) takeOver(ctx context.Context, tx deskTx, a, b *domain.Inquiry) (*domain.Inquiry, error) {
	q, _, err := s.doIn(ctx, tx, b.ID, work{edit: func(q *domain.Inquiry, now time.Time) error {
		if a.LastInteractionAt.After(q.LastInteractionAt) {
			q.LastInteractionAt = a.LastInteractionAt
		}
		q.UpdatedAt = now
		q.Unread = q.Unread || a.Unread
		if a.CustomerSince != nil && (q.CustomerSince == nil || a.CustomerSince.Before(*q.CustomerSince)) {
			q.CustomerSince = a.CustomerSince
		}
		if a.StatusCategory == domain.CategoryOpen && a.CustomerSince != nil && q.StatusCategory != domain.CategoryOpen {
			return q.MoveBack(domain.StatusOpen, now) // the customer waits for an answer, which is to be given here now
		}
		return nil
	}, touch: true})
	if err != nil {
		return nil, err
	}
	return q, s.tellPair(ctx, tx, domain.EventInquiryMerged, a, b.ID)
}

// UnmergeInquiry undoes a merge: the inquiry has its own interactions again, and those that came for it since, and the status it had. The other
// keeps everything else. Conflict if it is not merged.
func (s *Service) UnmergeInquiry(ctx context.Context, id string) (*domain.Inquiry, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryWrite); err != nil {
		return nil, err
	}
	var out *domain.Inquiry
	err := s.commit(ctx, func(tx deskTx) error {
		if _, err := domain.Inquiries.Get(ctx, tx, id); err != nil {
			return err
		}
		record, err := domain.InquiryMerges.First(ctx, tx, domain.Query{Index: "from", Equal: []any{id}})
		if domain.IsCode(err, domain.NotFound) {
			return domain.Errorf(domain.Conflict, "the inquiry is not merged into another")
		}
		if err != nil {
			return err
		}
		if err := domain.InquiryMerges.Delete(ctx, tx, record.ID); err != nil {
			return err
		}
		out, err = s.giveBack(ctx, tx, record)
		return err
	})
	return out, err
}

func (s *Service) giveBack(ctx context.Context, tx deskTx, m *domain.InquiryMerge) (*domain.Inquiry, error) {
	last, err := s.moveHome(ctx, tx, m)
	if err != nil {
		return nil, err
	}
	if err := s.partFrom(ctx, tx, m); err != nil {
		return nil, err
	}
	q, _, err := s.doIn(ctx, tx, m.From, work{edit: func(q *domain.Inquiry, now time.Time) error {
		q.MergedInto = ""
		if m.SLA != nil { // its clocks ran on: the customer waited all the while
			q.SLA = m.SLA
		}
		if last.After(q.LastInteractionAt) { // the customer wrote in the meantime
			q.LastInteractionAt = last
			q.CustomerWrote(now)
			return q.MoveBack(domain.StatusOpen, now)
		}
		err := q.MoveBack(m.Status, now)
		q.ResolvedAt, q.SnoozedUntil, q.Unread = m.ResolvedAt, m.SnoozedUntil, m.Unread
		return err
	}})
	if err != nil {
		return nil, err
	}
	return q, s.tellPair(ctx, tx, domain.EventInquiryUnmerged, q, m.Into)
}

// partFrom leaves the other inquiry as it would be without the one that is taken out of it. Whoever takes something in for that one meanwhile writes to the other, too, so that
// one of both is carried out anew.
func (s *Service) partFrom(ctx context.Context, tx deskTx, m *domain.InquiryMerge) error {
	id := m.Into
	for range maxMoved { // it may have been merged further
		q, err := domain.Inquiries.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if q.MergedInto == "" {
			break
		}
		id = q.MergedInto
	}
	latest, err := domain.Interactions.Find(ctx, tx, domain.Query{Index: "inquiry", Equal: []any{id}, Reverse: true, Limit: latestLooked})
	if err != nil {
		return err
	}
	_, _, err = s.doIn(ctx, tx, id, work{touch: true, edit: func(q *domain.Inquiry, now time.Time) error {
		if id != m.Into || m.Other.Status == "" {
			return nil
		}
		return restoreOther(q, m, latest, now)
	}})
	return err
}

// restoreOther gives an inquiry back how it stood before a merge, but for what was said in it since. The latest come first.
func restoreOther(q *domain.Inquiry, m *domain.InquiryMerge, latest []*domain.Interaction, now time.Time) error {
	old, wrote, quiet := m.Other, (*time.Time)(nil), true
	q.LastInteractionAt = old.LastInteractionAt
	for _, x := range latest {
		if !x.ReceivedAt.After(m.At) {
			continue
		}
		quiet = false
		if x.ReceivedAt.After(q.LastInteractionAt) {
			q.LastInteractionAt = x.ReceivedAt
		}
		if x.Direction == domain.Inbound && x.Kind == domain.KindMessage {
			wrote = &x.ReceivedAt
		}
	}
	q.Unread = q.Unread && (old.Unread || wrote != nil)
	if q.CustomerSince != nil { // nobody has answered since
		q.CustomerSince = cmp.Or(old.CustomerSince, wrote)
	}
	if quiet && q.Status == domain.StatusOpen && old.Status != domain.StatusOpen {
		err := q.MoveBack(old.Status, now)
		q.ResolvedAt, q.SnoozedUntil = old.ResolvedAt, old.SnoozedUntil
		return err
	}
	return nil
}

// moveHome gives back the interactions of the inquiry, and of those that had been merged into it before, and tells when the customer wrote last.
func (s *Service) moveHome(ctx context.Context, tx domain.Tx, m *domain.InquiryMerge) (last time.Time, err error) {
	homes := []string{m.From}
	for i := 0; i < len(homes) && len(homes) < maxMoved; i++ {
		merges, err := domain.InquiryMerges.Find(ctx, tx, domain.Query{Index: "into", Equal: []any{homes[i]}, Limit: maxMoved})
		if err != nil {
			return last, err
		}
		for _, earlier := range merges {
			homes = append(homes, earlier.From)
		}
	}
	for _, home := range homes {
		err := moveInteractions(ctx, tx, domain.Query{Index: "homeInquiry", Equal: []any{home}}, func(x *domain.Interaction) {
			x.InquiryID = m.From
			if x.HomeInquiry == m.From {
				x.HomeInquiry = ""
			}
			if x.Direction == domain.Inbound && x.Kind == domain.KindMessage && x.ReceivedAt.After(last) {
				last = x.ReceivedAt
			}
		})
		if err != nil {
			return last, err
		}
	}
	return last, nil
}

// moveInteractions changes all interactions that a query finds. Conflict if they are more than maxMoved.
func moveInteractions(ctx context.Context, tx domain.Tx, q domain.Query, change func(*domain.Interaction)) error {
	q.Limit = maxMoved + 1
	found, err := domain.Interactions.Find(ctx, tx, q)
	if err != nil {
		return err
	}
	if len(found) > maxMoved {
		return domain.Errorf(domain.Conflict, "the inquiry has more than %d interactions", maxMoved)
	}
	for _, x := range found {
		change(x)
		if err := domain.Interactions.Replace(ctx, tx, x); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) tellPair(ctx context.Context, tx domain.Tx, verb string, q *domain.Inquiry, other string) error {
	return domain.Emit(ctx, tx, domain.InquiryEvent(verb, q, s.Clock(), map[string]any{"into": other}))
}
