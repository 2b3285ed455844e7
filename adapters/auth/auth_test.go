package auth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"sori/adapters/auth"
	"sori/domain"
)

const secret = "a secret of at least thirty-two bytes"

var now = time.Date(2026, 11, 22, 1, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

func verifier(t testing.TB, o auth.Options) *auth.Verifier {
	t.Helper()
	if o.Clock == nil {
		o.Clock = clock
	}
	v, err := auth.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func good() jwt.MapClaims {
	return jwt.MapClaims{"sub": "agent1", "role": "agent", "exp": now.Add(time.Hour).Unix()}
}

func with(changes jwt.MapClaims) jwt.MapClaims {
	c := good()
	for k, v := range changes {
		if c[k] = v; v == nil {
			delete(c, k)
		}
	}
	return c
}

func signed(t testing.TB, method jwt.SigningMethod, key any, c jwt.MapClaims, header map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	for k, v := range header {
		token.Header[k] = v
	}
	s, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestClaims(t *testing.T) {
	t.Parallel()
	v := verifier(t, auth.Options{Secret: []byte(secret), Issuer: "sso", Audience: "sori"})
	fits := jwt.MapClaims{"iss": "sso", "aud": "sori"}
	cases := map[string]struct {
		change jwt.MapClaims
		header map[string]any
		ok     bool
	}{
		"good":                    {ok: true},
		"audience in a list":      {change: jwt.MapClaims{"aud": []string{"other", "sori"}}, ok: true},
		"nbf within the skew":     {change: jwt.MapClaims{"nbf": now.Add(30 * time.Second).Unix()}, ok: true},
		"fraction of a second":    {change: jwt.MapClaims{"exp": float64(now.Unix()) + 60.5}, ok: true},
		"wrong issuer":            {change: jwt.MapClaims{"iss": "evil"}},
		"no issuer":               {change: jwt.MapClaims{"iss": nil}},
		"wrong audience":          {change: jwt.MapClaims{"aud": "other"}},
		"no audience":             {change: jwt.MapClaims{"aud": nil}},
		"no exp":                  {change: jwt.MapClaims{"exp": nil}},
		"exp null":                {change: jwt.MapClaims{"exp": json.RawMessage("null")}},
		"exp as text":             {change: jwt.MapClaims{"exp": "tomorrow"}},
		"exp as text of digits":   {change: jwt.MapClaims{"exp": "1795311600"}},
		"exp negative":            {change: jwt.MapClaims{"exp": -1}},
		"exp absurd":              {change: jwt.MapClaims{"exp": 1e300}},
		"exp of an overflow":      {change: jwt.MapClaims{"exp": json.RawMessage("9223372036854775807")}},
		"exp in twenty years":     {change: jwt.MapClaims{"exp": now.AddDate(20, 0, 0).Unix()}},
		"expired just now":        {change: jwt.MapClaims{"exp": now.Unix()}},
		"expired":                 {change: jwt.MapClaims{"exp": now.Add(-time.Hour).Unix()}},
		"not yet":                 {change: jwt.MapClaims{"nbf": now.Add(time.Hour).Unix()}},
		"nbf as text":             {change: jwt.MapClaims{"nbf": "1"}},
		"issued in the future":    {change: jwt.MapClaims{"iat": now.Add(time.Hour).Unix()}},
		"no role":                 {change: jwt.MapClaims{"role": nil}},
		"unknown role":            {change: jwt.MapClaims{"role": "root"}},
		"role in capitals":        {change: jwt.MapClaims{"role": "Admin"}},
		"role as a list":          {change: jwt.MapClaims{"role": []string{"admin"}}},
		"no subject":              {change: jwt.MapClaims{"sub": nil}},
		"long subject":            {change: jwt.MapClaims{"sub": strings.Repeat("x", 300)}},
		"scope as a list":         {change: jwt.MapClaims{"scope": []string{"pii:read"}}},
		"critical extension":      {header: map[string]any{"crit": []string{"b64"}, "b64": true}},
		"empty critical list":     {header: map[string]any{"crit": []string{}}},
		"key id is passed over":   {header: map[string]any{"kid": "../../etc/passwd"}, ok: true},
		"key in the header":       {header: map[string]any{"jwk": map[string]string{"kty": "oct", "k": "AA"}}, ok: true}, // passed over: ours is used
		"type is not looked at":   {header: map[string]any{"typ": "at+jwt"}, ok: true},
		"signature is still ours": {header: map[string]any{"jku": "http://127.0.0.1:1/keys"}, ok: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := with(fits)
			for k, x := range tc.change {
				if c[k] = x; x == nil {
					delete(c, k)
				}
			}
			actor, err := v.Verify(t.Context(), signed(t, jwt.SigningMethodHS256, []byte(secret), c, tc.header))
			if tc.ok {
				if err != nil || actor.ID != "agent1" || actor.Role != domain.RoleAgent || actor.Kind != "token" {
					t.Fatalf("got %+v, %v", actor, err)
				}
				return
			}
			if domain.CodeOf(err) != domain.Unauthenticated || err == nil {
				t.Fatalf("got %+v, %v; wanted unauthenticated", actor, err)
			}
		})
	}
}

func TestForgedTokens(t *testing.T) {
	t.Parallel()
	v := verifier(t, auth.Options{Secret: []byte(secret)})
	b64 := base64.RawURLEncoding.EncodeToString
	body, _ := json.Marshal(good())
	whole := signed(t, jwt.SigningMethodHS256, []byte(secret), good(), nil)
	parts := strings.Split(whole, ".")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	admin, _ := json.Marshal(with(jwt.MapClaims{"role": "admin"}))
	cases := map[string]string{
		"empty":                       "",
		"dots":                        "..",
		"not base64":                  "a.b.c",
		"alg none":                    b64([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + b64(body) + ".",
		"alg None":                    b64([]byte(`{"alg":"None"}`)) + "." + b64(body) + ".",
		"alg missing":                 b64([]byte(`{}`)) + "." + b64(body) + "." + parts[2],
		"alg not text":                b64([]byte(`{"alg":["HS256"]}`)) + "." + b64(body) + "." + parts[2],
		"alg unknown":                 b64([]byte(`{"alg":"HS999"}`)) + "." + b64(body) + "." + parts[2],
		"another secret":              signed(t, jwt.SigningMethodHS256, []byte("another secret of thirty-two bytes!"), good(), nil),
		"empty secret":                signed(t, jwt.SigningMethodHS256, []byte{}, good(), nil),
		"HS512 with our secret":       signed(t, jwt.SigningMethodHS512, []byte(secret), good(), nil),
		"RS256 where no key is known": signed(t, jwt.SigningMethodRS256, rsaKey, good(), nil),
		"other claims, old signature": parts[0] + "." + b64(admin) + "." + parts[2],
		"no signature":                parts[0] + "." + parts[1] + ".",
		"two parts":                   parts[0] + "." + parts[1],
		"four parts":                  whole + ".x",
		"too long":                    whole + strings.Repeat("A", 9000),
		"API key where none is taken": "sori_abcdef",
	}
	for name, token := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if actor, err := v.Verify(t.Context(), token); !domain.IsCode(err, domain.Unauthenticated) {
				t.Fatalf("got %+v, %v; wanted unauthenticated", actor, err)
			}
		})
	}
}

func TestScopesOfATokenAreThoseItsRoleMayHave(t *testing.T) {
	t.Parallel()
	v := verifier(t, auth.Options{Secret: []byte(secret)})
	cases := map[string]struct {
		role  string
		scope any
		want  []domain.Scope
	}{
		"a role's own":         {"integration", nil, domain.ScopesOf(domain.RoleIntegration, "")},
		"chosen":               {"agent", "inquiry:read pii:read", []domain.Scope{domain.ScopeInquiryRead, domain.ScopePIIRead}},
		"more than it may":     {"agent", "apikey:admin inquiry:read", []domain.Scope{domain.ScopeInquiryRead}},
		"nothing that it may":  {"visitor", "inquiry:read", nil},
		"unknown are left out": {"admin", "everything", nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			actor, err := v.Verify(t.Context(), signed(t, jwt.SigningMethodHS256, []byte(secret), with(jwt.MapClaims{"role": tc.role, "scope": tc.scope}), nil))
			if err != nil {
				t.Fatal(err)
			}
			if len(actor.Scopes) != len(tc.want) {
				t.Fatalf("got %v, wanted %v", actor.Scopes, tc.want)
			}
			for _, s := range tc.want {
				if !actor.Has(s) {
					t.Errorf("lacks %s", s)
				}
			}
		})
	}
}

// sso is a single sign-on whose keys can be exchanged.
type sso struct {
	*httptest.Server
	set   atomic.Value // []byte
	asked atomic.Int32
}

func newSSO(t testing.TB, keys ...jose.JSONWebKey) *sso {
	t.Helper()
	s := &sso{}
	s.rotate(t, keys...)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.asked.Add(1)
		_, _ = w.Write(s.set.Load().([]byte))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *sso) rotate(t testing.TB, keys ...jose.JSONWebKey) {
	t.Helper()
	b, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	s.set.Store(b)
}

func public(id string, key crypto.Signer, use string) jose.JSONWebKey {
	return jose.JSONWebKey{KeyID: id, Key: key.Public(), Use: use}
}

func TestJWKS(t *testing.T) {
	t.Parallel()
	rsaKey, _ := rsa.GenerateKey(rand.Reader, 2048)
	weak, _ := rsa.GenerateKey(rand.Reader, 1024)
	ecKey, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	other, _ := rsa.GenerateKey(rand.Reader, 2048)
	site := newSSO(t, public("r", rsaKey, "sig"), public("e", ecKey, ""), public("d", edKey, "sig"), public("enc", other, "enc"),
		public("weak", weak, "sig"), jose.JSONWebKey{KeyID: "oct", Key: []byte(secret)})
	v := verifier(t, auth.Options{JWKSURL: site.URL})
	der, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		method jwt.SigningMethod
		key    any
		kid    string
		ok     bool
	}{
		"RS256":                             {jwt.SigningMethodRS256, rsaKey, "r", true},
		"ES256":                             {jwt.SigningMethodES256, ecKey, "e", true},
		"EdDSA":                             {jwt.SigningMethodEdDSA, edKey, "d", true},
		"RS512 with the right key":          {jwt.SigningMethodRS512, rsaKey, "r", false},
		"PS256 with the right key":          {jwt.SigningMethodPS256, rsaKey, "r", false},
		"another key under a known id":      {jwt.SigningMethodRS256, other, "r", false},
		"no id where there are many":        {jwt.SigningMethodRS256, rsaKey, "", false},
		"unknown id":                        {jwt.SigningMethodRS256, rsaKey, "x", false},
		"id of another kind of key":         {jwt.SigningMethodRS256, rsaKey, "e", false},
		"a key for encryption":              {jwt.SigningMethodRS256, other, "enc", false},
		"a key that is too short":           {jwt.SigningMethodRS256, weak, "weak", false},
		"symmetric key of the set":          {jwt.SigningMethodHS256, []byte(secret), "oct", false},
		"public key taken for a secret":     {jwt.SigningMethodHS256, der, "r", false},
		"public key taken for a secret, ed": {jwt.SigningMethodHS256, []byte(edKey.Public().(ed25519.PublicKey)), "d", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := map[string]any{}
			if tc.kid != "" {
				header["kid"] = tc.kid
			}
			_, err := v.Verify(t.Context(), signed(t, tc.method, tc.key, good(), header))
			if tc.ok != (err == nil) || err != nil && !domain.IsCode(err, domain.Unauthenticated) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestRotationIsFollowedAndMadeUpIDsCostNothing(t *testing.T) {
	t.Parallel()
	old, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fresh, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	site := newSSO(t, public("old", old, "sig"))
	var at atomic.Int64
	at.Store(now.Unix())
	v := verifier(t, auth.Options{JWKSURL: site.URL, Clock: func() time.Time { return time.Unix(at.Load(), 0) }})
	try := func(key *ecdsa.PrivateKey, kid, sub string) error {
		_, err := v.Verify(t.Context(), signed(t, jwt.SigningMethodES256, key, with(jwt.MapClaims{"sub": sub}), map[string]any{"kid": kid}))
		return err
	}
	if err := try(old, "old", "a"); err != nil {
		t.Fatal(err)
	}
	site.rotate(t, public("fresh", fresh, "sig"))
	for range 20 {
		if err := try(fresh, "made-up", "b"); !domain.IsCode(err, domain.Unauthenticated) {
			t.Fatal(err)
		}
	}
	if n := site.asked.Load(); n != 1 {
		t.Fatalf("asked %d times within a minute", n)
	}
	at.Add(61)
	if err := try(fresh, "fresh", "c"); err != nil {
		t.Fatalf("after the rotation: %v", err)
	}
	if err := try(old, "old", "d"); !domain.IsCode(err, domain.Unauthenticated) {
		t.Fatalf("the old key still holds: %v", err)
	}
	site.Close() // what is known goes on being believed
	at.Add(61)
	if err := try(fresh, "fresh", "e"); err != nil {
		t.Fatalf("without the single sign-on: %v", err)
	}
}

func TestSingleSignOnThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	answers := map[string]http.HandlerFunc{
		"error": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"html":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"empty": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys":[]}`)) },
		"huge": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"keys":[],"x":"` + strings.Repeat("x", 2<<20) + `"}`))
		},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := httptest.NewServer(answer)
			defer site.Close()
			v := verifier(t, auth.Options{JWKSURL: site.URL})
			if _, err := v.Verify(t.Context(), signed(t, jwt.SigningMethodES256, key, good(), nil)); !domain.IsCode(err, domain.Unavailable) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestATokenIsNotBelievedPastItsEnd(t *testing.T) {
	t.Parallel()
	var at atomic.Int64
	at.Store(now.Unix())
	v := verifier(t, auth.Options{Secret: []byte(secret), Clock: func() time.Time { return time.Unix(at.Load(), 0) }})
	token := signed(t, jwt.SigningMethodHS256, []byte(secret), with(jwt.MapClaims{"exp": now.Add(5 * time.Second).Unix()}), nil)
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	at.Add(5)
	if _, err := v.Verify(t.Context(), token); !domain.IsCode(err, domain.Unauthenticated) {
		t.Fatalf("got %v", err)
	}
}

func TestAPIKeysAreLookedUpEachTime(t *testing.T) {
	t.Parallel()
	var revoked atomic.Bool
	v := verifier(t, auth.Options{APIKey: func(_ context.Context, s string) (domain.Actor, error) {
		if s != "sori_good" || revoked.Load() {
			return domain.Actor{}, domain.Errorf(domain.Unauthenticated, "not known")
		}
		return domain.Actor{Kind: "apikey", ID: "key_1", Role: domain.RoleIntegration}, nil
	}})
	if a, err := v.Verify(t.Context(), "sori_good"); err != nil || a.ID != "key_1" {
		t.Fatalf("got %+v, %v", a, err)
	}
	if _, err := v.Verify(t.Context(), "sori_bad"); !domain.IsCode(err, domain.Unauthenticated) {
		t.Fatalf("got %v", err)
	}
	revoked.Store(true)
	if _, err := v.Verify(t.Context(), "sori_good"); !domain.IsCode(err, domain.Unauthenticated) {
		t.Fatalf("a revoked key: %v", err)
	}
}

func TestSignedTokensVerify(t *testing.T) {
	t.Parallel()
	v := verifier(t, auth.Options{Secret: []byte(secret), Issuer: "sori", Audience: "desk"})
	token, err := v.Sign("kim", domain.RoleSupervisor, []domain.Scope{domain.ScopePIIRead}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	a, err := v.Verify(t.Context(), token)
	if err != nil || a.ID != "kim" || len(a.Scopes) != 1 || a.Scopes[0] != domain.ScopePIIRead {
		t.Fatalf("got %+v, %v", a, err)
	}
	for name, sign := range map[string]func() (string, error){
		"no subject":   func() (string, error) { return v.Sign("", domain.RoleAgent, nil, time.Hour) },
		"unknown role": func() (string, error) { return v.Sign("kim", "root", nil, time.Hour) },
		"no time":      func() (string, error) { return v.Sign("kim", domain.RoleAgent, nil, 0) },
		"for ever":     func() (string, error) { return v.Sign("kim", domain.RoleAgent, nil, 100*365*24*time.Hour) },
	} {
		if _, err := sign(); !domain.IsCode(err, domain.Invalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]auth.Options{
		"nothing":      {},
		"short secret": {Secret: []byte("short")},
		"no URL":       {JWKSURL: "ftp://sso.test/keys"},
	} {
		if _, err := auth.New(o); !domain.IsCode(err, domain.Invalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	v := verifier(f, auth.Options{Secret: []byte(secret)})
	f.Add(signed(f, jwt.SigningMethodHS256, []byte("another secret of thirty-two bytes!"), good(), nil))
	f.Add("a.b.c")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := v.Verify(t.Context(), token); err == nil {
			t.Fatalf("%q holds", token)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	v := verifier(b, auth.Options{Secret: []byte(secret)})
	token := signed(b, jwt.SigningMethodHS256, []byte(secret), good(), nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}
