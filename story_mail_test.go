package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"sori/adapters/email"
	"sori/adapters/smtp"
	"sori/domain"
	"sori/domain/desk"
	"sori/domain/intake"
	"sori/domain/org"
)

// relay is the next mail server of a story. It answers each recipient as it is told to.
type relay struct {
	mu      sync.Mutex
	mails   []relayed
	answers map[string][]*gosmtp.SMTPError // by recipient, one a try; after the last all is well
	addr    string
}

type relayed struct {
	from string
	to   []string
	raw  []byte
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	r := &relay{answers: map[string][]*gosmtp.SMTPError{}}
	server := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return &relaySession{relay: r}, nil }))
	server.Domain, server.ErrorLog = "mx.example.com", log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.addr = l.Addr().String()
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return r
}

func (r *relay) sender() *smtp.Sender {
	host, port, _ := net.SplitHostPort(r.addr)
	return smtp.New(smtp.Config{Host: host, Port: port, Security: domain.SecurityNone})
}

func (r *relay) got() []relayed {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]relayed(nil), r.mails...)
}

// refuse has the next tries for a recipient answered with these codes.
func (r *relay) refuse(to string, codes ...int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range codes {
		r.answers[to] = append(r.answers[to], &gosmtp.SMTPError{Code: c, EnhancedCode: gosmtp.EnhancedCode{c / 100, 1, 1}, Message: "<" + to + "> is not taken"})
	}
}

type relaySession struct {
	*relay
	mail relayed
}

func (s *relaySession) Reset()        { s.mail = relayed{} }
func (s *relaySession) Logout() error { return nil }
func (s *relaySession) Mail(from string, _ *gosmtp.MailOptions) error {
	s.mail = relayed{from: from}
	return nil
}

func (s *relaySession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if list := s.answers[to]; len(list) > 0 {
		s.answers[to] = list[1:]
		return list[0]
	}
	s.mail.to = append(s.mail.to, to)
	return nil
}

func (s *relaySession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mail.raw = raw
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, s.mail)
	return nil
}

// poster is a teller whose program sends mail to a relay, from the account voc@shop.test.
type poster struct {
	*teller
	relay *relay
	agent context.Context
}

func posting(s *teller) *poster {
	s.Helper()
	p := &poster{teller: s, relay: newRelay(s.T)}
	sender := p.relay.sender()
	s.Cleanup(func() { sender.Close() })
	s.outbox.Sender = sender
	p.agent = domain.WithActor(s.ctx, domain.Actor{Kind: "token", ID: "kim", Role: domain.RoleAgent, Scopes: domain.ScopesOf(domain.RoleAgent, "")})
	a, err := domain.Accounts.First(s.ctx, s.store, domain.Query{Index: "key", Equal: []any{domain.DefaultAccount, domain.ChannelEmail}})
	s.must(err)
	address, brand, signature := "VOC@shop.test", "우리가게", "고객센터 1588-0000"
	_, err = s.org.EditAccount(s.ctx, a.ID, 0, org.AccountPatch{Address: &address, Brand: &brand, Signature: &signature})
	s.must(err)
	s.later(5 * time.Second) // what is remembered of accounts is old by then
	return p
}

func (p *poster) reply(inquiryID, text string, change ...func(*desk.Reply)) *domain.Interaction {
	p.Helper()
	r := desk.Reply{Text: text}
	for _, c := range change {
		c(&r)
	}
	x, err := p.desk.Reply(p.agent, inquiryID, r)
	p.must(err)
	return x
}

// send lets the outbox work until nothing is due.
func (p *poster) send() {
	p.Helper()
	for {
		n, err := p.outbox.RunBatch(domain.WithActor(p.ctx, domain.System("outbox")))
		p.must(err)
		if n == 0 {
			return
		}
	}
}

func (p *poster) dispatch(x *domain.Interaction) *domain.Dispatch {
	p.Helper()
	d, err := p.outbox.Get(p.agent, x.ID)
	p.must(err)
	return d
}

func TestReplyGoesOutAndItsAnswerThreads(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		p := posting(s)
		in := s.mail(letter{from: "김철수 <kim@example.com>", subject: "환불 문의", id: "m2@example.com", refs: "<m1@example.com>", body: "언제 되나요?"})
		x := p.reply(in.InquiryID, "안녕하세요.\n내일 처리됩니다.", func(r *desk.Reply) {
			r.Files = []desk.File{{Name: "영수증.txt", ContentType: "text/plain", Data: []byte("영수증")}}
		})
		if x.Email == nil || x.Email.MessageID != x.ID+"@shop.test" {
			s.Fatalf("the reply has no Message-ID of its own: %+v", x.Email)
		}
		p.send()
		got := p.relay.got()
		if len(got) != 1 {
			s.Fatalf("%d mails were sent, want 1", len(got))
		}
		token := s.inquiry(in.InquiryID).ReplyToken()
		number := s.inquiry(in.InquiryID).Number
		m := email.NewParser(email.Options{}).Parse(got[0].raw)
		for _, c := range []struct{ what, got, want string }{
			{"envelope from", got[0].from, "VOC+" + token + "@shop.test"},
			{"envelope to", strings.Join(got[0].to, " "), "kim@example.com"},
			{"From", m.From.Name + " " + m.From.Address, "우리가게 VOC@shop.test"},
			{"Reply-To", m.ReplyTo[0].Address, "VOC+" + token + "@shop.test"},
			{"Message-ID", m.MessageID, x.Email.MessageID},
			{"In-Reply-To", m.InReplyTo, "m2@example.com"},
			{"References", strings.Join(m.References, " "), "m1@example.com m2@example.com"},
			{"Subject", m.Subject, "Re: 환불 문의 [#" + number + "]"},
			{"Loop", m.Loop, "VOC@shop.test"},
			{"Auto-Submitted", m.AutoSubmitted, ""},
			{"attachment", m.Attachments[0].Name + ": " + string(m.Attachments[0].Data), "영수증.txt: 영수증"},
			{"text", strings.TrimSpace(strings.ReplaceAll(m.Text, "\r\n", "\n")), "안녕하세요.\n내일 처리됩니다.\n\n-- \n고객센터 1588-0000"},
		} {
			if c.got != c.want {
				s.Errorf("%s: %q, want %q", c.what, c.got, c.want)
			}
		}
		if !strings.Contains(m.HTML, "내일 처리됩니다.") {
			s.Errorf("no HTML beside the text: %q", m.HTML)
		}
		if d := p.dispatch(x); d.State != domain.DispatchDelivered || len(d.Attempts) != 1 || d.Attempts[0].EndedAt == nil || d.BusyUntil != nil {
			s.Errorf("dispatch %+v", d)
		}
		if s.count(domain.EventInteractionDelivered) != 1 || s.count(domain.EventDeliveryFailed) != 0 {
			s.Error("want one event of delivery")
		}
		// The customer answers: from the reply address alone, then from the references alone.
		byToken := s.mail(letter{from: "kim@example.com", to: m.ReplyTo[0].Address, subject: "감사합니다", id: "m3@example.com", body: "네"})
		byRefs := s.mail(letter{from: "kim@example.com", subject: "Re: 감사합니다", id: "m4@example.com", refs: "<" + m.MessageID + ">", body: "또 네"})
		if byToken.InquiryID != in.InquiryID || byRefs.InquiryID != in.InquiryID {
			s.Errorf("the answers went to %s and %s, want %s", byToken.InquiryID, byRefs.InquiryID, in.InquiryID)
		}
	})
}

func TestTemporaryRefusalIsTriedAgain(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		p := posting(s)
		p.relay.refuse("kim@example.com", 451, 451)
		in := s.mail(letter{from: "kim@example.com", subject: "q", id: "m1@example.com", body: "q"})
		x := p.reply(in.InquiryID, "a", func(r *desk.Reply) { r.To, r.Cc = []string{"kim@example.com"}, []string{"lee@example.com"} })
		p.send()
		if d := p.dispatch(x); d.State != domain.DispatchWaiting || d.Recipients[0].Code != 451 || d.Recipients[1].State != domain.DispatchDelivered {
			s.Errorf("dispatch %+v", d)
		}
		p.send() // not due
		if n := p.dispatch(x).Tries; n != 1 {
			s.Errorf("tried %d times at once, want 1", n)
		}
		s.later(3 * time.Second)
		p.send()
		s.later(5 * time.Second)
		p.send()
		d := p.dispatch(x)
		if d.State != domain.DispatchDelivered || d.Tries != 3 || len(d.Attempts) != 3 || !strings.Contains(d.Attempts[0].Error, "451") {
			s.Errorf("dispatch %+v, want delivered at the third try", d)
		}
		var to []string
		for _, m := range p.relay.got() {
			to = append(to, m.to...)
		}
		if got := strings.Join(to, " "); got != "lee@example.com kim@example.com" {
			s.Errorf("served %s, want each once", got)
		}
		if n := s.count(domain.EventInteractionDelivered); n != 1 {
			s.Errorf("%d events of delivery, want 1", n)
		}
		for _, r := range d.Recipients {
			if strings.Contains(r.Diagnostic+d.Attempts[0].Error, "kim@example.com") {
				s.Error("the dispatch keeps an address")
			}
		}
	})
}

func TestFailedDeliveryComesBackToTheDesk(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		p := posting(s)
		p.relay.refuse("kim@example.com", 550)
		in := s.mail(letter{from: "kim@example.com", subject: "q", id: "m1@example.com", body: "q"})
		x := p.reply(in.InquiryID, "a", func(r *desk.Reply) { r.Resolve = true })
		if got := s.inquiry(in.InquiryID).Status; got != domain.StatusResolved {
			s.Fatal(got)
		}
		p.send()
		if d := p.dispatch(x); d.State != domain.DispatchFailed || d.Recipients[0].Status != "5.1.1" || d.Recipients[0].Diagnostic != "<(recipient)> is not taken" {
			s.Errorf("dispatch %+v", d)
		}
		if got := s.inquiry(in.InquiryID).Status; got != domain.StatusOpen {
			s.Errorf("the inquiry is %s, want open: its customer has no answer", got)
		}
		if !s.customer(in.CustomerID).Identities[0].Undeliverable {
			s.Error("the address is not marked")
		}
		if s.count(domain.EventDeliveryFailed) != 1 || s.count(domain.EventInteractionDelivered) != 0 {
			s.Error("want one event of failure")
		}
		// A marked address is not tried, and who has no other cannot be answered.
		_, err := p.desk.Reply(p.agent, in.InquiryID, desk.Reply{Text: "b"})
		s.wants(err, domain.Conflict)
		y := p.reply(in.InquiryID, "b", func(r *desk.Reply) { r.To = []string{"Kim@Example.com"} })
		p.send()
		if d := p.dispatch(y); d.State != domain.DispatchFailed || len(p.relay.got()) != 0 {
			s.Errorf("dispatch %+v, %d mails; a marked address is not tried", d, len(p.relay.got()))
		}
	})
}

func TestMailIsGivenUpAfterTwoDays(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		p := posting(s)
		for range 200 {
			p.relay.refuse("kim@example.com", 451)
		}
		in := s.mail(letter{from: "kim@example.com", subject: "q", id: "m1@example.com", body: "q"})
		x := p.reply(in.InquiryID, "a")
		hours := 0
		for ; hours < 60; hours++ {
			p.send()
			if p.dispatch(x).State == domain.DispatchFailed {
				break
			}
			s.later(time.Hour)
		}
		d := p.dispatch(x)
		if d.State != domain.DispatchFailed || hours < 48 || hours > 50 || !strings.Contains(d.Recipients[0].Diagnostic, "given up") {
			s.Errorf("after %d hours: %+v", hours, d)
		}
		if s.count(domain.EventDeliveryFailed) != 1 {
			s.Error("want one event of failure")
		}
		// An agent may have it tried anew.
		p.relay.mu.Lock()
		clear(p.relay.answers)
		p.relay.mu.Unlock()
		_, err := p.outbox.Retry(p.agent, x.ID)
		s.must(err)
		p.send()
		if d := p.dispatch(x); d.State != domain.DispatchDelivered {
			s.Errorf("dispatch %+v", d)
		}
		_, err = p.outbox.Retry(p.agent, x.ID)
		s.wants(err, domain.Conflict)
	})
}

// dying is a sender whose node dies right after the mail is handed over: what would come after never happens.
type dying struct {
	domain.MailSender
	sent chan struct{}
}

func (d dying) Send(ctx context.Context, e domain.MailEnvelope, raw []byte) (map[string]*domain.SendFault, error) {
	if _, err := d.MailSender.Send(ctx, e, raw); err != nil {
		return nil, err
	}
	close(d.sent)
	select {}
}

func TestDeathAfterSending(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		p := posting(s)
		in := s.mail(letter{from: "kim@example.com", subject: "q", id: "m1@example.com", body: "q"})
		x := p.reply(in.InquiryID, "a", func(r *desk.Reply) {
			r.Files = []desk.File{{Name: "a.txt", ContentType: "text/plain", Data: []byte("a")}}
		})
		dead := *s.outbox
		sent := make(chan struct{})
		dead.Sender = dying{s.outbox.Sender, sent}
		go dead.RunBatch(domain.WithActor(context.Background(), domain.System("dead")))
		<-sent
		s.later(time.Minute)
		p.send()
		if n := len(p.relay.got()); n != 1 {
			s.Errorf("%d mails; while the attempt may be under way there is no other", n)
		}
		s.later(5 * time.Minute)
		p.send()
		got := p.relay.got()
		if len(got) != 2 {
			s.Fatalf("%d mails, want a second: nobody can know whether the first arrived", len(got))
		}
		first, err := mail.ReadMessage(bytes.NewReader(got[0].raw))
		s.must(err)
		second, err := mail.ReadMessage(bytes.NewReader(got[1].raw))
		s.must(err)
		if a, b := first.Header.Get("Message-ID"), second.Header.Get("Message-ID"); a != b || a != "<"+x.Email.MessageID+">" || first.Header.Get("Date") != second.Header.Get("Date") {
			s.Errorf("Message-IDs %s and %s; a receiver must know it for the same mail", a, b)
		}
		d := p.dispatch(x)
		if d.State != domain.DispatchDelivered || len(d.Attempts) != 2 || d.Attempts[0].EndedAt != nil || d.Attempts[1].EndedAt == nil {
			s.Errorf("dispatch %+v; the attempt that was cut short must show", d)
		}
	})
}

func TestManyNodesSendEachMailOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		const mails = 60
		p := posting(s)
		for i := range mails {
			in := s.mail(letter{from: fmt.Sprintf("c%d@example.com", i), subject: "q", id: fmt.Sprintf("m%d@example.com", i), body: "q"})
			p.reply(in.InquiryID, "a")
		}
		var wg sync.WaitGroup
		for n := range 3 {
			node := *s.outbox
			node.Node = fmt.Sprintf("node%d", n)
			wg.Go(func() {
				for range 100 {
					if k, err := node.RunBatch(domain.WithActor(s.ctx, domain.System("outbox"))); err == nil && k == 0 {
						return
					}
				}
			})
		}
		wg.Wait()
		p.send()
		seen := map[string]int{}
		for _, m := range p.relay.got() {
			seen[m.to[0]]++
		}
		if len(seen) != mails || len(p.relay.got()) != mails {
			s.Errorf("%d mails to %d customers, want %d", len(p.relay.got()), len(seen), mails)
		}
	})
}

func TestLoopsAreCut(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		p := posting(s)
		in := s.mail(letter{from: "robot@example.com", subject: "q", id: "m0@example.com", body: "q"})
		program := domain.WithActor(s.ctx, domain.System("triage"))
		var last *domain.Interaction
		answered := 0
		for i := range 8 {
			x, err := p.desk.Reply(program, in.InquiryID, desk.Reply{Text: "a"})
			if err != nil {
				if domain.RuleOf(err) != "loop" || !domain.IsCode(err, domain.Conflict) {
					s.Fatal(err)
				}
				break
			}
			last = x
			answered++
			s.mail(letter{from: "robot@example.com", subject: "q", id: fmt.Sprintf("m%d@example.com", i+1), refs: "<" + x.Email.MessageID + ">", body: "I am away"})
			s.later(time.Minute)
		}
		if answered != 4 || last.Email.AutoSubmitted != "auto-replied" {
			s.Errorf("answered %d times, want 4; %+v", answered, last.Email)
		}
		s.later(time.Hour)
		if _, err := p.desk.Reply(program, in.InquiryID, desk.Reply{Text: "a"}); err != nil {
			s.Errorf("an hour later: %v", err)
		}
		p.reply(in.InquiryID, "an agent may always answer", func(r *desk.Reply) { r.Resolve = true })
		p.send()
		// Our own mail that comes back: to the mailbox it was sent from it is nothing new, to another it is a machine's.
		sent := p.relay.got()[0].raw
		before := s.count(domain.EventInteractionReceived)
		r, err := s.intake.ReceiveMail(s.ctx, "", sent)
		s.must(err)
		if !r.Duplicate || s.count(domain.EventInteractionReceived) != before {
			s.Errorf("our own mail was taken in: %+v", r)
		}
		_, err = s.org.CreateAccount(s.ctx, org.AccountDraft{Key: "vip", Channel: domain.ChannelEmail, Address: "vip@shop.test"})
		s.must(err)
		forwarded := strings.Replace(string(sent), "Message-ID: <", "Message-ID: <forwarded.", 1)
		r, err = s.intake.ReceiveMail(s.ctx, "vip", []byte(forwarded))
		s.must(err)
		x, err := s.desk.Interaction(s.ctx, r.Interaction)
		s.must(err)
		if x.Kind != domain.KindAutoreply {
			s.Errorf("our own mail is taken for a %s", x.Kind)
		}
	})
}

// poisoned is a parser that one mail brings down.
type poisoned struct {
	domain.MailParser
	broken bool
}

func (p *poisoned) Parse(raw []byte) *domain.Mail {
	if p.broken && bytes.Contains(raw, []byte("poison")) {
		panic("a fault in the parser")
	}
	return p.MailParser.Parse(raw)
}

func TestPoisonMailIsQuarantined(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		parser := &poisoned{s.intake.Mail, true}
		s.intake.Mail = parser
		raw := []byte("From: kim@example.com\r\nSubject: poison 900101-1234567\r\n\r\nx\r\n")
		for i := range 2 {
			out, err := s.intake.TakeMail(s.ctx, "default", domain.MailByIMAP, raw)
			s.must(err)
			if out.QuarantineID == "" || out.Duplicate != (i > 0) {
				s.Fatalf("outcome %+v", out)
			}
		}
		if out, err := s.intake.TakeMail(s.ctx, "default", domain.MailByLMTP, []byte(" \r\n")); err != nil || out.QuarantineID == "" {
			s.Errorf("an empty mail: %+v, %v", out, err)
		}
		_, err := s.intake.TakeMail(s.ctx, "nowhere", domain.MailByIMAP, raw)
		s.wants(err, domain.Invalid) // the mailbox's fault, not the mail's
		page, err := s.intake.ListQuarantined(s.ctx, "default", domain.PageRequest{})
		s.must(err)
		if len(page.Items) != 2 || page.Items[1].Error == "" || page.Items[1].Size != int64(len(raw)) {
			s.Fatalf("quarantine %+v", page.Items)
		}
		id := page.Items[1].ID
		agent := domain.WithActor(s.ctx, domain.Actor{Kind: "token", ID: "kim", Scopes: domain.ScopesOf(domain.RoleAgent, "")})
		_, err = s.intake.QuarantinedSource(agent, id)
		s.wants(err, domain.Forbidden)
		source, err := s.intake.QuarantinedSource(s.ctx, id)
		s.must(err)
		if !bytes.Equal(source, raw) {
			s.Errorf("source %q", source)
		}
		if b, err := domain.Blobs.Get(s.ctx, s.store, page.Items[1].BlobID); err != nil || bytes.Contains(b.Data, []byte("1234567")) || b.Sealed == "" {
			s.Errorf("the source is kept in clear, or not at all: %v", err)
		}
		// Still broken; then mended.
		_, err = s.intake.ReprocessQuarantined(s.ctx, id)
		if err == nil {
			s.Error("reprocessed by a broken parser")
		}
		if q, err := s.intake.GetQuarantined(s.ctx, id); err != nil || q.Attempts != 2 {
			s.Errorf("quarantined %+v, %v", q, err)
		}
		parser.broken = false
		r, err := s.intake.ReprocessQuarantined(s.ctx, id)
		s.must(err)
		if x, err := s.desk.Interaction(s.ctx, r.Interaction); err != nil || !strings.HasPrefix(x.Subject, "poison 900101-1") || strings.Contains(x.Subject, "1234567") {
			s.Errorf("taken in: %+v, %v", x, err)
		}
		_, err = s.intake.GetQuarantined(s.ctx, id)
		s.wants(err, domain.NotFound)
		s.wants(s.intake.DeleteQuarantined(agent, page.Items[0].ID), domain.Forbidden)
		s.must(s.intake.DeleteQuarantined(s.ctx, page.Items[0].ID))
		for verb, want := range map[string]int{domain.EventMailQuarantined: 2, domain.EventMailReleased: 1, domain.EventMailDiscarded: 1} {
			if n := s.count(verb); n != want {
				s.Errorf("%d events %s, want %d", n, verb, want)
			}
		}
	})
}

func TestMailboxes(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		good := intake.MailboxDraft{Host: "imap.shop.test", User: "voc", Secret: domain.MailboxSecret{Password: "geheim"}}
		for field, spoil := range map[string]func(*intake.MailboxDraft){
			"account":   func(d *intake.MailboxDraft) { d.Account = "nowhere" },
			"host":      func(d *intake.MailboxDraft) { d.Host = "a host" },
			"port":      func(d *intake.MailboxDraft) { d.Port = 70000 },
			"security":  func(d *intake.MailboxDraft) { d.Security = "some" },
			"auth":      func(d *intake.MailboxDraft) { d.Auth = "trust" },
			"after":     func(d *intake.MailboxDraft) { d.After = "burn" },
			"user":      func(d *intake.MailboxDraft) { d.User = "" },
			"secret":    func(d *intake.MailboxDraft) { d.Secret = domain.MailboxSecret{} },
			"secretEnv": func(d *intake.MailboxDraft) { d.SecretEnv = "SORI_JWT_SECRET" },
			"tokenUrl":  func(d *intake.MailboxDraft) { d.Auth, d.ClientID, d.TokenURL = "oauth2", "c", "http://tokens.test" },
			"clientId":  func(d *intake.MailboxDraft) { d.Auth, d.TokenURL = "oauth2", "https://tokens.test" },
			"moveTo":    func(d *intake.MailboxDraft) { d.After = domain.AfterMove },
			"folder":    func(d *intake.MailboxDraft) { d.Folder = "IN\r\nBOX" },
		} {
			d := good
			spoil(&d)
			_, err := s.intake.CreateMailbox(s.ctx, d)
			s.wants(err, domain.Invalid)
			var own *domain.Error
			if errors.As(err, &own); len(own.AllFaults()) != 1 || own.AllFaults()[0].Field != field {
				s.Errorf("faults %+v, want one at %s", own.AllFaults(), field)
			}
		}
		m, err := s.intake.CreateMailbox(s.ctx, good)
		s.must(err)
		if m.Port != 993 || m.Folder != "INBOX" || m.After != domain.AfterSeen || !m.Active || bytes.Contains(m.Secret, []byte("geheim")) {
			s.Errorf("mailbox %+v", m)
		}
		_, err = s.intake.CreateMailbox(s.ctx, good)
		s.wants(err, domain.Duplicate)
		now := s.clock()
		_, err = domain.LeaseMailbox(s.ctx, s.store, m.ID, "a", now, time.Minute)
		s.must(err)
		_, err = domain.UpdateMailboxState(s.ctx, s.store, m.ID, "a", func(st *domain.MailboxState) { st.UIDValidity, st.UID = 7, 99 })
		s.must(err)
		seen, folder := false, "Support"
		_, err = s.intake.EditMailbox(s.ctx, m.ID, m.Version+1, intake.MailboxPatch{Active: &seen})
		s.wants(err, domain.Stale)
		edited, err := s.intake.EditMailbox(s.ctx, m.ID, m.Version, intake.MailboxPatch{Active: &seen, Secret: &domain.MailboxSecret{Password: "anders"}})
		s.must(err)
		if _, st, err := s.intake.GetMailbox(s.ctx, m.ID); err != nil || st.UID != 99 {
			s.Errorf("state %+v, %v: an edit that leaves the place leaves the cursor", st, err)
		}
		_, err = s.intake.EditMailbox(s.ctx, m.ID, edited.Version, intake.MailboxPatch{Folder: &folder})
		s.must(err)
		if _, st, err := s.intake.GetMailbox(s.ctx, m.ID); err != nil || st.UID != 0 {
			s.Errorf("state %+v, %v: another folder begins at its beginning", st, err)
		}
		for _, e := range s.events() {
			if text := fmt.Sprint(e.Data); strings.Contains(text, "geheim") || strings.Contains(text, "anders") {
				s.Errorf("an event tells the password: %s", text)
			}
		}
		s.must(s.intake.DeleteMailbox(s.ctx, m.ID))
		_, _, err = s.intake.GetMailbox(s.ctx, m.ID)
		s.wants(err, domain.NotFound)
	})
}

func TestAccountOfAddress(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		posting(s)
		for address, want := range map[string]string{
			"voc@shop.test": "default", "VOC@Shop.Test": "default", "voc+01jx@shop.test": "default", "voc@other.test": "", "other@shop.test": "", "voc": "", "": "", "+voc@shop.test": "",
		} {
			key, err := s.intake.AccountOfAddress(s.ctx, address)
			if key != want || want == "" && !domain.IsCode(err, domain.NotFound) {
				s.Errorf("%q: %q, %v; want %q", address, key, err, want)
			}
		}
	})
}

// TestReportsCountForMailsOfOurs: a bounce or a complaint speaks of the mail that it names, and only if that went to the recipient it names.
func TestReportsCountForMailsOfOurs(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		p := posting(s)
		in := s.mail(letter{from: "kim@example.com", subject: "환불 문의", id: "m1@example.com", body: "언제 되나요?"})
		x := p.reply(in.InquiryID, "내일 됩니다.", func(r *desk.Reply) { r.Resolve = true })
		p.send()
		undeliverable := func() bool {
			c, err := domain.Customers.Get(s.ctx, s.store, in.CustomerID)
			s.must(err)
			return c.Identities[0].Undeliverable
		}
		for i, original := range []string{"", "somebody.elses@mail.test", "m1@example.com"} {
			p.report("voc@shop.test", bounceOf(fmt.Sprintf("forged%d", i), "kim@example.com", original))
		}
		p.report("voc@shop.test", bounceOf("other", "lee@example.com", p.dispatch(x).MessageID))
		if undeliverable() || p.dispatch(x).State != domain.DispatchDelivered || s.inquiry(in.InquiryID).StatusCategory != domain.CategoryResolved {
			s.Errorf("a report of no mail of ours counted: %s", p.dispatch(x).State)
		}

		p.report("voc@shop.test", bounceOf("true", "Kim@example.com", p.dispatch(x).MessageID))
		d := p.dispatch(x)
		if !undeliverable() || d.State != domain.DispatchFailed || d.Recipients[0].Status != "5.1.1" || s.inquiry(in.InquiryID).StatusCategory != domain.CategoryOpen {
			s.Errorf("after the bounce: %+v, the inquiry is %s", d.Recipients, s.inquiry(in.InquiryID).Status)
		}
		if n := s.count(domain.EventDeliveryFailed); n != 1 {
			s.Errorf("told %d times", n)
		}
		s.mail(letter{from: "kim@example.com", subject: "다시", id: "m2@example.com", body: "왔습니다"})
		if undeliverable() {
			s.Error("who writes cannot be written to")
		}

		later := p.reply(in.InquiryID, "다시 보냅니다.")
		p.send()
		p.report("voc+"+s.inquiry(in.InquiryID).ReplyToken()+"@shop.test", bounceOf("by token", "kim@example.com", ""))
		if !undeliverable() || p.dispatch(later).State != domain.DispatchFailed {
			s.Errorf("a bounce to the address with the token: %s", p.dispatch(later).State)
		}

		p.report("voc@shop.test", complaintAbout("made up", "kim@example.com", "somebody.elses@mail.test"))
		if c, err := domain.Customers.Get(s.ctx, s.store, in.CustomerID); err != nil || len(c.Consents) != 0 {
			s.Errorf("a complaint about no mail of ours: %+v, %v", c.Consents, err)
		}
		for range 2 {
			p.report("voc@shop.test", complaintAbout("true", "kim@example.com", d.MessageID))
		}
		c, err := domain.Customers.Get(s.ctx, s.store, in.CustomerID)
		s.must(err)
		if !c.Refuses(domain.ChannelEmail, domain.PurposeAutomatic) || !c.Refuses(domain.ChannelEmail, domain.PurposeSurvey) || len(c.Consents) != 3 {
			s.Errorf("after the complaint: %+v", c.Consents)
		}
		list, err := domain.Interactions.Find(s.ctx, s.store, domain.Query{Index: "customer", Equal: []any{in.CustomerID}})
		s.must(err)
		told := slices.ContainsFunc(list, func(x *domain.Interaction) bool {
			return x.Kind == domain.KindFeedback && x.Email.Complaint != nil && *x.Email.Complaint == domain.Complaint{Type: "abuse", OriginalMessageID: d.MessageID}
		})
		if !told {
			s.Error("no interaction tells of the complaint")
		}
	})
}

// report takes in what a mail server reports.
func (p *poster) report(to, raw string) {
	p.Helper()
	_, err := p.intake.ReceiveMail(p.ctx, "", []byte(strings.ReplaceAll(strings.Replace(raw, "$TO", to, 1), "\n", "\r\n")))
	p.must(err)
}

func bounceOf(id, recipient, original string) string {
	part := ""
	if original != "" {
		part = "--b\nContent-Type: message/rfc822\n\nMessage-ID: <" + original + ">\nSubject: x\n\nx\n"
	}
	return "From: MAILER-DAEMON@mx.test\nTo: $TO\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <" + strings.ReplaceAll(id, " ", "-") + "@mx.test>\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nunknown user\n" +
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\nFinal-Recipient: rfc822; " + recipient + "\nAction: failed\nStatus: 5.1.1\n\n" + part + "--b--\n"
}

func complaintAbout(id, recipient, original string) string {
	return "From: fbl@provider.test\nTo: $TO\nSubject: complaint\nMessage-ID: <" + strings.ReplaceAll(id, " ", "-") + "@provider.test>\n" +
		"Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: text/plain\n\nabuse\n" +
		"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\nUser-Agent: fbl/1\nOriginal-Rcpt-To: <" + recipient + ">\n\n" +
		"--b\nContent-Type: message/rfc822\n\nMessage-ID: <" + original + ">\nSubject: x\n\nx\n--b--\n"
}
