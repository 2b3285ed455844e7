package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"golang.org/x/net/idna"

	"sori/adapters/email"
	"sori/adapters/orgfile"
	"sori/adapters/phonenumber"
	"sori/adapters/sqlitestore"
	"sori/adapters/vault"
	hooks "sori/adapters/webhook"
	"sori/api"
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
)

// source is openapi.yaml.
var source = sync.OnceValue(func() []byte {
	b, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		panic(err)
	}
	return b
})

// described finds the operation of a request in the document.
var described = sync.OnceValue(func() routers.Router {
	doc, err := openapi3.NewLoader().LoadFromData(source())
	if err != nil {
		panic(err)
	}
	r, err := legacy.NewRouter(doc)
	if err != nil {
		panic(err)
	}
	return r
})

// door is the REST door over a whole store of its own.
type door struct {
	testing.TB
	http.Handler
	deps  api.Deps
	log   *lockedBuffer
	store domain.Store
	// stopLive ends all streams, as the server does when it stops.
	stopLive func()
}

// tokens are those that the tests' verifier knows: each role by its name, and some that lack most scopes.
func verify(_ context.Context, token string) (domain.Actor, error) {
	role, scopes, limited := strings.Cut(token, "+")
	if !domain.KnownRole(domain.Role(role)) {
		return domain.Actor{}, domain.Errorf(domain.Unauthenticated, "the token does not hold")
	}
	a := domain.Actor{Kind: "token", ID: token, Role: domain.Role(role), Scopes: domain.ScopesOf(domain.Role(role), "")}
	if limited {
		a.Scopes = nil
		for _, s := range strings.Fields(strings.ReplaceAll(scopes, "+", " ")) {
			a.Scopes = append(a.Scopes, domain.Scope(s))
		}
	}
	return a, nil
}

func newDoor(t testing.TB, change ...func(*api.Deps)) *door {
	t.Helper()
	d := &door{TB: t, log: &lockedBuffer{}}
	log := slog.New(slog.NewJSONHandler(d.log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	store, err := sqlitestore.Open(t.Context(), sqlitestore.Options{Specs: domain.Declared(), Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	d.store = store
	d.deps, d.stopLive = wire(t, store, log)
	for _, c := range change {
		c(&d.deps)
	}
	if d.Handler, err = api.New(d.deps); err != nil {
		t.Fatal(err)
	}
	return d
}

func wire(t testing.TB, store domain.Store, log *slog.Logger) (deps api.Deps, stopLive func()) {
	t.Helper()
	box, err := vault.New("k1:"+strings.Repeat("A", 43)+"=", "i1:"+strings.Repeat("B", 42)+"A=")
	if err != nil {
		t.Fatal(err)
	}
	once, clock := domain.Once(store), domain.Clock(domain.SystemClock)
	names := domain.Normaliser{Phones: phonenumber.Parser{}, ToASCII: idna.Lookup.ToASCII, Region: "KR"}
	numbers := domain.NewNumbers(store, clock)
	var sorter *triage.Service
	in := intake.New(intake.Deps{
		Store: once, Clock: clock, Numbers: numbers, Normaliser: names, Mail: email.NewParser(email.Options{}), Vault: box, Log: log,
		FollowUps: func(ctx context.Context, x *domain.Interaction) ([]*domain.Job, error) {
			return sorter.FollowUps(ctx, x)
		},
	})
	sender := outbox.New(outbox.Deps{
		Store: once, Clock: clock, Vault: box, Normaliser: names, Composer: email.NewComposer(), Sender: nobodyHome{}, Log: log, Node: "test",
		Options: outbox.Options{From: "voc@shop.test"},
	})
	sorter = triage.New(triage.Deps{Store: once, Clock: clock, Vault: box, Log: log, Opener: opener{in}})
	deps = api.Deps{
		Intake:  in,
		Contact: contact.New(contact.Deps{Store: once, Clock: clock, Normaliser: names, Vault: box}),
		Desk: desk.New(desk.Deps{
			Store: once, Clock: clock, Vault: box, Normaliser: names, HTML: email.Cleaner{}, Prepare: sender.Prepare, FollowUps: sender.FollowUps,
			Templates: sorter, Numbers: numbers,
		}),
		Triage:  sorter,
		Outbox:  sender,
		Routing: routing.New(routing.Deps{Store: once, Clock: clock, Log: log}),
		Survey:  survey.New(survey.Deps{Store: once, Clock: clock, Vault: box, Log: log, Keys: [][]byte{[]byte("key")}, PublicURL: "https://voc.shop.test"}),
		Hooks:   webhook.New(webhook.Deps{Store: once, Clock: clock, Vault: box, Sender: hooks.New(hooks.Config{}), Log: log, Node: "test"}),
		Live:    live.New(live.Deps{Store: once, Clock: clock, Feed: domain.NewFeed(store), Log: log}),
		Insight: insight.New(insight.Deps{Store: store, Clock: clock}),
		Org:     org.New(org.Deps{Store: once, Clock: clock, Format: orgfile.Format{}}),
		Store:   once, Verify: verify, Document: source(), Clock: clock, Log: log,
		Limits: api.Limits{Address: api.Rate{PerSecond: 1000, Burst: 1000}},
	}
	if err := deps.Org.Seed(domain.WithActor(t.Context(), domain.System("test"))); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		var boards sync.WaitGroup
		boards.Go(func() { deps.Desk.RunBoard(ctx) })
		boards.Go(func() { deps.Routing.RunBoard(ctx) })
		if err := deps.Live.Run(ctx); err != nil {
			t.Error(err)
		}
		boards.Wait()
	}()
	stopLive = func() { stop(); <-done }
	t.Cleanup(stopLive)
	return deps, stopLive
}

// nobodyHome is a mail server that knows none of the recipients.
type nobodyHome struct{}

// Send implements domain.MailSender.
func (nobodyHome) Send(_ context.Context, e domain.MailEnvelope, _ []byte) (map[string]*domain.SendFault, error) {
	refused := map[string]*domain.SendFault{}
	for _, to := range e.To {
		refused[to] = &domain.SendFault{Code: 550, Status: "5.1.1", Diagnostic: "no such user", Permanent: true}
	}
	return refused, nil
}

// opener takes in what the self-help could not answer.
type opener struct{ intake *intake.Service }

// Open implements triage.Opener.
func (o opener) Open(ctx context.Context, askID string, from domain.Party, text string) (string, error) {
	r, err := o.intake.Receive(domain.WithActor(ctx, domain.System("help")), intake.Submission{
		Channel: domain.ChannelBoard, ExternalID: askID, From: from, Text: text, Board: &domain.BoardPart{Board: "help", PostID: askID},
	})
	return r.InquiryID, err
}

// lockedBuffer takes the log of many goroutines.
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

// answer is what the door said.
type answer struct {
	testing.TB
	status int
	header http.Header
	body   []byte
}

// ask sends a request as an admin, unless a header says otherwise, and holds the answer to the document. A body that is no reader, bytes or text is sent as JSON.
func (d *door) ask(method, path string, body any, headers ...string) answer {
	d.Helper()
	r := httptest.NewRequestWithContext(d.Context(), method, path, reader(d, body))
	r.Header.Set("Authorization", "Bearer admin")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	a := answer{d.TB, w.Code, w.Header(), w.Body.Bytes()}
	if w.Header().Get("Content-Encoding") == "" {
		a.holdToDocument(r)
	}
	return a
}

func reader(t testing.TB, body any) io.Reader {
	t.Helper()
	switch b := body.(type) {
	case nil:
		return nil
	case io.Reader:
		return b
	case []byte:
		return bytes.NewReader(b)
	case string:
		return strings.NewReader(b)
	}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b)
}

// downloads are the operations whose answers have no form.
var downloads = map[string]bool{"getRaw": true, "getAttachment": true, "getQuarantinedSource": true, "exportOrg": true}

// holdToDocument fails the test if an answer is not as openapi.yaml says: schema, headers, media type, and the codes that the operation names.
func (a answer) holdToDocument(r *http.Request) {
	a.Helper()
	route, params, err := described().FindRoute(r)
	if err != nil {
		return // not in the document: 404 and 405
	}
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 a.status, Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)),
		Options: &openapi3filter.Options{MultiError: true, ExcludeResponseBody: a.status == 200 && downloads[route.Operation.OperationID]},
	}
	if err := openapi3filter.ValidateResponse(context.Background(), in); err != nil {
		a.Errorf("%s %s: the answer is not as the document says: %v\n%s", r.Method, r.URL.Path, err, a.body)
	}
	if a.status >= 400 {
		a.holdToCodes(route.Operation, route.Spec)
	}
}

func (a answer) holdToCodes(op *openapi3.Operation, doc *openapi3.T) {
	a.Helper()
	var named []string
	for _, list := range []any{op.Extensions["x-problems"], doc.Info.Extensions["x-problems"]} {
		items, _ := list.([]any)
		for _, x := range items {
			named = append(named, x.(string))
		}
	}
	if code := a.code(); !slices.Contains(named, code) {
		a.Errorf("%s answered %q, which the document does not name", op.OperationID, code)
	}
}

func (a answer) decode(into any) {
	a.Helper()
	if err := json.Unmarshal(a.body, into); err != nil {
		a.Fatalf("%v in %s", err, a.body)
	}
}

// fields gives the answer's JSON.
func (a answer) fields() map[string]any {
	a.Helper()
	var m map[string]any
	a.decode(&m)
	return m
}

func (a answer) code() string {
	a.Helper()
	code, _ := a.fields()["code"].(string)
	return code
}

// faults gives the fields at fault with their rules.
func (a answer) faults() map[string]string {
	a.Helper()
	var p struct{ Errors []domain.Fault }
	a.decode(&p)
	out := map[string]string{}
	for _, f := range p.Errors {
		out[f.Field] = f.Rule
	}
	return out
}

func (a answer) want(status int) answer {
	a.Helper()
	if a.status != status {
		a.Fatalf("got %d, wanted %d: %.500s", a.status, status, a.body)
	}
	return a
}

func (a answer) wantCode(status int, code domain.Code) answer {
	a.Helper()
	a.want(status)
	if got := a.code(); got != string(code) {
		a.Fatalf("got the code %q, wanted %q: %s", got, code, a.body)
	}
	return a
}

// at walks into the answer: at("inquiry", "id").
func (a answer) at(path ...string) string {
	a.Helper()
	m := a.fields()
	for _, p := range path[:len(path)-1] {
		m, _ = m[p].(map[string]any)
	}
	s, ok := m[path[len(path)-1]].(string)
	if !ok {
		a.Fatalf("there is no text at %v in %s", path, a.body)
	}
	return s
}

type object = map[string]any

// memo is a memo as a body.
func memo(changes object) object {
	m := object{
		"from": object{"name": "홍길동", "phone": "010-1234-5678"}, "subject": "환불 문의", "text": "지난주 주문을 환불하고 싶습니다",
		"memo": object{"location": "프런트", "author": "김데스크", "urgent": false},
	}
	for k, v := range changes {
		if m[k] = v; v == nil {
			delete(m, k)
		}
	}
	return m
}

// received takes a memo in and gives the receipt.
func (d *door) received(changes object) answer {
	d.Helper()
	return d.ask("POST", "/v1/intake/memo", memo(changes)).want(201)
}
