package org

import (
	"context"
	"slices"
	"strconv"
	"time"

	"sori/domain"
	"sori/domain/worktime"
)

// CalendarDraft is a calendar to be made.
type CalendarDraft struct {
	Key       string
	Name      string
	Zone      string
	Week      []domain.CalendarHours
	Holidays  string
	Overrides []domain.CalendarOverride
}

// CalendarPatch changes a calendar. What is nil stays; Week and Overrides replace all of them; empty Holidays take them away. The key never changes.
type CalendarPatch struct {
	Name      *string
	Zone      *string
	Week      *[]domain.CalendarHours
	Holidays  *string
	Overrides *[]domain.CalendarOverride
}

const (
	maxWeek      = 7 * 12
	maxOverrides = 1000
	maxSpans     = 24 // of one day
	maxHoursDays = 366
)

var calendars = domain.Kept[domain.Calendar]{
	Collection: domain.Calendars, Kind: "calendar", Edition: domain.EditionOrg, Read: domain.ScopeOrgRead, Write: domain.ScopeOrgWrite,
	Head:  func(x *domain.Calendar) *domain.Doc { return &x.Doc },
	Touch: func(x *domain.Calendar, now time.Time) { x.UpdatedAt = now },
	View: func(x *domain.Calendar) map[string]any {
		return map[string]any{"name": x.Name, "zone": x.Zone, "week": x.Week, "holidays": x.Holidays, "overrides": x.Overrides}
	},
	Check: checkCalendar,
	Leave: func(ctx context.Context, tx domain.Tx, x *domain.Calendar) error {
		return unnamed(ctx, tx, namesCalendar, x.Key)
	},
}

// CreateCalendar makes a calendar. Invalid names every fault; Duplicate (Field = key) if there is one with the key.
func (s *Service) CreateCalendar(ctx context.Context, d CalendarDraft) (*domain.Calendar, error) {
	return create(ctx, s, calendars, maxThings, func(d *domain.Directory) int { return len(d.Calendars) }, &domain.Calendar{
		Key: d.Key, Name: d.Name, Zone: d.Zone, Week: d.Week, Holidays: d.Holidays, Overrides: d.Overrides, CreatedAt: s.Clock(),
	})
}

// EditCalendar changes a calendar. version guards it as everywhere.
func (s *Service) EditCalendar(ctx context.Context, id string, version int64, p CalendarPatch) (*domain.Calendar, error) {
	return edit(ctx, s, calendars, id, version, func(x *domain.Calendar) {
		domain.SetIf(&x.Name, p.Name)
		domain.SetIf(&x.Zone, p.Zone)
		domain.SetIf(&x.Week, p.Week)
		domain.SetIf(&x.Holidays, p.Holidays)
		domain.SetIf(&x.Overrides, p.Overrides)
	})
}

// DeleteCalendar removes a calendar. Conflict names what still names it.
func (s *Service) DeleteCalendar(ctx context.Context, id string) error {
	return remove(ctx, s, calendars, id)
}

// GetCalendar reads a calendar.
func (s *Service) GetCalendar(ctx context.Context, id string) (*domain.Calendar, error) {
	return calendars.One(ctx, s.Store, id)
}

// ListCalendars gives the calendars, the oldest first.
func (s *Service) ListCalendars(ctx context.Context, req domain.PageRequest) (domain.Page[domain.Calendar], error) {
	return calendars.List(ctx, s.Store, req, domain.Query{Index: "created"})
}

// WorkingHours is one unbroken time of work.
type WorkingHours struct {
	From time.Time
	To   time.Time // exclusive
}

// CalendarHours is HoursOf for the calendar of an id.
func (s *Service) CalendarHours(ctx context.Context, id string, from, to time.Time) ([]*WorkingHours, error) {
	x, err := s.GetCalendar(ctx, id)
	if err != nil {
		return nil, err
	}
	return HoursOf(x, from, to)
}

// HoursOf gives the working hours of a calendar in a range, at most 366 days, for people to check. Those that reach out of it are cut.
func HoursOf(x *domain.Calendar, from, to time.Time) ([]*WorkingHours, error) {
	var f domain.Faults
	if !to.After(from) {
		f.Add("to", "range", "must be after from")
	} else if to.Sub(from) > maxHoursDays*24*time.Hour {
		f.Add("to", "range", "must be at most %d days after from", maxHoursDays)
	}
	if from.Year() < 1970 || to.Year() > 2200 {
		f.Add("from", "range", "must be in the years 1970 to 2200")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	c, err := worktime.Compile(x)
	if err != nil {
		return nil, err
	}
	var out []*WorkingHours
	c.Each(from, to, func(from, to time.Time) {
		out = append(out, &WorkingHours{From: from.UTC(), To: to.UTC()})
	})
	return out, nil
}

func checkCalendar(ctx context.Context, r domain.Reader, x *domain.Calendar) error {
	x.Week, x.Overrides = none(x.Week), none(x.Overrides)
	c := newChecker(ctx, r)
	c.key(x.Key)
	c.name(&x.Name, x.Key)
	if _, err := time.LoadLocation(x.Zone); err != nil || x.Zone == "" || x.Zone == "Local" {
		c.Add("zone", "zone", "must be a time zone such as Asia/Seoul")
	}
	if x.Holidays != "" && !slices.Contains(worktime.Countries(), x.Holidays) {
		c.Add("holidays", "enum", "there are no public holidays of %q here, but of %s", domain.Clip(x.Holidays, 20), joined(worktime.Countries()))
	}
	checkWeek(c, x.Week)
	checkOverrides(c, x.Overrides)
	return c.done()
}

func checkWeek(c *checker, week []domain.CalendarHours) {
	if len(week) > maxWeek {
		c.Add("week", "maxItems", "are more than %d", maxWeek)
		return
	}
	days := map[int][]span{}
	for i, h := range week {
		at := item("week", i)
		c.within(at+".day", h.Day, 0, 6)
		if s, ok := c.span(at, h.From, h.To); ok {
			c.apart(at, days[h.Day], s)
			days[h.Day] = append(days[h.Day], s)
		}
	}
}

func checkOverrides(c *checker, list []domain.CalendarOverride) {
	if len(list) > maxOverrides {
		c.Add("overrides", "maxItems", "are more than %d", maxOverrides)
		return
	}
	seen := map[string]bool{}
	for i, o := range list {
		at := item("overrides", i)
		if _, err := time.Parse(time.DateOnly, o.Date); err != nil {
			c.Add(at+".date", "format", "must be a date such as 2026-12-31")
		}
		if seen[o.Date] {
			c.Add(at+".date", "unique", "is there twice")
		}
		seen[o.Date] = true
		domain.CheckText(&c.Faults, at+".name", o.Name, maxName)
		if len(o.Hours) > maxSpans {
			c.Add(at+".hours", "maxItems", "are more than %d", maxSpans)
			continue
		}
		var spans []span
		for n, h := range o.Hours {
			of := item(at+".hours", n)
			if s, ok := c.span(of, h.From, h.To); ok {
				c.apart(of, spans, s)
				spans = append(spans, s)
			}
		}
	}
}

// span is a part of a day, in minutes.
type span struct{ from, to int }

// span reads the hours of a part of a day.
func (c *checker) span(at, from, to string) (span, bool) {
	var s span
	var errFrom, errTo error
	if s.from, errFrom = worktime.ParseClock(from); errFrom != nil || s.from == worktime.DayMinutes {
		c.Add(at+".from", "format", "must be a time of day such as 09:00")
	}
	if s.to, errTo = worktime.ParseClock(to); errTo != nil {
		c.Add(at+".to", "format", "must be a time of day such as 18:00, or 24:00")
	}
	if errFrom != nil || errTo != nil {
		return s, false
	}
	if s.to <= s.from {
		c.Add(at+".to", "range", "must be after from; hours over midnight are two parts, of two days")
		return s, false
	}
	return s, true
}

// apart holds that the parts of one day do not overlap.
func (c *checker) apart(at string, others []span, s span) {
	for i, o := range others {
		if s.from < o.to && o.from < s.to {
			c.Add(at, "overlap", "overlaps part %s of the day", strconv.Itoa(i+1))
			return
		}
	}
}
