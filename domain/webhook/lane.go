package webhook

import (
	"context"
	"time"

	"sori/domain"
)

// laneOf names the deliveries that go one after another; "" is for those that nothing holds up.
func laneOf(d *domain.WebhookDelivery) string {
	if d.InquiryID == "" {
		return ""
	}
	return d.WebhookID + "|" + d.InquiryID
}

func newDelivery(webhookID string, e *domain.Event, now time.Time) *domain.WebhookDelivery {
	d := &domain.WebhookDelivery{
		Doc: domain.Doc{ID: domain.WebhookDeliveryID(webhookID, e.ID)}, WebhookID: webhookID, EventID: e.ID, Seq: e.Seq, Type: e.Type, InquiryID: e.InquiryID,
		State: domain.DeliveryWaiting, CreatedAt: now, UpdatedAt: now,
	}
	d.Lane = laneOf(d)
	return d
}

// lanes keeps, inside one transaction, the first of each lane due and the others not.
//
// Who adds to a lane that has a first writes that first too. So it conflicts with the one who ends it: without that, each would see the lane as it was before the
// other, and nobody would make the newcomer due.
type lanes struct {
	tx    domain.Tx
	now   time.Time
	first map[string]*domain.WebhookDelivery // of the lanes seen, as it is written
}

// join adds a delivery to its lane.
func (l *lanes) join(ctx context.Context, d *domain.WebhookDelivery, isNew bool) error {
	first, err := l.firstOf(ctx, d.Lane)
	if err != nil {
		return err
	}
	switch {
	case first == nil:
		l.makeDue(d)
	case d.Seq >= first.Seq:
		l.makeWait(d)
	case first.Lease != "" || first.Due == "": // an attempt is under way, at it or at one behind it; who ends that makes the oldest due
		l.makeWait(d)
	default:
		l.makeWait(first)
		if err := domain.WebhookDeliveries.Replace(ctx, l.tx, first); err != nil {
			return err
		}
		l.makeDue(d)
	}
	if d.Lane != "" && d.Due != "" {
		l.first[d.Lane] = d
	}
	if isNew {
		return domain.WebhookDeliveries.Insert(ctx, l.tx, d)
	}
	return domain.WebhookDeliveries.Replace(ctx, l.tx, d)
}

// firstOf gives the oldest of a lane, nil if the lane is empty, and writes it the first time it is asked for.
func (l *lanes) firstOf(ctx context.Context, lane string) (*domain.WebhookDelivery, error) {
	if lane == "" {
		return nil, nil
	}
	if d := l.first[lane]; d != nil {
		return d, nil
	}
	oldest, err := domain.WebhookDeliveries.Find(ctx, l.tx, domain.Query{Index: "lane", Equal: []any{lane}, Limit: 1})
	if err != nil || len(oldest) == 0 {
		return nil, err
	}
	l.first[lane] = oldest[0]
	return oldest[0], domain.WebhookDeliveries.Replace(ctx, l.tx, oldest[0])
}

func (l *lanes) makeDue(d *domain.WebhookDelivery) {
	d.Due, d.NextAt = d.WebhookID, l.now
}

func (l *lanes) makeWait(d *domain.WebhookDelivery) { d.Due, d.NextAt = "", l.now }

// leave writes a delivery whose attempt has ended, and makes the oldest of its lane due: the next one, or itself if it is to be tried again.
func (l *lanes) leave(ctx context.Context, d *domain.WebhookDelivery, retryAt time.Time) error {
	lane := d.Lane
	d.Lease, d.UpdatedAt = "", l.now
	if d.State == domain.DeliveryWaiting {
		d.Due, d.NextAt = d.WebhookID, retryAt
	} else {
		l.makeWait(d)
		d.Lane = ""
	}
	if lane == "" {
		return domain.WebhookDeliveries.Replace(ctx, l.tx, d)
	}
	next, err := l.oldestBut(ctx, lane, d)
	if err != nil {
		return err
	}
	if next != nil {
		if d.State == domain.DeliveryWaiting {
			l.makeWait(d)
		}
		l.makeDue(next)
		if err := domain.WebhookDeliveries.Replace(ctx, l.tx, next); err != nil {
			return err
		}
	}
	return domain.WebhookDeliveries.Replace(ctx, l.tx, d)
}

// oldestBut gives the one of a lane that is to be due instead of d, nil if it is d itself, or if there is none.
func (l *lanes) oldestBut(ctx context.Context, lane string, d *domain.WebhookDelivery) (*domain.WebhookDelivery, error) {
	oldest, err := domain.WebhookDeliveries.Find(ctx, l.tx, domain.Query{Index: "lane", Equal: []any{lane}, Limit: 2})
	if err != nil {
		return nil, err
	}
	for _, o := range oldest {
		switch {
		case o.ID != d.ID:
			return o, nil
		case d.State == domain.DeliveryWaiting:
			return nil, nil
		}
	}
	return nil, nil
}
