package imap

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"

	"sori/adapters/sqlitestore"
	"sori/adapters/vault"
	"sori/domain"
)

// server is an IMAP server in this process, with one user, that can go away and come back.
type server struct {
	t       *testing.T
	user    *imapmemserver.User
	backend *imapmemserver.Server
	caps    goimap.CapSet
	tls     *tls.Config
	implied bool // TLS from the first byte
	bearer  string
	addr    string
	running *imapserver.Server
}

func newServer(t *testing.T, configure ...func(*server)) *server {
	s := &server{t: t, user: imapmemserver.NewUser("voc", "secret"), backend: imapmemserver.New(), addr: "127.0.0.1:0"}
	s.caps = goimap.CapSet{goimap.CapIMAP4rev1: {}, goimap.CapMove: {}, goimap.CapUIDPlus: {}}
	for _, c := range configure {
		c(s)
	}
	s.backend.AddUser(s.user)
	s.create("INBOX", "Archive")
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *server) create(names ...string) {
	for _, name := range names {
		if err := s.user.Create(name, nil); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *server) start() {
	s.t.Helper()
	ln, err := net.Listen("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.addr = ln.Addr().String()
	options := &imapserver.Options{Caps: s.caps, TLSConfig: s.tls, InsecureAuth: s.tls == nil || s.implied, Logger: log.New(io.Discard, "", 0)}
	options.NewSession = func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
		if s.bearer != "" {
			return &bearerSession{user: s.user, token: s.bearer}, nil, nil
		}
		return s.backend.NewSession(), nil, nil
	}
	if s.implied {
		ln = tls.NewListener(ln, s.tls)
		options.TLSConfig = nil
	}
	s.running = imapserver.New(options)
	go s.running.Serve(ln)
}

func (s *server) stop() {
	if s.running != nil {
		s.running.Close()
		s.running = nil
	}
}

// bearerSession takes OAUTHBEARER only.
type bearerSession struct {
	*imapmemserver.UserSession
	user  *imapmemserver.User
	token string
}

func (b *bearerSession) Close() error {
	if b.UserSession == nil {
		return nil
	}
	return b.UserSession.Close()
}
func (b *bearerSession) Login(string, string) error       { return imapserver.ErrAuthFailed }
func (b *bearerSession) AuthenticateMechanisms() []string { return []string{sasl.OAuthBearer} }
func (b *bearerSession) Authenticate(string) (sasl.Server, error) {
	return sasl.NewOAuthBearerServer(func(o sasl.OAuthBearerOptions) *sasl.OAuthBearerError {
		if o.Username != "voc" || o.Token != b.token {
			return &sasl.OAuthBearerError{Status: "invalid_token"}
		}
		b.UserSession = imapmemserver.NewUserSession(b.user)
		return nil
	}), nil
}

func (s *server) put(folder string, mails ...string) {
	s.t.Helper()
	for _, m := range mails {
		if _, err := s.user.Append(folder, literal{bytes.NewReader([]byte(m))}, &goimap.AppendOptions{}); err != nil {
			s.t.Fatal(err)
		}
	}
}

type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return int64(l.Len()) }

// count gives how many mails a folder holds, and how many of them are not seen.
func (s *server) count(folder string) (all, unseen int) {
	s.t.Helper()
	d, err := s.user.Status(folder, &goimap.StatusOptions{NumMessages: true, NumUnseen: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return int(*d.NumMessages), int(*d.NumUnseen)
}

func letters(from, to int) []string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprintf("From: kim@shop.test\r\nMessage-ID: <%d@test>\r\nSubject: %d\r\n\r\n문의 %d\r\n", i, i, i))
	}
	return out
}

// desk stands in for the stage that takes mail in: it keeps each Message-ID once, and does what a test wants with some.
type desk struct {
	mu       sync.Mutex
	mails    map[string]int // Message-ID → how often it was handed over
	oversize map[string]int64
	fail     func(id string) error
	poison   string
	unread   []string
}

func newDesk() *desk { return &desk{mails: map[string]int{}, oversize: map[string]int64{}} }

func (d *desk) TakeMail(_ context.Context, account string, source domain.MailSource, raw []byte) (domain.MailOutcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil || account != "default" || source != domain.MailByIMAP {
		return domain.MailOutcome{}, errors.Join(errors.New("not what was sent"), err)
	}
	id := strings.Trim(m.Header.Get("Message-ID"), "<>")
	if d.fail != nil {
		if err := d.fail(id); err != nil {
			return domain.MailOutcome{}, err
		}
	}
	d.mails[id]++
	if id == d.poison {
		return domain.MailOutcome{QuarantineID: "qua_1"}, nil
	}
	return domain.MailOutcome{Duplicate: d.mails[id] > 1}, nil
}

func (d *desk) QuarantineOversize(_ context.Context, _ string, _ domain.MailSource, key string, head []byte, size int64) (domain.MailOutcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !bytes.HasPrefix(head, []byte("From: ")) {
		return domain.MailOutcome{}, errors.New("not the beginning of the mail")
	}
	d.oversize[key] = size
	return domain.MailOutcome{QuarantineID: "qua_2"}, nil
}

func (d *desk) QuarantineUnread(_ context.Context, _ string, _ domain.MailSource, raw []byte, _ string) (domain.MailOutcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unread = append(d.unread, string(raw))
	return domain.MailOutcome{QuarantineID: "qua_3"}, nil
}

func (d *desk) has() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.mails)
}

// setup is a store with a mailbox on the server.
type setup struct {
	*testing.T
	store   domain.Store
	mailbox *domain.Mailbox
	desk    *desk
	vault   *vault.Vault
}

func newSetup(t *testing.T, addr string, change ...func(*domain.Mailbox)) *setup {
	t.Helper()
	store, err := sqlitestore.Open(t.Context(), sqlitestore.Options{Specs: domain.Declared(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	box, err := vault.New("k1:"+strings.Repeat("A", 43)+"=", "i1:"+strings.Repeat("B", 42)+"A=")
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(addr)
	n, _ := strconv.Atoi(port)
	m := &domain.Mailbox{
		Account: "default", Host: host, Port: n, Security: domain.SecurityNone, User: "voc", Auth: domain.MailboxPassword,
		Folder: "INBOX", After: domain.AfterSeen, Active: true, CreatedAt: domain.SystemClock(), UpdatedAt: domain.SystemClock(),
	}
	s := &setup{T: t, store: store, mailbox: m, desk: newDesk(), vault: box}
	s.secret(domain.MailboxSecret{Password: "secret"})
	for _, c := range change {
		c(m)
	}
	m.SetPlace()
	s.write(func(tx domain.Tx) error { return domain.Mailboxes.Insert(t.Context(), tx, m) })
	return s
}

func (s *setup) secret(secret domain.MailboxSecret) {
	plain, err := json.Marshal(secret)
	if err == nil {
		s.mailbox.Secret, _, err = s.vault.SealBytes(plain)
	}
	if err != nil {
		s.Fatal(err)
	}
}

func (s *setup) write(fn func(domain.Tx) error) {
	s.Helper()
	if err := s.store.Write(s.Context(), fn); err != nil {
		s.Fatal(err)
	}
}

// fetch runs a fetcher until the test stops it.
func (s *setup) fetch(node string, configure ...func(*Config)) (stop func()) {
	c := Config{
		Store: s.store, Clock: domain.SystemClock, Vault: s.vault, Receiver: s.desk, Log: slog.New(slog.DiscardHandler), Node: node,
		Getenv: func(string) string { return "" }, Look: 20 * time.Millisecond, MinBackoff: 20 * time.Millisecond, MaxBackoff: 100 * time.Millisecond, Lease: 900 * time.Millisecond,
	}
	for _, f := range configure {
		f(&c)
	}
	ctx, cancel := context.WithCancel(domain.WithActor(context.Background(), domain.System("test")))
	done := make(chan struct{})
	go func() {
		defer close(done)
		New(c).Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	s.Cleanup(stop)
	return stop
}

func (s *setup) state() *domain.MailboxState {
	s.Helper()
	st, err := domain.MailboxStates.Get(s.Context(), s.store, domain.MailboxStateID(s.mailbox.ID))
	if domain.IsCode(err, domain.NotFound) {
		return &domain.MailboxState{}
	}
	if err != nil {
		s.Fatal(err)
	}
	return st
}

// eventually waits for something that the fetcher does by and by.
func (s *setup) eventually(what string, ok func() bool) {
	s.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.Fatalf("%s: does not happen; state %+v, %d mails", what, s.state(), s.desk.has())
		}
	}
}
