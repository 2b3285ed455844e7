package live

import (
	"testing"

	"sori/domain"
)

func TestFilters(t *testing.T) {
	t.Parallel()
	moved := &domain.Event{Type: domain.EventInquiryAssigned, InquiryID: "inq_1", Data: map[string]any{"queue": map[string]any{"before": "refund", "after": "vip"}}}
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
	} {
		if got := c.filter.holds(moved, c.queue); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
