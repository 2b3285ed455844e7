package api_test

import (
	"context"
	"testing"
	"time"

	"sori/domain"
	"sori/domain/desk"
)

// TestWorkOnInquiries goes through what agents do with inquiries, by the door.
func TestWorkOnInquiries(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	one := d.received(nil)
	a := "/v1/inquiries/" + one.at("inquiry", "id")
	moved := d.ask("POST", a+"/transfer", object{"queue": "default", "reason": "다른 부서"}).want(200)
	if moved.at("queue") != "default" {
		t.Errorf("%v", moved.fields())
	}
	d.ask("POST", a+"/transfer", object{"reason": "nowhere"}).wantCode(422, domain.Invalid)
	if got := d.ask("POST", a+"/read", object{}).want(200).fields(); got["unread"] != false {
		t.Errorf("%v", got["unread"])
	}
	saved := d.ask("PUT", a+"/draft", object{"text": "곧"}).want(200)
	d.ask("PUT", a+"/draft", object{"text": "곧 갑니다"}, "If-Match", saved.header.Get("ETag")).want(200)
	d.ask("PUT", a+"/draft", object{"text": "x"}, "If-Match", saved.header.Get("ETag")).wantCode(412, domain.Stale)
	if got := d.ask("GET", a+"/draft", nil).want(200).at("text"); got != "곧 갑니다" {
		t.Error(got)
	}
	d.ask("DELETE", a+"/draft", nil).want(200)
	d.ask("GET", a+"/draft", nil).wantCode(404, domain.NotFound)
	d.ask("DELETE", "/v1/inquiries/inq_none/draft", nil).wantCode(404, domain.NotFound)

	macro := d.ask("POST", "/v1/macros", object{"key": "done", "actions": object{"status": "resolved", "assignee": "me", "queue": nil, "note": "끝"}}).want(201)
	if got := macro.fields()["actions"].(object); got["status"] != "resolved" || len(got) != 4 {
		t.Errorf("%v", got)
	}
	if q := d.ask("POST", a+"/macros/done", object{}).want(200).fields(); q["status"] != "resolved" || q["queue"] != nil || q["assignee"] == nil {
		t.Errorf("%v", q)
	}
	d.ask("POST", a+"/macros/none", object{}).wantCode(404, domain.NotFound)
	d.ask("PATCH", "/v1/macros/"+macro.at("id"), object{"active": false}, "If-Match", macro.header.Get("ETag")).want(200)
	d.ask("POST", a+"/macros/done", object{}).wantCode(409, domain.Conflict)
	d.ask("DELETE", "/v1/macros/"+macro.at("id"), nil).want(200)
	if got := d.ask("POST", "/v1/macros", object{"key": "Bad Key", "actions": object{}}).wantCode(422, domain.Invalid).faults(); got["key"] != "pattern" || got["actions"] != "required" {
		t.Errorf("%v", got)
	}
}

func TestMergeAndSplitByTheDoor(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	one, two := d.received(nil), d.received(nil)
	b := "/v1/inquiries/" + two.at("inquiry", "id")
	d.ask("POST", b+"/merge", object{"into": one.at("inquiry", "id")}).want(200)
	if got := d.ask("GET", b, nil).want(200).at("mergedInto"); got != one.at("inquiry", "id") {
		t.Error(got)
	}
	d.ask("POST", b+"/merge", object{"into": b}).wantCode(422, domain.Invalid)
	d.ask("POST", b+"/unmerge", object{}).want(200)
	d.ask("POST", b+"/unmerge", object{}).wantCode(409, domain.Conflict)
	d.ask("POST", b+"/merge", object{"into": one.at("inquiry", "id")}).want(200)
	split := d.ask("POST", "/v1/inquiries/"+one.at("inquiry", "id")+"/split", object{"interactions": []string{two.at("interaction", "id")}, "subject": "둘째"}).want(201)
	if split.at("subject") != "둘째" || split.at("splitFromId") != one.at("inquiry", "id") {
		t.Errorf("%v", split.fields())
	}
}

func TestFieldsViewsAndBulkRuns(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	inquiry := d.received(nil).at("inquiry", "id")
	field := d.ask("POST", "/v1/custom-fields", object{"key": "order", "kind": "number"}).want(201)
	d.ask("PATCH", "/v1/inquiries/"+inquiry, object{"custom": object{"order": "three"}}).wantCode(422, domain.Invalid)
	d.ask("PATCH", "/v1/inquiries/"+inquiry, object{"custom": object{"order": 3}}).want(200)
	d.ask("PATCH", "/v1/custom-fields/"+field.at("id"), object{"name": "주문"}).want(200)
	d.ask("GET", "/v1/custom-fields", nil).want(200)
	d.ask("DELETE", "/v1/custom-fields/"+field.at("id"), nil).want(200)

	view := d.ask("POST", "/v1/views", object{"name": "새 메모", "shared": true, "filter": object{"channel": "memo", "unread": true}}).want(201)
	path := "/v1/views/" + view.at("id")
	d.ask("GET", "/v1/views", nil).want(200)
	d.ask("PATCH", path, object{"sort": "dueAt"}).want(200)
	if got := d.ask("GET", path+"/inquiries", nil).want(200).fields()["items"].([]any); len(got) != 1 {
		t.Errorf("%v", got)
	}
	if got := d.ask("GET", "/v1/views/counts?id="+view.at("id"), nil).want(200).fields()["items"].([]any)[0].(object); got["ready"] != false {
		t.Errorf("%v", got)
	}
	d.ask("GET", "/v1/views/counts?id=vie_01kaewrg4gx5bq8b8xcv0m2d3e", nil).wantCode(404, domain.NotFound)
	d.ask("POST", "/v1/views", object{"name": "", "filter": object{"priority": "sometimes"}}).wantCode(422, domain.Invalid)
	d.ask("DELETE", path, nil).want(200)

	run := d.ask("POST", "/v1/bulk", object{"inquiryIds": []string{inquiry}, "actions": object{"status": "resolved"}}).want(202)
	d.ask("GET", "/v1/bulk", nil).want(200)
	d.bulk()
	if got := d.ask("GET", "/v1/bulk/"+run.at("id"), nil).want(200).fields(); got["state"] != "finished" || got["done"] != 1.0 {
		t.Errorf("%v", got)
	}
	if got := d.ask("GET", "/v1/bulk/"+run.at("id")+"/results", nil).want(200).fields()["items"].([]any); len(got) != 1 {
		t.Errorf("%v", got)
	}
	d.ask("POST", "/v1/bulk/"+run.at("id")+"/cancel", object{}).wantCode(409, domain.Conflict)
	d.ask("POST", "/v1/bulk", object{"actions": object{"status": "resolved"}}).wantCode(422, domain.Invalid)
}

// bulk does the bulk runs that wait.
func (d *door) bulk() {
	d.Helper()
	ctx := domain.WithActor(context.Background(), domain.System("test"))
	jobs, err := domain.ClaimJobs(ctx, d.deps.Store, desk.JobBulk, "test", time.Now(), time.Minute, 10)
	if err != nil {
		d.Fatal(err)
	}
	for _, job := range jobs {
		if err := d.deps.Desk.RunBulk(ctx, job); err != nil {
			d.Fatal(err)
		}
	}
}

func TestUnsendByTheDoor(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	mail := "From: hong@mail.test\r\nTo: voc@shop.test\r\nMessage-ID: <1@mail.test>\r\nSubject: q\r\n\r\nhello"
	a := "/v1/inquiries/" + d.ask("POST", "/v1/intake/email", mail, "Content-Type", "message/rfc822").want(201).at("inquiry", "id")
	held := d.ask("POST", a+"/replies", object{"text": "아직", "undoSeconds": 60}).want(201)
	if held.at("holdUntil") == "" {
		t.Errorf("%v", held.fields())
	}
	if got := d.ask("POST", "/v1/interactions/"+held.at("id")+"/unsend", object{}).want(200).at("text"); got != "아직" {
		t.Error(got)
	}
	d.ask("GET", "/v1/interactions/"+held.at("id"), nil).wantCode(404, domain.NotFound)
	d.ask("POST", a+"/replies", object{"text": "x", "ifVersion": 1}).wantCode(412, domain.Stale)
	d.ask("POST", a+"/replies", object{"templateId": "tpl_01kaewrg4gx5bq8b8xcv0m2d3e"}).wantCode(422, domain.Invalid)
}
