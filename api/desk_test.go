package api_test

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"sori/domain"
)

func TestEditsAreGuarded(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	path := "/v1/inquiries/" + d.received(nil).at("inquiry", "id")
	tag := d.ask("GET", path, nil).want(200).header.Get("ETag")
	edited := d.ask("PATCH", path, object{"priority": "high", "assignee": "kim", "custom": object{"a": 1, "b": "x"}}, "If-Match", tag).want(200)
	if edited.header.Get("ETag") == tag {
		t.Error("the ETag did not change")
	}
	d.ask("PATCH", path, object{"priority": "low"}, "If-Match", tag).wantCode(412, domain.Stale)
	d.ask("PATCH", path, object{"priority": "low"}, "If-Match", "nonsense").wantCode(412, domain.Stale)
	for _, action := range []string{"resolve", "assign"} {
		d.ask("POST", path+"/"+action, object{"assign": object{"agent": "x"}, "resolve": object{}}[action], "If-Match", tag).wantCode(412, domain.Stale)
	}
	got := d.ask("PATCH", path, object{"assignee": nil, "custom": object{"a": nil}}).want(200).fields() // unguarded
	if got["priority"] != "high" || got["assignee"] != nil || fmt.Sprint(got["custom"]) != "map[b:x]" {
		t.Errorf("%v", got)
	}
	d.ask("PATCH", path, object{"status": "closed"}).want(200)
	d.ask("PATCH", path, object{"status": "open"}).wantCode(409, domain.Conflict)
}

func TestAnInquiryIsWorked(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	path := "/v1/inquiries/" + d.received(object{"from": object{"email": "w@w.test"}}).at("inquiry", "id")
	note := d.ask("POST", path+"/notes", object{"text": "내부 메모", "mentions": []string{"kim"}}).want(201).fields()
	if note["direction"] != "internal" || note["author"].(object)["id"] != "admin" {
		t.Errorf("%v", note)
	}
	file := base64.StdEncoding.EncodeToString([]byte("%PDF-1.4"))
	reply := d.ask("POST", path+"/replies", object{"text": "처리했습니다", "attachments": []any{object{"name": "a.pdf", "contentType": "application/pdf", "content": file}}}).want(201)
	if got := d.ask("GET", "/v1/interactions/"+reply.at("id")+"/attachments/1", nil).want(200); string(got.body) != "%PDF-1.4" {
		t.Errorf("%q", got.body)
	}
	d.ask("POST", path+"/assign", object{"agent": "kim"}).want(200)
	d.ask("POST", path+"/assign", object{}).wantCode(422, domain.Invalid)
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second).Format(time.RFC3339)
	if got := d.ask("POST", path+"/snooze", object{"until": until}).want(200).fields(); got["status"] != "snoozed" || got["snoozedUntil"] != until {
		t.Errorf("%v", got)
	}
	for _, body := range []any{nil, "", object{}, object{"disposition": "refunded"}} {
		if got := d.ask("POST", path+"/resolve", body).want(200).fields(); got["statusCategory"] != "resolved" {
			t.Errorf("%v", got)
		}
		d.ask("POST", path+"/reopen", nil).want(200)
	}
	var page struct{ Items []struct{ Direction string } }
	d.ask("GET", path+"/interactions", nil).want(200).decode(&page)
	if fmt.Sprint(page.Items) != "[{outbound} {internal} {inbound}]" {
		t.Errorf("%v", page.Items)
	}
}

func TestPagesAreWhole(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	const all = 23
	for i := range all {
		d.received(object{"tags": []string{"page", "other"}, "from": object{"email": fmt.Sprintf("p%d@x.test", i)}})
	}
	d.received(nil)
	seen := map[string]bool{}
	for cursor, n := "", 0; ; n++ {
		var page struct {
			Items      []struct{ ID string }
			NextCursor *string
		}
		d.ask("GET", "/v1/inquiries?status=&queue=&tag=page&limit=7&cursor="+url.QueryEscape(cursor), nil).want(200).decode(&page)
		for _, x := range page.Items {
			seen[x.ID] = true
		}
		if page.NextCursor == nil {
			break
		}
		if cursor = *page.NextCursor; n > all {
			t.Fatal("the list does not end")
		}
		d.ask("GET", "/v1/inquiries?tag=other&limit=7&cursor="+url.QueryEscape(cursor), nil).wantCode(422, domain.Invalid) // of another question
	}
	if len(seen) != all {
		t.Errorf("saw %d of %d", len(seen), all)
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	const all = 205 // more than one page of the store
	for i := range all {
		d.received(object{"tags": []string{"x"}, "subject": fmt.Sprintf("=HYPERLINK(\"a\"), %d\r\n", i), "from": object{"email": fmt.Sprintf("p%d@x.test", i)}})
	}
	a := d.ask("GET", "/v1/inquiries/export?tag=x", nil).want(200)
	lines := strings.Split(strings.TrimSpace(string(a.body)), "\n")
	ids := map[string]bool{}
	for _, l := range lines {
		var q struct{ ID, Number string }
		if err := json.Unmarshal([]byte(l), &q); err != nil {
			t.Fatal(err)
		}
		ids[q.ID] = true
	}
	if len(ids) != all || a.header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("%d lines, %v", len(ids), a.header)
	}
	a = d.ask("GET", "/v1/inquiries/export?format=csv&tag=x&sort=-createdAt", nil).want(200)
	rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
	if err != nil || len(rows) != all+1 || rows[0][1] != "number" {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if subject := rows[1][2]; !strings.HasPrefix(subject, "'=HYPERLINK") {
		t.Errorf("a spreadsheet would run %q", subject)
	}
	d.ask("GET", "/v1/inquiries/export?format=xls", nil).wantCode(422, domain.Invalid)
	if got := d.ask("GET", "/v1/inquiries/export?tag=nobody", nil).want(200); len(got.body) != 0 {
		t.Errorf("%q", got.body)
	}
}

func TestCustomers(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.ask("POST", "/v1/customers", object{
		"name": "김", "tier": "vip", "identities": []any{object{"kind": "phone", "value": "010-1111-2222"}, object{"kind": "email", "value": "KIM@x.test"}},
		"attributes": object{"grade": "A"}, "consents": []any{object{"channel": "email", "purpose": "marketing", "granted": true}},
	}).want(201)
	id := made.at("id")
	if made.fields()["identities"].([]any)[0].(object)["value"] != "+821011112222" || made.header.Get("ETag") != `"1"` {
		t.Errorf("%s", made.body)
	}
	d.ask("POST", "/v1/customers", object{"identities": []any{object{"kind": "email", "value": "kim@x.test"}}}).wantCode(409, domain.Duplicate)
	for _, q := range []string{"phone=01011112222", "phone=%2B82-10-1111-2222", "email=Kim@X.test"} {
		if got := d.ask("GET", "/v1/customers/lookup?"+q, nil).want(200).at("id"); got != id {
			t.Errorf("%s: %s", q, got)
		}
	}
	d.ask("GET", "/v1/customers/lookup?phone=010-3333-4444", nil).wantCode(404, domain.NotFound)
	got := d.ask("PATCH", "/v1/customers/"+id, object{"name": nil, "attributes": object{"grade": nil, "since": 2020}}, "If-Match", `"1"`).want(200).fields()
	if got["name"] != nil || fmt.Sprint(got["attributes"]) != "map[since:2020]" || len(got["identities"].([]any)) != 2 {
		t.Errorf("%v", got)
	}
	d.ask("PATCH", "/v1/customers/"+id, object{"tier": "watch"}, "If-Match", `"1"`).wantCode(412, domain.Stale)
	if got := d.ask("GET", "/v1/customers?tier=vip", nil).want(200).fields(); len(got["items"].([]any)) != 1 || got["nextCursor"] != nil {
		t.Errorf("%v", got)
	}

	other := d.received(object{"from": object{"email": "b@m.test"}}).at("customer", "id")
	d.ask("POST", "/v1/customers/"+id+"/merge", object{"from": id}).wantCode(422, domain.Invalid)
	d.ask("POST", "/v1/customers/"+id+"/merge", object{"from": other}).want(200)
	if got := d.ask("GET", "/v1/customers/lookup?email=b@m.test", nil).want(200).at("id"); got != id {
		t.Error("the merge did not take the identity over")
	}
	if got := d.ask("GET", "/v1/customers/"+id+"/timeline", nil).want(200).fields()["items"].([]any); len(got) != 1 {
		t.Errorf("%v", got)
	}
	d.ask("POST", "/v1/customers/"+id+"/unmerge", object{"from": other}).want(200)
	if got := d.ask("GET", "/v1/customers/lookup?email=b@m.test", nil).want(200).at("id"); got != other {
		t.Error("the undo did not give the identity back")
	}
	d.ask("DELETE", "/v1/customers/"+id, nil).want(202)
	if got := d.ask("GET", "/v1/customers/"+id, nil).want(200).fields(); got["erased"] != true || got["name"] != nil || len(got["identities"].([]any)) != 0 {
		t.Errorf("%v", got)
	}
}

func TestResidentNumbersAreShownToThoseWhoMay(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	const number = "900101-1234568"
	r := d.received(object{"text": "제 번호는 " + number + " 입니다"})
	id := r.at("interaction", "id")
	if x := d.ask("GET", "/v1/interactions/"+id, nil).want(200); strings.Contains(string(x.body), "1234568") {
		t.Fatalf("%s", x.body)
	}
	d.ask("POST", "/v1/pii/reveal", object{"id": id}, "Authorization", "Bearer agent").wantCode(403, domain.Forbidden)
	for range 2 { // an answer with a number in it is not kept for the key
		if got := d.ask("POST", "/v1/pii/reveal", object{"id": id}, "Idempotency-Key", "k").want(200); !strings.Contains(string(got.body), number) {
			t.Errorf("%s", got.body)
		}
	}
	if got := d.ask("POST", "/v1/pii/lookup", object{"number": number}).want(200); !strings.Contains(string(got.body), id) {
		t.Errorf("%s", got.body)
	}
	d.ask("POST", "/v1/pii/lookup", object{"number": "1"}).wantCode(422, domain.Invalid)
	if strings.Contains(d.log.String(), "1234568") {
		t.Error("the number is in the log")
	}
	var kept []byte
	for _, rec := range idempotencyRecords(d) {
		kept = append(kept, rec.Answer...)
	}
	if strings.Contains(string(kept), "1234568") {
		t.Error("the number is in an idempotency record")
	}
}

func TestOrganisation(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	if got := d.ask("GET", "/v1/accounts?channel=email", nil).want(200).fields()["items"].([]any); len(got) != 1 || got[0].(object)["key"] != "default" {
		t.Errorf("%v", got)
	}
	made := d.ask("POST", "/v1/accounts", object{"key": "shop", "channel": "email", "name": "Shop", "address": "voc@shop.test"}).want(201)
	d.ask("POST", "/v1/accounts", object{"key": "shop", "channel": "email"}).wantCode(409, domain.Duplicate)
	path := "/v1/accounts/" + made.at("id")
	if got := d.ask("PATCH", path, object{"address": nil, "active": false}, "If-Match", made.header.Get("ETag")).want(200).fields(); got["address"] != nil || got["active"] != false {
		t.Errorf("%v", got)
	}
	d.ask("PATCH", path, object{"name": "x"}, "If-Match", made.header.Get("ETag")).wantCode(412, domain.Stale)
	if d.ask("GET", path, nil).want(200).at("name") != "Shop" {
		t.Error("a stale edit went through")
	}

	key := d.ask("POST", "/v1/api-keys", object{"name": "phone", "role": "integration"}, "Idempotency-Key", "k").want(201)
	secret := key.at("secret")
	again := d.ask("POST", "/v1/api-keys", object{"name": "phone", "role": "integration"}, "Idempotency-Key", "k").want(201)
	if again.fields()["secret"] != nil || again.at("key", "id") != key.at("key", "id") {
		t.Errorf("%s", again.body)
	}
	if list := d.ask("GET", "/v1/api-keys", nil).want(200); strings.Contains(string(list.body), secret) || !strings.Contains(string(list.body), key.at("key", "id")) {
		t.Errorf("%s", list.body)
	}
	if got := d.ask("DELETE", "/v1/api-keys/"+key.at("key", "id"), nil).want(200).fields(); got["revokedAt"] == nil {
		t.Errorf("%v", got)
	}
	if me := d.ask("GET", "/v1/me", nil, "Authorization", "Bearer integration").want(200).fields(); me["role"] != "integration" || len(me["scopes"].([]any)) == 0 {
		t.Errorf("%v", me)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	id := d.received(object{"text": "배송지 변경 부탁드립니다"}).at("inquiry", "id")
	events, err := d.deps.Live.Events(domain.WithActor(t.Context(), domain.System("test")), "", 200)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.deps.Insight.IndexEvents(domain.WithActor(t.Context(), domain.System("test")), events); err != nil {
		t.Fatal(err)
	}
	a := d.ask("GET", "/v1/search?q="+url.QueryEscape("배송지변경")+"&kind=inquiry,interaction", nil).want(200)
	hits := a.fields()["items"].([]any)
	if len(hits) == 0 || hits[0].(object)["inquiryId"] != id || len(hits[0].(object)["highlights"].([]any)) == 0 {
		t.Errorf("%s", a.body)
	}
	for _, q := range []string{"", "?q=", "?q=%20", "?q=!!", "?q=nothing"} {
		if got := d.ask("GET", "/v1/search"+q, nil).want(200).fields()["items"].([]any); len(got) != 0 {
			t.Errorf("%s: %v", q, got)
		}
	}
}
