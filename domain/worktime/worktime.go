package worktime

import (
	"slices"
	"sync"
	"time"
)

// Calendar is a calendar that is ready to count with. It is safe for concurrent use. A nil Calendar is always open.
type Calendar struct {
	zone   *time.Location
	hours  [7][]part       // from Sunday
	days   map[date][]part // those that differ, holidays among them
	newest int             // week of the last day that differs and is open, where no weekday is; else forever

	mu    sync.RWMutex
	weeks map[int]week // by number of week since 1970
}

// part is a part of a day, in minutes after midnight by the clock on the wall.
type part struct{ from, to int }

// period is a stretch of working time, in Unix seconds.
type period struct{ from, to int64 }

func (p period) holds(t time.Time) bool { return !t.Before(unix(p.from)) && t.Before(unix(p.to)) }

func unix(seconds int64) time.Time { return time.Unix(seconds, 0) }

// week is the work of a week: its periods, one after another, joined where they touch, and the sum of them in seconds.
type week struct {
	periods []period
	worked  int64
}

// date is a day of the calendar, whatever the time zone.
type date struct {
	year  int
	month time.Month
	day   int
}

// Horizon is how far Add, NextOpen and NextClose look: what does not come within it never does.
const Horizon = 20 * 366 * 24 * time.Hour

const (
	secondsOfDay = 24 * 3600
	daysOfWeek   = 7
	mostWeeks    = 4000 // kept in memory; a calendar is asked about a few
	forever      = 1 << 40
)

// dayNumber counts the days of a date since 1970.
func dayNumber(d date) int {
	return int(time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)
}

func dateOf(day int) date {
	y, m, d := time.Unix(int64(day)*secondsOfDay, 0).UTC().Date()
	return date{y, m, d}
}

// localDay gives the number of the day that it is at t by the calendar's clock.
func (c *Calendar) localDay(t time.Time) int {
	y, m, d := t.In(c.zone).Date()
	return dayNumber(date{y, m, d})
}

// week gives the work of the week that begins at day number 7·n.
func (c *Calendar) week(n int) week {
	c.mu.RLock()
	w, ok := c.weeks[n]
	c.mu.RUnlock()
	if ok {
		return w
	}
	for day := n * daysOfWeek; day < (n+1)*daysOfWeek; day++ {
		w.periods = c.appendDay(w.periods, day)
	}
	for _, p := range w.periods {
		w.worked += p.to - p.from
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.weeks) >= mostWeeks {
		clear(c.weeks)
	}
	c.weeks[n] = w
	return w
}

// appendDay adds the periods of a day.
func (c *Calendar) appendDay(out []period, day int) []period {
	d := dateOf(day)
	parts, differs := c.days[d]
	if !differs {
		parts = c.hours[time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC).Weekday()]
	}
	for _, x := range parts {
		p := period{c.wall(d, x.from).Unix(), c.wall(d, x.to).Unix()}
		if p.to <= p.from {
			continue // it lies in an hour that does not exist
		}
		if n := len(out); n > 0 && out[n-1].to >= p.from {
			out[n-1].to = max(out[n-1].to, p.to)
			continue
		}
		out = append(out, p)
	}
	return out
}

// wall gives the moment at which a clock on the wall shows so many minutes after midnight. A time that comes twice is the first; one that does not exist is the moment
// at which clocks are put forward.
func (c *Calendar) wall(d date, minutes int) time.Time {
	t := time.Date(d.year, d.month, d.day, 0, minutes, 0, 0, c.zone)
	if shown := minutesShown(t, d); shown != minutes {
		return c.change(t)
	}
	// time.Date does not say which of two it gives: the earlier one is an offset's difference before.
	earlier := t.Add(-3 * time.Hour)
	_, before := earlier.Zone()
	_, now := t.Zone()
	if first := t.Add(time.Duration(now-before) * time.Second); before > now && minutesShown(first, d) == minutes {
		return first
	}
	return t
}

// minutesShown gives what a clock shows at t, in minutes after the midnight of d.
func minutesShown(t time.Time, d date) int {
	y, m, day := t.Date()
	days := dayNumber(date{y, m, day}) - dayNumber(d)
	return days*24*60 + t.Hour()*60 + t.Minute()
}

// change finds the moment near t at which the clocks are put forward.
func (c *Calendar) change(t time.Time) time.Time {
	start, end := t.ZoneBounds()
	if start.IsZero() || !end.IsZero() && end.Sub(t) < t.Sub(start) {
		return end
	}
	return start
}

// weekAt gives the number of the week in which t lies by the calendar's clock.
func (c *Calendar) weekAt(t time.Time) int {
	day := c.localDay(t)
	n := day / daysOfWeek
	if day%daysOfWeek < 0 {
		n--
	}
	return n
}

// lastWeek gives the last week that is worth looking at from t.
func (c *Calendar) lastWeek(t time.Time) int { return min(c.weekAt(t.Add(Horizon)), c.newest) }

// Add gives the moment at which d of working time has passed since from: the first such moment. It is false if that never comes within Horizon.
// A d of nothing, or less, is from itself.
func (c *Calendar) Add(from time.Time, d time.Duration) (time.Time, bool) {
	if c == nil || d <= 0 {
		return from.Add(max(d, 0)), true
	}
	first, last := c.weekAt(from), c.lastWeek(from)
	for n := first; n <= last; n++ {
		w := c.week(n)
		if whole := time.Duration(w.worked) * time.Second; n > first && d > whole {
			d -= whole
			continue
		}
		for _, p := range w.periods {
			begin := later(from, unix(p.from))
			has := unix(p.to).Sub(begin)
			if has <= 0 {
				continue
			}
			if d <= has {
				return begin.Add(d).In(from.Location()), true
			}
			d -= has
		}
	}
	return time.Time{}, false
}

// Between gives the working time that passes from a to b; it is less than nothing if b is before a.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	if b.Before(a) {
		return -c.Between(b, a)
	}
	if c == nil {
		return b.Sub(a)
	}
	var sum time.Duration
	first, last := c.weekAt(a), c.weekAt(b)
	for n := first; n <= last; n++ {
		w := c.week(n)
		if n > first && n < last {
			sum += time.Duration(w.worked) * time.Second
			continue
		}
		for _, p := range w.periods {
			sum += max(0, earlier(b, unix(p.to)).Sub(later(a, unix(p.from))))
		}
	}
	return sum
}

// Open reports whether it is working time at t. A period's end is not in it.
func (c *Calendar) Open(t time.Time) bool {
	if c == nil {
		return true
	}
	return slices.ContainsFunc(c.week(c.weekAt(t)).periods, func(p period) bool { return p.holds(t) })
}

// NextOpen gives the first moment, from t on, at which it is working time: t itself if it is. It is false if that never comes within Horizon.
func (c *Calendar) NextOpen(t time.Time) (time.Time, bool) {
	if c == nil {
		return t, true
	}
	for n, last := c.weekAt(t), c.lastWeek(t); n <= last; n++ {
		for _, p := range c.week(n).periods {
			if t.Before(unix(p.to)) {
				return later(t, unix(p.from)).In(t.Location()), true
			}
		}
	}
	return time.Time{}, false
}

// NextClose gives the first moment after t at which it stops being working time: the end of the period in which t lies, or of the next. It is false if that never comes
// within Horizon, because it is never working time, or always.
func (c *Calendar) NextClose(t time.Time) (time.Time, bool) {
	at, ok := c.NextOpen(t)
	if !ok || c == nil {
		return time.Time{}, false
	}
	for n, last := c.weekAt(at), c.lastWeek(t); n <= last; n++ {
		for _, p := range c.week(n).periods {
			if p.holds(at) {
				at = unix(p.to)
			}
		}
		if !c.Open(at) {
			return at.In(t.Location()), true
		}
	}
	return time.Time{}, false
}

// Each hands over the working periods from a to b, in order, those at the ends cut.
func (c *Calendar) Each(a, b time.Time, yield func(from, to time.Time)) {
	if !b.After(a) {
		return
	}
	if c == nil {
		yield(a, b)
		return
	}
	var open, over time.Time
	for n, last := c.weekAt(a), c.weekAt(b); n <= last; n++ {
		for _, p := range c.week(n).periods {
			from, to := later(a, unix(p.from)), earlier(b, unix(p.to))
			if !to.After(from) {
				continue
			}
			if from.Equal(over) {
				over = to // over midnight of a Wednesday, where one week of ours ends
				continue
			}
			if !open.IsZero() {
				yield(open, over)
			}
			open, over = from, to
		}
	}
	if !open.IsZero() {
		yield(open, over)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
