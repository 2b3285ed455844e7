package email

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"sori/domain"
)

func outgoing() *domain.OutgoingMail {
	return &domain.OutgoingMail{
		MessageID: "reply-1.k7@shop.example", Date: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC),
		From:      domain.MailAddress{Name: "소리상점 고객센터", Address: "voc@shop.example"},
		To:        []domain.MailAddress{{Name: "홍길동", Address: "hong@example.com"}},
		Cc:        []domain.MailAddress{{Address: "lee@한국.example"}},
		ReplyTo:   domain.MailAddress{Address: "voc+t0k3n@shop.example"},
		Subject:   "Re: 배송지 변경을 요청합니다. 아주 긴 제목이라서 한 줄에 다 들어가지 않는 경우에도 글자가 깨지면 안 됩니다",
		Text:      "안녕하세요.\n\n배송지를 바꾸었습니다.\n\n-- \n소리상점",
		HTML:      "<p>안녕하세요.</p><p>배송지를 바꾸었습니다.</p><img src=\"cid:logo@shop\">",
		InReplyTo: "q2@example.com", References: []string{"q1@example.com", "q2@example.com", "bad id", "q1@example.com"},
		Attachments: []domain.MailAttachment{
			{Name: "교환 및 환불 신청서 양식 (2026년 11월 개정판, 서명란 포함).pdf", ContentType: "application/pdf", Data: []byte("%PDF-1.7\x00")},
			{Name: "logo.png", ContentType: "image/png", ContentID: "logo@shop", Inline: true, Data: []byte("\x89PNG")},
		},
		AutoSubmitted: "auto-replied", Loop: "shop-1", ListUnsubscribe: "https://shop.example/u?t=1",
	}
}

// TestComposeIsReadBack writes a mail and reads it with our own parser and with
// the standard library's, which knows nothing of ours.
func TestComposeIsReadBack(t *testing.T) {
	t.Parallel()
	want := outgoing()
	raw, err := NewComposer().Compose(want)
	if err != nil {
		t.Fatal(err)
	}
	m := NewParser(Options{}).Parse(raw)
	for _, c := range []struct{ name, got, want string }{
		{"messageId", m.MessageID, want.MessageID}, {"subject", m.Subject, want.Subject},
		{"from", m.From.Name + m.From.Address, "소리상점 고객센터voc@shop.example"}, {"to", m.To[0].Name + m.To[0].Address, "홍길동hong@example.com"},
		{"cc", m.Cc[0].Address, "lee@xn--3e0b707e.example"}, {"replyTo", m.ReplyTo[0].Address, "voc+t0k3n@shop.example"},
		{"text", m.Text, want.Text}, {"inReplyTo", m.InReplyTo, "q2@example.com"},
		{"references", strings.Join(m.References, " "), "q1@example.com q2@example.com"},
		{"autoSubmitted", m.AutoSubmitted, "auto-replied"}, {"loop", m.Loop, "shop-1"}, {"date", m.Date.String(), want.Date.String()},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
	if len(m.Problems) > 0 || !strings.Contains(m.HTML, `src="cid:logo@shop"`) {
		t.Errorf("problems %q, html %q", m.Problems, m.HTML)
	}
	checkFiles(t, m.Attachments, want.Attachments)
	std, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if to, err := std.Header.AddressList("To"); err != nil || to[0].Name != "홍길동" {
		t.Errorf("standard library reads To as %v: %v", to, err)
	}
	if std.Header.Get("List-Unsubscribe") != "<https://shop.example/u?t=1>" || std.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Errorf("unsubscribe %q", std.Header.Get("List-Unsubscribe"))
	}
}

func checkFiles(t *testing.T, got, want []domain.MailAttachment) {
	t.Helper()
	byName := map[string]domain.MailAttachment{}
	for _, a := range got {
		byName[a.Name] = a
	}
	for _, w := range want {
		a := byName[w.Name]
		if !bytes.Equal(a.Data, w.Data) || a.ContentType != w.ContentType || a.ContentID != w.ContentID || a.Inline != w.Inline {
			t.Errorf("attachment %q came back as %+v", w.Name, a)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d attachments, want %d", len(got), len(want))
	}
}

func TestComposedLinesAreShort(t *testing.T) {
	t.Parallel()
	m := outgoing()
	m.Text += "\n" + strings.Repeat("긴 줄 ", 1000) + strings.Repeat("x", 3000)
	for range 300 {
		m.References = append(m.References, strings.Repeat("r", 60)+time.Now().Format(".000000000")+"@example.com")
	}
	raw, err := NewComposer().Compose(m)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(raw), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") || !isASCII([]byte(line)) {
			t.Fatalf("a line of %d bytes, or not ASCII, or a bare line end: %.60q", len(line), line)
		}
	}
}

func TestComposeMakesTheOtherForm(t *testing.T) {
	t.Parallel()
	onlyText := outgoing()
	onlyText.HTML, onlyText.Text = "", "1 < 2\n& 둘"
	onlyHTML := outgoing()
	onlyHTML.HTML, onlyHTML.Text = "<p>하나</p><p>둘</p>", ""
	for name, c := range map[string]struct {
		mail       *domain.OutgoingMail
		text, html string
	}{
		"text": {onlyText, "1 < 2\n& 둘", "1 &lt; 2<br>"}, "html": {onlyHTML, "하나\n\n둘", "<p>하나</p>"},
	} {
		raw, err := NewComposer().Compose(c.mail)
		if err != nil {
			t.Fatal(err)
		}
		m := NewParser(Options{}).Parse(raw)
		if m.Text != c.text || !strings.Contains(m.HTML, c.html) {
			t.Errorf("%s: text %q, html %q", name, m.Text, m.HTML)
		}
	}
}

func TestComposeRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, field string
		change      func(*domain.OutgoingMail)
	}{
		{"no id", "messageId", func(m *domain.OutgoingMail) { m.MessageID = "" }},
		{"id with a break", "messageId", func(m *domain.OutgoingMail) { m.MessageID = "a@b>\r\nBcc: x@y" }},
		{"no date", "date", func(m *domain.OutgoingMail) { m.Date = time.Time{} }},
		{"nobody", "to", func(m *domain.OutgoingMail) { m.To, m.Cc = nil, nil }},
		{"no text", "text", func(m *domain.OutgoingMail) { m.Text, m.HTML = " ", "" }},
		{"subject with a break", "subject", func(m *domain.OutgoingMail) { m.Subject = "a\r\nBcc: x@y.example" }},
		{"loop with a break", "loop", func(m *domain.OutgoingMail) { m.Loop = "a\nb" }},
		{"bad recipient", "to[1]", func(m *domain.OutgoingMail) { m.To = append(m.To, domain.MailAddress{Address: "nobody"}) }},
		{"address with a break", "to[0]", func(m *domain.OutgoingMail) { m.To[0].Address = "a@b.example\r\nBcc: c@d.example" }},
		{"name with a break", "from", func(m *domain.OutgoingMail) { m.From.Name = "a\nb" }},
		{"two addresses", "replyTo", func(m *domain.OutgoingMail) { m.ReplyTo.Address = "a@b.example, c@d.example" }},
		{"script address", "listUnsubscribe", func(m *domain.OutgoingMail) { m.ListUnsubscribe = "javascript:alert(1)" }},
	} {
		m := outgoing()
		c.change(m)
		_, err := NewComposer().Compose(m)
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		field := domain.FieldOf(err)
		if e, ok := err.(*domain.Error); ok && field == "" && len(e.Faults) > 0 {
			field = e.Faults[0].Field
		}
		if !domain.IsCode(err, domain.Invalid) || field != c.field {
			t.Errorf("%s: error %v of field %q, want %q", c.name, err, field, c.field)
		}
	}
}

func TestDKIMSignaturesVerify(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	edPublic, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaPublic, err := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key    any
		record string
	}{
		"rsa":     {rsaKey, "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(rsaPublic)},
		"ed25519": {edKey, "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(edPublic)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := composeSigned(t, c.key)
			if err := verify(raw, c.record); err != nil {
				t.Errorf("the signature does not hold: %v", err)
			}
			if err := verify(bytes.Replace(raw, []byte("X-Sori-Loop: shop-1"), []byte("X-Sori-Loop: shop-2"), 1), c.record); err == nil {
				t.Error("a changed header passed")
			}
		})
	}
}

func composeSigned(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dkimKey, err := NewDKIMKey("Shop.example", "s1", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := NewComposer(dkimKey).Compose(outgoing())
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func verify(raw []byte, record string) error {
	found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(string) ([]string, error) { return []string{record}, nil }})
	if err != nil {
		return err
	}
	if len(found) != 1 || found[0].Domain != "shop.example" {
		return domain.Errorf(domain.Internal, "%d signatures", len(found))
	}
	return found[0].Err
}

func TestDKIMKeyRefuses(t *testing.T) {
	t.Parallel()
	for field, args := range map[string][3]string{
		"domain": {"", "s", "x"}, "selector": {"shop.example", "a b", "x"}, "key": {"shop.example", "s", "no pem"},
	} {
		if _, err := NewDKIMKey(args[0], args[1], []byte(args[2])); domain.FieldOf(err) != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestAMailWrittenTwiceIsTheSameBytes: a resend is recognised as the same mail by whoever compares.
func TestAMailWrittenTwiceIsTheSameBytes(t *testing.T) {
	t.Parallel()
	m := &domain.OutgoingMail{
		MessageID: "int_1@shop.test", Date: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), From: domain.MailAddress{Name: "상점", Address: "voc@shop.test"},
		To: []domain.MailAddress{{Address: "hong@mail.test"}}, Subject: "환불 안내", Text: "3일 안에 됩니다", HTML: `<p>3일 <img src="cid:logo"></p>`,
		InReplyTo: "a@mail.test", References: []string{"b@mail.test"}, AutoSubmitted: "auto-replied", Loop: "voc@shop.test",
		Attachments: []domain.MailAttachment{
			{Name: "영수증.pdf", ContentType: "application/pdf", Data: []byte("%PDF")},
			{Name: "logo.png", ContentType: "image/png", ContentID: "logo", Inline: true, Data: []byte("png")},
		},
	}
	first, err := NewComposer().Compose(m)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := NewComposer().Compose(m)
		if err != nil || !bytes.Equal(first, again) {
			t.Fatalf("%v\n%s\n----\n%s", err, first, again)
		}
	}
	if n := bytes.Count(first, []byte("boundary=")); n != 3 {
		t.Errorf("%d multiparts, want mixed, related and alternative", n)
	}
	other := *m
	other.MessageID = "int_2@shop.test"
	second, err := NewComposer().Compose(&other)
	if err != nil || bytes.Equal(boundaryDrawn.FindSubmatch(first)[1], boundaryDrawn.FindSubmatch(second)[1]) {
		t.Errorf("another mail has the same boundary, %v", err)
	}
	if parsed := NewParser(Options{}).Parse(first); len(parsed.Attachments) != 2 || strings.TrimSpace(parsed.Text) != "3일 안에 됩니다" {
		t.Errorf("it is not read as it was written: %q, %d files", parsed.Text, len(parsed.Attachments))
	}
}
