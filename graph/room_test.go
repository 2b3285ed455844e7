package graph_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/idna"

	"sori/adapters/email"
	"sori/adapters/orgfile"
	"sori/adapters/phonenumber"
	"sori/adapters/sqlitestore"
	"sori/adapters/vault"
	hooks "sori/adapters/webhook"
	"sori/domain"
	"sori/domain/contact"
	"sori/domain/desk"
	"sori/domain/insight"
	"sori/domain/intake"
	"sori/domain/live"
	"sori/domain/org"
	"sori/domain/outbox"
	"sori/domain/routing"
	"sori/domain/survey"
	"sori/domain/triage"
	"sori/domain/webhook"
	"sori/graph"
)

// room is the door with all stages behind it, on a store of its own, served over HTTP.
type room struct {
	t       testing.TB
	url     string
	store   *countingStore
	org     *org.Service
	routing *routing.Service
	insight *insight.Service
	revoked sync.Map // bearer → struct{}
	log     *lockedBuffer
	// stopFeed ends all streams, as the server does when it stops.
	stopFeed func()
}

// countingStore counts the calls that read documents.
type countingStore struct {
	domain.Store
	loads, selects atomic.Int64
}

// brokenID makes the store panic, as a fault of ours would.
const brokenID = "cus_0000000000000000000000dead"

func (s *countingStore) Load(ctx context.Context, c *domain.Spec, id string, doc domain.Document) error {
	s.loads.Add(1)
	if id == brokenID {
		panic("secret of the store")
	}
	return s.Store.Load(ctx, c, id, doc)
}

func (s *countingStore) LoadMany(ctx context.Context, c *domain.Spec, ids []string, yield func(domain.Document) error) error {
	s.loads.Add(1)
	if slices.Contains(ids, brokenID) {
		panic("secret of the store")
	}
	return s.Store.LoadMany(ctx, c, ids, yield)
}

func (s *countingStore) Select(ctx context.Context, c *domain.Spec, q domain.Query, yield func(domain.Document, domain.Position) (bool, error)) error {
	s.count(c)
	return s.Store.Select(ctx, c, q, yield)
}

// count counts what requests ask for; the feed, the organisation and the like are read beside them.
func (s *countingStore) count(c *domain.Spec) {
	if c.Name == domain.Inquiries.Name || c.Name == domain.Interactions.Name {
		s.selects.Add(1)
	}
}

func (s *countingStore) Merge(ctx context.Context, c *domain.Spec, queries []domain.Query, likely int, yield func(domain.Document, domain.Position) (bool, error)) error {
	s.count(c)
	return s.Store.Merge(ctx, c, queries, likely, yield)
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newRoom(t testing.TB, limits graph.Limits) *room {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &room{t: t, log: &lockedBuffer{}}
	log := slog.New(slog.NewTextHandler(r.log, nil))
	engine, err := sqlitestore.Open(ctx, sqlitestore.Options{Specs: domain.Declared(), Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	r.store = &countingStore{Store: engine}
	d := r.stages(log)
	d.Limits = limits
	if err := r.org.Seed(domain.WithActor(ctx, domain.System("test"))); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan struct{})
	r.stopFeed = func() { cancel(); <-stopped }
	go func() {
		defer close(stopped)
		var boards sync.WaitGroup
		boards.Go(func() { d.Desk.RunBoard(ctx) })
		boards.Go(func() { d.Routing.RunBoard(ctx) })
		_ = d.Live.Run(ctx)
		boards.Wait()
	}()
	server := httptest.NewServer(r.authenticated(graph.New(d)))
	r.url = server.URL
	t.Cleanup(func() {
		r.stopFeed()
		server.CloseClientConnections()
		server.Close()
		_ = engine.Close()
	})
	return r
}

func (r *room) stages(log *slog.Logger) graph.Deps {
	r.t.Helper()
	key := "k1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	v, err := vault.New(key, key)
	if err != nil {
		r.t.Fatal(err)
	}
	clock, once := domain.Clock(domain.SystemClock), domain.Once(r.store)
	names := domain.Normaliser{Phones: phonenumber.Parser{}, ToASCII: idna.Lookup.ToASCII}
	r.org = org.New(org.Deps{Store: once, Clock: clock, Format: orgfile.Format{}})
	r.routing = routing.New(routing.Deps{Store: once, Clock: clock, Log: log})
	r.insight = insight.New(insight.Deps{Store: r.store, Clock: clock})
	numbers := domain.NewNumbers(r.store, clock)
	sorter := triage.New(triage.Deps{Store: once, Clock: clock, Vault: v, Log: log})
	return graph.Deps{
		Intake: intake.New(intake.Deps{
			Store: once, Clock: clock, Numbers: numbers, Normaliser: names, Mail: email.NewParser(email.Options{}), Vault: v, Log: log,
		}),
		Contact: contact.New(contact.Deps{Store: once, Clock: clock, Normaliser: names, Vault: v}),
		Desk:    desk.New(desk.Deps{Store: once, Clock: clock, Vault: v, Normaliser: names, HTML: email.Cleaner{}, Templates: sorter, Numbers: numbers}),
		Live:    live.New(live.Deps{Store: once, Clock: clock, Feed: domain.NewFeed(r.store), Log: log}),
		Insight: r.insight, Org: r.org,
		Triage:  sorter,
		Routing: r.routing,
		Outbox:  outbox.New(outbox.Deps{Store: once, Clock: clock, Vault: v, Normaliser: names, Sender: noSender{}, Log: log, Node: "test"}),
		Survey:  survey.New(survey.Deps{Store: once, Clock: clock, Vault: v, Log: log, Keys: [][]byte{[]byte("key")}}),
		Hooks:   webhook.New(webhook.Deps{Store: once, Clock: clock, Vault: v, Sender: hooks.New(hooks.Config{}), Log: log, Node: "test"}),
		Store:   r.store, Clock: clock, Log: log, Authenticate: r.actor,
	}
}

// noSender stands for a mail server that takes nothing.
type noSender struct{}

func (noSender) Send(context.Context, domain.MailEnvelope, []byte) (map[string]*domain.SendFault, error) {
	return nil, &domain.SendFault{Code: 451, Status: "4.3.0"}
}

// actor lets in whoever names a role; "intake" may do nothing but bring inquiries in.
func (r *room) actor(_ context.Context, bearer string) (domain.Actor, error) {
	if _, gone := r.revoked.Load(bearer); gone {
		return domain.Actor{}, domain.Errorf(domain.Unauthenticated, "the token has ended")
	}
	if bearer == "intake" {
		return domain.Actor{Kind: "token", ID: bearer, Role: domain.RoleIntegration, Scopes: []domain.Scope{domain.ScopeIntake}}, nil
	}
	role := domain.Role(bearer)
	if !domain.KnownRole(role) {
		return domain.Actor{}, domain.Errorf(domain.Unauthenticated, "the token does not hold")
	}
	return domain.Actor{Kind: "token", ID: bearer, Role: role, Scopes: domain.ScopesOf(role, "")}, nil
}

// authenticated does what the HTTP server around the door does.
func (r *room) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("X-Request-Id", "req_test")
		if bearer, ok := strings.CutPrefix(q.Header.Get("Authorization"), "Bearer "); ok {
			if a, err := r.actor(q.Context(), bearer); err == nil {
				q = q.WithContext(domain.WithActor(q.Context(), a))
			}
		}
		next.ServeHTTP(w, q)
	})
}

// fault is an error as it comes over the wire.
type fault struct {
	Message    string
	Path       []any
	Extensions struct {
		Code      string
		RequestID string
		Errors    []domain.Fault
	}
}

type vars map[string]any

// post sends one body and gives what came back.
func (r *room) post(token string, body []byte, header ...string) (status int, answer []byte) {
	r.t.Helper()
	q, err := http.NewRequest(http.MethodPost, r.url, bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	if token != "" {
		q.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, answer
}

// try runs an operation and gives its data and its errors.
func (r *room) try(token, query string, v vars) (node, []fault) {
	r.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": v})
	if err != nil {
		r.t.Fatal(err)
	}
	_, answer := r.post(token, body)
	var out struct {
		Data   any
		Errors []fault
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		r.t.Fatalf("%v: %s", err, answer)
	}
	return node{out.Data}, out.Errors
}

// ask is try that must not fail.
func (r *room) ask(query string, v vars) node {
	r.t.Helper()
	data, faults := r.try("admin", query, v)
	if len(faults) > 0 {
		r.t.Fatalf("%s\n%+v\n%s", query, faults, r.log.String())
	}
	return data
}

// node is a place in an answer.
type node struct{ v any }

// at goes down by names and numbers: "inquiries.edges.0.node.id".
func (n node) at(path string) node {
	for _, step := range strings.Split(path, ".") {
		switch x := n.v.(type) {
		case map[string]any:
			n.v = x[step]
		case []any:
			var i int
			if _, err := fmt.Sscan(step, &i); err != nil || i >= len(x) {
				return node{}
			}
			n.v = x[i]
		default:
			return node{}
		}
	}
	return n
}

func (n node) str(path string) string {
	s, _ := n.at(path).v.(string)
	return s
}

func (n node) len(path string) int {
	l, _ := n.at(path).v.([]any)
	return len(l)
}

const receive = `mutation($i: ReceiveInquiryInput!){receiveInquiry(input:$i){duplicate inquiry{id number} interaction{id} customer{id}}}`

// memo takes in a memo and gives the inquiry's id.
func (r *room) memo(from, text string) string {
	r.t.Helper()
	return r.ask(receive, vars{"i": memoOf(from, text)}).str("receiveInquiry.inquiry.id")
}

func memoOf(from, text string) vars {
	return vars{"channel": "MEMO", "from": vars{"name": "김", "email": from}, "subject": "문의", "text": text, "memo": vars{"location": "로비", "author": "b"}}
}

// indexed brings the search index up to date, which a worker does in the running program.
func (r *room) indexed() {
	r.t.Helper()
	ctx := domain.WithActor(context.Background(), domain.System("test"))
	events, err := domain.Events.Find(ctx, r.store, domain.Query{Index: domain.SeqIndex})
	if err == nil {
		err = r.insight.IndexEvents(ctx, events)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

func sha256Hex(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
