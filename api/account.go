package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/org"
)

// ListAccounts gives a page of the channel accounts.
func (s *server) ListAccounts(ctx context.Context, r gen.ListAccountsRequestObject) (gen.ListAccountsResponseObject, error) {
	page, err := s.Org.ListAccounts(ctx, domain.Channel(value(r.Params.Channel)), request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListAccounts200JSONResponse{Items: each(page.Items, account), NextCursor: null(page.NextCursor)}, nil
}

// CreateAccount makes a channel account.
func (s *server) CreateAccount(ctx context.Context, r gen.CreateAccountRequestObject) (gen.CreateAccountResponseObject, error) {
	b := r.Body
	a, err := s.Org.CreateAccount(ctx, org.AccountDraft{
		Key: b.Key, Channel: domain.Channel(b.Channel), Name: value(b.Name), Address: value(b.Address), Brand: value(b.Brand), Language: value(b.Language),
		Signature: value(b.Signature),
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateAccount201JSONResponse{OneAccountJSONResponse: oneAccount(a)}, nil
}

// GetAccount gives one channel account.
func (s *server) GetAccount(ctx context.Context, r gen.GetAccountRequestObject) (gen.GetAccountResponseObject, error) {
	a, err := s.Org.GetAccount(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetAccount200JSONResponse{OneAccountJSONResponse: oneAccount(a)}, nil
}

// UpdateAccount changes a channel account.
func (s *server) UpdateAccount(ctx context.Context, r gen.UpdateAccountRequestObject) (gen.UpdateAccountResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	a, err := s.Org.EditAccount(ctx, r.Id, version, org.AccountPatch{
		Name: b.Name, Address: b.Address.Pointer(), Brand: b.Brand.Pointer(), Language: b.Language.Pointer(), Signature: b.Signature.Pointer(), Active: b.Active,
	})
	if err != nil {
		return nil, err
	}
	return gen.UpdateAccount200JSONResponse{OneAccountJSONResponse: oneAccount(a)}, nil
}

func oneAccount(a *domain.Account) gen.OneAccountJSONResponse {
	return gen.OneAccountJSONResponse{Body: account(a), Headers: gen.OneAccountResponseHeaders{ETag: etag(a.Version)}}
}

func account(a *domain.Account) gen.Account {
	return gen.Account{
		Id: a.ID, Key: a.Key, Channel: gen.Channel(a.Channel), Name: null(a.Name), Address: null(a.Address), Brand: null(a.Brand), Language: null(a.Language),
		Signature: null(a.Signature), Active: a.Active, CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt, Version: a.Version,
	}
}
