package triage

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sori/domain"
)

func TestConditions(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC) // 09:30 in Seoul
	base := message{
		channel: domain.ChannelEmail, account: "voc", tier: "vip", language: "ko-KR", kind: domain.KindMessage, sender: "Kim@Shop.test", subject: "환불 문의",
		text: "Order 1234 환불해 주세요", at: monday,
	}
	with := func(change func(*message)) message {
		m := base
		change(&m)
		return m
	}
	seoul := func(days []int, from, to string) *domain.RuleTime {
		return &domain.RuleTime{Zone: "Asia/Seoul", Days: days, From: from, To: to}
	}
	cases := []struct {
		name   string
		c      domain.RuleConditions
		m      message
		missed string
	}{
		{"nothing asked", domain.RuleConditions{}, base, ""},
		{"a machine's mail needs to be asked for", domain.RuleConditions{}, with(func(m *message) { m.kind = domain.KindBounce }), "kinds"},
		{"a machine's mail asked for", domain.RuleConditions{Kinds: []domain.InteractionKind{domain.KindBounce}}, with(func(m *message) { m.kind = domain.KindBounce }), ""},
		{"channel", domain.RuleConditions{Channels: []domain.Channel{domain.ChannelFax, domain.ChannelEmail}}, base, ""},
		{"another channel", domain.RuleConditions{Channels: []domain.Channel{domain.ChannelFax}}, base, "channels"},
		{"another account", domain.RuleConditions{Accounts: []string{"shop"}}, base, "accounts"},
		{"tier", domain.RuleConditions{Tiers: []string{"vip"}}, base, ""},
		{"another tier", domain.RuleConditions{Tiers: []string{"watch"}}, base, "tiers"},
		{"a language holds for its regions", domain.RuleConditions{Languages: []string{"KO"}}, base, ""},
		{"a region does not hold for the language", domain.RuleConditions{Languages: []string{"ko-KR"}}, with(func(m *message) { m.language = "ko" }), "languages"},
		{"a prefix is no language", domain.RuleConditions{Languages: []string{"k"}}, base, "languages"},
		{"sender without case", domain.RuleConditions{Senders: []string{"kim@shop.TEST"}}, base, ""},
		{"a domain", domain.RuleConditions{Senders: []string{"@shop.test"}}, base, ""},
		{"a longer domain is another", domain.RuleConditions{Senders: []string{"@op.test"}}, base, "senders"},
		{"in the subject", domain.RuleConditions{Contains: []string{"없음", "문의"}}, base, ""},
		{"without case", domain.RuleConditions{Contains: []string{"ORDER"}}, base, ""},
		{"not there", domain.RuleConditions{Contains: []string{"배송"}}, base, "contains"},
		{"excluded", domain.RuleConditions{Contains: []string{"환불"}, Excludes: []string{"order"}}, base, "excludes"},
		{"pattern", domain.RuleConditions{Regexp: `(?i)order \d{4}`}, base, ""},
		{"pattern not there", domain.RuleConditions{Regexp: `order \d{5}`}, base, "regexp"},
		{"in working hours", domain.RuleConditions{Time: seoul([]int{1}, "09:00", "18:00")}, base, ""},
		{"on another day", domain.RuleConditions{Time: seoul([]int{2}, "09:00", "18:00")}, base, "time"},
		{"the end is outside", domain.RuleConditions{Time: seoul(nil, "09:00", "09:30")}, base, "time"},
		{"overnight, after midnight, belongs to the day before", domain.RuleConditions{Time: seoul([]int{0}, "22:00", "09:31")}, base, ""},
		{"overnight, outside", domain.RuleConditions{Time: seoul(nil, "22:00", "09:00")}, base, "time"},
		{"a whole day", domain.RuleConditions{Time: seoul([]int{1}, "", "")}, base, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := compileRule(&domain.Rule{Conditions: c.c})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.misses(makeReadable(c.m)); got != c.missed {
				t.Errorf("missed %q, want %q", got, c.missed)
			}
		})
	}
}

func TestRulesAreTriedInOrder(t *testing.T) {
	t.Parallel()
	rule := func(name string, active bool, a domain.RuleActions, words ...string) *compiledRule {
		r, err := compileRule(&domain.Rule{Name: name, Active: active, Actions: a, Conditions: domain.RuleConditions{Contains: words}, Doc: domain.Doc{ID: name}})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	rules := []*compiledRule{
		rule("a", true, domain.RuleActions{Type: "one", Tags: []string{"x"}, Priority: "high"}),
		rule("off", false, domain.RuleActions{Type: "off"}),
		rule("b", true, domain.RuleActions{Type: "two", Tags: []string{"x", "y"}, Template: "t", Answer: true}),
		rule("missed", true, domain.RuleActions{Type: "three"}, "배송"),
		rule("c", true, domain.RuleActions{Queue: "q", Stop: true}),
		rule("late", true, domain.RuleActions{Type: "four"}),
	}
	var trace []string
	m := message{kind: domain.KindMessage, text: "환불"}
	traced := try(rules, m, func(o RuleOutcome) { trace = append(trace, o.Name+":"+o.Missed) })
	if got := fmt.Sprint(trace); got != "[a: b: missed:contains c: late:stopped]" {
		t.Error(got)
	}
	got := try(rules, m, nil)
	want := domain.RuleActions{Type: "two", Tags: []string{"x", "y"}, Priority: "high", Queue: "q", Template: "t", Answer: true, Stop: true}
	if fmt.Sprint(got.actions) != fmt.Sprint(want) || fmt.Sprint(got.fired) != "[a b c]" || fmt.Sprint(traced) != fmt.Sprint(got) {
		t.Errorf("%+v", got)
	}
}

func TestRuleFaults(t *testing.T) {
	t.Parallel()
	cases := map[string]domain.Rule{
		"conditions.regexp":     {Conditions: domain.RuleConditions{Regexp: "("}},
		"conditions.channels.0": {Conditions: domain.RuleConditions{Channels: []domain.Channel{"pigeon"}}},
		"conditions.kinds.0":    {Conditions: domain.RuleConditions{Kinds: []domain.InteractionKind{"note"}}},
		"conditions.senders.0":  {Conditions: domain.RuleConditions{Senders: []string{"shop.test"}}},
		"conditions.contains.0": {Conditions: domain.RuleConditions{Contains: []string{" "}}},
		"conditions.time.zone":  {Conditions: domain.RuleConditions{Time: &domain.RuleTime{Zone: "Mars/Base"}}},
		"conditions.time":       {Conditions: domain.RuleConditions{Time: &domain.RuleTime{Zone: "UTC", From: "09:00"}}},
		"conditions.time.to":    {Conditions: domain.RuleConditions{Time: &domain.RuleTime{Zone: "UTC", From: "09:00", To: "25:00"}}},
		"conditions.time.days":  {Conditions: domain.RuleConditions{Time: &domain.RuleTime{Zone: "UTC", Days: []int{7}}}},
		"actions.priority":      {Actions: domain.RuleActions{Priority: "highest"}},
		"actions.template":      {Actions: domain.RuleActions{Answer: true}},
		"order":                 {Order: maxRuleOrder + 1},
	}
	for i, sender := range []string{" @ ", "@", "a @shop.test", "Kim <kim@shop.test>"} {
		r := domain.Rule{Conditions: domain.RuleConditions{Senders: []string{sender}}}
		if err := checkRule(t.Context(), nil, &r); !slices.Contains(faultsOf(err), "conditions.senders.0") {
			t.Errorf("%d: the sender %q: %v", i, sender, err)
		}
	}
	for field, r := range cases {
		err := checkRule(t.Context(), nil, &r) // what names nothing reads nothing
		if !domain.IsCode(err, domain.Invalid) || len(faultsOf(err)) != 1 || faultsOf(err)[0] != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
