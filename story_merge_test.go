package main

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"sori/domain"
	"sori/domain/contact"
	"sori/domain/desk"
	"sori/domain/intake"
)

// settled lets the jobs be done by which everything of a merge, its undo or an erasure is gone through once more.
func (s *teller) settled() {
	s.Helper()
	s.later(2 * time.Minute)
	for _, kind := range []string{contact.JobRehome, contact.JobErase} {
		for n := 1; n > 0; {
			var err error
			n, err = s.jobs().RunOnce(s.ctx, kind)
			s.must(err)
		}
	}
}

// many takes in memos of one customer, and gives his id.
func (s *teller) many(email string, n int) (customer string) {
	s.Helper()
	for i := range n {
		customer = s.memo(domain.Party{Email: email}, fmt.Sprint(email, " ", i)).CustomerID
	}
	return customer
}

func (s *teller) merged(into, from string) {
	s.Helper()
	_, err := s.contact.Merge(s.ctx, into, from)
	s.must(err)
}

func (s *teller) unmerged(into, from string) {
	s.Helper()
	_, err := s.contact.Unmerge(s.ctx, into, from)
	s.must(err)
}

// said reports where a customer does not have so many interactions and inquiries.
func (s *teller) said(who, customer string, want int) {
	s.Helper()
	interactions, err := domain.Interactions.Find(s.ctx, s.store, domain.Query{Index: "customer", Equal: []any{customer}})
	s.must(err)
	inquiries := 0
	for _, c := range domain.StatusCategories {
		found, err := domain.Inquiries.Find(s.ctx, s.store, domain.Query{Index: "customerId.last", Equal: []any{customer, c}})
		s.must(err)
		inquiries += len(found)
	}
	if len(interactions) != want || inquiries != want {
		s.Errorf("%s has %d interactions and %d inquiries, want %d of each", who, len(interactions), inquiries, want)
	}
}

// more is more than moves in the commit of a merge itself.
const more = 230

// TestLargeMergesThatCross: people do not wait for the jobs that move what is left; wherever these are, all ends with whom it belongs to.
func TestLargeMergesThatCross(t *testing.T) {
	t.Parallel()
	for name, tale := range map[string]func(s *teller, a, b, c string) (atA, atB, atC int){
		"on": func(s *teller, a, b, c string) (int, int, int) {
			s.merged(a, b)
			s.merged(c, a)
			return 0, 0, more + 2
		},
		"undone at once": func(s *teller, a, b, _ string) (int, int, int) {
			s.merged(a, b)
			s.unmerged(a, b)
			return 1, more, 1
		},
		"undone, and given to another at once": func(s *teller, a, b, c string) (int, int, int) {
			s.merged(a, b)
			s.settled()
			s.unmerged(a, b)
			s.merged(c, b)
			return 1, 0, more + 1
		},
		"undone, and the other given away at once": func(s *teller, a, b, c string) (int, int, int) {
			s.merged(a, b)
			s.settled()
			s.unmerged(a, b)
			s.merged(c, a)
			return 0, more, 2
		},
		"undone and done again": func(s *teller, a, b, _ string) (int, int, int) {
			s.merged(a, b)
			s.settled()
			s.unmerged(a, b)
			s.merged(a, b)
			return more + 1, 0, 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachEngine(t, func(s *teller) {
				a, b, c := s.many("a@cross.test", 1), s.many("b@cross.test", more), s.many("c@cross.test", 1)
				atA, atB, atC := tale(s, a, b, c)
				s.settled()
				s.said("A", a, atA)
				s.said("B", b, atB)
				s.said("C", c, atC)
			})
		})
	}
}

// behind commits what a transaction would that began when a customer, and where he was, was still as given.
func (s *teller) behind(r intake.Result, customer, home string) (interaction string) {
	s.Helper()
	q, err := domain.Inquiries.Get(s.ctx, s.store, r.InquiryID)
	s.must(err)
	x, err := domain.Interactions.Get(s.ctx, s.store, r.Interaction)
	s.must(err)
	q.Doc, q.Number, q.CustomerID, q.HomeID = domain.Doc{ID: domain.Inquiries.NewID()}, domain.NewID("late"), customer, home
	x.Doc, x.OnceKey, x.InquiryID, x.CustomerID, x.HomeID = domain.Doc{ID: domain.Interactions.NewID()}, domain.NewID("late"), q.ID, customer, home
	s.must(s.store.Write(s.ctx, func(tx domain.Tx) error {
		if err := domain.Inquiries.Insert(s.ctx, tx, q); err != nil {
			return err
		}
		return domain.Interactions.Insert(s.ctx, tx, x)
	}))
	return x.ID
}

// TestWhatIsCommittedBehindAMerge: an engine that compares only what is written lets in what knows nothing of a merge or its undo. It is found.
func TestWhatIsCommittedBehindAMerge(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		a, mine := s.many("a@behind.test", 1), s.memo(domain.Party{Email: "b@behind.test"}, "글")
		b := mine.CustomerID
		s.merged(a, b)
		s.settled()
		s.behind(mine, b, "")
		s.unmerged(a, b)
		s.behind(mine, a, b)
		s.settled()
		s.said("A", a, 1)
		s.said("B", b, 3)
		s.merged(a, b)
		s.behind(mine, b, "")
		s.settled()
		s.said("A", a, 5)
		s.unmerged(a, b)
		s.said("B", b, 4)
	})
}

// TestWhatIsCommittedBehindAnErasure is erased as well; what was erased before is not told of again.
func TestWhatIsCommittedBehindAnErasure(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		a, mine := s.many("a@gone.test", 2), s.memo(domain.Party{Email: "b@gone.test"}, "비밀 이야기")
		s.merged(a, mine.CustomerID)
		before := *mustHave(s, mine)
		s.must(s.contact.Erase(s.ctx, a))
		if _, err := s.jobs().RunOnce(s.ctx, contact.JobErase); err != nil {
			s.Fatal(err)
		}
		late := []string{s.restored(before, a), s.restored(before, mine.CustomerID)}
		s.settled()
		for _, id := range late {
			x, err := domain.Interactions.Get(s.ctx, s.store, id)
			s.must(err)
			if x.Text != "[erased]" || x.From.Email != "" {
				s.Errorf("%+v", x)
			}
		}
		if n := s.count(domain.EventInteractionErased); n != 5 {
			s.Errorf("%d erased interactions were told of, want each of 5 once", n)
		}
	})
}

// TestErasedOnTheWayBack: what the undo of a large merge has not moved back yet is erased where it is, and what was erased does not come again when it is delivered again.
func TestErasedOnTheWayBack(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		again := letter{from: "b@way.test", subject: "비밀", id: "again@way.test", body: "비밀 이야기"}
		mail := s.mail(again)
		a, b := s.many("a@way.test", 1), s.many("b@way.test", more)
		s.merged(a, b)
		s.settled()
		s.unmerged(a, b)
		s.must(s.contact.Erase(s.ctx, b))
		if _, err := s.jobs().RunOnce(s.ctx, contact.JobErase); err != nil {
			s.Fatal(err)
		}
		readable := func() (n int) {
			for _, customer := range []string{a, b} {
				found, err := domain.Interactions.Find(s.ctx, s.store, domain.Query{Index: "customer", Equal: []any{customer}})
				s.must(err)
				for _, x := range found {
					if x.Text != "[erased]" {
						n++
					}
				}
			}
			return n
		}
		if n := readable(); n != 1 {
			s.Errorf("%d interactions can be read, want the one of A", n)
		}
		s.settled()
		s.said("A", a, 1)
		s.said("B", b, more+1)
		if r := s.mail(again); !r.Duplicate || r.InquiryID != mail.InquiryID || readable() != 1 {
			s.Errorf("it came again: %+v", r)
		}
	})
}

func mustHave(s *teller, r intake.Result) *domain.Interaction {
	s.Helper()
	x, err := domain.Interactions.Get(s.ctx, s.store, r.Interaction)
	s.must(err)
	return x
}

// restored commits an interaction again, as another one of a customer's.
func (s *teller) restored(x domain.Interaction, customer string) string {
	s.Helper()
	x.Doc, x.OnceKey, x.CustomerID = domain.Doc{ID: domain.Interactions.NewID()}, "again "+customer, customer
	s.must(s.store.Write(s.ctx, func(tx domain.Tx) error { return domain.Interactions.Insert(s.ctx, tx, &x) }))
	return x.ID
}

// TestTakenInWhileTheCustomerIsMerged: what comes in all the time is the other's in the end, and the customer's own again after the undo.
func TestTakenInWhileTheCustomerIsMerged(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		a, b := s.many("a@busy.test", 1), s.many("b@busy.test", 1)
		for _, change := range []func(){func() { s.merged(a, b) }, func() { s.unmerged(a, b) }, func() { s.merged(a, b) }} {
			stop := s.pour("b@busy.test")
			time.Sleep(50 * time.Millisecond)
			change()
			stop()
		}
		s.settled()
		s.said("B", b, 0)
	})
}

// pour takes in memos of one, several at once, until it is told to stop.
func (s *teller) pour(email string) (stop func()) {
	ctx, cancel := context.WithCancel(s.ctx)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for ctx.Err() == nil {
				_, err := s.intake.Receive(s.ctx, intake.Submission{Channel: domain.ChannelMemo, From: domain.Party{Email: email}, Text: "글", Memo: &domain.MemoPart{Location: "lobby"}})
				if err != nil {
					s.Error(err)
				}
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

// TestConsentsOfTheMerged: what either withdrew holds for both, and an undo gives each his own back.
func TestConsentsOfTheMerged(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		a, b := s.many("a@consent.test", 1), s.many("b@consent.test", 1)
		say := func(customer string, c domain.Consent) {
			s.later(time.Minute)
			c.Channel, c.At = domain.ChannelEmail, s.clock()
			list := append(s.customer(customer).Consents, c)
			_, err := s.contact.Edit(s.ctx, customer, 0, contact.Patch{Consents: &list})
			s.must(err)
		}
		refuses := func(customer, purpose string, want bool) {
			s.Helper()
			if s.customer(customer).Refuses(domain.ChannelEmail, purpose) != want {
				s.Errorf("%s refuses %s: want %t; %+v", customer, purpose, want, s.customer(customer).Consents)
			}
		}
		say(b, domain.Consent{Purpose: domain.PurposeAutomatic})
		say(a, domain.Consent{Purpose: domain.PurposeMarketing})
		say(b, domain.Consent{Purpose: domain.PurposeMarketing, Granted: true})
		before := asJSON(s.T, [][]domain.Consent{s.customer(a).Consents, s.customer(b).Consents})
		s.merged(a, b)
		refuses(a, domain.PurposeAutomatic, true)
		refuses(a, domain.PurposeMarketing, false)
		s.unmerged(a, b)
		if got := asJSON(s.T, [][]domain.Consent{s.customer(a).Consents, s.customer(b).Consents}); got != before {
			s.Errorf("after the undo\n got %s\nwant %s", got, before)
		}
		s.merged(a, b)
		say(a, domain.Consent{Purpose: domain.PurposeSurvey})
		s.unmerged(a, b)
		refuses(a, domain.PurposeSurvey, true)
		refuses(b, domain.PurposeSurvey, true)
		refuses(b, domain.PurposeAutomatic, true)
		refuses(a, domain.PurposeAutomatic, false)
	})
}

// TestRepliesGoToWhoWrote: not to another address of the customer, and after a merge not to another person.
func TestRepliesGoToWhoWrote(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		first := s.mail(letter{from: "One <one@two.test>", subject: "하나", id: "one@two.test", body: "글"})
		drafts := []contact.IdentityDraft{{Kind: domain.IdentityEmail, Value: "one@two.test"}, {Kind: domain.IdentityEmail, Value: "two@two.test"}}
		_, err := s.contact.Edit(s.ctx, first.CustomerID, 0, contact.Patch{Identities: &drafts})
		s.must(err)
		second := s.mail(letter{from: "two@two.test", subject: "둘", id: "two@two.test", body: "글"})
		other := s.mail(letter{from: "Other <other@three.test>", subject: "셋", id: "three@two.test", body: "사적인 글"})
		s.merged(first.CustomerID, other.CustomerID)
		goesTo := func(r intake.Result, want string) {
			s.Helper()
			x, err := s.desk.Reply(s.ctx, r.InquiryID, desk.Reply{Text: "답변"})
			s.must(err)
			if len(x.To) != 1 || x.To[0].Email != want {
				s.Errorf("the reply goes to %+v, want %s", x.To, want)
			}
		}
		goesTo(first, "one@two.test")
		goesTo(second, "two@two.test")
		goesTo(other, "other@three.test")
		s.mail(letter{from: "one@two.test", subject: "Re: 둘", id: "four@two.test", refs: "<two@two.test>", body: "이 주소로 주세요"})
		goesTo(second, "one@two.test")
	})
}
