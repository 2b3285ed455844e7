package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/org"
)

// ListCalendars gives a page of the calendars.
func (s *server) ListCalendars(ctx context.Context, r gen.ListCalendarsRequestObject) (gen.ListCalendarsResponseObject, error) {
	page, err := s.Org.ListCalendars(ctx, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListCalendars200JSONResponse{Items: each(page.Items, calendar), NextCursor: null(page.NextCursor)}, nil
}

// CreateCalendar makes a calendar.
func (s *server) CreateCalendar(ctx context.Context, r gen.CreateCalendarRequestObject) (gen.CreateCalendarResponseObject, error) {
	b := r.Body
	x, err := s.Org.CreateCalendar(ctx, org.CalendarDraft{
		Key: b.Key, Name: value(b.Name), Zone: b.Zone, Week: each(b.Week, calendarHoursDraft), Holidays: value(b.Holidays), Overrides: each(value(b.Overrides), calendarOverrideDraft),
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateCalendar201JSONResponse{OneCalendarJSONResponse: oneCalendar(x)}, nil
}

// GetCalendar gives one calendar.
func (s *server) GetCalendar(ctx context.Context, r gen.GetCalendarRequestObject) (gen.GetCalendarResponseObject, error) {
	x, err := s.Org.GetCalendar(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetCalendar200JSONResponse{OneCalendarJSONResponse: oneCalendar(x)}, nil
}

// UpdateCalendar changes a calendar.
func (s *server) UpdateCalendar(ctx context.Context, r gen.UpdateCalendarRequestObject) (gen.UpdateCalendarResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	x, err := s.Org.EditCalendar(ctx, r.Id, version, org.CalendarPatch{
		Name: b.Name, Zone: b.Zone, Week: eachIf(b.Week, calendarHoursDraft), Holidays: b.Holidays.Pointer(), Overrides: eachIf(b.Overrides, calendarOverrideDraft),
	})
	if err != nil {
		return nil, err
	}
	return gen.UpdateCalendar200JSONResponse{OneCalendarJSONResponse: oneCalendar(x)}, nil
}

// DeleteCalendar removes a calendar.
func (s *server) DeleteCalendar(ctx context.Context, r gen.DeleteCalendarRequestObject) (gen.DeleteCalendarResponseObject, error) {
	if err := s.Org.DeleteCalendar(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteCalendar200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

// GetCalendarHours gives the working hours of a range.
func (s *server) GetCalendarHours(ctx context.Context, r gen.GetCalendarHoursRequestObject) (gen.GetCalendarHoursResponseObject, error) {
	hours, err := s.Org.CalendarHours(ctx, r.Id, r.Params.From, r.Params.To)
	if err != nil {
		return nil, err
	}
	return gen.GetCalendarHours200JSONResponse{Items: each(hours, func(h *org.WorkingHours) gen.WorkingHours {
		return gen.WorkingHours{From: h.From, To: h.To}
	})}, nil
}

func oneCalendar(x *domain.Calendar) gen.OneCalendarJSONResponse {
	return gen.OneCalendarJSONResponse{Body: calendar(x), Headers: gen.OneCalendarResponseHeaders{ETag: etag(x.Version)}}
}

func calendar(x *domain.Calendar) gen.Calendar {
	return gen.Calendar{
		Id: x.ID, Key: x.Key, Name: x.Name, Zone: x.Zone, Week: each(x.Week, calendarHours),
		Holidays: null(x.Holidays), Overrides: each(x.Overrides, calendarOverride), CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt, Version: x.Version,
	}
}

func calendarHours(x domain.CalendarHours) gen.CalendarHours {
	return gen.CalendarHours{Day: x.Day, From: x.From, To: x.To}
}

func calendarHoursDraft(x gen.CalendarHours) domain.CalendarHours {
	return domain.CalendarHours{Day: x.Day, From: x.From, To: x.To}
}

func calendarOverride(x domain.CalendarOverride) gen.CalendarOverride {
	return gen.CalendarOverride{Date: x.Date, Name: null(x.Name), Hours: each(x.Hours, calendarSpan)}
}

func calendarOverrideDraft(x gen.CalendarOverrideDraft) domain.CalendarOverride {
	return domain.CalendarOverride{Date: x.Date, Name: value(x.Name), Hours: each(value(x.Hours), calendarSpanDraft)}
}

func calendarSpan(x domain.CalendarSpan) gen.CalendarSpan {
	return gen.CalendarSpan{From: x.From, To: x.To}
}

func calendarSpanDraft(x gen.CalendarSpan) domain.CalendarSpan {
	return domain.CalendarSpan{From: x.From, To: x.To}
}
