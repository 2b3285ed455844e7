package api

import (
	"context"
	"net/http"

	"sori/api/gen"
	"sori/domain"
)

// GetInquiryActivity gives who is at an inquiry.
func (s *server) GetInquiryActivity(ctx context.Context, r gen.GetInquiryActivityRequestObject) (gen.GetInquiryActivityResponseObject, error) {
	a, err := s.Live.Activity(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetInquiryActivity200JSONResponse(activity(a)), nil
}

// SetInquiryActivity says what the caller does at an inquiry.
func (s *server) SetInquiryActivity(ctx context.Context, r gen.SetInquiryActivityRequestObject) (gen.SetInquiryActivityResponseObject, error) {
	a, err := s.Live.SetActivity(ctx, r.Id, domain.ActivityState(r.Body.State))
	if err != nil {
		return nil, err
	}
	return gen.SetInquiryActivity200JSONResponse(activity(a)), nil
}

// StreamInquiryActivity gives who is at an inquiry as it changes.
func (s *server) StreamInquiryActivity(ctx context.Context, r gen.StreamInquiryActivityRequestObject) (gen.StreamInquiryActivityResponseObject, error) {
	ctx, cancel := context.WithCancel(ctx)
	changes, err := s.Live.WatchActivity(ctx, r.Id)
	if err != nil {
		cancel()
		return nil, err
	}
	return activityStream{changes, s.stillAllowed(ctx, domain.ScopeInquiryRead), cancel}, nil
}

// activityStream is an answer of Server-Sent Events.
type activityStream struct {
	changes <-chan *domain.InquiryActivity
	allowed func() bool
	stop    context.CancelFunc
}

// VisitStreamInquiryActivityResponse writes changes until the reader goes.
func (a activityStream) VisitStreamInquiryActivityResponse(w http.ResponseWriter) error {
	defer a.stop()
	serveSent(w, a.changes, func(x *domain.InquiryActivity) []byte { return serverSent("", domain.SignalActivity, activity(x)) }, a.allowed)
	return nil
}

func activity(a *domain.InquiryActivity) gen.InquiryActivity {
	return gen.InquiryActivity{InquiryId: a.InquiryID, Watchers: each(a.Watchers, func(w domain.Watcher) gen.Watcher {
		return gen.Watcher{Agent: w.Agent, State: gen.WatcherState(w.State), Since: w.Since, Until: w.Until}
	})}
}
