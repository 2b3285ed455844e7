package api

import (
	"sori/api/gen"
	"sori/api/wire"
	"sori/domain"
)

func actionsDraft(a gen.Actions) domain.Actions {
	out := domain.Actions{
		Type: a.Type.Pointer(), Queue: a.Queue.Pointer(), Team: a.Team.Pointer(), Assignee: a.Assignee.Pointer(), Disposition: a.Disposition.Pointer(),
		Priority: (*domain.Priority)(a.Priority), Status: (*domain.Status)(a.Status), AddTags: value(a.AddTags), RemoveTags: value(a.RemoveTags), Custom: value(a.Custom),
		SnoozeSeconds: value(a.SnoozeSeconds), Note: value(a.Note),
	}
	if r := a.Reply; r != nil {
		out.Reply = &domain.ActionReply{TemplateID: value(r.TemplateId), Text: value(r.Text), HTML: value(r.Html)}
	}
	return out
}

// actions gives what is to be done; what is to be left is left out, so that null is what is to be taken away.
func actions(a domain.Actions) gen.Actions {
	out := gen.Actions{
		Type: textOf(a.Type), Queue: textOf(a.Queue), Team: textOf(a.Team), Assignee: textOf(a.Assignee), Disposition: textOf(a.Disposition),
		Priority: (*gen.Priority)(a.Priority), Status: (*gen.ActionsStatus)(a.Status), AddTags: some(a.AddTags), RemoveTags: some(a.RemoveTags),
		SnoozeSeconds: null(a.SnoozeSeconds), Note: null(a.Note),
	}
	if a.Custom != nil {
		out.Custom = &a.Custom
	}
	if r := a.Reply; r != nil {
		out.Reply = &gen.ActionReply{TemplateId: null(r.TemplateID), Text: null(r.Text), Html: null(r.HTML)}
	}
	return out
}

func textOf(p *string) wire.Text { return wire.Text{Set: p != nil, Value: value(p)} }

// some leaves an empty list out.
func some[T any](list []T) *[]T {
	if len(list) == 0 {
		return nil
	}
	return &list
}
