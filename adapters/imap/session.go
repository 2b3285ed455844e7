package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"sori/domain"
)

// session is one connection to a mailbox's server.
type session struct {
	*Fetcher
	mailbox *domain.Mailbox
	state   *domain.MailboxState
	client  *imapclient.Client
	news    chan struct{} // the server has said that the folder changed
	log     *slog.Logger
	rounds  int           // that went through
	rest    time.Duration // how long to wait for news before looking all the same
}

// firstRest is how soon a folder is looked at again that has just had mail. A server may forget to tell of what came in the moment between the
// looking and the waiting (RFC 2177 leaves it no way to be asked), so the wait begins short and doubles while there is nothing.
const firstRest = 2 * time.Second

// errTimeout says that the server did not answer in time.
var errTimeout = errors.New("the IMAP server does not answer")

// run connects, fetches what there is, waits for more, and so on until ctx ends or something fails.
func (s *session) run(ctx context.Context) error {
	s.news = make(chan struct{}, 1)
	if err := s.connect(ctx); err != nil {
		return err
	}
	defer s.client.Close()
	defer context.AfterFunc(ctx, func() { s.client.Close() })()
	for {
		before := s.state.UID
		if err := s.round(ctx); err != nil {
			return err
		}
		s.rounds++
		s.rest *= 2
		if s.rest == 0 || s.state.UID != before {
			s.rest = firstRest
		}
		if err := s.wait(ctx); err != nil {
			return err
		}
	}
}

// connect dials, protects the connection as configured, and logs in.
func (s *session) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.Command, errTimeout)
	defer cancel()
	dialer := net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", s.mailbox.Address())
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	client, err := s.greet(ctx, conn)
	if err != nil {
		conn.Close()
		return s.orTimeout(ctx, err)
	}
	if err := s.login(ctx, client); err != nil {
		client.Close()
		return s.orTimeout(ctx, fmt.Errorf("log in: %w", err))
	}
	if !stop() {
		client.Close()
		return context.Cause(ctx)
	}
	s.client = client
	return nil
}

func (s *session) orTimeout(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// greet brings the protocol up over a connection.
func (s *session) greet(ctx context.Context, conn net.Conn) (*imapclient.Client, error) {
	options := &imapclient.Options{TLSConfig: s.tlsConfig(), UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages == nil {
				return
			}
			select {
			case s.news <- struct{}{}:
			default:
			}
		},
	}}
	switch s.mailbox.Security {
	case domain.SecurityStartTLS:
		return imapclient.NewStartTLS(conn, options)
	case domain.SecurityTLS:
		secure := tls.Client(conn, options.TLSConfig)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		conn = secure
	}
	client := imapclient.New(conn, options)
	if err := client.WaitGreeting(); err != nil {
		client.Close()
		return nil, err
	}
	return client, nil
}

func (s *session) tlsConfig() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		c = s.TLS.Clone()
	}
	if c.ServerName == "" {
		c.ServerName = s.mailbox.Host
	}
	return c
}

// watchdog bounds a command: a server that has gone silent would be waited for until the kernel notices.
type watchdog struct {
	timer *time.Timer
	limit time.Duration
}

func (s *session) watchdog() *watchdog {
	return &watchdog{time.AfterFunc(s.Command, func() { s.client.Close() }), s.Command}
}

// alive says that the server answers, though it is not done.
func (w *watchdog) alive() { w.timer.Reset(w.limit) }

func (w *watchdog) over() { w.timer.Stop() }

// wait waits until there may be something new: by IDLE (RFC 2177) where the server has it, by the clock where not.
func (s *session) wait(ctx context.Context) error {
	if !s.client.Caps().Has(goimap.CapIdle) && !s.client.Caps().Has(goimap.CapIMAP4rev2) {
		return s.sleep(ctx, min(s.rest, s.Poll))
	}
	begin := s.watchdog()
	idle, err := s.client.Idle()
	begin.over()
	if err != nil {
		return err
	}
	slept := s.sleep(ctx, min(s.rest, s.IdleRound))
	defer s.watchdog().over()
	if err := idle.Close(); err != nil {
		return err
	}
	return errors.Join(slept, idle.Wait())
}

// sleep answers an error if the connection or ctx ends before anything new can be.
func (s *session) sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-s.news:
		return nil
	case <-t.C:
		return nil
	case <-s.client.Closed():
		return errors.New("the IMAP server closed the connection")
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
