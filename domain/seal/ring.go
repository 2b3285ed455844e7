// Package seal encrypts small secrets under a ring of keys, so that keys can be changed while what they sealed stays readable, and
// makes blind indexes, by which a sealed value can be found without being opened.
//
// Both write the same three parts: "v1.<key id>.<base64url without padding>". The version names all algorithms at once. For a seal it is
// AES-256-GCM with a random 96-bit nonce before the ciphertext (NIST SP 800-38D), for a blind index HMAC-SHA-256 (RFC 2104).
// NIST allows 2^32 seals with one key and random nonces; change the key before.
//
// A ring is configured as "id:base64,id:base64": the first key seals, all open. To rotate, put a new key first,
// seal again what Stale tells, then take the old key away.
package seal

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// KeyBytes is the size of every key.
const KeyBytes = 32

const (
	version = "v1"
	maxKeys = 32
)

// The faults of what is to be opened or looked up. ErrForged also stands for what was sealed for another context.
var (
	ErrMalformed  = errors.New("seal: not in the form v1.key.base64")
	ErrUnknownKey = errors.New("seal: sealed with a key that is not on the ring")
	ErrForged     = errors.New("seal: does not hold: changed, or sealed for something else")
	ErrTooLarge   = errors.New("seal: too large")
)

// Key is one key with the id under which seals name it.
type Key struct {
	ID     string // 1 to 32 of A-Z a-z 0-9 _ -
	Secret []byte // KeyBytes long
}

var (
	keyID   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)
	encoder = base64.RawURLEncoding.Strict()
)

// ParseKeys reads "id:base64,id:base64"; base64 may be of the standard or the URL alphabet, with padding or without. Its errors name
// the key by its place or id and never show a secret.
func ParseKeys(config string) ([]Key, error) {
	if strings.TrimSpace(config) == "" {
		return nil, errors.New("no key: want id:base64 of 32 bytes, the active one first")
	}
	var keys []Key
	for i, part := range strings.Split(config, ",") {
		id, encoded, ok := strings.Cut(strings.TrimSpace(part), ":")
		if !ok {
			return nil, fmt.Errorf("key %d: want id:base64", i+1)
		}
		secret, err := decodeAny(encoded)
		if err != nil {
			return nil, fmt.Errorf("key %d: the secret is not base64", i+1)
		}
		keys = append(keys, Key{ID: id, Secret: secret})
	}
	return keys, check(keys)
}

func decodeAny(s string) ([]byte, error) {
	s = strings.TrimRight(strings.TrimSpace(s), "=")
	s = strings.NewReplacer("+", "-", "/", "_").Replace(s)
	return base64.RawURLEncoding.DecodeString(s)
}

func check(keys []Key) error {
	if len(keys) == 0 || len(keys) > maxKeys {
		return fmt.Errorf("want 1 to %d keys, got %d", maxKeys, len(keys))
	}
	seen := map[string]bool{}
	for i, k := range keys {
		switch {
		case !keyID.MatchString(k.ID):
			return fmt.Errorf("key %d: an id is 1 to 32 letters, digits, _ or -", i+1)
		case seen[k.ID]:
			return fmt.Errorf("key %q: the id is there twice", k.ID)
		case len(k.Secret) != KeyBytes:
			return fmt.Errorf("key %q: want %d bytes, got %d", k.ID, KeyBytes, len(k.Secret))
		}
		seen[k.ID] = true
	}
	return nil
}

// join and split are the one place that knows the outer form.
func join(id string, body []byte) string {
	return version + "." + id + "." + encoder.EncodeToString(body)
}

func split(s string) (id, body string, err error) {
	v, rest, ok := strings.Cut(s, ".")
	id, body, more := strings.Cut(rest, ".")
	if !ok || !more || v != version || !keyID.MatchString(id) || strings.ContainsAny(body, "\r\n") {
		return "", "", ErrMalformed // the decoder would read over line ends
	}
	return id, body, nil
}
