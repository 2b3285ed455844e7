package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
)

// MaxPlain bounds what one seal holds: the largest raw mail or fax with room to spare.
const MaxPlain = 64 << 20

// binaryMagic starts a seal in bytes; a byte with the length of the key's id and the id follow.
const binaryMagic = "\x00sv1"

// Ring seals with its active key and opens with any. It is safe for concurrent use.
type Ring struct {
	active string
	aeads  map[string]cipher.AEAD
}

// NewRing makes a ring; the first key is the active one.
func NewRing(keys []Key) (*Ring, error) {
	if err := check(keys); err != nil {
		return nil, err
	}
	r := &Ring{active: keys[0].ID, aeads: map[string]cipher.AEAD{}}
	for _, k := range keys {
		block, err := aes.NewCipher(k.Secret)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", k.ID, err)
		}
		if r.aeads[k.ID], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, fmt.Errorf("key %q: %w", k.ID, err)
		}
	}
	return r, nil
}

// Parse makes a ring of its configuration, see ParseKeys.
func Parse(config string) (*Ring, error) {
	keys, err := ParseKeys(config)
	if err != nil {
		return nil, err
	}
	return NewRing(keys)
}

// Active gives the id of the key that seals.
func (r *Ring) Active() string { return r.active }

// String shows the ring without its secrets, whatever prints it.
func (r *Ring) String() string {
	return fmt.Sprintf("seal.Ring(active %s of %d)", r.active, len(r.aeads))
}

// GoString is String, for %#v.
func (r *Ring) GoString() string { return r.String() }

// Seal encrypts plain for one context: what the seal belongs to (noun, field), without which it does not open. The
// context is not kept. ErrTooLarge is all that can go wrong.
func (r *Ring) Seal(plain []byte, context string) (string, error) {
	if len(plain) > MaxPlain {
		return "", ErrTooLarge
	}
	return join(r.active, r.aeads[r.active].Seal(nil, nil, plain, bind(r.active, context))), nil
}

// Open gives back what was sealed for the same context. Errors: ErrMalformed, ErrUnknownKey, ErrForged, ErrTooLarge.
func (r *Ring) Open(sealed, context string) ([]byte, error) {
	if encoder.DecodedLen(len(sealed)) > MaxPlain+1024 {
		return nil, ErrTooLarge
	}
	id, body, err := split(sealed)
	if err != nil {
		return nil, err
	}
	raw, err := encoder.DecodeString(body)
	if err != nil {
		return nil, ErrMalformed
	}
	return r.open(id, raw, context)
}

func (r *Ring) open(id string, raw []byte, context string) ([]byte, error) {
	aead, ok := r.aeads[id]
	if !ok {
		return nil, ErrUnknownKey
	}
	plain, err := aead.Open(nil, nil, raw, bind(id, context))
	if err != nil {
		return nil, ErrForged
	}
	return plain, nil
}

// SealBytes is Seal for contents too large for base64: the result carries its key's id too.
func (r *Ring) SealBytes(plain []byte, context string) ([]byte, error) {
	if len(plain) > MaxPlain {
		return nil, ErrTooLarge
	}
	aead := r.aeads[r.active]
	out := make([]byte, 0, len(binaryMagic)+1+len(r.active)+len(plain)+aead.Overhead())
	out = append(out, binaryMagic...)
	out = append(out, byte(len(r.active)))
	out = append(out, r.active...)
	return aead.Seal(out, nil, plain, bind(r.active, context)), nil
}

// OpenBytes undoes SealBytes, with the errors of Open.
func (r *Ring) OpenBytes(sealed []byte, context string) ([]byte, error) {
	head := len(binaryMagic) + 1
	if len(sealed) > MaxPlain+1024 {
		return nil, ErrTooLarge
	}
	if len(sealed) < head || string(sealed[:head-1]) != binaryMagic {
		return nil, ErrMalformed
	}
	end := head + int(sealed[head-1])
	if len(sealed) < end || !keyID.Match(sealed[head:end]) {
		return nil, ErrMalformed
	}
	return r.open(string(sealed[head:end]), sealed[end:], context)
}

// Stale tells whether a seal was made with another key than the active one, and should be made again before that key goes.
// What is no seal is not stale.
func (r *Ring) Stale(sealed string) bool {
	id, _, err := split(sealed)
	return err == nil && id != r.active
}

// bind makes the additional data that a seal is authenticated with. The parts before the context hold no NUL, so none can be mistaken.
func bind(id, context string) []byte {
	return []byte("sori seal " + version + "\x00" + id + "\x00" + context)
}
