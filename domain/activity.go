package domain

import (
	"slices"
	"strings"
	"time"
)

// InquiryActivity says who is at an inquiry now, so that two do not answer the same customer. It is short-lived: what is not repeated ends by itself.
type InquiryActivity struct {
	Doc       `json:",inline"`
	InquiryID string     `json:"inquiryId"`
	Watchers  []Watcher  `json:"watchers"`            // who came first is first
	ExpiresAt *time.Time `json:"expiresAt,omitempty"` // the earliest end among the watchers; nil if there is none
}

// Watcher is one who is at an inquiry.
type Watcher struct {
	Agent string        `json:"agent"` // the subject of the token, which for an agent is the agent's key
	State ActivityState `json:"state"`
	Since time.Time     `json:"since"` // of the state
	Until time.Time     `json:"until"` // ends then unless it is repeated
}

// ActivityState is what somebody does at an inquiry.
type ActivityState string

// The states.
const (
	ActivityViewing ActivityState = "viewing"
	ActivityTyping  ActivityState = "typing"
	ActivityLeft    ActivityState = "left" // is told, never kept
)

// ActivityStates lists every state.
var ActivityStates = []ActivityState{ActivityViewing, ActivityTyping, ActivityLeft}

const (
	// ActivityTimeout is how long one is taken to be at an inquiry without saying so again. Clients repeat it every half of this.
	ActivityTimeout = 30 * time.Second
	// MaxWatchers is how many are shown at one inquiry.
	MaxWatchers = 100
)

// InquiryActivities holds who is at which inquiry, one document an inquiry at which somebody is.
var InquiryActivities = declare[InquiryActivity](Spec{
	Name: "activities", Prefix: "act", Noun: "activity",
	Indexes: []Index{{Name: "expires", Fields: []string{"expiresAt"}, Sparse: true}},
})

// ActivityID gives the id of an inquiry's activity.
func ActivityID(inquiryID string) string {
	_, own, _ := strings.Cut(inquiryID, "_")
	return InquiryActivities.Prefix + "_" + own
}

// Watcher gives what an agent does there, nil if nothing.
func (a *InquiryActivity) Watcher(agent string) *Watcher {
	i := slices.IndexFunc(a.Watchers, func(w Watcher) bool { return w.Agent == agent })
	if i < 0 {
		return nil
	}
	return &a.Watchers[i]
}

// Put notes what an agent does until now+ActivityTimeout, and reports whether others see a difference. Conflict if MaxWatchers are there already.
func (a *InquiryActivity) Put(agent string, state ActivityState, now time.Time) (differs bool, err error) {
	defer a.settle()
	if state == ActivityLeft {
		before := len(a.Watchers)
		a.Watchers = slices.DeleteFunc(a.Watchers, func(w Watcher) bool { return w.Agent == agent })
		return len(a.Watchers) < before, nil
	}
	w := a.Watcher(agent)
	if w == nil {
		if len(a.Watchers) >= MaxWatchers {
			return false, Errorf(Conflict, "%d are at this inquiry already", MaxWatchers)
		}
		a.Watchers = append(a.Watchers, Watcher{Agent: agent})
		w = &a.Watchers[len(a.Watchers)-1]
	}
	if differs = w.State != state; differs {
		w.State, w.Since = state, now
	}
	w.Until = now.Add(ActivityTimeout)
	return differs, nil
}

// Expire removes those whose time is over, and reports whether there were any.
func (a *InquiryActivity) Expire(now time.Time) bool {
	before := len(a.Watchers)
	a.Watchers = slices.DeleteFunc(a.Watchers, func(w Watcher) bool { return !w.Until.After(now) })
	a.settle()
	return len(a.Watchers) < before
}

func (a *InquiryActivity) settle() {
	a.ExpiresAt = nil
	for _, w := range a.Watchers {
		if a.ExpiresAt == nil || w.Until.Before(*a.ExpiresAt) {
			a.ExpiresAt = InstantPtr(w.Until)
		}
	}
}
