package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"sori/domain"
)

const (
	secretPrefix   = "whsec_"
	secretBytes    = 32 // the specification asks for 24 to 64
	defaultOverlap = 24 * time.Hour
	maxOverlap     = 7 * 24 * time.Hour
	maxSecrets     = 5 // that sign at the same time
)

// newSecret makes a secret, as it is kept and as it is shown.
func (s *Service) newSecret(now time.Time) (domain.WebhookSecret, string, error) {
	var b [secretBytes]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails
	sealed, _, err := s.Vault.SealBytes(b[:])
	return domain.WebhookSecret{Sealed: sealed, CreatedAt: now}, secretPrefix + base64.StdEncoding.EncodeToString(b[:]), err
}

// Rotate gives a webhook a new secret, which is never shown again, and which signs first from now on. Those before it sign as well until overlap is over;
// nil is a day, zero ends them at once. Invalid past a week.
func (s *Service) Rotate(ctx context.Context, id string, overlap *time.Duration) (*domain.Webhook, string, error) {
	if _, err := domain.Require(ctx, domain.ScopeWebhooks); err != nil {
		return nil, "", err
	}
	lasts := defaultOverlap
	domain.SetIf(&lasts, overlap)
	if lasts < 0 || lasts > maxOverlap {
		return nil, "", domain.InvalidField("overlapSeconds", "range", "must be from 0 to %d", int(maxOverlap.Seconds()))
	}
	now := s.Clock()
	fresh, shown, err := s.newSecret(now)
	if err != nil {
		return nil, "", err
	}
	ends := now.Add(lasts)
	var out *domain.Webhook
	err = domain.WriteEdition(ctx, s.Store, domain.EditionWebhooks, func(tx domain.Tx) error {
		var err error
		out, err = domain.Webhooks.Update(ctx, tx, id, func(w *domain.Webhook) error {
			w.Secrets, w.UpdatedAt = rotated(w.Secrets, fresh, now, ends), now
			return nil
		})
		if err != nil {
			return err
		}
		return domain.Emit(ctx, tx, event(domain.EventWebhookRotated, id, now, map[string]any{"endsAt": ends, "secrets": len(out.Secrets)}))
	})
	s.known.Expire()
	return out, shown, err
}

// rotated puts a fresh secret before those that still sign, which end at a time, or earlier if they were to.
func rotated(before []domain.WebhookSecret, fresh domain.WebhookSecret, now, ends time.Time) []domain.WebhookSecret {
	out := []domain.WebhookSecret{fresh}
	for _, old := range before {
		if old.EndsAt == nil || old.EndsAt.After(ends) {
			old.EndsAt = &ends
		}
		if old.EndsAt.After(now) && len(out) < maxSecrets {
			out = append(out, old)
		}
	}
	return out
}

// sign gives the signatures of a message by every secret that is in force, the newest first (Standard Webhooks 1.0, "Signature scheme").
func (s *Service) sign(w *domain.Webhook, id string, at time.Time, body []byte) (string, error) {
	var out []string
	for _, secret := range w.Secrets {
		if secret.EndsAt != nil && !secret.EndsAt.After(at) {
			continue
		}
		key, err := s.Vault.OpenBytes(secret.Sealed)
		if err != nil {
			return "", err
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		mac.Write(body)
		out = append(out, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(out, " "), nil
}
