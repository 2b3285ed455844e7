package graph

import (
	"context"
	"time"

	"sori/domain"
	"sori/domain/org"
	"sori/graph/wire"
)

func (q query) Calendars(ctx context.Context, first *int, after *string) (*wire.CalendarConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Org.ListCalendars(ctx, req))
}

func (q query) Calendar(ctx context.Context, id string) (*domain.Calendar, error) {
	return q.Org.GetCalendar(ctx, id)
}

func (m mutation) CreateCalendar(ctx context.Context, in wire.CreateCalendarInput) (*wire.Changed, error) {
	return m.once(ctx, "createCalendar", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Org.CreateCalendar(ctx, in.CalendarDraft)
		return tell(wire.ChangedCalendar, x, err)
	})
}

func (m mutation) UpdateCalendar(ctx context.Context, in wire.UpdateCalendarInput) (*wire.Changed, error) {
	return m.once(ctx, "updateCalendar", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Org.EditCalendar(ctx, in.ID, in.Version, in.CalendarPatch)
		return tell(wire.ChangedCalendar, x, err)
	})
}

func (m mutation) DeleteCalendar(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteCalendar", in, m.Org.DeleteCalendar)
}

// Calendar gives the calendar that a mutation changed.
func (f changedFields) Calendar(ctx context.Context, c *wire.Changed) (*domain.Calendar, error) {
	return changedNoun(ctx, c, f.Org.GetCalendar)
}

// Hours gives the working hours of a range.
func (calendarFields) Hours(_ context.Context, x *domain.Calendar, from, to time.Time) ([]*org.WorkingHours, error) {
	return org.HoursOf(x, from, to)
}
