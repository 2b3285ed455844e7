package org

import (
	"context"
	"time"

	"sori/domain"
)

// ShiftDraft is a shift to be made.
type ShiftDraft struct {
	Agent  string
	From   time.Time
	To     time.Time
	Queues []string
}

// ShiftPatch changes a shift. What is nil stays; Queues replaces all of them. Whose it is never changes.
type ShiftPatch struct {
	From   *time.Time
	To     *time.Time
	Queues *[]string
}

// ShiftFilter chooses shifts. What is empty asks nothing.
type ShiftFilter struct {
	Agent    string    // key
	From, To time.Time // shifts that are partly or wholly in it; To is exclusive
}

var shifts = domain.Kept[domain.Shift]{
	Collection: domain.Shifts, Kind: "shift", Edition: domain.EditionShifts, Read: domain.ScopeOrgRead, Write: domain.ScopeOrgWrite,
	Head:  func(x *domain.Shift) *domain.Doc { return &x.Doc },
	Touch: func(x *domain.Shift, now time.Time) { x.UpdatedAt = now },
	View: func(x *domain.Shift) map[string]any {
		return map[string]any{"agent": x.Agent, "from": x.From, "to": x.To, "queues": x.Queues}
	},
	Check: checkShift,
}

// CreateShift makes a shift. Invalid names every fault; Conflict if the agent has another at that time.
func (s *Service) CreateShift(ctx context.Context, d ShiftDraft) (*domain.Shift, error) {
	return shifts.Create(ctx, s.Store, s.Clock(), &domain.Shift{Agent: d.Agent, From: d.From, To: d.To, Queues: d.Queues, CreatedAt: s.Clock()})
}

// EditShift changes a shift. version guards it as everywhere.
func (s *Service) EditShift(ctx context.Context, id string, version int64, p ShiftPatch) (*domain.Shift, error) {
	return shifts.Edit(ctx, s.Store, s.Clock(), id, version, func(x *domain.Shift) {
		domain.SetIf(&x.From, p.From)
		domain.SetIf(&x.To, p.To)
		domain.SetIf(&x.Queues, p.Queues)
	})
}

// DeleteShift removes a shift.
func (s *Service) DeleteShift(ctx context.Context, id string) error {
	return shifts.Remove(ctx, s.Store, s.Clock(), id, 0)
}

// GetShift reads a shift.
func (s *Service) GetShift(ctx context.Context, id string) (*domain.Shift, error) {
	return shifts.One(ctx, s.Store, id)
}

// ListShifts gives the shifts in the order in which they begin.
func (s *Service) ListShifts(ctx context.Context, f ShiftFilter, req domain.PageRequest) (domain.Page[domain.Shift], error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
		return domain.Page[domain.Shift]{}, err
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.To.After(f.From) {
		return domain.Page[domain.Shift]{}, domain.InvalidField("to", "range", "must be after from")
	}
	q := domain.Query{Index: "from"}
	if f.Agent != "" {
		q = domain.Query{Index: "agent", Equal: []any{f.Agent}}
	}
	var keep func(*domain.Shift) bool
	if !f.From.IsZero() {
		from := domain.Instant(f.From)
		q.From = from.Add(-domain.MaxShift) // no shift that began earlier is still on
		keep = func(x *domain.Shift) bool { return x.To.After(from) }
	}
	if !f.To.IsZero() {
		q.To = domain.Instant(f.To)
	}
	return domain.Shifts.Page(ctx, s.Store, req, "", keep, q)
}

func checkShift(ctx context.Context, r domain.Reader, x *domain.Shift) error {
	x.From, x.To, x.Queues = domain.Instant(x.From), domain.Instant(x.To), none(x.Queues)
	c := newChecker(ctx, r)
	if x.Agent == "" {
		c.Add("agent", "required", "is empty")
	}
	known(c, domain.Agents, "agent", x.Agent)
	allKnown(c, domain.Queues, "queues", x.Queues)
	switch {
	case x.From.IsZero():
		c.Add("from", "required", "is empty")
	case !x.To.After(x.From):
		c.Add("to", "range", "must be after from")
	case x.To.Sub(x.From) > domain.MaxShift:
		c.Add("to", "range", "must be within %s of from", domain.MaxShift)
	}
	if err := c.done(); err != nil {
		return err
	}
	return aloneThen(ctx, r, x)
}

// aloneThen holds that an agent has one shift at a time.
func aloneThen(ctx context.Context, r domain.Reader, x *domain.Shift) error {
	near, err := domain.Shifts.Find(ctx, r, domain.Query{Index: "agent", Equal: []any{x.Agent}, From: x.From.Add(-domain.MaxShift), To: x.To})
	if err != nil {
		return err
	}
	for _, other := range near {
		if other.ID != x.ID && other.To.After(x.From) {
			return &domain.Error{Code: domain.Conflict, Field: "from", Rule: "overlap", Message: "the agent has another shift at that time, from " + other.From.Format(time.RFC3339)}
		}
	}
	return nil
}
