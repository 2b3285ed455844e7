package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sori/api"
	"sori/domain"
)

func TestInquiryActivity(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	path := "/v1/inquiries/" + d.received(nil).at("inquiry", "id") + "/activity"
	var a struct {
		InquiryID string
		Watchers  []struct{ Agent, State string }
	}
	d.ask("GET", path, nil).want(200).decode(&a)
	if a.Watchers == nil || len(a.Watchers) > 0 || !strings.Contains(path, a.InquiryID) {
		t.Errorf("at first %+v", a)
	}
	d.ask("PUT", path, object{"state": "typing"}, "Authorization", "Bearer agent").want(200)
	d.ask("PUT", path, object{"state": "viewing"}).want(200).decode(&a)
	if len(a.Watchers) != 2 || a.Watchers[0].Agent != "agent" || a.Watchers[0].State != "typing" || a.Watchers[1].State != "viewing" {
		t.Errorf("then %+v", a)
	}
	d.ask("PUT", path, object{"state": "left"}).want(200).decode(&a)
	if len(a.Watchers) != 1 {
		t.Errorf("one left: %+v", a)
	}
	d.ask("PUT", path, object{"state": "sleeping"}).want(422)
	d.ask("PUT", path, object{"state": "typing"}, "Authorization", "Bearer integration").wantCode(403, domain.Forbidden)
	d.ask("PUT", path, object{"state": "viewing"}, "Authorization", "Bearer integration").want(200)
	d.ask("PUT", "/v1/inquiries/inq_nobody/activity", object{"state": "viewing"}).wantCode(404, domain.NotFound)
	d.ask("GET", "/v1/inquiries/nonsense/activity", nil).wantCode(404, domain.NotFound)
	d.ask("GET", "/v1/inquiries/nonsense/activity/stream", nil).wantCode(404, domain.NotFound)
	d.ask("GET", path, nil, "Authorization", "Bearer visitor").wantCode(403, domain.Forbidden)
}

// reading opens a stream over HTTP and gives its lines that begin with one of the prefixes.
func (d *door) reading(path string, prefixes ...string) <-chan string {
	d.Helper()
	server := httptest.NewServer(d)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, nil)
	if err != nil {
		d.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer agent")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		d.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		d.Fatal(resp.Status)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(resp.Body); scan.Scan(); {
			for _, p := range prefixes {
				if rest, ok := strings.CutPrefix(scan.Text(), p); ok {
					lines <- rest
				}
			}
		}
	}()
	d.Cleanup(func() { cancel(); resp.Body.Close(); server.CloseClientConnections(); server.Close() })
	return lines
}

func TestActivityIsStreamed(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	path := "/v1/inquiries/" + d.received(nil).at("inquiry", "id") + "/activity"
	lines := d.reading(path+"/stream", "data: ")
	if got := <-lines; !strings.Contains(got, `"watchers":[]`) {
		t.Errorf("at first %s", got)
	}
	d.ask("PUT", path, object{"state": "typing"}).want(200)
	if got := <-lines; !strings.Contains(got, `"agent":"admin"`) {
		t.Errorf("then %s", got)
	}
}

func TestStreamsAreFiltered(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	first := d.received(nil).at("inquiry", "id")
	var feed struct{ NextCursor string }
	d.ask("GET", "/v1/events?limit=200", nil).want(200).decode(&feed)
	second := d.received(object{"from": object{"phone": "010-9999-0000"}}).at("inquiry", "id")
	d.ask("POST", "/v1/inquiries/"+first+"/assign", object{"agent": "kim", "queue": "vip"}).want(200)
	d.ask("POST", "/v1/inquiries/"+second+"/assign", object{"agent": "lee", "queue": "refund"}).want(200)
	d.ask("POST", "/v1/inquiries/"+first+"/assign", object{"agent": "park"}).want(200)
	for query, want := range map[string]string{
		"inquiry=" + second + "&types=inquiry.assigned": second, "assignee=kim": first, "queue=refund&types=inquiry.*": second, "types=customer.*,inquiry.assigned": "",
	} {
		var e struct{ Type, InquiryID string }
		got := <-d.reading("/v1/events/stream?after="+feed.NextCursor+"&"+query, "data: ")
		if err := json.Unmarshal([]byte(got), &e); err != nil || e.InquiryID != want {
			t.Errorf("%s: %s", query, got)
		}
	}
	d.ask("GET", "/v1/events/stream?types=inquiry*", nil).wantCode(422, domain.Invalid)
}

// TestAStreamSaysWhyItEnds: the last message names the reason and the place to go on from.
func TestAStreamSaysWhyItEnds(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.received(nil)
	var feed struct{ NextCursor string }
	d.ask("GET", "/v1/events?limit=200", nil).want(200).decode(&feed)
	first := d.reading("/v1/events/stream?after="+domain.FormatEventCursor(0), "id: ", "event: dropped", "data: {\"cursor\"")
	last := feed.NextCursor
	for got := ""; got != last; {
		got = <-first
	}
	d.stopLive()
	for _, want := range []string{last, "", `:"` + last + `","reason":"unavailable"}`} {
		if got := <-first; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestATokenThatEndsEndsItsStream: a stream outlives its token by a minute at most.
func TestATokenThatEndsEndsItsStream(t *testing.T) {
	t.Parallel()
	now := make(chan time.Time, 1)
	now <- domain.SystemClock()
	clock := func() time.Time { t := <-now; now <- t; return t }
	revoked := make(chan struct{})
	d := newDoor(t, func(deps *api.Deps) {
		deps.Clock = clock
		deps.Verify = func(ctx context.Context, token string) (domain.Actor, error) {
			select {
			case <-revoked:
				if token == "agent" {
					return domain.Actor{}, domain.Errorf(domain.Unauthenticated, "revoked")
				}
			default:
			}
			return verify(ctx, token)
		}
	})
	lines := d.reading("/v1/events/stream", "data: ", "retry")
	<-lines
	close(revoked)
	d.received(nil)
	if got := <-lines; !strings.Contains(got, "cursor") {
		t.Errorf("within the minute: %q", got)
	}
	t0 := <-now
	now <- t0.Add(2 * time.Minute)
	d.received(nil)
	for range lines {
	}
}

func TestCountsAreStreamed(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	view := d.ask("POST", "/v1/views", object{"name": "memos", "shared": true, "filter": object{"channel": "memo"}}).want(201).at("id")
	queue := d.ask("POST", "/v1/queues", object{"key": "refunds", "name": "refunds"}).want(201).at("id")
	agent := d.ask("POST", "/v1/agents", object{"key": "agent", "name": "agent"}).want(201).at("id")
	counts := d.reading("/v1/views/counts/stream?id="+view, "event: ", "data: ")
	if kind, data := <-counts, <-counts; kind != "views.counted" || !strings.Contains(data, `"count":0,`) || !strings.Contains(data, view) {
		t.Errorf("at first %s %s", kind, data)
	}
	stats := d.reading("/v1/queues/"+queue+"/stats/stream", "event: ", "data: ")
	if kind, data := <-stats, <-stats; kind != "queue.stats" || !strings.Contains(data, `"online":0,`) {
		t.Errorf("at first %s %s", kind, data)
	}
	d.ask("PUT", "/v1/agents/"+agent+"/presence", object{"state": "online"}).want(200)
	if kind, data := <-stats, <-stats; kind != "queue.stats" || !strings.Contains(data, `"online":1,`) {
		t.Errorf("then %s %s", kind, data)
	}
	d.ask("DELETE", "/v1/views/"+view, nil).want(200)
	if kind, data := <-counts, <-counts; kind != "dropped" || data != `{"reason":"not_found"}` {
		t.Errorf("of a view that is gone %s %s", kind, data)
	}
	d.ask("GET", "/v1/views/counts/stream?id="+view, nil).wantCode(404, domain.NotFound)
	d.ask("GET", "/v1/views/counts/stream", nil).wantCode(422, domain.Invalid)
	d.ask("GET", "/v1/queues/que_nobodys/stats/stream", nil).wantCode(404, domain.NotFound)
	d.ask("GET", "/v1/queues/"+queue+"/stats/stream", nil, "Authorization", "Bearer visitor").wantCode(403, domain.Forbidden)
}
