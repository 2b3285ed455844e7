package graph_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"sori/graph"
)

// message is one of graphql-transport-ws.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

type client struct {
	t    *testing.T
	conn *websocket.Conn
	ctx  context.Context
}

// dial opens a WebSocket that speaks graphql-transport-ws.
func (r *room) dial(t *testing.T, header http.Header) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	conn, _, err := websocket.Dial(ctx, strings.Replace(r.url, "http", "ws", 1), &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{t, conn, ctx}
}

func (c *client) send(m message) {
	c.t.Helper()
	if err := wsjson.Write(c.ctx, c.conn, m); err != nil {
		c.t.Fatal(err)
	}
}

// next gives the next message that is no ping.
func (c *client) next() message {
	c.t.Helper()
	for {
		var m message
		if err := wsjson.Read(c.ctx, c.conn, &m); err != nil {
			c.t.Fatal(err)
		}
		if m.Type != "ping" {
			return m
		}
	}
}

func (c *client) init(token string) *client {
	c.t.Helper()
	c.send(message{Type: "connection_init", Payload: json.RawMessage(fmt.Sprintf(`{"Authorization":"Bearer %s"}`, token))})
	if m := c.next(); m.Type != "connection_ack" {
		c.t.Fatalf("no ack, but %s %s", m.Type, m.Payload)
	}
	return c
}

func (c *client) subscribe(id, query string, v vars) {
	c.t.Helper()
	payload, err := json.Marshal(vars{"query": query, "variables": v})
	if err != nil {
		c.t.Fatal(err)
	}
	c.send(message{ID: id, Type: "subscribe", Payload: payload})
}

// event waits for the next message of an operation and gives its data.
func (c *client) event(id string) node {
	c.t.Helper()
	m := c.next()
	var out struct {
		Data   any
		Errors []fault
	}
	if err := json.Unmarshal(m.Payload, &out); m.Type != "next" || m.ID != id || err != nil || len(out.Errors) > 0 {
		c.t.Fatalf("no event, but %s %s: %s", m.Type, m.ID, m.Payload)
	}
	return node{out.Data}
}

const follow = `subscription($a: String){events(after:$a, types:["interaction.received"]){cursor type inquiry{id subject} customer{name}}}`

func TestEventsGoOnAfterTheCursor(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	first := r.memo("a@a.test", "하나")
	c := r.dial(t, nil).init("admin")
	c.subscribe("1", follow, vars{"a": ""})
	e := c.event("1").at("events")
	if e.str("inquiry.id") != first || e.str("customer.name") != "김" {
		t.Fatalf("the feed begins with %v", e)
	}
	second := r.memo("b@a.test", "둘")
	if live := c.event("1").at("events"); live.str("inquiry.id") != second {
		t.Fatalf("then %v", live)
	}
	_ = c.conn.CloseNow()
	third := r.memo("c@a.test", "셋")
	again := r.dial(t, nil).init("admin")
	again.subscribe("x", follow, vars{"a": e.str("cursor")})
	for _, want := range []string{second, third} {
		if got := again.event("x").at("events"); got.str("inquiry.id") != want {
			t.Errorf("after the first: %v, wanted %s", got, want)
		}
	}
}

func TestAnInquiryAndAQueueAreWatched(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	id, other := r.memo("a@a.test", "x"), r.memo("b@a.test", "y")
	c := r.dial(t, nil).init("agent")
	c.subscribe("i", `subscription($id: ID!){inquiryChanged(id:$id){cursor event{type} inquiry{priority}}}`, vars{"id": id})
	stop := make(chan struct{})
	go func() { // without a cursor the stream begins when it begins, so something must go on
		for _, p := range slices.Repeat([]string{"urgent", "high"}, 500) {
			r.try("admin", `mutation($id: ID!, $p: Priority){updateInquiry(input:{id:$id, priority:$p}){inquiry{id}}}`, vars{"id": id, "p": p})
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	got := c.event("i").at("inquiryChanged")
	close(stop)
	if got.str("event.type") != "inquiry.updated" || got.str("inquiry.priority") == "normal" || got.str("cursor") == "" {
		t.Fatalf("%v", got)
	}
	r.ask(`mutation($id: ID!){assignInquiry(input:{id:$id, queue:"vip"}){inquiry{id}}}`, vars{"id": other})
	watch := r.dial(t, nil).init("agent")
	watch.subscribe("q", `subscription($a: String){queueChanged(queue:"vip", after:$a){event{type} inquiry{id queue}}}`, vars{"a": got.str("cursor")})
	if q := watch.event("q").at("queueChanged"); q.str("inquiry.id") != other || q.str("inquiry.queue") != "vip" || q.str("event.type") != "inquiry.assigned" {
		t.Errorf("queue: %v", q)
	}
}

func TestWhoIsLetInOnAWebSocket(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	for name, payload := range map[string]string{"no token": `{}`, "a bad one": `{"Authorization":"Bearer nobody"}`, "no payload": ``} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := r.dial(t, nil)
			c.send(message{Type: "connection_init", Payload: json.RawMessage(payload)})
			for {
				_, _, err := c.conn.Read(c.ctx)
				if err == nil {
					continue
				}
				if code := websocket.CloseStatus(err); code != 4403 {
					t.Errorf("closed with %d: %v", code, err)
				}
				return
			}
		})
	}
	t.Run("by the upgrade", func(t *testing.T) {
		t.Parallel()
		c := r.dial(t, http.Header{"Authorization": {"Bearer admin"}})
		c.send(message{Type: "connection_init"})
		if m := c.next(); m.Type != "connection_ack" {
			t.Fatalf("%v", m)
		}
		c.subscribe("q", `{me{id}}`, nil)
		if got := c.event("q"); got.str("me.id") != "admin" {
			t.Errorf("%v", got)
		}
	})
	t.Run("without the scope", func(t *testing.T) {
		t.Parallel()
		c := r.dial(t, nil).init("intake")
		c.subscribe("s", follow, nil)
		if m := c.next(); !bytes.Contains(m.Payload, []byte(`"forbidden"`)) {
			t.Errorf("%s %s", m.Type, m.Payload)
		}
	})
	t.Run("another protocol", func(t *testing.T) {
		t.Parallel()
		_, resp, err := websocket.Dial(context.Background(), strings.Replace(r.url, "http", "ws", 1), &websocket.DialOptions{Subprotocols: []string{"graphql-ws"}})
		if err == nil || resp == nil || resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%v %v", resp, err)
		}
	})
}

func TestBadOperationsOnAWebSocket(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{Operations: 3})
	c := r.dial(t, nil).init("admin")
	c.subscribe("bad", `{nothing}`, nil)
	if m := c.next(); m.Type != "error" || m.ID != "bad" || !bytes.Contains(m.Payload, []byte(`"invalid"`)) {
		t.Errorf("%s %s", m.Type, m.Payload)
	}
	for c.next().Type != "complete" {
	}
	c.subscribe("no cursor", `subscription{events(after:"x"){id}}`, nil)
	if m := c.next(); m.ID != "no cursor" || !bytes.Contains(m.Payload, []byte(`"field":"after"`)) {
		t.Errorf("%s %s", m.Type, m.Payload)
	}
	for c.next().Type != "complete" {
	}
	for i := range 4 {
		c.subscribe(fmt.Sprint(i), follow, nil)
	}
	if m := c.next(); !bytes.Contains(m.Payload, []byte(`"rate_limited"`)) {
		t.Errorf("the fourth: %s %s", m.Type, m.Payload)
	}
}

func TestATokenThatEndsEndsItsStream(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{Reauthenticate: time.Nanosecond})
	c := r.dial(t, nil).init("supervisor")
	c.subscribe("1", follow, vars{"a": ""})
	r.memo("a@a.test", "x")
	c.event("1")
	r.revoked.Store("supervisor", true)
	r.memo("b@a.test", "y")
	if m := c.next(); !bytes.Contains(m.Payload, []byte(`"unauthenticated"`)) || bytes.Contains(m.Payload, []byte("cursor")) {
		t.Fatalf("%s %s", m.Type, m.Payload)
	}
	if m := c.next(); m.Type != "complete" {
		t.Errorf("%s %s", m.Type, m.Payload)
	}
}

// TestATokenThatEndsEndsWhatIsQuiet: a stream in which nothing happens ends as well, and the connection is good for nothing more.
func TestATokenThatEndsEndsWhatIsQuiet(t *testing.T) {
	t.Parallel()
	for name, subscription := range map[string]string{
		"the feed":   `subscription($a: String) { events(after: $a) { cursor } }`,
		"not shared": `subscription { presenceChanged { cursor } }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t, graph.Limits{Reauthenticate: 20 * time.Millisecond})
			c := r.dial(t, nil).init("supervisor")
			c.subscribe("1", subscription, nil)
			c.subscribe("2", `{me{role}}`, nil)
			if m := c.next(); m.Type != "next" || m.ID != "2" || !bytes.Contains(m.Payload, []byte(`"supervisor"`)) {
				t.Fatalf("%s %s", m.Type, m.Payload)
			}
			c.next()
			time.Sleep(100 * time.Millisecond) // it is asked again more than once
			r.revoked.Store("supervisor", true)
			if m := c.next(); m.ID != "1" || !bytes.Contains(m.Payload, []byte(`"unauthenticated"`)) {
				t.Fatalf("%s %s", m.Type, m.Payload)
			}
			if m := c.next(); m.Type != "complete" || m.ID != "1" {
				t.Errorf("%s %s", m.Type, m.Payload)
			}
			for _, query := range []string{`{me{role}}`, `mutation{createTeam(input:{key:"x",name:"x"}){team{id}}}`, subscription} {
				c.subscribe("3", query, nil)
				if m := c.next(); m.ID != "3" || !bytes.Contains(m.Payload, []byte(`"unauthenticated"`)) {
					t.Errorf("%s %s", m.Type, m.Payload)
				}
				c.next()
			}
		})
	}
}

// TestASubscriptionNeedsAStream: a plain POST would wait for the first event, and have that alone.
func TestASubscriptionNeedsAStream(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	body, _ := json.Marshal(vars{"query": follow})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	q, _ := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(body))
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Authorization", "Bearer admin")
	resp, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); err != nil || !bytes.Contains(got, []byte(`"invalid"`)) || !bytes.Contains(got, []byte("text/event-stream")) {
		t.Errorf("%s, %v", got, err)
	}
}

func TestServerSentEvents(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	id := r.memo("a@a.test", "x")
	body, _ := json.Marshal(vars{"query": follow, "variables": vars{"a": ""}})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	q, _ := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(body))
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Accept", "text/event-stream")
	q.Header.Set("Authorization", "Bearer admin")
	resp, err := http.DefaultClient.Do(q)
	if err != nil || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%v %v", resp, err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for _, want := range []string{id, "next"} {
		if want == "next" {
			want = r.memo("b@a.test", "y")
		}
		for lines.Scan() && !strings.HasPrefix(lines.Text(), "data: {") {
		}
		if !strings.Contains(lines.Text(), want) {
			t.Errorf("%q, wanted %s", lines.Text(), want)
		}
	}
}

func TestAStreamThatIsCutSaysWhy(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	c := r.dial(t, nil).init("admin")
	c.subscribe("1", follow, vars{"a": ""})
	r.memo("a@a.test", "x")
	c.event("1")
	r.stopFeed()
	if m := c.next(); m.Type != "next" || !bytes.Contains(m.Payload, []byte(`"unavailable"`)) {
		t.Fatalf("%s %s", m.Type, m.Payload)
	}
	if m := c.next(); m.Type != "complete" {
		t.Errorf("%s %s", m.Type, m.Payload)
	}
}
