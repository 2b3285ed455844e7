package live

import (
	"testing"

	"sori/domain"
)

func TestAFilterThatCannotBeMeantIsRefused(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"inquiry.created": true, "inquiry.*": true, "*": false, "inquiry": false, "*.created": false, "inquiry.cr*": false, ".x": false, "x.": false} {
		err := Filter{Types: []string{"a.b", name}}.check()
		if (err == nil) != want {
			t.Errorf("%q: %v", name, err)
		}
		if err != nil && domain.CodeOf(err) != domain.Invalid {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	moved := &domain.Event{Type: domain.EventInquiryAssigned, InquiryID: "inq_1", Data: map[string]any{"queue": map[string]any{"before": "refund", "after": "vip"}, "assignee": map[string]any{"before": "lee", "after": "kim"}, "agent": "park"}}
	for name, c := range map[string]struct {
		filter Filter
		queue  string
		want   bool
	}{
		"everything":         {Filter{}, "", true},
		"its type":           {Filter{Types: []string{domain.EventInquiryAssigned}}, "", true},
		"another type":       {Filter{Types: []string{domain.EventNoteAdded}}, "", false},
		"its inquiry":        {Filter{InquiryID: "inq_1"}, "", true},
		"another inquiry":    {Filter{InquiryID: "inq_2"}, "", false},
		"the queue it is in": {Filter{Queue: "vip"}, "vip", true},
		"the queue it left":  {Filter{Queue: "refund"}, "vip", true},
		"another queue":      {Filter{Queue: "general"}, "vip", false},
		"all of its noun":    {Filter{Types: []string{"inquiry.*"}}, "", true},
		"all of another":     {Filter{Types: []string{"inq.*", "agent.*"}}, "", false},
		"its assignee":       {Filter{Assignee: "kim"}, "", true},
		"who had it before":  {Filter{Assignee: "lee"}, "", true},
		"whom it names":      {Filter{Assignee: "park"}, "", true},
		"another agent":      {Filter{Assignee: "choi"}, "", false},
		"all must hold":      {Filter{Assignee: "kim", Queue: "general"}, "vip", false},
	} {
		if got := c.filter.holds(moved, place{queue: c.queue, assignee: "kim"}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
