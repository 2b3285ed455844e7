package domain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// RuleUnassigned is the rule that a telephone number breaks which could be one, but is nobody's: withheld, an emergency number.
const RuleUnassigned = "unassigned"

// Normaliser brings identities to the form in which they are compared. What it needs beyond the standard library is given to it.
type Normaliser struct {
	Phones  PhoneParser
	ToASCII func(domainName string) (string, error) // IDNA (RFC 5891): a domain name to its ASCII form
	Region  string                                  // of numbers without a country code, ISO 3166-1 alpha-2; "" is KR
}

// Identity normalises one raw value. Invalid, with the rule but without a field, if it is none of its kind.
func (n Normaliser) Identity(kind IdentityKind, raw string) (Identity, error) {
	display := strings.TrimSpace(raw)
	switch kind {
	case IdentityEmail:
		value, err := n.email(display)
		return MakeIdentity(kind, value, display), err
	case IdentityPhone, IdentityFax:
		return n.phone(kind, display)
	case IdentityMember, IdentityExternal, IdentityDevice:
		return MakeIdentity(kind, display, ""), checkPlainIdentity(display)
	}
	return Identity{}, InvalidField("", "enum", "there is no kind of identity %q", Clip(string(kind), 40))
}

// phone takes a number that no numbering plan has (119, 0000000000) for none: it would join people who have nothing in common.
func (n Normaliser) phone(kind IdentityKind, s string) (Identity, error) {
	p, err := n.Phones.Parse(s, n.Region)
	if err == nil && !p.Valid {
		err = InvalidField("", RuleUnassigned, "is no number of its country")
	}
	return MakeIdentity(kind, p.E164, p.Display), err
}

func (n Normaliser) email(s string) (string, error) {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 || len(s) > 320 || strings.ContainsFunc(s, badInAddress) {
		return "", InvalidField("", "email", "is not an e-mail address")
	}
	host, err := n.ToASCII(strings.ToLower(strings.TrimSuffix(s[at+1:], ".")))
	if err != nil || host == "" {
		return "", InvalidField("", "email", "has a domain that cannot be")
	}
	return strings.ToLower(s[:at]) + "@" + host, nil
}

func badInAddress(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == '<' || r == '>' || r == utf8.RuneError
}

func checkPlainIdentity(s string) error {
	if s == "" || len(s) > 500 || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return InvalidField("", "format", "must be 1 to 500 bytes without control characters")
	}
	return nil
}
