package domain

import "time"

// Rule does something to inquiries whose message meets its conditions. Rules are tried in their order.
type Rule struct {
	Doc        `json:",inline"`
	Name       string         `json:"name"`
	Order      int            `json:"order"` // the lower is tried first; equal ones by age
	Active     bool           `json:"active"`
	Conditions RuleConditions `json:"conditions"`
	Actions    RuleActions    `json:"actions"`
	CreatedAt  time.Time      `json:"createdAt"`
	UpdatedAt  time.Time      `json:"updatedAt"`
}

// RuleConditions are all that must hold. In a list one is enough; an empty list asks nothing.
type RuleConditions struct {
	Channels  []Channel         `json:"channels,omitempty"`
	Accounts  []string          `json:"accounts,omitempty"`
	Tiers     []string          `json:"tiers,omitempty"`
	Languages []string          `json:"languages,omitempty"` // BCP 47; "en" holds for "en-GB"
	Kinds     []InteractionKind `json:"kinds,omitempty"`     // none is messages only
	Senders   []string          `json:"senders,omitempty"`   // e-mail addresses; "@example.com" is everyone there
	Contains  []string          `json:"contains,omitempty"`  // in subject or text, without case
	Excludes  []string          `json:"excludes,omitempty"`  // none of these in subject or text
	Regexp    string            `json:"regexp,omitempty"`    // RE2, over subject, a line feed, and text
	Time      *RuleTime         `json:"time,omitempty"`
}

// RuleTime is a part of the week. From after To goes over midnight, and the days are those on which it begins.
type RuleTime struct {
	Zone string `json:"zone"`           // IANA: Asia/Seoul
	Days []int  `json:"days,omitempty"` // 0 is Sunday; none is every day
	From string `json:"from,omitempty"` // 09:00; with To, or neither
	To   string `json:"to,omitempty"`   // 18:00, exclusive
}

// RuleActions are what a rule does. What is empty is left as it is.
type RuleActions struct {
	Type     string   `json:"type,omitempty"`
	Tags     []string `json:"tags,omitempty"` // added
	Priority Priority `json:"priority,omitempty"`
	Queue    string   `json:"queue,omitempty"`
	Template string   `json:"template,omitempty"` // id; suggested first
	Answer   bool     `json:"answer,omitempty"`   // the template is sent without a person, where nothing forbids it
	People   bool     `json:"people,omitempty"`   // left to people, however sure the classifier is
	Stop     bool     `json:"stop,omitempty"`     // no later rule is tried
}

// Rules holds the rules.
var Rules = declare[Rule](Spec{
	Name: "rules", Prefix: "rul", Noun: "rule",
	Indexes: []Index{{Name: "order", Fields: []string{"order"}}},
})
