package domain

import "time"

// Calendar says when there is work: hours of the week, holidays, and days that differ.
type Calendar struct {
	Doc       `json:",inline"`
	Key       string             `json:"key"`
	Name      string             `json:"name"`
	Zone      string             `json:"zone"` // IANA: Asia/Seoul
	Week      []CalendarHours    `json:"week"`
	Holidays  string             `json:"holidays,omitempty"` // country whose public holidays are free, ISO 3166-1: KR; none is none
	Overrides []CalendarOverride `json:"overrides,omitempty"`
	CreatedAt time.Time          `json:"createdAt"`
	UpdatedAt time.Time          `json:"updatedAt"`
}

// CalendarHours are working hours of one weekday. A day with a break has two; a day without any is free.
type CalendarHours struct {
	Day  int    `json:"day"`  // 0 is Sunday
	From string `json:"from"` // 09:00
	To   string `json:"to"`   // 18:00, exclusive; 24:00 is the end of the day
}

// CalendarOverride is a day that differs from its weekday, be it a holiday or not.
type CalendarOverride struct {
	Date  string         `json:"date"` // 2026-12-31
	Name  string         `json:"name,omitempty"`
	Hours []CalendarSpan `json:"hours,omitempty"` // none is free
}

// CalendarSpan is a part of one day.
type CalendarSpan struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Calendars holds the calendars.
var Calendars = declare[Calendar](Spec{
	Name: "calendars", Prefix: "cal", Noun: "calendar",
	Indexes: []Index{
		{Name: "key", Fields: []string{"key"}, Unique: true},
		{Name: "created", Fields: []string{"createdAt"}},
	},
})

// SLAPolicy promises when inquiries are answered. Policies are tried in their order; the first whose conditions all hold is an inquiry's.
type SLAPolicy struct {
	Doc         `json:",inline"`
	Key         string          `json:"key"`
	Name        string          `json:"name"`
	Order       int             `json:"order"` // the lower is tried first; equal ones by age
	Active      bool            `json:"active"`
	Conditions  SLAConditions   `json:"conditions"`
	Calendar    string          `json:"calendar,omitempty"` // key; none runs day and night
	Targets     []SLATarget     `json:"targets"`
	Escalations []SLAEscalation `json:"escalations,omitempty"`
	CreatedAt   time.Time       `json:"createdAt"`
	UpdatedAt   time.Time       `json:"updatedAt"`
}

// SLAConditions are all that must hold. In a list one is enough; an empty list asks nothing.
type SLAConditions struct {
	Queues     []string   `json:"queues,omitempty"`
	Types      []string   `json:"types,omitempty"` // keys; that of a parent holds for those below it
	Tiers      []string   `json:"tiers,omitempty"`
	Channels   []Channel  `json:"channels,omitempty"`
	Priorities []Priority `json:"priorities,omitempty"`
}

// SLATarget is what one clock may show.
type SLATarget struct {
	Clock       SLAClockKind `json:"clock"`
	Seconds     int          `json:"seconds"`               // of working time
	WarnSeconds int          `json:"warnSeconds,omitempty"` // before the end, of working time; 0 gives no warning
}

// SLAClockKind is what a clock measures.
type SLAClockKind string

// The clocks of an inquiry.
const (
	ClockFirstResponse SLAClockKind = "first_response" // from the first message to the first answer
	ClockNextResponse  SLAClockKind = "next_response"  // from any later message that is not answered yet to the answer
	ClockResolution    SLAClockKind = "resolution"     // to the resolution, but for the time that the customer is awaited
)

// SLAClockKinds lists every clock.
var SLAClockKinds = []SLAClockKind{ClockFirstResponse, ClockNextResponse, ClockResolution}

// SLAEscalation is what is done when a clock comes near its end or passes it.
type SLAEscalation struct {
	At       SLAMoment      `json:"at"`
	Clocks   []SLAClockKind `json:"clocks,omitempty"` // none is each
	Raise    bool           `json:"raise,omitempty"`  // the priority by one
	Queue    string         `json:"queue,omitempty"`  // given to
	Team     string         `json:"team,omitempty"`
	Agent    string         `json:"agent,omitempty"`
	Unassign bool           `json:"unassign,omitempty"` // taken from its agent, so that it is routed anew
	Notify   []string       `json:"notify,omitempty"`   // keys of agents who are told
	Tags     []string       `json:"tags,omitempty"`     // added
}

// SLAMoment is when an escalation is due.
type SLAMoment string

// The moments.
const (
	SLAWarning SLAMoment = "warning"
	SLABreach  SLAMoment = "breach"
)

// SLAMoments lists every moment.
var SLAMoments = []SLAMoment{SLAWarning, SLABreach}

// SLAPolicies holds the policies.
var SLAPolicies = declare[SLAPolicy](Spec{
	Name: "slaPolicies", Prefix: "slp", Noun: "SLA policy",
	Indexes: []Index{
		{Name: "key", Fields: []string{"key"}, Unique: true},
		{Name: "order", Fields: []string{"order"}},
	},
})

// TimeZone gives the calendar's zone. With the methods below it is what domain/worktime compiles.
func (c *Calendar) TimeZone() string { return c.Zone }

// HolidayCountry gives the country whose public holidays are free, "" for none.
func (c *Calendar) HolidayCountry() string { return c.Holidays }

// EachHours hands over the working hours of the week.
func (c *Calendar) EachHours(yield func(day time.Weekday, from, to string)) {
	for _, h := range c.Week {
		yield(time.Weekday(h.Day), h.From, h.To)
	}
}

// EachOverride hands over the days that differ, with their parts as pairs of from and to.
func (c *Calendar) EachOverride(yield func(date string, parts [][2]string)) {
	for _, o := range c.Overrides {
		parts := make([][2]string, len(o.Hours))
		for i, h := range o.Hours {
			parts[i] = [2]string{h.From, h.To}
		}
		yield(o.Date, parts)
	}
}
