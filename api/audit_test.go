package api_test

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"sori/domain"
)

// TestAudit: who did what is found by each field, in pages, and exported; nothing in it looks like a person.
func TestAudit(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	before := time.Now()
	id := d.received(nil).at("inquiry", "id")
	d.ask("PATCH", "/v1/inquiries/"+id, object{"priority": "high"}, "Authorization", "Bearer agent").want(200)
	d.ask("POST", "/v1/rules", object{"conditions": object{"senders": []string{"hong@mail.test"}, "contains": []string{"010-1234-5678", "900101-1234568"}}}).want(201)
	list := func(query string) []any {
		t.Helper()
		return d.ask("GET", "/v1/audit?"+query, nil).want(200).fields()["items"].([]any)
	}
	got := list("actor=agent")
	if len(got) != 1 || fmt.Sprint(got[0].(object)["data"]) != "map[priority:map[after:high before:normal]]" || got[0].(object)["actor"].(object)["id"] != "agent" {
		t.Fatalf("%v", got)
	}
	made := list("type=rule.created")[0].(object)
	if text := fmt.Sprint(made["data"]); strings.Contains(text, "hong@") || strings.Contains(text, "1234-5678") || strings.Contains(text, "234568") || !strings.Contains(text, "h***@mail.test") {
		t.Errorf("%s", text)
	}
	span := "from=" + url.QueryEscape(before.Add(-time.Second).UTC().Format(time.RFC3339)) + "&to=" + url.QueryEscape(time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	for query, want := range map[string]string{
		"inquiry=" + id:                                "inquiry.updated interaction.received inquiry.created",
		"subject=" + id:                                "inquiry.updated inquiry.created",
		"type=inquiry.*":                               "inquiry.updated inquiry.created",
		"inquiry=" + id + "&actor=admin":               "interaction.received inquiry.created",
		"inquiry=" + id + "&type=inquiry.created":      "inquiry.created",
		"actor=nobody":                                 "",
		span + "&type=inquiry.*":                       "inquiry.updated inquiry.created",
		"inquiry=" + id + "&" + span:                   "inquiry.updated interaction.received inquiry.created",
		"type=inquiry.created&to=2020-01-01T00:00:00Z": "",
	} {
		var types []string
		for _, e := range list(query) {
			types = append(types, e.(object)["type"].(string))
		}
		if strings.Join(types, " ") != want {
			t.Errorf("%s: %v", query, types)
		}
	}
	var paged []string
	for cursor, more := "", true; more; {
		page := d.ask("GET", "/v1/audit?limit=2&"+span+"&cursor="+url.QueryEscape(cursor), nil).want(200).fields()
		for _, e := range page["items"].([]any) {
			paged = append(paged, e.(object)["id"].(string))
		}
		cursor, more = page["nextCursor"].(string)
		d.received(object{"from": object{"phone": "010-9999-0000"}}) // the feed grows meanwhile
	}
	if whole := list(span + "&limit=200"); len(paged) < 4 || len(whole) <= len(paged) {
		t.Errorf("%d in pages, %d at once", len(paged), len(whole))
	}
	d.ask("GET", "/v1/audit?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", nil).wantCode(422, domain.Invalid)
	d.ask("GET", "/v1/audit?cursor=1-2~x&"+span, nil).wantCode(422, domain.Invalid)
	d.ask("GET", "/v1/audit", nil, "Authorization", "Bearer agent").wantCode(403, domain.Forbidden)

	lines := strings.Split(strings.TrimSpace(string(d.ask("GET", "/v1/audit/export?inquiry="+id, nil).want(200).body)), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], `"inquiry.updated"`) {
		t.Errorf("%v", lines)
	}
	rows, err := csv.NewReader(strings.NewReader(string(d.ask("GET", "/v1/audit/export?format=csv&inquiry="+id, nil).want(200).body))).ReadAll()
	if err != nil || len(rows) != 4 || rows[0][2] != "type" || rows[3][2] != "inquiry.created" {
		t.Errorf("%v, %v", rows, err)
	}
}
