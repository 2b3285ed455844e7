package survey

import (
	"context"
	"fmt"
	"time"

	"sori/domain"
)

// Consumer is the name under which surveys follow the feed.
const Consumer = "surveys"

// JobInvite is the kind of the job that asks a customer, if the inquiry is still resolved when it is due.
const JobInvite = "survey.invite"

type inviteArgs struct {
	InquiryID  string    `json:"inquiryId"`
	ResolvedAt time.Time `json:"resolvedAt"`
}

// lateAfter is how old a resolution may be that is read of: one that was long ago, as after a long standstill, is not asked about any more.
const lateAfter = 48 * time.Hour

// Follow plans a question for each resolved inquiry, and erases what erased customers wrote. Doing it twice does no harm.
func (s *Service) Follow(ctx context.Context, events []*domain.Event) error {
	var resolved []*domain.Event
	for _, e := range events {
		switch {
		case e.Type == domain.EventCustomerErased:
			if err := s.erase(ctx, e.CustomerID); err != nil {
				return err
			}
		case e.Type == domain.EventInquiryResolved && s.Clock().Sub(e.At) < lateAfter:
			resolved = append(resolved, e)
		}
	}
	if len(resolved) == 0 {
		return nil
	}
	set, err := settings(ctx, s.Store)
	if err != nil || !set.Active {
		return err
	}
	return s.write(ctx, func(tx domain.Tx) error {
		for _, e := range resolved {
			if err := plan(ctx, tx, e, time.Duration(set.DelayMinutes)*time.Minute); err != nil {
				return err
			}
		}
		return nil
	})
}

func plan(ctx context.Context, tx domain.Tx, e *domain.Event, delay time.Duration) error {
	key := fmt.Sprintf("%s|%s|%d", JobInvite, e.InquiryID, e.At.UnixMilli())
	planned, err := domain.Jobs.Find(ctx, tx, domain.Query{Index: "key", Equal: []any{key}, Limit: 1})
	if err != nil || len(planned) > 0 {
		return err
	}
	job, err := domain.NewJob(JobInvite, inviteArgs{e.InquiryID, e.At}, e.At.Add(delay))
	if err != nil {
		return err
	}
	job.Key = key
	return domain.Jobs.Insert(ctx, tx, job)
}

// erase removes what a customer wrote, and what those wrote who were merged into them; the scores stay, for counts.
func (s *Service) erase(ctx context.Context, customerID string) error {
	merged, err := domain.Customers.Find(ctx, s.Store, domain.Query{Index: "merged", Equal: []any{customerID}, Limit: domain.MaxLoad})
	if err != nil {
		return err
	}
	for _, c := range merged {
		if err := s.erase(ctx, c.ID); err != nil {
			return err
		}
	}
	q := domain.Query{Index: "customer", Equal: []any{customerID}, Limit: 200}
	for {
		var ids []string
		err := s.Store.Select(ctx, &domain.SurveyInvitations.Spec, q, func(d domain.Document, at domain.Position) (bool, error) {
			q.After = &at
			ids = append(ids, d.Head().ID)
			return true, nil
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := s.Store.Write(ctx, func(tx domain.Tx) error { return s.blank(ctx, tx, ids) }); err != nil {
			return err
		}
	}
}

func (s *Service) blank(ctx context.Context, tx domain.Tx, ids []string) error {
	for _, id := range ids {
		inv, err := domain.SurveyInvitations.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if inv.Text == "" {
			continue
		}
		inv.Text = ""
		if err := domain.SurveyInvitations.Replace(ctx, tx, inv); err != nil {
			return err
		}
		err = domain.Emit(ctx, tx, domain.Event{
			Type: domain.EventSurveyErased, At: s.Clock(), InquiryID: inv.InquiryID, CustomerID: inv.CustomerID, Subject: domain.Ref{Kind: "survey", ID: id},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
