package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"sori/domain"
)

// Split says what is taken out of an inquiry.
type Split struct {
	Interactions []string // ids; at least one, and not all
	Subject      string   // of the new inquiry; none is that of the first interaction
}

// Split makes a new inquiry, of the same customer, from some of an inquiry's interactions: the customer raised two matters in one. The new one begins
// with the type, priority, queue and tags of the old. Invalid if an interaction is not of the inquiry, or none would stay.
func (s *Service) Split(ctx context.Context, id string, version int64, sp Split) (*domain.Inquiry, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryWrite); err != nil {
		return nil, err
	}
	if err := checkSplit(sp); err != nil {
		return nil, err
	}
	subject, found, err := s.Vault.Seal("subject", sp.Subject)
	if err != nil {
		return nil, err
	}
	number, err := s.Numbers.Next(ctx)
	if err != nil {
		return nil, err
	}
	fresh := domain.Inquiries.NewID()
	var out *domain.Inquiry
	err = s.commit(ctx, func(tx deskTx) error {
		q, moved, err := s.toSplit(ctx, tx, id, version, sp.Interactions)
		if err != nil {
			return err
		}
		out = splitOff(q, moved, s.Clock())
		out.ID, out.Number = fresh, number
		if strings.TrimSpace(subject) != "" {
			out.Subject, out.Sealed = subject, found
		}
		return s.recordSplit(ctx, tx, q, out, moved)
	})
	return out, err
}

func checkSplit(sp Split) error {
	var f domain.Faults
	if len(sp.Interactions) == 0 {
		f.Add("interactions", "required", "names none")
	}
	if len(sp.Interactions) > maxMoved {
		f.Add("interactions", "maxItems", "are more than %d", maxMoved)
	}
	domain.CheckText(&f, "subject", sp.Subject, maxSubject)
	return f.Err()
}

// toSplit reads the inquiry and the interactions that leave it, the oldest first.
func (s *Service) toSplit(ctx context.Context, tx domain.Tx, id string, version int64, ids []string) (*domain.Inquiry, []*domain.Interaction, error) {
	q, err := domain.Inquiries.Get(ctx, tx, id)
	if err != nil {
		return nil, nil, err
	}
	if version != 0 && version != q.Version {
		return nil, nil, domain.Errorf(domain.Stale, "the inquiry was changed since version %d", version)
	}
	if q.MergedInto != "" {
		return nil, nil, domain.Errorf(domain.Conflict, "the inquiry is merged into another")
	}
	found, err := domain.Interactions.GetMany(ctx, tx, ids)
	if err != nil {
		return nil, nil, err
	}
	var moved []*domain.Interaction
	for _, x := range found {
		if x.InquiryID == id {
			moved = append(moved, x)
		}
	}
	if slices.Sort(ids); len(moved) != len(slices.Compact(ids)) {
		return nil, nil, domain.InvalidField("interactions", "known", "are not all of this inquiry")
	}
	all, err := domain.Interactions.Find(ctx, tx, domain.Query{Index: "inquiry", Equal: []any{id}, Limit: len(moved) + 1})
	if err == nil && len(all) == len(moved) {
		err = domain.InvalidField("interactions", "rest", "are all that the inquiry has; one at least must stay")
	}
	slices.SortFunc(moved, func(a, b *domain.Interaction) int { return a.OccurredAt.Compare(b.OccurredAt) })
	return q, moved, err
}

func splitOff(q *domain.Inquiry, moved []*domain.Interaction, now time.Time) *domain.Inquiry {
	first, last := moved[0], moved[len(moved)-1]
	out := &domain.Inquiry{
		Subject: first.Subject, Status: domain.StatusOpen, StatusCategory: domain.CategoryOpen, Priority: q.Priority, Type: q.Type, Queue: q.Queue, Team: q.Team,
		CustomerID: q.CustomerID, HomeID: q.HomeID, Tier: q.Tier, Account: first.Account, Channel: first.Channel, Origin: q.Origin, Language: q.Language,
		Tags: slices.Clone(q.Tags), SplitFromID: q.ID, CreatedAt: now, UpdatedAt: now, LastInteractionAt: last.ReceivedAt, Unread: q.Unread, CustomerSince: q.CustomerSince, FirstAnsweredAt: q.FirstAnsweredAt,
	}
	for _, sealed := range first.Sealed {
		if sealed.Field == "subject" {
			out.Sealed = append(out.Sealed, sealed)
		}
	}
	out.SetDue(nil)
	return out
}

func (s *Service) recordSplit(ctx context.Context, tx deskTx, q, fresh *domain.Inquiry, moved []*domain.Interaction) error {
	if err := tx.clocks.Tick(ctx, tx, fresh, fresh.CreatedAt); err != nil {
		return err
	}
	if err := domain.Inquiries.Insert(ctx, tx, fresh); err != nil {
		return err
	}
	for _, x := range moved {
		x.InquiryID, x.HomeInquiry = fresh.ID, ""
		if err := domain.Interactions.Replace(ctx, tx, x); err != nil {
			return err
		}
	}
	if _, _, err := s.doIn(ctx, tx, q.ID, work{touch: true}); err != nil {
		return err
	}
	if err := domain.Emit(ctx, tx, domain.InquiryEvent(domain.EventInquirySplit, q, fresh.CreatedAt, map[string]any{"into": fresh.ID})); err != nil {
		return err
	}
	return domain.Emit(ctx, tx, domain.InquiryEvent(domain.EventInquiryCreated, fresh, fresh.CreatedAt, map[string]any{
		"number": fresh.Number, "channel": string(fresh.Channel), "splitFromId": q.ID,
	}))
}
