package imap

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"sori/domain"
)

// login logs in by the best way that both sides know.
func (s *session) login(ctx context.Context, c *imapclient.Client) error {
	m := s.mailbox
	secret, err := s.secret()
	if err != nil {
		return err
	}
	caps := c.Caps()
	if m.Auth == domain.MailboxOAuth2 {
		token, err := s.token(ctx, secret)
		if err != nil {
			return err
		}
		if caps.Has(goimap.AuthCap(sasl.OAuthBearer)) {
			return c.Authenticate(sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: m.User, Token: token, Host: m.Host, Port: m.Port}))
		}
		return c.Authenticate(&xoauth2{user: m.User, token: token})
	}
	if caps.Has(goimap.AuthCap(sasl.Plain)) {
		return c.Authenticate(sasl.NewPlainClient("", m.User, secret.Password))
	}
	return c.Login(m.User, secret.Password).Wait()
}

// secret opens what the mailbox keeps secret. It is read at each connection, so that a password changed in the environment's file counts.
func (s *session) secret() (domain.MailboxSecret, error) {
	var secret domain.MailboxSecret
	if name := s.mailbox.SecretEnv; name != "" {
		if secret.Password = s.Getenv(name); secret.Password == "" {
			return secret, fmt.Errorf("the environment variable %s is not set", name)
		}
		return secret, nil
	}
	plain, err := s.Vault.OpenBytes(s.mailbox.Secret)
	if err != nil {
		return secret, fmt.Errorf("open the mailbox's secret: %w", err)
	}
	return secret, json.Unmarshal(plain, &secret)
}

// tokenTimeout is how long a token server may take.
const tokenTimeout = 30 * time.Second

// token gives an access token: the one that was given, or one for the refresh token (RFC 6749 §6) or the client's own credentials (§4.4).
func (s *session) token(ctx context.Context, secret domain.MailboxSecret) (string, error) {
	m := s.mailbox
	if m.TokenURL == "" {
		return secret.Password, nil
	}
	clientSecret := secret.ClientSecret
	if m.SecretEnv != "" {
		clientSecret = secret.Password
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Timeout: tokenTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }})
	var source oauth2.TokenSource
	refresh, err := s.refreshToken(secret)
	if err != nil {
		return "", err
	}
	if refresh != "" {
		c := oauth2.Config{ClientID: m.ClientID, ClientSecret: clientSecret, Endpoint: oauth2.Endpoint{TokenURL: m.TokenURL}, Scopes: m.Scopes}
		source = c.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh})
	} else {
		c := clientcredentials.Config{ClientID: m.ClientID, ClientSecret: clientSecret, TokenURL: m.TokenURL, Scopes: m.Scopes}
		source = c.TokenSource(ctx)
	}
	t, err := source.Token()
	if err != nil {
		return "", fmt.Errorf("get an access token: %w", err)
	}
	if refresh != "" && t.RefreshToken != "" && t.RefreshToken != refresh {
		err = s.keepRefresh(ctx, t.RefreshToken)
	}
	return t.AccessToken, err
}

// refreshToken is the newest one: what the token server gave last in the place of the one that the mailbox was set up with (RFC 6749 §6). Many servers
// take each of them once.
func (s *session) refreshToken(secret domain.MailboxSecret) (string, error) {
	if secret.RefreshToken == "" || len(s.state.Refresh) == 0 || s.state.RefreshOf != secretMark(s.mailbox) {
		return secret.RefreshToken, nil
	}
	plain, err := s.Vault.OpenBytes(s.state.Refresh)
	if err != nil {
		return "", fmt.Errorf("open the mailbox's refresh token: %w", err)
	}
	return string(plain), nil
}

// keepRefresh stores a refresh token with the state, not with the mailbox: that is its owner's, and a change of it begins the connection anew.
func (s *session) keepRefresh(ctx context.Context, token string) error {
	sealed, _, err := s.Vault.SealBytes([]byte(token))
	if err != nil {
		return err
	}
	return s.update(ctx, func(st *domain.MailboxState) { st.Refresh, st.RefreshOf = sealed, secretMark(s.mailbox) })
}

// secretMark tells one secret of a mailbox from the next.
func secretMark(m *domain.Mailbox) string {
	sum := sha256.Sum256(m.Secret)
	return hex.EncodeToString(sum[:16])
}

// xoauth2 is the mechanism that Google and Microsoft had before OAUTHBEARER and still have.
type xoauth2 struct{ user, token string }

func (x *xoauth2) Start() (string, []byte, error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers the server's error report with nothing, upon which it fails the command.
func (x *xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }
