package email

import (
	"strings"
	"testing"

	"sori/domain"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	const human = "From: Kim <kim@example.com>\nTo: voc@shop.example\nMessage-ID: <a@b>\n"
	for _, c := range []struct {
		name, source string
		want         domain.InteractionKind
	}{
		{"plain", human + "Subject: order\n\nWhere is it?", domain.KindMessage},
		{"auto-submitted", human + "Subject: Re: order\nAuto-Submitted: auto-replied (vacation)\n\nI am away.", domain.KindAutoreply},
		{"auto-submitted no", human + "Subject: Re: order\nAuto-Submitted: no\n\nHello", domain.KindMessage},
		{"notice nobody asked for", human + "Subject: alarm\nAuto-Submitted: auto-generated\n\nDisk full", domain.KindMessage},
		{"generated answer", human + "Subject: Re: order\nAuto-Submitted: auto-generated\nIn-Reply-To: <x@y>\n\nTicket 1 was made", domain.KindAutoreply},
		{"x-autoreply", human + "Subject: Re: order\nX-Autoreply: yes\n\nHello", domain.KindAutoreply},
		{"precedence", human + "Subject: Re: order\nPrecedence: auto_reply\n\nHello", domain.KindAutoreply},
		{"outlook", human + "Subject: Automatic reply: order\n\nI am on leave.", domain.KindAutoreply},
		{"korean outlook", human + "Subject: 자동 회신: 주문\n\n휴가 중입니다.", domain.KindAutoreply},
		{"korean brackets", human + "Subject: [자동응답] 주문 문의\n\n접수되었습니다.", domain.KindAutoreply},
		{"korean bare", human + "Subject: 부재중입니다\n\n출장으로 현재 부재중이오니 양해 바랍니다.", domain.KindAutoreply},
		{"read receipt", human + "Subject: Read: order\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nread\n--b\nContent-Type: message/disposition-notification\n\nDisposition: x\n--b--", domain.KindAutoreply},
		{"asks about automatic answers", human + "Subject: 자동응답 설정 문의\n\n자동응답은 어떻게 설정하나요?", domain.KindMessage},
		{"asks about absence", human + "Subject: 부재중 전화가 왔어요\n\n누가 전화하셨나요?", domain.KindMessage},
		{"speaks of a bounce", human + "Subject: mail delivery failed?\n\nMy mail to you could not be delivered, user unknown. Why?", domain.KindMessage},
		{"forwards a bounce", human + "Subject: Fwd: Undelivered Mail Returned to Sender\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nwhat is this? could not be delivered\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\ny\n--b--", domain.KindMessage},
		{"postmaster asks", "From: postmaster@example.com\nTo: voc@shop.example\nMessage-ID: <a@b>\nSubject: order\n\nWhere is my parcel?", domain.KindMessage},
		{"mailer-daemon", "From: MAILER-DAEMON@example.com\nTo: voc@shop.example\nMessage-ID: <a@b>\nSubject: failure notice\n\n<kim@example.com>:\nno such user", domain.KindBounce},
		{"korean bounce", "From: <MAILER-DAEMON@mail.example.kr>\nTo: voc@shop.example\nMessage-ID: <a@b>\nSubject: [반송] 메일이 반송되었습니다\n\n수신자: kim@example.kr\n존재하지 않는 사용자", domain.KindBounce},
		{"junk report", "From: staff@hotmail.example\nTo: fbl@shop.example\nMessage-ID: <a@b>\nSubject: complaint about message\nX-HmXmrOriginalRecipient: kim@hotmail.example\nContent-Type: message/rfc822\n\nMessage-ID: <m@shop.example>\nSubject: Sale\n\nx", domain.KindFeedback},
	} {
		m := NewParser(Options{}).Parse([]byte(c.source))
		if m.Kind != c.want {
			t.Errorf("%s: kind %s, want %s", c.name, m.Kind, c.want)
		}
	}
}

func TestHeaderFacts(t *testing.T) {
	t.Parallel()
	m := NewParser(Options{TrustedHosts: []string{"mx.shop.example"}}).Parse([]byte(strings.Join([]string{
		"Return-Path: <>", "Delivered-To: voc+t0ken@shop.example", "X-Original-To: VOC@shop.example",
		"Authentication-Results: mx.shop.example;", " dkim=pass header.d=example.com", "Authentication-Results: evil.example; dkim=pass",
		"From: \"Kim, Lee\" <KIM@Example.COM>", "To: A <a@x.example>, \"B; c\" <b@x.example>; undisclosed:;", "Cc: a@x.example",
		"X-Sori-Loop: shop-1", "List-Id: <news.example.com>", "In-Reply-To: <p@x> (of yesterday)", "References: <r1@x><r2@x>", " <r1@x> <p@x>",
		"Message-ID: <m@x>", "Date: Thu, 8 Oct 2026 17:40:36 +0900 (KST)", "", "hi"}, "\r\n")))
	for _, c := range []struct{ name, got, want string }{
		{"from", m.From.Address + "|" + m.From.Name, "KIM@example.com|Kim, Lee"},
		{"recipients", strings.Join(m.Recipients, " "), "a@x.example b@x.example voc+t0ken@shop.example VOC@shop.example"},
		{"auth", m.AuthenticationResults, "mx.shop.example; dkim=pass header.d=example.com"},
		{"loop", m.Loop, "shop-1"},
		{"inReplyTo", m.InReplyTo, "p@x"},
		{"references", strings.Join(m.References, " "), "r1@x r2@x p@x"},
		{"date", m.Date.Format("2006-01-02T15:04:05Z07:00"), "2026-10-08T08:40:36Z"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
	if !m.Bulk || !m.NullSender {
		t.Errorf("bulk %v, null sender %v", m.Bulk, m.NullSender)
	}
}

func TestGeneratedMessageID(t *testing.T) {
	t.Parallel()
	parse := func(s string) *domain.Mail { return NewParser(Options{}).Parse([]byte(s)) }
	first := parse("Received: by a\nFrom: k@example.com\nSubject: s\n\nbody\n")
	again := parse("Received: by b\r\nReturn-Path: <x@y>\r\nFrom: k@example.com\r\nSubject: s\r\n\r\nbody\r\n")
	other := parse("Received: by a\nFrom: k@example.com\nSubject: s\n\nbody 2\n")
	if first.MessageID != again.MessageID || first.MessageID == other.MessageID || !first.MessageIDGenerated {
		t.Errorf("ids %q %q %q", first.MessageID, again.MessageID, other.MessageID)
	}
	if !strings.HasSuffix(first.MessageID, "@"+domain.GeneratedMessageIDDomain) {
		t.Errorf("id %q", first.MessageID)
	}
}

func TestSendersThatWantNoAutomaticAnswer(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"X-Auto-Response-Suppress: All": true, "X-Auto-Response-Suppress: DR, RN, OOF, AutoReply": true, "X-Auto-Response-Suppress: DR, NDR, RN, NRN": false, "X-Other: All": false,
	} {
		m := NewParser(Options{}).Parse([]byte("From: kim@shop.test\r\nSubject: x\r\n" + header + "\r\n\r\nhello\r\n"))
		if m.Bulk != want || m.Kind != domain.KindMessage {
			t.Errorf("%s: %v, %s", header, m.Bulk, m.Kind)
		}
	}
}
