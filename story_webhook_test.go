package main

import (
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
