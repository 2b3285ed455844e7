package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
)

// LookupSealed finds where a resident number stands.
func (s *server) LookupSealed(ctx context.Context, r gen.LookupSealedRequestObject) (gen.LookupSealedResponseObject, error) {
	refs, err := s.Contact.LookupSealed(ctx, r.Body.Number)
	if err != nil {
		return nil, err
	}
	return gen.LookupSealed200JSONResponse{Items: each(refs, func(x domain.Ref) gen.Ref { return gen.Ref{Kind: x.Kind, Id: x.ID} })}, nil
}

// RevealSealed shows the resident numbers of something.
func (s *server) RevealSealed(ctx context.Context, r gen.RevealSealedRequestObject) (gen.RevealSealedResponseObject, error) {
	shown, err := s.Contact.Reveal(ctx, r.Body.Id)
	if err != nil {
		return nil, err
	}
	return gen.RevealSealed200JSONResponse{Fields: shown}, nil
}
