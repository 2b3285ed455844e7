package triage

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"sori/domain"
)

// RuleDraft is a rule to be made.
type RuleDraft struct {
	Name       string
	Order      int
	Conditions domain.RuleConditions
	Actions    domain.RuleActions
}

// RulePatch changes a rule. What is nil stays; Conditions and Actions replace all of them.
type RulePatch struct {
	Name       *string
	Order      *int
	Active     *bool
	Conditions *domain.RuleConditions
	Actions    *domain.RuleActions
}

// Limits of a rule, in bytes but for counts.
const (
	maxListed     = 100
	maxListedText = 200
	maxRegexp     = 500
	maxRuleOrder  = 1_000_000
)

var rules = domain.Kept[domain.Rule]{
	Collection: domain.Rules, Kind: "rule", Edition: domain.EditionCatalogue, Read: domain.ScopeTriageRead, Write: domain.ScopeTriageWrite,
	Head:  func(r *domain.Rule) *domain.Doc { return &r.Doc },
	Touch: func(r *domain.Rule, now time.Time) { r.UpdatedAt = now },
	View: func(r *domain.Rule) map[string]any {
		return map[string]any{"name": r.Name, "order": r.Order, "active": r.Active, "conditions": r.Conditions, "actions": r.Actions}
	},
	Check: checkRule,
}

// CreateRule makes a rule. Invalid names every fault; Conflict past 1000 rules.
func (s *Service) CreateRule(ctx context.Context, d RuleDraft) (*domain.Rule, error) {
	r := &domain.Rule{Name: d.Name, Order: d.Order, Active: true, Conditions: d.Conditions, Actions: d.Actions, CreatedAt: s.Clock()}
	if err := s.room(ctx, "rules", maxRules, func(c *catalogue) int { return len(c.rules) }); err != nil {
		return nil, err
	}
	return create(ctx, s, rules, r)
}

// EditRule changes a rule. version guards it as everywhere.
func (s *Service) EditRule(ctx context.Context, id string, version int64, p RulePatch) (*domain.Rule, error) {
	return edit(ctx, s, rules, id, version, func(r *domain.Rule) {
		domain.SetIf(&r.Name, p.Name)
		domain.SetIf(&r.Order, p.Order)
		domain.SetIf(&r.Active, p.Active)
		domain.SetIf(&r.Conditions, p.Conditions)
		domain.SetIf(&r.Actions, p.Actions)
	})
}

// DeleteRule removes a rule. NotFound if there is none.
func (s *Service) DeleteRule(ctx context.Context, id string) error {
	err := rules.Remove(ctx, s.Store, s.Clock(), id, 0)
	s.forget(rules.Edition)
	return err
}

// GetRule reads a rule.
func (s *Service) GetRule(ctx context.Context, id string) (*domain.Rule, error) {
	return get(ctx, s, domain.Rules, id)
}

// ListRules gives the rules in the order in which they are tried.
func (s *Service) ListRules(ctx context.Context, req domain.PageRequest) (domain.Page[domain.Rule], error) {
	return list(ctx, s, domain.Rules, req, domain.Query{Index: "order"})
}

func checkRule(ctx context.Context, r domain.Reader, rule *domain.Rule) error {
	var f domain.Faults
	domain.CheckText(&f, "name", rule.Name, maxName)
	if rule.Order < -maxRuleOrder || rule.Order > maxRuleOrder {
		f.Add("order", "range", "must be from -%d to %d", maxRuleOrder, maxRuleOrder)
	}
	checkConditions(&f, &rule.Conditions)
	checkActions(&f, &rule.Actions)
	if key := rule.Actions.Type; key != "" {
		if err := checkKnownType(ctx, r, &f, "actions.type", key); err != nil {
			return err
		}
	}
	if err := checkKnownQueue(ctx, r, &f, &rule.Actions); err != nil {
		return err
	}
	if id := rule.Actions.Template; id != "" {
		_, err := domain.Templates.Get(ctx, r, id)
		if domain.IsCode(err, domain.NotFound) {
			f.Add("actions.template", "known", "there is no template %q", domain.Clip(id, 80))
		} else if err != nil {
			return err
		}
	}
	return f.Err()
}

// checkKnownQueue wants the queue of a rule to be there, named by key or id, and names it by key from there on.
func checkKnownQueue(ctx context.Context, r domain.Reader, f *domain.Faults, a *domain.RuleActions) error {
	if a.Queue == "" {
		return nil
	}
	q, err := domain.Queues.First(ctx, r, domain.Query{Index: "key", Equal: []any{a.Queue}})
	if domain.IsCode(err, domain.NotFound) {
		q, err = domain.Queues.Get(ctx, r, a.Queue)
	}
	switch {
	case domain.IsCode(err, domain.NotFound):
		f.Add("actions.queue", "known", "there is no queue %q", domain.Clip(a.Queue, 80))
	case err != nil:
		return err
	default:
		a.Queue = q.Key
	}
	return nil
}

func checkConditions(f *domain.Faults, c *domain.RuleConditions) {
	lists := []struct {
		field string
		list  []string
	}{
		{"accounts", c.Accounts}, {"tiers", c.Tiers}, {"languages", c.Languages}, {"senders", c.Senders}, {"contains", c.Contains}, {"excludes", c.Excludes},
	}
	for _, l := range lists {
		checkListed(f, "conditions."+l.field, l.list)
	}
	for i, x := range c.Channels {
		if !slices.Contains(domain.Channels, x) {
			f.Add("conditions.channels."+strconv.Itoa(i), "enum", "there is no channel %q", domain.Clip(string(x), 40))
		}
	}
	for i, x := range c.Kinds {
		if !slices.Contains(customerKinds, x) {
			f.Add("conditions.kinds."+strconv.Itoa(i), "enum", "must be message, bounce, autoreply or feedback")
		}
	}
	for i, x := range c.Senders {
		if at := strings.LastIndexByte(x, '@'); at < 0 || at == len(x)-1 || strings.ContainsFunc(x, notOfAnAddress) {
			f.Add("conditions.senders."+strconv.Itoa(i), "format", "must be an e-mail address or @ and a domain")
		}
	}
	if len(c.Regexp) > maxRegexp {
		f.Add("conditions.regexp", "maxLength", "is longer than %d bytes", maxRegexp)
	} else if _, err := regexp.Compile(c.Regexp); err != nil {
		f.Add("conditions.regexp", "regexp", "is not RE2: %v", err)
	}
	if c.Time != nil {
		checkRuleTime(f, c.Time)
	}
}

// notOfAnAddress tells what stands in no address that a rule can name.
func notOfAnAddress(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>,;", r) }

// customerKinds are the kinds of what comes in.
var customerKinds = []domain.InteractionKind{domain.KindMessage, domain.KindBounce, domain.KindAutoreply, domain.KindFeedback}

func checkListed(f *domain.Faults, field string, list []string) {
	if len(list) > maxListed {
		f.Add(field, "maxItems", "are more than %d", maxListed)
		return
	}
	for i, x := range list {
		at := field + "." + strconv.Itoa(i)
		domain.CheckText(f, at, x, maxListedText)
		if strings.TrimSpace(x) == "" {
			f.Add(at, "required", "is empty")
		}
	}
}

func checkRuleTime(f *domain.Faults, t *domain.RuleTime) {
	if _, err := time.LoadLocation(t.Zone); err != nil || t.Zone == "" || t.Zone == "Local" {
		f.Add("conditions.time.zone", "zone", "must be a time zone such as Asia/Seoul")
	}
	if (t.From == "") != (t.To == "") {
		f.Add("conditions.time", "pair", "needs from and to, or neither")
	}
	for _, x := range []struct{ field, value string }{{"from", t.From}, {"to", t.To}} {
		if _, err := time.Parse(hourMinute, x.value); x.value != "" && err != nil {
			f.Add("conditions.time."+x.field, "format", "must be a time of day such as 09:00")
		}
	}
	for _, d := range t.Days {
		if d < 0 || d > 6 {
			f.Add("conditions.time.days", "range", "must be from 0 (Sunday) to 6")
		}
	}
}

func checkActions(f *domain.Faults, a *domain.RuleActions) {
	checkListed(f, "actions.tags", a.Tags)
	if a.Priority != "" && !slices.Contains(domain.Priorities, a.Priority) {
		f.Add("actions.priority", "enum", "there is no priority %q", domain.Clip(string(a.Priority), 40))
	}
	domain.CheckText(f, "actions.queue", a.Queue, maxListedText)
	if a.Answer && a.Template == "" {
		f.Add("actions.template", "required", "is needed to answer")
	}
	if a.Answer && a.People {
		f.Add("actions.people", "conflict", "cannot go with answer")
	}
}
