package triage

import (
	"context"
	"slices"
	"strconv"

	"sori/domain"
)

// DryRun is a message that rules are tried on without doing anything: one that came, by InteractionID, or one described here.
type DryRun struct {
	InteractionID string
	Channel       domain.Channel
	Account       string
	Tier          string
	Language      string
	Kind          domain.InteractionKind
	Sender        string
	Subject       string
	Text          string
	Rules         *[]RuleDraft // instead of those in force
}

// DryRunResult says what each rule did, in order, what all of them do together, and what the classifier makes of the message.
type DryRunResult struct {
	Rules   []RuleOutcome
	Actions domain.RuleActions
	Verdict Verdict
}

// DryRun tries rules. For a message that came it takes the scope inquiry:read besides triage:read. Invalid names every fault of the rules given; NotFound.
func (s *Service) DryRun(ctx context.Context, d DryRun) (*DryRunResult, error) {
	if _, err := domain.Require(ctx, domain.ScopeTriageRead); err != nil {
		return nil, err
	}
	cat, err := s.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	m, err := s.dryMessage(ctx, d)
	if err != nil {
		return nil, err
	}
	rules := cat.rules
	if d.Rules != nil {
		if rules, err = s.draftedRules(ctx, *d.Rules); err != nil {
			return nil, err
		}
	}
	res := &DryRunResult{}
	res.Actions = try(rules, m, func(o RuleOutcome) { res.Rules = append(res.Rules, o) }).actions
	res.Verdict, err = s.verdict(ctx, m.subject, m.text, m.language)
	return res, err
}

func (s *Service) dryMessage(ctx context.Context, d DryRun) (message, error) {
	if d.InteractionID == "" {
		var f domain.Faults
		domain.CheckText(&f, "text", d.Text, maxClassified)
		domain.CheckText(&f, "subject", d.Subject, maxClassified)
		if d.Kind == "" {
			d.Kind = domain.KindMessage
		}
		return message{
			channel: d.Channel, account: d.Account, tier: d.Tier, language: languageOf(d.Text, d.Language), kind: d.Kind, sender: d.Sender,
			subject: d.Subject, text: d.Text, at: s.Clock(),
		}, f.Err()
	}
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return message{}, err
	}
	x, err := domain.Interactions.Get(ctx, s.Store, d.InteractionID)
	if err != nil {
		return message{}, err
	}
	q, err := domain.Inquiries.Get(ctx, s.Store, x.InquiryID)
	if err != nil {
		return message{}, err
	}
	return messageOf(x, q), nil
}

// draftedRules compiles rules that are not stored, in their order.
func (s *Service) draftedRules(ctx context.Context, drafts []RuleDraft) ([]*compiledRule, error) {
	if len(drafts) > maxRules {
		return nil, domain.InvalidField("rules", "maxItems", "are more than %d", maxRules)
	}
	var out []*compiledRule
	var f domain.Faults
	for i, d := range drafts {
		r := &domain.Rule{Name: d.Name, Order: d.Order, Active: true, Conditions: d.Conditions, Actions: d.Actions}
		err := checkRule(ctx, s.Store, r)
		if err != nil && !domain.IsCode(err, domain.Invalid) {
			return nil, err
		}
		var c *compiledRule
		if err == nil {
			c, err = compileRule(r)
		}
		if err != nil {
			f.AddError("rules."+strconv.Itoa(i), err)
			continue
		}
		out = append(out, c)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(out, func(a, b *compiledRule) int { return a.Order - b.Order })
	return out, nil
}
