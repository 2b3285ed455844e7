package sla

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sori/domain"
	"sori/domain/worktime"
)

// An exact day: Friday 20 November 2026 in Seoul. The calendar works 09:00 to 18:00 with a break from 12:00 to 13:00, and not on holidays.
var seoul = mustZone("Asia/Seoul")

func mustZone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

func hours(zone string, holidays string) *worktime.Calendar {
	c := &domain.Calendar{Zone: zone, Holidays: holidays}
	for day := 1; day <= 5; day++ {
		c.Week = append(c.Week, domain.CalendarHours{Day: day, From: "09:00", To: "12:00"}, domain.CalendarHours{Day: day, From: "13:00", To: "18:00"})
	}
	out, err := worktime.Compile(c)
	if err != nil {
		panic(err)
	}
	return out
}

func policyOf(calendar string, targets ...domain.SLATarget) *wheels {
	p := &domain.SLAPolicy{Key: "p", Active: true, Calendar: calendar, Targets: targets}
	return &wheels{types: &domain.TypeParents{}, rules: &rules{policies: []*domain.SLAPolicy{p}, calendars: map[string]*worktime.Calendar{
		"seoul": hours("Asia/Seoul", "KR"), "new-york": hours("America/New_York", ""),
	}}}
}

// day is an inquiry whose day is told in steps: "09:30 writes", "11:00 answers" and so on. Days are named, "+1 09:00".
type day struct {
	t     *testing.T
	w     *wheels
	q     *domain.Inquiry
	first time.Time
	told  []string
}

func (d *day) at(clock string) time.Time {
	var days, h, m int
	if strings.HasPrefix(clock, "+") {
		_, _ = fmt.Sscanf(clock, "+%d %d:%d", &days, &h, &m)
	} else {
		_, _ = fmt.Sscanf(clock, "%d:%d", &h, &m)
	}
	y, mon, dd := d.first.Date()
	return time.Date(y, mon, dd+days, h, m, 0, 0, d.first.Location())
}

func (d *day) step(step string) {
	d.t.Helper()
	cut := strings.LastIndexByte(step, ' ')
	now, what := d.at(step[:cut]).UTC(), step[cut+1:]
	q := d.q
	must := func(err error) {
		if err != nil {
			d.t.Fatal(err)
		}
	}
	switch what {
	case "opens":
		*q = domain.Inquiry{Status: domain.StatusNew, StatusCategory: domain.CategoryOpen, CreatedAt: now, CustomerSince: &now}
	case "writes":
		q.CustomerWrote(now)
	case "answers":
		q.Answered(now)
		must(q.MoveTo(domain.StatusWaiting, now))
	case "waits":
		must(q.MoveTo(domain.StatusWaiting, now))
	case "works":
		must(q.MoveTo(domain.StatusOpen, now))
	case "resolves":
		must(q.MoveTo(domain.StatusResolved, now))
	case "looks":
	default:
		d.t.Fatalf("no step %q", what)
	}
	for _, e := range d.w.turn(q, now) {
		d.told = append(d.told, e.Type+" "+e.Data["clock"].(string))
	}
	if again := d.w.turn(q, now); len(again) > 0 {
		d.t.Errorf("%s: told again: %v", step, again)
	}
}

// shown gives each clock as state and when it is due, or what it has spent.
func (d *day) shown() string {
	if d.q.SLA == nil {
		return ""
	}
	var out []string
	for _, c := range d.q.SLA.Clocks {
		at := "spent " + (time.Duration(c.Spent) * time.Millisecond).String()
		if c.DueAt != nil {
			at = "due " + c.DueAt.In(d.first.Location()).Format("2 15:04")
		}
		out = append(out, fmt.Sprintf("%s %s %s", c.Clock, c.State(), at))
	}
	return strings.Join(out, "; ")
}

func TestClocks(t *testing.T) {
	t.Parallel()
	first := domain.SLATarget{Clock: domain.ClockFirstResponse, Seconds: 2 * 3600}
	next := domain.SLATarget{Clock: domain.ClockNextResponse, Seconds: 3600}
	resolution := domain.SLATarget{Clock: domain.ClockResolution, Seconds: 8 * 3600}
	friday := time.Date(2026, 11, 20, 0, 0, 0, 0, seoul)
	for name, c := range map[string]struct {
		calendar string
		day      time.Time
		targets  []domain.SLATarget
		steps    string
		want     string
		told     string
	}{
		"over the break":            {"seoul", friday, []domain.SLATarget{first}, "11:00 opens", "first_response running due 20 14:00", ""},
		"in the break":              {"seoul", friday, []domain.SLATarget{first}, "12:30 opens", "first_response running due 20 15:00", ""},
		"over the weekend":          {"seoul", friday, []domain.SLATarget{first}, "17:00 opens", "first_response running due 23 10:00", ""},
		"before it opens":           {"seoul", friday, []domain.SLATarget{first}, "07:00 opens", "first_response running due 20 11:00", ""},
		"day and night":             {"", friday, []domain.SLATarget{first}, "23:00 opens", "first_response running due 21 01:00", ""},
		"answered in time":          {"seoul", friday, []domain.SLATarget{first}, "11:00 opens|13:30 answers", "first_response met spent 1h30m0s", ""},
		"answered to the minute":    {"seoul", friday, []domain.SLATarget{first}, "11:00 opens|14:00 answers", "first_response breached spent 2h0m0s", "sla.breached first_response"},
		"answered too late":         {"seoul", friday, []domain.SLATarget{first}, "11:00 opens|15:00 answers", "first_response breached spent 3h0m0s", "sla.breached first_response"},
		"resolved without answer":   {"seoul", friday, []domain.SLATarget{first}, "11:00 opens|11:30 resolves", "first_response met spent 30m0s", ""},
		"the next answer":           {"seoul", friday, []domain.SLATarget{first, next}, "09:00 opens|10:00 answers|11:30 writes", "first_response met spent 1h0m0s; next_response running due 20 13:30", ""},
		"from the oldest message":   {"seoul", friday, []domain.SLATarget{next}, "09:00 opens|10:00 answers|10:30 writes|10:50 writes", "next_response running due 20 11:30", ""},
		"each message anew":         {"seoul", friday, []domain.SLATarget{next}, "09:00 opens|10:00 answers|10:30 writes|11:00 answers|14:00 writes", "next_response running due 20 15:00", ""},
		"resolution pauses":         {"seoul", friday, []domain.SLATarget{resolution}, "09:00 opens|10:00 answers|15:00 writes", "resolution running due 23 14:00", ""},
		"paused over a weekend":     {"seoul", friday, []domain.SLATarget{resolution}, "17:00 opens|17:30 answers|+4 09:00 writes", "resolution running due 24 17:30", ""},
		"paused":                    {"seoul", friday, []domain.SLATarget{resolution}, "09:00 opens|12:30 waits", "resolution paused spent 3h0m0s", ""},
		"paused twice":              {"seoul", friday, []domain.SLATarget{resolution}, "09:00 opens|10:00 waits|11:00 works|12:00 waits|13:00 works", "resolution running due 23 10:00", ""},
		"resolved and opened again": {"seoul", friday, []domain.SLATarget{resolution}, "09:00 opens|11:00 resolves|16:00 writes", "resolution running due 23 14:00", ""},
		"a holiday":                 {"seoul", time.Date(2026, 12, 24, 0, 0, 0, 0, seoul), []domain.SLATarget{first}, "17:00 opens", "first_response running due 28 10:00", ""}, // Christmas is a Friday
		"the lunar new year":        {"seoul", time.Date(2026, 2, 13, 0, 0, 0, 0, seoul), []domain.SLATarget{first}, "17:00 opens", "first_response running due 19 10:00", ""},  // 16 to 18 February
		"clocks put forward":        {"new-york", time.Date(2026, 3, 6, 0, 0, 0, 0, mustZone("America/New_York")), []domain.SLATarget{first}, "17:00 opens", "first_response running due 9 10:00", ""},
		"breach is told once":       {"seoul", friday, []domain.SLATarget{first}, "09:00 opens|11:30 looks|11:40 looks|11:50 answers", "first_response breached spent 2h50m0s", "sla.breached first_response"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &day{t: t, w: policyOf(c.calendar, c.targets...), q: &domain.Inquiry{}, first: c.day}
			for _, step := range strings.Split(c.steps, "|") {
				d.step(step)
			}
			if got := d.shown(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if got := strings.Join(d.told, "|"); got != c.told {
				t.Errorf("told %q, want %q", got, c.told)
			}
		})
	}
}

// TestPolicyChanges: what was spent stays, the rest runs by the new policy.
func TestPolicyChanges(t *testing.T) {
	t.Parallel()
	target := domain.SLATarget{Clock: domain.ClockResolution, Seconds: 4 * 3600, WarnSeconds: 3600}
	d := &day{t: t, w: policyOf("seoul", target), q: &domain.Inquiry{}, first: time.Date(2026, 11, 20, 0, 0, 0, 0, seoul)}
	d.step("09:00 opens")
	d.step("10:00 waits")
	d.step("11:00 works")
	if got := d.shown(); got != "resolution running due 20 15:00" {
		t.Error(got)
	}
	if at := d.q.SLA.NextAt.In(seoul).Format("15:04"); at != "14:00" {
		t.Errorf("warning at %s", at)
	}
	target.Seconds = 2 * 3600
	d.w = policyOf("seoul", target)
	d.step("11:10 looks")
	if got := d.shown(); got != "resolution running due 20 12:00" {
		t.Errorf("a shorter promise: %s", got)
	}
	d.w = policyOf("", target)
	d.step("11:20 looks")
	if got := d.shown(); got != "resolution running due 20 12:00" {
		t.Errorf("day and night: %s", got)
	}
	d.w.policies = nil
	d.step("11:30 looks")
	if d.q.SLA != nil || d.q.DueAt != nil {
		t.Errorf("no promise: %s", d.shown())
	}
}
