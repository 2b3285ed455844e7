// Package smtp hands mail to the next mail server (RFC 5321, RFC 6409).
//
//	sender.go   a pool of connections; one mail over one of them
//	config.go   where the server is, and how one logs in
//	fault.go    what a server's refusal means
package smtp

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"sori/domain"
)

// Sender implements domain.MailSender over a pool of connections. It is safe for concurrent use.
type Sender struct {
	Config
	slots chan struct{} // one a connection in use

	mu     sync.Mutex
	idle   []*conn // the one used last is last
	closed bool
}

var _ domain.MailSender = (*Sender)(nil)

// conn is one connection to the server.
type conn struct {
	*smtp.Client
	raw   net.Conn
	since time.Time // when it was used last
	sent  int
	open  bool // a mail was begun and came to nothing
}

// New makes a sender. It does not connect.
func New(c Config) *Sender {
	c = c.withDefaults()
	return &Sender{Config: c, slots: make(chan struct{}, c.Connections)}
}

// Send implements domain.MailSender.
func (s *Sender) Send(ctx context.Context, envelope domain.MailEnvelope, raw []byte) (map[string]*domain.SendFault, error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, faultOf(ctx.Err())
	}
	for {
		c, err := s.take(ctx)
		if err != nil {
			return nil, connectFault(err)
		}
		reused := c.sent > 0
		refused, began, err := s.over(ctx, c, envelope, raw)
		if reused && !began && err != nil && !isAnswer(err) && ctx.Err() == nil {
			continue // the server had closed it meanwhile; it has seen nothing of this mail
		}
		if err != nil {
			return nil, faultOf(err)
		}
		return refused, nil
	}
}

// over hands a mail over one connection, and keeps the connection if it is still good. began says that the server may have the mail.
func (s *Sender) over(ctx context.Context, c *conn, envelope domain.MailEnvelope, raw []byte) (refused map[string]*domain.SendFault, began bool, err error) {
	// The library's calls know no context; closing the connection ends them.
	stop := context.AfterFunc(ctx, func() { c.raw.Close() })
	refused, began, err = c.hand(envelope, raw)
	alive := stop() && (err == nil || isAnswer(err))
	switch {
	case alive:
		c.open = err != nil || !began
		s.giveBack(c)
	case err != nil && ctx.Err() != nil:
		err = ctx.Err()
	}
	if !alive {
		c.raw.Close()
	}
	return refused, began, err
}

// hand gives one mail to the server.
func (c *conn) hand(envelope domain.MailEnvelope, raw []byte) (refused map[string]*domain.SendFault, began bool, err error) {
	options := &smtp.MailOptions{UTF8: !isASCII(envelope.From) || !allASCII(envelope.To)}
	if international, _ := c.Extension("SMTPUTF8"); options.UTF8 && !international {
		return nil, false, errNoUTF8
	}
	if err := c.Mail(envelope.From, options); err != nil {
		return nil, false, err
	}
	refused = map[string]*domain.SendFault{}
	for _, to := range envelope.To {
		if err := c.Rcpt(to, nil); err != nil {
			if !isAnswer(err) {
				return nil, false, err
			}
			refused[to] = faultOf(err)
		}
	}
	if len(refused) == len(unique(envelope.To)) {
		return refused, false, nil // each for its own reason: no fault of the mail as a whole
	}
	w, err := c.Data()
	if err != nil {
		return nil, false, err
	}
	c.sent++
	if _, err := bytes.NewReader(raw).WriteTo(w); err != nil {
		return nil, true, err
	}
	return refused, true, w.Close()
}

func unique(list []string) map[string]bool {
	out := map[string]bool{}
	for _, a := range list {
		out[a] = true
	}
	return out
}

// take gives a connection: one that is idle, or a new one.
func (s *Sender) take(ctx context.Context) (*conn, error) {
	for {
		c := s.pop()
		if c == nil {
			return s.connect(ctx)
		}
		if time.Since(c.since) > s.IdleTime || c.sent >= s.MailsPerConnection {
			go quit(c)
			continue
		}
		if !c.open {
			return c, nil
		}
		stop := context.AfterFunc(ctx, func() { c.raw.Close() })
		err := c.Reset() // what was begun with it came to nothing
		if stop() && err == nil {
			c.open = false
			return c, nil
		}
		c.raw.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

func (s *Sender) pop() *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.idle)
	if n == 0 {
		return nil
	}
	c := s.idle[n-1]
	s.idle = s.idle[:n-1]
	return c
}

// giveBack keeps a connection for the next mail.
func (s *Sender) giveBack(c *conn) {
	c.since = time.Now()
	s.mu.Lock()
	keep := !s.closed
	if keep {
		s.idle = append(s.idle, c)
	}
	s.mu.Unlock()
	if !keep {
		quit(c)
	}
}

func quit(c *conn) {
	if err := c.Quit(); err != nil {
		c.raw.Close()
	}
}

// Close closes the idle connections; those in use are closed after their mail.
func (s *Sender) Close() error {
	s.mu.Lock()
	idle := s.idle
	s.idle, s.closed = nil, true
	s.mu.Unlock()
	for _, c := range idle {
		quit(c)
	}
	return nil
}

// connect dials, protects the connection as configured, and logs in.
func (s *Sender) connect(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.ConnectTimeout)
	defer cancel()
	raw, err := (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext(ctx, "tcp", s.Address())
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	c, err := s.greet(ctx, raw)
	if err == nil && s.User != "" {
		err = s.login(c)
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		raw.Close()
		return nil, err
	}
	c.SubmissionTimeout = s.AnswerTimeout
	return &conn{Client: c, raw: raw, since: time.Now()}, nil
}

func (s *Sender) greet(ctx context.Context, raw net.Conn) (*smtp.Client, error) {
	config := s.tlsConfig()
	var c *smtp.Client
	switch s.Security {
	case domain.SecurityTLS:
		secure := tls.Client(raw, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		c = smtp.NewClient(secure)
	case domain.SecurityStartTLS:
		var err error
		if c, err = smtp.NewClientStartTLS(raw, config); err != nil {
			return nil, err
		}
	default:
		c = smtp.NewClient(raw)
	}
	c.CommandTimeout = s.AnswerTimeout
	return c, c.Hello(s.Hello)
}

func (s *Sender) tlsConfig() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		c = s.TLS.Clone()
	}
	if c.ServerName == "" {
		c.ServerName = s.Host
	}
	return c
}

func (s *Sender) login(c *smtp.Client) error {
	if c.SupportsAuth(sasl.Plain) || !c.SupportsAuth(sasl.Login) {
		return c.Auth(sasl.NewPlainClient("", s.User, s.Password))
	}
	return c.Auth(sasl.NewLoginClient(s.User, s.Password))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] > 0x7f {
			return false
		}
	}
	return true
}

func allASCII(list []string) bool {
	for _, s := range list {
		if !isASCII(s) {
			return false
		}
	}
	return true
}
