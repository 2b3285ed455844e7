package email

import (
	"path/filepath"
	"strings"
	"testing"

	"sori/domain"
)

// TestSisimaiBounces counts the public bounces of some ninety mail systems
// that give whom they did not reach. A complaint (Amazon SES passes them on in
// the same form) gives who complained.
func TestSisimaiBounces(t *testing.T) {
	t.Parallel()
	told, all := 0, 0
	for name, raw := range mailFiles(t, "sisimai-bounces", "maildir") {
		all++
		m := NewParser(Options{}).Parse(raw)
		switch {
		case m.Feedback != nil && m.Feedback.Recipient != "":
			told++
		case m.Bounce != nil && len(m.Bounce.Recipients) > 0 && strings.Contains(string(raw), "@"):
			told++
			checkRecipients(t, name, m.Bounce.Recipients)
		default:
			t.Logf("%s: %s without recipient", name, m.Kind)
		}
	}
	t.Logf("%d of %d bounces give the recipient", told, all)
	if all == 0 || told*100 < all*97 {
		t.Errorf("only %d of %d bounces give the recipient", told, all)
	}
}

func checkRecipients(t *testing.T, name string, list []domain.BounceRecipient) {
	t.Helper()
	for _, r := range list {
		if !statusPattern.MatchString(r.Status) || r.Action == "" || cleanAddress(r.Address) != r.Address {
			t.Errorf("%s: recipient %+v", name, r)
		}
		if r.Permanent != (r.Status[0] == '5' && r.Action == "failed") {
			t.Errorf("%s: permanent %+v", name, r)
		}
	}
}

// knownReports are the bounces among the samples of ordinary mail.
var knownReports = map[string]bool{
	"multipart-wo-boundary.raw": true, "report_530.eml": true, "report_422.eml": true, "multi_address_bounce1.eml": true, "multi_address_bounce2.eml": true,
	"raw_email_with_mimepart_without_content_type.eml": true, "multipart_report_multiple_status.eml": true,
	"msg_16.txt": true, "msg_43.txt": true, "msg_25.txt": true, "msg_05.txt": true,
}

func TestOrdinaryMailIsNoBounce(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"enmime-testdata", "ruby-mail-fixtures", "python-email-data", "stalwart-rfc", "ko-mails", "talon-fixtures", "crisp-reply-fixtures"} {
		for name, raw := range mailFiles(t, set) {
			m := NewParser(Options{}).Parse(raw)
			if want := knownReports[filepath.Base(name)]; (m.Kind == domain.KindBounce) != want {
				t.Errorf("%s/%s: kind %s (%s)", set, name, m.Kind, m.Subject)
			}
		}
	}
}

func TestPostfixBounce(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string][]byte{"own": []byte(postfixBounce)} {
		m := NewParser(Options{}).Parse(raw)
		if m.Kind != domain.KindBounce || m.Bounce == nil {
			t.Fatalf("%s: kind %s", name, m.Kind)
		}
		want := domain.BounceRecipient{Address: "Hong@example.net", Status: "5.1.1", Permanent: true, Action: "failed", Diagnostic: "550 5.1.1 <hong@example.net>: no such user here"}
		if len(m.Bounce.Recipients) != 1 || m.Bounce.Recipients[0] != want {
			t.Errorf("recipients %+v", m.Bounce.Recipients)
		}
		if m.Bounce.OriginalMessageID != "reply-7@shop.example" || m.Bounce.OriginalSubject != "주문" || m.Bounce.ReportingMTA != "mx.shop.example" {
			t.Errorf("bounce %+v", m.Bounce)
		}
	}
}

const postfixBounce = `Return-Path: <>
From: MAILER-DAEMON@mx.shop.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: voc+abc@shop.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"
Message-Id: <1@mx.shop.example>

--B1
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

--B1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.shop.example
X-Postfix-Queue-ID: 12345

Final-Recipient: rfc822; hong@mailbox.example.net
Original-Recipient: rfc822;Hong@example.net
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 550 5.1.1 <hong@example.net>: no such user
    here

--B1
Content-Type: text/rfc822-headers

From: voc@shop.example
To: Hong@example.net
Subject: =?utf-8?B?7KO866y4?=
Message-ID: <reply-7@shop.example>

--B1--
`

func TestGuessStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text    string
		delayed bool
		want    string
	}{
		{"550 User unknown", false, "5.1.1"},
		{"mailbox is full", false, "5.2.2"},
		{"452 over quota", false, "4.2.2"},
		{"connect to mx.example.net[192.0.2.1]:25: Connection timed out", false, "4.4.1"},
		{"Connection timed out", true, "4.4.1"},
		{"554 rejected for policy reasons", false, "5.7.1"},
		{"something else", false, "5.0.0"},
		{"존재하지 않는 사용자입니다", false, "5.1.1"},
		{"host mail.example.org [192.0.2.222] 5.50.1", false, "5.0.0"},
	} {
		if got := guessStatus(c.text, c.delayed); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
	if got := textStatus("host 10.5.1.1 said"); got != "" {
		t.Errorf("an address was read as status %q", got)
	}
}

// TestBouncesWithOtherLineEnds reads the same bounces with the line ends of
// other systems.
func TestBouncesWithOtherLineEnds(t *testing.T) {
	t.Parallel()
	recipients := func(raw string) string {
		m := NewParser(Options{}).Parse([]byte(raw))
		if m.Bounce == nil {
			return string(m.Kind)
		}
		var out []string
		for _, r := range m.Bounce.Recipients {
			out = append(out, r.Address+" "+r.Status)
		}
		return strings.Join(out, ",")
	}
	for name, raw := range mailFiles(t, "sisimai-bounces", "maildir") {
		unix := strings.ReplaceAll(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\r", "")
		want := recipients(unix)
		for _, end := range []string{"\r\n", "\r"} {
			if got := recipients(strings.ReplaceAll(unix, "\n", end)); got != want {
				t.Errorf("%s with %q: %s, want %s", name, end, got, want)
			}
		}
	}
}
