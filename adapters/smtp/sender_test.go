package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"sori/domain"
)

// sink is a mail server in this process that answers by the local part: "550" is refused for ever, "451" for now, "data552" when the mail is there,
// "hang" never, "drop" by closing the connection.
type sink struct {
	mu          sync.Mutex
	mails       []sunk
	connections atomic.Int32
	auth        bool
	server      *smtp.Server
	addr        string
}

type sunk struct {
	from string
	to   []string
	raw  string
}

func newSink(t *testing.T, configure ...func(*sink, *smtp.Server)) *sink {
	t.Helper()
	s := &sink{}
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &sunkSession{sink: s, conn: c, ok: !s.auth}, nil
	}))
	s.server.Domain, s.server.ErrorLog, s.server.AllowInsecureAuth, s.server.EnableSMTPUTF8 = "sink.test", log.New(io.Discard, "", 0), true, true
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	for _, c := range configure {
		c(s, s.server)
	}
	if s.server.TLSConfig != nil && s.server.Addr == "implied" {
		l = tls.NewListener(l, s.server.TLSConfig)
		s.server.TLSConfig = nil
	}
	go s.server.Serve(countingListener{l, &s.connections})
	t.Cleanup(func() { s.server.Close() })
	return s
}

type countingListener struct {
	net.Listener
	n *atomic.Int32
}

func (l countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.n.Add(1)
	}
	return c, err
}

func (s *sink) got() []sunk {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]sunk(nil), s.mails...)
}

func (s *sink) config() Config {
	host, port, _ := net.SplitHostPort(s.addr)
	return Config{Host: host, Port: port, Security: domain.SecurityNone, Hello: "sori.test"}
}

type sunkSession struct {
	*sink
	conn *smtp.Conn
	ok   bool
	mail sunk
}

func (s *sunkSession) Reset()                   { s.mail = sunk{} }
func (s *sunkSession) Logout() error            { return nil }
func (s *sunkSession) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *sunkSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "voc" || password != "secret" {
			return smtp.ErrAuthFailed
		}
		s.ok = true
		return nil
	}), nil
}

func (s *sunkSession) Mail(from string, _ *smtp.MailOptions) error {
	if !s.ok {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Log in first"}
	}
	s.mail = sunk{from: from}
	return nil
}

func (s *sunkSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch local, _, _ := strings.Cut(to, "@"); local {
	case "550":
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + ">: no such user"}
	case "451":
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Greylisted"}
	}
	s.mail.to = append(s.mail.to, to)
	return nil
}

func (s *sunkSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	switch local, _, _ := strings.Cut(s.mail.to[0], "@"); local {
	case "data552":
		return &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 3, 4}, Message: "Too large"}
	case "hang":
		time.Sleep(3 * time.Second)
	case "drop":
		s.conn.Conn().Close()
		return errors.New("dropped")
	}
	s.mail.raw = string(raw)
	s.mu.Lock()
	s.mails = append(s.mails, s.mail)
	s.mu.Unlock()
	return nil
}

const letter = "From: voc@shop.test\r\nSubject: x\r\n\r\n.a line with a dot\r\n"

func to(list ...string) domain.MailEnvelope {
	e := domain.MailEnvelope{From: "voc+token@shop.test"}
	for _, a := range list {
		e.To = append(e.To, a+"@example.com")
	}
	return e
}

func TestAnswersAreTold(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		to      []string
		got     []string // recipients of the mail that arrived
		refused map[string]domain.SendFault
		fault   *domain.SendFault
	}{
		"taken": {to: []string{"kim", "lee"}, got: []string{"kim", "lee"}},
		"one refused": {
			to: []string{"kim", "550"}, got: []string{"kim"},
			refused: map[string]domain.SendFault{"550": {Code: 550, Status: "5.1.1", Diagnostic: "<550@example.com>: no such user", Permanent: true}},
		},
		"all refused": {
			to: []string{"550", "451"},
			refused: map[string]domain.SendFault{
				"550": {Code: 550, Status: "5.1.1", Diagnostic: "<550@example.com>: no such user", Permanent: true}, "451": {Code: 451, Status: "4.7.1", Diagnostic: "Greylisted"},
			},
		},
		"refused when it is there": {to: []string{"data552"}, fault: &domain.SendFault{Code: 552, Status: "5.3.4", Diagnostic: "Too large", Permanent: true}},
		"an international address": {to: []string{"김"}, got: []string{"김"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			sender := New(s.config())
			defer sender.Close()
			refused, err := sender.Send(t.Context(), to(tc.to...), []byte(letter))
			var fault *domain.SendFault
			if errors.As(err, &fault); (tc.fault == nil) != (fault == nil) || tc.fault != nil && *fault != *tc.fault {
				t.Errorf("fault %+v, want %+v", fault, tc.fault)
			}
			if len(refused) != len(tc.refused) {
				t.Errorf("refused %v, want %v", refused, tc.refused)
			}
			for a, want := range tc.refused {
				if got := refused[a+"@example.com"]; got == nil || *got != want {
					t.Errorf("%s refused by %+v, want %+v", a, got, want)
				}
			}
			var arrived []string
			for _, m := range s.got() {
				if m.from != "voc+token@shop.test" || m.raw != letter {
					t.Errorf("arrived %+v", m)
				}
				arrived = append(arrived, m.to...)
			}
			if got, want := strings.Join(arrived, " "), strings.Join(to(tc.got...).To, " "); got != want {
				t.Errorf("arrived at %q, want %q", got, want)
			}
			// The connection, or another one, is good for the next mail.
			if _, err := sender.Send(t.Context(), to("kim"), []byte(letter)); err != nil {
				t.Errorf("the next mail: %v", err)
			}
		})
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	c := s.config()
	c.Connections, c.MailsPerConnection = 4, 30
	sender := New(c)
	defer sender.Close()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 10 {
				if _, err := sender.Send(t.Context(), to("kim"), []byte(letter)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(s.got()); n != 200 {
		t.Errorf("%d mails arrived, want 200", n)
	}
	if n := s.connections.Load(); n < 4 || n > 12 {
		t.Errorf("%d connections for 200 mails, 30 a connection and 4 at once", n)
	}
}

// TestClosedConnectionCostsNothing holds that a mail is sent over a new connection when the server has closed the idle one.
func TestClosedConnectionCostsNothing(t *testing.T) {
	t.Parallel()
	s := newSink(t, func(_ *sink, srv *smtp.Server) { srv.ReadTimeout = 50 * time.Millisecond })
	sender := New(s.config())
	defer sender.Close()
	for range 3 {
		if _, err := sender.Send(t.Context(), to("kim"), []byte(letter)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(150 * time.Millisecond)
	}
	if n := len(s.got()); n != 3 {
		t.Errorf("%d mails arrived, want 3", n)
	}
}

func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	c := s.config()
	for name, send := range map[string]func(context.Context) error{
		"a server that closes at the end": func(ctx context.Context) error {
			_, err := New(c).Send(ctx, to("drop"), []byte(letter))
			return err
		},
		"a server that does not answer": func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
			defer cancel()
			_, err := New(c).Send(ctx, to("hang"), []byte(letter))
			return err
		},
		"nobody there": func(ctx context.Context) error {
			_, err := New(Config{Host: "127.0.0.1", Port: "1", Security: domain.SecurityNone}).Send(ctx, to("kim"), []byte(letter))
			return err
		},
		"a wrong password": func(ctx context.Context) error {
			locked := newSink(t, func(s *sink, _ *smtp.Server) { s.auth = true })
			c := locked.config()
			c.User, c.Password = "voc", "guess"
			_, err := New(c).Send(ctx, to("kim"), []byte(letter))
			return err
		},
		"no password": func(ctx context.Context) error {
			locked := newSink(t, func(s *sink, _ *smtp.Server) { s.auth = true })
			_, err := New(locked.config()).Send(ctx, to("kim"), []byte(letter))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			err := send(t.Context())
			var fault *domain.SendFault
			if !errors.As(err, &fault) || !fault.Temporary() {
				t.Errorf("got %v, want a fault that may pass", err)
			}
			if d := time.Since(start); d > 2*time.Second {
				t.Errorf("it took %s", d)
			}
		})
	}
}

func TestProtectedConnections(t *testing.T) {
	t.Parallel()
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	own := &tls.Config{Certificates: web.TLS.Certificates}
	trust := &tls.Config{RootCAs: web.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"}
	for name, tc := range map[string]struct {
		security domain.MailSecurity
		server   func(*sink, *smtp.Server)
		tls      *tls.Config
		ok       bool
	}{
		"tls":                       {domain.SecurityTLS, func(s *sink, srv *smtp.Server) { s.auth = true; srv.TLSConfig, srv.Addr = own, "implied" }, trust, true},
		"starttls":                  {domain.SecurityStartTLS, func(s *sink, srv *smtp.Server) { s.auth = true; srv.TLSConfig = own }, trust, true},
		"starttls it has not":       {domain.SecurityStartTLS, func(s *sink, _ *smtp.Server) { s.auth = true }, trust, false},
		"a certificate of nobody's": {domain.SecurityStartTLS, func(s *sink, srv *smtp.Server) { s.auth = true; srv.TLSConfig = own }, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t, tc.server)
			c := s.config()
			c.Security, c.TLS, c.User, c.Password = tc.security, tc.tls, "voc", "secret"
			sender := New(c)
			defer sender.Close()
			_, err := sender.Send(t.Context(), to("kim"), []byte(letter))
			if (err == nil) != tc.ok || len(s.got()) == 1 != tc.ok {
				t.Errorf("got %v, %d mails", err, len(s.got()))
			}
		})
	}
}

func TestInternationalAddressNeedsTheServersHelp(t *testing.T) {
	t.Parallel()
	s := newSink(t, func(_ *sink, srv *smtp.Server) { srv.EnableSMTPUTF8 = false })
	sender := New(s.config())
	defer sender.Close()
	_, err := sender.Send(t.Context(), to("김"), []byte(letter))
	var fault *domain.SendFault
	if !errors.As(err, &fault) || fault.Temporary() || fault.Status != "5.6.7" {
		t.Errorf("got %v, want 5.6.7 for ever", err)
	}
	if _, err := sender.Send(t.Context(), to("kim"), []byte(letter)); err != nil {
		t.Errorf("the next mail: %v", err)
	}
}

func TestParseURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"smtps://mail.example.com":                           "tls mail.example.com:465 :",
		"smtp+starttls://voc:p%40ss@mail.example.com":        "starttls mail.example.com:587 voc:p@ss",
		"smtp+starttls://voc%40shop.test:x@[2001:db8::1]:26": "starttls [2001:db8::1]:26 voc@shop.test:x",
		"smtp://127.0.0.1:2525":                              "none 127.0.0.1:2525 :",
		"smtp://voc:x@localhost":                             "none localhost:25 voc:x",
		"smtp://voc:x@mail.example.com":                      "clear",
		"smtp://mail.example.com/path":                       "scheme://",
		"http://mail.example.com":                            "smtps://",
		"smtps://":                                           "scheme://",
		"smtps://voc:se cret@%zz":                            "not an address",
	} {
		c, err := ParseURL(address)
		got := fmt.Sprintf("%s %s %s:%s", c.Security, c.Address(), c.User, c.Password)
		if err != nil {
			got = err.Error()
			if strings.Contains(got, "cret") || !domain.IsCode(err, domain.Invalid) {
				t.Errorf("%s: %v", address, err)
			}
			if strings.Contains(got, want) {
				continue
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func BenchmarkSend(b *testing.B) {
	s := &sink{}
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &sunkSession{sink: s, conn: c, ok: true}, nil }))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s.addr = l.Addr().String()
	go s.server.Serve(l)
	defer s.server.Close()
	sender := New(s.config())
	defer sender.Close()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := sender.Send(b.Context(), to("kim"), []byte(letter)); err != nil {
				b.Error(err)
			}
		}
	})
}
