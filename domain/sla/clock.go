package sla

import (
	"slices"
	"time"

	"sori/domain"
)

// wheels are what moves clocks.
type wheels struct {
	*rules
	types *domain.TypeParents
}

// match gives the first policy whose conditions hold, nil if none does.
func (w *wheels) match(q *domain.Inquiry) *domain.SLAPolicy {
	if q.MergedInto != "" {
		return nil
	}
	for _, p := range w.policies {
		c := p.Conditions
		if among(c.Queues, q.Queue) && among(c.Tiers, q.Tier) && among(c.Channels, q.Channel) && among(c.Priorities, q.Priority) &&
			(len(c.Types) == 0 || w.types.Among(c.Types, q.Type)) {
			return p
		}
	}
	return nil
}

func among[T comparable](list []T, x T) bool { return len(list) == 0 || slices.Contains(list, x) }

// turn is the clockwork. A clock whose time was over before it stopped has missed its promise, though nobody had noticed yet.
func (w *wheels) turn(q *domain.Inquiry, now time.Time) []domain.Event {
	if len(w.policies) == 0 && q.SLA == nil {
		return nil
	}
	return w.wind(q, now, false)
}

// wind moves all clocks. anew reckons due times again, for policies or hours that were changed.
func (w *wheels) wind(q *domain.Inquiry, now time.Time, anew bool) []domain.Event {
	policy := w.match(q)
	if policy == nil {
		drop(q)
		return nil
	}
	if q.SLA == nil {
		q.SLA = &domain.InquirySLA{}
	}
	anew = anew || q.SLA.Policy != policy.Key || q.SLA.Calendar != policy.Calendar
	old := q.SLA.Clocks
	next := &domain.InquirySLA{Policy: policy.Key, Calendar: policy.Calendar}
	var events []domain.Event
	for _, target := range policy.Targets {
		c, exists := find(old, target.Clock)
		if !exists && !begins(q, target.Clock) {
			continue
		}
		h := hand{clock: c, target: target, wheels: w, policy: policy, q: q, now: now, anew: anew || !exists || c.Seconds != target.Seconds}
		events = append(events, h.move()...)
		next.Clocks = append(next.Clocks, h.clock)
	}
	settle(q, next)
	return events
}

// drop forgets the clocks of an inquiry that nothing is promised for, but for those that have stopped.
func drop(q *domain.Inquiry) {
	if q.SLA == nil {
		return
	}
	stopped := slices.DeleteFunc(slices.Clone(q.SLA.Clocks), func(c domain.SLAClock) bool { return c.StoppedAt == nil })
	if len(stopped) == 0 {
		q.SLA = nil
		q.SetDue(nil)
		return
	}
	settle(q, &domain.InquirySLA{Policy: q.SLA.Policy, Calendar: q.SLA.Calendar, Clocks: stopped})
}

func find(clocks []domain.SLAClock, kind domain.SLAClockKind) (domain.SLAClock, bool) {
	for _, c := range clocks {
		if c.Clock == kind {
			return c, true
		}
	}
	return domain.SLAClock{Clock: kind}, false
}

// begins tells whether there is anything to measure yet.
func begins(q *domain.Inquiry, kind domain.SLAClockKind) bool {
	switch kind {
	case domain.ClockFirstResponse:
		return q.FirstAnsweredAt == nil && q.CustomerSince != nil
	case domain.ClockNextResponse:
		return q.FirstAnsweredAt != nil && q.CustomerSince != nil
	}
	return q.StatusCategory != domain.CategoryResolved
}

// settle puts the clocks in place, with the next moment and the time that the inquiry is due.
func settle(q *domain.Inquiry, s *domain.InquirySLA) {
	var due *time.Time
	for i := range s.Clocks {
		c := &s.Clocks[i]
		if c.Since == nil {
			continue
		}
		due = sooner(due, c.DueAt)
		if c.BreachedAt == nil {
			s.NextAt = sooner(s.NextAt, c.DueAt)
		}
		if c.WarnedAt == nil && c.BreachedAt == nil {
			s.NextAt = sooner(s.NextAt, c.WarnAt)
		}
	}
	q.SLA = s
	q.SetDue(due)
}

func sooner(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.Before(*a) {
		return b
	}
	return a
}

// hand is one clock that is being moved.
type hand struct {
	clock  domain.SLAClock
	target domain.SLATarget
	*wheels
	policy *domain.SLAPolicy
	q      *domain.Inquiry
	now    time.Time
	anew   bool
}

// move brings the clock to what the inquiry says.
func (h *hand) move() []domain.Event {
	c := &h.clock
	c.Seconds = h.target.Seconds
	var events []domain.Event
	if c.Since != nil && c.BreachedAt == nil && c.DueAt != nil && !c.DueAt.After(h.now) && !h.anew {
		events = append(events, h.tell(domain.EventSLABreached, *c.DueAt))
		c.BreachedAt = c.DueAt
	}
	start, runs, stopped := h.wanted()
	switch {
	case stopped:
		h.stop()
	case c.StartedAt.IsZero() || c.Clock == domain.ClockNextResponse && !start.Equal(c.StartedAt):
		h.begin(start, runs)
	case runs && c.Since == nil:
		h.run(h.now)
	case !runs && c.Since != nil:
		h.pause()
	case runs && h.anew:
		h.reckon()
	}
	return events
}

// wanted says since when the clock measures, and whether it runs now or has stopped.
func (h *hand) wanted() (start time.Time, runs, stopped bool) {
	q := h.q
	done := q.StatusCategory == domain.CategoryResolved
	waits := q.Status == domain.StatusWaiting
	switch h.clock.Clock {
	case domain.ClockFirstResponse:
		if q.CustomerSince != nil {
			start = *q.CustomerSince
		}
		return start, !waits, done || q.FirstAnsweredAt != nil
	case domain.ClockNextResponse:
		if q.CustomerSince != nil {
			start = *q.CustomerSince
		}
		return start, !waits, done || q.CustomerSince == nil
	}
	return q.CreatedAt, !waits, done
}

func (h *hand) begin(start time.Time, runs bool) {
	h.clock = domain.SLAClock{Clock: h.clock.Clock, Seconds: h.target.Seconds, StartedAt: start}
	if runs {
		h.run(start)
	}
}

// run lets the clock go on.
func (h *hand) run(since time.Time) {
	h.clock.Since, h.clock.StoppedAt = &since, nil
	h.reckon()
}

// reckon finds when the clock will have shown what is promised. A breach or a warning stands unless there is time again.
func (h *hand) reckon() {
	c := &h.clock
	calendar := h.calendars[h.policy.Calendar]
	left := time.Duration(h.target.Seconds)*time.Second - time.Duration(c.Spent)*time.Millisecond
	c.DueAt, c.WarnAt = nil, nil
	if at, ok := calendar.Add(*c.Since, left); ok {
		c.DueAt = domain.InstantPtr(at)
	}
	if warn := time.Duration(h.target.WarnSeconds) * time.Second; warn > 0 {
		if at, ok := calendar.Add(*c.Since, left-warn); ok {
			c.WarnAt = domain.InstantPtr(at)
		}
	}
	if c.DueAt == nil || c.DueAt.After(h.now) {
		c.BreachedAt = nil
		if c.WarnAt == nil || c.WarnAt.After(h.now) {
			c.WarnedAt = nil
		}
	}
}

func (h *hand) pause() {
	c := &h.clock
	c.Spent += h.calendars[h.policy.Calendar].Between(*c.Since, h.now).Milliseconds()
	c.Since, c.DueAt, c.WarnAt = nil, nil, nil
}

func (h *hand) stop() {
	if h.clock.Since != nil {
		h.pause()
	}
	if h.clock.StoppedAt == nil {
		h.clock.StoppedAt = &h.now
	}
}

func (h *hand) tell(verb string, due time.Time) domain.Event {
	return domain.InquiryEvent(verb, h.q, h.now, map[string]any{"clock": string(h.clock.Clock), "policy": h.policy.Key, "dueAt": due})
}
