package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/triage"
)

// ListRules gives a page of the rules.
func (s *server) ListRules(ctx context.Context, r gen.ListRulesRequestObject) (gen.ListRulesResponseObject, error) {
	page, err := s.Triage.ListRules(ctx, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListRules200JSONResponse{Items: each(page.Items, rule), NextCursor: null(page.NextCursor)}, nil
}

// CreateRule makes a rule.
func (s *server) CreateRule(ctx context.Context, r gen.CreateRuleRequestObject) (gen.CreateRuleResponseObject, error) {
	x, err := s.Triage.CreateRule(ctx, ruleDraft(*r.Body))
	if err != nil {
		return nil, err
	}
	return gen.CreateRule201JSONResponse{OneRuleJSONResponse: oneRule(x)}, nil
}

// GetRule gives one rule.
func (s *server) GetRule(ctx context.Context, r gen.GetRuleRequestObject) (gen.GetRuleResponseObject, error) {
	x, err := s.Triage.GetRule(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetRule200JSONResponse{OneRuleJSONResponse: oneRule(x)}, nil
}

// UpdateRule changes a rule.
func (s *server) UpdateRule(ctx context.Context, r gen.UpdateRuleRequestObject) (gen.UpdateRuleResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	p := triage.RulePatch{Name: b.Name, Order: b.Order, Active: b.Active}
	if b.Conditions != nil {
		c := ruleConditionsDraft(b.Conditions)
		p.Conditions = &c
	}
	if b.Actions != nil {
		a := ruleActionsDraft(b.Actions)
		p.Actions = &a
	}
	x, err := s.Triage.EditRule(ctx, r.Id, version, p)
	if err != nil {
		return nil, err
	}
	return gen.UpdateRule200JSONResponse{OneRuleJSONResponse: oneRule(x)}, nil
}

// DeleteRule removes a rule.
func (s *server) DeleteRule(ctx context.Context, r gen.DeleteRuleRequestObject) (gen.DeleteRuleResponseObject, error) {
	if err := s.Triage.DeleteRule(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteRule200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

// DryRunRules tries rules on a message.
func (s *server) DryRunRules(ctx context.Context, r gen.DryRunRulesRequestObject) (gen.DryRunRulesResponseObject, error) {
	b := r.Body
	d := triage.DryRun{
		InteractionID: value(b.InteractionId), Channel: domain.Channel(value(b.Channel)), Account: value(b.Account), Tier: value(b.Tier), Language: value(b.Language),
		Kind: domain.InteractionKind(value(b.Kind)), Sender: value(b.Sender), Subject: value(b.Subject), Text: value(b.Text),
	}
	if b.Rules != nil {
		drafts := each(*b.Rules, ruleDraft)
		d.Rules = &drafts
	}
	out, err := s.Triage.DryRun(ctx, d)
	if err != nil {
		return nil, err
	}
	return gen.DryRunRules200JSONResponse{Rules: each(out.Rules, ruleOutcome), Actions: ruleActions(out.Actions), Verdict: verdict(out.Verdict)}, nil
}

func oneRule(x *domain.Rule) gen.OneRuleJSONResponse {
	return gen.OneRuleJSONResponse{Body: rule(x), Headers: gen.OneRuleResponseHeaders{ETag: etag(x.Version)}}
}

func rule(x *domain.Rule) gen.Rule {
	return gen.Rule{
		Id: x.ID, Name: null(x.Name), Order: x.Order, Active: x.Active, Conditions: ruleConditions(x.Conditions), Actions: ruleActions(x.Actions),
		CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt, Version: x.Version,
	}
}

func ruleConditions(c domain.RuleConditions) gen.RuleConditions {
	out := gen.RuleConditions{
		Channels: each(c.Channels, func(x domain.Channel) gen.Channel { return gen.Channel(x) }),
		Accounts: list(c.Accounts), Tiers: list(c.Tiers), Languages: list(c.Languages),
		Kinds:   each(c.Kinds, func(x domain.InteractionKind) gen.InteractionKind { return gen.InteractionKind(x) }),
		Senders: list(c.Senders), Contains: list(c.Contains), Excludes: list(c.Excludes), Regexp: null(c.Regexp),
	}
	if t := c.Time; t != nil {
		out.Time = &gen.RuleTime{Zone: t.Zone, Days: list(t.Days), From: null(t.From), To: null(t.To)}
	}
	return out
}

func ruleActions(a domain.RuleActions) gen.RuleActions {
	return gen.RuleActions{
		Type: null(a.Type), Tags: list(a.Tags), Priority: nullAs[gen.Priority](a.Priority), Queue: null(a.Queue), Template: null(a.Template), Answer: a.Answer,
		People: a.People, Stop: a.Stop,
	}
}

func ruleOutcome(o triage.RuleOutcome) gen.RuleOutcome {
	return gen.RuleOutcome{RuleId: null(o.RuleID), Name: null(o.Name), Fired: o.Fired, Missed: null(o.Missed), Actions: ruleActions(o.Actions)}
}

func ruleDraft(d gen.RuleDraft) triage.RuleDraft {
	return triage.RuleDraft{Name: value(d.Name), Order: value(d.Order), Conditions: ruleConditionsDraft(d.Conditions), Actions: ruleActionsDraft(d.Actions)}
}

func ruleConditionsDraft(d *gen.RuleConditionsDraft) domain.RuleConditions {
	if d == nil {
		return domain.RuleConditions{}
	}
	out := domain.RuleConditions{
		Channels: each(value(d.Channels), func(x gen.Channel) domain.Channel { return domain.Channel(x) }),
		Accounts: value(d.Accounts), Tiers: value(d.Tiers), Languages: value(d.Languages),
		Kinds:   each(value(d.Kinds), func(x gen.InteractionKind) domain.InteractionKind { return domain.InteractionKind(x) }),
		Senders: value(d.Senders), Contains: value(d.Contains), Excludes: value(d.Excludes), Regexp: value(d.Regexp),
	}
	if t := d.Time; t != nil {
		out.Time = &domain.RuleTime{Zone: t.Zone, Days: value(t.Days), From: value(t.From), To: value(t.To)}
	}
	return out
}

func ruleActionsDraft(d *gen.RuleActionsDraft) domain.RuleActions {
	if d == nil {
		return domain.RuleActions{}
	}
	return domain.RuleActions{
		Type: value(d.Type), Tags: value(d.Tags), Priority: domain.Priority(value(d.Priority)), Queue: value(d.Queue), Template: value(d.Template),
		Answer: value(d.Answer), People: value(d.People), Stop: value(d.Stop),
	}
}
