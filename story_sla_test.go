package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"sori/domain"
	"sori/domain/desk"
	"sori/domain/org"
	"sori/domain/sla"
)

// promises makes a policy for everything, day and night.
func promises(s *teller, p domain.SLAPolicy) *domain.SLAPolicy {
	s.Helper()
	out, err := s.org.CreateSLAPolicy(s.ctx, org.SLAPolicyDraft{
		Key: p.Key, Name: p.Name, Order: p.Order, Conditions: p.Conditions, Calendar: p.Calendar, Targets: p.Targets, Escalations: p.Escalations,
	})
	s.must(err)
	s.later(time.Second) // what was set is half a second old at most
	return out
}

// verbs gives the events of an inquiry that begin with a word.
func (s *teller) verbs(inquiry, prefix string) string {
	s.Helper()
	var out []string
	for _, e := range s.events() {
		if e.InquiryID == inquiry && strings.HasPrefix(e.Type, prefix) {
			out = append(out, fmt.Sprintf("%s %v", strings.TrimPrefix(e.Type, prefix), e.Data["clock"]))
		}
	}
	return strings.Join(out, ", ")
}

func TestPromisesAreWatched(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		o := opened(s)
		_, err := s.org.CreateQueue(s.ctx, org.QueueDraft{Key: "urgent", Name: "urgent"})
		s.must(err)
		promises(s, domain.SLAPolicy{Key: "all", Name: "all", Targets: []domain.SLATarget{
			{Clock: domain.ClockFirstResponse, Seconds: 3600, WarnSeconds: 600}, {Clock: domain.ClockResolution, Seconds: 4 * 3600},
		}, Escalations: []domain.SLAEscalation{
			{At: domain.SLAWarning, Raise: true}, {At: domain.SLABreach, Clocks: []domain.SLAClockKind{domain.ClockFirstResponse}, Queue: "urgent", Tags: []string{"late"}},
		}})
		late, soon := s.memo(hong, "late"), s.memo(domain.Party{Phone: "010-9999-0001"}, "soon")
		if q := s.inquiry(late.InquiryID); q.DueAt == nil || !q.DueAt.Equal(q.CreatedAt.Add(time.Hour)) || q.Version != 1 {
			t.Fatalf("due %v, version %d", q.DueAt, q.Version)
		}
		s.later(30 * time.Minute)
		_, err = o.desk.Reply(o.kim, soon.InquiryID, desk.Reply{Text: "네"})
		s.must(err)
		sweep := func() {
			t.Helper()
			_, err := s.sla.Sweep(s.ctx)
			s.must(err)
		}
		sweep()
		s.later(21 * time.Minute)
		sweep()
		sweep()
		if q := s.inquiry(late.InquiryID); q.Priority != "high" || q.Queue == "urgent" {
			t.Errorf("after the warning: %s in %q", q.Priority, q.Queue)
		}
		s.later(10 * time.Minute)
		sweep()
		q := s.inquiry(late.InquiryID)
		if q.Queue != "urgent" || len(q.Tags) != 1 || q.SLA.Clocks[0].State() != domain.SLAMissed {
			t.Errorf("after the breach: %+v", q)
		}
		if got := s.verbs(late.InquiryID, "sla."); got != "warned first_response, breached first_response" {
			t.Error(got)
		}
		if got := s.verbs(soon.InquiryID, "sla."); got != "" {
			t.Error(got)
		}
		if q := s.inquiry(soon.InquiryID); q.SLA.Clocks[0].State() != domain.SLAMet || q.SLA.Clocks[1].State() != domain.SLAPaused || q.DueAt != nil {
			t.Errorf("%+v", q.SLA)
		}
		s.later(10 * time.Hour)
		sweep()
		if got := s.verbs(late.InquiryID, "sla."); got != "warned first_response, breached first_response, breached resolution" {
			t.Error(got)
		}
	})
}

// TestPolicyThatChangesWhileClocksRun is seen by all that is not resolved.
func TestPolicyThatChangesWhileClocksRun(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		var before []string
		for i := range 5 {
			before = append(before, s.memo(domain.Party{Phone: fmt.Sprintf("010-9999-%04d", i)}, "hello").InquiryID)
		}
		p := promises(s, domain.SLAPolicy{Key: "all", Name: "all", Targets: []domain.SLATarget{{Clock: domain.ClockFirstResponse, Seconds: 3600}}})
		review := func() {
			t.Helper()
			s.must(s.sla.Follow(s.ctx, s.events()))
			s.later(time.Second)
			jobs, err := domain.ClaimJobs(s.ctx, s.store, sla.JobReview, "story", s.clock(), time.Minute, 9)
			s.must(err)
			if len(jobs) == 0 {
				t.Fatal("nothing is reviewed")
			}
			s.must(s.sla.RunReview(s.ctx, jobs[0]))
		}
		review()
		for _, id := range before {
			if q := s.inquiry(id); q.DueAt == nil || !q.DueAt.Equal(q.CreatedAt.Add(time.Hour)) {
				t.Fatalf("due %v", q.DueAt)
			}
		}
		targets := []domain.SLATarget{{Clock: domain.ClockFirstResponse, Seconds: 60}}
		_, err := s.org.EditSLAPolicy(s.ctx, p.ID, 0, org.SLAPolicyPatch{Targets: &targets})
		s.must(err)
		s.later(2 * time.Minute)
		review()
		n, err := s.sla.Sweep(s.ctx)
		s.must(err)
		if n != 5 || s.count(domain.EventSLABreached) != 5 {
			t.Errorf("%d looked at", n)
		}
	})
}

func TestAMergeThatIsUndoneLeavesTheClocks(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		o := opened(s)
		promises(s, domain.SLAPolicy{Key: "all", Name: "all", Targets: []domain.SLATarget{{Clock: domain.ClockFirstResponse, Seconds: 3600}, {Clock: domain.ClockResolution, Seconds: 4 * 3600}}})
		a, b := s.memo(hong, "one"), s.memo(hong, "two")
		s.later(10 * time.Minute)
		waiting, open := domain.StatusWaiting, domain.StatusOpen
		_, err := o.desk.Edit(o.kim, b.InquiryID, 0, desk.Patch{Status: &open})
		s.must(err)
		_, err = o.desk.Edit(o.kim, b.InquiryID, 0, desk.Patch{Status: &waiting})
		s.must(err)
		s.later(20 * time.Minute)
		_, err = o.desk.Edit(o.kim, b.InquiryID, 0, desk.Patch{Status: &open})
		s.must(err)
		before := s.inquiry(b.InquiryID)
		s.later(time.Minute)
		_, err = o.desk.MergeInquiries(o.kim, b.InquiryID, a.InquiryID, 0)
		s.must(err)
		if q := s.inquiry(b.InquiryID); q.DueAt != nil {
			t.Errorf("merged, it is due %v", q.DueAt)
		}
		s.later(5 * time.Minute)
		back, err := o.desk.UnmergeInquiry(o.kim, b.InquiryID)
		s.must(err)
		if back.DueAt == nil || !back.DueAt.Equal(*before.DueAt) || !reflect.DeepEqual(back.SLA, before.SLA) || back.Unread != before.Unread {
			t.Errorf("due %v, before %v; %+v", back.DueAt, before.DueAt, back.SLA)
		}
	})
}
