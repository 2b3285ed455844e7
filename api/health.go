package api

import (
	"context"
	"time"

	"sori/api/gen"
	"sori/domain"
)

// readyTimeout is how long the store may take to answer.
const readyTimeout = 3 * time.Second

// GetHealth says that the program is alive.
func (s *server) GetHealth(context.Context, gen.GetHealthRequestObject) (gen.GetHealthResponseObject, error) {
	return gen.GetHealth200JSONResponse{Status: "ok"}, nil
}

// GetReadiness says whether the store answers.
func (s *server) GetReadiness(ctx context.Context, _ gen.GetReadinessRequestObject) (gen.GetReadinessResponseObject, error) {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := s.Store.Ping(ctx); err != nil {
		s.Log.Warn("the store does not answer", "err", err)
		return nil, domain.Errorf(domain.Unavailable, "the store does not answer")
	}
	return gen.GetReadiness200JSONResponse{Status: "ok"}, nil
}
