package live

import (
	"context"
	"slices"
	"time"

	"sori/domain"
)

// repeatEvery is how often what somebody does at an inquiry is written though it is the same: in between a repeat costs a read.
const repeatEvery = domain.ActivityTimeout / 3

// SetActivity says that the actor looks at an inquiry, types there or has left, and gives who is there now. It lasts for domain.ActivityTimeout unless it is repeated. Who may
// read an inquiry may look at it; who types needs inquiry:write. Invalid (Field = state); NotFound; Conflict if domain.MaxWatchers are there already.
func (s *Service) SetActivity(ctx context.Context, inquiryID string, state domain.ActivityState) (*domain.InquiryActivity, error) {
	scope := domain.ScopeInquiryRead
	if state == domain.ActivityTyping {
		scope = domain.ScopeInquiryWrite
	}
	actor, err := domain.Require(ctx, scope)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(domain.ActivityStates, state) {
		return nil, domain.InvalidField("state", "enum", "there is no state %q", domain.Clip(string(state), 40))
	}
	current, err := s.Activity(ctx, inquiryID)
	if err != nil || said(current, actor.ID, state, s.Clock()) {
		return current, err
	}
	return s.writeActivity(ctx, inquiryID, func(a *domain.InquiryActivity, now time.Time) (bool, error) {
		gone := a.Expire(now)
		differs, err := a.Put(actor.ID, state, now)
		return gone || differs, err
	})
}

// said reports whether an activity holds already what is to be said.
func said(a *domain.InquiryActivity, agent string, state domain.ActivityState, now time.Time) bool {
	w := a.Watcher(agent)
	if w == nil || state == domain.ActivityLeft {
		return w == nil && state == domain.ActivityLeft
	}
	return w.State == state && w.Until.Sub(now) > domain.ActivityTimeout-repeatEvery
}

// Activity gives who is at an inquiry. NotFound if nobody has the id.
func (s *Service) Activity(ctx context.Context, inquiryID string) (*domain.InquiryActivity, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	found, err := s.Activities(ctx, []string{inquiryID})
	if err != nil {
		return nil, err
	}
	if len(found[inquiryID].Watchers) > 0 {
		return found[inquiryID], nil
	}
	if _, err := domain.Inquiries.Get(ctx, s.Store, inquiryID); err != nil {
		return nil, err
	}
	return found[inquiryID], nil
}

// Activities gives who is at which of several inquiries. At one that does not exist is nobody.
func (s *Service) Activities(ctx context.Context, inquiryIDs []string) (map[string]*domain.InquiryActivity, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	ids := make([]string, len(inquiryIDs))
	for i, id := range inquiryIDs {
		ids[i] = domain.ActivityID(id)
	}
	found, err := domain.InquiryActivities.GetMany(ctx, s.Store, ids)
	if err != nil {
		return nil, err
	}
	out, now := make(map[string]*domain.InquiryActivity, len(ids)), s.Clock()
	for i, id := range inquiryIDs {
		a := found[ids[i]]
		if a == nil {
			a = nobodyAt(id)
		}
		a.Expire(now)
		out[id] = a
	}
	return out, nil
}

func nobodyAt(inquiryID string) *domain.InquiryActivity {
	return &domain.InquiryActivity{Doc: domain.Doc{ID: domain.ActivityID(inquiryID)}, InquiryID: inquiryID}
}

// writeActivity changes who is at an inquiry, and tells the other nodes if fn says that there is a difference to see.
func (s *Service) writeActivity(ctx context.Context, inquiryID string, fn func(*domain.InquiryActivity, time.Time) (bool, error)) (*domain.InquiryActivity, error) {
	const tries = 3 // two may be the first at once
	now := s.Clock()
	var out *domain.InquiryActivity
	var err error
	for range tries {
		err = s.Store.Write(ctx, func(tx domain.Tx) error {
			a, err := domain.InquiryActivities.Get(ctx, tx, domain.ActivityID(inquiryID))
			if domain.IsCode(err, domain.NotFound) {
				a, err = nobodyAt(inquiryID), nil
			}
			if err != nil {
				return err
			}
			out = a
			differs, err := fn(a, now)
			if err != nil {
				return err
			}
			if err := keepActivity(ctx, tx, a); err != nil || !differs {
				return err
			}
			return domain.Beckon(ctx, tx, domain.Signal{Type: domain.SignalActivity, Subject: domain.Ref{Kind: "inquiry", ID: inquiryID}, At: now})
		})
		if !domain.IsCode(err, domain.Duplicate) || domain.FieldOf(err) != "id" {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// keepActivity writes an activity, or removes it when nobody is there.
func keepActivity(ctx context.Context, tx domain.Tx, a *domain.InquiryActivity) error {
	switch {
	case len(a.Watchers) == 0:
		return domain.InquiryActivities.Delete(ctx, tx, a.ID)
	case a.Version == 0:
		return domain.InquiryActivities.Insert(ctx, tx, a)
	}
	return domain.InquiryActivities.Replace(ctx, tx, a)
}

// sweepBatch is how many inquiries are cleared of those who went without a word in one go.
const sweepBatch = 200

// SweepActivities removes those who went without a word, and gives at how many inquiries there were any.
func (s *Service) SweepActivities(ctx context.Context) (int, error) {
	due, err := domain.InquiryActivities.Find(ctx, s.Store, domain.Query{Index: "expires", From: time.UnixMilli(1), To: s.Clock().Add(time.Millisecond), Limit: sweepBatch})
	if err != nil {
		return 0, err
	}
	for _, a := range due {
		_, err := s.writeActivity(ctx, a.InquiryID, func(a *domain.InquiryActivity, now time.Time) (bool, error) { return a.Expire(now), nil })
		if err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// WatchActivity gives who is at an inquiry, at once and after each change, until ctx ends or the server stops. A reader that is slow gets the newest only.
// NotFound if nobody has the id.
func (s *Service) WatchActivity(ctx context.Context, inquiryID string) (<-chan *domain.InquiryActivity, error) {
	if err := s.started(ctx); err != nil {
		return nil, err
	}
	wake, leave := s.signals.listen(domain.SignalActivity, inquiryID)
	first, err := s.Activity(ctx, inquiryID)
	if err != nil {
		leave()
		return nil, err
	}
	out := make(chan *domain.InquiryActivity)
	go func() {
		defer close(out)
		defer leave()
		for a := first; ; {
			select {
			case out <- a:
			case <-ctx.Done():
				return
			}
			if a = s.nextActivity(ctx, a, wake); a == nil {
				return
			}
		}
	}()
	return out, nil
}

// nextActivity waits until there is a difference to see; nil when the stream ends.
func (s *Service) nextActivity(ctx context.Context, shown *domain.InquiryActivity, wake <-chan struct{}) *domain.InquiryActivity {
	for {
		select {
		case _, open := <-wake:
			if !open {
				return nil
			}
		case <-ctx.Done():
			return nil
		}
		found, err := s.Activities(ctx, []string{shown.InquiryID})
		if err != nil {
			if ctx.Err() == nil {
				s.Log.Error("activity of an inquiry", "inquiry", shown.InquiryID, "err", err)
			}
			return nil
		}
		if a := found[shown.InquiryID]; !sameWatchers(a.Watchers, shown.Watchers) {
			return a
		}
	}
}

func sameWatchers(a, b []domain.Watcher) bool {
	return slices.EqualFunc(a, b, func(x, y domain.Watcher) bool { return x.Agent == y.Agent && x.State == y.State })
}
