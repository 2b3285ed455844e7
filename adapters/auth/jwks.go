package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"sori/domain"
)

const (
	keysTTL      = time.Hour        // how long fetched keys are believed
	refetchAfter = time.Minute      // between two fetches
	firstAfter   = 5 * time.Second  // between two fetches while there are no keys at all
	fetchTimeout = 10 * time.Second // of one fetch
	maxKeySet    = 1 << 20          // bytes
	maxKeys      = 100
	minRSABits   = 2048
)

// keySet keeps the public keys of a JWKS (RFC 7517). A key id that is not known makes it look again, at most once a minute, so that a
// rotation is followed and made-up ids cost the other side nothing. Where a fetch fails the keys that are there go on being believed.
type keySet struct {
	url    string
	client *http.Client
	clock  domain.Clock

	mu      sync.RWMutex
	keys    map[string]publicKey
	fetched time.Time // the last that succeeded

	fetching sync.Mutex // held while fetching, so that one asks for all
	tried    time.Time
}

// publicKey is a key with the one algorithm that it is for.
type publicKey struct {
	algorithm string
	key       any
}

func newKeySet(url string, client *http.Client, clock domain.Clock) *keySet {
	if client == nil {
		client = &http.Client{Timeout: fetchTimeout}
	}
	return &keySet{url: url, client: client, clock: clock}
}

// key gives the key that a token names. Unauthenticated if there is none, or if it is for another algorithm; Unavailable if the keys were never had.
func (s *keySet) key(ctx context.Context, t *jwt.Token) (any, error) {
	id, _ := t.Header["kid"].(string)
	k, known, stale := s.find(id)
	switch {
	case !known:
		if err := s.refresh(ctx); err != nil {
			return nil, domain.Errorf(domain.Unavailable, "the keys of the single sign-on cannot be had: %w", err)
		}
		k, known, _ = s.find(id)
	case stale:
		go s.refreshBehind(ctx) // nobody waits for it: the key that is there is good
	}
	switch {
	case !known:
		return nil, refuse("is signed with a key that is not known")
	case k.algorithm != t.Method.Alg():
		return nil, refuse("is signed by an algorithm that its key is not for")
	}
	return k.key, nil
}

// refreshBehind is refresh for which nobody waits.
func (s *keySet) refreshBehind(ctx context.Context) {
	if !s.fetching.TryLock() {
		return // somebody is at it
	}
	s.fetching.Unlock()
	_ = s.refresh(ctx) // the old keys go on being believed
}

// refresh fetches the keys, unless that was tried just now. It fails only if there are none.
func (s *keySet) refresh(ctx context.Context) error {
	s.fetching.Lock()
	defer s.fetching.Unlock()
	s.mu.RLock()
	have, now := s.keys != nil, s.clock()
	s.mu.RUnlock()
	pause := refetchAfter
	if !have {
		pause = firstAfter
	}
	if now.Sub(s.tried) <= pause {
		if have {
			return nil
		}
		return errNoKeys
	}
	s.tried = now
	keys, err := s.fetch(ctx)
	if err != nil {
		if have {
			return nil
		}
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys, s.fetched = keys, now
	return nil
}

var errNoKeys = errors.New("the last try failed just now")

// find gives the key of an id, and whether it is time to look again. A token without an id means the only key there is.
func (s *keySet) find(id string) (k publicKey, known, stale bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	stale = s.clock().Sub(s.fetched) > keysTTL
	if id == "" && len(s.keys) == 1 {
		for _, k := range s.keys {
			return k, true, stale
		}
	}
	k, known = s.keys[id]
	return k, known, stale
}

func (s *keySet) fetch(ctx context.Context) (map[string]publicKey, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout) // it is for all who wait, not for the one who asks
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	answer, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the JWKS answered %s", answer.Status)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxKeySet+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxKeySet {
		return nil, fmt.Errorf("the JWKS is larger than %d bytes", maxKeySet)
	}
	return parseKeys(body)
}

// parseKeys reads a JWKS. Keys that are not for signing, or of a kind that we do not take, are passed over: a set may hold some for others.
func parseKeys(body []byte) (map[string]publicKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("the JWKS cannot be read: %w", err)
	}
	keys := map[string]publicKey{}
	for _, raw := range set.Keys[:min(len(set.Keys), maxKeys)] {
		var k jose.JSONWebKey
		if err := k.UnmarshalJSON(raw); err != nil || k.Use != "" && k.Use != "sig" || !k.Valid() {
			continue
		}
		algorithm := algorithmOf(k.Key)
		if algorithm == "" || k.Algorithm != "" && k.Algorithm != algorithm {
			continue
		}
		keys[k.KeyID] = publicKey{algorithm, k.Key}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("the JWKS has no key of RS256, ES256 or EdDSA")
	}
	return keys, nil
}

// algorithmOf gives the algorithm that a public key is for, "" if none of ours. Symmetric and private keys have no place in a JWKS.
func algorithmOf(key any) string {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() >= minRSABits {
			return "RS256"
		}
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return "ES256"
		}
	case ed25519.PublicKey:
		return "EdDSA"
	}
	return ""
}
