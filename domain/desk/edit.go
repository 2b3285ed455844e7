package desk

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"sori/domain"
)

// Patch changes an inquiry. What is nil stays; a custom field set to nil is removed; Tags replaces the whole list; an empty Type, Queue or
// Assignee takes it away.
type Patch struct {
	Subject     *string
	Status      *domain.Status
	Priority    *domain.Priority
	Type        *string
	Queue       *string
	Team        *string
	Assignee    *string
	Tags        *[]string
	Custom      map[string]any
	Disposition *string
}

// Limits of an inquiry's fields, in bytes but for counts.
const (
	maxSubject = 2000
	maxKey     = 200
	maxTags    = 50
	maxTag     = 100
)

// Edit changes an inquiry. version guards it: Stale if it is not the stored one; 0 is no guard. Invalid names every fault; Conflict if the status
// machine forbids the move.
func (s *Service) Edit(ctx context.Context, id string, version int64, p Patch) (*domain.Inquiry, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryWrite); err != nil {
		return nil, err
	}
	if err := s.checkPlaces(ctx, &p); err != nil {
		return nil, err
	}
	return s.change(ctx, id, version, func(q *domain.Inquiry, now time.Time) error { return s.apply(ctx, q, p, now) })
}

// Assign gives an inquiry to an agent, a team or a queue; what is empty is left as it is, and giving it to nobody is Invalid.
func (s *Service) Assign(ctx context.Context, id string, version int64, agent, team, queue string) (*domain.Inquiry, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryWrite); err != nil {
		return nil, err
	}
	if agent == "" && team == "" && queue == "" {
		return nil, domain.InvalidField("agent", "required", "needs one of agent, team and queue")
	}
	var p Patch
	for _, x := range []struct {
		value string
		field **string
	}{{agent, &p.Assignee}, {team, &p.Team}, {queue, &p.Queue}} {
		if x.value != "" {
			*x.field = &x.value
		}
	}
	return s.Edit(ctx, id, version, p)
}

// Resolve moves an inquiry to resolved, with the disposition if there is one.
func (s *Service) Resolve(ctx context.Context, id string, version int64, disposition string) (*domain.Inquiry, error) {
	status := domain.StatusResolved
	p := Patch{Status: &status}
	if disposition != "" {
		p.Disposition = &disposition
	}
	return s.Edit(ctx, id, version, p)
}

// Reopen moves a resolved inquiry to open. Conflict if it is closed.
func (s *Service) Reopen(ctx context.Context, id string, version int64) (*domain.Inquiry, error) {
	status := domain.StatusOpen
	return s.Edit(ctx, id, version, Patch{Status: &status})
}

// MarkRead says that somebody has looked at what the customer wrote, or, with unread, that somebody should look again.
func (s *Service) MarkRead(ctx context.Context, id string, unread bool) (*domain.Inquiry, error) {
	return s.change(ctx, id, 0, func(q *domain.Inquiry, _ time.Time) error {
		q.Unread = unread
		return nil
	})
}

// Snooze puts an inquiry away until a time, or until the customer writes. Invalid if the time is not ahead.
func (s *Service) Snooze(ctx context.Context, id string, version int64, until time.Time) (*domain.Inquiry, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryWrite); err != nil {
		return nil, err
	}
	now := s.Clock()
	if !until.After(now) || until.After(now.AddDate(1, 0, 0)) {
		return nil, domain.InvalidField("until", "range", "must be ahead, by at most a year")
	}
	return s.change(ctx, id, version, func(q *domain.Inquiry, now time.Time) error { return snooze(q, until, now) })
}

func (s *Service) apply(ctx context.Context, q *domain.Inquiry, p Patch, now time.Time) error {
	var f domain.Faults
	keys := []struct {
		field  string
		value  *string
		target *string
	}{
		{"type", p.Type, &q.Type}, {"queue", p.Queue, &q.Queue}, {"team", p.Team, &q.Team}, {"assignee", p.Assignee, &q.Assignee},
		{"disposition", p.Disposition, &q.Disposition},
	}
	for _, k := range keys {
		if k.value != nil {
			domain.CheckText(&f, k.field, *k.value, maxKey)
			*k.target = strings.TrimSpace(*k.value)
		}
	}
	if p.Assignee != nil {
		q.AssignedAt = domain.InstantPtr(now)
	}
	if p.Priority != nil {
		if q.Priority = *p.Priority; !slices.Contains(domain.Priorities, q.Priority) {
			f.Add("priority", "enum", "there is no priority %q", domain.Clip(string(q.Priority), 40))
		}
	}
	if p.Tags != nil {
		q.Tags = checkTags(&f, *p.Tags)
	}
	if p.Subject != nil {
		domain.CheckText(&f, "subject", *p.Subject, maxSubject)
	}
	if err := s.checkCustom(ctx, &f, p.Custom); err != nil {
		return err
	}
	if err := f.Err(); err != nil {
		return err
	}
	if p.Status != nil {
		if err := q.MoveTo(*p.Status, now); err != nil {
			return err
		}
	}
	return s.sealFree(q, p)
}

func snooze(q *domain.Inquiry, until, now time.Time) error {
	err := q.MoveTo(domain.StatusSnoozed, now)
	q.SnoozedUntil = domain.InstantPtr(until)
	return err
}

// checkCustom wants what custom fields can hold, and of those that are declared the values of their kind.
func (s *Service) checkCustom(ctx context.Context, f *domain.Faults, custom map[string]any) error {
	if len(custom) == 0 {
		return nil
	}
	domain.CheckFields(f, "custom", custom)
	kinds, err := s.kinds.Get(ctx)
	if err == nil {
		kinds.Check(f, "custom", custom)
	}
	return err
}

func checkTags(f *domain.Faults, tags []string) []string {
	if len(tags) > maxTags {
		f.Add("tags", "maxItems", "are more than %d", maxTags)
		return nil
	}
	var out []string
	for i, t := range tags {
		domain.CheckText(f, "tags."+strconv.Itoa(i), t, maxTag)
		if t = strings.TrimSpace(t); t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

func (s *Service) maskLabels(q *domain.Inquiry, p Patch) error {
	var labels []*string
	if p.Disposition != nil {
		labels = append(labels, &q.Disposition)
	}
	if p.Tags != nil {
		for i := range q.Tags {
			labels = append(labels, &q.Tags[i])
		}
	}
	return domain.MaskLabels(s.Vault, labels...)
}

// sealFree takes resident numbers out of what people wrote freely, and masks them in labels.
func (s *Service) sealFree(q *domain.Inquiry, p Patch) error {
	if err := s.maskLabels(q, p); err != nil {
		return err
	}
	seal := func(path, text string) (string, error) {
		masked, found, err := s.Vault.Seal(path, text)
		q.Sealed = append(domain.DropSealed(q.Sealed, path), found...)
		return masked, err
	}
	if p.Subject != nil {
		masked, err := seal("subject", *p.Subject)
		if err != nil {
			return err
		}
		q.Subject = masked
	}
	if p.Custom == nil {
		return nil
	}
	for k := range p.Custom {
		q.Sealed = domain.DropSealed(q.Sealed, "custom."+k)
	}
	fresh, err := domain.MapTexts("custom", p.Custom, seal)
	if err != nil {
		return err
	}
	merged := map[string]any{}
	for k, v := range q.Custom {
		merged[k] = v
	}
	for k, v := range fresh {
		if merged[k] = v; v == nil {
			delete(merged, k)
		}
	}
	q.Custom = merged
	return nil
}
