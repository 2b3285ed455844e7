package intake

import (
	"context"
	"strings"
	"sync"
	"time"

	"sori/domain"
)

// addressBook knows which address belongs to which e-mail account. Accounts are few, so all of them are kept, for a moment.
type addressBook struct {
	mu    sync.Mutex
	keys  map[string]string // normalised address → account
	until time.Time
}

// AccountOfAddress gives the key of the active e-mail account with this address, whatever stands behind a plus in it (RFC 5233) and however its
// letters are cased. NotFound if there is none.
func (s *Service) AccountOfAddress(ctx context.Context, address string) (string, error) {
	if _, err := domain.Require(ctx, domain.ScopeIntake); err != nil {
		return "", err
	}
	id, err := s.Normaliser.Identity(domain.IdentityEmail, address)
	if err != nil {
		return "", domain.Errorf(domain.NotFound, "no account has this address")
	}
	book, err := s.addresses(ctx)
	if err != nil {
		return "", err
	}
	for _, a := range []string{id.Value, withoutDetail(id.Value)} {
		if key, ok := book[a]; ok {
			return key, nil
		}
	}
	return "", domain.Errorf(domain.NotFound, "no account has this address")
}

// withoutDetail takes off what stands behind the first plus of the local part.
func withoutDetail(address string) string {
	at := strings.LastIndexByte(address, '@')
	if plus := strings.IndexByte(address[:at], '+'); plus > 0 {
		return address[:plus] + address[at:]
	}
	return address
}

// addresses reads the book afresh once it is old; the map is never changed, so it may be read without the lock.
func (s *Service) addresses(ctx context.Context) (map[string]string, error) {
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	now := s.Clock()
	if s.book.keys != nil && now.Before(s.book.until) {
		return s.book.keys, nil
	}
	keys := map[string]string{}
	accounts, err := domain.Accounts.Find(ctx, s.Store, domain.Query{Index: "channel", Equal: []any{domain.ChannelEmail}, Limit: accountCacheMax})
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		id, err := s.Normaliser.Identity(domain.IdentityEmail, a.Address)
		if err == nil && a.Active && keys[id.Value] == "" {
			keys[id.Value] = a.Key
		}
	}
	s.book.keys, s.book.until = keys, now.Add(accountCacheTTL)
	return keys, nil
}
