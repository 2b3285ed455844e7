package graph

import (
	"context"

	"sori/domain/org"
	"sori/graph/generated"
	"sori/graph/wire"
)

func (q query) APIKeys(ctx context.Context, first *int, after *string) (*wire.APIKeyConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Org.ListAPIKeys(ctx, req))
}

func (m mutation) CreateAPIKey(ctx context.Context, in org.APIKeyDraft) (*generated.CreateAPIKeyPayload, error) {
	key, secret, err := m.Org.CreateAPIKey(ctx, in)
	return &generated.CreateAPIKeyPayload{APIKey: key, Secret: secret}, err
}

func (m mutation) RevokeAPIKey(ctx context.Context, in generated.RevokeAPIKeyInput) (*generated.RevokeAPIKeyPayload, error) {
	key, err := m.Org.RevokeAPIKey(ctx, in.ID)
	return &generated.RevokeAPIKeyPayload{APIKey: key}, err
}
