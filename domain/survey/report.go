package survey

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sori/domain"
)

// The ways to divide the report.
const (
	ByAll   = "all"
	ByAgent = "agent"
	ByQueue = "queue"
	ByType  = "type"
	ByTier  = "tier"
	ByDay   = "day"
)

var divisions = []string{ByAgent, ByQueue, ByType, ByTier, ByDay}

// ReportRequest asks for the report of the questions that were sent from From to To, both included. Zero times are the last 30 days.
type ReportRequest struct {
	By       string // agent, queue, type, tier or day
	From, To time.Time
}

// Report says how satisfied customers were.
type Report struct {
	By       string
	From, To string // days
	Total    Satisfaction
	Rows     []Satisfaction // by day in their order, else the most answered first
}

// Satisfaction is what customers said. Shares are 0 to 1; what divides by nothing is nil.
type Satisfaction struct {
	Key          string // of the agent, queue, type or tier; a day; SurveyNone for inquiries without one; empty for the total
	Sent         int64
	Answered     int64
	ResponseRate *float64
	Average      *float64
	Satisfied    *float64 // those who gave SatisfiedScore or more
	Distribution []int64  // answers with each score, from MinScore on
}

const (
	defaultReportDays = 30
	maxReportDays     = 366
)

// Report gives the report. It reads daily counts, so its cost grows with days and keys, not with what is stored. Invalid for an unknown division or more than 366 days. It
// takes the scope org:read.
func (s *Service) Report(ctx context.Context, req ReportRequest) (*Report, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
		return nil, err
	}
	if req.By = cmp.Or(req.By, ByDay); !slices.Contains(divisions, req.By) {
		return nil, domain.InvalidField("by", "enum", "must be agent, queue, type, tier or day")
	}
	to := req.To.UTC()
	if req.To.IsZero() {
		to = s.Clock()
	}
	from := req.From.UTC()
	if req.From.IsZero() {
		from = to.AddDate(0, 0, 1-defaultReportDays)
	}
	if to.Before(from) || to.Sub(from) > maxReportDays*24*time.Hour {
		return nil, domain.InvalidField("from", "range", "must be before to, by at most %d days", maxReportDays)
	}
	stored := req.By
	if req.By == ByDay {
		stored = ByAll
	}
	rows, err := domain.SurveyDays.Find(ctx, s.Store, domain.Query{Index: "day", Equal: []any{stored}, From: day(from), To: day(to.AddDate(0, 0, 1))})
	if err != nil {
		return nil, err
	}
	r := sumUp(rows, req.By)
	r.From, r.To = day(from), day(to)
	return r, nil
}

func sumUp(rows []*domain.SurveyDay, by string) *Report {
	total := &domain.SurveyDay{Scores: noScores()}
	sums := map[string]*domain.SurveyDay{}
	for _, row := range rows {
		key := row.Key
		if by == ByDay {
			key = row.Day
		}
		if sums[key] == nil {
			sums[key] = &domain.SurveyDay{Scores: noScores()}
		}
		for _, sum := range []*domain.SurveyDay{total, sums[key]} {
			sum.Sent += row.Sent
			for i, n := range row.Scores {
				sum.Scores[i] += n
			}
		}
	}
	r := &Report{By: by, Total: satisfaction("", total), Rows: []Satisfaction{}}
	for key, sum := range sums {
		r.Rows = append(r.Rows, satisfaction(key, sum))
	}
	slices.SortFunc(r.Rows, func(a, b Satisfaction) int {
		if by == ByDay {
			return cmp.Compare(a.Key, b.Key)
		}
		return cmp.Or(cmp.Compare(b.Answered, a.Answered), cmp.Compare(a.Key, b.Key))
	})
	return r
}

func noScores() []int64 { return make([]int64, domain.MaxScore-domain.MinScore+1) }

func satisfaction(key string, d *domain.SurveyDay) Satisfaction {
	out := Satisfaction{Key: key, Sent: d.Sent, Distribution: d.Scores}
	var points, satisfied int64
	for i, n := range d.Scores {
		score := int64(i + domain.MinScore)
		out.Answered += n
		points += score * n
		if score >= domain.SatisfiedScore {
			satisfied += n
		}
	}
	out.ResponseRate, out.Average, out.Satisfied = part(out.Answered, d.Sent), part(points, out.Answered), part(satisfied, out.Answered)
	return out
}

func part(n, of int64) *float64 {
	if of == 0 {
		return nil
	}
	x := float64(n) / float64(of)
	return &x
}

// count changes the counts of an invitation's day: that of all, and those of its agent, queue, type and tier.
func count(ctx context.Context, tx domain.Tx, inv *domain.SurveyInvitation, change func(*domain.SurveyDay)) error {
	on := day(inv.SentAt)
	for _, x := range []struct{ by, key string }{
		{ByAll, ByAll}, {ByAgent, inv.Agent}, {ByQueue, inv.Queue}, {ByType, inv.Type}, {ByTier, inv.Tier},
	} {
		key := cmp.Or(x.key, domain.SurveyNone)
		d, err := domain.SurveyDays.First(ctx, tx, domain.Query{Index: "day", Equal: []any{x.by, on, key}})
		if domain.IsCode(err, domain.NotFound) {
			d = &domain.SurveyDay{By: x.by, Day: on, Key: key, Scores: noScores()}
			change(d)
			err = domain.SurveyDays.Insert(ctx, tx, d)
		} else if err == nil {
			change(d)
			err = domain.SurveyDays.Replace(ctx, tx, d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Invitation reads one question. It takes the scope inquiry:read.
func (s *Service) Invitation(ctx context.Context, id string) (*domain.SurveyInvitation, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	return domain.SurveyInvitations.Get(ctx, s.Store, id)
}

// Invitations gives the questions that were sent, the newest first; of one inquiry, or of one customer. It takes the scope inquiry:read.
func (s *Service) Invitations(ctx context.Context, inquiryID, customerID string, req domain.PageRequest) (domain.Page[domain.SurveyInvitation], error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return domain.Page[domain.SurveyInvitation]{}, err
	}
	q := domain.Query{Index: "sent", Reverse: true}
	var keep func(*domain.SurveyInvitation) bool
	if customerID != "" {
		q = domain.Query{Index: "customer", Equal: []any{customerID}, Reverse: true}
	}
	if inquiryID != "" {
		inv, err := domain.SurveyInvitations.Get(ctx, s.Store, domain.SurveyInvitationID(inquiryID))
		if domain.IsCode(err, domain.NotFound) || err == nil && inv.InquiryID != inquiryID {
			return domain.Page[domain.SurveyInvitation]{Items: []*domain.SurveyInvitation{}}, nil
		}
		if err != nil {
			return domain.Page[domain.SurveyInvitation]{}, err
		}
		// There is one at most: it is found by its customer and time.
		q = domain.Query{Index: "customer", Equal: []any{inv.CustomerID}, From: inv.SentAt, To: inv.SentAt.Add(time.Millisecond), Reverse: true}
		keep = func(x *domain.SurveyInvitation) bool {
			return x.ID == inv.ID && (customerID == "" || customerID == x.CustomerID)
		}
	}
	return domain.SurveyInvitations.Page(ctx, s.Store, req, inquiryID+"|"+customerID, keep, q)
}
