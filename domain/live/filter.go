package live

import (
	"slices"
	"strconv"
	"strings"

	"sori/domain"
)

// Filter chooses events of a stream; all that is given must hold. Empty fields choose nothing out.
type Filter struct {
	Types     []string // each is a type, or all of a noun: "inquiry.*"
	InquiryID string
	Queue     string // the queue that an inquiry is in when the event is read, or that it leaves by the event
	Assignee  string // whom an inquiry is assigned to when the event is read, or whom it leaves by the event; also whom the event names as its agent
}

// check finds fault with a filter that cannot be meant.
func (f Filter) check() error {
	var faults domain.Faults
	for i, t := range f.Types {
		if noun, verb, dot := strings.Cut(t, "."); noun == "" || !dot || verb == "" || strings.Contains(noun, "*") || verb != anyVerb && strings.Contains(verb, "*") {
			faults.Add("types."+strconv.Itoa(i), "format", "must be a type such as inquiry.assigned, or inquiry.*")
		}
	}
	return faults.Err()
}

const anyVerb = "*"

// place is where an event's inquiry is when the event is read.
type place struct{ queue, assignee string }

func placeOf(q *domain.Inquiry) place {
	if q == nil {
		return place{}
	}
	return place{q.Queue, q.Assignee}
}

func (f Filter) holds(e *domain.Event, at place) bool {
	return f.holdsType(e.Type) &&
		(f.InquiryID == "" || f.InquiryID == e.InquiryID) &&
		(f.Queue == "" || f.Queue == at.queue || f.Queue == left(e, "queue")) &&
		(f.Assignee == "" || f.Assignee == at.assignee || f.Assignee == left(e, "assignee") || f.Assignee == named(e))
}

func (f Filter) holdsType(t string) bool {
	return len(f.Types) == 0 || slices.ContainsFunc(f.Types, func(want string) bool {
		noun, all := strings.CutSuffix(want, "."+anyVerb)
		return want == t || all && nounOf(t) == noun
	})
}

func nounOf(eventType string) string {
	noun, _, _ := strings.Cut(eventType, ".")
	return noun
}

// needsPlace reports whether it takes the inquiry to judge an event.
func (f Filter) needsPlace() bool { return f.Queue != "" || f.Assignee != "" }

// left gives what a field of the inquiry was before an event that changed it, "" if it did not.
func left(e *domain.Event, field string) string {
	change, _ := e.Data[field].(map[string]any)
	before, _ := change["before"].(string)
	return before
}

// named gives the agent whom an event of an inquiry concerns though nothing is assigned yet, as an offer does; "" if there is none.
func named(e *domain.Event) string {
	agent, _ := e.Data["agent"].(string)
	if e.InquiryID == "" {
		return ""
	}
	return agent
}
