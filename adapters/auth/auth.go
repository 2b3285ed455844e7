package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	lru "github.com/hashicorp/golang-lru/v2"

	"sori/domain"
)

// MinSecret is the least length of the shared secret, in bytes (RFC 7518 section 3.2).
const MinSecret = 32

const (
	maxToken  = 8 << 10
	cacheSize = 10_000
	cacheTTL  = time.Minute // how long a key that left the JWKS may still be believed
	apiKeyTag = "sori_"
)

// Options configure a Verifier. One of Secret, JWKSURL and APIKey at least.
type Options struct {
	Secret   []byte // of HS256
	JWKSURL  string // of RS256, ES256 and EdDSA
	Issuer   string // "iss" must be this, if set
	Audience string // "aud" must hold this, if set
	// APIKey gives the actor of an API key's secret; Unauthenticated if it lets nobody in.
	APIKey func(ctx context.Context, secret string) (domain.Actor, error)
	// Admit judges, each time, the bearer of a JWT that holds, and may give the role and scopes that the claims do not name; scope is the claim of that name. nil lets all in
	// whose role is known. Where it is given, a JWT need not name a role, for single sign-ons that know none: the actor has none then, and no scopes.
	Admit  func(ctx context.Context, a domain.Actor, scope string) (domain.Actor, error)
	Client *http.Client // fetches the JWKS; nil is one of its own
	Clock  domain.Clock
}

// Verifier tells whose a token is. It is safe for concurrent use.
type Verifier struct {
	secret  []byte
	keys    *keySet
	apiKey  func(context.Context, string) (domain.Actor, error)
	hmac    *jwt.Parser
	public  *jwt.Parser
	clock   domain.Clock
	seen    *lru.Cache[[sha256.Size]byte, verified]
	options Options
}

// verified is a token that held, and until when that may be believed without looking again.
type verified struct {
	actor domain.Actor
	scope string // the claim
	until time.Time
}

// New makes a verifier. Invalid names what is wrong with the options.
func New(o Options) (*Verifier, error) {
	var f domain.Faults
	if len(o.Secret) > 0 && len(o.Secret) < MinSecret {
		f.Add("secret", "min", "must have at least %d bytes", MinSecret)
	}
	if len(o.Secret) == 0 && o.JWKSURL == "" && o.APIKey == nil {
		f.Add("secret", "required", "there is no secret, no JWKS and no API keys: nobody could come in")
	}
	if o.JWKSURL != "" && !strings.HasPrefix(o.JWKSURL, "https://") && !strings.HasPrefix(o.JWKSURL, "http://") {
		f.Add("jwksURL", "format", "must be an http or https URL")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	cache, err := lru.New[[sha256.Size]byte, verified](cacheSize)
	if err != nil {
		return nil, err
	}
	v := &Verifier{secret: o.Secret, apiKey: o.APIKey, clock: o.Clock, seen: cache, options: o}
	if o.JWKSURL != "" {
		v.keys = newKeySet(o.JWKSURL, o.Client, o.Clock)
	}
	// Each source of keys has its own algorithms, so that a public key is never taken for a shared secret.
	v.hmac, v.public = v.parser("HS256"), v.parser("RS256", "ES256", "EdDSA")
	return v, nil
}

// Verify gives the actor of a token: Unauthenticated if it does not hold, Unavailable if the keys to check it cannot be had now. A JWT that held is
// remembered for a moment, by its hash; an API key is looked up each time, so that one that is revoked is out at once.
func (v *Verifier) Verify(ctx context.Context, token string) (domain.Actor, error) {
	switch {
	case len(token) > maxToken:
		return domain.Actor{}, refuse("is too long")
	case !strings.HasPrefix(token, apiKeyTag):
		return v.admitted(ctx, token)
	case v.apiKey == nil:
		return domain.Actor{}, refuse("is an API key, and none are taken")
	}
	return v.apiKey(ctx, token)
}

// admitted gives the actor of a JWT that holds, as Admit has it.
func (v *Verifier) admitted(ctx context.Context, token string) (domain.Actor, error) {
	found, err := v.remembered(ctx, token)
	if err != nil || v.options.Admit == nil {
		return found.actor, err
	}
	return v.options.Admit(ctx, found.actor, found.scope)
}

func (v *Verifier) remembered(ctx context.Context, token string) (verified, error) {
	hash, now := sha256.Sum256([]byte(token)), v.clock()
	if hit, ok := v.seen.Get(hash); ok {
		if now.Before(hit.until) {
			return hit, nil
		}
		v.seen.Remove(hash)
	}
	found, err := v.verifyJWT(ctx, token)
	if err != nil {
		return verified{}, err
	}
	if until := now.Add(cacheTTL); until.Before(found.until) {
		found.until = until
	}
	v.seen.Add(hash, found)
	return found, nil
}

// verifyJWT gives whose a JWT is, and when it expires.
func (v *Verifier) verifyJWT(ctx context.Context, token string) (verified, error) {
	head, _, err := jwt.NewParser().ParseUnverified(token, &claims{})
	if err != nil {
		return verified{}, refuse("cannot be read")
	}
	if _, critical := head.Header["crit"]; critical { // RFC 7515 section 4.1.11: we know no extension, so none is understood
		return verified{}, refuse("has critical extensions that are not known here")
	}
	c := &claims{}
	switch head.Method.Alg() {
	case "HS256":
		if len(v.secret) == 0 {
			return verified{}, refuse("is signed by an algorithm that is not taken")
		}
		_, err = v.hmac.ParseWithClaims(token, c, func(*jwt.Token) (any, error) { return v.secret, nil })
	default:
		if v.keys == nil {
			return verified{}, refuse("is signed by an algorithm that is not taken")
		}
		_, err = v.public.ParseWithClaims(token, c, func(t *jwt.Token) (any, error) { return v.keys.key(ctx, t) })
	}
	if err != nil {
		return verified{}, reason(err)
	}
	return v.actorOf(c)
}

// reason tells what is wrong with a token without telling how to make a better one.
func reason(err error) error {
	var ours *domain.Error
	switch {
	case errors.As(err, &ours):
		return ours
	case errors.Is(err, jwt.ErrTokenExpired):
		return refuse("has expired")
	case errors.Is(err, jwt.ErrTokenNotValidYet), errors.Is(err, jwt.ErrTokenUsedBeforeIssued):
		return refuse("is not valid yet")
	case errors.Is(err, jwt.ErrTokenInvalidIssuer), errors.Is(err, jwt.ErrTokenInvalidAudience):
		return refuse("was not issued for this")
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing), errors.Is(err, jwt.ErrTokenInvalidClaims), errors.Is(err, jwt.ErrInvalidType):
		return refuse("has claims that are missing or wrong")
	}
	return refuse("does not hold")
}

func refuse(why string) error { return domain.Errorf(domain.Unauthenticated, "the token %s", why) }
