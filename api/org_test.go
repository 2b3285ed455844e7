package api_test

import (
	"fmt"
	"strings"
	"testing"

	"sori/domain"
)

// TestOrganisation goes through the life of each noun: made, read, listed, changed, guarded, removed.
func TestEachNounOfTheOrganisation(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		path          string
		draft, patch  object
		changed       string
		agentsOnlyWay bool // is not removed
	}{
		{"teams", object{"key": "blue"}, object{"name": "청팀"}, "name", false},
		{"skills", object{"key": "danish"}, object{"name": "덴마크어"}, "name", false},
		{"calendars", object{"key": "nights", "zone": "Asia/Seoul", "week": []object{{"day": 0, "from": "00:00", "to": "24:00"}}}, object{"holidays": "KR"}, "holidays", false},
		{"queues", object{"key": "night", "teams": []string{"red"}, "calendar": "office"}, object{"strategy": "least_loaded"}, "strategy", false},
		{"agents", object{"key": "lee", "teams": []string{"red"}, "skills": []object{{"skill": "english", "level": 3}}}, object{"capacity": 50}, "capacity", true},
		{"routes", object{"key": "all", "steps": []object{{"queue": "default"}}}, object{"order": 7}, "order", false},
		{"sla-policies", object{"key": "all", "targets": []object{{"clock": "resolution", "seconds": 60}}}, object{"active": false}, "active", false},
		{"shifts", object{"agent": "kim", "from": "2026-11-23T00:00:00Z", "to": "2026-11-23T09:00:00Z"}, object{"queues": []string{"default"}}, "queues", false},
	} {
		t.Run(x.path, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			d.organised()
			made := d.ask("POST", "/v1/"+x.path, x.draft, "Idempotency-Key", "one").want(201)
			if again := d.ask("POST", "/v1/"+x.path, x.draft, "Idempotency-Key", "one").want(201); again.at("id") != made.at("id") {
				t.Error("made twice")
			}
			path := "/v1/" + x.path + "/" + made.at("id")
			if got := d.ask("GET", path, nil).want(200); got.at("id") != made.at("id") || got.header.Get("ETag") != made.header.Get("ETag") {
				t.Errorf("%s", got.body)
			}
			if list := d.ask("GET", "/v1/"+x.path, nil).want(200); !strings.Contains(string(list.body), made.at("id")) {
				t.Errorf("%s", list.body)
			}
			edited := d.ask("PATCH", path, x.patch, "If-Match", made.header.Get("ETag")).want(200).fields()
			if fmt.Sprint(edited[x.changed]) != fmt.Sprint(x.patch[x.changed]) {
				t.Errorf("%v", edited)
			}
			d.ask("PATCH", path, x.patch, "If-Match", made.header.Get("ETag")).wantCode(412, domain.Stale)
			if x.path != "shifts" {
				d.ask("POST", "/v1/"+x.path, x.draft).wantCode(409, domain.Duplicate)
			}
			d.ask("POST", "/v1/"+x.path, x.draft, "Authorization", "Bearer agent").wantCode(403, domain.Forbidden)
			if x.agentsOnlyWay {
				d.ask("DELETE", path, nil).wantCode(405, "method_not_allowed")
				d.ask("PATCH", path, object{"active": false}).want(200)
				return
			}
			d.ask("DELETE", path, nil).want(200)
			d.ask("GET", path, nil).wantCode(404, domain.NotFound)
			d.ask("DELETE", path, nil).wantCode(404, domain.NotFound)
		})
	}
}

// organised has a small organisation there.
func (d *door) organised() {
	d.Helper()
	d.ask("POST", "/v1/org/apply", `{"teams": [{"key": "red"}], "skills": [{"key": "english"}], "agents": [{"key": "kim", "teams": ["red"]}],
		"calendars": [{"key": "office", "zone": "Asia/Seoul", "week": [{"day": 1, "from": "09:00", "to": "12:00"}, {"day": 1, "from": "13:00", "to": "18:00"}]}]}`,
		"Content-Type", "application/yaml").want(200)
}

// TestOrganisationFaults names each field and the rule that it breaks.
func TestOrganisationFaults(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.organised()
	many := make([]string, 101)
	for i := range many {
		many[i] = fmt.Sprint("t", i)
	}
	week := func(parts ...object) object { return object{"key": "c", "zone": "Asia/Seoul", "week": parts} }
	route := func(steps ...object) object { return object{"key": "r", "steps": append([]object{}, steps...)} }
	policy := func(escalation object) object {
		return object{"key": "p", "targets": []object{{"clock": "resolution", "seconds": 60}}, "escalations": []object{escalation}}
	}
	for name, x := range map[string]struct {
		path        string
		body        object
		field, rule string
	}{
		"a key with spaces":        {"teams", object{"key": "a b"}, "key", "pattern"},
		"the key none":             {"queues", object{"key": "none"}, "key", "pattern"},
		"a key too long":           {"skills", object{"key": strings.Repeat("a", 101)}, "key", "pattern"},
		"a name too long":          {"teams", object{"key": "a", "name": strings.Repeat("a", 201)}, "name", "maxLength"},
		"an agent of no team":      {"agents", object{"key": "a", "teams": []string{"blue"}}, "teams.0", "known"},
		"an agent twice of a team": {"agents", object{"key": "a", "teams": []string{"red", "red"}}, "teams.1", "unique"},
		"an agent of many teams":   {"agents", object{"key": "a", "teams": many}, "teams", "maxItems"},
		"an unknown skill":         {"agents", object{"key": "a", "skills": []object{{"skill": "x", "level": 1}}}, "skills.0.skill", "known"},
		"a level too high":         {"agents", object{"key": "a", "skills": []object{{"skill": "english", "level": 11}}}, "skills.0.level", "range"},
		"no mail address":          {"agents", object{"key": "a", "email": "a@"}, "email", "format"},
		"a language that is none":  {"agents", object{"key": "a", "languages": []string{"Korean!"}}, "languages.0", "pattern"},
		"an agent as a visitor":    {"agents", object{"key": "a", "role": "visitor"}, "role", "enum"},
		"a scope beyond the role":  {"agents", object{"key": "a", "scopes": []string{"apikey:admin"}}, "scopes.0", "role"},
		"too much capacity":        {"agents", object{"key": "a", "capacity": 100_000}, "capacity", "range"},
		"a queue of nobody":        {"queues", object{"key": "q", "teams": []string{"blue"}}, "teams.0", "known"},
		"a queue without calendar": {"queues", object{"key": "q", "calendar": "gone"}, "calendar", "known"},
		"an offer of a day":        {"queues", object{"key": "q", "offerSeconds": 86400}, "offerSeconds", "range"},
		"hours that overlap":       {"calendars", week(object{"day": 1, "from": "09:00", "to": "12:00"}, object{"day": 1, "from": "11:59", "to": "13:00"}), "week.1", "overlap"},
		"hours over midnight":      {"calendars", week(object{"day": 1, "from": "22:00", "to": "06:00"}), "week.0.to", "range"},
		"an eighth day":            {"calendars", week(object{"day": 7, "from": "09:00", "to": "10:00"}), "week.0.day", "range"},
		"9 o'clock":                {"calendars", week(object{"day": 1, "from": "9:00", "to": "10:00"}), "week.0.from", "format"},
		"the zone Local":           {"calendars", object{"key": "c", "zone": "Local", "week": []object{}}, "zone", "zone"},
		"holidays of nowhere":      {"calendars", object{"key": "c", "zone": "Asia/Seoul", "week": []object{}, "holidays": "ZZ"}, "holidays", "enum"},
		"30 February":              {"calendars", object{"key": "c", "zone": "Asia/Seoul", "week": []object{}, "overrides": []object{{"date": "2026-02-30"}}}, "overrides.0.date", "format"},
		"a route without steps":    {"routes", route(), "steps", "items"},
		"a step to nowhere":        {"routes", route(object{"queue": "gone"}), "steps.0.queue", "known"},
		"an agent and a team":      {"routes", route(object{"queue": "default", "agent": "kim", "team": "red"}), "steps.0.team", "conflict"},
		"a priority of 101":        {"routes", route(object{"queue": "default", "priority": 101}), "steps.0.priority", "range"},
		"a need that is unknown":   {"routes", route(object{"queue": "default", "skills": []object{{"skill": "x", "level": 1}}}), "steps.0.skills.0.skill", "known"},
		"an unknown type":          {"routes", object{"key": "r", "conditions": object{"types": []string{"x"}}, "steps": []object{{"queue": "default"}}}, "conditions.types.0", "known"},
		"an unknown account":       {"routes", object{"key": "r", "conditions": object{"accounts": []string{"x"}}, "steps": []object{{"queue": "default"}}}, "conditions.accounts.0", "known"},
		"a policy without targets": {"sla-policies", object{"key": "p", "targets": []object{}}, "targets", "required"},
		"a warning at once":        {"sla-policies", object{"key": "p", "targets": []object{{"clock": "resolution", "seconds": 60, "warnSeconds": 60}}}, "targets.0.warnSeconds", "range"},
		"a clock twice":            {"sla-policies", object{"key": "p", "targets": []object{{"clock": "resolution", "seconds": 6}, {"clock": "resolution", "seconds": 7}}}, "targets.1.clock", "unique"},
		"an escalation of nothing": {"sla-policies", policy(object{"at": "breach"}), "escalations.0", "required"},
		"an escalation to nobody":  {"sla-policies", policy(object{"at": "breach", "notify": []string{"lee"}}), "escalations.0.notify.0", "known"},
		"a shift of nobody":        {"shifts", object{"agent": "lee", "from": "2026-11-23T00:00:00Z", "to": "2026-11-23T09:00:00Z"}, "agent", "known"},
		"a shift backwards":        {"shifts", object{"agent": "kim", "from": "2026-11-23T09:00:00Z", "to": "2026-11-23T00:00:00Z"}, "to", "range"},
		"a shift of two days":      {"shifts", object{"agent": "kim", "from": "2026-11-23T00:00:00Z", "to": "2026-11-24T00:00:01Z"}, "to", "range"},
	} {
		if got := d.ask("POST", "/v1/"+x.path, x.body).wantCode(422, domain.Invalid).faults(); got[x.field] != x.rule {
			t.Errorf("%s: %v", name, got)
		}
	}
	d.ask("PATCH", "/v1/queues/"+d.defaultQueue(), object{"active": false}).wantCode(422, domain.Invalid)
	d.ask("DELETE", "/v1/queues/"+d.defaultQueue(), nil).wantCode(409, domain.Conflict)
}

func (d *door) defaultQueue() string {
	d.Helper()
	var page struct{ Items []struct{ ID, Key string } }
	d.ask("GET", "/v1/queues", nil).want(200).decode(&page)
	for _, q := range page.Items {
		if q.Key == domain.DefaultQueue {
			return q.ID
		}
	}
	d.Fatal("a new store has no default queue")
	return ""
}

func TestOrganisationLists(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.organised()
	for i := range 3 {
		d.ask("POST", "/v1/agents", object{"key": fmt.Sprint("a", i), "teams": []string{"red"}}).want(201)
	}
	count := func(query string) int {
		var page struct{ Items []object }
		d.ask("GET", query, nil).want(200).decode(&page)
		return len(page.Items)
	}
	for query, want := range map[string]int{
		"/v1/agents": 4, "/v1/agents?team=red": 4, "/v1/agents?team=red&active=false": 0, "/v1/agents?active=true&limit=2": 2, "/v1/agents?team=blue": 0,
		"/v1/shifts?agent=kim&from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z": 0, "/v1/routes": 0,
	} {
		if got := count(query); got != want {
			t.Errorf("%s gives %d, wanted %d", query, got, want)
		}
	}
	d.ask("GET", "/v1/agents?active=perhaps", nil).wantCode(422, domain.Invalid)
	d.ask("GET", "/v1/shifts?from=2026-11-24T00:00:00Z&to=2026-11-23T00:00:00Z", nil).wantCode(422, domain.Invalid)
}

func TestCalendarHours(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.organised()
	var list struct{ Items []struct{ ID string } }
	d.ask("GET", "/v1/calendars", nil).want(200).decode(&list)
	path := "/v1/calendars/" + list.Items[0].ID + "/hours"
	got := d.ask("GET", path+"?from=2026-11-23T01:00:00Z&to=2026-11-30T00:00:00Z", nil).want(200).fields()
	if fmt.Sprint(got["items"]) != "[map[from:2026-11-23T01:00:00Z to:2026-11-23T03:00:00Z] map[from:2026-11-23T04:00:00Z to:2026-11-23T09:00:00Z]]" {
		t.Errorf("%v", got)
	}
	d.ask("GET", path, nil).wantCode(422, domain.Invalid)
	d.ask("GET", path+"?from=2026-11-23T01:00:00Z&to=2028-11-30T00:00:00Z", nil).wantCode(422, domain.Invalid)
	d.ask("GET", path+"?from=2026-11-23T01:00:00Z&to=2026-11-23T01:00:00Z", nil).wantCode(422, domain.Invalid)
}

// TestOrganisationDocument through the door: tried, applied, exported, applied again.
func TestOrganisationDocument(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	const yaml = "application/yaml"
	const document = "teams:\n  - key: refunds\n    name: 환불팀\nqueues:\n  - {key: refunds, teams: [refunds]}\n"
	plan := d.ask("POST", "/v1/org/apply?dryRun=true", document, "Content-Type", yaml).want(200).fields()
	if plan["applied"] != false || plan["created"] != 2.0 || len(d.ask("GET", "/v1/teams", nil).want(200).fields()["items"].([]any)) != 0 {
		t.Errorf("%v", plan)
	}
	d.ask("POST", "/v1/org/apply", document, "Content-Type", yaml).want(200)
	exported := d.ask("GET", "/v1/org/export", nil).want(200)
	if exported.header.Get("Content-Type") != yaml || !strings.Contains(string(exported.body), "환불팀") {
		t.Errorf("%s", exported.body)
	}
	if again := d.ask("POST", "/v1/org/apply?prune=true", exported.body, "Content-Type", yaml).want(200).fields(); again["created"] != 0.0 || again["updated"] != 0.0 || again["removed"] != 0.0 {
		t.Errorf("%v", again)
	}
	got := d.ask("POST", "/v1/org/apply", "teams:\n  - {key: x, colour: red}\nqueue: []\n", "Content-Type", yaml).wantCode(422, domain.Invalid)
	if f := got.faults(); f["teams.0.colour"] != "unknown" || f["queue"] != "unknown" || !strings.Contains(string(got.body), "line 2") {
		t.Errorf("%s", got.body)
	}
	d.ask("POST", "/v1/org/apply", "a: [", "Content-Type", yaml).wantCode(400, domain.Malformed)
	d.ask("POST", "/v1/org/apply", document, "Content-Type", "text/plain").wantCode(415, domain.Unsupported)
	d.ask("POST", "/v1/org/apply", document, "Content-Type", yaml, "Authorization", "Bearer agent").wantCode(403, domain.Forbidden)
}
