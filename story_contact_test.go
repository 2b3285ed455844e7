package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sori/domain"
	"sori/domain/contact"
	"sori/domain/desk"
	"sori/domain/intake"
)

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestMergeIsUndoneExactly(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		a := s.memo(domain.Party{Email: "a@m.test", Name: "에이"}, "에이의 글")
		b := s.memo(domain.Party{Email: "b@m.test", Phone: "010-2222-3333", Name: "비"}, "비의 글")
		_, err := s.contact.Edit(s.ctx, b.CustomerID, 0, contact.Patch{Attributes: map[string]any{"grade": "gold", "points": float64(7)}})
		s.must(err)
		beforeA, beforeB := s.customer(a.CustomerID), s.customer(b.CustomerID)

		merged, err := s.contact.Merge(s.ctx, a.CustomerID, b.CustomerID)
		s.must(err)
		if len(merged.Identities) != 3 || merged.Attributes["grade"] != "gold" {
			s.Errorf("merged into %+v", merged)
		}
		if got := s.inquiry(b.InquiryID).CustomerID; got != a.CustomerID {
			s.Errorf("b's inquiry is %s's", got)
		}
		_, err = s.contact.Merge(s.ctx, a.CustomerID, b.CustomerID)
		s.wants(err, domain.Conflict)

		// What comes in during the merge goes to the one by whose identity it came.
		s.later(time.Hour)
		byA, byB := s.memo(domain.Party{Email: "a@m.test"}, "나중 에이"), s.memo(domain.Party{Phone: "01022223333"}, "나중 비")
		if byA.CustomerID != a.CustomerID || byB.CustomerID != a.CustomerID {
			s.Error("during the merge both are one")
		}

		_, err = s.contact.Unmerge(s.ctx, a.CustomerID, b.CustomerID)
		s.must(err)
		for _, c := range []struct {
			before *domain.Customer
			whose  []intake.Result
		}{{beforeA, []intake.Result{a, byA}}, {beforeB, []intake.Result{b, byB}}} {
			after := s.customer(c.before.ID)
			after.Version, after.UpdatedAt = c.before.Version, c.before.UpdatedAt
			if got, want := asJSON(s.T, after), asJSON(s.T, c.before); got != want {
				s.Errorf("after the undo\n got %s\nwant %s", got, want)
			}
			page, err := s.contact.Timeline(s.ctx, c.before.ID, domain.PageRequest{})
			s.must(err)
			if len(page.Items) != 2 {
				s.Errorf("%s has %d interactions, want 2", c.before.Name, len(page.Items))
			}
			for _, r := range c.whose {
				if q := s.inquiry(r.InquiryID); q.CustomerID != c.before.ID || q.HomeID != "" {
					s.Errorf("an inquiry of %s is %s's (home %q)", c.before.Name, q.CustomerID, q.HomeID)
				}
			}
		}
	})
}

func TestMergesNest(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		var who [3]intake.Result
		for i := range who {
			who[i] = s.memo(domain.Party{Email: fmt.Sprintf("n%d@m.test", i)}, "글")
		}
		_, err := s.contact.Merge(s.ctx, who[1].CustomerID, who[2].CustomerID)
		s.must(err)
		_, err = s.contact.Merge(s.ctx, who[0].CustomerID, who[1].CustomerID)
		s.must(err)
		late := s.memo(domain.Party{Email: "n2@m.test"}, "나중")
		if late.CustomerID != who[0].CustomerID {
			s.Error("the last of the chain is not the first's")
		}
		_, err = s.contact.Unmerge(s.ctx, who[0].CustomerID, who[1].CustomerID)
		s.must(err)
		for _, r := range []intake.Result{who[1], who[2], late} {
			if q := s.inquiry(r.InquiryID); q.CustomerID != who[1].CustomerID {
				s.Errorf("after the outer undo %s is %s's", q.ID, q.CustomerID)
			}
		}
		_, err = s.contact.Unmerge(s.ctx, who[1].CustomerID, who[2].CustomerID)
		s.must(err)
		for i, r := range []intake.Result{who[0], who[1], who[2]} {
			if q := s.inquiry(r.InquiryID); q.CustomerID != r.CustomerID {
				s.Errorf("after both undos the inquiry of %d is %s's", i, q.CustomerID)
			}
		}
		if q := s.inquiry(late.InquiryID); q.CustomerID != who[2].CustomerID {
			s.Errorf("the late one is %s's", q.CustomerID)
		}
	})
}

func TestLargeMergesGoOnInTheBackground(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		a := s.memo(domain.Party{Email: "a@big.test"}, "글")
		var b intake.Result
		for i := range 230 {
			b = s.memo(domain.Party{Email: "b@big.test"}, fmt.Sprint("글 ", i))
		}
		_, err := s.contact.Merge(s.ctx, a.CustomerID, b.CustomerID)
		s.must(err)
		if _, err := s.jobs().RunOnce(s.ctx, contact.JobRehome); err != nil {
			s.Fatal(err)
		}
		left, err := domain.Interactions.Find(s.ctx, s.store, domain.Query{Index: "customer", Equal: []any{b.CustomerID}})
		s.must(err)
		if len(left) != 0 {
			s.Errorf("%d interactions were left behind", len(left))
		}
	})
}

func TestResidentNumbersAreSealed(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		const number = "861224-2567484"
		text := "제 주민번호는 " + number + " 입니다. 계좌 110-123-456789012345 로 주세요."
		r := s.memo(domain.Party{Email: "p@m.test"}, text)
		x, err := s.desk.Interaction(s.ctx, r.Interaction)
		s.must(err)
		if want := "제 주민번호는 861224-2****** 입니다. 계좌 110-123-456789012345 로 주세요."; x.Text != want {
			s.Errorf("stored as %q", x.Text)
		}
		plain, err := s.contact.Reveal(s.ctx, r.Interaction)
		s.must(err)
		if plain["text"] != text {
			s.Errorf("revealed as %q", plain["text"])
		}
		refs, err := s.contact.LookupSealed(s.ctx, "8612242567484")
		s.must(err)
		if len(refs) != 1 || refs[0].ID != r.Interaction {
			s.Errorf("found %+v", refs)
		}
		if n := s.count(domain.EventPIIRevealed); n != 2 {
			s.Errorf("%d reveals recorded, want 2", n)
		}
		agent := domain.WithActor(s.ctx, domain.Actor{Kind: "token", ID: "a", Role: domain.RoleAgent, Scopes: domain.ScopesOf(domain.RoleAgent, "")})
		_, err = s.contact.Reveal(agent, r.Interaction)
		s.wants(err, domain.Forbidden)
		mail := s.mail(letter{from: "p@m.test", subject: "주민번호 " + number, id: "rrn@m.test", body: text})
		_, _, err = s.desk.Raw(agent, mail.Interaction)
		s.wants(err, domain.Forbidden)
		if q := s.inquiry(mail.InquiryID); q.Subject != "주민번호 861224-2******" {
			s.Errorf("subject %q", q.Subject)
		}
		plain, err = s.contact.Reveal(s.ctx, mail.InquiryID)
		s.must(err)
		if plain["subject"] != "주민번호 "+number {
			s.Errorf("subject revealed as %q", plain["subject"])
		}
	})
}

func TestErasingKeepsTheCounts(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		r := s.mail(letter{from: "gone@m.test", subject: "비밀", id: "gone1@m.test", body: "비밀 이야기"})
		other := s.memo(domain.Party{Email: "stays@m.test"}, "다른 이야기")
		s.must(s.contact.Erase(s.ctx, r.CustomerID))
		if _, err := s.jobs().RunOnce(s.ctx, contact.JobErase); err != nil {
			s.Fatal(err)
		}
		if c := s.customer(r.CustomerID); c.Name != "" || len(c.Identities) != 0 || !c.Erased {
			s.Errorf("left of the customer: %+v", c)
		}
		x, err := s.desk.Interaction(s.ctx, r.Interaction)
		s.must(err)
		if got := asJSON(s.T, x); x.Text != "[erased]" || x.Email != nil || x.RawID != "" {
			s.Errorf("left of the interaction: %s", got)
		}
		if q := s.inquiry(r.InquiryID); q.Subject != "[erased]" || q.Number != r.Number {
			s.Errorf("left of the inquiry: %+v", q)
		}
		_, err = s.contact.Lookup(s.ctx, domain.IdentityEmail, "gone@m.test")
		s.wants(err, domain.NotFound)
		if x, err := s.desk.Interaction(s.ctx, other.Interaction); err != nil || x.Text != "다른 이야기" {
			s.Errorf("a neighbour was touched: %+v %v", x, err)
		}
	})
}

// TestWhatAMergeLearntGoesBack: what came by one of two merged customers is his again when they are parted, as are his threads.
func TestWhatAMergeLearntGoesBack(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		a := s.mail(letter{from: "a@one.test", subject: "first", id: "a1@one.test", body: "first"})
		b := s.mail(letter{from: "b@two.test", subject: "second", id: "b1@two.test", body: "second"})
		_, err := s.contact.Merge(s.ctx, a.CustomerID, b.CustomerID)
		s.must(err)
		s.memo(domain.Party{Email: "b@two.test", Phone: "010-9999-8888"}, "by telephone")
		_, err = s.desk.MergeInquiries(s.ctx, b.InquiryID, a.InquiryID, 0)
		s.must(err)
		_, err = s.contact.Unmerge(s.ctx, a.CustomerID, b.CustomerID)
		s.must(err)
		for customer, identities := range map[string]int{a.CustomerID: 1, b.CustomerID: 2} {
			if got := s.customer(customer).Identities; len(got) != identities {
				s.Errorf("%s has %+v", customer, got)
			}
		}
		r := s.mail(letter{from: "b@two.test", subject: "Re: [#" + b.Number + "]", id: "b2@two.test", body: "again"})
		if q := s.inquiry(r.InquiryID); q.CustomerID != b.CustomerID || q.ID == a.InquiryID {
			s.Errorf("the mail of b is in %s of %s", q.Number, q.CustomerID)
		}
	})
}

// TestNumbersAcrossTags: what cannot be masked in HTML is not shown as HTML.
func TestNumbersAcrossTags(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		raw := "From: kim@shop.test\r\nTo: voc@shop.test\r\nSubject: x\r\nMessage-ID: <tags@x>\r\nContent-Type: text/html\r\n\r\n<p>hello <b>900101</b>-1234568</p>"
		r, err := s.intake.ReceiveMail(s.ctx, "", []byte(raw))
		s.must(err)
		x, err := domain.Interactions.Get(s.ctx, s.store, r.Interaction)
		s.must(err)
		if x.HTML != "" || !strings.Contains(x.Text, "hello") || strings.Contains(x.Text, "1234568") || len(x.Sealed) == 0 {
			s.Errorf("%q, %q", x.Text, x.HTML)
		}
		answer, err := s.desk.Reply(s.ctx, r.InquiryID, desk.Reply{HTML: "<p>yours is <i>900101</i>-1234568</p>"})
		s.must(err)
		if strings.Contains(answer.HTML+answer.Text, "1234568") {
			s.Errorf("%q, %q", answer.Text, answer.HTML)
		}
	})
}

// TestAMarkIsTakenAwayByHand: who knows that an address works again says so, and the address keeps what else is known of it.
func TestAMarkIsTakenAwayByHand(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		r := s.memo(domain.Party{Email: "kim@m.test", Phone: "010-1234-5678"}, "x")
		s.must(s.store.Write(s.ctx, func(tx domain.Tx) error {
			_, err := domain.Customers.Update(s.ctx, tx, r.CustomerID, func(c *domain.Customer) error {
				for i := range c.Identities {
					c.Identities[i].Undeliverable = true
				}
				return nil
			})
			return err
		}))
		before := s.customer(r.CustomerID)
		s.later(time.Hour)
		works, broken := false, true
		drafts := []contact.IdentityDraft{{Kind: domain.IdentityEmail, Value: "kim@m.test", Undeliverable: &works}, {Kind: domain.IdentityPhone, Value: "010-1234-5678", Undeliverable: &broken}}
		_, err := s.contact.Edit(s.ctx, r.CustomerID, 0, contact.Patch{Identities: &drafts})
		s.must(err)
		for _, id := range s.customer(r.CustomerID).Identities {
			was := slices.IndexFunc(before.Identities, func(x domain.Identity) bool { return x.Key == id.Key })
			if want := id.Kind != domain.IdentityEmail; id.Undeliverable != want || was < 0 || !id.AddedAt.Equal(before.Identities[was].AddedAt) {
				s.Errorf("%+v", id)
			}
		}
	})
}
