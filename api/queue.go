package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/org"
)

// ListQueues gives a page of the queues.
func (s *server) ListQueues(ctx context.Context, r gen.ListQueuesRequestObject) (gen.ListQueuesResponseObject, error) {
	page, err := s.Org.ListQueues(ctx, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListQueues200JSONResponse{Items: each(page.Items, queue), NextCursor: null(page.NextCursor)}, nil
}

// CreateQueue makes a queue.
func (s *server) CreateQueue(ctx context.Context, r gen.CreateQueueRequestObject) (gen.CreateQueueResponseObject, error) {
	b := r.Body
	x, err := s.Org.CreateQueue(ctx, org.QueueDraft{
		Key: b.Key, Name: value(b.Name), Mode: domain.QueueMode(value(b.Mode)), Strategy: domain.QueueStrategy(value(b.Strategy)), Teams: value(b.Teams), Calendar: value(b.Calendar), OfferSeconds: value(b.OfferSeconds),
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateQueue201JSONResponse{OneQueueJSONResponse: oneQueue(x)}, nil
}

// GetQueue gives one queue.
func (s *server) GetQueue(ctx context.Context, r gen.GetQueueRequestObject) (gen.GetQueueResponseObject, error) {
	x, err := s.Org.GetQueue(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetQueue200JSONResponse{OneQueueJSONResponse: oneQueue(x)}, nil
}

// UpdateQueue changes a queue.
func (s *server) UpdateQueue(ctx context.Context, r gen.UpdateQueueRequestObject) (gen.UpdateQueueResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	x, err := s.Org.EditQueue(ctx, r.Id, version, org.QueuePatch{
		Name: b.Name, Mode: (*domain.QueueMode)(b.Mode), Strategy: (*domain.QueueStrategy)(b.Strategy), Teams: b.Teams, Calendar: b.Calendar.Pointer(), OfferSeconds: b.OfferSeconds, Active: b.Active,
	})
	if err != nil {
		return nil, err
	}
	return gen.UpdateQueue200JSONResponse{OneQueueJSONResponse: oneQueue(x)}, nil
}

// DeleteQueue removes a queue.
func (s *server) DeleteQueue(ctx context.Context, r gen.DeleteQueueRequestObject) (gen.DeleteQueueResponseObject, error) {
	if err := s.Org.DeleteQueue(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteQueue200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

func oneQueue(x *domain.Queue) gen.OneQueueJSONResponse {
	return gen.OneQueueJSONResponse{Body: queue(x), Headers: gen.OneQueueResponseHeaders{ETag: etag(x.Version)}}
}

func queue(x *domain.Queue) gen.Queue {
	return gen.Queue{
		Id: x.ID, Key: x.Key, Name: x.Name, Mode: gen.QueueMode(x.Mode), Strategy: gen.QueueStrategy(x.Strategy), Teams: list(x.Teams),
		Calendar: null(x.Calendar), OfferSeconds: x.OfferSeconds, Active: x.Active, CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt, Version: x.Version,
	}
}
