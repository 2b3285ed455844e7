package api_test

import (
	"fmt"
	"testing"

	"sori/domain"
)

func TestRules(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.typed("refund")
	made := d.ask("POST", "/v1/rules", object{
		"name": "refunds", "order": 10, "conditions": object{"channels": []string{"memo"}, "contains": []string{"환불"}, "time": object{"zone": "Asia/Seoul"}},
		"actions": object{"type": "refund", "tags": []string{"money"}, "priority": "high", "stop": true},
	}).want(201)
	path := "/v1/rules/" + made.at("id")
	got := d.ask("GET", path, nil).want(200).fields()
	if fmt.Sprint(got["conditions"].(object)["time"]) != "map[days:[] from:<nil> to:<nil> zone:Asia/Seoul]" || got["actions"].(object)["priority"] != "high" || got["active"] != true {
		t.Errorf("%v", got)
	}
	early := d.ask("POST", "/v1/rules", object{"name": "first", "order": -1, "actions": object{"tags": []string{"seen"}}}).want(201)
	var page struct{ Items []struct{ Name string } }
	d.ask("GET", "/v1/rules", nil).want(200).decode(&page)
	if fmt.Sprint(page.Items) != "[{first} {refunds}]" {
		t.Errorf("%v", page.Items)
	}
	for name, x := range map[string]struct {
		body        object
		field, rule string
	}{
		"bad regexp":          {object{"conditions": object{"regexp": "("}}, "conditions.regexp", "regexp"},
		"unknown channel":     {object{"conditions": object{"channels": []string{"pigeon"}}}, "conditions.channels.0", "enum"},
		"answer with nothing": {object{"actions": object{"answer": true}}, "actions.template", "required"},
		"unknown type":        {object{"actions": object{"type": "nothing"}}, "actions.type", "known"},
		"nowhere":             {object{"conditions": object{"time": object{"zone": "Mars/Base"}}}, "conditions.time.zone", "zone"},
	} {
		if got := d.ask("POST", "/v1/rules", x.body).wantCode(422, domain.Invalid).faults(); got[x.field] != x.rule {
			t.Errorf("%s: %v", name, got)
		}
	}
	edited := d.ask("PATCH", path, object{"conditions": object{"tiers": []string{"vip"}}, "order": 3}, "If-Match", made.header.Get("ETag")).want(200).fields()
	if c := edited["conditions"].(object); len(c["channels"].([]any)) != 0 || fmt.Sprint(c["tiers"]) != "[vip]" || edited["actions"].(object)["type"] != "refund" {
		t.Errorf("%v", edited)
	}
	d.ask("PATCH", path, object{"active": false}, "If-Match", made.header.Get("ETag")).wantCode(412, domain.Stale)
	if got := d.ask("DELETE", "/v1/rules/"+early.at("id"), nil).want(200).at("id"); got != early.at("id") {
		t.Error(got)
	}
	d.ask("GET", "/v1/rules/"+early.at("id"), nil).wantCode(404, domain.NotFound)
}

// TestRulesAreTriedDry on a message that came and on one that is described, with the rules in force and with others.
func TestRulesAreTriedDry(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.typed("refund")
	d.ask("POST", "/v1/rules", object{"name": "refunds", "conditions": object{"contains": []string{"환불"}}, "actions": object{"type": "refund"}}).want(201)
	interaction := d.received(nil).at("interaction", "id")
	type result struct {
		Rules []struct {
			RuleID, Missed *string
			Fired          bool
		}
		Actions struct{ Type, Queue *string }
	}
	var got result
	d.ask("POST", "/v1/rules/dry-run", object{"interactionId": interaction}).want(200).decode(&got)
	if len(got.Rules) != 1 || !got.Rules[0].Fired || got.Rules[0].RuleID == nil || *got.Actions.Type != "refund" {
		t.Errorf("%+v", got)
	}
	got = result{}
	d.ask("POST", "/v1/rules/dry-run", object{"rules": []any{object{"name": "x", "actions": object{"queue": "nowhere"}}}}).wantCode(422, domain.Invalid)
	for _, queue := range []string{"mail", "chat"} {
		d.ask("POST", "/v1/queues", object{"key": queue, "name": queue}).want(201)
	}
	d.ask("POST", "/v1/rules/dry-run", object{"channel": "chat", "text": "안녕하세요", "rules": []any{
		object{"name": "mail", "conditions": object{"channels": []string{"email"}}, "actions": object{"queue": "mail"}},
		object{"name": "chat", "order": 1, "conditions": object{"channels": []string{"chat"}}, "actions": object{"queue": "chat"}},
	}}).want(200).decode(&got)
	if len(got.Rules) != 2 || got.Rules[0].Fired || *got.Rules[0].Missed != "channels" || !got.Rules[1].Fired || *got.Actions.Queue != "chat" || got.Rules[1].RuleID != nil {
		t.Errorf("%+v", got)
	}
	d.ask("POST", "/v1/rules/dry-run", object{"interactionId": interaction}, "Authorization", "Bearer admin+triage:read").wantCode(403, domain.Forbidden)
	d.ask("POST", "/v1/rules/dry-run", object{"interactionId": "int_01kaewrg4gx5bq8b8xcv0m2d3e"}).wantCode(404, domain.NotFound)
	d.ask("POST", "/v1/rules/dry-run", object{"rules": []any{object{"conditions": object{"regexp": "("}}}}).wantCode(422, domain.Invalid)
}
