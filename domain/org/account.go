package org

import (
	"context"
	"slices"
	"time"

	"sori/domain"
)

// AccountDraft is a channel account to be made.
type AccountDraft struct {
	Key       string
	Channel   domain.Channel
	Name      string
	Address   string
	Brand     string
	Language  string
	Signature string
}

// AccountPatch changes an account. What is nil stays.
type AccountPatch struct {
	Name      *string
	Address   *string
	Brand     *string
	Language  *string
	Signature *string
	Active    *bool
}

var accounts = domain.Kept[domain.Account]{
	Collection: domain.Accounts, Kind: "account", Edition: domain.EditionOrg, Read: domain.ScopeOrgRead, Write: domain.ScopeOrgWrite,
	Head:  func(a *domain.Account) *domain.Doc { return &a.Doc },
	Touch: func(a *domain.Account, now time.Time) { a.UpdatedAt = now },
	View: func(a *domain.Account) map[string]any {
		return map[string]any{
			"name": a.Name, "address": a.Address, "brand": a.Brand, "language": a.Language, "signature": a.Signature, "active": a.Active,
		}
	},
	Check: func(_ context.Context, _ domain.Reader, a *domain.Account) error { return checkAccount(a) },
}

// GetAccount reads an account.
func (s *Service) GetAccount(ctx context.Context, id string) (*domain.Account, error) {
	return accounts.One(ctx, s.Store, id)
}

// ListAccounts gives the accounts, the oldest first; of one channel, by key.
func (s *Service) ListAccounts(ctx context.Context, channel domain.Channel, req domain.PageRequest) (domain.Page[domain.Account], error) {
	q := domain.Query{Index: "created"}
	if channel != "" {
		q = domain.Query{Index: "channel", Equal: []any{channel}}
	}
	return accounts.List(ctx, s.Store, req, q)
}

// CreateAccount makes an account. Invalid names every fault; Duplicate (Field = key) if the channel has one with the key.
func (s *Service) CreateAccount(ctx context.Context, d AccountDraft) (*domain.Account, error) {
	return accounts.Create(ctx, s.Store, s.Clock(), &domain.Account{
		Key: d.Key, Channel: d.Channel, Name: d.Name, Address: d.Address, Brand: d.Brand, Language: d.Language, Signature: d.Signature, Active: true, CreatedAt: s.Clock(),
	})
}

// EditAccount changes an account. version guards it as everywhere.
func (s *Service) EditAccount(ctx context.Context, id string, version int64, p AccountPatch) (*domain.Account, error) {
	return accounts.Edit(ctx, s.Store, s.Clock(), id, version, func(a *domain.Account) {
		domain.SetIf(&a.Name, p.Name)
		domain.SetIf(&a.Address, p.Address)
		domain.SetIf(&a.Brand, p.Brand)
		domain.SetIf(&a.Language, p.Language)
		domain.SetIf(&a.Signature, p.Signature)
		domain.SetIf(&a.Active, p.Active)
	})
}

func checkAccount(a *domain.Account) error {
	var f domain.Faults
	if a.Name == "" {
		a.Name = a.Key
	}
	domain.CheckKey(&f, "key", a.Key)
	if !slices.Contains(domain.Channels, a.Channel) {
		f.Add("channel", "enum", "there is no channel %q", domain.Clip(string(a.Channel), 40))
	}
	if a.Language != "" {
		domain.CheckLanguage(&f, "language", a.Language)
	}
	for field, text := range map[string]string{"name": a.Name, "address": a.Address, "brand": a.Brand} {
		domain.CheckText(&f, field, text, 500)
	}
	domain.CheckText(&f, "signature", a.Signature, 10_000)
	return f.Err()
}
