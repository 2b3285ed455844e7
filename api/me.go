package api

import (
	"context"

	"sori/api/gen"
)

// GetMe tells who one is.
func (s *server) GetMe(ctx context.Context, _ gen.GetMeRequestObject) (gen.GetMeResponseObject, error) {
	a, err := s.Org.Me(ctx)
	if err != nil {
		return nil, err
	}
	return gen.GetMe200JSONResponse{Kind: a.Kind, Id: a.ID, Role: gen.Role(a.Role), Scopes: each(a.Scopes, scope)}, nil
}
