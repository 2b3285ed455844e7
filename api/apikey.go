package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/org"
)

// ListApiKeys gives a page of the API keys.
func (s *server) ListApiKeys(ctx context.Context, r gen.ListApiKeysRequestObject) (gen.ListApiKeysResponseObject, error) {
	page, err := s.Org.ListAPIKeys(ctx, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListApiKeys200JSONResponse{Items: each(page.Items, apiKey), NextCursor: null(page.NextCursor)}, nil
}

// CreateApiKey makes an API key and shows its secret, once.
func (s *server) CreateApiKey(ctx context.Context, r gen.CreateApiKeyRequestObject) (gen.CreateApiKeyResponseObject, error) {
	b := r.Body
	key, secret, err := s.Org.CreateAPIKey(ctx, org.APIKeyDraft{
		Name: b.Name, Role: domain.Role(b.Role), Scopes: each(value(b.Scopes), toScope), ExpiresAt: b.ExpiresAt,
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateApiKey201JSONResponse{Key: apiKey(key), Secret: &secret}, nil
}

// RevokeApiKey ends an API key.
func (s *server) RevokeApiKey(ctx context.Context, r gen.RevokeApiKeyRequestObject) (gen.RevokeApiKeyResponseObject, error) {
	key, err := s.Org.RevokeAPIKey(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.RevokeApiKey200JSONResponse(apiKey(key)), nil
}

func apiKey(k *domain.APIKey) gen.ApiKey {
	return gen.ApiKey{
		Id: k.ID, Name: k.Name, Role: gen.Role(k.Role), Scopes: each(k.Scopes, scope), Hint: k.Hint, CreatedBy: gen.Ref{Kind: k.CreatedBy.Kind, Id: k.CreatedBy.ID},
		CreatedAt: k.CreatedAt, ExpiresAt: instant(k.ExpiresAt), RevokedAt: instant(k.RevokedAt), Version: k.Version,
	}
}

func scope(x domain.Scope) string { return string(x) }

func toScope(x string) domain.Scope { return domain.Scope(x) }
