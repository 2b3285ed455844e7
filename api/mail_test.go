package api_test

import (
	"strings"
	"testing"
	"time"

	"sori/domain"
)

// TestMailboxesKeepTheirSecret from every answer.
func TestMailboxesKeepTheirSecret(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	draft := object{"host": "imap.shop.test", "user": "voc", "secret": object{"password": "hunter2-secret"}}
	made := d.ask("POST", "/v1/mailboxes", draft, "Idempotency-Key", "k").want(201)
	path := "/v1/mailboxes/" + made.at("id")
	got := made.fields()
	if got["port"] != 993.0 || got["folder"] != "INBOX" || got["hasSecret"] != true || got["fetch"] != nil || got["active"] != true {
		t.Errorf("%v", got)
	}
	d.ask("POST", "/v1/mailboxes", draft).wantCode(409, domain.Duplicate)
	edited := d.ask("PATCH", path, object{"after": "move", "moveTo": "Done", "active": false}, "If-Match", made.header.Get("ETag")).want(200)
	d.ask("PATCH", path, object{"active": true}, "If-Match", made.header.Get("ETag")).wantCode(412, domain.Stale)
	ctx := t.Context()
	if _, err := domain.LeaseMailbox(ctx, d.store, made.at("id"), "node", time.Now(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := domain.UpdateMailboxState(ctx, d.store, made.at("id"), "node", func(s *domain.MailboxState) { s.Taken = 7 }); err != nil {
		t.Fatal(err)
	}
	one, all := d.ask("GET", path, nil).want(200), d.ask("GET", "/v1/mailboxes?account=default", nil).want(200)
	for _, a := range []answer{made, edited, one, all} {
		if strings.Contains(string(a.body), "hunter2") {
			t.Errorf("a secret is told: %s", a.body)
		}
	}
	if fetch := all.fields()["items"].([]any)[0].(object)["fetch"].(object); fetch["taken"] != 7.0 || one.fields()["fetch"].(object)["taken"] != 7.0 {
		t.Errorf("%v", fetch)
	}
	faults := d.ask("POST", "/v1/mailboxes", object{"host": "a b", "user": "", "after": "move", "port": 70000}).wantCode(422, domain.Invalid).faults()
	if faults["host"] != "format" || faults["user"] != "required" || faults["moveTo"] != "required" || faults["port"] != "range" || faults["secret"] != "required" {
		t.Errorf("%v", faults)
	}
	d.ask("DELETE", path, nil).want(200)
	d.ask("GET", path, nil).wantCode(404, domain.NotFound)
}

// TestQuarantine: what could not be taken in is seen, read, tried again and thrown away.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	head := "From: hong@mail.test\r\nSubject: large\r\n\r\nhello"
	ctx := domain.WithActor(t.Context(), domain.System("test"))
	kept, err := d.deps.Intake.QuarantineOversize(ctx, "default", domain.MailByIMAP, "key-1", []byte(head), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	path := "/v1/quarantine/" + kept.QuarantineID
	items := d.ask("GET", "/v1/quarantine?account=default", nil).want(200).fields()["items"].([]any)
	if len(items) != 1 || items[0].(object)["truncated"] != true || items[0].(object)["source"] != "imap" {
		t.Fatalf("%v", items)
	}
	d.ask("GET", path, nil).want(200)
	source := d.ask("GET", path+"/source", nil).want(200)
	if string(source.body) != head || source.header.Get("Content-Type") != "message/rfc822" || !strings.HasPrefix(source.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%v %q", source.header, source.body)
	}
	d.ask("POST", path+"/reprocess", nil).wantCode(409, domain.Conflict)
	if err := d.store.Write(ctx, func(tx domain.Tx) error {
		_, err := domain.Quarantine.Update(ctx, tx, kept.QuarantineID, func(q *domain.Quarantined) error { q.Truncated = false; return nil })
		return err
	}); err != nil {
		t.Fatal(err)
	}
	inquiry := d.ask("POST", path+"/reprocess", object{}).want(201).at("inquiry", "id")
	if got := d.ask("GET", "/v1/inquiries/"+inquiry, nil).want(200).at("subject"); got != "large" {
		t.Error(got)
	}
	d.ask("GET", path, nil).wantCode(404, domain.NotFound)

	again, err := d.deps.Intake.QuarantineOversize(ctx, "default", domain.MailByIMAP, "key-2", []byte(head), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	d.ask("DELETE", "/v1/quarantine/"+again.QuarantineID, nil).want(200)
	d.ask("DELETE", "/v1/quarantine/"+again.QuarantineID, nil).wantCode(404, domain.NotFound)
}

// TestDispatches: a mail that nobody takes has failed, and can be sent again.
func TestDispatches(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	mail := "From: hong@mail.test\r\nTo: voc@shop.test\r\nMessage-ID: <1@mail.test>\r\nSubject: q\r\n\r\nhello"
	inquiry := d.ask("POST", "/v1/intake/email", mail, "Content-Type", "message/rfc822").want(201).at("inquiry", "id")
	d.typed("refund")
	tpl := d.ask("POST", "/v1/templates", object{"type": "refund", "text": "답"}).want(201).at("id")
	reply := d.ask("POST", "/v1/inquiries/"+inquiry+"/replies", object{"text": "답", "templateId": tpl}).want(201).at("id")
	path := "/v1/interactions/" + reply + "/dispatch"
	d.ask("GET", path, nil).wantCode(404, domain.NotFound)
	ctx := domain.WithActor(t.Context(), domain.System("test"))
	if _, err := d.deps.Outbox.RunBatch(ctx); err != nil {
		t.Fatal(err)
	}
	got := d.ask("GET", path, nil).want(200).fields()
	to := got["recipients"].([]any)[0].(object)
	if got["state"] != "failed" || to["code"] != 550.0 || to["status"] != "5.1.1" || len(got["attempts"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	for query, want := range map[string]int{"": 1, "?state=failed": 1, "?state=waiting": 0} {
		if items := d.ask("GET", "/v1/dispatches"+query, nil).want(200).fields()["items"].([]any); len(items) != want {
			t.Errorf("%q: %v", query, items)
		}
	}
	d.ask("GET", "/v1/dispatches?state=lost", nil).wantCode(422, domain.Invalid)
	if got := d.ask("POST", path+"/retry", nil).want(202).at("state"); got != "waiting" {
		t.Error(got)
	}
	d.ask("POST", path+"/retry", nil).wantCode(409, domain.Conflict)
	for _, e := range d.feed() {
		if e["type"] == domain.EventInteractionSent && e["subject"].(object)["id"] == reply {
			if data := e["data"].(object); data["templateId"] != tpl {
				t.Errorf("%v", e)
			}
			return
		}
	}
	t.Error("no event tells of the reply")
}

// feed gives the events so far.
func (d *door) feed() []object {
	d.Helper()
	var page struct{ Items []object }
	d.ask("GET", "/v1/events?limit=200", nil).want(200).decode(&page)
	return page.Items
}
