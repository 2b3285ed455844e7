package api

import (
	"cmp"
	"context"

	"sori/api/gen"
	"sori/domain"
)

// ListDispatches gives a page of how mails of ours were sent.
func (s *server) ListDispatches(ctx context.Context, r gen.ListDispatchesRequestObject) (gen.ListDispatchesResponseObject, error) {
	state := cmp.Or(domain.DispatchState(value(r.Params.State)), domain.DispatchFailed)
	page, err := s.Outbox.List(ctx, state, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListDispatches200JSONResponse{Items: each(page.Items, dispatch), NextCursor: null(page.NextCursor)}, nil
}

// GetDispatch gives how the mail of an interaction was sent.
func (s *server) GetDispatch(ctx context.Context, r gen.GetDispatchRequestObject) (gen.GetDispatchResponseObject, error) {
	d, err := s.Outbox.Get(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetDispatch200JSONResponse(dispatch(d)), nil
}

// RetryDispatch sends a mail again.
func (s *server) RetryDispatch(ctx context.Context, r gen.RetryDispatchRequestObject) (gen.RetryDispatchResponseObject, error) {
	d, err := s.Outbox.Retry(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.RetryDispatch202JSONResponse(dispatch(d)), nil
}

func dispatch(d *domain.Dispatch) gen.Dispatch {
	return gen.Dispatch{
		Id: d.ID, InteractionId: d.InteractionID, InquiryId: d.InquiryID, Account: d.Account, MessageId: d.MessageID, State: gen.DispatchState(d.State),
		Tries: d.Tries, Since: d.Since, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt, Version: d.Version,
		Recipients: each(d.Recipients, func(r domain.DispatchRecipient) gen.DispatchRecipient {
			return gen.DispatchRecipient{
				Field: r.Field, N: r.N, State: gen.DispatchState(r.State), Code: null(r.Code), Status: null(r.Status), Diagnostic: null(r.Diagnostic),
			}
		}),
		Attempts: each(d.Attempts, func(a domain.DispatchAttempt) gen.DispatchAttempt {
			return gen.DispatchAttempt{At: a.At, EndedAt: instant(a.EndedAt), Error: null(a.Error)}
		}),
	}
}
