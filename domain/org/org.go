// Package org is the organisation's own setting: channel accounts, API keys, and who one is.
//
//	org.go       me, and what a new store begins with
//	account.go   channel accounts
//	apikey.go    API keys
package org

import (
	"context"
	"errors"

	"sori/domain"
)

// Deps is what org needs.
type Deps struct {
	Store domain.Store
	Clock domain.Clock
}

// Service keeps the organisation.
type Service struct{ Deps }

// New makes the service.
func New(d Deps) *Service { return &Service{d} }

// Me gives the actor of ctx. Unauthenticated if there is none.
func (s *Service) Me(ctx context.Context) (domain.Actor, error) {
	a := domain.ActorFrom(ctx)
	if a.Kind == "" {
		return a, domain.Errorf(domain.Unauthenticated, "a token is needed")
	}
	return a, nil
}

// Seed gives a new store the account "default" of each channel. It does nothing to a store that has them, and several nodes may do it at once.
func (s *Service) Seed(ctx context.Context) error {
	for _, channel := range domain.Channels {
		_, err := domain.Accounts.First(ctx, s.Store, domain.Query{Index: "key", Equal: []any{domain.DefaultAccount, channel}})
		if err == nil {
			continue
		}
		if !domain.IsCode(err, domain.NotFound) {
			return err
		}
		_, err = s.CreateAccount(ctx, AccountDraft{Key: domain.DefaultAccount, Channel: channel, Name: "Default " + string(channel)})
		var taken *domain.Error
		if errors.As(err, &taken) && taken.Code == domain.Duplicate {
			continue // another node was first
		}
		if err != nil {
			return err
		}
	}
	return nil
}
