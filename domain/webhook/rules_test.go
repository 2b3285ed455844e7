package webhook

import (
	"context"
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"sori/domain"
)

func TestWants(t *testing.T) {
	t.Parallel()
	created := &domain.Event{Type: "inquiry.created"}
	moved := &domain.Event{Type: "inquiry.assigned", Data: map[string]any{"queue": map[string]any{"before": "vip", "after": "other"}}}
	test := &domain.Event{Type: domain.EventWebhookTest, Subject: domain.Ref{Kind: "webhook", ID: "whk_1"}}
	for name, x := range map[string]struct {
		events, queues []string
		e              *domain.Event
		queue          string
		want           bool
	}{
		"all":               {nil, nil, created, "", true},
		"star":              {[]string{"*"}, nil, created, "", true},
		"noun":              {[]string{"inquiry.*"}, nil, created, "", true},
		"exact":             {[]string{"inquiry.created"}, nil, created, "", true},
		"another":           {[]string{"inquiry.resolved", "customer.*"}, nil, created, "", false},
		"part of a noun":    {[]string{"inq.*"}, nil, created, "", false},
		"in the queue":      {nil, []string{"vip"}, created, "vip", true},
		"in another queue":  {nil, []string{"vip"}, created, "other", false},
		"in no queue":       {nil, []string{"vip"}, created, "", false},
		"leaving the queue": {nil, []string{"vip"}, moved, "other", true},
		"its own test":      {[]string{"customer.*"}, []string{"vip"}, test, "", true},
	} {
		w := &domain.Webhook{Doc: domain.Doc{ID: "whk_1"}, Events: x.events, Queues: x.queues}
		if got := wants(w, x.e, x.queue); got != x.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if wants(&domain.Webhook{Doc: domain.Doc{ID: "whk_2"}}, test, "") {
		t.Error("the test of another webhook")
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]bool{
		"*": true, "inquiry.*": true, "inquiry.created": true, "apikey.created": true, "customer.identity_conflict": true,
		"": false, "inquiry": false, "*.created": false, "inquiry.**": false, "inquiry.created.now": false, "in quiry.*": false, ".*": false,
	} {
		if got := goodFilter(filter); got != want {
			t.Errorf("%q: %v", filter, got)
		}
	}
}

func TestRotated(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	at := func(h int) *time.Time { x := now.Add(time.Duration(h) * time.Hour); return &x }
	before := []domain.WebhookSecret{{}, {EndsAt: at(2)}, {EndsAt: at(30)}, {EndsAt: at(-1)}}
	got := rotated(before, domain.WebhookSecret{CreatedAt: now}, now, now.Add(24*time.Hour))
	if len(got) != 4 || !got[0].CreatedAt.Equal(now) || got[0].EndsAt != nil || !got[1].EndsAt.Equal(*at(24)) || !got[2].EndsAt.Equal(*at(2)) || !got[3].EndsAt.Equal(*at(24)) {
		t.Errorf("%+v", got)
	}
	if got := rotated(before, domain.WebhookSecret{}, now, now); len(got) != 1 {
		t.Errorf("%d sign after an overlap of nothing", len(got))
	}
	for range 10 {
		got = rotated(got, domain.WebhookSecret{}, now, now.Add(time.Hour))
	}
	if len(got) != maxSecrets {
		t.Errorf("%d secrets", len(got))
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	now := time.Now()
	spent := time.Duration(0)
	for try := 1; try <= len(backoff); try++ {
		at, ok := outcome{status: 500}.next(try, now)
		wait := at.Sub(now)
		if least := backoff[try-1]; !ok || wait < least || wait > least+least/10 {
			t.Errorf("try %d: %s", try, wait)
		}
		spent += backoff[try-1]
	}
	if _, ok := (outcome{status: 500}).next(len(backoff)+1, now); ok || spent < 3*24*time.Hour {
		t.Errorf("given up after %s: %v", spent, !ok)
	}
	if at, _ := (outcome{status: 429, retryAfter: time.Hour}).next(1, now); at.Sub(now) != time.Hour {
		t.Errorf("%s", at.Sub(now))
	}
	if at, _ := (outcome{status: 429, retryAfter: 30 * 24 * time.Hour}).next(1, now); at.Sub(now) != 24*time.Hour {
		t.Errorf("%s", at.Sub(now))
	}
	if _, ok := (outcome{err: errGone}).next(1, now); ok {
		t.Error("an event that is gone is tried again")
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, x := range map[string]struct {
		o     outcome
		state domain.DeliveryState
		tries int
		fault string
	}{
		"delivered":   {outcome{status: 202}, domain.DeliveryDelivered, 1, ""},
		"redirected":  {outcome{status: 301}, domain.DeliveryWaiting, 1, "answered 301: redirects are not followed"},
		"refused":     {outcome{status: 400}, domain.DeliveryWaiting, 1, "answered 400 Bad Request"},
		"gone":        {outcome{status: http.StatusGone}, domain.DeliveryWaiting, 1, "answered 410 Gone"},
		"no answer":   {outcome{err: context.DeadlineExceeded}, domain.DeliveryWaiting, 1, context.DeadlineExceeded.Error()},
		"cut short":   {outcome{err: context.Canceled, cut: true}, domain.DeliveryWaiting, 0, context.Canceled.Error()},
		"too early":   {outcome{err: errEarly}, domain.DeliveryWaiting, 0, errEarly.Error()},
		"lost event":  {outcome{err: errGone}, domain.DeliveryFailed, 1, errGone.Error()},
		"informative": {outcome{status: 199}, domain.DeliveryWaiting, 1, "answered 199 "},
	} {
		d := &domain.WebhookDelivery{State: domain.DeliveryWaiting, Tries: 1, Attempts: []domain.WebhookAttempt{{At: now}}}
		x.o.record(d, now)
		if d.State != x.state || d.Tries != x.tries || d.Attempts[0].Error != x.fault || d.Attempts[0].EndedAt == nil {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// plainVault keeps nothing secret.
type plainVault struct{ domain.Vault }

func (plainVault) OpenBytes(sealed []byte) ([]byte, error) { return sealed, nil }

// TestSign holds a signature to the example that the specification's libraries are tested by.
func TestSign(t *testing.T) {
	t.Parallel()
	key, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	s := New(Deps{Vault: plainVault{}})
	w := &domain.Webhook{Secrets: []domain.WebhookSecret{{Sealed: key}}}
	got, err := s.sign(w, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
}
