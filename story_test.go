package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"sori/adapters/mongostore"
	"sori/adapters/sqlitestore"
	"sori/domain"
	"sori/domain/intake"
	"sori/domain/org"
)

// Stories are the use cases told on a whole program over a real store: the embedded one always, MongoDB where SORI_TEST_MONGO_URI says so.

// teller is a program with a clock that the story sets.
type teller struct {
	*testing.T
	*program
	ctx context.Context
	mu  sync.Mutex
	now time.Time
}

var testSecrets = Config{
	JWTSecret: strings.Repeat("s", 32), SealKeys: "k1:" + strings.Repeat("A", 43) + "=", IndexKeys: "i1:" + strings.Repeat("B", 42) + "A=", Region: "KR",
	MaxBody: 25_000_000, MaxMail: 50_000_000, DrainTime: time.Second,
	Webhook: webhookConfig{Private: "127.0.0.1/32"},
}

// eachEngine tells a story on every engine there is.
func eachEngine(t *testing.T, story func(*teller)) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		store, err := sqlitestore.Open(t.Context(), sqlitestore.Options{Specs: domain.Declared(), Logger: log})
		if err != nil {
			t.Fatal(err)
		}
		tell(t, store, story)
	})
	uri := os.Getenv("SORI_TEST_MONGO_URI")
	if uri == "" {
		return
	}
	t.Run("mongo", func(t *testing.T) {
		name := fmt.Sprintf("sori_story_%d", time.Now().UnixNano())
		store, err := mongostore.Open(t.Context(), mongostore.Options{URI: uri, Database: name, Specs: domain.Declared(), Logger: log})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := dropDatabase(uri, name); err != nil {
				t.Error(err)
			}
		})
		tell(t, store, story)
	})
}

func dropDatabase(uri, name string) error {
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		return err
	}
	ctx := context.Background()
	return errors.Join(client.Database(name).Drop(ctx), client.Disconnect(ctx))
}

func tell(t *testing.T, store domain.Store, story func(*teller)) {
	t.Cleanup(func() { store.Close() })
	s := &teller{T: t, now: domain.SystemClock()}
	p, err := wire(testSecrets, store, s.clock, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.program = p
	s.ctx = domain.WithActor(t.Context(), domain.System("story"))
	if err := p.seed(s.ctx); err != nil {
		t.Fatal(err)
	}
	story(s)
}

func (s *teller) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *teller) later(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func (s *teller) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *teller) wants(err error, code domain.Code) {
	s.Helper()
	if !domain.IsCode(err, code) {
		s.Fatalf("got %v, want an error of code %s", err, code)
	}
}

func (s *teller) eventually(what string, ok func() bool) {
	s.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	s.Errorf("never: %s", what)
}

// memo takes in a memo of someone.
func (s *teller) memo(from domain.Party, text string) intake.Result {
	s.Helper()
	r, err := s.intake.Receive(s.ctx, intake.Submission{Channel: domain.ChannelMemo, From: from, Subject: "문의", Text: text, Memo: &domain.MemoPart{Location: "lobby"}})
	s.must(err)
	return r
}

type letter struct{ from, to, subject, id, refs, body, headers string }

// mail takes in a mail.
func (s *teller) mail(l letter) intake.Result {
	s.Helper()
	if l.to == "" {
		l.to = "voc@shop.test"
	}
	raw := "From: " + l.from + "\r\nTo: " + l.to + "\r\nSubject: " + l.subject + "\r\nMessage-ID: <" + l.id + ">\r\n" + l.headers
	if l.refs != "" {
		raw += "References: " + l.refs + "\r\nIn-Reply-To: " + l.refs + "\r\n"
	}
	raw += "Date: " + s.clock().Format(time.RFC1123Z) + "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + l.body + "\r\n"
	r, err := s.intake.ReceiveMail(s.ctx, "", []byte(raw))
	s.must(err)
	return r
}

func (s *teller) inquiry(id string) *domain.Inquiry {
	s.Helper()
	q, err := s.desk.Get(s.ctx, id)
	s.must(err)
	return q
}

func (s *teller) customer(id string) *domain.Customer {
	s.Helper()
	c, err := s.contact.Get(s.ctx, id)
	s.must(err)
	return c
}

// events gives all events, in order.
func (s *teller) events() []*domain.Event {
	s.Helper()
	all, _ := s.after("")
	return all
}

// after gives the events after a cursor, in order, and the cursor after them. MongoDB numbers events just after their commit, so a marker is sent after them and waited for.
func (s *teller) after(cursor string) ([]*domain.Event, string) {
	s.Helper()
	marker := domain.NewID("mark")
	s.must(s.store.Write(s.ctx, func(tx domain.Tx) error {
		return domain.Emit(s.ctx, tx, domain.Event{Type: "test.marked", At: s.clock(), Subject: domain.Ref{Kind: "test", ID: marker}})
	}))
	var all []*domain.Event
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		page, err := s.live.Wait(s.ctx, cursor, 200, time.Second)
		s.must(err)
		for _, e := range page {
			if cursor = e.Cursor(); e.Subject.ID == marker {
				return all, cursor
			}
			all = append(all, e)
		}
	}
	s.Fatal("the feed does not go on")
	return nil, ""
}

// staff makes the agents that there are not yet.
func (s *teller) staff(keys ...string) {
	s.Helper()
	for _, key := range keys {
		_, err := s.org.CreateAgent(s.ctx, org.AgentDraft{Key: key, Name: key})
		if !domain.IsCode(err, domain.Duplicate) {
			s.must(err)
		}
	}
}

// queues makes the queues that there are not yet.
func (s *teller) queues(keys ...string) {
	s.Helper()
	for _, key := range keys {
		_, err := s.org.CreateQueue(s.ctx, org.QueueDraft{Key: key, Name: key})
		if !domain.IsCode(err, domain.Duplicate) {
			s.must(err)
		}
	}
}

func (s *teller) count(verb string) (n int) {
	s.Helper()
	for _, e := range s.events() {
		if e.Type == verb {
			n++
		}
	}
	return n
}
