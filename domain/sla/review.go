package sla

import (
	"context"
	"reflect"
	"slices"

	"sori/domain"
)

// Consumer is the reader of the feed that has clocks reviewed.
const Consumer = "sla"

// JobReview is the kind of the job that winds the clocks of what is not resolved anew.
const JobReview = "sla.review"

// Follow has the clocks reviewed when policies, calendars or types were changed.
func (s *Service) Follow(ctx context.Context, events []*domain.Event) error {
	concerns := func(e *domain.Event) bool {
		return e.Subject.Kind == "slaPolicy" || e.Subject.Kind == "calendar" || e.Type == "type.updated"
	}
	if !slices.ContainsFunc(events, concerns) {
		return nil
	}
	job, err := domain.NewJob(JobReview, struct{}{}, s.Clock().Add(domain.EditionTrust)) // when every node knows of the change
	if err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		own := *job
		return domain.Jobs.Insert(ctx, tx, &own)
	})
}

const reviewPage = 100

// RunReview does a JobReview: every inquiry that is not resolved, a page a transaction. What an inquiry is due for by new hours counts from when its clock last
// began to run. Running it twice does no harm.
func (s *Service) RunReview(ctx context.Context, _ *domain.Job) error {
	s.rules.Expire()
	s.types.Expire()
	for _, category := range []domain.StatusCategory{domain.CategoryOpen, domain.CategoryWaiting} {
		if err := s.reviewAll(ctx, category); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) reviewAll(ctx context.Context, category domain.StatusCategory) error {
	query := domain.Query{Index: "created", Equal: []any{category}, Limit: reviewPage}
	for {
		var ids []string
		var last domain.Position
		err := s.Store.Select(ctx, &domain.Inquiries.Spec, query, func(d domain.Document, at domain.Position) (bool, error) {
			ids, last = append(ids, d.Head().ID), at
			return true, nil
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := s.review(ctx, ids); err != nil {
			return err
		}
		query.After = &last
	}
}

func (s *Service) review(ctx context.Context, ids []string) error {
	w, err := s.wheels(ctx)
	if err != nil {
		return err
	}
	now := s.Clock()
	ctx = domain.WithActor(ctx, actor)
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		found, err := domain.Inquiries.GetMany(ctx, tx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			q := found[id]
			if q == nil {
				continue
			}
			before := q.SLA
			for _, e := range w.wind(q, now, true) {
				if err := domain.Emit(ctx, tx, e); err != nil {
					return err
				}
			}
			if reflect.DeepEqual(before, q.SLA) {
				continue
			}
			if err := domain.Inquiries.Replace(ctx, tx, q); err != nil {
				return err
			}
		}
		return nil
	})
}
