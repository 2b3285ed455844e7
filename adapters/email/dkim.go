package email

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/emersion/go-msgauth/dkim"

	"sori/domain"
)

// minRSABits is the shortest RSA key that receivers believe (RFC 8301 §3.2).
const minRSABits = 1024

// signedFields are those a signature covers (RFC 6376 §5.4.1), those of the
// list announcement and our own among them.
var signedFields = []string{
	"From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type",
	"Content-Transfer-Encoding", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post", domain.LoopHeader,
}

// DKIMKey signs the mail of one domain (RFC 6376, RFC 8463).
type DKIMKey struct {
	domain   string
	selector string
	signer   crypto.Signer
}

// NewDKIMKey reads a private key, RSA or Ed25519, as PEM (PKCS#8 or PKCS#1).
// The public key must be published at selector._domainkey.domain. Errors are
// Invalid and name the field.
func NewDKIMKey(domainName, selector string, keyPEM []byte) (*DKIMKey, error) {
	if domainName == "" || strings.ContainsAny(domainName, " ;=@") {
		return nil, domain.InvalidField("domain", "format", "must be a domain name")
	}
	if selector == "" || strings.ContainsAny(selector, " ;=@") {
		return nil, domain.InvalidField("selector", "format", "must be a DKIM selector")
	}
	signer, err := readSigner(keyPEM)
	if err != nil {
		return nil, err
	}
	return &DKIMKey{domain: strings.ToLower(domainName), selector: selector, signer: signer}, nil
}

func readSigner(keyPEM []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(keyPEM)
	if block == nil {
		return nil, domain.InvalidField("key", "format", "must be a private key in PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return checkRSA(key)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, domain.InvalidField("key", "format", "must be a PKCS#8 or PKCS#1 private key")
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return checkRSA(key)
	case ed25519.PrivateKey:
		return key, nil
	}
	return nil, domain.InvalidField("key", "enum", "must be an RSA or Ed25519 key")
}

func checkRSA(key *rsa.PrivateKey) (crypto.Signer, error) {
	if key.N.BitLen() < minRSABits {
		return nil, domain.InvalidField("key", "min", "must have at least %d bits", minRSABits)
	}
	return key, nil
}

// sign puts a DKIM-Signature in front of a mail.
func (k *DKIMKey) sign(raw []byte) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(raw) + 1024)
	err := dkim.Sign(&out, bytes.NewReader(raw), &dkim.SignOptions{
		Domain: k.domain, Selector: k.selector, Signer: k.signer, Hash: crypto.SHA256, HeaderKeys: signedFields,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		return nil, fmt.Errorf("sign the mail for %s: %w", k.domain, err)
	}
	return out.Bytes(), nil
}
