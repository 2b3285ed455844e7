package domain

import "time"

// Macro is a set of actions that agents do often, under one name.
type Macro struct {
	Doc         `json:",inline"`
	Key         string    `json:"key"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Active      bool      `json:"active"`
	Actions     Actions   `json:"actions"`
	CreatedAt   time.Time `json:"createdAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
}

// Actions are what is done to an inquiry in one commit. What is left out stays as it is; an empty key takes a type, queue, team, assignee or disposition away.
type Actions struct {
	Type          *string        `json:"type,omitempty"`
	Queue         *string        `json:"queue,omitempty"`
	Team          *string        `json:"team,omitempty"`
	Assignee      *string        `json:"assignee,omitempty"` // ActingAgent is whoever does it
	Priority      *Priority      `json:"priority,omitempty"`
	Status        *Status        `json:"status,omitempty"`
	Disposition   *string        `json:"disposition,omitempty"`
	AddTags       []string       `json:"addTags,omitempty"`
	RemoveTags    []string       `json:"removeTags,omitempty"`
	Custom        map[string]any `json:"custom,omitempty"` // a field set to nil is removed
	SnoozeSeconds int            `json:"snoozeSeconds,omitempty"`
	Note          string         `json:"note,omitempty"`
	Reply         *ActionReply   `json:"reply,omitempty"`
}

// Clears names the fields that are taken away.
func (a Actions) Clears() []string {
	out := []string{}
	for _, f := range []struct {
		name  string
		value *string
	}{{"type", a.Type}, {"queue", a.Queue}, {"team", a.Team}, {"assignee", a.Assignee}, {"disposition", a.Disposition}} {
		if f.value != nil && *f.value == "" {
			out = append(out, f.name)
		}
	}
	return out
}

// ActingAgent as an assignee stands for whoever does the action.
const ActingAgent = "me"

// ActionReply answers the customer: with a template, filled in for the inquiry, or with a text of its own.
type ActionReply struct {
	TemplateID string `json:"templateId,omitempty"`
	Text       string `json:"text,omitempty"`
	HTML       string `json:"html,omitempty"`
}

// Macros holds the macros.
var Macros = declare[Macro](Spec{
	Name: "macros", Prefix: "mac", Noun: "macro",
	Indexes: []Index{
		{Name: "key", Fields: []string{"key"}, Unique: true},
		{Name: "created", Fields: []string{"createdAt"}},
	},
})
