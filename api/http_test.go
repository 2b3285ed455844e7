package api_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sori/api"
	"sori/domain"
)

// serve opens the door to real connections.
func (d *door) serve() *httptest.Server {
	d.Helper()
	s := httptest.NewServer(d.Handler)
	d.Cleanup(s.Close)
	return s
}

type sent struct {
	id, event string
	data      object
}

// listen opens a stream and hands over its events until ctx ends.
func listen(ctx context.Context, t testing.TB, url, lastID string) <-chan sent {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer admin")
	r.Header.Set("Accept-Encoding", "gzip")
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if w.StatusCode != http.StatusOK || w.Header.Get("Content-Type") != "text/event-stream" || w.Header.Get("Content-Encoding") != "" {
		t.Fatalf("%d %v", w.StatusCode, w.Header)
	}
	out := make(chan sent, 100)
	go func() {
		defer close(out)
		defer w.Body.Close()
		var e sent
		for lines := bufio.NewScanner(w.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				e.id = value
			case "event":
				e.event = value
			case "data":
				if err := json.Unmarshal([]byte(value), &e.data); err != nil {
					return
				}
			case "":
				if e.id != "" {
					out <- e
				}
				e = sent{}
			}
		}
	}()
	return out
}

func next(t testing.TB, events <-chan sent) sent {
	t.Helper()
	select {
	case e, ok := <-events:
		if !ok {
			t.Fatal("the stream ended")
		}
		return e
	case <-time.After(20 * time.Second):
		t.Fatal("no event came")
	}
	return sent{}
}

// TestTheStreamResumesWithoutLossOrDouble from the cursor of the last event that came.
func TestTheStreamResumesWithoutLossOrDouble(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	url := d.serve().URL + "/v1/events/stream"
	ctx, stop := context.WithCancel(t.Context())
	types := "?types=interaction.received,inquiry.created"
	events := listen(ctx, t, url+types, "")
	first := d.received(nil).at("interaction", "id")
	var last sent
	for range 2 {
		last = next(t, events)
	}
	if last.data["cursor"] != last.id || last.data["type"] != last.event {
		t.Errorf("%+v", last)
	}
	stop()
	missed := d.received(object{"text": "2"}).at("interaction", "id")
	again := listen(t.Context(), t, url+types, last.id)
	live := d.received(object{"text": "3"}).at("interaction", "id")
	var got []string
	for range 4 {
		if e := next(t, again); e.event == domain.EventInteractionReceived {
			got = append(got, e.data["subject"].(object)["id"].(string))
		}
	}
	if fmt.Sprint(got) != fmt.Sprint([]string{missed, live}) || got[0] == first {
		t.Errorf("got %v, wanted %v", got, []string{missed, live})
	}
	d.ask("GET", "/v1/events/stream?after=garbage", nil).wantCode(422, domain.Invalid)
}

// TestTheFeedIsWhole: by pages and with waiting.
func TestTheFeedIsWhole(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for i := range 20 {
		d.received(object{"text": fmt.Sprint(i)})
	}
	count := map[string]int{}
	after := ""
	for {
		var page struct {
			Items      []struct{ Cursor, Type string }
			NextCursor *string
		}
		d.ask("GET", "/v1/events?limit=7&after="+after, nil).want(200).decode(&page)
		if page.NextCursor == nil {
			if len(page.Items) != 0 {
				t.Error("a page with items has no nextCursor")
			}
			break
		}
		for _, e := range page.Items {
			count[e.Type]++
			after = e.Cursor
		}
	}
	if count[domain.EventInteractionReceived] != 20 || count[domain.EventInquiryCreated] != 20 {
		t.Errorf("%v", count)
	}
	begin := time.Now()
	if got := d.ask("GET", "/v1/events?wait=0.3&after="+after, nil).want(200).fields(); len(got["items"].([]any)) != 0 || time.Since(begin) < 250*time.Millisecond {
		t.Errorf("%v after %s", got, time.Since(begin))
	}
	answered := make(chan answer)
	go func() { answered <- d.ask("GET", "/v1/events?wait=30&after="+after, nil) }()
	d.received(nil)
	if got := (<-answered).want(200).fields(); len(got["items"].([]any)) == 0 {
		t.Errorf("%v", got)
	}
}

// TestALargeBodyIsRefusedWithAReason that a client sees which sends all before it reads.
func TestALargeBodyIsRefusedWithAReason(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(o *api.Deps) { o.Limits.Body = 1 << 20 })
	site := d.serve()
	for name, header := range map[string]string{"too large": "Bearer admin", "without a token": ""} {
		conn, err := net.Dial("tcp", site.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		body := bytes.Repeat([]byte("x"), 30<<20)
		_, err = fmt.Fprintf(conn, "POST /v1/intake/memo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n", header, len(body))
		if err == nil {
			_, err = conn.Write(body)
		}
		if err != nil {
			t.Fatalf("%s: the connection broke while sending: %v", name, err)
		}
		w, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := map[string]int{"too large": 413, "without a token": 401}[name]; w.StatusCode != want {
			t.Errorf("%s: %d", name, w.StatusCode)
		}
		w.Body.Close()
	}
}

func TestAnswersAreCompressedForThoseWhoTakeIt(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.received(object{"text": strings.Repeat("환불 ", 2000)})
	plain := d.ask("GET", "/openapi.yaml", nil, "Authorization", "").want(200)
	zipped := d.ask("GET", "/openapi.yaml", nil, "Accept-Encoding", "gzip").want(200)
	if zipped.header.Get("Content-Encoding") != "gzip" || len(zipped.body) > len(plain.body)/2 || !strings.Contains(zipped.header.Get("Vary"), "Accept-Encoding") {
		t.Fatalf("%v, %d of %d bytes", zipped.header, len(zipped.body), len(plain.body))
	}
	r, err := gzip.NewReader(bytes.NewReader(zipped.body))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain.body) {
		t.Errorf("%v", err)
	}
	if got := d.ask("GET", "/v1/me", nil, "Accept-Encoding", "gzip"); got.header.Get("Content-Encoding") != "" {
		t.Error("a small answer was compressed")
	}
}

// TestRateLimits: none for tokens unless configured, then for each token by itself, told in headers.
func TestRateLimits(t *testing.T) {
	t.Parallel()
	var at atomic.Int64
	at.Store(time.Now().UnixNano())
	clock := func() time.Time { return time.Unix(0, at.Load()).UTC() }
	d := newDoor(t, func(o *api.Deps) {
		o.Clock, o.Limits.Token, o.Limits.Address = clock, api.Rate{PerSecond: 2, Burst: 3}, api.Rate{PerSecond: 1, Burst: 2}
	})
	for i := 3; i > 0; i-- {
		a := d.ask("GET", "/v1/me", nil).want(200)
		if a.header.Get("RateLimit-Limit") != "3" || a.header.Get("RateLimit-Remaining") != strconv.Itoa(i-1) {
			t.Errorf("%v", a.header)
		}
	}
	a := d.ask("GET", "/v1/me", nil).wantCode(429, domain.RateLimited)
	if a.header.Get("Retry-After") != "1" || a.header.Get("RateLimit-Remaining") != "0" || a.header.Get("RateLimit-Reset") != "2" {
		t.Errorf("%v", a.header)
	}
	d.ask("GET", "/v1/me", nil, "Authorization", "Bearer agent").want(200)
	at.Add(int64(500 * time.Millisecond))
	d.ask("GET", "/v1/me", nil).want(200)
	d.ask("GET", "/v1/me", nil).want(429)

	for range 2 {
		d.ask("GET", "/healthz", nil, "Authorization", "").want(200)
	}
	d.ask("GET", "/healthz", nil, "Authorization", "").wantCode(429, domain.RateLimited)

	free := newDoor(t)
	for range 300 {
		if a := free.ask("GET", "/v1/me", nil).want(200); a.header.Get("RateLimit-Limit") != "" {
			t.Fatal("a limit that nobody configured")
		}
	}
}

func TestOtherOrigins(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(o *api.Deps) { o.CORS.Origins = []string{"https://desk.test"} })
	preflight := []string{"Authorization", "", "Access-Control-Request-Method", "PATCH", "Origin"}
	a := d.ask("OPTIONS", "/v1/inquiries", nil, append(preflight, "https://desk.test")...).want(204)
	if a.header.Get("Access-Control-Allow-Origin") != "https://desk.test" || !strings.Contains(a.header.Get("Access-Control-Allow-Headers"), "If-Match") {
		t.Errorf("%v", a.header)
	}
	a = d.ask("OPTIONS", "/v1/inquiries", nil, append(preflight, "https://evil.test")...)
	if a.status < 400 || a.header.Get("Access-Control-Allow-Origin") != "" || a.header.Get("Vary") == "" {
		t.Errorf("%d %v", a.status, a.header)
	}
	if a = d.ask("GET", "/v1/me", nil, "Origin", "https://desk.test").want(200); a.header.Get("Access-Control-Allow-Origin") == "" {
		t.Errorf("%v", a.header)
	}
	if a = newDoor(t).ask("GET", "/v1/me", nil, "Origin", "https://desk.test"); a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%v", a.header)
	}
}

// TestNoLoginPages: health, metrics, the document and the explorers need no token; the other door does, but for a WebSocket, which names its actor inside.
func TestNoLoginPages(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	said := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %s %s %d %v", text, r.URL.Path, domain.ActorFrom(r.Context()).ID, len(body), err)
		})
	}
	d := newDoor(t, func(o *api.Deps) {
		o.Docs, o.GraphiQL, o.Metrics, o.GraphQL, o.Registry, o.Limits.Body = said("docs"), said("graphiql"), said("metrics"), said("graphql"), registry, 1000
	})
	for path, want := range map[string]string{
		"/docs": "docs /docs", "/docs/a.js": "docs /docs/a.js", "/graphiql": "graphiql", "/metrics": "metrics", "/healthz": "ok", "/readyz": "ok", "/openapi.yaml": "openapi: 3.0.3",
	} {
		if a := d.ask("GET", path, nil, "Authorization", "").want(200); !strings.Contains(string(a.body), want) {
			t.Errorf("%s: %.100s", path, a.body)
		}
	}
	d.ask("POST", "/graphql", "{}", "Authorization", "").wantCode(401, domain.Unauthenticated)
	if a := d.ask("POST", "/graphql", "{}").want(200); string(a.body) != "graphql /graphql admin 2 <nil>" {
		t.Errorf("%s", a.body)
	}
	if a := d.ask("POST", "/graphql", zipped(strings.Repeat(" ", 500)), "Content-Encoding", "gzip").want(200); !strings.Contains(string(a.body), " 500 <nil>") {
		t.Errorf("%s", a.body)
	}
	if a := d.ask("POST", "/graphql", zipped(strings.Repeat(" ", 5000)), "Content-Encoding", "gzip").want(200); !strings.Contains(string(a.body), "too large") {
		t.Errorf("%s", a.body)
	}
	if a := d.ask("GET", "/graphql", nil, "Authorization", "", "Upgrade", "websocket").want(200); !strings.Contains(string(a.body), "/graphql  0") {
		t.Errorf("%s", a.body)
	}
	d.ask("GET", "/graphql", nil, "Authorization", "Bearer nonsense", "Upgrade", "websocket").wantCode(401, domain.Unauthenticated)

	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	routes := 0
	for _, f := range families {
		if f.GetName() == "sori_http_requests_total" {
			routes = len(f.GetMetric())
		}
	}
	if routes < 8 {
		t.Errorf("%d routes counted", routes)
	}
}

// TestTheLogNamesRequestAndActorButNoPersonalData.
func TestTheLogNamesRequestAndActorButNoPersonalData(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	a := d.ask("GET", "/v1/customers/lookup?phone=010-9876-5432", nil, "X-Request-Id", "mine-7").want(404)
	if a.header.Get("X-Request-Id") != "mine-7" || a.at("requestId") != "mine-7" {
		t.Errorf("%v %s", a.header, a.body)
	}
	log := d.log.String()
	for _, want := range []string{`"requestId":"mine-7"`, `"route":"/v1/customers/lookup"`, `"status":404`, `"actor":"token:admin"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s: %s", want, log)
		}
	}
	if strings.Contains(log, "9876") {
		t.Errorf("a number is in the log: %s", log)
	}
}

// TestReadinessFollowsTheStore.
func TestReadinessFollowsTheStore(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.ask("GET", "/readyz", nil).want(200)
	d.store.Close()
	d.ask("GET", "/readyz", nil).wantCode(503, domain.Unavailable)
	d.ask("GET", "/healthz", nil).want(200)
}
