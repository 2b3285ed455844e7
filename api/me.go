package api

import (
	"context"

	"sori/api/gen"
)

// GetMe tells who one is.
func (s *server) GetMe(ctx context.Context, _ gen.GetMeRequestObject) (gen.GetMeResponseObject, error) {
	me, err := s.Org.Me(ctx)
	if err != nil {
		return nil, err
	}
	out := gen.GetMe200JSONResponse{Kind: me.Kind, Id: me.ID, Role: gen.Role(me.Role), Scopes: each(me.Scopes, scope)}
	if me.Agent != nil {
		a := agent(me.Agent)
		out.Agent = &a
	}
	return out, nil
}
