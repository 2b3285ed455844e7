package worktime_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"sori/domain/worktime"
)

// plan is a calendar in a test.
type plan struct {
	zone, holidays string
	hours          []hours
	overrides      map[string][][2]string
}

type hours struct {
	day      time.Weekday
	from, to string
}

func (p plan) TimeZone() string       { return p.zone }
func (p plan) HolidayCountry() string { return p.holidays }
func (p plan) EachHours(yield func(time.Weekday, string, string)) {
	for _, h := range p.hours {
		yield(h.day, h.from, h.to)
	}
}
func (p plan) EachOverride(yield func(string, [][2]string)) {
	for date, parts := range p.overrides {
		yield(date, parts)
	}
}

// on gives parts to days.
func on(days []time.Weekday, parts ...[2]string) (out []hours) {
	for _, d := range days {
		for _, p := range parts {
			out = append(out, hours{d, p[0], p[1]})
		}
	}
	return out
}

var (
	weekdays = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	allDays  = []time.Weekday{time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday}
	office   = [2]string{"09:00", "18:00"}
	morning  = [2]string{"09:00", "12:00"}
	noon     = [2]string{"13:00", "18:00"}
	wholeDay = [2]string{"00:00", "24:00"}

	seoul   = plan{zone: "Asia/Seoul", hours: on(weekdays, morning, noon), holidays: "KR"}
	newYork = plan{zone: "America/New_York", hours: on(allDays, [2]string{"01:00", "04:00"})}
	london  = plan{zone: "Europe/London", hours: on(weekdays, office)}
	nights  = plan{zone: "Asia/Seoul", hours: append(on(allDays, [2]string{"22:00", "24:00"}), on(allDays, [2]string{"00:00", "06:00"})...)}
	round   = plan{zone: "Europe/London", hours: on(allDays, wholeDay)}
	never   = plan{zone: "Asia/Seoul"}
	once    = plan{zone: "Asia/Seoul", overrides: map[string][][2]string{"2026-12-31": {morning}}}
)

func compiled(t testing.TB, p plan) *worktime.Calendar {
	t.Helper()
	c, err := worktime.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// at reads a moment by the clock on the wall of a zone: "2026-11-22 09:00", with the offset where it comes twice.
func at(t testing.TB, zone, s string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02 15:04 -0700"} {
		if x, err := time.ParseInLocation(layout, s, loc); err == nil {
			return x
		}
	}
	t.Fatalf("cannot read %q", s)
	return time.Time{}
}

// TestAdd against moments found by hand. Between goes the way back.
func TestAdd(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		plan plan
		from string
		d    time.Duration
		want string
	}{
		"within the morning":                   {seoul, "2026-11-23 09:30", time.Hour, "2026-11-23 10:30"},
		"over the break":                       {seoul, "2026-11-23 11:30", time.Hour, "2026-11-23 13:30"},
		"to the end of the morning":            {seoul, "2026-11-23 11:30", 30 * time.Minute, "2026-11-23 12:00"},
		"from within the break":                {seoul, "2026-11-23 12:15", time.Hour, "2026-11-23 14:00"},
		"over night":                           {seoul, "2026-11-23 17:00", 2 * time.Hour, "2026-11-24 10:00"},
		"from before the day":                  {seoul, "2026-11-23 03:00", time.Minute, "2026-11-23 09:01"},
		"over the weekend":                     {seoul, "2026-11-27 17:30", time.Hour, "2026-11-30 09:30"},
		"from a Sunday":                        {seoul, "2026-11-22 10:00", 8 * time.Hour, "2026-11-23 18:00"},
		"a whole week":                         {seoul, "2026-11-23 09:00", 40 * time.Hour, "2026-11-27 18:00"},
		"a whole week and a second":            {seoul, "2026-11-23 09:00", 40*time.Hour + time.Second, "2026-11-30 09:00:01"},
		"over 추석 and its substitute holiday":   {seoul, "2025-10-02 17:00", 2 * time.Hour, "2025-10-10 10:00"}, // 3 개천절, 5–7 추석, 8 대체, 9 한글날
		"over 설날":                              {seoul, "2026-02-13 17:00", 2 * time.Hour, "2026-02-19 10:00"}, // Friday; 16–18 설날
		"over 제헌절, a holiday again since 2026": {seoul, "2026-07-16 17:00", 2 * time.Hour, "2026-07-20 10:00"},
		"제헌절 was none in 2025":                 {seoul, "2025-07-16 17:00", 2 * time.Hour, "2025-07-17 10:00"},
		"부처님오신날 on a Sunday, Monday free":      {seoul, "2026-05-22 17:00", 2 * time.Hour, "2026-05-26 10:00"},
		"New York loses an hour":               {newYork, "2026-03-08 00:30", 2 * time.Hour, "2026-03-08 04:00"}, // 01:00–02:00, 03:00–04:00
		"New York the day after":               {newYork, "2026-03-08 01:00", 150 * time.Minute, "2026-03-09 01:30"},
		"New York has an hour twice":           {newYork, "2026-11-01 00:30", 4 * time.Hour, "2026-11-01 04:00"}, // 01:00 twice
		"New York in the second of the hours":  {newYork, "2026-11-01 01:00 -0400", 90 * time.Minute, "2026-11-01 01:30 -0500"},
		"London loses none by day":             {london, "2026-03-27 17:00", 2 * time.Hour, "2026-03-30 10:00"},
		"London is an hour later in UTC":       {london, "2026-10-23 17:00", 2 * time.Hour, "2026-10-26 10:00"},
		"over midnight":                        {nights, "2026-11-23 23:00", 3 * time.Hour, "2026-11-24 02:00"},
		"over midnight where a week ends":      {nights, "2026-11-25 23:30", 4 * time.Hour, "2026-11-26 03:30"},
		"from night to night":                  {nights, "2026-11-24 05:00", 2 * time.Hour, "2026-11-24 23:00"},
		"day and night":                        {round, "2026-11-23 12:00", 49 * time.Hour, "2026-11-25 13:00"},
		"day and night, clocks put forward":    {round, "2026-03-28 12:00", 24 * time.Hour, "2026-03-29 13:00"},
		"day and night, clocks put back":       {round, "2026-10-24 12:00", 24 * time.Hour, "2026-10-25 11:00"},
		"a day that differs":                   {once, "2026-11-23 09:00", time.Hour, "2026-12-31 10:00"},
		"nothing is now":                       {seoul, "2026-11-22 10:00", 0, "2026-11-22 10:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, from, want := compiled(t, x.plan), at(t, x.plan.zone, x.from), at(t, x.plan.zone, x.want)
			got, ok := c.Add(from, x.d)
			if !ok || !got.Equal(want) {
				t.Errorf("%s + %s is %s, %t; wanted %s", from, x.d, got.In(want.Location()), ok, want)
			}
			if back := c.Between(from, want); back != x.d {
				t.Errorf("between %s and %s are %s, wanted %s", from, want, back, x.d)
			}
			if back := c.Between(want, from); back != -x.d {
				t.Errorf("backwards it is %s", back)
			}
		})
	}
}

// TestMidnightThatDoesNotExist: in Cairo clocks go from 23:59 of Thursday to 01:00 of Friday in spring.
func TestMidnightThatDoesNotExist(t *testing.T) {
	t.Parallel()
	c := compiled(t, plan{zone: "Africa/Cairo", hours: on(allDays, wholeDay)})
	from := at(t, "Africa/Cairo", "2026-04-23 12:00")
	if got := c.Between(from, at(t, "Africa/Cairo", "2026-04-24 12:00")); got != 23*time.Hour {
		t.Errorf("the day has %s", got)
	}
	c = compiled(t, plan{zone: "Africa/Cairo", hours: on([]time.Weekday{time.Friday}, [2]string{"00:00", "02:00"})})
	if got := c.Between(from, from.AddDate(0, 0, 2)); got != time.Hour {
		t.Errorf("of two hours that begin with the lost one there are %s", got)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		plan          plan
		at            string
		open          bool
		opens, closes string // "" is never
	}{
		"in the morning":      {seoul, "2026-11-23 10:00", true, "2026-11-23 10:00", "2026-11-23 12:00"},
		"as it opens":         {seoul, "2026-11-23 09:00", true, "2026-11-23 09:00", "2026-11-23 12:00"},
		"as it closes":        {seoul, "2026-11-23 18:00", false, "2026-11-24 09:00", "2026-11-24 12:00"},
		"in the break":        {seoul, "2026-11-23 12:30", false, "2026-11-23 13:00", "2026-11-23 18:00"},
		"on a holiday":        {seoul, "2026-12-25 10:00", false, "2026-12-28 09:00", "2026-12-28 12:00"},
		"over midnight":       {nights, "2026-11-25 23:00", true, "2026-11-25 23:00", "2026-11-26 06:00"},
		"day and night":       {round, "2026-11-25 23:00", true, "2026-11-25 23:00", ""},
		"never":               {never, "2026-11-25 23:00", false, "", ""},
		"on one day, ahead":   {once, "2026-11-25 23:00", false, "2026-12-31 09:00", "2026-12-31 12:00"},
		"on one day, behind":  {once, "2027-01-01 00:00", false, "", ""},
		"in the doubled hour": {newYork, "2026-11-01 01:30 -0500", true, "2026-11-01 01:30 -0500", "2026-11-01 04:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, now := compiled(t, x.plan), at(t, x.plan.zone, x.at)
			if got := c.Open(now); got != x.open {
				t.Errorf("open: %t", got)
			}
			for what, next := range map[string]struct {
				ask  func(time.Time) (time.Time, bool)
				want string
			}{"opens": {c.NextOpen, x.opens}, "closes": {c.NextClose, x.closes}} {
				got, ok := next.ask(now)
				if ok != (next.want != "") || ok && !got.Equal(at(t, x.plan.zone, next.want)) {
					t.Errorf("%s %s, %t; wanted %q", what, got, ok, next.want)
				}
			}
		})
	}
}

// TestNever: what does not come within the horizon never does, and finding that out ends.
func TestNever(t *testing.T) {
	t.Parallel()
	from := at(t, "Asia/Seoul", "2026-11-23 09:00")
	if got, ok := compiled(t, never).Add(from, time.Second); ok {
		t.Errorf("it comes at %s", got)
	}
	if got, ok := compiled(t, once).Add(from, 3*time.Hour+time.Second); ok {
		t.Errorf("more than there is comes at %s", got)
	}
	if got, ok := compiled(t, seoul).Add(from, 100_000*time.Hour); ok {
		t.Errorf("fifty years of work come at %s", got)
	}
	if got := compiled(t, never).Between(from, from.AddDate(1, 0, 0)); got != 0 {
		t.Errorf("%s are worked", got)
	}
}

// TestNilIsAlways open.
func TestNilIsAlways(t *testing.T) {
	t.Parallel()
	var c *worktime.Calendar
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	if got, ok := c.Add(now, time.Hour); !ok || !got.Equal(now.Add(time.Hour)) || c.Between(now, got) != time.Hour || !c.Open(now) {
		t.Errorf("%s, %t", got, ok)
	}
	if got, ok := c.NextOpen(now); !ok || !got.Equal(now) {
		t.Errorf("opens %s, %t", got, ok)
	}
	if _, ok := c.NextClose(now); ok {
		t.Error("it closes")
	}
}

func TestEach(t *testing.T) {
	t.Parallel()
	var got []string
	collect := func(from, to time.Time) { got = append(got, from.Format("01-02 15:04")+"–"+to.Format("01-02 15:04")) }
	loc := at(t, "Asia/Seoul", "2026-11-25 23:00").Location()
	compiled(t, nights).Each(at(t, "Asia/Seoul", "2026-11-25 23:00"), at(t, "Asia/Seoul", "2026-11-26 23:00"), func(from, to time.Time) {
		collect(from.In(loc), to.In(loc))
	})
	want := []string{"11-25 23:00–11-26 06:00", "11-26 22:00–11-26 23:00"}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%v", got)
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]plan{
		"no zone":           {},
		"unknown zone":      {zone: "Mars/Base"},
		"unknown country":   {zone: "Asia/Seoul", holidays: "XX"},
		"25 o'clock":        {zone: "Asia/Seoul", hours: []hours{{0, "09:00", "25:00"}}},
		"a minute too many": {zone: "Asia/Seoul", hours: []hours{{0, "09:60", "10:00"}}},
		"one digit":         {zone: "Asia/Seoul", hours: []hours{{0, "9:00", "10:00"}}},
		"backwards":         {zone: "Asia/Seoul", hours: []hours{{0, "10:00", "09:00"}}},
		"eighth day":        {zone: "Asia/Seoul", hours: []hours{{7, "09:00", "10:00"}}},
		"no date":           {zone: "Asia/Seoul", overrides: map[string][][2]string{"2026-02-30": nil}},
		"bad part":          {zone: "Asia/Seoul", overrides: map[string][][2]string{"2026-02-20": {{"x", "y"}}}},
	} {
		if _, err := worktime.Compile(p); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// TestHolidays of Korea against dates that were announced.
func TestHolidays(t *testing.T) {
	t.Parallel()
	names := map[string]string{}
	last := time.Time{}
	for _, h := range worktime.Holidays("KR") {
		names[h.Date.Format(time.DateOnly)] = h.Name
		if !h.Date.After(last) || h.Name == "" {
			t.Errorf("%s %q is out of order or has no name", h.Date, h.Name)
		}
		last = h.Date
	}
	for date, want := range map[string]string{
		"2024-02-12": "설날 대체 휴일", "2024-10-01": "국군의 날", "2025-01-27": "임시공휴일", "2025-05-06": "부처님오신날 대체 휴일; 어린이날 대체 휴일", "2026-09-25": "추석",
		"2026-05-25": "부처님오신날 대체 휴일", "2026-07-17": "제헌절", "2027-02-09": "설날 대체 휴일", "2036-10-04": "추석", "2026-11-23": "",
	} {
		if names[date] != want {
			t.Errorf("%s is %q, wanted %q", date, names[date], want)
		}
	}
	for year := 2024; year <= 2036; year++ {
		for _, day := range []string{"-01-01", "-03-01", "-05-05", "-06-06", "-08-15", "-10-03", "-10-09", "-12-25"} {
			if date := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006") + day; names[date] == "" {
				t.Errorf("%s is no holiday", date)
			}
		}
	}
}

// TestAddAndBetweenAreInverse, for calendars and moments by chance, around every change of the clocks.
func TestAddAndBetweenAreInverse(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		p := randomPlan(r)
		c := compiled(t, p)
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(int64(2 * 365 * 24 * time.Hour))))
		d := time.Duration(r.Int64N(int64(200 * time.Hour)))
		to, ok := c.Add(from, d)
		if !ok {
			t.Fatalf("%+v: %s after %s never comes", p, d, from)
		}
		if got := c.Between(from, to); got != d {
			t.Fatalf("%+v: %s + %s = %s, and between are %s", p, from, d, to, got)
		}
		middle := from.Add(to.Sub(from) / 3)
		if a, b := c.Between(from, middle), c.Between(middle, to); a+b != d {
			t.Fatalf("%+v: %s and %s are not %s", p, a, b, d)
		}
		var sum time.Duration
		c.Each(from, to, func(a, b time.Time) { sum += b.Sub(a) })
		if sum != d {
			t.Fatalf("%+v: the periods have %s, wanted %s", p, sum, d)
		}
		if d > 0 && c.Between(from, to.Add(-time.Nanosecond)) >= d {
			t.Fatalf("%+v: %s is not the first such moment", p, to)
		}
	}
}

func randomPlan(r *rand.Rand) plan {
	zones := []string{"Asia/Seoul", "America/New_York", "Europe/London", "Africa/Cairo", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu"}
	p := plan{zone: zones[r.IntN(len(zones))], overrides: map[string][][2]string{"2026-03-08": {wholeDay}, "2026-11-02": nil}}
	clock := func(minutes int) string {
		return time.Date(2000, 1, 1, 0, minutes, 0, 0, time.UTC).Format("15:04")
	}
	for _, day := range allDays[:1+r.IntN(7)] {
		from := r.IntN(12 * 60)
		to := from + 1 + r.IntN(11*60)
		p.hours = append(p.hours, hours{day, clock(from), clock(to)}, hours{day, clock(to + r.IntN(2)), "24:00"})
	}
	return p
}

func BenchmarkAdd(b *testing.B) {
	c := compiled(b, seoul)
	from := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	for name, d := range map[string]time.Duration{"hour": time.Hour, "week": 40 * time.Hour, "year": 2000 * time.Hour} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := c.Add(from, d); !ok {
					b.Fatal("never")
				}
			}
		})
	}
}

func BenchmarkBetween(b *testing.B) {
	c := compiled(b, seoul)
	from := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	for b.Loop() {
		if c.Between(from, from.AddDate(0, 1, 0)) == 0 {
			b.Fatal("nothing")
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	c := compiled(b, seoul)
	from := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	for b.Loop() {
		if !c.Open(from) {
			b.Fatal("closed")
		}
	}
}
