package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sori/domain"
	"sori/domain/contact"
	"sori/domain/desk"
	"sori/domain/intake"
	"sori/domain/triage"
)

// sorter is a teller whose program triages what comes in.
type sorter struct {
	*teller
	agent context.Context // somebody at the desk
}

var refundWordings = []string{"환불해 주세요", "결제 취소하고 환불 원해요", "환불은 언제 되나요", "돈을 돌려받고 싶어요", "주문 취소 환불"}
var loginWordings = []string{"로그인이 안돼요", "비밀번호를 잊었어요", "접속이 안됩니다", "계정 로그인 오류", "비번 재설정"}

func sorting(s *teller) *sorter {
	s.Helper()
	t := &sorter{teller: s}
	t.agent = domain.WithActor(s.ctx, domain.Actor{Kind: "token", ID: "kim", Role: domain.RoleAgent, Scopes: domain.ScopesOf(domain.RoleAgent, "")})
	return t
}

// types makes two types, refund answered from a confidence on that the story's few examples reach.
func (s *sorter) types() {
	s.Helper()
	for key, value := range map[string]float64{"refund": 0.5, "login": 1} {
		_, err := s.triage.CreateType(s.ctx, triage.TypeDraft{Key: key, Name: strings.ToUpper(key), Threshold: domain.TypeThreshold{Mode: domain.ThresholdManual, Value: value}})
		s.must(err)
	}
}

func (s *sorter) template(typeKey, text string) *domain.Template {
	s.Helper()
	t, err := s.triage.CreateTemplate(s.ctx, triage.TemplateDraft{Type: typeKey, Language: "ko", TemplateTexts: domain.TemplateTexts{Text: text}})
	s.must(err)
	return t
}

func (s *sorter) examples(typeKey string, wordings ...string) []triage.ExampleResult {
	s.Helper()
	var drafts []triage.ExampleDraft
	for _, w := range wordings {
		drafts = append(drafts, triage.ExampleDraft{Type: typeKey, Text: w, Language: "ko"})
	}
	results, err := s.triage.AddExamples(s.ctx, drafts)
	s.must(err)
	return results
}

// train trains to the end, and gives the version.
func (s *sorter) train() *domain.ClassifierModel {
	s.Helper()
	m, err := s.triage.Train(s.ctx)
	s.must(err)
	jobs, err := domain.ClaimJobs(s.ctx, s.store, triage.JobTrain, "story", s.clock(), time.Minute, 1)
	s.must(err)
	if len(jobs) != 1 {
		s.Fatalf("%d training jobs", len(jobs))
	}
	s.must(s.triage.RunTrain(s.ctx, jobs[0]))
	s.must(s.store.Write(s.ctx, func(tx domain.Tx) error { return domain.FinishJob(s.ctx, tx, jobs[0]) }))
	m, err = s.triage.GetModel(s.ctx, m.ID)
	s.must(err)
	return m
}

func (s *sorter) trained() {
	s.Helper()
	s.types()
	s.examples("refund", refundWordings...)
	s.examples("login", loginWordings...)
	s.train()
}

// sort triages all that waits.
func (s *sorter) sort() {
	s.Helper()
	for {
		n, err := s.triage.RunBatch(domain.WithActor(s.ctx, domain.System("triage")), "story")
		s.must(err)
		if n == 0 {
			return
		}
	}
}

func (s *sorter) made(inquiryID string) *domain.Classification {
	s.Helper()
	c, err := s.triage.GetClassification(s.ctx, inquiryID)
	s.must(err)
	return c
}

// answers gives what we wrote on an inquiry, the oldest first.
func (s *sorter) answers(inquiryID string) (out []*domain.Interaction) {
	s.Helper()
	p, err := s.desk.Interactions(s.ctx, inquiryID, domain.PageRequest{})
	s.must(err)
	for _, x := range p.Items {
		if x.Direction == domain.Outbound {
			out = append([]*domain.Interaction{x}, out...)
		}
	}
	return out
}

// follow lets learning and counting read the feed to its end.
func (s *sorter) follow() {
	s.Helper()
	s.events()
	for _, f := range s.triageFollowers(s.triage) {
		for {
			n, err := f.RunOnce(s.ctx)
			s.must(err)
			if n == 0 {
				break
			}
		}
	}
}

func TestBeforeTrainingNothingIsDecided(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(tell *teller) {
		s := sorting(tell)
		v, err := s.triage.Classify(s.ctx, triage.ClassifyInput{Text: "환불해 주세요"})
		s.must(err)
		if v.Type != "" || v.Decision != domain.DecideRoute {
			s.Errorf("%+v", v)
		}
		q := s.mail(letter{from: "kim@shop.test", subject: "환불", id: "1@x", body: "환불해 주세요"})
		if s.untriaged() {
			s.Error("a message waits for triage, by which nothing can come of it")
		}
		s.sort()
		_, err = s.triage.GetClassification(s.ctx, q.InquiryID)
		s.wants(err, domain.NotFound)
		if list, err := s.triage.Suggestions(s.ctx, q.InquiryID); err != nil || len(list) != 0 {
			s.Errorf("%+v, %v", list, err)
		}
		rule, err := s.triage.CreateRule(s.ctx, triage.RuleDraft{Name: "tag", Actions: domain.RuleActions{Tags: []string{"new"}}})
		s.must(err)
		q = s.mail(letter{from: "kim@shop.test", subject: "교환", id: "2@x", body: "교환해 주세요"})
		s.sort()
		if c := s.made(q.InquiryID); c.Decision != domain.DecideRoute || c.Reason != triage.ReasonUntrained || len(s.inquiry(q.InquiryID).Tags) != 1 {
			s.Errorf("%+v", c)
		}

		last := s.mail(letter{from: "kim@shop.test", subject: "배송", id: "3@x", body: "배송이 늦어요"})
		if !s.untriaged() {
			s.Error("a message does not wait for triage, though there is a rule")
		}
		s.must(s.triage.DeleteRule(s.ctx, rule.ID))
		s.sort()
		_, err = s.triage.GetClassification(s.ctx, last.InquiryID)
		s.wants(err, domain.NotFound)
		if s.untriaged() {
			s.Error("a message waits for triage, though the rule is gone")
		}
	})
}

// untriaged tells whether a message waits for triage.
func (s *sorter) untriaged() bool {
	s.Helper()
	_, err := domain.Jobs.First(s.ctx, s.store, domain.Query{Index: "due", Equal: []any{triage.JobInquiry, domain.JobWaiting}})
	if err != nil && !domain.IsCode(err, domain.NotFound) {
		s.Fatal(err)
	}
	return err == nil
}

func TestSureMessagesAreAnsweredOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(tell *teller) {
		s := sorting(tell)
		s.trained()
		tpl := s.template("refund", "{{customer.name|고객}}님, 환불은 3일 안에 됩니다. ({{inquiry.number}})")
		r := s.mail(letter{from: "홍길동 <hong@shop.test>", subject: "환불", id: "1@x", body: "환불해 주세요 부탁드립니다"})
		s.later(time.Second)
		s.sort()
		got := s.answers(r.InquiryID)
		if len(got) != 1 || got[0].Text != "홍길동님, 환불은 3일 안에 됩니다. ("+r.Number+")" || got[0].Author.Kind != "system" {
			s.Fatalf("%+v", got)
		}
		q := s.inquiry(r.InquiryID)
		if q.Type != "refund" || q.StatusCategory != domain.CategoryResolved {
			s.Errorf("the inquiry is %s, %s", q.Type, q.Status)
		}
		if c := s.made(q.ID); c.Decision != domain.DecideAnswer || c.Answer == nil || c.Answer.TemplateID != tpl.ID || c.Answer.To != r.Interaction {
			s.Errorf("%+v", c)
		}
		s.repeat(r.Interaction)
		if n := len(s.answers(q.ID)); n != 1 {
			s.Errorf("answered %d times", n)
		}
		if n := s.count(domain.EventInquiryAnswered); n != 1 {
			s.Errorf("%d events of an answer", n)
		}
		if n := s.count(domain.EventInquiryClassified); n != 1 {
			s.Errorf("%d events of a classification", n)
		}
	})
}

// repeat runs the job of a message again, as after a death before the job's end.
func (s *sorter) repeat(interactionID string) {
	s.Helper()
	job, err := domain.NewJob(triage.JobInquiry, map[string]string{"interactionId": interactionID}, s.clock())
	s.must(err)
	job.Attempts = 1 // so that the claim is the second
	s.must(s.store.Write(s.ctx, func(tx domain.Tx) error {
		own := *job
		return domain.Jobs.Insert(s.ctx, tx, &own)
	}))
	s.sort()
}

// TestADeathAfterTheAnswer loses the record of an answer that was sent: the job that runs again finds the answer.
func TestADeathAfterTheAnswer(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(tell *teller) {
		s := sorting(tell)
		s.trained()
		s.template("refund", "환불은 3일 안에 됩니다")
		r := s.mail(letter{from: "hong@shop.test", subject: "환불", id: "1@x", body: "환불해 주세요"})
		s.sort()
		s.must(s.store.Write(s.ctx, func(tx domain.Tx) error {
			return domain.Classifications.Delete(s.ctx, tx, domain.ClassificationID(r.InquiryID))
		}))
		s.repeat(r.Interaction)
		if n := len(s.answers(r.InquiryID)); n != 1 {
			s.Errorf("answered %d times", n)
		}
		if c := s.made(r.InquiryID); c.Decision != domain.DecideAnswer || c.Answer == nil {
			s.Errorf("%+v", c)
		}
	})
}

// meddler lets something happen between the decision to answer and the answer.
type meddler struct {
	deskAnswerer
	meddle func(inquiryID string)
}

func (m meddler) Answer(ctx context.Context, inquiryID string, a triage.Answer) (*domain.Interaction, error) {
	m.meddle(inquiryID)
	return m.deskAnswerer.Answer(ctx, inquiryID, a)
}

func TestAnAgentIsFaster(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(tell *teller) {
		s := sorting(tell)
		s.trained()
		s.template("refund", "환불은 3일 안에 됩니다")
		s.triage.Answerer = meddler{deskAnswerer{s.desk}, func(id string) {
			s.staff("kim")
			_, err := s.desk.Assign(s.ctx, id, 0, "kim", "", "")
			s.must(err)
		}}
		r := s.mail(letter{from: "hong@shop.test", subject: "환불", id: "1@x", body: "환불해 주세요"})
		s.sort()
		if c := s.made(r.InquiryID); len(s.answers(r.InquiryID)) != 0 || c.Reason != triage.ReasonRefused || c.Answer != nil {
			s.Errorf("%+v", c)
		}
		if q := s.inquiry(r.InquiryID); q.Assignee != "kim" || q.StatusCategory != domain.CategoryOpen {
			s.Errorf("%+v", q)
		}
	})
}

func TestHousekeeping(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(tell *teller) {
		s := sorting(tell)
		s.trained()
		if begun, err := s.triage.TrainWhenGrown(s.ctx); err != nil || begun {
			s.Errorf("trained on nothing new: %v, %v", begun, err)
		}
		s.later(time.Second)
		wordings := make([]string, 100)
		for i := range wordings {
			wordings[i] = fmt.Sprintf("주문 %d 환불", i)
		}
		s.examples("refund", wordings...)
		if begun, err := s.triage.TrainWhenGrown(s.ctx); err != nil || !begun {
			s.Errorf("not trained on a hundred examples: %v, %v", begun, err)
		}
		_, err := s.triage.Ask(s.ctx, "환불", "", 0)
		s.must(err)
		if n, err := s.triage.ForgetAsks(s.ctx); err != nil || n != 0 {
			s.Errorf("%d forgotten at once, %v", n, err)
		}
		s.later(200 * 24 * time.Hour)
		if n, err := s.triage.ForgetAsks(s.ctx); err != nil || n != 1 {
			s.Errorf("%d forgotten, %v", n, err)
		}
	})
}

func TestWhatIsNeverAnswered(t *testing.T) {
	t.Parallel()
	const body = "환불해 주세요"
	mail := func(headers string) func(*sorter) intake.Result {
		return func(s *sorter) intake.Result {
			return s.mail(letter{from: "hong@shop.test", subject: "환불", id: "1@x", headers: headers, body: body})
		}
	}
	cases := []struct {
		name   string
		come   func(*sorter) intake.Result
		reason string // "" for what is not classified at all
	}{
		{"an auto-reply", mail("Auto-Submitted: auto-replied\r\n"), ""},
		{"a mail from nobody", func(s *sorter) intake.Result {
			return s.mail(letter{from: "no-reply@shop.test", subject: "환불", id: "1@x", body: body})
		}, triage.ReasonChannel},
		{"a call", func(s *sorter) intake.Result {
			r, err := s.intake.Receive(s.ctx, intake.Submission{Channel: domain.ChannelPhone, From: domain.Party{Phone: "010-1234-5678"}, Text: body, Phone: &domain.PhonePart{CallID: "1"}})
			s.must(err)
			return r
		}, triage.ReasonChannel},
		{"what an agent has", func(s *sorter) intake.Result {
			r := mail("")(s)
			s.staff("kim")
			_, err := s.desk.Assign(s.ctx, r.InquiryID, 0, "kim", "", "")
			s.must(err)
			return r
		}, triage.ReasonAssigned},
		{"a customer of people only", func(s *sorter) intake.Result {
			r := mail("")(s)
			tiers := []string{domain.TierRegular}
			_, err := s.triage.EditSettings(s.ctx, 0, triage.SettingsPatch{PeopleTiers: &tiers})
			s.must(err)
			return r
		}, triage.ReasonTier},
		{"when it is switched off", func(s *sorter) intake.Result {
			off := false
			_, err := s.triage.EditSettings(s.ctx, 0, triage.SettingsPatch{Automatic: &off})
			s.must(err)
			return mail("")(s)
		}, triage.ReasonOff},
		{"what a rule leaves to people", func(s *sorter) intake.Result {
			_, err := s.triage.CreateRule(s.ctx, triage.RuleDraft{Name: "people", Conditions: domain.RuleConditions{Contains: []string{"환불"}}, Actions: domain.RuleActions{People: true}})
			s.must(err)
			return mail("")(s)
		}, triage.ReasonRule},
		{"what has another type", func(s *sorter) intake.Result {
			r, err := s.intake.Receive(s.ctx, intake.Submission{
				Channel: domain.ChannelBoard, Type: "login", From: domain.Party{Email: "hong@shop.test"}, Text: body, Board: &domain.BoardPart{Board: "qna", PostID: "1"},
			})
			s.must(err)
			return r
		}, triage.ReasonType},
		{"what something came after", func(s *sorter) intake.Result {
			r := mail("")(s)
			s.later(time.Second)
			_, err := s.desk.AddNote(s.ctx, r.InquiryID, desk.Note{Text: "내가 한다"})
			s.must(err)
			return r
		}, triage.ReasonNewer},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachEngine(t, func(tell *teller) {
				s := sorting(tell)
				s.trained()
				s.template("refund", "환불은 3일 안에 됩니다")
				r := c.come(s)
				s.sort()
				if got := s.answers(r.InquiryID); len(got) != 0 {
					s.Errorf("answered: %+v", got)
				}
				got, err := s.triage.GetClassification(s.ctx, r.InquiryID)
				if c.reason == "" {
					s.wants(err, domain.NotFound)
					return
				}
				s.must(err)
				if got.Decision != domain.DecideSuggest || got.Reason != c.reason {
					s.Errorf("%s: %s", got.Decision, got.Reason)
				}
			})
		})
	}
}

func TestAnswersInARowEnd(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(tell *teller) {
		s := sorting(tell)
		s.trained()
		s.template("refund", "환불은 3일 안에 됩니다")
		other := s.template("login", "비밀번호를 다시 정해 주세요")
		_, err := s.triage.CreateRule(s.ctx, triage.RuleDraft{
			Name: "login", Conditions: domain.RuleConditions{Contains: []string{"로그인"}}, Actions: domain.RuleActions{Template: other.ID, Answer: true},
		})
		s.must(err)
		post := func(n int, inquiry string) string {
			text := "환불해 주세요 "
			if n == 2 {
				text = "로그인이 안돼요 "
			}
			r, err := s.intake.Receive(s.ctx, intake.Submission{
				Channel: domain.ChannelBoard, InquiryID: inquiry, From: domain.Party{Email: "hong@shop.test"}, Text: text + strings.Repeat("!", n),
				Board: &domain.BoardPart{Board: "qna", PostID: fmt.Sprint(n)},
			})
			s.must(err)
			s.later(time.Second)
			s.sort()
			s.later(time.Second)
			return r.InquiryID
		}
		id := post(1, "")
		for n := 2; n <= 4; n++ {
			post(n, id)
		}
		if n := len(s.answers(id)); n != 2 {
			s.Errorf("%d answers in a row", n)
		}
		if c := s.made(id); c.Reason != triage.ReasonRow || s.inquiry(id).StatusCategory != domain.CategoryOpen {
			s.Errorf("%s, %s", c.Reason, s.inquiry(id).Status)
		}
	})
}

// TestNoAnswerIsRepeated: who writes again after an answer was not helped by it, or says thanks.
func TestNoAnswerIsRepeated(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(tell *teller) {
		s := sorting(tell)
		s.trained()
		s.template("refund", "환불은 3일 안에 됩니다")
		s.template("login", "비밀번호를 다시 정해 주세요")
		first := s.mail(letter{from: "hong@shop.test", subject: "환불해 주세요", id: "1@x", body: "환불은 언제 되나요"})
		s.later(time.Second)
		s.sort()
		if n := len(s.answers(first.InquiryID)); n != 1 {
			s.Fatalf("%d answers", n)
		}
		for i, c := range []struct{ text, reason string }{
			{"고마워요", ""}, // nothing of it speaks of a refund, but the subject
			{"환불해 주세요, 환불은 언제 되나요", triage.ReasonRepeated},
		} {
			s.later(time.Minute)
			r := s.mail(letter{from: "hong@shop.test", subject: "Re: 환불해 주세요", id: fmt.Sprintf("r%d@x", i), refs: "<1@x>", body: c.text})
			s.later(time.Second)
			s.sort()
			got := s.made(first.InquiryID)
			if r.InquiryID != first.InquiryID || len(s.answers(first.InquiryID)) != 1 || got.Decision == domain.DecideAnswer || c.reason != "" && got.Reason != c.reason {
				s.Errorf("%q: %s (%s), %d answers", c.text, got.Decision, got.Reason, len(s.answers(first.InquiryID)))
			}
			if q := s.inquiry(first.InquiryID); q.StatusCategory != domain.CategoryOpen {
				s.Errorf("%q leaves the inquiry %s", c.text, q.Status)
			}
		}
	})
}

func TestSuggestionsAndRules(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(tell *teller) {
		s := sorting(tell)
		s.trained()
		tpl := s.template("login", "{{customer.name|고객}}님, 비밀번호를 다시 정하세요")
		_, err := s.triage.CreateArticle(s.ctx, triage.ArticleDraft{Title: "비밀번호 재설정", Text: "설정에서 바꿉니다", Language: "ko", Status: domain.ArticlePublished})
		s.must(err)
		_, err = s.triage.CreateRule(s.ctx, triage.RuleDraft{Name: "nowhere", Actions: domain.RuleActions{Queue: "fast"}})
		s.wants(err, domain.Invalid)
		s.queues("fast")
		first, err := s.triage.CreateRule(s.ctx, triage.RuleDraft{
			Name: "urgent", Order: 1, Conditions: domain.RuleConditions{Contains: []string{"급해요"}},
			Actions: domain.RuleActions{Priority: "urgent", Tags: []string{"급함"}, Queue: "fast", Stop: true},
		})
		s.must(err)
		_, err = s.triage.CreateRule(s.ctx, triage.RuleDraft{Name: "never tried", Order: 2, Actions: domain.RuleActions{Tags: []string{"late"}}})
		s.must(err)
		r := s.memo(domain.Party{Name: "이몽룡", Phone: "010-2345-6789"}, "급해요 로그인이 안돼요 비밀번호 재설정")
		s.sort()
		q := s.inquiry(r.InquiryID)
		if q.Priority != "urgent" || q.Queue != "fast" || fmt.Sprint(q.Tags) != "[급함]" {
			s.Errorf("%+v", q)
		}
		list, err := s.triage.Suggestions(s.agent, q.ID)
		s.must(err)
		kinds := map[string]triage.Suggestion{}
		for _, x := range list {
			if _, ok := kinds[x.Kind]; !ok {
				kinds[x.Kind] = x
			}
		}
		if kinds[triage.SuggestType].Key != "login" || kinds[triage.SuggestTemplate].ID != tpl.ID || !strings.HasPrefix(kinds[triage.SuggestTemplate].Text, "이몽룡님") ||
			kinds[triage.SuggestArticle].Title != "비밀번호 재설정" || kinds[triage.SuggestRule].ID != first.ID {
			s.Errorf("%+v", list)
		}
		faulty := triage.RuleDraft{Name: "broken", Conditions: domain.RuleConditions{Regexp: "("}}
		_, err = s.triage.DryRun(s.agent, triage.DryRun{InteractionID: r.Interaction, Rules: &[]triage.RuleDraft{{Name: "fits", Actions: domain.RuleActions{Stop: true}}, faulty, faulty}})
		var invalid *domain.Error
		if !errors.As(err, &invalid) || len(invalid.AllFaults()) != 2 || invalid.AllFaults()[1].Field != "rules.2.conditions.regexp" {
			s.Errorf("faulty rules: %+v", err)
		}
		dry, err := s.triage.DryRun(s.agent, triage.DryRun{InteractionID: r.Interaction})
		s.must(err)
		if len(dry.Rules) != 2 || !dry.Rules[0].Fired || dry.Rules[1].Missed != "stopped" || dry.Verdict.Type != "login" {
			s.Errorf("%+v", dry)
		}
	})
}

func TestAgentsTeach(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(tell *teller) {
		s := sorting(tell)
		s.trained()
		tpl := s.template("login", "비밀번호를 다시 정하세요")
		corrected := s.memo(domain.Party{Phone: "010-2345-6789"}, "포인트가 사라졌습니다")
		answered := s.memo(domain.Party{Email: "lee@shop.test"}, "인증 번호가 오지 않네요")
		s.sort()
		typeKey := "refund"
		_, err := s.desk.Edit(s.agent, corrected.InquiryID, 0, desk.Patch{Type: &typeKey})
		s.must(err)
		_, err = s.desk.Reply(s.agent, answered.InquiryID, desk.Reply{Text: "비밀번호를 다시 정하세요", TemplateID: tpl.ID})
		s.must(err)
		s.follow()
		s.follow() // what is shown twice is learnt once
		for key, want := range map[string]struct {
			source domain.ExampleSource
			text   string
		}{"refund": {domain.ExampleAgent, "포인트"}, "login": {domain.ExampleTemplate, "인증 번호"}} {
			p, err := s.triage.ListExamples(s.ctx, key, domain.PageRequest{})
			s.must(err)
			if len(p.Items) != 6 || p.Items[0].Source != want.source || !strings.Contains(p.Items[0].Text, want.text) {
				s.Errorf("%s: %d examples, the newest is %+v", key, len(p.Items), p.Items[0])
			}
		}
		s.must(s.contact.Erase(s.ctx, s.inquiry(corrected.InquiryID).CustomerID))
		s.erase()
		s.follow()
		if p, err := s.triage.ListExamples(s.ctx, "refund", domain.PageRequest{}); err != nil || len(p.Items) != 5 {
			s.Errorf("%d examples after the erasure, %v", len(p.Items), err)
		}
	})
}

// TestErasingForgetsWhatWasLearntThroughAMerge: of one who was merged when it was learnt, or has been since; and of nobody else.
func TestErasingForgetsWhatWasLearntThroughAMerge(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(tell *teller) {
		s := sorting(tell)
		s.trained()
		typeKey, n := "refund", 0
		learn := func(email string) (customer string, inquiry string) {
			n++
			r := s.memo(domain.Party{Email: email}, fmt.Sprintf("비밀번호 %d 이야기 %s", n, email))
			s.sort()
			_, err := s.desk.Edit(s.agent, r.InquiryID, 0, desk.Patch{Type: &typeKey})
			s.must(err)
			s.follow()
			return r.CustomerID, r.InquiryID
		}
		left := func(email string, want int) {
			s.Helper()
			p, err := s.triage.ListExamples(s.ctx, typeKey, domain.PageRequest{})
			s.must(err)
			got := 0
			for _, x := range p.Items {
				if strings.Contains(x.Text, email) {
					got++
				}
			}
			if got != want {
				s.Errorf("%d examples of %s, want %d", got, email, want)
			}
		}
		erase := func(customer string) {
			s.must(s.contact.Erase(s.ctx, customer))
			s.erase()
			s.follow()
		}
		a, _ := learn("a@learnt.test")
		b, _ := learn("b@learnt.test")
		s.merged(a, b)
		learn("b@learnt.test")
		s.unmerged(a, b)
		left("b@learnt.test", 2)
		erase(b)
		left("b@learnt.test", 0)
		left("a@learnt.test", 1)
		c, _ := learn("c@learnt.test")
		s.merged(a, c)
		erase(a)
		left("c@learnt.test", 0)
		left("a@learnt.test", 0)
	})
}

func (s *sorter) erase() {
	s.Helper()
	for {
		n, err := s.jobs().RunOnce(s.ctx, contact.JobErase)
		s.must(err)
		if n == 0 {
			return
		}
	}
}

func TestVersionsOfTheModel(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(tell *teller) {
		s := sorting(tell)
		s.types()
		if m := s.train(); m.State != domain.ModelFailed || m.Reason == "" {
			s.Errorf("trained on nothing: %+v", m)
		}
		s.examples("refund", refundWordings...)
		s.examples("login", loginWordings...)
		second := s.train()
		if second.State != domain.ModelActive || second.Number != 2 || second.Metrics == nil || second.Examples != 10 {
			s.Fatalf("%+v", second)
		}
		first, err := s.triage.Train(s.ctx)
		s.must(err)
		again, err := s.triage.Train(s.ctx)
		s.must(err)
		if first.ID != again.ID {
			s.Error("two trainings at once")
		}
		jobs, err := domain.ClaimJobs(s.ctx, s.store, triage.JobTrain, "story", s.clock(), time.Minute, 1)
		s.must(err)
		s.must(s.triage.RunTrain(s.ctx, jobs[0]))
		third, err := s.triage.GetModel(s.ctx, first.ID)
		s.must(err)
		if third.State != domain.ModelActive || third.Comparison == nil || !third.Comparison.NoWorse {
			s.Errorf("the same examples made a worse model: %+v", third)
		}
		other := newTriage(s.once, s.clock, nil, slog.New(slog.DiscardHandler), s.intake, s.desk, s.sla.Clocks) // another node
		if v, err := other.Classify(s.ctx, triage.ClassifyInput{Text: "환불 부탁드립니다"}); err != nil || v.Model != 3 || v.Type != "refund" {
			s.Errorf("%+v, %v", v, err)
		}
		_, err = s.triage.Rollback(s.ctx, 2)
		s.must(err)
		if v, err := s.triage.Classify(s.ctx, triage.ClassifyInput{Text: "환불 부탁드립니다"}); err != nil || v.Model != 2 {
			s.Errorf("%+v, %v", v, err)
		}
		s.later(time.Second)
		if v, err := other.Classify(s.ctx, triage.ClassifyInput{Text: "환불 부탁드립니다"}); err != nil || v.Model != 2 {
			s.Errorf("the other node: %+v, %v", v, err)
		}
		_, err = s.triage.Rollback(s.ctx, 1)
		s.wants(err, domain.Conflict)
	})
}

func TestTheReportCounts(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(tell *teller) {
		s := sorting(tell)
		s.trained()
		s.template("refund", "환불은 3일 안에 됩니다")
		for i := range 6 {
			s.mail(letter{from: fmt.Sprintf("c%d@shop.test", i), subject: "환불", id: fmt.Sprintf("%d@x", i), body: "환불해 주세요"})
		}
		lost := s.memo(domain.Party{Phone: "010-2345-6789"}, "로그인이 안돼요")
		s.later(time.Second)
		s.sort()
		s.later(time.Minute)
		s.mail(letter{from: "c0@shop.test", subject: "Re: 환불", id: "again@x", refs: "<0@x>", body: "아직도 안 됐어요"})
		typeKey := "login"
		wrong, err := domain.Interactions.First(s.ctx, s.store, domain.Query{Index: "messageId", Equal: []any{"1@x"}})
		s.must(err)
		_, err = s.desk.Edit(s.agent, wrong.InquiryID, 0, desk.Patch{Type: &typeKey})
		s.must(err)
		_, err = s.desk.Edit(s.agent, lost.InquiryID, 0, desk.Patch{Type: &typeKey})
		s.must(err)
		s.follow()
		check := func() {
			r, err := s.triage.Report(s.ctx, triage.ReportRequest{})
			s.must(err)
			if r.Inquiries != 7 || r.Answered != 6 || r.Precision < 0.66 || r.Precision > 0.67 {
				s.Errorf("%+v", r)
			}
			if len(r.Types) != 2 || r.Types[0].Type != "refund" || r.Types[0].Inquiries != 5 || r.Types[0].Reopened != 1 || r.Types[0].Corrected != 1 ||
				r.Types[0].Templates != 1 || r.Types[1].Type != "login" || r.Types[1].Inquiries != 2 || r.Types[1].Templates != 0 {
				s.Errorf("%+v", r.Types)
			}
		}
		check()
		s.must(s.triage.Recount(s.ctx))
		s.follow()
		check()
		limits, err := s.triage.Thresholds(s.ctx)
		s.must(err)
		if len(limits) != 2 || limits[0].Type != "refund" || limits[0].Confidence == nil || *limits[0].Confidence != 0.5 || limits[0].HeldBack == 0 {
			s.Errorf("%+v", limits)
		}
	})
}

// TestTheReportJudgesEachAnswer: what was said against an answer counts though another template has answered since, now and when it is counted anew.
func TestTheReportJudgesEachAnswer(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(tell *teller) {
		s := sorting(tell)
		s.trained()
		s.template("refund", "환불은 3일 안에 됩니다")
		other := s.template("refund", "환불은 앱에서도 됩니다")
		_, err := s.triage.CreateRule(s.ctx, triage.RuleDraft{
			Name: "app", Conditions: domain.RuleConditions{Contains: []string{"앱"}}, Actions: domain.RuleActions{Type: "refund", Template: other.ID, Answer: true},
		})
		s.must(err)
		s.mail(letter{from: "c0@shop.test", subject: "환불", id: "0@x", body: "환불해 주세요"})
		s.later(time.Second)
		s.sort()
		s.later(time.Minute)
		s.mail(letter{from: "c0@shop.test", subject: "Re: 환불", id: "1@x", refs: "<0@x>", body: "앱에서 환불"})
		s.later(time.Second)
		s.sort()
		s.follow()
		check := func() {
			s.Helper()
			r, err := s.triage.Report(s.ctx, triage.ReportRequest{})
			s.must(err)
			if s.count(domain.EventInquiryAnswered) != 2 || len(r.Types) != 1 || r.Types[0].Type != "refund" || r.Types[0].Reopened != 1 {
				s.Errorf("%d answers, %+v", s.count(domain.EventInquiryAnswered), r.Types)
			}
		}
		check()
		s.must(s.triage.Recount(s.ctx))
		s.follow()
		check()
	})
}

// TestTheDateOfATemplate is that of those who read it.
func TestTheDateOfATemplate(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		s.later(time.Date(2027, 1, 31, 20, 0, 0, 0, time.UTC).Sub(s.clock()))
		for zone, want := range map[string]string{"Asia/Seoul": "2027-02-01", "UTC": "2027-01-31"} {
			var err error
			s.triage.Zone, err = time.LoadLocation(zone)
			s.must(err)
			if got, err := s.triage.PreviewTemplate(s.ctx, domain.TemplateTexts{Text: "{{date}}"}, ""); err != nil || got.Text != want {
				s.Errorf("%s: %q, %v", zone, got.Text, err)
			}
		}
	})
}

func TestSelfHelp(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(tell *teller) {
		s := sorting(tell)
		article := func(title, language string, status domain.ArticleStatus) *domain.Article {
			a, err := s.triage.CreateArticle(s.ctx, triage.ArticleDraft{Title: title, Text: title + "에 대한 안내입니다", Language: language, Status: status})
			s.must(err)
			return a
		}
		refund := article("환불은 얼마나 걸리나요?", "ko", domain.ArticlePublished)
		article("배송지를 바꾸고 싶어요", "ko", domain.ArticlePublished)
		draft := article("환불 정책 초안", "ko", domain.ArticleDraft)
		nobody := t.Context()
		got, err := s.triage.Ask(nobody, "환불 얼마나 걸려요", "ko", 3)
		s.must(err)
		if len(got.Articles) == 0 || got.Articles[0].ID != refund.ID || got.AskID == "" {
			s.Fatalf("%+v", got)
		}
		for _, a := range got.Articles {
			if a.ID == draft.ID {
				s.Error("a draft was shown")
			}
		}
		if other, err := s.triage.Ask(nobody, "환불 얼마나 걸려요", "en", 3); err != nil || len(other.Articles) != 0 {
			s.Errorf("another language: %+v, %v", other, err)
		}
		_, err = s.triage.Ask(nobody, "?!", "", 3)
		s.wants(err, domain.Invalid)
		status := domain.ArticlePublished
		_, err = s.triage.EditArticle(s.ctx, draft.ID, draft.Version, triage.ArticlePatch{Status: &status})
		s.must(err)
		if again, err := s.triage.Ask(nobody, "환불 정책 초안", "", 3); err != nil || len(again.Articles) == 0 || again.Articles[0].ID != draft.ID {
			s.Errorf("%+v, %v", again, err)
		}
		_, err = s.triage.Feedback(nobody, got.AskID, triage.HelpFeedback{Outcome: domain.HelpHelped, Article: refund.ID})
		s.must(err)
		_, err = s.triage.Feedback(nobody, got.AskID, triage.HelpFeedback{Outcome: domain.HelpUnhelped})
		s.wants(err, domain.Conflict)
		s.helpBecomesInquiry(nobody)
		s.follow()
		r, err := s.triage.Report(s.ctx, triage.ReportRequest{})
		s.must(err)
		if r.Help.Asked != 4 || r.Help.Helped != 1 || r.Help.Opened != 1 || r.Help.Deflection != 0.5 {
			s.Errorf("%+v", r.Help)
		}
	})
}

func (s *sorter) helpBecomesInquiry(nobody context.Context) {
	s.Helper()
	got, err := s.triage.Ask(nobody, "주민번호 900101-1234568 로 조회가 안돼요", "ko", 3)
	s.must(err)
	ask, err := s.triage.Feedback(nobody, got.AskID, triage.HelpFeedback{Outcome: domain.HelpOpened, From: domain.Party{Email: "hong@shop.test"}, Text: "도와주세요"})
	s.must(err)
	if strings.Contains(ask.Question, "1234568") {
		s.Error("a resident number is kept")
	}
	again, err := s.triage.Feedback(nobody, got.AskID, triage.HelpFeedback{Outcome: domain.HelpOpened, From: domain.Party{Email: "hong@shop.test"}})
	if err != nil || again.InquiryID != ask.InquiryID {
		s.Errorf("said again: %+v, %v", again, err)
	}
	q := s.inquiry(ask.InquiryID)
	if q.Channel != domain.ChannelBoard || q.StatusCategory != domain.CategoryOpen {
		s.Errorf("%+v", q)
	}
}
