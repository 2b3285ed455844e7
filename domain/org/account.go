package org

import (
	"context"
	"regexp"
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

var (
	keyPattern      = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)
	languagePattern = regexp.MustCompile(`^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$`)
)

// GetAccount reads an account.
func (s *Service) GetAccount(ctx context.Context, id string) (*domain.Account, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
		return nil, err
	}
	return domain.Accounts.Get(ctx, s.Store, id)
}

// ListAccounts gives the accounts, the oldest first; of one channel, by key.
func (s *Service) ListAccounts(ctx context.Context, channel domain.Channel, req domain.PageRequest) (domain.Page[domain.Account], error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
		return domain.Page[domain.Account]{}, err
	}
	q := domain.Query{Index: "created"}
	if channel != "" {
		q = domain.Query{Index: "channel", Equal: []any{channel}}
	}
	return domain.Accounts.Page(ctx, s.Store, req, "", nil, q)
}

// CreateAccount makes an account. Invalid names every fault; Duplicate (Field = key) if the channel has one with the key.
func (s *Service) CreateAccount(ctx context.Context, d AccountDraft) (*domain.Account, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgWrite); err != nil {
		return nil, err
	}
	now := s.Clock()
	a := &domain.Account{
		Key: d.Key, Channel: d.Channel, Name: d.Name, Address: d.Address, Brand: d.Brand, Language: d.Language, Signature: d.Signature,
		Active: true, CreatedAt: now, UpdatedAt: now,
	}
	if a.Name == "" {
		a.Name = a.Key
	}
	if err := checkAccount(a); err != nil {
		return nil, err
	}
	a.ID = domain.Accounts.NewID()
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		stored := *a
		if err := domain.Accounts.Insert(ctx, tx, &stored); err != nil {
			return err
		}
		a.Version = stored.Version
		return domain.Emit(ctx, tx, accountEvent(domain.EventAccountCreated, a, now, domain.Changed(map[string]any{}, accountView(a))))
	})
	if domain.IsCode(err, domain.Duplicate) && domain.FieldOf(err) == "key" {
		err = &domain.Error{Code: domain.Duplicate, Field: "key", Rule: "unique", Message: "the channel has an account with this key"}
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// EditAccount changes an account. version guards it as everywhere.
func (s *Service) EditAccount(ctx context.Context, id string, version int64, p AccountPatch) (*domain.Account, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgWrite); err != nil {
		return nil, err
	}
	now := s.Clock()
	var out *domain.Account
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		a, err := domain.Accounts.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if version != 0 && version != a.Version {
			return domain.Errorf(domain.Stale, "the account was changed since version %d", version)
		}
		before := accountView(a)
		p.apply(a)
		if err := checkAccount(a); err != nil {
			return err
		}
		out = a
		changes := domain.Changed(before, accountView(a))
		if len(changes) == 0 {
			return nil
		}
		a.UpdatedAt = now
		if err := domain.Accounts.Replace(ctx, tx, a); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, accountEvent(domain.EventAccountUpdated, a, now, changes))
	})
	return out, err
}

func (p AccountPatch) apply(a *domain.Account) {
	for _, t := range []struct {
		value  *string
		target *string
	}{{p.Name, &a.Name}, {p.Address, &a.Address}, {p.Brand, &a.Brand}, {p.Language, &a.Language}, {p.Signature, &a.Signature}} {
		if t.value != nil {
			*t.target = *t.value
		}
	}
	if p.Active != nil {
		a.Active = *p.Active
	}
}

func checkAccount(a *domain.Account) error {
	var f domain.Faults
	if !keyPattern.MatchString(a.Key) {
		f.Add("key", "pattern", "must be 1 to 100 of a-z, 0-9, dot, underscore and hyphen, beginning with a letter or digit")
	}
	if !slices.Contains(domain.Channels, a.Channel) {
		f.Add("channel", "enum", "there is no channel %q", domain.Clip(string(a.Channel), 40))
	}
	if a.Language != "" && !languagePattern.MatchString(a.Language) {
		f.Add("language", "pattern", "is not a language tag (BCP 47)")
	}
	for field, text := range map[string]string{"name": a.Name, "address": a.Address, "brand": a.Brand} {
		domain.CheckText(&f, field, text, 500)
	}
	domain.CheckText(&f, "signature", a.Signature, 10_000)
	return f.Err()
}

func accountView(a *domain.Account) map[string]any {
	return map[string]any{
		"name": a.Name, "address": a.Address, "brand": a.Brand, "language": a.Language, "signature": a.Signature, "active": a.Active,
	}
}

func accountEvent(verb string, a *domain.Account, now time.Time, data map[string]any) domain.Event {
	return domain.Event{Type: verb, At: now, Subject: domain.Ref{Kind: "account", ID: a.ID}, Data: data}
}
