package intake

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"sori/domain"
)

// Deps is what intake needs.
type Deps struct {
	Store      domain.Store
	Clock      domain.Clock
	Numbers    *domain.Numbers
	Normaliser domain.Normaliser
	Mail       domain.MailParser
	Vault      domain.Vault
	Log        *slog.Logger
	// FollowUps gives the jobs that a new interaction calls for. It is asked before the commit that they are part of.
	FollowUps func(context.Context, *domain.Interaction) ([]*domain.Job, error)
	Clocks    domain.Clocks // nil: nothing is promised
	// Reported notes what a bounce or a complaint says of mails of ours, in the transaction that takes it in.
	Reported func(ctx context.Context, tx domain.Tx, m *domain.Mail, clocks domain.Clockwork, now time.Time) error
}

// Service takes in what customers say. It is safe for concurrent use.
type Service struct {
	Deps
	accounts accountCache
	book     addressBook
}

// New makes the service.
func New(d Deps) *Service {
	if d.FollowUps == nil {
		d.FollowUps = func(context.Context, *domain.Interaction) ([]*domain.Job, error) { return nil, nil }
	}
	if d.Clocks == nil {
		d.Clocks = domain.NoClocks
	}
	if d.Reported == nil {
		d.Reported = func(context.Context, domain.Tx, *domain.Mail, domain.Clockwork, time.Time) error { return nil }
	}
	return &Service{Deps: d, accounts: accountCache{byKey: map[accountKey]cachedAccount{}}}
}

// Result says what became of something that came in. Duplicate: it had come before, and these are the first ids.
type Result struct {
	Duplicate   bool
	InquiryID   string
	Number      string
	Interaction string
	CustomerID  string
}

// accountCache spares each intake the reading of its account. Only accounts that exist are kept, and only for a moment, so that a change
// on another node is seen.
type accountCache struct {
	mu    sync.RWMutex
	byKey map[accountKey]cachedAccount
}

type accountKey struct {
	channel domain.Channel
	key     string
}

type cachedAccount struct {
	account *domain.Account
	until   time.Time
}

const (
	accountCacheTTL = 2 * time.Second
	accountCacheMax = 10_000
)

// account gives the active account with this key, "" being the default. Invalid if there is none.
func (s *Service) account(ctx context.Context, channel domain.Channel, key string) (*domain.Account, error) {
	if key == "" {
		key = domain.DefaultAccount
	}
	k, now := accountKey{channel, key}, s.Clock()
	s.accounts.mu.RLock()
	hit, ok := s.accounts.byKey[k]
	s.accounts.mu.RUnlock()
	if ok && now.Before(hit.until) {
		return hit.account, nil
	}
	a, err := domain.Accounts.First(ctx, s.Store, domain.Query{Index: "key", Equal: []any{key, channel}})
	if domain.IsCode(err, domain.NotFound) || err == nil && !a.Active {
		return nil, domain.InvalidField("account", "known", "there is no active %s account %q", channel, domain.Clip(key, 80))
	}
	if err != nil {
		return nil, err
	}
	s.accounts.mu.Lock()
	defer s.accounts.mu.Unlock()
	if len(s.accounts.byKey) >= accountCacheMax {
		clear(s.accounts.byKey)
	}
	s.accounts.byKey[k] = cachedAccount{a, now.Add(accountCacheTTL)}
	return a, nil
}
