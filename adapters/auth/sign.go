package auth

import (
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"sori/domain"
)

// Sign makes a token with the shared secret. No scopes are those of the role. Invalid names what is wrong.
func (v *Verifier) Sign(subject string, role domain.Role, scopes []domain.Scope, ttl time.Duration) (string, error) {
	var f domain.Faults
	if len(v.secret) == 0 {
		f.Add("secret", "required", "tokens are signed with a shared secret, and there is none")
	}
	if subject == "" || len(subject) > maxSubject {
		f.Add("subject", "length", "must have 1 to %d bytes", maxSubject)
	}
	if !domain.KnownRole(role) {
		f.Add("role", "enum", "there is no role %q", domain.Clip(string(role), 40))
	}
	if ttl <= 0 || ttl > maxLifetime {
		f.Add("ttl", "range", "must be more than nothing and at most ten years")
	}
	if err := f.Err(); err != nil {
		return "", err
	}
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	now := v.clock()
	c := claims{Role: string(role), Scope: strings.Join(names, " "), RegisteredClaims: jwt.RegisteredClaims{
		Subject: subject, Issuer: v.options.Issuer, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
	}}
	if v.options.Audience != "" {
		c.Audience = jwt.ClaimStrings{v.options.Audience}
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(v.secret)
}
