package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"sori/api"
	"sori/domain"
	"sori/domain/triage"
)

// typed makes an inquiry type.
func (d *door) typed(key string) answer {
	d.Helper()
	return d.ask("POST", "/v1/types", object{"key": key, "name": strings.ToUpper(key)}).want(201)
}

// labelled sends examples, a line each, and gives a status or a code for each.
func (d *door) labelled(body string) []string {
	d.Helper()
	a := d.ask("POST", "/v1/triage/examples", body, "Content-Type", "application/x-ndjson").want(200)
	var page struct {
		Items []struct {
			Status  string
			Problem *struct{ Code string }
		}
	}
	a.decode(&page)
	var out []string
	for _, x := range page.Items {
		if x.Problem != nil {
			x.Status = x.Problem.Code
		}
		out = append(out, x.Status)
	}
	return out
}

func exampleLine(typeKey, text string) string {
	b, err := json.Marshal(object{"type": typeKey, "text": text, "language": "ko"})
	if err != nil {
		panic(err)
	}
	return string(b) + "\n"
}

var wordings = map[string][]string{
	"refund": {"환불해 주세요", "결제 취소하고 환불 원해요", "환불은 언제 되나요", "돈을 돌려받고 싶어요", "주문 취소 환불"},
	"login":  {"로그인이 안돼요", "비밀번호를 잊었어요", "접속이 안됩니다", "계정 로그인 오류", "비번 재설정"},
}

// trained makes two types with examples, begins a training through the door, and does its job.
func (d *door) trained() (modelID string) {
	d.Helper()
	var body strings.Builder
	for key, texts := range wordings {
		d.typed(key)
		for _, text := range texts {
			body.WriteString(exampleLine(key, text))
		}
	}
	d.labelled(body.String())
	return d.trainedAnew()
}

func (d *door) trainedAnew() (modelID string) {
	d.Helper()
	m := d.ask("POST", "/v1/triage/train", nil).want(202)
	if m.at("state") != "training" || d.ask("POST", "/v1/triage/train", object{}).want(202).at("id") != m.at("id") {
		d.Errorf("%s", m.body)
	}
	ctx := domain.WithActor(d.Context(), domain.System("test"))
	jobs, err := domain.ClaimJobs(ctx, d.store, triage.JobTrain, "test", time.Now(), time.Minute, 1)
	if err != nil || len(jobs) != 1 {
		d.Fatalf("%d jobs, %v", len(jobs), err)
	}
	if err := d.deps.Triage.RunTrain(ctx, jobs[0]); err != nil {
		d.Fatal(err)
	}
	if err := d.store.Write(ctx, func(tx domain.Tx) error { return domain.FinishJob(ctx, tx, jobs[0]) }); err != nil {
		d.Fatal(err)
	}
	return m.at("id")
}

func TestTypes(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.typed("refund")
	d.ask("POST", "/v1/types", object{"key": "refund", "name": "again"}).wantCode(409, domain.Duplicate)
	below := d.ask("POST", "/v1/types", object{"key": "refund.card", "name": "카드", "parent": "refund", "threshold": object{"mode": "off"}}).want(201)
	path, tag := "/v1/types/"+below.at("id"), below.header.Get("ETag")
	if got := below.fields(); tag == "" || got["parent"] != "refund" || fmt.Sprint(got["threshold"]) != "map[mode:off promise:<nil> value:<nil>]" {
		t.Errorf("%s %v", tag, got)
	}
	for name, x := range map[string]struct {
		body  object
		field string
		rule  string
	}{
		"no name":            {object{"key": "x"}, "name", "required"},
		"key with a blank":   {object{"key": "a b", "name": "x"}, "key", "pattern"},
		"unknown parent":     {object{"key": "x", "name": "x", "parent": "nothing"}, "parent", "known"},
		"third level":        {object{"key": "x", "name": "x", "parent": "refund.card"}, "parent", "levels"},
		"unknown mode":       {object{"key": "x", "name": "x", "threshold": object{"mode": "maybe"}}, "threshold.mode", "enum"},
		"promise of nothing": {object{"key": "x", "name": "x", "threshold": object{"mode": "promise", "promise": 0.1}}, "threshold.promise", "range"},
	} {
		if got := d.ask("POST", "/v1/types", x.body).wantCode(422, domain.Invalid).faults(); got[x.field] != x.rule {
			t.Errorf("%s: %v", name, got)
		}
	}
	edited := d.ask("PATCH", path, object{"parent": nil, "active": false, "threshold": object{"mode": "manual", "value": 0.9}}, "If-Match", tag).want(200).fields()
	if edited["parent"] != nil || edited["active"] != false || fmt.Sprint(edited["threshold"]) != "map[mode:manual promise:<nil> value:0.9]" {
		t.Errorf("%v", edited)
	}
	d.ask("PATCH", path, object{"name": "y"}, "If-Match", tag).wantCode(412, domain.Stale)
	if got := d.ask("GET", path, nil).want(200).at("name"); got != "카드" {
		t.Error(got)
	}
	d.ask("GET", "/v1/types/typ_01kaewrg4gx5bq8b8xcv0m2d3e", nil).wantCode(404, domain.NotFound)
	var page struct{ Items []struct{ Key string } }
	d.ask("GET", "/v1/types", nil).want(200).decode(&page)
	if fmt.Sprint(page.Items) != "[{refund} {refund.card}]" {
		t.Errorf("%v", page.Items)
	}
	d.ask("GET", "/v1/types?parent=refund", nil).want(200).decode(&page)
	if len(page.Items) != 0 {
		t.Errorf("%v", page.Items)
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.typed("refund")
	made := d.ask("POST", "/v1/templates", object{"type": "refund", "language": "ko", "name": "안내", "subject": "환불 안내", "text": "{{customer.name|고객}}님께", "automatic": false}).want(201)
	path := "/v1/templates/" + made.at("id")
	if got := made.fields(); got["automatic"] != false || got["html"] != nil || got["revision"] != 1.0 {
		t.Errorf("%v", got)
	}
	faults := d.ask("POST", "/v1/templates", object{"type": "nothing", "text": "{{customer.shoe}}", "subject": "a\nb"}).wantCode(422, domain.Invalid).faults()
	if faults["type"] != "known" || faults["text"] != "variable" || faults["subject"] != "line" {
		t.Errorf("%v", faults)
	}
	edited := d.ask("PATCH", path, object{"text": "새 글", "subject": nil, "automatic": true}, "If-Match", made.header.Get("ETag")).want(200)
	if got := edited.fields(); got["revision"] != 2.0 || got["subject"] != nil || got["automatic"] != true {
		t.Errorf("%v", got)
	}
	d.ask("PATCH", path, object{"name": "x"}, "If-Match", made.header.Get("ETag")).wantCode(412, domain.Stale)
	var revisions struct {
		Items []struct {
			Revision int
			Text     string
			By       domain.Ref
		}
	}
	d.ask("GET", path+"/revisions", nil).want(200).decode(&revisions)
	if fmt.Sprint(revisions.Items) != "[{2 새 글 {token admin}} {1 {{customer.name|고객}}님께 {token admin}}]" {
		t.Errorf("%v", revisions.Items)
	}
	inquiry := d.received(nil).at("inquiry", "id")
	preview := object{"text": "{{customer.name|고객}}님", "inquiryId": inquiry}
	if got := d.ask("POST", "/v1/templates/preview", preview).want(200).fields(); got["text"] != "홍길동님" || got["html"] != nil {
		t.Errorf("%v", got)
	}
	d.ask("POST", "/v1/templates/preview", preview, "Authorization", "Bearer admin+triage:read").wantCode(403, domain.Forbidden)
	delete(preview, "inquiryId")
	if got := d.ask("POST", "/v1/templates/preview", preview, "Authorization", "Bearer admin+triage:read").want(200).at("text"); got != "고객님" {
		t.Error(got)
	}
	if got := d.ask("GET", "/v1/templates?type=refund", nil).want(200).fields()["items"].([]any); len(got) != 1 {
		t.Errorf("%v", got)
	}
	d.ask("GET", path, nil).want(200)
}

// TestExamplesAreAnsweredLineByLine in order, whatever is wrong with some of them.
func TestExamplesAreAnsweredLineByLine(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(o *api.Deps) { o.Limits.Line = 30_000 })
	d.typed("refund")
	d.typed("login")
	body := exampleLine("refund", "환불해 주세요") + "{broken\n\n" + exampleLine("nothing", "어디로") + exampleLine("refund", "환불해 주세요!") + exampleLine("login", "환불해 주세요") +
		`{"type":"login","text":"x","label":1}` + "\n" + exampleLine("login", strings.Repeat("가", 20_000)) + strings.TrimSuffix(exampleLine(domain.NoType, "날씨가 좋네요"), "\n")
	want := "[created malformed invalid duplicate relabelled invalid too_large created]"
	if got := fmt.Sprint(d.labelled(body)); got != want {
		t.Errorf("%s, wanted %s", got, want)
	}
	var page struct {
		Items []struct{ ID, Type, Source string }
	}
	d.ask("GET", "/v1/triage/examples?type=login", nil).want(200).decode(&page)
	if len(page.Items) != 1 || page.Items[0].Source != "uploaded" {
		t.Fatalf("%v", page.Items)
	}
	path := "/v1/triage/examples/" + page.Items[0].ID
	d.ask("DELETE", path, nil).want(200)
	d.ask("DELETE", path, nil).wantCode(404, domain.NotFound)
	if got := d.labelled(""); len(got) != 0 {
		t.Errorf("%v", got)
	}
	d.ask("POST", "/v1/triage/examples", "x", "Content-Type", "application/json").wantCode(415, domain.Unsupported)
}

// TestManyExamplesGoInSeveralCalls and are limited.
func TestManyExamplesGoInSeveralCalls(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(o *api.Deps) { o.Limits.BatchLines = 2*triage.MaxExampleBatch + 1 })
	d.typed("refund")
	var body strings.Builder
	for i := range 2*triage.MaxExampleBatch + 5 {
		body.WriteString(exampleLine("refund", fmt.Sprintf("환불 %d", i)))
	}
	got := d.labelled(body.String())
	if n := 2*triage.MaxExampleBatch + 1; len(got) != n+1 || got[n-1] != "created" || got[n] != string(domain.TooLarge) {
		t.Errorf("%d answers, the last %v", len(got), got[len(got)-2:])
	}
}

func TestTheClassifierIsTrainedAndAsked(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	question := object{"text": "환불 부탁드립니다", "language": "ko"}
	if got := d.ask("POST", "/v1/triage/classify", question).want(200).fields(); got["type"] != nil || got["decision"] != "route" || got["model"] != nil {
		t.Errorf("before the first training: %v", got)
	}
	if got := d.ask("POST", "/v1/triage/classify", object{}).wantCode(422, domain.Invalid).faults(); got["text"] != "required" {
		t.Errorf("%v", got)
	}
	first := d.trained()
	got := d.ask("POST", "/v1/triage/classify", question).want(200).fields()
	if got["type"] != "refund" || got["model"] != 1.0 || len(got["alternatives"].([]any)) != 2 {
		t.Errorf("%v", got)
	}
	m := d.ask("GET", "/v1/triage/models/"+first, nil).want(200).fields()
	if m["state"] != "active" || fmt.Sprint(m["types"]) != "[login refund]" || m["trainedAt"] == nil {
		t.Errorf("%v", m)
	}
	second := d.trainedAnew()
	d.ask("POST", "/v1/triage/models/"+first+"/rollback", object{}).want(200)
	var page struct{ Items []struct{ ID, State string } }
	d.ask("GET", "/v1/triage/models", nil).want(200).decode(&page)
	if len(page.Items) != 2 || page.Items[0].ID != second || page.Items[0].State == "active" || page.Items[1].State != "active" {
		t.Errorf("%v", page.Items)
	}
	d.ask("POST", "/v1/triage/models/mdl_01kaewrg4gx5bq8b8xcv0m2d3e/rollback", nil).wantCode(404, domain.NotFound)
	items := d.ask("GET", "/v1/triage/thresholds", nil).want(200).fields()["items"].([]any)
	if len(items) != 2 || items[0].(object)["threshold"].(object)["mode"] != "promise" {
		t.Errorf("%v", items)
	}
}

func TestTriageSettings(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	const path = "/v1/triage/settings"
	if a := d.ask("GET", path, nil).want(200); a.header.Get("ETag") != "" || a.fields()["maxAnswers"] != 2.0 {
		t.Errorf("%v %s", a.header, a.body)
	}
	first := d.ask("PATCH", path, object{"automatic": false, "peopleTiers": []string{"vip"}}).want(200)
	d.ask("PATCH", path, object{"maxAnswers": 3}, "If-Match", first.header.Get("ETag")).want(200)
	d.ask("PATCH", path, object{"maxAnswers": 4}, "If-Match", first.header.Get("ETag")).wantCode(412, domain.Stale)
	faults := d.ask("PATCH", path, object{"maxAnswers": 0, "typeFrom": 2}).wantCode(422, domain.Invalid).faults()
	if faults["maxAnswers"] != "range" || faults["typeFrom"] != "range" {
		t.Errorf("%v", faults)
	}
	if got := d.ask("GET", path, nil).want(200).fields(); got["automatic"] != false || got["maxAnswers"] != 3.0 || fmt.Sprint(got["peopleTiers"]) != "[vip]" {
		t.Errorf("%v", got)
	}
}

// TestSuggestionsAndClassification: what triage makes of a message, before and after its job, and in the report.
func TestSuggestionsAndClassification(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.trained()
	tpl := d.ask("POST", "/v1/templates", object{"type": "refund", "language": "ko", "name": "안내", "text": "{{customer.name}}님, 환불됩니다"}).want(201).at("id")
	path := "/v1/inquiries/" + d.received(nil).at("inquiry", "id")
	d.ask("GET", path+"/classification", nil).wantCode(404, domain.NotFound)
	kinds := map[string]object{}
	for _, x := range d.ask("GET", path+"/suggestions", nil).want(200).fields()["items"].([]any) {
		if s := x.(object); kinds[s["kind"].(string)] == nil {
			kinds[s["kind"].(string)] = s
		}
	}
	if kinds["type"]["key"] != "refund" || kinds["template"]["id"] != tpl || kinds["template"]["text"] != "홍길동님, 환불됩니다" || kinds["template"]["score"] != nil {
		t.Errorf("%v", kinds)
	}
	ctx := domain.WithActor(t.Context(), domain.System("test"))
	if n, err := d.deps.Triage.RunBatch(ctx, "test"); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	got := d.ask("GET", path+"/classification", nil).want(200).fields()
	if len(got["alternatives"].([]any)) == 0 || got["alternatives"].([]any)[0].(object)["type"] != "refund" || got["model"] != 1.0 || got["answer"] != nil {
		t.Errorf("%v", got)
	}
	d.ask("GET", "/v1/inquiries/inq_01kaewrg4gx5bq8b8xcv0m2d3e/suggestions", nil).wantCode(404, domain.NotFound)
	report := d.ask("GET", "/v1/triage/report", nil).want(200).fields()
	if report["from"] == nil || len(report["types"].([]any)) > 2 {
		t.Errorf("%v", report)
	}
	if got := d.ask("GET", "/v1/triage/report?from=2026-01-02&to=2026-01-03", nil).want(200).fields(); got["from"] != "2026-01-02" || got["to"] != "2026-01-03" {
		t.Errorf("%v", got)
	}
	d.ask("GET", "/v1/triage/report?from=2026-01-02&to=2026-01-01", nil).wantCode(422, domain.Invalid)
	if a := d.ask("GET", "/v1/triage/report?from=yesterday", nil); a.status != 400 && a.status != 422 {
		t.Errorf("%d %s", a.status, a.body)
	}
}
