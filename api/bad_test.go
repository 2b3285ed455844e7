package api_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sori/api"
	"sori/domain"
)

// TestBadRequestsNameFieldAndRule holds the door to what it says of bad input.
func TestBadRequestsNameFieldAndRule(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	long := strings.Repeat("x", 3000)
	cases := map[string]struct {
		method, path string
		body         any
		status       int
		field, rule  string
	}{
		"time that is none":     {"POST", "/v1/intake/memo", memo(object{"occurredAt": "yesterday"}), 422, "occurredAt", "format"},
		"time of no calendar":   {"POST", "/v1/intake/memo", memo(object{"occurredAt": "2026-02-30T00:00:00Z"}), 422, "occurredAt", "format"},
		"time without a zone":   {"POST", "/v1/intake/memo", memo(object{"occurredAt": "2026-02-20T00:00:00"}), 422, "occurredAt", "format"},
		"time far ahead":        {"POST", "/v1/intake/memo", memo(object{"occurredAt": "2999-01-01T00:00:00Z"}), 422, "occurredAt", "range"},
		"text that is a number": {"POST", "/v1/intake/memo", memo(object{"text": 5}), 422, "text", "type"},
		"text with NUL":         {"POST", "/v1/intake/memo", memo(object{"text": "a\x00b"}), 422, "text", "noNUL"},
		"text over its limit":   {"POST", "/v1/intake/memo", memo(object{"text": strings.Repeat("x", 1<<20+1)}), 422, "text", "maxLength"},
		"unknown field":         {"POST", "/v1/intake/memo", memo(object{"txet": "a"}), 422, "txet", "unknown"},
		"field in other case":   {"POST", "/v1/intake/memo", memo(object{"Text": "a"}), 422, "Text", "unknown"},
		"field inside a field":  {"POST", "/v1/intake/memo", memo(object{"from": object{"email": 7}}), 422, "from.email", "type"},
		"nobody":                {"POST", "/v1/intake/memo", memo(object{"from": nil}), 422, "from", "required"},
		"somebody without name": {"POST", "/v1/intake/memo", memo(object{"from": object{"name": "x"}}), 422, "from", "required"},
		"no typed part":         {"POST", "/v1/intake/memo", memo(object{"memo": nil}), 422, "memo", "required"},
		"another's typed part":  {"POST", "/v1/intake/memo", memo(object{"chat": object{"sessionId": "s"}}), 422, "chat", "channel"},
		"another channel":       {"POST", "/v1/intake/memo", memo(object{"channel": "phone"}), 422, "channel", "const"},
		"tag that is no text":   {"POST", "/v1/intake/memo", memo(object{"tags": []any{"a", 1}}), 422, "tags.1", "type"},
		"call without its id":   {"POST", "/v1/intake/phone", object{"from": object{"phone": "010-1"}, "phone": object{}}, 422, "phone.callId", "required"},
		"direction of no call":  {"POST", "/v1/intake/phone", object{"from": object{"phone": "010-1"}, "phone": object{"callId": "1", "direction": "up"}}, 422, "phone.direction", "enum"},
		"unknown account":       {"POST", "/v1/intake/memo", memo(object{"account": "nobody"}), 422, "account", "known"},
		"mail to nobody's box":  {"POST", "/v1/intake/email?account=nobody", "From: a@b.test\r\n\r\nx", 415, "Content-Type", "media"},
		"list as a body":        {"POST", "/v1/intake/memo", []int{1}, 422, "", "type"},
		"null as a body":        {"POST", "/v1/intake/memo", "null", 422, "", "nullable"},
		"limit that is none":    {"GET", "/v1/inquiries?limit=many", nil, 422, "limit", "type"},
		"limit of nothing":      {"GET", "/v1/inquiries?limit=0", nil, 422, "limit", "minimum"},
		"limit over the most":   {"GET", "/v1/inquiries?limit=201", nil, 422, "limit", "maximum"},
		"limit twice":           {"GET", "/v1/inquiries?limit=1&limit=2", nil, 422, "limit", "once"},
		"limit of an overflow":  {"GET", "/v1/inquiries?limit=99999999999999999999", nil, 422, "limit", "type"},
		"cursor of nowhere":     {"GET", "/v1/inquiries?cursor=garbage", nil, 422, "cursor", "known"},
		"cursor that is long":   {"GET", "/v1/inquiries?cursor=" + long, nil, 422, "cursor", "maxLength"},
		"status of none":        {"GET", "/v1/inquiries?status=lost", nil, 422, "status", "enum"},
		"sort of none":          {"GET", "/v1/inquiries?sort=name", nil, 422, "sort", "enum"},
		"query in no UTF-8":     {"GET", "/v1/inquiries?tag=%ff", nil, 422, "tag", "utf8"},
		"query with NUL":        {"GET", "/v1/inquiries?tag=a%00", nil, 422, "tag", "utf8"},
		"place of no feed":      {"GET", "/v1/events?after=x", nil, 422, "after", "known"},
		"place ahead of it":     {"GET", "/v1/events?after=" + domain.FormatEventCursor(1<<40), nil, 422, "after", "known"},
		"wait that is NaN":      {"GET", "/v1/events?wait=NaN", nil, 422, "wait", "type"},
		"wait that is long":     {"GET", "/v1/events?wait=61", nil, 422, "wait", "maximum"},
		"lookup of nothing":     {"GET", "/v1/customers/lookup", nil, 422, "phone", "required"},
		"lookup of two":         {"GET", "/v1/customers/lookup?phone=010-1234-5678&email=a@b.test", nil, 422, "phone", "required"},
		"lookup of no address":  {"GET", "/v1/customers/lookup?email=x", nil, 422, "email", ""},
		"search of no kind":     {"GET", "/v1/search?q=a&kind=planet", nil, 422, "kind.0", "enum"},
		"search too long":       {"GET", "/v1/search?q=" + long, nil, 422, "q", "maxLength"},
		"patch of nothing":      {"PATCH", "/v1/inquiries/inq_01kaewrg4gx5bq8b8xcv0m2d3e", object{}, 422, "", "minProperties"},
		"patch of an id":        {"PATCH", "/v1/inquiries/inq_01kaewrg4gx5bq8b8xcv0m2d3e", object{"id": "x"}, 422, "id", "unknown"},
		"priority of none":      {"PATCH", "/v1/inquiries/inq_01kaewrg4gx5bq8b8xcv0m2d3e", object{"priority": "extreme"}, 422, "priority", "enum"},
		"status taken away":     {"PATCH", "/v1/inquiries/inq_01kaewrg4gx5bq8b8xcv0m2d3e", object{"status": nil}, 422, "status", "enum"},
		"identity of no kind":   {"POST", "/v1/customers", object{"identities": []any{object{"kind": "fingerprint", "value": "x"}}}, 422, "identities.0.kind", "enum"},
		"key for a visitor":     {"POST", "/v1/api-keys", object{"name": "x", "role": "visitor"}, 422, "role", "enum"},
		"attachment of no code": {"POST", "/v1/inquiries/inq_01kaewrg4gx5bq8b8xcv0m2d3e/replies", object{"text": "x", "attachments": []any{object{"name": "a", "content": "%%%"}}}, 422, "attachments.0.content", "format"},
		"merge of no text":      {"POST", "/v1/customers/cus_01kaewrg4gx5bq8b8xcv0m2d3e/merge", object{"from": 1}, 422, "from", "type"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &door{TB: t, Handler: d.Handler}
			a := d.ask(tc.method, tc.path, tc.body).want(tc.status)
			if rule, ok := a.faults()[tc.field]; !ok || rule != tc.rule && tc.rule != "" {
				t.Errorf("wanted %s: %s, got %s", tc.field, tc.rule, a.body)
			}
		})
	}
}

// TestBodiesThatCannotBeRead are 400, 413 or 415, never more.
func TestBodiesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(o *api.Deps) { o.Limits.Body, o.Limits.Mail = 10_000, 20_000 })
	big, bigger := strings.Repeat("x", 10_001), strings.Repeat("x", 20_001)
	cases := map[string]struct {
		path    string
		body    any
		headers []string
		status  int
		code    domain.Code
	}{
		"broken":               {"/v1/intake/memo", "{", nil, 400, domain.Malformed},
		"empty":                {"/v1/intake/memo", "", nil, 400, domain.Malformed},
		"trailing text":        {"/v1/intake/memo", `{} x`, nil, 400, domain.Malformed},
		"invalid UTF-8":        {"/v1/intake/memo", "{\"text\":\"\xff\"}", nil, 400, domain.Malformed},
		"deep":                 {"/v1/intake/memo", strings.Repeat("[", 5000), nil, 400, domain.Malformed},
		"large":                {"/v1/intake/memo", big, nil, 413, domain.TooLarge},
		"large, in pieces":     {"/v1/intake/memo", io.MultiReader(strings.NewReader(big)), nil, 413, domain.TooLarge},
		"large mail":           {"/v1/intake/email", bigger, []string{"Content-Type", "message/rfc822"}, 413, domain.TooLarge},
		"empty mail":           {"/v1/intake/email", "", []string{"Content-Type", "message/rfc822"}, 400, domain.Malformed},
		"large after gzip":     {"/v1/intake/memo", zipped(strings.Repeat(" ", 1_000_000)), []string{"Content-Encoding", "gzip"}, 413, domain.TooLarge},
		"gzip that is none":    {"/v1/intake/memo", "{}", []string{"Content-Encoding", "gzip"}, 400, domain.Malformed},
		"gzip that breaks off": {"/v1/intake/memo", zipped(`{"text":"a"}`)[:20], []string{"Content-Encoding", "gzip"}, 400, domain.Malformed},
		"another encoding":     {"/v1/intake/memo", "{}", []string{"Content-Encoding", "br"}, 415, domain.Unsupported},
		"a form":               {"/v1/intake/memo", "a=b", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, domain.Unsupported},
		"no media type":        {"/v1/intake/memo", "{}", []string{"Content-Type", ""}, 415, domain.Unsupported},
		"another charset":      {"/v1/intake/memo", "{}", []string{"Content-Type", "application/json; charset=euc-kr"}, 415, domain.Unsupported},
		"JSON for a mail":      {"/v1/intake/email", "{}", nil, 415, domain.Unsupported},
		"JSON for lines":       {"/v1/intake/batch", "{}", nil, 415, domain.Unsupported},
		"JSON for a fax":       {"/v1/intake/fax", "{}", nil, 415, domain.Unsupported},
		"a form with no end":   {"/v1/intake/fax", "--x\r\nContent-Disposition: form-data; name=meta\r\n\r\n{}", []string{"Content-Type", "multipart/form-data; boundary=x"}, 400, domain.Malformed},
		"a form of nothing":    {"/v1/intake/fax", "--x--\r\n", []string{"Content-Type", "multipart/form-data; boundary=x"}, 422, domain.Invalid},
		"a form, no boundary":  {"/v1/intake/fax", "x", []string{"Content-Type", "multipart/form-data"}, 400, domain.Malformed},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			(&door{TB: t, Handler: d.Handler}).ask("POST", tc.path, tc.body, tc.headers...).wantCode(tc.status, tc.code)
		})
	}
	t.Run("as large as may be", func(t *testing.T) {
		t.Parallel()
		body := fmt.Sprintf(`{"from":{"phone":"010-1234-5678"},"memo":{},"text":"%s"}`, strings.Repeat("x", 10_000-len(`{"from":{"phone":"010-1234-5678"},"memo":{},"text":""}`)))
		(&door{TB: t, Handler: d.Handler}).ask("POST", "/v1/intake/memo", zipped(body), "Content-Encoding", "gzip").want(201)
	})
}

func zipped(s string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// TestIDsThatNobodyHasAre404, malformed or not.
func TestIDsThatNobodyHasAre404(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	inquiry := d.received(nil).at("inquiry", "id")
	for _, id := range []string{"nothing", "inq_01kaewrg4gx5bq8b8xcv0m2d3e", strings.Repeat("x", 5000), "%00", "inq_%ff", "..%2f..", "'%20or%201=1"} {
		for _, path := range []string{"/v1/inquiries/" + id, "/v1/inquiries/" + id + "/interactions", "/v1/interactions/" + id, "/v1/interactions/" + id + "/raw",
			"/v1/interactions/" + id + "/attachments/1", "/v1/customers/" + id, "/v1/customers/" + id + "/timeline", "/v1/accounts/" + id} {
			d.ask("GET", path, nil).wantCode(404, domain.NotFound)
		}
		d.ask("PATCH", "/v1/inquiries/"+id, object{"priority": "low"}).wantCode(404, domain.NotFound)
		d.ask("POST", "/v1/inquiries/"+id+"/notes", object{"text": "x"}).wantCode(404, domain.NotFound)
		d.ask("DELETE", "/v1/customers/"+id, nil).wantCode(404, domain.NotFound)
		d.ask("DELETE", "/v1/api-keys/"+id, nil).wantCode(404, domain.NotFound)
	}
	d.ask("GET", "/v1/customers/"+inquiry, nil).wantCode(404, domain.NotFound) // an id of another noun
	x := d.ask("GET", "/v1/inquiries/"+inquiry+"/interactions", nil).want(200)
	var page struct{ Items []struct{ ID string } }
	x.decode(&page)
	for _, n := range []string{"0", "1", "-1", "x", "99999999999999999999", "1.5"} {
		d.ask("GET", "/v1/interactions/"+page.Items[0].ID+"/attachments/"+n, nil).wantCode(404, domain.NotFound)
	}
}

// FuzzIntake sends noise: whatever comes back is below 500.
func FuzzIntake(f *testing.F) {
	d := newDoor(f)
	f.Add("application/json", []byte(`{"from":{"phone":"010-1234-5678"},"memo":{},"text":"a"}`))
	f.Add("application/json", []byte(`{"from":{"email":"a@b"},"tags":[null],"memo":{"urgent":"yes"}}`))
	f.Add("text/plain", []byte("x"))
	f.Fuzz(func(t *testing.T, media string, body []byte) {
		for _, path := range []string{"/v1/intake/memo", "/v1/intake/batch", "/v1/intake/fax"} {
			r := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
			r.Header.Set("Authorization", "Bearer admin")
			r.Header["Content-Type"] = []string{media}
			w := httptest.NewRecorder()
			d.ServeHTTP(w, r)
			if w.Code >= 500 {
				t.Fatalf("%s: %d %s", path, w.Code, w.Body)
			}
		}
	})
}
