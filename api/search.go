package api

import (
	"context"

	"sori/api/gen"
	"sori/domain/insight"
)

// Search finds by words.
func (s *server) Search(ctx context.Context, r gen.SearchRequestObject) (gen.SearchResponseObject, error) {
	kinds := each(value(r.Params.Kind), func(k gen.HitKind) string { return string(k) })
	hits, err := s.Insight.Search(ctx, value(r.Params.Q), kinds, value(r.Params.Limit))
	if err != nil {
		return nil, err
	}
	return gen.Search200JSONResponse{Items: each(hits, hit)}, nil
}

func hit(h insight.Hit) gen.Hit {
	return gen.Hit{
		Kind: gen.HitKind(h.Kind), Id: h.ID, InquiryId: null(h.InquiryID), CustomerId: null(h.CustomerID), Score: h.Score, Highlights: list(h.Highlights),
	}
}
