package triage

import (
	"testing"
	"time"

	"sori/domain"
)

func TestSumUp(t *testing.T) {
	t.Parallel()
	rows := []*domain.TriageDay{
		{Day: "2026-11-01", Type: "refund", Inquiries: 60, Answered: 40, Reopened: 1},
		{Day: "2026-11-02", Type: "refund", Inquiries: 20, Answered: 10, Corrected: 1},
		{Day: "2026-11-01", Type: "login", Inquiries: 15},
		{Day: "2026-11-01", Type: domain.NoType, Inquiries: 5, HelpAsked: 10, HelpHelped: 3, HelpOpened: 1},
		{Day: "2026-11-02", Type: "gone"},
	}
	r := sumUp(rows, "")
	if r.Inquiries != 100 || r.Answered != 50 || r.AutomationRate != 0.5 || r.Precision != 0.96 || r.Help.Deflection != 0.75 {
		t.Errorf("%+v", r)
	}
	if len(r.Types) != 3 || r.Types[0].Type != "refund" || r.Types[0].Share != 0.8 || r.Types[0].Cumulative != 0.8 || r.Types[1].Type != "login" || r.Types[2].Cumulative != 1 {
		t.Errorf("%+v", r.Types)
	}
	if len(r.Days) != 2 || r.Days[0].Day != "2026-11-01" || r.Days[0].Inquiries != 80 || r.Days[1].Precision != 0.9 {
		t.Errorf("%+v", r.Days)
	}
	if only := sumUp(rows, "login"); only.Inquiries != 15 || only.Precision != 1 || len(only.Types) != 1 || only.AutomationRate != 0 {
		t.Errorf("%+v", only)
	}
}

func TestReportDays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	s := New(Deps{Clock: func() time.Time { return now }})
	from, to, err := s.reportDays(ReportRequest{})
	if err != nil || from.Format(time.DateOnly) != "2026-10-24" || !to.Equal(now) {
		t.Errorf("%v to %v, %v", from, to, err)
	}
	for name, req := range map[string]ReportRequest{
		"backwards": {From: now, To: now.Add(-time.Hour)}, "too long": {From: now.AddDate(-2, 0, 0), To: now},
	} {
		if _, _, err := s.reportDays(req); !domain.IsCode(err, domain.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatSpeaksAgainstAnAnswer(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	event := func(seq int64, after time.Duration, id string) *domain.Event {
		return &domain.Event{Seq: seq, At: at.Add(after), Subject: domain.Ref{Kind: "interaction", ID: id}}
	}
	for _, c := range []struct {
		name string
		e    *domain.Event
		a    domain.AutomaticAnswer
		want bool
	}{
		{"what comes after", event(9, time.Second, "int_2"), domain.AutomaticAnswer{To: "int_1", At: at}, true},
		{"what came before", event(9, -time.Second, "int_2"), domain.AutomaticAnswer{To: "int_1", At: at}, false},
		{"the message itself", event(9, time.Second, "int_1"), domain.AutomaticAnswer{To: "int_1", At: at}, false},
		{"a second time", event(9, time.Second, "int_2"), domain.AutomaticAnswer{To: "int_1", At: at, Judged: domain.JudgedReopened, JudgedSeq: 8}, false},
		{"the same event counted again", event(9, time.Second, "int_2"), domain.AutomaticAnswer{To: "int_1", At: at, Judged: domain.JudgedReopened, JudgedSeq: 9}, true},
	} {
		if got := against(c.e, &domain.Classification{Answer: &c.a}) != nil; got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	first := &domain.AutomaticAnswer{To: "int_1", At: at}
	both := &domain.Classification{Answer: &domain.AutomaticAnswer{To: "int_2", At: at.Add(time.Minute)}, Earlier: []*domain.AutomaticAnswer{first}}
	if got := against(event(9, time.Second, "int_2"), both); got != first {
		t.Errorf("what was said between two answers speaks against %+v", got)
	}
}
