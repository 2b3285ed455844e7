package domain

import (
	"bytes"
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"
)

// mirrorVault encrypts by turning a content around.
type mirrorVault struct{ Vault }

func (mirrorVault) SealBytes(content []byte) ([]byte, string, error) {
	sealed := slices.Clone(content)
	slices.Reverse(sealed)
	return sealed, "k1", nil
}

func (v mirrorVault) OpenBytes(sealed []byte) ([]byte, error) {
	content, _, err := v.SealBytes(sealed)
	return content, err
}

func TestBlobs(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 20<<10)
	_, _ = rand.Read(noise) // never fails
	mail := []byte(strings.Repeat("환불은 언제 되나요? When will I be refunded?\r\n", 400))
	for name, c := range map[string]struct {
		content []byte
		vault   Vault
		packed  bool
	}{
		"nothing":           {nil, nil, false},
		"a few words":       {[]byte("hello"), nil, false},
		"a mail":            {mail, nil, true},
		"an encrypted mail": {mail, mirrorVault{}, true},
		"what is dense":     {noise, nil, false},
		"dense, encrypted":  {noise, mirrorVault{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := StageBlob(context.Background(), nil, c.vault, c.content, "text/plain", time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if b.Packed != c.packed || b.Size != int64(len(c.content)) || (b.Sealed != "") != (c.vault != nil) {
				t.Errorf("packed %v, %d bytes, sealed %q", b.Packed, b.Size, b.Sealed)
			}
			if c.packed && len(b.Data) > len(c.content)/2 {
				t.Errorf("%d bytes kept of %d", len(b.Data), len(c.content))
			}
			if c.vault != nil && bytes.HasPrefix(b.Data, c.content[:16]) {
				t.Error("it is kept in clear")
			}
			content, err := ReadBlob(context.Background(), nil, c.vault, b)
			if err != nil || !bytes.Equal(content, c.content) {
				t.Errorf("read %d bytes of %d: %v", len(content), len(c.content), err)
			}
		})
	}
}

// TestBrokenBlob reads a content of which a part is gone.
func TestBrokenBlob(t *testing.T) {
	t.Parallel()
	b, err := StageBlob(context.Background(), nil, nil, bytes.Repeat([]byte("once more "), 100), "text/plain", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	b.Data = b.Data[:len(b.Data)/2]
	if _, err := ReadBlob(context.Background(), nil, nil, b); !IsCode(err, Internal) {
		t.Errorf("got %v", err)
	}
}
