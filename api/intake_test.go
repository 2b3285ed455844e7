package api_test

import (
	"bytes"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"sori/domain"
)

// TestEveryChannelComesInAndReadsBack with every empty field null and the text as it was sent.
func TestEveryChannelComesInAndReadsBack(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	text := " 환불\r\n\t\"<b>&amp;</b>\" \u2028 \U0001F600 끝 "
	parts := map[string]object{
		"memo":  {"location": "로비", "author": nil, "urgent": true},
		"phone": {"callId": "c-1", "direction": "inbound", "startedAt": "2026-11-22T10:00:00.123456+09:00"},
		"board": {"board": "qna", "postId": "1", "visibility": "private"},
		"chat":  {"sessionId": "s-1"},
	}
	for channel, part := range parts {
		r := d.ask("POST", "/v1/intake/"+channel, object{
			"from": object{"email": "hong@mail.test", "name": nil}, "text": text, "subject": nil, "occurredAt": "2026-11-22T10:00:00+09:00", channel: part, "inquiryId": nil,
		}).want(201)
		if r.fields()["duplicate"] != false {
			t.Errorf("%s: %s", channel, r.body)
		}
		x := d.ask("GET", "/v1/interactions/"+r.at("interaction", "id"), nil).want(200).fields()
		if x["text"] != text || x["channel"] != channel || x["direction"] != "inbound" || x["occurredAt"] != "2026-11-22T01:00:00Z" {
			t.Errorf("%s: %v", channel, x)
		}
		for name := range parts {
			if _, there := x[name]; !there || (x[name] != nil) != (name == channel) {
				t.Errorf("%s: the part %s is %v", channel, name, x[name])
			}
		}
		for _, empty := range []string{"replyText", "html", "externalId", "author", "subject"} {
			if v, there := x[empty]; !there || v != nil {
				t.Errorf("%s: %s is %v", channel, empty, v)
			}
		}
	}
	if got := d.ask("GET", "/v1/customers/lookup?email=HONG@Mail.test", nil).want(200).fields(); len(got["identities"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
}

func TestMailComesInOnceAndIsGivenBackByteForByte(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	mail := "From: =?utf-8?B?7ZmN6ri464+Z?= <hong@mail.test>\r\nTo: voc@shop.test\r\nMessage-ID: <1@mail.test>\r\nSubject: =?euc-kr?B?yK+60iC5rsDH?=\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n환불 언제 되나요\r\n" +
		"--b\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename=\"a.html\"\r\n\r\n<script>alert(1)</script>\r\n--b--\r\n"
	first := d.ask("POST", "/v1/intake/email", mail, "Content-Type", "message/rfc822").want(201)
	again := d.ask("POST", "/v1/intake/email", mail, "Content-Type", "message/rfc822").want(200)
	if again.fields()["duplicate"] != true || again.at("interaction", "id") != first.at("interaction", "id") {
		t.Fatalf("%s", again.body)
	}
	path := "/v1/interactions/" + first.at("interaction", "id")
	raw := d.ask("GET", path+"/raw", nil).want(200)
	if string(raw.body) != mail || raw.header.Get("Content-Type") != "message/rfc822" {
		t.Errorf("%q", raw.body)
	}
	file := d.ask("GET", path+"/attachments/1", nil).want(200)
	if got := file.header.Get("Content-Disposition"); got != "attachment; filename=a.html" || !strings.Contains(string(file.body), "<script>") {
		t.Errorf("%s %q", got, file.body)
	}
	if policy := file.header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") || file.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("a customer's file could be opened as a page of ours: %v", file.header)
	}
	x := d.ask("GET", path, nil).want(200).fields()
	if x["subject"] != "환불 문의" || x["email"] == nil || x["from"].(object)["name"] != "홍길동" {
		t.Errorf("%v", x)
	}
	if x["text"] != "환불 언제 되나요" || x["replyText"] != x["text"] {
		t.Errorf("a mail without a quote has the reply text %v", x["replyText"])
	}
	quoting := "From: hong@mail.test\r\nTo: voc@shop.test\r\nMessage-ID: <2@mail.test>\r\n\r\n네, 그렇게 해 주세요.\r\n\r\nOn Mon, 23 Nov 2026, Shop <voc@shop.test> wrote:\r\n> 취소할까요?\r\n"
	path = "/v1/interactions/" + d.ask("POST", "/v1/intake/email", quoting, "Content-Type", "message/rfc822").want(201).at("interaction", "id")
	if x = d.ask("GET", path, nil).want(200).fields(); x["replyText"] != "네, 그렇게 해 주세요." || x["text"] == x["replyText"] {
		t.Errorf("text %v, reply text %v", x["text"], x["replyText"])
	}
}

func form(t *testing.T, meta string, file []byte, name string) (string, []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if meta != "" {
		p, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="meta"`}, "Content-Type": {"application/json"}})
		if err == nil {
			_, err = p.Write([]byte(meta))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if file != nil {
		p, err := w.CreateFormFile("file", name)
		if err == nil {
			_, err = p.Write(file)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

func TestFaxComesIn(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	meta := `{"from":{"fax":"02-123-4567"},"externalId":"f-1","fax":{"csid":"02 123 4567","pages":1,"line":"main"}}`
	media, body := form(t, meta, []byte("%PDF-1.4 x"), "../환불.pdf")
	r := d.ask("POST", "/v1/intake/fax", body, "Content-Type", media).want(201)
	x := d.ask("GET", "/v1/interactions/"+r.at("interaction", "id"), nil).want(200).fields()
	file := x["attachments"].([]any)[0].(object)
	if file["contentType"] != "application/pdf" || file["size"] != 10.0 || file["n"] != 1.0 || x["fax"].(object)["pages"] != 1.0 {
		t.Errorf("%v", x)
	}
	media, body = form(t, meta, []byte("II*\x00rest"), "a.tif")
	d.ask("POST", "/v1/intake/fax", body, "Content-Type", media).want(200) // the same externalId
	cases := map[string]struct {
		meta, file, field, rule string
	}{
		"no meta":          {"", "%PDF-1.4", "meta", "required"},
		"no file":          {meta, "", "file", "required"},
		"a picture":        {meta, "\x89PNG", "file", "format"},
		"a page":           {meta, "<html>", "file", "format"},
		"meta with a typo": {strings.Replace(meta, "csid", "cisd", 1), "%PDF-1.4", "fax.cisd", "unknown"},
		"too many pages":   {strings.Replace(meta, `"pages":1`, `"pages":10001`, 1), "%PDF-1.4", "fax.pages", "maximum"},
	}
	for name, tc := range cases {
		var file []byte
		if tc.file != "" {
			file = []byte(tc.file)
		}
		media, body := form(t, tc.meta, file, "a.pdf")
		a := d.ask("POST", "/v1/intake/fax", body, "Content-Type", media).wantCode(422, domain.Invalid)
		if a.faults()[tc.field] != tc.rule {
			t.Errorf("%s: %s", name, a.body)
		}
	}
	media, body = form(t, "{", []byte("%PDF-"), "a.pdf")
	d.ask("POST", "/v1/intake/fax", body, "Content-Type", media).wantCode(400, domain.Malformed)
}

// TestInquiryFields: those of the interface are there, empty ones as null.
func TestInquiryFields(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	id := d.received(object{"tags": []string{"a"}, "custom": object{"order": 7.0}}).at("inquiry", "id")
	q := d.ask("GET", "/v1/inquiries/"+id, nil).want(200)
	if q.header.Get("ETag") != `"1"` {
		t.Errorf("ETag %q", q.header.Get("ETag"))
	}
	got := q.fields()
	for _, empty := range []string{"type", "queue", "team", "assignee", "resolvedAt", "snoozedUntil", "dueAt", "previousId", "disposition"} {
		if v, there := got[empty]; !there || v != nil {
			t.Errorf("%s is %v", empty, v)
		}
	}
	if got["status"] != "new" || got["statusCategory"] != "open" || got["priority"] != "normal" || got["channel"] != "memo" || got["account"] != "default" ||
		!slices.Equal(got["tags"].([]any), []any{"a"}) || got["custom"].(object)["order"] != 7.0 {
		t.Errorf("%v", got)
	}
	if _, there := got["interactions"]; there {
		t.Error("interactions, though nobody asked")
	}
	got = d.ask("GET", "/v1/inquiries/"+id+"?include=interactions", nil).want(200).fields()
	if list := got["interactions"].([]any); len(list) != 1 || list[0].(object)["inquiryId"] != id {
		t.Errorf("%v", got["interactions"])
	}
}
