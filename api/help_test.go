package api_test

import (
	"strings"
	"testing"

	"sori/api"
	"sori/domain"
)

// nobody is a caller without a token.
var nobody = []string{"Authorization", ""}

func TestArticles(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	made := d.ask("POST", "/v1/articles", object{"title": "환불 안내", "text": "3일 안에 됩니다", "questions": []string{"환불은 언제 되나요"}}).want(201)
	path := "/v1/articles/" + made.at("id")
	if got := made.fields(); got["status"] != "draft" || got["type"] != nil {
		t.Errorf("%v", got)
	}
	if got := d.ask("POST", "/v1/help/ask", object{"question": "환불 안내"}, nobody...).want(200).fields(); len(got["articles"].([]any)) != 0 {
		t.Errorf("a draft was found: %v", got)
	}
	d.ask("PATCH", path, object{"status": "published"}, "If-Match", made.header.Get("ETag")).want(200)
	d.ask("PATCH", path, object{"status": "draft"}, "If-Match", made.header.Get("ETag")).wantCode(412, domain.Stale)
	faults := d.ask("POST", "/v1/articles", object{"title": " ", "type": "nothing", "language": "!"}).wantCode(422, domain.Invalid).faults()
	if faults["title"] != "required" || faults["type"] != "known" || faults["language"] != "pattern" {
		t.Errorf("%v", faults)
	}
	if got := d.ask("GET", "/v1/articles?status=published", nil).want(200).fields()["items"].([]any); len(got) != 1 {
		t.Errorf("%v", got)
	}
	d.ask("GET", path, nil).want(200)
	d.ask("GET", "/v1/articles?status=secret", nil).wantCode(422, domain.Invalid)
	ask := func() []any {
		return d.ask("POST", "/v1/help/ask", object{"question": "환불 안내"}, nobody...).want(200).fields()["articles"].([]any)
	}
	if got := ask(); len(got) != 1 {
		t.Errorf("a published article is not found: %v", got)
	}
	if got := d.ask("DELETE", path, nil).want(200).at("id"); got != made.at("id") {
		t.Error(got)
	}
	if got := ask(); len(got) != 0 {
		t.Errorf("a removed article was found: %v", got)
	}
	d.ask("GET", path, nil).wantCode(404, domain.NotFound)
	d.ask("DELETE", path, nil).wantCode(404, domain.NotFound)
}

// TestHelpNeedsNoLogin: a question, its articles, what became of it.
func TestHelpNeedsNoLogin(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	article := d.ask("POST", "/v1/articles", object{"title": "환불 안내", "text": "환불은 3일 안에 됩니다", "language": "ko", "status": "published"}).want(201).at("id")
	asked := func() (answer, string) {
		a := d.ask("POST", "/v1/help/ask", object{"question": "환불 안내 900101-1234568"}, nobody...).want(200)
		return a, "/v1/help/asks/" + a.at("askId") + "/feedback"
	}
	a, feedback := asked()
	found := a.fields()["articles"].([]any)
	if len(found) != 1 || found[0].(object)["id"] != article || found[0].(object)["score"].(float64) <= 0 {
		t.Fatalf("%v", found)
	}
	d.ask("POST", feedback, object{"outcome": "helped", "article": "art_01kaewrg4gx5bq8b8xcv0m2d3e"}, nobody...).wantCode(422, domain.Invalid)
	if got := d.ask("POST", feedback, object{"outcome": "helped", "article": article}, nobody...).want(200).fields(); got["article"] != article || got["inquiryId"] != nil {
		t.Errorf("%v", got)
	}
	d.ask("POST", feedback, object{"outcome": "unhelped"}, nobody...).wantCode(409, domain.Conflict)

	_, feedback = asked()
	d.ask("POST", feedback, object{"outcome": "opened"}, nobody...).wantCode(422, domain.Invalid)
	inquiry := d.ask("POST", feedback, object{"outcome": "opened", "from": object{"name": "홍길동", "email": "hong@mail.test"}, "text": "급합니다"}, nobody...).want(200).at("inquiryId")
	if got := d.ask("GET", "/v1/inquiries/"+inquiry, nil).want(200).at("channel"); got != "board" {
		t.Error(got)
	}
	for path, body := range map[string]object{"/v1/help/ask": {"question": "?!"}, "/v1/help/asks/x/feedback": {"outcome": "helped"}} {
		if a := d.ask("POST", path, body, nobody...); a.status != 422 && a.status != 404 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	list := d.ask("GET", "/v1/help/asks?outcome=opened", nil).want(200)
	if items := list.fields()["items"].([]any); len(items) != 1 || items[0].(object)["inquiryId"] != inquiry || strings.Contains(string(list.body), "1234568") {
		t.Errorf("%s", list.body)
	}
	d.ask("GET", "/v1/help/asks", nil, nobody...).wantCode(401, domain.Unauthenticated)
}

// TestHelpIsLimitedForEachAddress though nobody configured it.
func TestHelpIsLimitedForEachAddress(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(o *api.Deps) { o.Limits.Address = api.Rate{PerSecond: 0.001, Burst: 2} })
	for range 2 {
		d.ask("POST", "/v1/help/ask", object{"question": "환불"}, nobody...).want(200)
	}
	d.ask("POST", "/v1/help/ask", object{"question": "환불"}, nobody...).wantCode(429, domain.RateLimited)
}
