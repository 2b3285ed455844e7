package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sori/domain"
	"sori/domain/desk"
	"sori/domain/webhook"
)

// hook is somebody else's program: it takes webhooks and answers as it is told to.
type hook struct {
	*teller
	*httptest.Server
	mu      sync.Mutex
	got     []hooked
	answers func(hooked) int
	header  http.Header // of every answer
}

// hooked is one request as it came.
type hooked struct {
	id, at, signature string
	body              []byte
	event             struct {
		Type      string
		Timestamp time.Time
		Data      struct {
			Cursor, ID, Type      string
			At                    time.Time
			Actor, Subject        *domain.Ref
			InquiryID, CustomerID *string
			Data                  map[string]any
		}
	}
}

func receiving(s *teller) *hook {
	s.Helper()
	h := &hook{teller: s, header: http.Header{}, answers: func(hooked) int { return 204 }}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		x := hooked{id: r.Header.Get("webhook-id"), at: r.Header.Get("webhook-timestamp"), signature: r.Header.Get("webhook-signature"), body: body}
		if err == nil {
			err = json.Unmarshal(body, &x.event)
		}
		if err != nil || r.Header.Get("Content-Type") != "application/json" {
			s.Errorf("%s %v: %s", r.Header.Get("Content-Type"), err, body)
		}
		h.mu.Lock()
		h.got = append(h.got, x)
		status := h.answers(x)
		h.mu.Unlock()
		for k, v := range h.header {
			w.Header()[k] = v
		}
		w.WriteHeader(status)
	}))
	s.Cleanup(h.Close)
	return h
}

// answer has every request from now on answered so.
func (h *hook) answer(f func(hooked) int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answers = f
}

func status(n int) func(hooked) int { return func(hooked) int { return n } }

// took gives what came since it was last asked.
func (h *hook) took() []hooked {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := h.got
	h.got = nil
	return out
}

func types(list []hooked) (out []string) {
	for _, x := range list {
		out = append(out, x.event.Type)
	}
	return out
}

// verify holds a request to the specification's text, with a secret as it was shown.
func (x hooked) verify(secret string) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || !strings.HasPrefix(secret, "whsec_") || len(key) < 24 || len(key) > 64 {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", x.id, x.at, x.body)
	return slices.Contains(strings.Split(x.signature, " "), "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// listening makes a webhook.
func (h *hook) listening(d webhook.Draft) (*domain.Webhook, string) {
	h.Helper()
	d.URL = h.URL + "/hook?key=s3cret"
	w, secret, err := h.webhook.Create(h.ctx, d)
	h.must(err)
	return w, secret
}

// tell lets the feed be followed to its end.
func (h *hook) tell() {
	h.Helper()
	h.events()
	for {
		n, err := h.webhookFollower().RunOnce(h.ctx)
		h.must(err)
		if n == 0 {
			return
		}
	}
}

// send sends what is due until nothing is.
func (h *hook) send() {
	h.Helper()
	for range 200 {
		n, err := h.program.webhook.RunBatch(h.ctx)
		h.must(err)
		if n == 0 {
			return
		}
	}
	h.Fatal("there is always something due")
}

// work does the jobs of webhooks until there are none.
func (h *hook) work() {
	h.Helper()
	for kind := range h.webhookJobs() {
		for n := 1; n > 0; {
			var err error
			n, err = h.jobs().RunOnce(h.ctx, kind)
			h.must(err)
		}
	}
}

func (h *hook) deliveries(id string, state domain.DeliveryState) []*domain.WebhookDelivery {
	h.Helper()
	p, err := h.webhook.Deliveries(h.ctx, id, state, domain.PageRequest{Limit: 200})
	h.must(err)
	return p.Items
}

func (h *hook) health(id string) *domain.WebhookHealth {
	h.Helper()
	m, err := h.webhook.Healths(h.ctx, []string{id})
	h.must(err)
	return m[id]
}

func TestAWebhookIsTold(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		h := receiving(s)
		s.memo(domain.Party{Name: "홍길동", Phone: "010-1111-2222"}, "before anybody listens")
		s.later(2 * time.Minute)
		w, secret := h.listening(webhook.Draft{Events: []string{"inquiry.*", "interaction.received"}})
		r := s.memo(domain.Party{Name: "홍길동", Email: "hong@mail.test"}, "환불 문의")
		_, err := s.desk.Resolve(s.ctx, r.InquiryID, 0, "done")
		s.must(err)
		h.tell()
		h.send()
		got := h.took()
		if fmt.Sprint(types(got)) != "[inquiry.created interaction.received inquiry.resolved]" {
			s.Fatalf("%v", types(got))
		}
		all := s.events()
		for _, x := range got {
			if !x.verify(secret) || x.verify("whsec_"+strings.Repeat("A", 43)+"=") {
				s.Errorf("the signature of %s does not hold", x.id)
			}
			i := slices.IndexFunc(all, func(e *domain.Event) bool { return e.ID == x.id })
			if i < 0 || x.event.Data.Cursor != all[i].Cursor() || x.event.Data.ID != x.id || *x.event.Data.InquiryID != r.InquiryID || !x.event.Timestamp.Equal(all[i].At) {
				s.Errorf("%s", x.body)
			}
			if n, err := strconv.ParseInt(x.at, 10, 64); err != nil || n != s.clock().Unix() {
				s.Errorf("timestamp %q: %v", x.at, err)
			}
			for _, secret := range []string{"hong@mail.test", "홍길동", "환불"} {
				if strings.Contains(string(x.body), secret) {
					s.Errorf("%s holds %s", x.body, secret)
				}
			}
		}
		// Read twice, it is told once.
		s.must(s.webhook.Follow(s.ctx, all))
		h.send()
		if got := h.took(); len(got) != 0 {
			s.Errorf("told again: %v", types(got))
		}
		log := h.deliveries(w.ID, domain.DeliveryDelivered)
		if len(log) != 3 || log[0].Attempts[0].Status != 204 || log[0].Attempts[0].EndedAt == nil || log[0].Tries != 1 {
			s.Errorf("%+v", log)
		}
	})
}

// TestAWebhookThatFails is tried again later each time; the events of one inquiry wait for their turn, and others go by.
func TestAWebhookThatFails(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		h := receiving(s)
		w, _ := h.listening(webhook.Draft{Events: []string{"inquiry.*"}})
		bad := s.memo(domain.Party{Name: "가", Phone: "010-1111-2222"}, "one").InquiryID
		good := s.memo(domain.Party{Name: "나", Phone: "010-1111-3333"}, "two").InquiryID
		for _, id := range []string{bad, good} {
			for _, p := range []domain.Priority{"high", "urgent"} {
				_, err := s.desk.Edit(s.ctx, id, 0, desk.Patch{Priority: &p})
				s.must(err)
			}
		}
		h.answer(func(x hooked) int {
			if *x.event.Data.InquiryID == bad {
				return 500
			}
			return 200
		})
		h.tell()
		h.send()
		of := func(id string, list []hooked) (out []string) {
			for _, x := range list {
				if *x.event.Data.InquiryID == id {
					out = append(out, x.event.Type)
				}
			}
			return out
		}
		got := h.took()
		if fmt.Sprint(of(bad, got), of(good, got)) != "[inquiry.created] [inquiry.created inquiry.updated inquiry.updated]" {
			s.Fatalf("%v", types(got))
		}
		first := got[slices.IndexFunc(got, func(x hooked) bool { return *x.event.Data.InquiryID == bad })]
		for _, wait := range []time.Duration{6 * time.Second, 6 * time.Minute, 34 * time.Minute} {
			s.later(wait / 2)
			h.send()
			if early := h.took(); len(early) != 0 {
				s.Errorf("tried again within half of %s", wait)
			}
			s.later(wait / 2)
			h.send()
			if again := h.took(); len(again) != 1 || again[0].id != first.id || string(again[0].body) != string(first.body) || again[0].at == first.at {
				s.Fatalf("after %s: %v", wait, types(again))
			}
		}
		if f := h.health(w.ID); f.Failures < 3 || f.FailingSince == nil || f.LastError != "answered 500 Internal Server Error" {
			s.Errorf("%+v", f)
		}
		h.answer(status(200))
		s.later(3 * time.Hour)
		h.send()
		if got := h.took(); fmt.Sprint(types(got)) != "[inquiry.created inquiry.updated inquiry.updated]" {
			s.Errorf("%v", types(got))
		}
		if f := h.health(w.ID); f.Failures != 0 || f.FailingSince != nil {
			s.Errorf("%+v", f)
		}
		if list := h.deliveries(w.ID, domain.DeliveryWaiting); len(list) != 0 {
			s.Errorf("%d wait still", len(list))
		}
	})
}

// TestADeadWebhookIsPaused with a notice, keeps what happens, and goes on when it is resumed.
func TestADeadWebhookIsPaused(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		h := receiving(s)
		w, _ := h.listening(webhook.Draft{Events: []string{"inquiry.*"}})
		s.memo(domain.Party{Phone: "010-1111-2222"}, "one")
		h.answer(status(503))
		h.tell()
		for range 30 {
			h.send()
			s.later(6 * time.Hour)
			s.memo(domain.Party{Phone: "010-1111-2222"}, "more")
			h.tell()
		}
		got, err := s.webhook.Get(s.ctx, w.ID)
		s.must(err)
		if got.State != domain.WebhookPaused || got.Reason != domain.PausedFailing || got.PausedAt.Sub(w.CreatedAt) < 5*24*time.Hour {
			s.Fatalf("%+v", got)
		}
		if n := s.count(domain.EventWebhookPaused); n != 1 {
			s.Errorf("%d notices", n)
		}
		first := h.took()[0]
		h.send()
		if n := len(h.took()); n != 0 {
			s.Errorf("%d requests to a paused webhook", n)
		}
		h.answer(status(200))
		_, err = s.webhook.Resume(s.ctx, w.ID)
		s.must(err)
		h.work()
		h.send()
		list := h.took()
		lost := h.deliveries(w.ID, domain.DeliveryFailed)
		if len(list)+len(lost) != 31 || len(lost) != 1 || lost[0].EventID != first.id || len(lost[0].Attempts) != 10 {
			s.Errorf("%d told, %d given up of 31: %+v", len(list), len(lost), lost)
		}
		_, err = s.webhook.Resume(s.ctx, w.ID)
		s.wants(err, domain.Conflict)
	})
}

func TestAWebhookThatIsGone(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		h := receiving(s)
		w, _ := h.listening(webhook.Draft{Events: []string{"inquiry.created"}})
		h.answer(status(410))
		s.memo(domain.Party{Phone: "010-1111-2222"}, "one")
		h.tell()
		h.send()
		got, err := s.webhook.Get(s.ctx, w.ID)
		s.must(err)
		if n := len(h.took()); n != 1 || got.State != domain.WebhookPaused || got.Reason != domain.PausedGone {
			s.Fatalf("%d requests, %+v", n, got)
		}
		h.answer(status(204))
		_, err = s.webhook.Resume(s.ctx, w.ID)
		s.must(err)
		h.send()
		if n := len(h.took()); n != 1 {
			s.Errorf("%d requests after it was resumed", n)
		}
		if h.deliveries(w.ID, domain.DeliveryDelivered)[0].Tries != 2 {
			s.Error("the tries are not counted")
		}
	})
}

// TestAWebhookAsksToBeLeftAlone by Retry-After: no other delivery goes there meanwhile.
func TestAWebhookAsksToBeLeftAlone(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		h := receiving(s)
		w, _ := h.listening(webhook.Draft{Events: []string{"inquiry.created"}})
		h.header.Set("Retry-After", "600")
		h.answer(status(429))
		s.memo(domain.Party{Phone: "010-1111-2222"}, "one")
		h.tell()
		h.send()
		s.memo(domain.Party{Phone: "010-1111-3333"}, "two")
		h.tell()
		s.later(9 * time.Minute)
		h.answer(status(200))
		h.send()
		if n := len(h.took()); n != 1 {
			s.Fatalf("%d requests within ten minutes", n)
		}
		if f := h.health(w.ID); f.HoldUntil == nil {
			s.Errorf("%+v", f)
		}
		s.later(2 * time.Minute)
		h.send()
		if n := len(h.took()); n != 2 {
			s.Errorf("%d requests after ten minutes", n)
		}
	})
}

// TestRedirectsAreNotFollowed: a redirect is an answer like any other that is not 2xx.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		h, target := receiving(s), receiving(s)
		w, _ := h.listening(webhook.Draft{Events: []string{"inquiry.created"}})
		h.header.Set("Location", target.URL)
		h.answer(status(307))
		s.memo(domain.Party{Phone: "010-1111-2222"}, "one")
		h.tell()
		h.send()
		d := h.deliveries(w.ID, domain.DeliveryWaiting)[0]
		if len(target.took()) != 0 || d.Attempts[0].Error != "answered 307: redirects are not followed" {
			s.Errorf("%+v", d)
		}
	})
}

// TestASecretIsRotated: both sign until the old one's time is over.
func TestASecretIsRotated(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		h := receiving(s)
		w, old := h.listening(webhook.Draft{Events: []string{"webhook.*"}})
		try := func() hooked {
			s.Helper()
			_, err := s.webhook.Test(s.ctx, w.ID)
			s.must(err)
			s.events() // on MongoDB an event gets its place a moment later
			h.send()
			list := slices.DeleteFunc(h.took(), func(x hooked) bool { return x.event.Type != domain.EventWebhookTest })
			if len(list) != 1 {
				s.Fatalf("%v", types(list))
			}
			return list[0]
		}
		if x := try(); !x.verify(old) || strings.Contains(x.signature, " ") {
			s.Error(x.signature)
		}
		_, fresh, err := s.webhook.Rotate(s.ctx, w.ID, nil)
		s.must(err)
		s.later(23 * time.Hour)
		if x := try(); !x.verify(old) || !x.verify(fresh) || strings.Count(x.signature, "v1,") != 2 {
			s.Error(x.signature)
		}
		s.later(2 * time.Hour)
		if x := try(); x.verify(old) || !x.verify(fresh) {
			s.Error(x.signature)
		}
		now := time.Duration(0)
		_, last, err := s.webhook.Rotate(s.ctx, w.ID, &now)
		s.must(err)
		if x := try(); x.verify(fresh) || !x.verify(last) {
			s.Error(x.signature)
		}
		h.tell() // other webhooks' tests are none of its events, its own come once
		h.send()
		if got := types(h.took()); slices.Contains(got, domain.EventWebhookTest) {
			s.Errorf("%v", got)
		}
	})
}

// TestEventsAreReplayed from a cursor and from a span of time, under the ids that they had.
func TestEventsAreReplayed(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		h := receiving(s)
		var ids []string
		for i := range 3 {
			ids = append(ids, s.memo(domain.Party{Phone: fmt.Sprintf("010-1111-222%d", i)}, "one").InquiryID)
			s.later(time.Hour)
		}
		w, _ := h.listening(webhook.Draft{Events: []string{"inquiry.created"}})
		h.tell()
		h.send()
		if n := len(h.took()); n != 0 {
			s.Fatalf("%d requests before it was asked", n)
		}
		replay := func(r webhook.ReplayRequest) (out []string) {
			s.Helper()
			_, err := s.webhook.Replay(s.ctx, w.ID, r)
			s.must(err)
			h.work()
			h.send()
			for _, x := range h.took() {
				out = append(out, *x.event.Data.InquiryID)
			}
			slices.Sort(out) // different inquiries go side by side
			return out
		}
		if got := replay(webhook.ReplayRequest{}); fmt.Sprint(got) != fmt.Sprint(ids) {
			s.Errorf("%v, not %v", got, ids)
		}
		from, to := s.clock().Add(-150*time.Minute), s.clock().Add(-90*time.Minute)
		if got := replay(webhook.ReplayRequest{From: &from, To: &to}); fmt.Sprint(got) != fmt.Sprint(ids[1:2]) {
			s.Errorf("%v, not %v", got, ids[1:2])
		}
		i := slices.IndexFunc(s.events(), func(e *domain.Event) bool { return e.InquiryID == ids[1] && e.Type == domain.EventInquiryCreated })
		if got := replay(webhook.ReplayRequest{After: s.events()[i].Cursor()}); fmt.Sprint(got) != fmt.Sprint(ids[2:]) {
			s.Errorf("%v, not %v", got, ids[2:])
		}
		log := h.deliveries(w.ID, "")
		if len(log) != 3 || log[0].Replays+log[1].Replays+log[2].Replays != 2 {
			s.Errorf("%d deliveries", len(log))
		}
	})
}

// TestANodeDies in the middle of an attempt: another makes it again when the lease is over, and not before.
func TestANodeDies(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		h := receiving(s)
		w, _ := h.listening(webhook.Draft{Events: []string{"inquiry.*"}})
		q := s.memo(domain.Party{Phone: "010-1111-2222"}, "one").InquiryID
		_, err := s.desk.Resolve(s.ctx, q, 0, "")
		s.must(err)
		h.tell()
		dying := &dyingStore{Store: s.store}
		dead := webhook.New(webhook.Deps{Store: dying, Clock: s.clock, Vault: s.vault, Sender: dying, Node: "dead"})
		_, err = dead.RunBatch(s.ctx)
		s.must(err)
		if dying.sent != 1 {
			s.Fatalf("%d of one inquiry sent at once", dying.sent)
		}
		h.send()
		if n := len(h.took()); n != 0 {
			s.Fatalf("%d requests beside the one under way", n)
		}
		s.later(time.Minute)
		h.send()
		if got := types(h.took()); fmt.Sprint(got) != "[inquiry.created inquiry.resolved]" {
			s.Errorf("%v", got)
		}
		for _, d := range h.deliveries(w.ID, domain.DeliveryDelivered) {
			if d.Type == domain.EventInquiryCreated && (len(d.Attempts) != 2 || d.Attempts[0].EndedAt != nil || d.Tries != 2) {
				s.Errorf("%+v", d)
			}
		}
	})
}

// dyingStore is the store of a node that dies just after it has sent something.
type dyingStore struct {
	domain.Store
	mu   sync.Mutex
	sent int
}

func (d *dyingStore) Check(context.Context, string) error { return nil }

func (d *dyingStore) Send(context.Context, domain.WebhookRequest) (domain.WebhookResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent++
	return domain.WebhookResponse{Status: 200}, nil
}

func (d *dyingStore) Write(ctx context.Context, fn func(domain.Tx) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sent > 0 {
		return domain.Errorf(domain.Unavailable, "the node is dead")
	}
	return d.Store.Write(ctx, fn)
}

// TestASlowWebhookDelaysNoOther while the program runs as it does in service.
func TestASlowWebhookDelaysNoOther(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		slow, quick := receiving(s), receiving(s)
		held, release := make(chan struct{}), make(chan struct{})
		var once sync.Once
		slow.Server.Config.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			once.Do(func() { close(held) })
			<-release
		})
		slow.listening(webhook.Draft{Events: []string{"inquiry.created"}})
		w, _ := quick.listening(webhook.Draft{Events: []string{"inquiry.created"}})
		ctx, stop := context.WithCancel(s.ctx)
		ended := make(chan struct{})
		go func() { defer close(ended); s.program.webhook.Run(ctx) }()
		defer func() { close(release); stop(); <-ended }()
		for i := range 3 * 8 { // more than one webhook may have under way
			s.memo(domain.Party{Phone: fmt.Sprintf("010-1111-22%02d", i)}, "one")
		}
		quick.tell()
		<-held
		for deadline := time.Now().Add(20 * time.Second); len(quick.deliveries(w.ID, domain.DeliveryDelivered)) < 24; {
			if time.Now().After(deadline) {
				s.Fatal("a slow webhook holds up another")
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
}

// TestOldDeliveriesAreForgotten, and what waited for too long is not sent any more.
func TestOldDeliveriesAreForgotten(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		h := receiving(s)
		w, _ := h.listening(webhook.Draft{Events: []string{"inquiry.*"}})
		q := s.memo(domain.Party{Phone: "010-1111-2222"}, "one").InquiryID
		h.tell()
		h.send()
		_, err := s.webhook.Pause(s.ctx, w.ID)
		s.must(err)
		_, err = s.desk.Resolve(s.ctx, q, 0, "")
		s.must(err)
		h.tell()
		s.later(20 * 24 * time.Hour)
		_, err = s.desk.Reopen(s.ctx, q, 0)
		s.must(err)
		h.tell()
		s.later(11 * 24 * time.Hour)
		s.must(s.webhook.Tidy(s.ctx))
		var states []string
		for _, d := range h.deliveries(w.ID, "") {
			states = append(states, d.Type+" "+string(d.State))
		}
		if fmt.Sprint(states) != "[inquiry.reopened waiting inquiry.resolved skipped]" {
			s.Fatalf("%v", states)
		}
		_, err = s.webhook.Resume(s.ctx, w.ID)
		s.must(err)
		h.took()
		h.send()
		if got := types(h.took()); fmt.Sprint(got) != "[inquiry.reopened]" {
			s.Errorf("%v", got)
		}
		s.must(s.webhook.Delete(s.ctx, w.ID))
		s.later(2 * time.Minute)
		h.work()
		left, err := domain.WebhookDeliveries.Find(s.ctx, s.store, domain.Query{Index: "state", Equal: []any{w.ID, domain.DeliverySkipped}})
		s.must(err)
		if len(left) != 0 {
			s.Errorf("%d deliveries of a webhook that is gone", len(left))
		}
	})
}

// TestAWebhookOfAQueue is told of what is in the queue, and of what leaves it.
func TestAWebhookOfAQueue(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		h := receiving(s)
		h.listening(webhook.Draft{Queues: []string{"vip"}})
		in := s.memo(domain.Party{Phone: "010-1111-2222"}, "one").InquiryID
		s.memo(domain.Party{Phone: "010-1111-3333"}, "two")
		s.queues("vip", "other")
		_, err := s.desk.Assign(s.ctx, in, 0, "", "", "vip")
		s.must(err)
		h.tell()
		_, err = s.desk.Assign(s.ctx, in, 0, "", "", "other")
		s.must(err)
		h.tell()
		_, err = s.desk.Resolve(s.ctx, in, 0, "")
		s.must(err)
		h.tell()
		h.send()
		got := h.took()
		for _, x := range got {
			if *x.event.Data.InquiryID != in {
				s.Errorf("%s", x.body)
			}
		}
		if list := types(got); slices.Contains(list, domain.EventInquiryResolved) || list[len(list)-1] != domain.EventInquiryAssigned {
			s.Errorf("%v", list)
		}
	})
}

// TestTwoNodesKeepTheOrder of each inquiry while its events come, are put into the queue and are sent all at once; each is told once.
func TestTwoNodesKeepTheOrder(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		h := receiving(s)
		w, _ := h.listening(webhook.Draft{Events: []string{"inquiry.*"}})
		other, err := newWebhooks(testSecrets.Webhook, s.once, s.clock, s.vault, "other", s.log)
		s.must(err)
		ctx, stop := context.WithCancel(s.ctx)
		var running, writing sync.WaitGroup
		running.Go(func() { s.program.webhook.Run(ctx) })
		running.Go(func() { other.Run(ctx) })
		running.Go(func() { s.webhookFollower().Run(ctx) })
		const inquiries, edits = 6, 12
		for i := range inquiries {
			writing.Go(func() {
				q := s.memo(domain.Party{Phone: fmt.Sprintf("010-1111-22%02d", i)}, "one").InquiryID
				for n := range edits {
					p := domain.Priorities[1+n%2*2]
					if _, err := s.desk.Edit(s.ctx, q, 0, desk.Patch{Priority: &p, Tags: &[]string{fmt.Sprint(n)}}); err != nil {
						s.Error(err)
					}
				}
			})
		}
		writing.Wait()
		for deadline := time.Now().Add(30 * time.Second); len(h.deliveries(w.ID, domain.DeliveryDelivered)) < inquiries*(1+edits); {
			if time.Now().After(deadline) {
				s.Fatalf("%d of %d told; %+v wait", len(h.deliveries(w.ID, domain.DeliveryDelivered)), inquiries*(1+edits), h.deliveries(w.ID, domain.DeliveryWaiting))
			}
			time.Sleep(20 * time.Millisecond)
		}
		stop()
		running.Wait()
		told := map[string][]string{}
		for _, x := range h.took() {
			told[*x.event.Data.InquiryID] = append(told[*x.event.Data.InquiryID], x.id)
		}
		want := map[string][]string{}
		for _, e := range s.events() {
			if strings.HasPrefix(e.Type, "inquiry.") {
				want[e.InquiryID] = append(want[e.InquiryID], e.ID)
			}
		}
		for q, ids := range want {
			if !slices.Equal(told[q], ids) {
				s.Errorf("inquiry %s was told in another order, or not once each:\n%v\n%v", q, told[q], ids)
			}
		}
	})
}
