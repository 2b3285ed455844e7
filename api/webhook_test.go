package api_test

import (
	"strings"
	"testing"
	"time"

	"sori/domain"
)

// public is an address that is nobody's machine, and on the public internet as far as rules go.
const public = "https://1.1.1.1/hook"

func TestWebhooks(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	draft := object{"url": public, "name": "CRM", "events": []string{"inquiry.*", "interaction.received"}}
	made := d.ask("POST", "/v1/webhooks", draft, "Idempotency-Key", "k").want(201)
	secret, path := made.at("secret"), "/v1/webhooks/"+made.at("webhook", "id")
	if again := d.ask("POST", "/v1/webhooks", draft, "Idempotency-Key", "k").want(201).fields(); again["secret"] != nil || again["webhook"].(object)["id"] != made.at("webhook", "id") {
		t.Errorf("%v", again)
	}
	one := d.ask("GET", path, nil).want(200)
	rotated := d.ask("POST", path+"/rotate-secret", object{"overlapSeconds": 60}).want(200)
	if keys := rotated.fields()["webhook"].(object)["secrets"].([]any); len(keys) != 2 || rotated.at("secret") == secret || !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("%v", keys)
	}
	d.ask("PATCH", path, object{"name": nil}, "If-Match", one.header.Get("ETag")).wantCode(412, domain.Stale)
	edited := d.ask("PATCH", path, object{"name": nil, "queues": []string{"vip"}}).want(200)
	if got := edited.fields(); got["name"] != nil || got["queues"].([]any)[0] != "vip" || got["state"] != "active" {
		t.Errorf("%v", got)
	}
	for _, a := range []answer{one, edited, d.ask("GET", "/v1/webhooks", nil).want(200)} {
		if strings.Contains(string(a.body), "whsec_") || strings.Contains(string(a.body), "sealed") {
			t.Errorf("a secret is told: %s", a.body)
		}
	}
	d.ask("POST", path+"/resume", nil).wantCode(409, domain.Conflict)
	if got := d.ask("POST", path+"/pause", object{}).want(200).fields(); got["state"] != "paused" || got["reason"] != "manual" || got["pausedAt"] == nil {
		t.Errorf("%v", got)
	}
	d.ask("POST", path+"/test", nil).wantCode(409, domain.Conflict)
	d.ask("POST", path+"/resume", nil).want(200)
	d.ask("DELETE", path, nil).want(200)
	d.ask("GET", path, nil).wantCode(404, domain.NotFound)
}

func TestWebhooksThatCannotBe(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for name, x := range map[string]struct {
		body        object
		field, rule string
	}{
		"plain":         {object{"url": "http://1.1.1.1/"}, "url", "scheme"},
		"loopback":      {object{"url": "https://127.0.0.1/"}, "url", "address"},
		"by name":       {object{"url": "https://localhost/"}, "url", "address"},
		"metadata":      {object{"url": "https://169.254.169.254/latest"}, "url", "address"},
		"with a user":   {object{"url": "https://me:pass@1.1.1.1/"}, "url", "format"},
		"no address":    {object{"url": "hello"}, "url", "format"},
		"script":        {object{"url": "javascript:alert(1)"}, "url", "format"},
		"unknown event": {object{"url": public, "events": []string{"inquiry.created", "everything!"}}, "events.1", "format"},
	} {
		if got := d.ask("POST", "/v1/webhooks", x.body).wantCode(422, domain.Invalid).faults(); got[x.field] != x.rule {
			t.Errorf("%s: %v", name, got)
		}
	}
	d.ask("GET", "/v1/webhooks", nil, "Authorization", "Bearer supervisor").wantCode(403, domain.Forbidden)
}

// TestWebhookDeliveries: what is to be sent is seen, and sent once more.
func TestWebhookDeliveries(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	path := "/v1/webhooks/" + d.ask("POST", "/v1/webhooks", object{"url": public}).want(201).at("webhook", "id")
	tried := d.ask("POST", path+"/test", nil).want(202)
	one := path + "/deliveries/" + tried.at("id")
	if got := d.ask("GET", one, nil).want(200).fields(); got["type"] != "webhook.test" || got["state"] != "waiting" || got["nextAt"] == nil || got["tries"] != 0.0 {
		t.Errorf("%v", got)
	}
	if items := d.ask("GET", path+"/deliveries?state=waiting", nil).want(200).fields()["items"].([]any); len(items) != 1 || items[0].(object)["id"] != tried.at("id") {
		t.Errorf("%v", items)
	}
	if items := d.ask("GET", path+"/deliveries?state=failed", nil).want(200).fields()["items"].([]any); len(items) != 0 {
		t.Errorf("%v", items)
	}
	d.ask("GET", path+"/deliveries?state=lost", nil).wantCode(422, domain.Invalid)
	d.ask("POST", one+"/retry", nil).want(202)
	other := "/v1/webhooks/" + d.ask("POST", "/v1/webhooks", object{"url": public}).want(201).at("webhook", "id")
	d.ask("GET", other+"/deliveries/"+tried.at("id"), nil).wantCode(404, domain.NotFound)
	d.ask("POST", other+"/deliveries/"+tried.at("id")+"/retry", nil).wantCode(404, domain.NotFound)

	replayed := d.ask("POST", path+"/replay", object{"from": time.Now().Add(-time.Hour), "to": time.Now()}).want(202)
	if replayed.at("webhookId") == "" || replayed.at("until") == "" {
		t.Errorf("%s", replayed.body)
	}
	d.ask("POST", path+"/replay", object{"after": "77-beef"}).wantCode(422, domain.Invalid)
	d.ask("POST", path+"/replay", object{"from": time.Now(), "to": time.Now().Add(-time.Hour)}).wantCode(422, domain.Invalid)
	d.ask("POST", path+"/rotate-secret", object{"overlapSeconds": -1}).wantCode(422, domain.Invalid)
}
