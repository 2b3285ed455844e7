package desk

import (
	"context"
	"time"

	"sori/domain"
)

// wakeBatch is how many snoozed inquiries wake in one go.
const wakeBatch = 100

// WakeDue opens the snoozed inquiries whose time has come, and gives how many.
func (s *Service) WakeDue(ctx context.Context) (int, error) {
	now := s.Clock()
	due, err := domain.Inquiries.Find(ctx, s.Store, domain.Query{Index: "snoozed", From: time.UnixMilli(1), To: now.Add(time.Millisecond), Limit: wakeBatch})
	if err != nil {
		return 0, err
	}
	for _, q := range due {
		_, err := s.change(ctx, q.ID, 0, func(q *domain.Inquiry, now time.Time) error {
			if q.SnoozedUntil == nil || q.SnoozedUntil.After(now) {
				return nil // it was woken or put away again in the meantime
			}
			return q.MoveTo(domain.StatusOpen, now)
		})
		if err != nil && !domain.IsCode(err, domain.NotFound) {
			return 0, err
		}
	}
	return len(due), nil
}
