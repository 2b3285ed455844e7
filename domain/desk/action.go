package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"sori/domain"
)

const maxSnooze = 365 * 24 * 60 * 60 // seconds

// Act does several things to an inquiry in one commit. version guards it. Invalid names every fault; Conflict if the status machine forbids the move, or
// the customer cannot be reached.
func (s *Service) Act(ctx context.Context, id string, version int64, a domain.Actions) (*domain.Inquiry, error) {
	w, err := s.workOf(ctx, id, a)
	if err != nil {
		return nil, err
	}
	w.version = version
	q, _, err := s.do(ctx, id, w)
	return q, err
}

// workOf makes actions ready for one inquiry: what needs no transaction is done here.
func (s *Service) workOf(ctx context.Context, id string, a domain.Actions) (work, error) {
	actor, err := domain.Require(ctx, domain.ScopeInquiryWrite)
	if err != nil {
		return work{}, err
	}
	if err := s.checkActing(ctx, &a); err != nil {
		return work{}, err
	}
	var w work
	if strings.TrimSpace(a.Note) != "" {
		w.entries = append(w.entries, noteEntry(Note{Text: a.Note}))
	}
	if r := a.Reply; r != nil {
		e, err := s.replyEntry(ctx, id, Reply{TemplateID: r.TemplateID, Text: r.Text, HTML: r.HTML})
		if err != nil {
			return work{}, err
		}
		w.entries = append(w.entries, e)
	}
	for i := range w.entries {
		if err := s.seal(&w.entries[i].interaction); err != nil {
			return work{}, err
		}
	}
	w.edit = func(q *domain.Inquiry, now time.Time) error { return s.applyActions(ctx, q, a, actor, now) }
	return w, nil
}

func (s *Service) applyActions(ctx context.Context, q *domain.Inquiry, a domain.Actions, actor domain.Actor, now time.Time) error {
	p := Patch{
		Type: a.Type, Queue: a.Queue, Team: a.Team, Assignee: a.Assignee, Priority: a.Priority, Status: a.Status, Disposition: a.Disposition, Custom: a.Custom,
	}
	if a.Assignee != nil && *a.Assignee == domain.ActingAgent {
		p.Assignee = &actor.ID
	}
	if a.Reply != nil && a.Status == nil && a.SnoozeSeconds == 0 {
		waiting := domain.StatusWaiting
		p.Status = &waiting
	}
	if len(a.AddTags)+len(a.RemoveTags) > 0 {
		tags := slices.DeleteFunc(slices.Clone(q.Tags), func(t string) bool { return slices.Contains(a.RemoveTags, t) })
		tags = append(tags, a.AddTags...)
		p.Tags = &tags
	}
	if err := s.apply(ctx, q, p, now); err != nil {
		return err
	}
	if a.SnoozeSeconds > 0 {
		return snooze(q, now.Add(time.Duration(a.SnoozeSeconds)*time.Second), now)
	}
	return nil
}

// checkActing wants agents, teams and queues that exist.
func (s *Service) checkActing(ctx context.Context, a *domain.Actions) error {
	p := Patch{Team: a.Team, Queue: a.Queue, Assignee: a.Assignee}
	if a.Assignee != nil && *a.Assignee == domain.ActingAgent {
		p.Assignee = nil
	}
	err := s.checkPlaces(ctx, &p)
	if a.Team, a.Queue = p.Team, p.Queue; p.Assignee != nil {
		a.Assignee = p.Assignee
	}
	return err
}

// checkActions wants actions that can be done to some inquiry, and at least one of them.
func (s *Service) checkActions(ctx context.Context, f *domain.Faults, a domain.Actions) error {
	if !anything(a) {
		f.Add("actions", "required", "do nothing")
	}
	if a.SnoozeSeconds < 0 || a.SnoozeSeconds > maxSnooze {
		f.Add("actions.snoozeSeconds", "range", "must be from 0 to %d", maxSnooze)
	}
	if a.SnoozeSeconds > 0 && a.Status != nil {
		f.Add("actions.snoozeSeconds", "status", "cannot go with a status")
	}
	domain.CheckText(f, "actions.note", a.Note, maxText)
	if r := a.Reply; r != nil {
		if r.TemplateID == "" && strings.TrimSpace(r.Text) == "" && strings.TrimSpace(r.HTML) == "" {
			f.Add("actions.reply", "required", "needs templateId, text or html")
		}
		domain.CheckText(f, "actions.reply.text", r.Text, maxText)
		domain.CheckText(f, "actions.reply.html", r.HTML, maxText)
	}
	if a.Status != nil && (a.Status.Category() == "" || *a.Status == domain.StatusNew || *a.Status == domain.StatusSnoozed) {
		f.Add("actions.status", "enum", "must be open, waiting, resolved or closed")
	}
	if err := s.checkActing(ctx, &a); domain.IsCode(err, domain.Invalid) {
		f.AddError("actions", err)
	} else if err != nil {
		return err
	}
	trial := domain.Inquiry{Status: domain.StatusNew}
	withoutEffect := a
	withoutEffect.Reply, withoutEffect.Status, withoutEffect.SnoozeSeconds = nil, nil, 0
	err := s.applyActions(ctx, &trial, withoutEffect, domain.Actor{ID: "somebody"}, s.Clock())
	if domain.IsCode(err, domain.Invalid) {
		f.AddError("actions", err)
		return nil
	}
	return err
}

func anything(a domain.Actions) bool {
	for _, p := range []*string{a.Type, a.Queue, a.Team, a.Assignee, a.Disposition} {
		if p != nil {
			return true
		}
	}
	return a.Priority != nil || a.Status != nil || len(a.AddTags)+len(a.RemoveTags)+len(a.Custom) > 0 || a.SnoozeSeconds > 0 || strings.TrimSpace(a.Note) != "" || a.Reply != nil
}
