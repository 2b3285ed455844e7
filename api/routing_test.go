package api_test

import (
	"testing"

	"sori/domain"
)

// desked makes an agent and gives its id. The token "agent" is the agent's.
func (d *door) desked() string {
	d.Helper()
	return d.ask("POST", "/v1/agents", object{"key": "agent", "name": "상담"}).want(201).at("id")
}

func TestPresence(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	id := d.desked()
	path := "/v1/agents/" + id + "/presence"
	if got := d.ask("GET", path, nil).want(200).at("state"); got != "offline" {
		t.Errorf("state %s before anything was said", got)
	}
	if got := d.ask("PUT", path, object{"state": "online"}, "Authorization", "Bearer agent").want(200).at("agentId"); got != id {
		t.Errorf("agentId %s", got)
	}
	d.ask("PUT", path, object{"state": "asleep"}).wantCode(422, domain.Invalid)
	d.ask("PUT", path, object{"state": "away"}, "Authorization", "Bearer supervisor").want(200)
	d.ask("PUT", path, object{"state": "away"}, "Authorization", "Bearer integration").wantCode(403, domain.Forbidden)
	d.ask("PUT", "/v1/agents/agt_none/presence", object{"state": "away"}).wantCode(404, domain.NotFound)
	d.ask("POST", "/v1/agents/"+id+"/heartbeat", object{}, "Authorization", "Bearer agent").want(200)
	list := d.ask("GET", "/v1/presences?state=away", nil).want(200).fields()["items"].([]any)
	if len(list) != 1 {
		t.Errorf("%d are away", len(list))
	}
	d.ask("GET", "/v1/presences?state=gone", nil).want(422)
}

// TestRoutingDoor takes an inquiry from its queue to an agent over HTTP, by offer and by asking.
func TestRoutingDoor(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	id := d.desked()
	queue := d.ask("POST", "/v1/queues", object{"key": "calls", "offerSeconds": 30}).want(201).at("id")
	d.ask("POST", "/v1/routes", object{"key": "memos", "conditions": object{"channels": []string{"memo"}}, "steps": []object{{"queue": "calls", "priority": 5}}}).want(201)
	d.ask("PUT", "/v1/agents/"+id+"/presence", object{"state": "online"}, "Authorization", "Bearer agent").want(200)
	first, second := d.received(nil).at("inquiry", "id"), d.received(nil).at("inquiry", "id")
	d.route()
	place := d.ask("GET", "/v1/inquiries/"+first+"/placement", nil).want(200)
	if place.at("state") != "offered" || place.at("offer", "agent") != "agent" || place.at("route") != "memos" {
		t.Fatalf("%s", place.body)
	}
	d.ask("POST", "/v1/inquiries/"+first+"/offer/accept", object{}, "Authorization", "Bearer supervisor").wantCode(409, domain.Conflict)
	if got := d.ask("POST", "/v1/inquiries/"+first+"/offer/accept", object{}, "Authorization", "Bearer agent").want(200).at("assignee"); got != "agent" {
		t.Errorf("assignee %s", got)
	}
	d.ask("POST", "/v1/inquiries/"+second+"/offer/reject", object{"reason": "회의 중"}, "Authorization", "Bearer agent").want(200)
	d.ask("GET", "/v1/inquiries/"+first+"/placement", nil).wantCode(404, domain.NotFound)
	stats := d.ask("GET", "/v1/queues/"+queue+"/stats", nil).want(200).fields()
	if stats["waiting"] != 1.0 || stats["online"] != 1.0 || stats["free"] != 1.0 {
		t.Errorf("%v", stats)
	}
	if got := d.ask("GET", "/v1/agents/"+id+"/workload", nil).want(200).fields()["used"]; got != 10.0 {
		t.Errorf("used %v", got)
	}
	next := "/v1/queues/" + queue + "/next"
	if got := d.ask("POST", next, object{}, "Authorization", "Bearer agent").want(200).fields()["inquiry"]; got != nil {
		t.Errorf("got %v, which the agent has refused", got)
	}
	third := d.received(nil).at("inquiry", "id")
	d.ask("PUT", "/v1/agents/"+id+"/presence", object{"state": "away"}, "Authorization", "Bearer agent").want(200)
	d.route()
	key := []string{"Authorization", "Bearer agent", "Idempotency-Key", "next-1"}
	for range 2 { // the same request once more is the same answer, not one more inquiry
		if got := d.ask("POST", next, object{}, key...).want(200).at("inquiry", "id"); got != third {
			t.Errorf("got %s", got)
		}
	}
	d.ask("POST", next, object{}, "Authorization", "Bearer supervisor").wantCode(409, domain.Conflict)
	d.ask("POST", "/v1/queues/que_none/next", object{}, "Authorization", "Bearer agent").wantCode(404, domain.NotFound)
}

// route lets routing see the feed, and give out.
func (d *door) route() {
	d.Helper()
	ctx := domain.WithActor(d.Context(), domain.System("test"))
	events, err := domain.Events.Find(ctx, d.store, domain.Query{Index: domain.SeqIndex})
	if err != nil {
		d.Fatal(err)
	}
	if err := d.deps.Routing.Follow(ctx, events); err != nil {
		d.Fatal(err)
	}
	if _, err := d.deps.Routing.Turn(ctx); err != nil {
		d.Fatal(err)
	}
}

func TestRoutingSettings(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	path := "/v1/routing/settings"
	if a := d.ask("GET", path, nil).want(200); a.header.Get("ETag") != "" || a.fields()["missedOffers"] != 2.0 {
		t.Errorf("%s", a.body)
	}
	a := d.ask("PATCH", path, object{"reserved": []object{{"tiers": []string{"vip"}, "share": 0.2}}}).want(200)
	d.ask("PATCH", path, object{"keepAgent": true}, "If-Match", a.header.Get("ETag")).want(200)
	d.ask("PATCH", path, object{"keepAgent": false}, "If-Match", a.header.Get("ETag")).wantCode(412, domain.Stale)
	faults := d.ask("PATCH", path, object{
		"reserved": []object{{"tiers": []string{"vip"}, "share": 0.5}, {"tiers": []string{}, "share": 0.6}}, "weights": []object{{"channel": "email", "weight": -1}}, "missedOffers": 101,
	}).wantCode(422, domain.Invalid).faults()
	for _, field := range []string{"reserved", "reserved.1.tiers", "weights.0.weight", "missedOffers"} {
		if faults[field] == "" {
			t.Errorf("%s is not at fault: %v", field, faults)
		}
	}
	d.ask("PATCH", path, object{"keepAgent": true}, "Authorization", "Bearer agent").wantCode(403, domain.Forbidden)
}

func TestSimulationDoor(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.desked()
	given := []object{{"at": "2026-11-23T00:00:00Z", "channel": "phone", "tier": "vip"}, {"at": "2026-11-23T00:01:00Z", "channel": "phone"}}
	a := d.ask("POST", "/v1/routing/simulate", object{
		"inquiries": given, "queues": []object{{"key": "gold"}}, "routes": []object{{"key": "vip", "conditions": object{"tiers": []string{"vip"}}, "steps": []object{{"queue": "gold"}}}},
		"agents": []object{{"key": "a", "skills": []object{{"skill": "x", "level": 3}}}}, "settings": object{"reserved": []object{}}, "handling": []object{{"channel": "phone", "seconds": 100}},
	}).want(200)
	report := a.fields()["report"].(object)
	if all := report["all"].(object); all["served"] != 2.0 || all["maxSeconds"] != 40.0 {
		t.Errorf("%v", all)
	}
	if queues := report["queues"].([]any); len(queues) != 2 || queues[1].(object)["name"] != "gold" {
		t.Errorf("%v", queues)
	}
	d.ask("GET", "/v1/routing/simulations/"+a.at("id"), nil).want(200)
	begun := d.ask("POST", "/v1/routing/simulate", object{"from": "2026-11-22T00:00:00Z", "to": "2026-11-23T00:00:00Z"}).want(202)
	if begun.at("state") != "running" {
		t.Errorf("%s", begun.body)
	}
	if items := d.ask("GET", "/v1/routing/simulations", nil).want(200).fields()["items"].([]any); len(items) != 2 {
		t.Errorf("%d simulations", len(items))
	}
	d.ask("POST", "/v1/routing/simulate", object{}).wantCode(422, domain.Invalid)
	d.ask("GET", "/v1/routing/simulations/sim_none", nil).wantCode(404, domain.NotFound)
}
