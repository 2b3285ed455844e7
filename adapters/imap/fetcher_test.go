package imap

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"sori/domain"
)

func TestFetchesEverythingAndMarksIt(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.put("INBOX", letters(0, 700)...)
	s := newSetup(t, srv.addr)
	s.fetch("a")
	s.eventually("all are taken in", func() bool { return s.state().Taken == 700 && s.state().FetchedAt != nil })
	if n := s.desk.has(); n != 700 {
		t.Errorf("%d mails were handed over, want 700", n)
	}
	if all, unseen := srv.count("INBOX"); all != 700 || unseen != 0 {
		t.Errorf("the folder has %d mails, %d unseen; want 700 and 0", all, unseen)
	}
	if st := s.state(); st.UID != 700 || st.UIDValidity == 0 || st.Duplicates != 0 {
		t.Errorf("state %+v", st)
	}
}

func TestIdleBringsNewMailAtOnce(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	s := newSetup(t, srv.addr)
	s.fetch("a", func(c *Config) { c.IdleRound, c.Poll = time.Hour, time.Hour })
	s.eventually("the mailbox is looked at", func() bool { return s.state().FetchedAt != nil })
	for i := range 5 {
		srv.put("INBOX", letters(i, i+1)...)
		s.eventually("the mail comes", func() bool { return s.state().UID == int64(i+1) })
	}
}

func TestMoves(t *testing.T) {
	t.Parallel()
	for name, caps := range map[string]goimap.CapSet{
		"by MOVE":             {goimap.CapIMAP4rev1: {}, goimap.CapMove: {}, goimap.CapUIDPlus: {}},
		"by copy and expunge": {goimap.CapIMAP4rev1: {}, goimap.CapUIDPlus: {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t, func(s *server) { s.caps = caps })
			srv.put("INBOX", letters(0, 300)...)
			s := newSetup(t, srv.addr, func(m *domain.Mailbox) { m.After, m.MoveTo = domain.AfterMove, "Archive" })
			s.fetch("a")
			s.eventually("all are moved", func() bool { n, _ := srv.count("Archive"); return n == 300 && s.state().UID == 300 })
			srv.put("INBOX", letters(300, 310)...)
			s.eventually("so are the next", func() bool { n, _ := srv.count("Archive"); return n == 310 && s.state().UID == 310 })
			if left, _ := srv.count("INBOX"); left != 0 || s.desk.has() != 310 {
				t.Errorf("%d mails are left, %d were handed over", left, s.desk.has())
			}
		})
	}
}

func TestMissingFolderStopsNothing(t *testing.T) {
	t.Parallel()
	srv := newServer(t, func(s *server) { s.caps = goimap.CapSet{goimap.CapIMAP4rev1: {}} })
	srv.put("INBOX", letters(0, 10)...)
	s := newSetup(t, srv.addr, func(m *domain.Mailbox) { m.After, m.MoveTo = domain.AfterMove, "Nowhere" })
	s.fetch("a")
	s.eventually("all are taken in", func() bool { return s.state().UID == 10 })
	if all, _ := srv.count("INBOX"); all != 10 {
		t.Errorf("%d mails are left in the folder, want all 10: they were not copied", all)
	}
}

func TestPoisonStopsNothing(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.put("INBOX", letters(0, 50)...)
	s := newSetup(t, srv.addr)
	s.desk.poison = "17@test"
	s.fetch("a")
	s.eventually("all are taken in", func() bool { return s.state().UID == 50 })
	if st := s.state(); st.Quarantined != 1 || st.Taken != 50 || s.desk.has() != 50 {
		t.Errorf("state %+v", st)
	}
}

// TestAMailThatKillsIsNotFetchedForEver: the state is what processes leave that died over the seventeenth mail.
func TestAMailThatKillsIsNotFetchedForEver(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.put("INBOX", letters(0, 50)...)
	s := newSetup(t, srv.addr)
	if _, err := domain.LeaseMailbox(t.Context(), s.store, s.mailbox.ID, "dead", domain.SystemClock(), 0); err != nil {
		t.Fatal(err)
	}
	folder, err := srv.user.Status("INBOX", &goimap.StatusOptions{UIDValidity: true})
	if err != nil {
		t.Fatal(err)
	}
	s.write(func(tx domain.Tx) error {
		_, err := domain.MailboxStates.Update(t.Context(), tx, domain.MailboxStateID(s.mailbox.ID), func(st *domain.MailboxState) error {
			st.UIDValidity, st.UID = int64(folder.UIDValidity), 10
			st.Trying, st.Tries, st.Suspect, st.Deaths = 11, boldTries+2, 17, 1
			st.Aside = []int64{13}
			return nil
		})
		return err
	})
	s.fetch("a", func(c *Config) { c.BatchMails = 10 })
	s.eventually("all are taken in", func() bool { return s.state().UID == 50 })
	st := s.state()
	if len(s.desk.unread) != 1 || !strings.Contains(s.desk.unread[0], "<16@test>") || s.desk.mails["16@test"]+s.desk.mails["12@test"] != 0 {
		t.Errorf("put aside unread: %q", s.desk.unread)
	}
	if st.Quarantined < 1 || st.Trying != 0 || st.Tries != 0 || st.Suspect != 0 || st.Deaths != 0 || st.Aside != nil || s.desk.has() != 38 {
		t.Errorf("%d mails, state %+v", s.desk.has(), st)
	}
}

func TestStoreOutageLosesNothing(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.put("INBOX", letters(0, 300)...)
	s := newSetup(t, srv.addr)
	var refusals atomic.Int32
	s.desk.fail = func(id string) error {
		if id == "150@test" && refusals.Add(1) < 5 {
			return domain.Errorf(domain.Unavailable, "the store does not answer")
		}
		return nil
	}
	s.fetch("a")
	s.eventually("it shows", func() bool { return s.state().Failing || s.state().UID == 300 })
	s.eventually("all are taken in", func() bool { return s.state().UID == 300 && !s.state().Failing })
	if st := s.state(); st.Quarantined != 0 || st.Tries != 0 || len(s.desk.unread) != 0 {
		t.Errorf("an outage of the store is held against a mail: %+v", st)
	}
	if n := s.desk.has(); n != 300 || refusals.Load() < 5 {
		t.Errorf("%d mails were handed over after %d refusals", n, refusals.Load())
	}
	var verbs []string
	events, err := domain.Events.Find(t.Context(), s.store, domain.Query{Index: "subject", Equal: []any{s.mailbox.ID}})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		verbs = append(verbs, e.Type)
	}
	if got := strings.Join(verbs, " "); got != domain.EventMailboxFailed+" "+domain.EventMailboxRecovered {
		t.Errorf("events %q, want one failure and one recovery", got)
	}
}

func TestServerOutageIsWaitedFor(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.put("INBOX", letters(0, 20)...)
	s := newSetup(t, srv.addr)
	s.fetch("a")
	s.eventually("the first are taken in", func() bool { return s.state().UID == 20 })
	srv.stop()
	s.eventually("it shows", func() bool { return s.state().Failing })
	srv.put("INBOX", letters(20, 60)...)
	srv.start()
	s.eventually("the rest is taken in", func() bool { return s.state().UID == 60 && !s.state().Failing })
	if st := s.state(); st.Taken != 60 || st.Duplicates != 0 {
		t.Errorf("state %+v", st)
	}
}

func TestOtherUIDValidityFetchesAnew(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.put("INBOX", letters(0, 40)...)
	s := newSetup(t, srv.addr)
	stop := s.fetch("a")
	s.eventually("the first are taken in", func() bool { return s.state().UID == 40 })
	stop()
	before := s.state().UIDValidity
	if err := srv.user.Delete("INBOX"); err != nil {
		t.Fatal(err)
	}
	srv.create("INBOX")
	srv.put("INBOX", letters(10, 70)...)
	s.fetch("a")
	s.eventually("the new folder is fetched", func() bool { return s.state().UID == 60 && s.state().UIDValidity != before })
	if st := s.state(); s.desk.has() != 70 || st.Duplicates != 30 || st.Taken != 100 {
		t.Errorf("%d mails; state %+v; want 70 mails, 30 of them twice", s.desk.has(), st)
	}
}

func TestOneNodeAtATime(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.put("INBOX", letters(0, 30)...)
	s := newSetup(t, srv.addr)
	stopA := s.fetch("a")
	s.eventually("a has it", func() bool { return s.state().UID == 30 })
	s.fetch("b")
	srv.put("INBOX", letters(30, 60)...)
	s.eventually("a goes on", func() bool { return s.state().UID == 60 })
	if st := s.state(); st.Node != "a" || st.Duplicates != 0 {
		t.Errorf("state %+v, want a alone", st)
	}
	stopA()
	srv.put("INBOX", letters(60, 90)...)
	s.eventually("b takes over", func() bool { return s.state().UID == 90 && s.state().Node == "b" })
	if st := s.state(); st.Duplicates != 0 || s.desk.has() != 90 {
		t.Errorf("state %+v", st)
	}
}

func TestDeadNodesMailboxIsTakenOver(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.put("INBOX", letters(0, 5)...)
	s := newSetup(t, srv.addr)
	if _, err := domain.LeaseMailbox(t.Context(), s.store, s.mailbox.ID, "dead", domain.SystemClock(), 700*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	s.fetch("b")
	s.eventually("b takes over", func() bool { return s.state().UID == 5 && s.state().Node == "b" })
}

func TestOversizeMailIsSetAside(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	big := "From: kim@shop.test\r\nMessage-ID: <big@test>\r\n\r\n" + strings.Repeat("x", 200_000) + "\r\n"
	srv.put("INBOX", letters(0, 3)...)
	srv.put("INBOX", big)
	srv.put("INBOX", letters(3, 6)...)
	s := newSetup(t, srv.addr)
	s.fetch("a", func(c *Config) { c.MaxMail, c.BatchBytes = 100_000, 50_000 })
	s.eventually("the others are taken in", func() bool { return s.state().UID == 7 })
	if _, unseen := srv.count("INBOX"); unseen != 1 || s.desk.has() != 6 || s.state().Quarantined != 1 {
		t.Errorf("%d unseen, %d mails; state %+v; want the large mail set aside and left as it was", unseen, s.desk.has(), s.state())
	}
	want := fmt.Sprintf("%s|%d|4", s.mailbox.ID, s.state().UIDValidity)
	if s.desk.oversize[want] != int64(len(big)) {
		t.Errorf("set aside: %v, want %s of %d bytes", s.desk.oversize, want, len(big))
	}
}

func TestEditedMailboxStartsAnew(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	srv.put("Archive", letters(0, 4)...)
	s := newSetup(t, srv.addr, func(m *domain.Mailbox) { m.Folder = "Nowhere" })
	s.fetch("a")
	s.eventually("the missing folder shows", func() bool { return s.state().Failing })
	s.write(func(tx domain.Tx) error {
		_, err := domain.Mailboxes.Update(t.Context(), tx, s.mailbox.ID, func(m *domain.Mailbox) error { m.Folder = "Archive"; return nil })
		return err
	})
	s.eventually("the other folder is fetched", func() bool { return s.state().UID == 4 && !s.state().Failing })
}

func TestConnections(t *testing.T) {
	t.Parallel()
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.Form.Get("refresh_token") != "refresh" {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{"access_token": "fresh", "token_type": "Bearer", "expires_in": 3600})
	}))
	t.Cleanup(web.Close)
	serverTLS := &tls.Config{Certificates: web.TLS.Certificates}
	trust := &tls.Config{RootCAs: web.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"}
	plainWeb := httptest.NewServer(web.Config.Handler)
	t.Cleanup(plainWeb.Close)
	for name, tc := range map[string]struct {
		server  func(*server)
		mailbox func(*setup)
		config  func(*Config)
		fails   string
	}{
		"starttls": {
			server:  func(s *server) { s.tls = serverTLS },
			mailbox: func(s *setup) { s.mailbox.Security = domain.SecurityStartTLS },
			config:  func(c *Config) { c.TLS = trust },
		},
		"tls": {
			server:  func(s *server) { s.tls, s.implied = serverTLS, true },
			mailbox: func(s *setup) { s.mailbox.Security = domain.SecurityTLS },
			config:  func(c *Config) { c.TLS = trust },
		},
		"a certificate nobody trusts": {
			server:  func(s *server) { s.tls, s.implied = serverTLS, true },
			mailbox: func(s *setup) { s.mailbox.Security = domain.SecurityTLS },
			fails:   "certificate",
		},
		"starttls that the server has not": {
			mailbox: func(s *setup) { s.mailbox.Security = domain.SecurityStartTLS },
			fails:   "STARTTLS",
		},
		"a wrong password": {
			mailbox: func(s *setup) { s.secret(domain.MailboxSecret{Password: "guess"}) },
			fails:   "log in",
		},
		"a password from the environment": {
			mailbox: func(s *setup) { s.mailbox.Secret, s.mailbox.SecretEnv = nil, "SORI_MAILBOX_VOC" },
			config: func(c *Config) {
				c.Getenv = func(n string) string { return map[string]string{"SORI_MAILBOX_VOC": "secret"}[n] }
			},
		},
		"a bearer token": {
			server: func(s *server) { s.bearer = "given" },
			mailbox: func(s *setup) {
				s.mailbox.Auth = domain.MailboxOAuth2
				s.secret(domain.MailboxSecret{Password: "given"})
			},
		},
		"a refresh token": {
			server: func(s *server) { s.bearer = "fresh" },
			mailbox: func(s *setup) {
				s.mailbox.Auth, s.mailbox.TokenURL, s.mailbox.ClientID = domain.MailboxOAuth2, plainWeb.URL, "sori"
				s.secret(domain.MailboxSecret{RefreshToken: "refresh"})
			},
		},
		"a stale bearer token": {
			server: func(s *server) { s.bearer = "fresh" },
			mailbox: func(s *setup) {
				s.mailbox.Auth = domain.MailboxOAuth2
				s.secret(domain.MailboxSecret{Password: "stale"})
			},
			fails: "log in",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			configure := tc.server
			if configure == nil {
				configure = func(*server) {}
			}
			srv := newServer(t, configure)
			srv.put("INBOX", letters(0, 3)...)
			s := newSetup(t, srv.addr)
			tc.mailbox(s)
			s.write(func(tx domain.Tx) error { return domain.Mailboxes.Replace(t.Context(), tx, s.mailbox) })
			if tc.config == nil {
				tc.config = func(*Config) {}
			}
			s.fetch("a", tc.config)
			if tc.fails == "" {
				s.eventually("the mails come", func() bool { return s.state().UID == 3 })
				return
			}
			s.eventually("it fails", func() bool { return s.state().Failing })
			if st := s.state(); !strings.Contains(st.LastError, tc.fails) || s.desk.has() != 0 {
				t.Errorf("failed with %q, %d mails; want %q and none", st.LastError, s.desk.has(), tc.fails)
			}
		})
	}
}

// TestRefreshTokensAreTakenOnce: a token server that takes each refresh token once gives the next with every access token.
func TestRefreshTokensAreTakenOnce(t *testing.T) {
	t.Parallel()
	var given atomic.Int32
	var next atomic.Value
	next.Store("first")
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("grant_type") != "refresh_token" || r.FormValue("refresh_token") != next.Load() {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		next.Store(fmt.Sprintf("number-%d", given.Add(1)))
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"fresh","token_type":"Bearer","expires_in":60,"refresh_token":%q}`, next.Load())
	}))
	defer web.Close()
	srv := newServer(t, func(s *server) { s.bearer = "fresh" })
	s := newSetup(t, srv.addr)
	s.mailbox.Auth, s.mailbox.TokenURL, s.mailbox.ClientID = domain.MailboxOAuth2, web.URL, "sori"
	s.secret(domain.MailboxSecret{RefreshToken: "first"})
	s.write(func(tx domain.Tx) error { return domain.Mailboxes.Replace(t.Context(), tx, s.mailbox) })
	for i := range 3 {
		srv.put("INBOX", letters(i, i+1)...)
		stop := s.fetch("a")
		s.eventually("the mail comes", func() bool { return s.state().UID == int64(i+1) })
		stop()
	}
	if st := s.state(); given.Load() != 3 || st.Failing || bytes.Contains(st.Refresh, []byte("number-")) {
		t.Errorf("%d connections, state %+v", given.Load(), st)
	}
	// A secret that is set anew counts before what came of the one before.
	next.Store("set anew")
	s.secret(domain.MailboxSecret{RefreshToken: "set anew"})
	s.write(func(tx domain.Tx) error { return domain.Mailboxes.Replace(t.Context(), tx, s.mailbox) })
	srv.put("INBOX", letters(3, 4)...)
	s.fetch("a")
	s.eventually("the mail comes", func() bool { return s.state().UID == 4 })
}

// TestSilentServer holds that a server which takes connections and says nothing costs its mailbox a timeout and no more.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	silent := httptest.NewUnstartedServer(nil) // only its listener is wanted
	defer silent.Listener.Close()
	s := newSetup(t, silent.Listener.Addr().String())
	s.fetch("a", func(c *Config) { c.Command = 100 * time.Millisecond })
	s.eventually("it fails", func() bool { return s.state().Failing })
	if got := s.state().LastError; got != errTimeout.Error() {
		t.Errorf("failed with %q, want %q", got, errTimeout)
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	s := &session{Fetcher: New(Config{BatchMails: 3, BatchBytes: 100, MaxMail: 200})}
	sizes := []int64{10, 10, 10, 10, 95, 1, 300, 5, 150, 5, 5}
	var mails []listed
	for i, n := range sizes {
		mails = append(mails, listed{int64(i), n})
	}
	var got []string
	for _, g := range s.groups(mails) {
		var one []string
		for _, m := range g {
			one = append(one, fmt.Sprint(m.size))
		}
		got = append(got, strings.Join(one, "+"))
	}
	if want := "10+10+10 10 95+1 300 5 150 5+5"; strings.Join(got, " ") != want {
		t.Errorf("groups %v, want %s", got, want)
	}
}

func TestLeaseOfAnother(t *testing.T) {
	t.Parallel()
	s := newSetup(t, "127.0.0.1:1")
	now := domain.SystemClock()
	for _, step := range []struct {
		node string
		at   time.Time
		ok   bool
	}{{"a", now, true}, {"b", now.Add(time.Second), false}, {"a", now.Add(5 * time.Second), true}, {"b", now.Add(12 * time.Second), false}, {"b", now.Add(16 * time.Second), true}, {"a", now.Add(17 * time.Second), false}} {
		_, err := domain.LeaseMailbox(t.Context(), s.store, s.mailbox.ID, step.node, step.at, 10*time.Second)
		if (err == nil) != step.ok || err != nil && !domain.IsCode(err, domain.Conflict) {
			t.Errorf("%s at %s: %v", step.node, step.at.Sub(now), err)
		}
	}
	_, err := domain.UpdateMailboxState(t.Context(), s.store, s.mailbox.ID, "a", func(st *domain.MailboxState) { st.UID = 99 })
	if !domain.IsCode(err, domain.Conflict) || s.state().UID == 99 {
		t.Errorf("a moved the cursor of b: %v", err)
	}
}
