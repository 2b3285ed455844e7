package main

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"sori/adapters/email"
	"sori/domain"
	"sori/domain/contact"
	"sori/domain/survey"
)

// asker is a teller whose program asks customers how they were helped.
type asker struct{ *poster }

func asking(s *teller, p survey.SettingsPatch) *asker {
	s.Helper()
	a := &asker{posting(s)}
	on, link := true, "https://shop.test/how?lang=ko"
	p.Active = &on
	if p.LinkBase == nil {
		p.LinkBase = &link
	}
	_, err := s.survey.EditSettings(s.ctx, 0, p)
	s.must(err)
	return a
}

// resolved takes in a mail and resolves it, by an agent.
func (a *asker) resolved(from, id string) string {
	a.Helper()
	q := a.mail(letter{from: from, subject: "환불 문의", id: id, body: "언제 되나요?"}).InquiryID
	a.staff("kim")
	a.queues("refunds")
	_, err := a.desk.Assign(a.ctx, q, 0, "kim", "", "refunds")
	a.must(err)
	a.resolve(q)
	return q
}

func (a *asker) resolve(q string) {
	a.Helper()
	_, err := a.desk.Resolve(a.agent, q, 0, "done")
	a.must(err)
	a.follow()
}

func (a *asker) follow() {
	a.Helper()
	a.events()
	for {
		n, err := a.surveyFollower().RunOnce(a.ctx)
		a.must(err)
		if n == 0 {
			return
		}
	}
}

// ask does what is due, and gives the mails that were sent since it was last asked.
func (a *asker) ask() []relayed {
	a.Helper()
	before := len(a.relay.got())
	for n := 1; n > 0; {
		var err error
		n, err = a.jobs().RunOnce(a.ctx, survey.JobInvite)
		a.must(err)
	}
	a.send()
	return a.relay.got()[before:]
}

var linkPattern = regexp.MustCompile(`https://shop\.test/how\?\S+`)

// token finds the link in a mail, and the token in the link.
func (a *asker) token(m relayed) string {
	a.Helper()
	link := linkPattern.FindString(email.NewParser(email.Options{}).Parse(m.raw).Text)
	u, err := url.Parse(link)
	a.must(err)
	if u.Query().Get("lang") != "ko" || u.Query().Get("token") == "" {
		a.Fatalf("the link %q", link)
	}
	return u.Query().Get("token")
}

func TestACustomerIsAskedAndAnswersOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		a := asking(s, survey.SettingsPatch{})
		q := a.resolved("홍길동 <hong@mail.test>", "m1@mail.test")
		if got := a.ask(); len(got) != 0 {
			s.Fatalf("%d mails within the hour", len(got))
		}
		s.later(61 * time.Minute)
		got := a.ask()
		if len(got) != 1 {
			s.Fatalf("%d mails", len(got))
		}
		m := email.NewParser(email.Options{}).Parse(got[0].raw)
		was := s.inquiry(q)
		if m.AutoSubmitted != "auto-generated" || m.To[0].Address != "hong@mail.test" || !strings.HasPrefix(m.Subject, "상담은 어떠셨나요?") || !strings.Contains(m.Text, was.Number) {
			s.Errorf("%+v", m)
		}
		if was.Status != domain.StatusResolved || !was.LastInteractionAt.Before(s.clock().Add(-time.Hour)) {
			s.Errorf("the question moved the inquiry: %+v", was)
		}
		list, err := s.desk.Interactions(s.ctx, q, domain.PageRequest{})
		s.must(err)
		if x := list.Items[0]; x.Kind != domain.KindSurvey || x.Direction != domain.Outbound {
			s.Errorf("%+v", x)
		}
		token := a.token(got[0])
		inv, err := s.survey.Question(t.Context(), token)
		s.must(err)
		if inv.Number != was.Number || inv.Agent != "kim" || inv.Queue != "refunds" || inv.AnsweredAt != nil {
			s.Errorf("%+v", inv)
		}
		_, err = s.survey.Answer(t.Context(), token, survey.Answer{Score: 6})
		s.wants(err, domain.Invalid)
		_, err = s.survey.Answer(t.Context(), token, survey.Answer{Score: 5, Text: "친절했습니다 900101-1234568"})
		s.must(err)
		_, err = s.survey.Answer(t.Context(), token, survey.Answer{Score: 1})
		s.wants(err, domain.Conflict)
		for _, e := range s.events() {
			if strings.Contains(fmt.Sprint(e.Data), "친절") || e.Type == domain.EventSurveyAnswered && (e.Actor.Kind != "customer" || fmt.Sprint(e.Data["score"]) != "5") {
				s.Errorf("%+v", e)
			}
		}
		page, err := s.survey.Invitations(s.ctx, q, "", domain.PageRequest{})
		s.must(err)
		if len(page.Items) != 1 || page.Items[0].Score != 5 || page.Items[0].Text != "친절했습니다 900101-1******" {
			s.Errorf("%+v", page.Items)
		}
		s.must(s.contact.Erase(s.ctx, inv.CustomerID))
		a.follow()
		page, err = s.survey.Invitations(s.ctx, q, "", domain.PageRequest{})
		s.must(err)
		if page.Items[0].Text != "" || page.Items[0].Score != 5 {
			s.Errorf("%+v", page.Items[0])
		}
	})
}

// TestWhoIsNotAsked: who was asked lately, who refused, whose inquiry was opened again, who cannot be reached, and nobody twice.
func TestWhoIsNotAsked(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		a := asking(s, survey.SettingsPatch{})
		asked := func(what string, want int) {
			s.Helper()
			s.later(2 * time.Hour)
			if got := a.ask(); len(got) != want {
				s.Errorf("%s: %d mails, not %d", what, len(got), want)
			}
		}
		q := a.resolved("a@mail.test", "a1@mail.test")
		_, err := s.desk.Reopen(s.ctx, q, 0)
		s.must(err)
		asked("opened again", 0)
		a.resolve(q)
		asked("resolved again", 1)
		_, err = s.desk.Reopen(s.ctx, q, 0)
		s.must(err)
		a.resolve(q)
		s.later(40 * 24 * time.Hour)
		asked("resolved a third time", 0)
		a.resolved("b@mail.test", "b1@mail.test")
		a.resolved("b@mail.test", "b2@mail.test")
		asked("two at once", 1)
		a.resolved("b@mail.test", "b3@mail.test")
		asked("asked lately", 0)
		s.later(31 * 24 * time.Hour)
		a.resolved("b@mail.test", "b4@mail.test")
		asked("asked long ago", 1)

		r := s.memo(domain.Party{Name: "no mail", Phone: "010-1111-2222"}, "x")
		a.resolve(r.InquiryID)
		asked("no address", 0)

		q = a.resolved("c@mail.test", "c1@mail.test")
		_, err = s.contact.Edit(s.ctx, s.inquiry(q).CustomerID, 0, contact.Patch{Consents: &[]domain.Consent{{Channel: domain.ChannelEmail, Purpose: "survey", Granted: false, At: s.clock()}}})
		s.must(err)
		asked("refused", 0)

		q = a.resolved("d@mail.test", "d1@mail.test")
		a.relay.refuse("d@mail.test", 550)
		s.later(2 * time.Hour)
		a.ask()
		if got := s.inquiry(q); got.Status != domain.StatusResolved {
			s.Errorf("a question that did not arrive made the inquiry %s", got.Status)
		}
		s.later(31 * 24 * time.Hour)
		a.resolve(s.memo(domain.Party{Email: "d@mail.test"}, "x").InquiryID)
		asked("an address that does not exist", 0)
		a.resolved("d@mail.test", "d2@mail.test")
		asked("an address that wrote again", 1)

		must := true
		_, err = s.survey.EditSettings(s.ctx, 0, survey.SettingsPatch{RequireConsent: &must})
		s.must(err)
		a.resolved("e@mail.test", "e1@mail.test")
		asked("did not agree", 0)
		only := []domain.Channel{domain.ChannelPhone}
		must = false
		_, err = s.survey.EditSettings(s.ctx, 0, survey.SettingsPatch{RequireConsent: &must, Channels: &only})
		s.must(err)
		a.resolved("f@mail.test", "f1@mail.test")
		asked("another channel", 0)
	})
}

func TestALinkEnds(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		a := asking(s, survey.SettingsPatch{})
		a.resolved("a@mail.test", "a1@mail.test")
		s.later(2 * time.Hour)
		token := a.token(a.ask()[0])
		for _, bad := range []string{"", "x", token[1:], token[:len(token)-1], strings.Replace(token, ".", ".z", 1), token + "x", strings.Repeat("a.", 500)} {
			_, err := s.survey.Question(s.ctx, bad)
			s.wants(err, domain.NotFound)
			_, err = s.survey.Answer(s.ctx, bad, survey.Answer{Score: 1})
			s.wants(err, domain.NotFound)
		}
		// Keys are changed; what was sent holds.
		fresh, err := surveyKeys("k2:" + strings.Repeat("C", 43) + "=," + testSecrets.SealKeys)
		s.must(err)
		s.survey.Keys = fresh
		_, err = s.survey.Question(s.ctx, token)
		s.must(err)
		s.later(15 * 24 * time.Hour)
		_, err = s.survey.Answer(s.ctx, token, survey.Answer{Score: 1})
		s.wants(err, domain.Conflict)
		if domain.RuleOf(err) != "expired" {
			s.Error(err)
		}
	})
}

// TestHowSatisfiedCustomersWere by agent, queue, type, tier and day.
func TestHowSatisfiedCustomersWere(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		a := asking(s, survey.SettingsPatch{})
		for i, score := range []int{5, 4, 2, 0} {
			a.resolved(fmt.Sprintf("c%d@mail.test", i), fmt.Sprintf("c%d@id.test", i))
			s.later(2 * time.Hour)
			got := a.ask()
			if len(got) != 1 {
				s.Fatalf("%d mails", len(got))
			}
			if score > 0 {
				_, err := s.survey.Answer(s.ctx, a.token(got[0]), survey.Answer{Score: score})
				s.must(err)
			}
		}
		for _, by := range []string{survey.ByAgent, survey.ByQueue, survey.ByType, survey.ByTier, survey.ByDay} {
			r, err := s.survey.Report(s.ctx, survey.ReportRequest{By: by})
			s.must(err)
			x := r.Total
			if x.Sent != 4 || x.Answered != 3 || *x.ResponseRate != 0.75 || *x.Average != 11.0/3 || *x.Satisfied != 2.0/3 || fmt.Sprint(x.Distribution) != "[0 1 0 1 1]" {
				s.Errorf("%s: %+v", by, x)
			}
			var sent int64
			for _, row := range r.Rows {
				sent += row.Sent
			}
			want := map[string]string{survey.ByAgent: "kim", survey.ByQueue: "refunds", survey.ByType: domain.SurveyNone, survey.ByTier: domain.TierRegular}[by]
			if sent != 4 || want != "" && (len(r.Rows) != 1 || r.Rows[0].Key != want) {
				s.Errorf("%s: %+v", by, r.Rows)
			}
		}
		r, err := s.survey.Report(s.ctx, survey.ReportRequest{From: s.clock().AddDate(0, 0, -60), To: s.clock().AddDate(0, 0, -30)})
		s.must(err)
		if r.Total.Sent != 0 || r.Total.Average != nil || len(r.Rows) != 0 {
			s.Errorf("%+v", r)
		}
		_, err = s.survey.Report(s.ctx, survey.ReportRequest{By: "weather"})
		s.wants(err, domain.Invalid)
	})
}
