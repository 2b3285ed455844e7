package triage

import (
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // so that a rule's time zone is known on a machine without a zone database

	"sori/domain"
)

// message is what rules are tried on.
type message struct {
	channel  domain.Channel
	account  string
	tier     string
	language string
	kind     domain.InteractionKind
	sender   string // e-mail address
	subject  string
	text     string
	at       time.Time
}

// maxMatched is how much of a text is looked at, in bytes.
const maxMatched = 64 << 10

const hourMinute = "15:04"

// compiledRule is a rule ready to be tried.
type compiledRule struct {
	*domain.Rule
	contains, excludes []string // in lower case
	senders            []string
	pattern            *regexp.Regexp
	zone               *time.Location
	from, to           int // minutes of the day; from < 0 is all day
}

func compileRule(r *domain.Rule) (*compiledRule, error) {
	c := &compiledRule{Rule: r, from: -1}
	c.contains, c.excludes, c.senders = lower(r.Conditions.Contains), lower(r.Conditions.Excludes), lower(r.Conditions.Senders)
	if r.Conditions.Regexp != "" {
		pattern, err := regexp.Compile(r.Conditions.Regexp)
		if err != nil {
			return nil, err
		}
		c.pattern = pattern
	}
	if t := r.Conditions.Time; t != nil {
		zone, err := time.LoadLocation(t.Zone)
		if err != nil {
			return nil, err
		}
		c.zone = zone
		if t.From != "" {
			c.from, c.to = minuteOf(t.From), minuteOf(t.To)
		}
	}
	return c, nil
}

func lower(list []string) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = strings.ToLower(strings.TrimSpace(x))
	}
	return out
}

func minuteOf(s string) int {
	t, err := time.Parse(hourMinute, s)
	if err != nil {
		return 0
	}
	return t.Hour()*60 + t.Minute()
}

// readable is a message made ready once for all rules.
type readable struct {
	message
	whole string // subject and text
	lower string
}

func makeReadable(m message) readable {
	whole := domain.Clip(m.subject+"\n"+m.text, maxMatched)
	return readable{message: m, whole: whole, lower: strings.ToLower(whole)}
}

// misses names the first condition that does not hold, "" if all do.
func (r *compiledRule) misses(m readable) string {
	c := &r.Conditions
	kinds := c.Kinds
	if len(kinds) == 0 {
		kinds = customerKinds[:1]
	}
	has := func(text string) bool { return strings.Contains(m.lower, text) }
	for _, x := range []struct {
		name  string
		holds bool
	}{
		{"kinds", slices.Contains(kinds, m.kind)},
		{"channels", anyOf(c.Channels, m.channel)},
		{"accounts", anyOf(c.Accounts, m.account)},
		{"tiers", anyOf(c.Tiers, m.tier)},
		{"languages", len(c.Languages) == 0 || slices.ContainsFunc(c.Languages, func(l string) bool { return speaks(m.language, l) })},
		{"senders", len(r.senders) == 0 || slices.ContainsFunc(r.senders, func(s string) bool { return sentBy(m.sender, s) })},
		{"time", r.zone == nil || r.holdsAt(m.at)},
		{"contains", len(r.contains) == 0 || slices.ContainsFunc(r.contains, has)},
		{"excludes", !slices.ContainsFunc(r.excludes, has)},
		{"regexp", r.pattern == nil || r.pattern.MatchString(m.whole)},
	} {
		if !x.holds {
			return x.name
		}
	}
	return ""
}

func anyOf[T comparable](list []T, x T) bool { return len(list) == 0 || slices.Contains(list, x) }

// speaks tells whether a language tag is a wanted one or a narrower one.
func speaks(tag, wanted string) bool {
	return strings.EqualFold(tag, wanted) || len(tag) > len(wanted) && tag[len(wanted)] == '-' && strings.EqualFold(tag[:len(wanted)], wanted)
}

func sentBy(address, wanted string) bool {
	address = strings.ToLower(address)
	return address == wanted || wanted[0] == '@' && strings.HasSuffix(address, wanted)
}

// holdsAt tells whether a moment lies in the rule's part of the week.
func (r *compiledRule) holdsAt(at time.Time) bool {
	local := at.In(r.zone)
	day, minute := int(local.Weekday()), local.Hour()*60+local.Minute()
	if r.from >= 0 {
		overnight := r.from >= r.to
		switch {
		case !overnight && (minute < r.from || minute >= r.to):
			return false
		case overnight && minute < r.from && minute >= r.to:
			return false
		case overnight && minute < r.to:
			day = (day + 6) % 7 // the period began the day before
		}
	}
	return anyOf(r.Conditions.Time.Days, day)
}

// RuleOutcome says what one rule did with a message.
type RuleOutcome struct {
	RuleID  string
	Name    string
	Fired   bool
	Missed  string // the first condition that did not hold; "stopped" if an earlier rule stopped the trial
	Actions domain.RuleActions
}

const missedStopped = "stopped"

// ruling is what all rules together do.
type ruling struct {
	fired   []string
	actions domain.RuleActions
}

// try tries the rules in order. Later actions win over earlier ones; tags add up. trace, if not nil, is told of every rule.
func try(rules []*compiledRule, m message, trace func(RuleOutcome)) ruling {
	var out ruling
	r := makeReadable(m)
	for _, rule := range rules {
		if !rule.Active {
			continue
		}
		o := RuleOutcome{RuleID: rule.ID, Name: rule.Name, Actions: rule.Actions, Missed: missedStopped}
		if !out.actions.Stop {
			o.Missed = rule.misses(r)
		}
		if o.Fired = o.Missed == ""; o.Fired {
			out.fired = append(out.fired, rule.ID)
			out.actions = combine(out.actions, rule.Actions)
		}
		if trace != nil {
			trace(o)
		} else if out.actions.Stop {
			break
		}
	}
	return out
}

func combine(a, b domain.RuleActions) domain.RuleActions {
	tags := slices.Clone(a.Tags)
	for _, t := range b.Tags {
		if t = strings.TrimSpace(t); !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	a.Tags = tags
	if b.Type != "" {
		a.Type = b.Type
	}
	if b.Priority != "" {
		a.Priority = b.Priority
	}
	if b.Queue != "" {
		a.Queue = b.Queue
	}
	if b.Template != "" {
		a.Template, a.Answer = b.Template, b.Answer
	}
	a.People = a.People || b.People
	a.Stop = b.Stop
	return a
}
