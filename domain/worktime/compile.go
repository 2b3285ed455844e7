package worktime

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Plan is a calendar as people write it.
type Plan interface {
	TimeZone() string                                        // IANA: Asia/Seoul
	HolidayCountry() string                                  // whose public holidays are free (ISO 3166-1), "" for none
	EachHours(yield func(day time.Weekday, from, to string)) // of the week: 09:00, 18:00; to is exclusive, 24:00 the end of the day
	EachOverride(yield func(date string, parts [][2]string)) // days that differ, be they holidays or not: 2026-12-31, and its hours; none is free
}

// DayMinutes is what ParseClock gives for 24:00.
const DayMinutes = 24 * 60

// ParseClock reads a time of day such as 09:00, in minutes after midnight. 24:00 is the end of the day.
func ParseClock(s string) (int, error) {
	if s == "24:00" {
		return DayMinutes, nil
	}
	if len(s) != len("15:04") {
		return 0, fmt.Errorf("%.20q is no time of day", s)
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("%.20q is no time of day", s)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// Compile makes a calendar ready to count with. Its error names each thing that cannot be read.
func Compile(p Plan) (*Calendar, error) {
	zone, err := time.LoadLocation(p.TimeZone())
	if err != nil || p.TimeZone() == "" {
		return nil, fmt.Errorf("%.60q is no time zone", p.TimeZone())
	}
	c := &Calendar{zone: zone, days: map[date][]part{}, weeks: map[int]week{}, newest: forever}
	var faults []error
	p.EachHours(func(day time.Weekday, from, to string) {
		x, err := readPart(from, to)
		if err != nil || day < time.Sunday || day > time.Saturday {
			faults = append(faults, cmp.Or(err, fmt.Errorf("%d is no day of the week", day)))
			return
		}
		c.hours[day] = append(c.hours[day], x)
	})
	if err := c.addHolidays(p.HolidayCountry()); err != nil {
		faults = append(faults, err)
	}
	p.EachOverride(func(on string, parts [][2]string) {
		if err := c.override(on, parts); err != nil {
			faults = append(faults, err)
		}
	})
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	c.settle()
	return c, nil
}

func readPart(from, to string) (part, error) {
	var x part
	var errFrom, errTo error
	x.from, errFrom = ParseClock(from)
	x.to, errTo = ParseClock(to)
	if err := errors.Join(errFrom, errTo); err != nil {
		return x, err
	}
	if x.to <= x.from {
		return x, fmt.Errorf("%s is not after %s", to, from)
	}
	return x, nil
}

func (c *Calendar) override(on string, parts [][2]string) error {
	t, err := time.Parse(time.DateOnly, on)
	if err != nil {
		return fmt.Errorf("%.20q is no date", on)
	}
	out := []part{}
	for _, p := range parts {
		x, err := readPart(p[0], p[1])
		if err != nil {
			return fmt.Errorf("%s: %w", on, err)
		}
		out = append(out, x)
	}
	y, m, d := t.Date()
	c.days[date{y, m, d}] = out
	return nil
}

// settle brings the parts of each day into their order, and finds out whether the calendar is ever open again.
func (c *Calendar) settle() {
	byTime := func(a, b part) int { return cmp.Compare(a.from, b.from) }
	worked := false
	for day := range c.hours {
		slices.SortFunc(c.hours[day], byTime)
		worked = worked || len(c.hours[day]) > 0
	}
	newest := -forever
	for d, parts := range c.days {
		slices.SortFunc(parts, byTime)
		if len(parts) > 0 {
			newest = max(newest, c.weekAt(c.wall(d, parts[0].from)))
		}
	}
	if !worked {
		c.newest = newest
	}
}
