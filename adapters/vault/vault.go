// Package vault keeps resident numbers sealed: it finds them (domain/rrn), encrypts them and makes blind indexes (domain/seal).
package vault

import (
	"errors"
	"fmt"

	"sori/domain"
	"sori/domain/rrn"
	"sori/domain/seal"
)

const (
	indexPurpose   = "rrn"
	contentContext = "content"
)

// Vault is domain.Vault over a key ring and an index key.
type Vault struct {
	ring  *seal.Ring
	index *seal.Index
}

var _ domain.Vault = (*Vault)(nil)

// New makes a vault. keys is for encryption, indexKeys for blind indexes, both as seal.Parse reads them: "id:base64,id:base64", the first one active.
func New(keys, indexKeys string) (*Vault, error) {
	ring, err := seal.Parse(keys)
	if err != nil {
		return nil, fmt.Errorf("encryption keys: %w", err)
	}
	index, err := seal.ParseIndex(indexKeys)
	if err != nil {
		return nil, fmt.Errorf("index keys: %w", err)
	}
	return &Vault{ring, index}, nil
}

// Seal implements domain.Vault. A number is bound to the name of its field, so that it cannot be passed off as another's.
func (v *Vault) Seal(field, text string) (string, []domain.Sealed, error) {
	masked, found, err := rrn.Redact(text, func(written, canonical string) (string, string, error) {
		cipher, err := v.ring.Seal([]byte(written), field)
		return cipher, v.index.Of(indexPurpose, canonical), err
	})
	if err != nil || len(found) == 0 {
		return masked, nil, err
	}
	out := make([]domain.Sealed, len(found))
	for i, f := range found {
		out[i] = domain.Sealed{Field: field, Offset: f.Offset, Cipher: f.Ciphertext, Index: f.BlindIndex}
	}
	return masked, out, nil
}

// Open implements domain.Vault.
func (v *Vault) Open(field, masked string, found []domain.Sealed) (string, error) {
	seals := make([]rrn.Sealed, len(found))
	for i, f := range found {
		seals[i] = rrn.Sealed{Offset: f.Offset, Ciphertext: f.Cipher, BlindIndex: f.Index}
	}
	text, err := rrn.Reveal(masked, seals, func(cipher string) (string, error) {
		plain, err := v.ring.Open(cipher, field)
		return string(plain), err
	})
	if errors.Is(err, rrn.ErrMismatch) {
		return "", fmt.Errorf("field %s: %w", field, err)
	}
	return text, err
}

// Index implements domain.Vault.
func (v *Vault) Index(number string) ([]string, error) {
	canonical, ok := rrn.Canonical(number)
	if !ok {
		return nil, domain.InvalidField("", "residentNumber", "is not a resident number")
	}
	return v.index.Candidates(indexPurpose, canonical), nil
}

// SealBytes implements domain.Vault.
func (v *Vault) SealBytes(content []byte) ([]byte, string, error) {
	sealed, err := v.ring.SealBytes(content, contentContext)
	return sealed, v.ring.Active(), err
}

// OpenBytes implements domain.Vault.
func (v *Vault) OpenBytes(sealed []byte) ([]byte, error) {
	return v.ring.OpenBytes(sealed, contentContext)
}
