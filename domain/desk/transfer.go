package desk

import (
	"context"
	"strings"
	"time"

	"sori/domain"
)

// Transfer hands an inquiry on.
type Transfer struct {
	Agent  string
	Team   string
	Queue  string
	Reason string // kept as a note, for whoever gets it
}

// Transfer hands an inquiry on to another agent, or back to a team or a queue, whose agents take it from there. Invalid if it goes to nobody.
func (s *Service) Transfer(ctx context.Context, id string, version int64, t Transfer) (*domain.Inquiry, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryWrite); err != nil {
		return nil, err
	}
	var f domain.Faults
	if t.Agent == "" && t.Team == "" && t.Queue == "" {
		f.Add("agent", "required", "needs one of agent, team and queue")
	}
	domain.CheckText(&f, "reason", t.Reason, maxText)
	if err := f.Err(); err != nil {
		return nil, err
	}
	w := work{version: version, data: map[string]any{"transferred": true}}
	if strings.TrimSpace(t.Reason) != "" {
		e := noteEntry(Note{Text: t.Reason})
		e.data["transfer"] = true
		if err := s.seal(&e.interaction); err != nil {
			return nil, err
		}
		w.entries = []entry{e}
	}
	p := Patch{Assignee: &t.Agent}
	if t.Team != "" {
		p.Team = &t.Team
	}
	if t.Queue != "" {
		p.Queue = &t.Queue
	}
	if err := s.checkPlaces(ctx, &p); err != nil {
		return nil, err
	}
	w.edit = func(q *domain.Inquiry, now time.Time) error { return s.apply(ctx, q, p, now) }
	q, _, err := s.do(ctx, id, w)
	return q, err
}
