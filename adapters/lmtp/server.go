// Package lmtp takes mail from mail servers, by LMTP (RFC 2033) or SMTP (RFC 5321): the last hop of a mail. It relays nothing.
package lmtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"sori/domain"
)

// Receiver takes in what comes.
type Receiver interface {
	// AccountOfAddress gives the key of the account that an address belongs to. NotFound if it is nobody's.
	AccountOfAddress(ctx context.Context, address string) (string, error)
	// TakeMail stores a mail, or puts it in quarantine. An error means that neither was possible and that the sender must try again.
	TakeMail(ctx context.Context, account string, source domain.MailSource, raw []byte) (domain.MailOutcome, error)
}

// Config of a server. What is zero has a default.
type Config struct {
	Receiver      Receiver
	Log           *slog.Logger
	SMTP          bool        // SMTP instead of LMTP
	Domain        string      // what it calls itself; default localhost
	TLS           *tls.Config // offers STARTTLS
	Clock         domain.Clock
	MaxMail       int64         // bytes; default 50,000,000
	MaxRecipients int           // of one mail; default 100
	Parallel      int           // mails held in memory and taken in at once; default 16
	Connections   int           // at once; default 200
	Timeout       time.Duration // for a line or a piece of a mail; default 5 minutes (RFC 5321 §4.5.3.2)
}

// Server listens for mail.
type Server struct {
	Config
	inner *smtp.Server
	slots chan struct{} // one a mail that is held in memory
}

// New makes a server.
func New(c Config) *Server {
	if c.Domain == "" {
		c.Domain = "localhost"
	}
	if c.MaxMail == 0 {
		c.MaxMail = 50_000_000
	}
	if c.MaxRecipients == 0 {
		c.MaxRecipients = 100
	}
	if c.Parallel == 0 {
		c.Parallel = 16
	}
	if c.Connections == 0 {
		c.Connections = 200
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Minute
	}
	return &Server{Config: c, slots: make(chan struct{}, c.Parallel)}
}

// source names the way by which the server's mail comes.
func (s *Server) source() domain.MailSource {
	if s.SMTP {
		return domain.MailBySMTP
	}
	return domain.MailByLMTP
}

// Serve takes mail from a listener until ctx ends; then it lets mails that are being sent come to their end, for a while. The actor of ctx needs the
// scope intake:write. It closes the listener.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	s.inner = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return s.session(work, c), nil }))
	s.inner.LMTP = !s.SMTP
	s.inner.Domain = s.Domain
	s.inner.TLSConfig = s.TLS
	s.inner.MaxRecipients = s.MaxRecipients
	s.inner.MaxMessageBytes = s.MaxMail
	s.inner.ReadTimeout = s.Timeout
	s.inner.WriteTimeout = s.Timeout
	s.inner.EnableSMTPUTF8 = true
	s.inner.ErrorLog = serverLog{s.Log}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		s.shutdown()
	}()
	err := s.inner.Serve(limitListener(l, s.Connections))
	if ctx.Err() != nil {
		<-stopped
		return nil
	}
	return fmt.Errorf("%s listener: %w", s.source(), err)
}

// drainTime is how long mails may come to their end when the program stops. A sender that is cut off sends again.
const drainTime = 5 * time.Second

func (s *Server) shutdown() {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if err := s.inner.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		s.inner.Close()
	}
}

type serverLog struct{ log *slog.Logger }

func (l serverLog) Printf(format string, v ...any) {
	l.log.Debug("mail listener", "msg", fmt.Sprintf(format, v...))
}
func (l serverLog) Println(v ...any) { l.log.Debug("mail listener", "msg", fmt.Sprint(v...)) }

// limitListener leaves connections beyond n waiting.
func limitListener(l net.Listener, n int) net.Listener {
	return &limited{Listener: l, slots: make(chan struct{}, n), closed: make(chan struct{})}
}

type limited struct {
	net.Listener
	slots  chan struct{}
	once   sync.Once
	closed chan struct{}
}

func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &limitedConn{Conn: c, release: sync.OnceFunc(func() { <-l.slots })}, nil
}

func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type limitedConn struct {
	net.Conn
	release func()
}

func (c *limitedConn) Close() error {
	defer c.release()
	return c.Conn.Close()
}
