package auth

import (
	"encoding/json"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"sori/domain"
)

const (
	skew        = 60 * time.Second          // by how much clocks may differ
	maxLifetime = 10 * 366 * 24 * time.Hour // what lives longer was made by mistake
	maxSubject  = 255
)

// claims are those of our tokens: the registered ones, role, and scope (RFC 8693 section 4.2: names with spaces between).
type claims struct {
	jwt.RegisteredClaims
	Role  string `json:"role"`
	Scope string `json:"scope"`
}

// UnmarshalJSON reads claims. The library takes a text for a time; RFC 7519 section 2 wants a number.
func (c *claims) UnmarshalJSON(b []byte) error {
	var times struct {
		Expires   json.RawMessage `json:"exp"`
		NotBefore json.RawMessage `json:"nbf"`
		IssuedAt  json.RawMessage `json:"iat"`
	}
	if err := json.Unmarshal(b, &times); err != nil {
		return err
	}
	for _, t := range []json.RawMessage{times.Expires, times.NotBefore, times.IssuedAt} {
		if len(t) > 0 && !isTime(t) {
			return jwt.ErrInvalidType
		}
	}
	type plain claims
	return json.Unmarshal(b, (*plain)(c))
}

// isTime reports whether this is a number of seconds that a clock could show before the year 10000.
func isTime(raw json.RawMessage) bool {
	var seconds float64
	return raw[0] != '"' && json.Unmarshal(raw, &seconds) == nil && seconds >= 0 && seconds < 253402300800
}

func (v *Verifier) parser(algorithms ...string) *jwt.Parser {
	options := []jwt.ParserOption{
		jwt.WithValidMethods(algorithms), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(skew), jwt.WithTimeFunc(v.clock),
		jwt.WithStrictDecoding(),
	}
	if v.options.Issuer != "" {
		options = append(options, jwt.WithIssuer(v.options.Issuer))
	}
	if v.options.Audience != "" {
		options = append(options, jwt.WithAudience(v.options.Audience))
	}
	return jwt.NewParser(options...)
}

// actorOf judges the claims that the library does not. A token that names no role has none, and no scopes, if there is somebody to give them.
func (v *Verifier) actorOf(c *claims) (verified, error) {
	role := domain.Role(c.Role)
	unnamed := role == "" && v.options.Admit != nil
	switch now := v.clock(); {
	case !c.ExpiresAt.After(now): // the skew is for clocks that are behind the issuer's, not for living longer
		return verified{}, refuse("has expired")
	case c.ExpiresAt.After(now.Add(maxLifetime)):
		return verified{}, refuse("expires too far ahead")
	case c.Subject == "" || len(c.Subject) > maxSubject:
		return verified{}, refuse("has no subject, or one that is too long")
	case !domain.KnownRole(role) && !unnamed:
		return verified{}, refuse("has a role that is not known here")
	}
	actor := domain.Actor{Kind: "token", ID: c.Subject, Role: role}
	if !unnamed {
		actor.Scopes = domain.ScopesOf(role, c.Scope)
	}
	return verified{actor, c.Scope, c.ExpiresAt.Time}, nil
}
