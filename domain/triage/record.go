package triage

import (
	"context"
	"math"
	"slices"
	"time"

	"sori/domain"
)

// record commits what became of items and ends their jobs, all in one transaction. Where that fails, each is tried by itself, so that one holds up no other.
func (s *Service) record(ctx context.Context, set *domain.TriageSettings, items []*item) {
	items = slices.DeleteFunc(slices.Clone(items), func(it *item) bool { return it.err != nil })
	if len(items) == 0 || s.recordAll(ctx, set, items) == nil {
		return
	}
	for _, it := range items {
		err := s.recordAll(ctx, set, []*item{it})
		if domain.IsCode(err, domain.Stale) {
			continue // the lease was lost: another node has the message now
		}
		it.err = err
	}
}

func (s *Service) recordAll(ctx context.Context, set *domain.TriageSettings, items []*item) error {
	now := s.Clock()
	clocks, err := s.Clocks(ctx)
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		for _, it := range items {
			it.clocks = clocks
			if err := s.recordOne(ctx, tx, set, it, now); err != nil {
				return err
			}
			if err := domain.FinishJob(ctx, tx, it.job); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) recordOne(ctx context.Context, tx domain.Tx, set *domain.TriageSettings, it *item, now time.Time) error {
	if it.x == nil || it.q == nil {
		return nil // erased
	}
	q, err := domain.Inquiries.Get(ctx, tx, it.q.ID)
	if domain.IsCode(err, domain.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := domain.Classifications.Get(ctx, tx, domain.ClassificationID(q.ID))
	isNew := domain.IsCode(err, domain.NotFound)
	if isNew {
		c, err = &domain.Classification{Doc: domain.Doc{ID: domain.ClassificationID(q.ID)}, InquiryID: q.ID}, nil
	}
	if err != nil || c.InteractionID == it.x.ID {
		return err // it was recorded, and only the job's end was lost
	}
	if err := it.change(ctx, tx, set, q, c, now); err != nil {
		return err
	}
	if it.x.Kind != domain.KindMessage {
		return nil
	}
	first := c.Answer == nil
	it.describe(c, now)
	if isNew {
		err = domain.Classifications.Insert(ctx, tx, c)
	} else {
		err = domain.Classifications.Replace(ctx, tx, c)
	}
	if err != nil {
		return err
	}
	return it.tell(ctx, tx, q, first, now)
}

// describe writes into a classification what became of the message.
func (it *item) describe(c *domain.Classification, now time.Time) {
	c.InteractionID, c.Type, c.Confidence, c.Types = it.x.ID, it.typeKey, it.confidence(), it.verdict.Alternatives
	c.Decision, c.Reason, c.Templates, c.Rules, c.Model, c.At = it.decision, it.reason, it.suggested, it.ruling.fired, it.verdict.Model, now
	if it.answered != nil {
		c.AddAnswer(&domain.AutomaticAnswer{
			To: it.x.ID, InteractionID: it.answered.ID, TemplateID: it.templateID(), Type: it.typeKey, At: it.answered.ReceivedAt,
		})
	}
}

// confidence is that of the classifier, or certainty where a rule says the type.
func (it *item) confidence() float64 {
	if it.typeKey != it.verdict.Type {
		return 1
	}
	return it.verdict.Confidence
}

func (it *item) templateID() string {
	if it.template == nil {
		return ""
	}
	return it.template.ID
}

// change does to the inquiry what rules and classifier say. What people set stays, and so does the place of an inquiry that an agent has.
func (it *item) change(ctx context.Context, tx domain.Tx, set *domain.TriageSettings, q *domain.Inquiry, c *domain.Classification, now time.Time) error {
	before := changeable(q)
	actions := &it.ruling.actions
	if q.Assignee == "" {
		if actions.Type != "" && (q.Type == "" || q.Type == c.GivenType) {
			q.Type, c.GivenType = actions.Type, actions.Type
		}
		if q.Type == "" && it.verdict.InScope && it.verdict.Type != "" && it.verdict.Confidence >= set.TypeFrom {
			q.Type, c.GivenType = it.verdict.Type, it.verdict.Type
		}
		if actions.Priority != "" {
			q.Priority = actions.Priority
		}
		if actions.Queue != "" {
			q.Queue = actions.Queue
		}
	}
	for _, t := range actions.Tags {
		if !slices.Contains(q.Tags, t) && len(q.Tags) < maxInquiryTags {
			q.Tags = append(q.Tags, t)
		}
	}
	changes := domain.Changed(before, changeable(q))
	if len(changes) == 0 {
		return nil
	}
	q.UpdatedAt = now
	if err := it.clocks.Tick(ctx, tx, q, now); err != nil {
		return err
	}
	if err := domain.Inquiries.Replace(ctx, tx, q); err != nil {
		return err
	}
	return domain.Emit(ctx, tx, domain.InquiryEvent(domain.ChangeVerb(changes), q, now, changes))
}

const maxInquiryTags = 50

func changeable(q *domain.Inquiry) map[string]any {
	return map[string]any{"type": q.Type, "priority": q.Priority, "queue": q.Queue, "tags": slices.Clone(q.Tags)}
}

// tell puts into the feed what became of the message.
func (it *item) tell(ctx context.Context, tx domain.Tx, q *domain.Inquiry, first bool, now time.Time) error {
	data := map[string]any{
		"interactionId": it.x.ID, "type": it.typeKey, "confidence": math.Round(it.confidence()*1e4) / 1e4, "decision": string(it.decision), "reason": it.reason,
		"rules": anyStrings(it.ruling.fired), "model": it.verdict.Model,
	}
	if err := domain.Emit(ctx, tx, domain.InquiryEvent(domain.EventInquiryClassified, q, now, data)); err != nil || it.answered == nil {
		return err
	}
	return domain.Emit(ctx, tx, domain.InquiryEvent(domain.EventInquiryAnswered, q, now, map[string]any{
		"interactionId": it.answered.ID, "to": it.x.ID, "templateId": it.templateID(), "type": it.typeKey, "first": first,
	}))
}

func anyStrings(list []string) []any {
	out := make([]any, len(list))
	for i, x := range list {
		out[i] = x
	}
	return out
}
