package email

import (
	"fmt"
	"strings"
	"testing"

	"sori/domain"
)

// hostile are sources made to break or to slow a parser.
func hostile() map[string]string {
	const head = "From: a@example.com\nSubject: s\nMessage-ID: <a@b>\n"
	var nested, parts strings.Builder
	nested.WriteString(head + "Content-Type: multipart/mixed; boundary=b0\n\n")
	for i := range 5000 {
		fmt.Fprintf(&nested, "--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i+1)
	}
	parts.WriteString(head + "Content-Type: multipart/mixed; boundary=p\n\n")
	for range 10000 {
		parts.WriteString("--p\n\nhello\n")
	}
	html := head + "Content-Type: text/html\n\n"
	return map[string]string{
		"nested":          nested.String(),
		"parts":           parts.String() + "--p--\n",
		"header bomb":     head + strings.Repeat("X-A: "+strings.Repeat("a", 900)+"\n", 5000) + "\nbody",
		"fold bomb":       head + "X-A: a\n" + strings.Repeat(" b\n", 300000) + "\nbody",
		"one long line":   head + "\n" + strings.Repeat("a", 3<<20),
		"encoded words":   head + "Subject: " + strings.Repeat("=?=?utf-8?B?", 50000) + "\n\nbody",
		"word halves":     head + "To: " + strings.Repeat("=?utf-8?q?a", 30000) + "\n\nbody",
		"addresses":       head + "To: " + strings.Repeat("a@b,", 100000) + "\n\nbody",
		"open quotes":     head + "To: " + strings.Repeat("\"(<", 50000) + "\n\nbody",
		"references":      head + "References: " + strings.Repeat("<a@b> ", 20000) + "\n\nbody",
		"params":          head + "Content-Type: text/plain; " + strings.Repeat("a*0*=x; ", 20000) + "\n\nbody",
		"boundary prefix": head + "Content-Type: multipart/mixed; boundary=\"\"\n\n" + strings.Repeat("--", 500000),
		"boundaries":      head + "Content-Type: multipart/mixed; boundary=x\n\n" + strings.Repeat("--x", 300000),
		"html nesting":    html + strings.Repeat("<div>", 200000) + "deep",
		"html tags":       html + strings.Repeat("<a ", 200000),
		"html quotes":     html + strings.Repeat("<blockquote>", 100000) + strings.Repeat("<p>x", 20000),
		"html closing":    html + strings.Repeat("<b><i>", 10000) + strings.Repeat("</q>", 100000),
		"colons":          head + "\n" + strings.Repeat("On 1:\n", 100000),
		"rules":           head + "\n" + strings.Repeat("--\n", 100000),
		"quotes":          head + "\n" + strings.Repeat(">\n", 300000),
		"long colon line": head + "\n" + strings.Repeat("2020 wrote ", 100000) + ":",
		"nul":             "From: a\x00b@example.com\nSubject: \x00s\n\n\x00\x00te\x00xt",
		"only newlines":   strings.Repeat("\n", 1<<20),
		"only cr":         "From: a@example.com\rSubject: s\r\rbody",
		"no header":       "just text, no header at all",
		"binary":          string([]byte{0, 1, 2, 3, 255, 254, 10, 13, 58, 32}),
		"tnef":            head + "Content-Type: application/ms-tnef\n\n\x78\x9f\x3e\x22\x01\x00\x02\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00",
		"bad base64":      head + "Content-Transfer-Encoding: base64\n\n" + strings.Repeat("=", 1<<20),
		"bad qp":          head + "Content-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("=\n= ", 1<<18),
		"bounce bomb":     "From: MAILER-DAEMON@a.example\nSubject: failure notice\nMessage-ID: <a@b>\n\n" + strings.Repeat("<a@b.example>:\n", 100000),
		"status bomb":     head + "Content-Type: multipart/report; report-type=delivery-status; boundary=r\n\n--r\nContent-Type: message/delivery-status\n\n" + strings.Repeat("Final-Recipient: rfc822;a@b\n\n", 100000) + "--r--",
		"calendar":        head + "Content-Type: text/calendar\n\n" + strings.Repeat("BEGIN:VEVENT\nSUMMARY:x\n", 100000),
	}
}

func TestHostile(t *testing.T) {
	t.Parallel()
	for name, source := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := NewParser(Options{}).Parse([]byte(source))
			checkPromises(t, name, m)
			if len(m.Text) > maxText || len(m.Attachments) > maxAttachments || len(m.Problems) > maxProblems {
				t.Errorf("text %d bytes, %d attachments, %d problems", len(m.Text), len(m.Attachments), len(m.Problems))
			}
		})
	}
}

func TestWhatHasNoHeaderIsToldApart(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, source := range []string{
		"just some text line one\nand two", "completely different\nand more", "text\n\nbelow", "other text\n\nbelow", "From: a@b.test\nno field\n\nx", "From: a@b.test\nnone\n\nx", "\x00\x00", "\x01\x02",
	} {
		id := NewParser(Options{}).Parse([]byte(source)).MessageID
		if before, known := seen[id]; known {
			t.Errorf("%q and %q have one Message-ID", before, source)
		}
		seen[id] = source
	}
}

func TestABrokenContainerIsAFile(t *testing.T) {
	t.Parallel()
	m := NewParser(Options{}).Parse([]byte(hostile()["tnef"]))
	if len(m.Attachments) != 1 || m.Attachments[0].ContentType != "application/ms-tnef" {
		t.Errorf("%+v", m.Attachments)
	}
}

func TestLimitsAreTold(t *testing.T) {
	t.Parallel()
	bombs := hostile()
	for name, want := range map[string]string{
		"nested": "nested deeper", "parts": "more than 1000 parts", "header bomb": "header is too long", "one long line": "text is longer",
		"boundaries": "no parts", "tnef": "TNEF", "no header": "header ends", "only newlines": "empty",
	} {
		m := NewParser(Options{}).Parse([]byte(bombs[name]))
		if !strings.Contains(strings.Join(m.Problems, "\n"), want) {
			t.Errorf("%s: problems %q", name, m.Problems)
		}
	}
}

func TestCarriageReturnsOnly(t *testing.T) {
	t.Parallel()
	m := NewParser(Options{}).Parse([]byte(hostile()["only cr"]))
	if m.Text != "body" || m.Subject != "s" {
		t.Errorf("text %q, subject %q", m.Text, m.Subject)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(postfixBounce))
	f.Add([]byte("From: =?euc-kr?B?vsiz58fPvLy/5A==?= <a@b>\nContent-Type: multipart/mixed; boundary=\"x\"\n\n--x\n\nhi\n--x\nContent-Type: text/html\n\n<p>x<blockquote type=cite>y\n--x--"))
	f.Add([]byte("Subject: a\nContent-Disposition: attachment; filename*0*=euc-kr''%BE%C8; filename*1=x\n\n> On 1 May 2020, a wrote:\n>b\n-- \nc"))
	f.Add([]byte("Content-Type: application/ms-tnef\n\n\x78\x9f\x3e\x22\x01\x00\x02\x03\x90\x06\x00\x08\x00\x00\x00\x01\x00\x00\x00\x1e\x00\x00\x10"))
	parser := NewParser(Options{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := parser.Parse(raw)
		checkPromises(t, "fuzz", m)
		if m.Kind == domain.KindBounce && m.Bounce == nil {
			t.Error("a bounce without report")
		}
	})
}
