package survey

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"sori/domain"
)

// A token names an invitation by the id's own part, and when it ends, in seconds since 1970 in base 36; 128 bits of an HMAC over both stand behind. Whoever has
// it may answer, so it is good for nothing else.

const macBytes = 16

func (s *Service) token(invitationID string, expires time.Time) string {
	_, own, _ := strings.Cut(invitationID, "_")
	said := own + "." + strconv.FormatInt(expires.Unix(), 36)
	return said + "." + mac(s.Keys[0], said)
}

func mac(key []byte, said string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("survey|" + said))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:macBytes])
}

// read gives the invitation that a token names. NotFound for one that is none of ours; Conflict (Rule = expired) for one that has ended.
func (s *Service) read(token string) (invitationID string, err error) {
	i := strings.LastIndexByte(token, '.')
	if i < 0 || len(token) > 200 {
		return "", errUnknown
	}
	said, signature := token[:i], token[i+1:]
	known := false
	for _, key := range s.Keys {
		known = hmac.Equal([]byte(mac(key, said)), []byte(signature)) || known
	}
	own, expires, _ := strings.Cut(said, ".")
	at, err := strconv.ParseInt(expires, 36, 64)
	if !known || err != nil {
		return "", errUnknown
	}
	if !s.Clock().Before(time.Unix(at, 0)) {
		return "", &domain.Error{Code: domain.Conflict, Field: "token", Rule: "expired", Message: "the link has ended"}
	}
	return domain.SurveyInvitations.Prefix + "_" + own, nil
}

var errUnknown = &domain.Error{Code: domain.NotFound, Field: "token", Rule: "known", Message: "there is no such survey"}
