// Package webhook makes HTTP requests to addresses that strangers have chosen: only to the public internet, unless operators allow more. Every address is looked at
// when it is dialled, after its name was resolved, so a name that changes its address between two looks gains nothing.
//
//	address.go   which addresses are public
//	sender.go    checking a URL, making a request
package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sori/domain"
)

// Config of a sender.
type Config struct {
	Private   Private // addresses that are allowed besides public ones
	AllowHTTP bool    // http to public addresses too; without it, to allowed private ones only
	UserAgent string  // default Sori-Webhook
	Clock     domain.Clock
	Resolver  *net.Resolver  // nil: the system's
	RootCAs   *x509.CertPool // nil: the system's certificates
}

const (
	dialTimeout = 5 * time.Second
	lookTimeout = 3 * time.Second
	maxAnswer   = 4 << 10  // bytes of a body that are read, so that the connection can serve again
	maxHeader   = 32 << 10 // bytes
)

// Sender is domain.WebhookSender over HTTP.
type Sender struct {
	Config
	client *http.Client
}

var _ domain.WebhookSender = (*Sender)(nil)

type schemeKey struct{}

// New makes a sender.
func New(c Config) *Sender {
	if c.UserAgent == "" {
		c.UserAgent = "Sori-Webhook"
	}
	if c.Clock == nil {
		c.Clock = domain.SystemClock
	}
	s := &Sender{Config: c}
	trust := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.RootCAs}
	dialer := &net.Dialer{Timeout: dialTimeout, Resolver: c.Resolver, ControlContext: s.control}
	s.client = &http.Client{
		// No proxy: it would resolve the name by itself, and dial what nobody has looked at.
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, TLSClientConfig: trust, TLSHandshakeTimeout: dialTimeout, ForceAttemptHTTP2: true,
			MaxIdleConns: 200, MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second, DisableCompression: true, MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s
}

// control is asked for every address that is dialled, after its name was resolved.
func (s *Sender) control(ctx context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errRefused
	}
	return s.admit(at.Addr(), ctx.Value(schemeKey{}) == "http")
}

var (
	errRefused = errors.New("the address is not on the public internet")
	errPlain   = errors.New("http is for allowed private addresses only")
)

func (s *Sender) admit(a netip.Addr, plain bool) error {
	a = a.Unmap().WithZone("")
	allowed := s.Private.holds(a)
	switch {
	case !allowed && !public(a):
		return errRefused
	case plain && !s.AllowHTTP && !allowed:
		return errPlain
	}
	return nil
}

// Check implements domain.WebhookSender. A name that cannot be resolved just now is let pass: it is looked at again whenever it is dialled.
func (s *Sender) Check(ctx context.Context, raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		return domain.InvalidField("url", "format", "must be an https address")
	case u.User != nil || u.Fragment != "":
		return domain.InvalidField("url", "format", "must have neither a user nor a fragment")
	case u.Scheme == "http" && !s.AllowHTTP && !s.Private.any(), u.Scheme != "http" && u.Scheme != "https":
		return domain.InvalidField("url", "scheme", "must be an https address")
	}
	for _, a := range s.addresses(ctx, u.Hostname()) {
		if err := s.admit(a, u.Scheme == "http"); err != nil {
			return domain.InvalidField("url", "address", "cannot be sent to: %v", err)
		}
	}
	return nil
}

func (s *Sender) addresses(ctx context.Context, host string) []netip.Addr {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	resolver := s.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	found, err := resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil
	}
	return found
}

// Send implements domain.WebhookSender.
func (s *Sender) Send(ctx context.Context, r domain.WebhookRequest) (domain.WebhookResponse, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return domain.WebhookResponse{}, errors.New("the URL cannot be read")
	}
	ctx = context.WithValue(ctx, schemeKey{}, u.Scheme)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return domain.WebhookResponse{}, errors.New("the URL cannot be read")
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "User-Agent": s.UserAgent,
		"webhook-id": r.ID, "webhook-timestamp": strconv.FormatInt(r.Timestamp.Unix(), 10), "webhook-signature": r.Signature,
	} {
		req.Header.Set(name, value)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return domain.WebhookResponse{}, plainly(err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer) // what was answered is not kept: it could be anything
	return domain.WebhookResponse{Status: resp.StatusCode, RetryAfter: s.retryAfter(resp.Header.Get("Retry-After"))}, nil
}

// retryAfter reads seconds or a date (RFC 9110 section 10.2.3).
func (s *Sender) retryAfter(header string) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(header)); err == nil {
		return time.Duration(min(max(n, 0), 7*24*3600)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(s.Clock()))
	}
	return 0
}

// plainly gives an error without the URL, which may hold a secret, and without addresses of the inside.
func plainly(err error) error {
	var dns *net.DNSError
	switch {
	case errors.Is(err, errRefused):
		return errRefused
	case errors.Is(err, errPlain):
		return errPlain
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("there was no answer in time")
	case errors.As(err, &dns):
		return errors.New("the name cannot be resolved")
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("the connection was refused")
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return fmt.Errorf("no answer: %w", err)
}
