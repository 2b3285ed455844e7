package main

import (
	"bytes"
	"strings"
	"testing"

	"sori/domain"
	"sori/domain/contact"
)

// TestErasingReachesWhatWasNeverTakenIn: mails in quarantine, and answers that are kept for requests that may come again.
func TestErasingReachesWhatWasNeverTakenIn(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		r := s.mail(letter{from: "gone@m.test", subject: "비밀", id: "gone1@m.test", body: "비밀 이야기"})
		s.intake.Mail = &poisoned{s.intake.Mail, true}
		for _, from := range []string{"From: Gone <Gone@M.test>", "From: =?x?\r\n <gone@m.test>\r\nSender: list@m.test", "From: stays@m.test\r\nSubject: about gone@m.test"} {
			out, err := s.intake.TakeMail(s.ctx, "default", domain.MailByIMAP, []byte(from+"\r\nSubject: poison\r\n\r\ngone@m.test\r\n"))
			s.must(err)
			if out.QuarantineID == "" {
				s.Fatalf("%+v", out)
			}
		}
		mine := s.answered("a", `{"id":"`+r.CustomerID+`","name":"비밀"}`)
		other := s.answered("b", `{"id":"cus_01kaewrg4gx5bq8b8xcv0m2d3e","name":"남"}`)
		s.must(s.contact.Erase(s.ctx, r.CustomerID))
		if _, err := s.jobs().RunOnce(s.ctx, contact.JobErase); err != nil {
			s.Fatal(err)
		}
		page, err := s.intake.ListQuarantined(s.ctx, "default", domain.PageRequest{})
		s.must(err)
		if len(page.Items) != 1 || s.count(domain.EventMailDiscarded) != 2 {
			s.Errorf("%d mails are left in quarantine, wanted the one of somebody else", len(page.Items))
		}
		for claim, want := range map[*domain.IdempotencyClaim]bool{mine: false, other: true} {
			rec, err := claim.Seen(s.ctx, s.store, s.clock())
			s.must(err)
			if rec == nil || (len(rec.Answer) > 0) != want || (rec.Status != 0) != want {
				s.Errorf("the kept answer is %+v", rec)
			}
		}
	})
}

// answered carries something out under an idempotency key, and keeps an answer for it.
func (s *teller) answered(key, answer string) *domain.IdempotencyClaim {
	s.Helper()
	claim := domain.NewIdempotencyClaim(domain.ActorFrom(s.ctx), key, "POST /", nil, s.clock())
	s.must(domain.Once(s.store).Write(domain.WithIdempotency(s.ctx, claim), func(domain.Tx) error { return nil }))
	s.must(claim.KeepAnswer(s.ctx, s.store, 201, "application/json", []byte(answer)))
	return claim
}

// TestNumbersInFilesAreNotKeptInClear: a file of text that holds a resident number is encrypted, as is the mail that it came with, and found by the number.
func TestNumbersInFilesAreNotKeptInClear(t *testing.T) {
	t.Parallel()
	const number = "900101-1234568"
	eachEngine(t, func(s *teller) {
		mail := func(id, content string) *domain.Interaction {
			raw := "From: hong@m.test\r\nTo: voc@shop.test\r\nSubject: list\r\nMessage-ID: <" + id + "@m.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
				"--b\r\nContent-Type: text/plain\r\n\r\nsee the file\r\n--b\r\nContent-Type: text/csv; name=list.csv\r\nContent-Disposition: attachment; filename=list.csv\r\n\r\n" +
				content + "\r\n--b--\r\n"
			r, err := s.intake.ReceiveMail(s.ctx, "", []byte(raw))
			s.must(err)
			x, err := s.desk.Interaction(s.ctx, r.Interaction)
			s.must(err)
			return x
		}
		plain, sealed := mail("p", "hong,1234"), mail("s", "hong,"+number)
		for x, want := range map[*domain.Interaction]bool{plain: false, sealed: true} {
			for _, id := range []string{x.RawID, x.Attachments[0].BlobID} {
				b, err := domain.Blobs.Get(s.ctx, s.store, id)
				s.must(err)
				if (b.Sealed != "") != want || bytes.Contains(b.Data, []byte(number)) {
					s.Errorf("a file with a number: %v, encrypted by key %q", want, b.Sealed)
				}
			}
		}
		refs, err := s.contact.LookupSealed(s.ctx, number)
		s.must(err)
		if len(refs) != 1 || refs[0].ID != sealed.ID {
			s.Errorf("found by the number: %+v", refs)
		}
		if fields, err := s.contact.Reveal(s.ctx, sealed.ID); err != nil || len(fields) != 0 {
			s.Errorf("revealed %v, %v: the file is read as a whole", fields, err)
		}
		_, content, err := s.desk.Attachment(s.ctx, sealed.ID, 1)
		s.must(err)
		if !strings.Contains(string(content), number) {
			s.Errorf("the file reads %q", content)
		}
		agent := domain.WithActor(s.ctx, domain.Actor{Kind: "token", ID: "kim", Scopes: []domain.Scope{domain.ScopeInquiryRead}})
		_, _, err = s.desk.Attachment(agent, sealed.ID, 1)
		s.wants(err, domain.Forbidden)
	})
}
