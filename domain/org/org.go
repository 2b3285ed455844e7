// Package org is the organisation's own setting: channel accounts, API keys, and who one is.
//
//	org.go       what a new store begins with
//	me.go        who one is, and whether one is let in
//	account.go   channel accounts
//	apikey.go    API keys
//	agent.go team.go skill.go shift.go queue.go route.go calendar.go slapolicy.go   the desk's own nouns, a file each
//	check.go     what their fields must hold to; named.go who names whom
//	apply.go     the whole organisation from a document, and back; section.go one kind of thing in it
//	kept.go      how each of them is made, changed and removed
package org

import (
	"context"

	"sori/domain"
)

// Deps is what org needs.
type Deps struct {
	Store domain.Store
	Clock domain.Clock
	// Directory is the organisation as this node keeps it, which other stages read too; nil is one of its own.
	Directory *domain.Snapshot[domain.Directory]
	Format    domain.OrganisationFormat // of the document that Apply takes and Export gives
}

// Service keeps the organisation.
type Service struct{ Deps }

// New makes the service.
func New(d Deps) *Service {
	if d.Directory == nil {
		d.Directory = domain.NewDirectory(d.Store, d.Clock)
	}
	return &Service{d}
}

// Seed gives a new store the account "default" of each channel and the queue "default". It does nothing to a store that has them, and several nodes may do it at once.
func (s *Service) Seed(ctx context.Context) error {
	for _, channel := range domain.Channels {
		err := seed(ctx, s, domain.Accounts, []any{domain.DefaultAccount, channel}, func() error {
			_, err := s.CreateAccount(ctx, AccountDraft{Key: domain.DefaultAccount, Channel: channel, Name: "Default " + string(channel)})
			return err
		})
		if err != nil {
			return err
		}
	}
	return seed(ctx, s, domain.Queues, []any{domain.DefaultQueue}, func() error {
		_, err := s.CreateQueue(ctx, QueueDraft{Key: domain.DefaultQueue, Name: "Default"})
		return err
	})
}

// seed makes what is not there. That another node was first is no fault.
func seed[T any](ctx context.Context, s *Service, coll *domain.Collection[T], key []any, create func() error) error {
	_, err := coll.First(ctx, s.Store, domain.Query{Index: "key", Equal: key})
	if !domain.IsCode(err, domain.NotFound) {
		return err
	}
	if err := create(); !domain.IsCode(err, domain.Duplicate) {
		return err
	}
	return nil
}
