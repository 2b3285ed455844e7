package org

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"sori/domain"
)

// APIKeyDraft is an API key to be made. Without Scopes it has those of its role.
type APIKeyDraft struct {
	Name      string
	Role      domain.Role
	Scopes    []domain.Scope
	ExpiresAt *time.Time
}

// secretPrefix marks our keys, so that scanners of leaked secrets find them.
const secretPrefix = "sori_"

// CreateAPIKey makes a key and gives its secret, which is never shown again.
func (s *Service) CreateAPIKey(ctx context.Context, d APIKeyDraft) (key *domain.APIKey, secret string, err error) {
	actor, err := domain.Require(ctx, domain.ScopeAPIKeys)
	if err != nil {
		return nil, "", err
	}
	now := s.Clock()
	if err := checkKey(d, now); err != nil {
		return nil, "", err
	}
	secret = newSecret()
	key = &domain.APIKey{
		Doc:  domain.Doc{ID: domain.APIKeys.NewID()},
		Name: d.Name, Role: d.Role, Scopes: d.Scopes, Hash: hashSecret(secret), Hint: secret[:len(secretPrefix)+4],
		CreatedBy: actor.Ref(), CreatedAt: now,
	}
	if d.ExpiresAt != nil {
		key.ExpiresAt = domain.InstantPtr(*d.ExpiresAt)
	}
	err = s.Store.Write(ctx, func(tx domain.Tx) error {
		stored := *key
		if err := domain.APIKeys.Insert(ctx, tx, &stored); err != nil {
			return err
		}
		key.Version = stored.Version
		return domain.Emit(ctx, tx, domain.Event{
			Type: domain.EventAPIKeyCreated, At: now, Subject: domain.Ref{Kind: "apikey", ID: key.ID},
			Data: map[string]any{"name": key.Name, "role": string(key.Role)},
		})
	})
	return key, secret, err
}

func checkKey(d APIKeyDraft, now time.Time) error {
	var f domain.Faults
	if strings.TrimSpace(d.Name) == "" {
		f.Add("name", "required", "is empty")
	}
	domain.CheckText(&f, "name", d.Name, 200)
	if !domain.KnownRole(d.Role) || d.Role == domain.RoleVisitor {
		f.Add("role", "enum", "must be admin, supervisor, agent or integration")
	}
	for _, scope := range d.Scopes {
		if !slices.Contains(domain.ScopesOf(d.Role, string(scope)), scope) {
			f.Add("scopes", "role", "the role %s cannot have the scope %q", d.Role, domain.Clip(string(scope), 60))
		}
	}
	if d.ExpiresAt != nil && !d.ExpiresAt.After(now) {
		f.Add("expiresAt", "range", "must be ahead")
	}
	return f.Err()
}

func newSecret() string {
	var b [25]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails
	return secretPrefix + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret)) // the secret has 200 random bits, so a slow hash would add nothing
	return hex.EncodeToString(sum[:])
}

// ListAPIKeys gives the keys, the newest first, without secrets.
func (s *Service) ListAPIKeys(ctx context.Context, req domain.PageRequest) (domain.Page[domain.APIKey], error) {
	if _, err := domain.Require(ctx, domain.ScopeAPIKeys); err != nil {
		return domain.Page[domain.APIKey]{}, err
	}
	return domain.APIKeys.Page(ctx, s.Store, req, "", nil, domain.Query{Index: "created", Reverse: true})
}

// RevokeAPIKey ends a key for good. Revoking it again changes nothing.
func (s *Service) RevokeAPIKey(ctx context.Context, id string) (*domain.APIKey, error) {
	if _, err := domain.Require(ctx, domain.ScopeAPIKeys); err != nil {
		return nil, err
	}
	now := s.Clock()
	var out *domain.APIKey
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		k, err := domain.APIKeys.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if out = k; k.RevokedAt != nil {
			return nil
		}
		k.RevokedAt = &now
		if err := domain.APIKeys.Replace(ctx, tx, k); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, domain.Event{Type: domain.EventAPIKeyRevoked, At: now, Subject: domain.Ref{Kind: "apikey", ID: id}})
	})
	return out, err
}

// ActorOfAPIKey gives the actor that a secret lets in. Unauthenticated if it lets nobody in.
func (s *Service) ActorOfAPIKey(ctx context.Context, secret string) (domain.Actor, error) {
	k, err := domain.APIKeys.First(ctx, s.Store, domain.Query{Index: "hash", Equal: []any{hashSecret(secret)}})
	if domain.IsCode(err, domain.NotFound) {
		return domain.Actor{}, domain.Errorf(domain.Unauthenticated, "the API key is not known")
	}
	if err != nil {
		return domain.Actor{}, err
	}
	if k.RevokedAt != nil || k.ExpiresAt != nil && !k.ExpiresAt.After(s.Clock()) {
		return domain.Actor{}, domain.Errorf(domain.Unauthenticated, "the API key has ended")
	}
	scopes := k.Scopes
	if len(scopes) == 0 {
		scopes = domain.ScopesOf(k.Role, "")
	}
	return domain.Actor{Kind: "apikey", ID: k.ID, Role: k.Role, Scopes: scopes}, nil
}
