package domain

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Inquiry is one matter that a customer raises.
type Inquiry struct {
	Doc               `json:",inline"`
	Number            string         `json:"number"` // what people say and write; unique, roughly in order of birth
	Subject           string         `json:"subject"`
	Status            Status         `json:"status"`
	StatusCategory    StatusCategory `json:"statusCategory"`
	Priority          Priority       `json:"priority"`
	Type              string         `json:"type,omitempty"` // key of an InquiryType
	Queue             string         `json:"queue,omitempty"`
	Team              string         `json:"team,omitempty"`
	Assignee          string         `json:"assignee,omitempty"`
	AssignedAt        *time.Time     `json:"assignedAt,omitempty"` // when a person gave it to Assignee
	CustomerID        string         `json:"customerId"`
	HomeID            string         `json:"homeId,omitempty"` // the merged customer it would go back to
	Tier              string         `json:"tier"`             // of the customer, when it came or was last changed
	Account           string         `json:"account"`
	Channel           Channel        `json:"channel"` // by which it came first
	Origin            Origin         `json:"origin"`
	Language          string         `json:"language,omitempty"`
	Tags              []string       `json:"tags,omitempty"`
	Custom            map[string]any `json:"custom,omitempty"`
	Sealed            []Sealed       `json:"sealed,omitempty"`
	PreviousID        string         `json:"previousId,omitempty"` // the resolved inquiry that this one goes on from
	CreatedAt         time.Time      `json:"createdAt"`
	UpdatedAt         time.Time      `json:"updatedAt"`
	LastInteractionAt time.Time      `json:"lastInteractionAt"`
	ResolvedAt        *time.Time     `json:"resolvedAt,omitempty"`
	SnoozedUntil      *time.Time     `json:"snoozedUntil,omitempty"`
	DueAt             *time.Time     `json:"dueAt,omitempty"`
	SLA               *InquirySLA    `json:"sla,omitempty"`
	CustomerSince     *time.Time     `json:"customerSince,omitempty"`   // when the oldest message came that is not answered
	FirstAnsweredAt   *time.Time     `json:"firstAnsweredAt,omitempty"` // when the customer had the first answer
	DueOrder          time.Time      `json:"dueOrder"`                  // DueAt, or NeverDue: what a list by due time is sorted by
	Disposition       string         `json:"disposition,omitempty"`
	Unread            bool           `json:"unread,omitempty"`      // the customer wrote, and nobody has looked since
	MergedInto        string         `json:"mergedInto,omitempty"`  // the inquiry that has its interactions now
	SplitFromID       string         `json:"splitFromId,omitempty"` // the inquiry that it was split from
}

// NeverDue sorts inquiries without a due time behind all others.
var NeverDue = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// Origin says where an inquiry came from.
type Origin struct {
	Channel  Channel `json:"channel"`
	Campaign string  `json:"campaign,omitempty"`
}

// Status is where an inquiry stands.
type Status string

// The statuses.
const (
	StatusNew      Status = "new"      // nobody has looked at it
	StatusOpen     Status = "open"     // in work
	StatusWaiting  Status = "waiting"  // for the customer
	StatusSnoozed  Status = "snoozed"  // until a time, or until the customer writes
	StatusResolved Status = "resolved" // done; a reply within ReopenWindow opens it again
	StatusClosed   Status = "closed"   // done for good
)

// Statuses lists every status.
var Statuses = []Status{StatusNew, StatusOpen, StatusWaiting, StatusSnoozed, StatusResolved, StatusClosed}

// StatusCategory groups the statuses.
type StatusCategory string

// The categories.
const (
	CategoryOpen     StatusCategory = "open"
	CategoryWaiting  StatusCategory = "waiting"
	CategoryResolved StatusCategory = "resolved"
)

// StatusCategories lists every category.
var StatusCategories = []StatusCategory{CategoryOpen, CategoryWaiting, CategoryResolved}

var categories = map[Status]StatusCategory{
	StatusNew: CategoryOpen, StatusOpen: CategoryOpen, StatusWaiting: CategoryWaiting, StatusSnoozed: CategoryWaiting,
	StatusResolved: CategoryResolved, StatusClosed: CategoryResolved,
}

// Category gives the group of a status, "" if there is no such status.
func (s Status) Category() StatusCategory { return categories[s] }

// transitions is the status machine.
var transitions = map[Status][]Status{
	StatusNew:      {StatusOpen, StatusWaiting, StatusSnoozed, StatusResolved, StatusClosed},
	StatusOpen:     {StatusWaiting, StatusSnoozed, StatusResolved, StatusClosed},
	StatusWaiting:  {StatusOpen, StatusSnoozed, StatusResolved, StatusClosed},
	StatusSnoozed:  {StatusOpen, StatusWaiting, StatusResolved, StatusClosed},
	StatusResolved: {StatusOpen, StatusClosed},
	StatusClosed:   {},
}

// Priority orders work.
type Priority string

// Priorities lists every priority, the least first.
var Priorities = []Priority{"low", PriorityNormal, "high", "urgent"}

// PriorityNormal is what an inquiry has unless something says otherwise.
const PriorityNormal Priority = "normal"

// ReopenWindow is how long after its resolution a customer's reply opens an inquiry again; later it opens a new one that points back.
const ReopenWindow = 14 * 24 * time.Hour

// MoveTo changes the status at a time. Conflict if the status machine does not allow it; to stay is allowed.
func (q *Inquiry) MoveTo(s Status, now time.Time) error {
	if s.Category() == "" {
		return InvalidField("status", "enum", "there is no status %q", Clip(string(s), 40))
	}
	if s == q.Status {
		return nil
	}
	if !slices.Contains(transitions[q.Status], s) {
		return &Error{Code: Conflict, Field: "status", Rule: "transition", Message: "an inquiry that is " + string(q.Status) + " cannot become " + string(s)}
	}
	q.setStatus(s, now)
	return nil
}

// MoveBack gives an inquiry a status that it had before, because what moved it on is undone.
func (q *Inquiry) MoveBack(s Status, now time.Time) error {
	if s.Category() == "" {
		return Errorf(Conflict, "the status to go back to is not known")
	}
	q.setStatus(s, now)
	return nil
}

func (q *Inquiry) setStatus(s Status, now time.Time) {
	q.Status, q.StatusCategory, q.UpdatedAt = s, s.Category(), now
	switch {
	case q.StatusCategory != CategoryResolved:
		q.ResolvedAt = nil
	case q.ResolvedAt == nil:
		q.ResolvedAt = &now
	}
	if s != StatusSnoozed {
		q.SnoozedUntil = nil
	}
}

// CustomerWrote moves the status as a customer's message does: what waited or was resolved is open again.
func (q *Inquiry) CustomerWrote(now time.Time) (reopened bool) {
	q.Unread = true
	if q.CustomerSince == nil {
		q.CustomerSince = &now
	}
	reopened = q.StatusCategory == CategoryResolved
	if q.StatusCategory != CategoryOpen {
		q.setStatus(StatusOpen, now)
	}
	return reopened
}

// Answered says that the customer had an answer.
func (q *Inquiry) Answered(at time.Time) {
	q.Unread, q.CustomerSince = false, nil
	if q.FirstAnsweredAt == nil {
		q.FirstAnsweredAt = &at
	}
}

// TakesReplies reports whether a customer's message at this time belongs to this inquiry, rather than to a new one that points back.
func (q *Inquiry) TakesReplies(now time.Time) bool {
	return q.MergedInto == "" && q.Status != StatusClosed && (q.ResolvedAt == nil || now.Sub(*q.ResolvedAt) <= ReopenWindow)
}

// ReplyToken is what stands behind the plus in the address that our mails ask to be answered to. It is the id without its prefix.
func (q *Inquiry) ReplyToken() string { return strings.TrimPrefix(q.ID, prefixInquiry+"_") }

var tokenPattern = regexp.MustCompile(`(?i)\+([0-9a-hjkmnp-tv-z]{26})@`)

// InquiryOfAddress gives the id of the inquiry whose reply token stands in an address, "" if none does.
func InquiryOfAddress(address string) string {
	token := tokenPattern.FindStringSubmatch(address)
	if token == nil {
		return ""
	}
	return InquiryOfToken(token[1])
}

// InquiryOfToken gives the inquiry's id of a reply token, "" if it is none.
func InquiryOfToken(token string) string {
	id := prefixInquiry + "_" + strings.ToLower(token)
	if IDPrefix(id) == "" {
		return ""
	}
	return id
}

// SetDue sets when the next answer is due; nil is never.
func (q *Inquiry) SetDue(due *time.Time) {
	q.DueAt, q.DueOrder = due, NeverDue
	if due != nil {
		q.DueOrder = *due
	}
}

// The fields by which inquiries are listed. Each has an index in the order of the last interaction.
var inquiryFacets = []string{"queue", "assignee", "type", "channel", "tier", "tags", "customerId"}

// Inquiries holds the inquiries.
var Inquiries = declare[Inquiry](Spec{
	Name: "inquiries", Prefix: prefixInquiry, Noun: "inquiry",
	Indexes: inquiryIndexes(),
})

// inquiryIndexes are: one by number, and for each sort order the whole list and those lists that a desk looks
// at all day. A list by a rarer pair of fields goes through the nearest of these and passes over the rest.
func inquiryIndexes() []Index {
	out := []Index{
		{Name: "number", Fields: []string{"number"}, Unique: true},
		{Name: "home", Fields: []string{"homeId", "customerId"}, Sparse: true},
		{Name: "snoozed", Fields: []string{"snoozedUntil"}, Sparse: true},
		{Name: "sealed", Fields: []string{"sealed.index"}, Sparse: true},
		{Name: "sla", Fields: []string{"sla.nextAt"}, Sparse: true},
		{Name: "last", Fields: []string{"statusCategory", "lastInteractionAt"}},
		{Name: "created", Fields: []string{"statusCategory", "createdAt"}},
		{Name: "due", Fields: []string{"statusCategory", "dueOrder"}},
	}
	for _, f := range inquiryFacets {
		out = append(out, Index{Name: f + ".last", Fields: []string{f, "statusCategory", "lastInteractionAt"}, Sparse: f == "tags"})
	}
	for _, f := range []string{"queue", "assignee"} {
		out = append(out, Index{Name: f + ".due", Fields: []string{f, "statusCategory", "dueOrder"}})
	}
	return out
}
