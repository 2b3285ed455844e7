package main

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"sori/domain"
	"sori/domain/desk"
	"sori/domain/intake"
)

func TestWhatComesTwiceIsStoredOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		sub := intake.Submission{
			Channel: domain.ChannelPhone, From: domain.Party{Name: "홍길동", Phone: "010-1234-5678"}, Text: "환불",
			Phone: &domain.PhonePart{CallID: "call-1"},
		}
		const rivals = 16
		results := make([]intake.Result, rivals)
		var wg sync.WaitGroup
		for i := range rivals {
			wg.Go(func() {
				own := sub
				part := *sub.Phone
				own.Phone = &part
				r, err := s.intake.Receive(s.ctx, own)
				if err != nil {
					s.Error(err)
				}
				results[i] = r
			})
		}
		wg.Wait()
		first := 0
		for _, r := range results {
			if !r.Duplicate {
				first++
			}
			if r.Interaction != results[0].Interaction || r.InquiryID != results[0].InquiryID || r.Number != results[0].Number {
				s.Errorf("one call became two: %+v and %+v", r, results[0])
			}
		}
		if first != 1 {
			s.Errorf("%d of %d were told to be the first", first, rivals)
		}
		if n := s.count(domain.EventInteractionReceived); n != 1 {
			s.Errorf("%d interactions in the feed", n)
		}
	})
}

func TestRivalsMakeOneCustomer(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		customers := map[string]bool{}
		for range 16 {
			wg.Go(func() {
				r := s.memo(domain.Party{Email: "New@One.test"}, "안녕하세요")
				mu.Lock()
				defer mu.Unlock()
				customers[r.CustomerID] = true
			})
		}
		wg.Wait()
		if len(customers) != 1 {
			s.Errorf("one address became %d customers", len(customers))
		}
	})
}

func TestTheSurestIdentityDecides(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		byPhone := s.memo(domain.Party{Phone: "+82 10-1111-2222"}, "전화 고객")
		byMail := s.memo(domain.Party{Email: "kim@mail.test", Name: "김철수"}, "메일 고객")
		both := s.memo(domain.Party{Email: "KIM@mail.test", Phone: "01011112222", MemberID: "m-77"}, "둘 다")
		if both.CustomerID != byMail.CustomerID {
			s.Errorf("went to %s, want the one known by mail", both.CustomerID)
		}
		if got := s.customer(byPhone.CustomerID); len(got.Identities) != 1 || got.MergedInto != "" {
			s.Errorf("the other customer was touched: %+v", got)
		}
		if n := s.count(domain.EventIdentityConflict); n != 1 {
			s.Errorf("%d conflicts recorded, want 1", n)
		}
		c, err := s.contact.Lookup(s.ctx, domain.IdentityMember, "m-77")
		s.must(err)
		if c.ID != byMail.CustomerID {
			s.Errorf("the new member id went to %s", c.ID)
		}
	})
}

func TestMailThreads(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		first := s.mail(letter{from: "hong@mail.test", subject: "환불 문의", id: "a1@mail.test", body: "환불 언제 되나요"})
		reply := s.mail(letter{from: "Hong@Mail.test", subject: "Re: 환불 문의", id: "a2@mail.test", refs: "<a1@mail.test>", body: "아직인가요"})
		byNumber := s.mail(letter{from: "hong@mail.test", subject: "다시 문의 [#" + first.Number + "]", id: "a3@mail.test", body: "번호로"})
		token := s.inquiry(first.InquiryID).ReplyToken()
		byToken := s.mail(letter{from: "hong@mail.test", to: "voc+" + strings.ToUpper(token) + "@shop.test", subject: "x", id: "a4@mail.test", body: "토큰"})
		for name, r := range map[string]intake.Result{"references": reply, "number": byNumber, "token": byToken} {
			if r.InquiryID != first.InquiryID {
				s.Errorf("by %s: went to another inquiry", name)
			}
		}
		stranger := s.mail(letter{from: "lee@mail.test", to: "voc+" + token + "@shop.test", subject: "Re: [#" + first.Number + "]", id: "b1@mail.test", refs: "<a1@mail.test>", body: "저도요"})
		if stranger.InquiryID == first.InquiryID {
			s.Error("another customer joined the inquiry")
		}
		again := s.mail(letter{from: "hong@mail.test", subject: "환불 문의", id: "a1@mail.test", body: "환불 언제 되나요"})
		if !again.Duplicate || again.Interaction != first.Interaction {
			s.Errorf("the same mail was stored twice: %+v", again)
		}
	})
}

func TestAReplyReopensForAWhile(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		first := s.mail(letter{from: "hong@mail.test", subject: "q", id: "1@x.test", body: "질문"})
		_, err := s.desk.Resolve(s.ctx, first.InquiryID, 0, "answered")
		s.must(err)
		s.later(24 * time.Hour)
		bot := s.mail(letter{from: "hong@mail.test", subject: "Re: q", id: "2@x.test", refs: "<1@x.test>", body: "부재중입니다", headers: "Auto-Submitted: auto-replied\r\n"})
		if q := s.inquiry(first.InquiryID); bot.InquiryID != q.ID || q.Status != domain.StatusResolved {
			s.Errorf("an automatic reply moved the inquiry to %s", q.Status)
		}
		within := s.mail(letter{from: "hong@mail.test", subject: "Re: q", id: "3@x.test", refs: "<1@x.test>", body: "아니요"})
		if q := s.inquiry(first.InquiryID); within.InquiryID != q.ID || q.Status != domain.StatusOpen || q.ResolvedAt != nil {
			s.Errorf("not reopened: %s", q.Status)
		}
		_, err = s.desk.Resolve(s.ctx, first.InquiryID, 0, "")
		s.must(err)
		s.later(domain.ReopenWindow + time.Hour)
		late := s.mail(letter{from: "hong@mail.test", subject: "Re: q", id: "4@x.test", refs: "<1@x.test>", body: "또 질문"})
		if late.InquiryID == first.InquiryID {
			s.Fatal("a late reply joined the resolved inquiry")
		}
		if q := s.inquiry(late.InquiryID); q.PreviousID != first.InquiryID {
			s.Errorf("the new inquiry points back to %q", q.PreviousID)
		}
		if n := s.count(domain.EventInquiryReopened); n != 1 {
			s.Errorf("%d reopened", n)
		}
	})
}

func TestTheRawMailIsKept(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		for name, body := range map[string]string{"small": "짧은 글", "large": strings.Repeat("긴 글입니다. ", 10_000)} {
			raw := []byte("From: a@b.test\r\nMessage-ID: <" + name + "@b.test>\r\nSubject: s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body)
			r, err := s.intake.ReceiveMail(s.ctx, "", raw)
			s.must(err)
			got, contentType, err := s.desk.Raw(s.ctx, r.Interaction)
			s.must(err)
			if !bytes.Equal(got, raw) || contentType != "message/rfc822" {
				s.Errorf("%s: the source came back changed (%d bytes of %d, %s)", name, len(got), len(raw), contentType)
			}
		}
	})
}

func TestBadSubmissionsAreRefusedByName(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		good := func() intake.Submission {
			return intake.Submission{Channel: domain.ChannelMemo, From: domain.Party{Email: "a@b.test"}, Text: "글", Memo: &domain.MemoPart{}}
		}
		late := s.clock().Add(100 * time.Hour)
		cases := map[string]struct {
			spoil func(*intake.Submission)
			field string
		}{
			"no part":          {func(x *intake.Submission) { x.Memo = nil }, "memo"},
			"another's part":   {func(x *intake.Submission) { x.Chat = &domain.ChatPart{SessionID: "s"} }, "chat"},
			"nobody":           {func(x *intake.Submission) { x.From = domain.Party{Name: "홍"} }, "from"},
			"no address":       {func(x *intake.Submission) { x.From.Email = "nobody" }, "from.email"},
			"no number":        {func(x *intake.Submission) { x.From.Phone = "call me" }, "from.phone"},
			"NUL":              {func(x *intake.Submission) { x.Text = "a\x00b" }, "text"},
			"long":             {func(x *intake.Submission) { x.Text = strings.Repeat("x", intake.MaxText+1) }, "text"},
			"future":           {func(x *intake.Submission) { x.OccurredAt = &late }, "occurredAt"},
			"unknown account":  {func(x *intake.Submission) { x.Account = "nobody" }, "account"},
			"unknown inquiry":  {func(x *intake.Submission) { x.InquiryID = "inq_nothing" }, "inquiryId"},
			"bad custom field": {func(x *intake.Submission) { x.Custom = map[string]any{"a.b": 1} }, "custom.a.b"},
		}
		for name, c := range cases {
			sub := good()
			c.spoil(&sub)
			_, err := s.intake.Receive(s.ctx, sub)
			s.wants(err, domain.Invalid)
			e := err.(*domain.Error)
			if faults := e.AllFaults(); len(faults) == 0 || faults[0].Field != c.field || faults[0].Rule == "" {
				s.Errorf("%s: faults %+v, want one of the field %s", name, faults, c.field)
			}
		}
		if n := s.count(domain.EventInteractionReceived); n != 0 {
			s.Errorf("%d of them were stored", n)
		}
	})
}

func TestAnInquiryIsWorked(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		r := s.mail(letter{from: "hong@mail.test", subject: "q", id: "w1@x.test", body: "질문"})
		before := s.inquiry(r.InquiryID)
		_, err := s.desk.AddNote(s.ctx, r.InquiryID, desk.Note{Text: "내부 메모"})
		s.must(err)
		high := domain.Priority("high")
		_, err = s.desk.Edit(s.ctx, r.InquiryID, before.Version, desk.Patch{Priority: &high})
		s.wants(err, domain.Stale)
		x, err := s.desk.Reply(s.ctx, r.InquiryID, desk.Reply{HTML: "<p>안녕<script>alert(1)</script></p>", Resolve: true})
		s.must(err)
		if strings.Contains(x.HTML, "script") || !strings.Contains(x.Text, "안녕") || len(x.To) != 1 || x.To[0].Email != "hong@mail.test" {
			s.Errorf("the reply became %+v", x)
		}
		q := s.inquiry(r.InquiryID)
		if q.StatusCategory != domain.CategoryResolved || q.ResolvedAt == nil {
			s.Errorf("the inquiry is %s", q.Status)
		}
		until := s.clock().Add(time.Hour)
		_, err = s.desk.Snooze(s.ctx, r.InquiryID, 0, until)
		s.wants(err, domain.Conflict)
		_, err = s.desk.Reopen(s.ctx, r.InquiryID, 0)
		s.must(err)
		_, err = s.desk.Snooze(s.ctx, r.InquiryID, 0, until)
		s.must(err)
		if n, err := s.desk.WakeDue(s.ctx); err != nil || n != 0 {
			s.Errorf("woke %d early, %v", n, err)
		}
		s.later(time.Hour)
		_, err = s.desk.WakeDue(s.ctx)
		s.must(err)
		if q := s.inquiry(r.InquiryID); q.Status != domain.StatusOpen || q.SnoozedUntil != nil {
			s.Errorf("not woken: %s", q.Status)
		}
		page, err := s.desk.Interactions(s.ctx, r.InquiryID, domain.PageRequest{})
		s.must(err)
		if len(page.Items) != 3 {
			s.Errorf("%d interactions, want mail, note and reply", len(page.Items))
		}
	})
}

func TestAnIndexThatIsGoneIsMadeAnew(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		found := func() int {
			hits, err := s.insight.Search(s.ctx, "멤버십 환불", nil, 10)
			s.must(err)
			return len(hits)
		}
		follow := func() {
			s.events() // when all are numbered
			for {
				n, err := s.searchFollower().RunOnce(s.ctx)
				s.must(err)
				if n == 0 {
					return
				}
			}
		}
		s.memo(domain.Party{Phone: "010-2222-3333"}, "멤버십 환불 문의")
		follow()
		before := found()
		s.must(s.insight.Renew(s.ctx))
		if n, err := s.searchFollower().RunOnce(s.ctx); n != 0 || err != nil {
			t.Errorf("an index that is there was made anew: %d events (%v)", n, err)
		}
		s.must(s.store.Search().Clear(s.ctx))
		follow()
		if before == 0 || found() != 0 {
			t.Fatalf("found %d before, and %d when the index was cleared", before, found())
		}
		s.must(s.insight.Renew(s.ctx))
		follow()
		if after := found(); after != before {
			t.Errorf("found %d before, %d in the new index", before, after)
		}
	})
}

// TestAKeyNotesWhatWasTakenIn in the commit itself, so that a sender can be told again however the program ended.
func TestAKeyNotesWhatWasTakenIn(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		claim := domain.NewIdempotencyClaim(domain.ActorFrom(s.ctx), "k", "POST /", nil, s.clock())
		sub := intake.Submission{Channel: domain.ChannelMemo, From: domain.Party{Email: "kim@m.test"}, Text: "x", Memo: &domain.MemoPart{}}
		r, err := s.intake.Receive(domain.WithIdempotency(s.ctx, claim), sub)
		s.must(err)
		rec, err := claim.Seen(s.ctx, s.store, s.clock())
		s.must(err)
		again, err := s.intake.Again(s.ctx, rec.Made)
		if r.Duplicate = true; err != nil || again != r {
			s.Errorf("%+v, first %+v, %v", again, r, err)
		}
		s.must(claim.KeepAnswer(s.ctx, s.store, 201, "application/json", []byte("{}")))
		if rec, err = claim.Seen(s.ctx, s.store, s.clock()); err != nil || rec.Made != "" {
			s.Errorf("%+v, %v", rec, err)
		}
	})
}
