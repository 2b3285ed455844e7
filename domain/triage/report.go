package triage

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sori/domain"
	"sori/domain/textclass"
)

// ReportRequest asks for the report of the days from From to To, both included. Zero times are the last 30 days.
type ReportRequest struct {
	From, To time.Time
	Type     string // only this type
}

// Report is what became of the inquiries of some days. Shares are 0 to 1.
type Report struct {
	From, To       string // days
	Inquiries      int64
	Answered       int64   // that got an automatic answer
	AutomationRate float64 // Answered of Inquiries
	Precision      float64 // the part of the answered that nobody reopened or corrected; 1 if none was answered
	Types          []TypeReport
	Days           []DayReport
	Help           HelpReport
}

// TypeReport is the part of one type. Types are in order of volume, so that the first few whose Cumulative passes 0.8 are those that make up the volume.
type TypeReport struct {
	Type           string // or domain.NoType
	Name           string
	Inquiries      int64
	Share          float64 // of all inquiries
	Cumulative     float64 // Share of this type and all above it
	Answered       int64
	AutomationRate float64
	Reopened       int64
	Corrected      int64
	Precision      float64
	Templates      int     // active ones that may be sent without a person
	Answerable     float64 // the part that the classifier would answer at the type's threshold, judged by held-back examples
	Saves          int64   // inquiries of these days that a template would have answered; 0 if there is one
}

// DayReport is one day of all types, or of the type asked for.
type DayReport struct {
	Day            string
	Inquiries      int64
	Answered       int64
	AutomationRate float64
	Reopened       int64
	Corrected      int64
	Precision      float64
}

// HelpReport is what the self-help did.
type HelpReport struct {
	Asked, Helped, Opened int64
	Deflection            float64 // Helped of those who said what came of it
}

const (
	defaultReportDays = 30
	maxReportDays     = 366
)

// Report gives the 80:20 report. It reads the daily counts, so its cost grows with days and types, not with what is stored. Invalid for more than 366 days.
func (s *Service) Report(ctx context.Context, req ReportRequest) (*Report, error) {
	if _, err := domain.Require(ctx, domain.ScopeTriageRead); err != nil {
		return nil, err
	}
	from, to, err := s.reportDays(req)
	if err != nil {
		return nil, err
	}
	rows, err := domain.TriageDays.Find(ctx, s.Store, domain.Query{
		Index: "day", From: from.Format(time.DateOnly), To: to.AddDate(0, 0, 1).Format(time.DateOnly),
	})
	if err != nil {
		return nil, err
	}
	cat, err := s.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	m, err := s.model(ctx)
	if err != nil {
		return nil, err
	}
	r := sumUp(rows, req.Type)
	r.From, r.To = from.Format(time.DateOnly), to.Format(time.DateOnly)
	for i := range r.Types {
		r.Types[i].outlook(cat, m)
	}
	return r, nil
}

func (s *Service) reportDays(req ReportRequest) (from, to time.Time, err error) {
	from, to = req.From.UTC(), req.To.UTC()
	if to.IsZero() {
		to = s.Clock()
	}
	if from.IsZero() {
		from = to.AddDate(0, 0, 1-defaultReportDays)
	}
	if to.Before(from) || to.Sub(from) > maxReportDays*24*time.Hour {
		err = domain.InvalidField("from", "range", "must be before to, by at most %d days", maxReportDays)
	}
	return from, to, err
}

// sumUp adds rows up by type and by day.
func sumUp(rows []*domain.TriageDay, only string) *Report {
	byType, byDay := map[string]*domain.TriageDay{}, map[string]*domain.TriageDay{}
	var all domain.TriageDay
	for _, row := range rows {
		if only != "" && row.Type != only {
			continue
		}
		addDay(&all, row)
		for _, sum := range []*domain.TriageDay{at(byType, row.Type), at(byDay, row.Day)} {
			addDay(sum, row)
		}
	}
	r := &Report{
		Inquiries: all.Inquiries, Answered: all.Answered, AutomationRate: share(all.Answered, all.Inquiries), Precision: precision(&all),
		Help: HelpReport{Asked: all.HelpAsked, Helped: all.HelpHelped, Opened: all.HelpOpened, Deflection: share(all.HelpHelped, all.HelpHelped+all.HelpOpened)},
	}
	for key, d := range byType {
		if d.Inquiries == 0 && d.Answered == 0 {
			continue
		}
		r.Types = append(r.Types, TypeReport{
			Type: key, Inquiries: d.Inquiries, Share: share(d.Inquiries, all.Inquiries), Answered: d.Answered, AutomationRate: share(d.Answered, d.Inquiries),
			Reopened: d.Reopened, Corrected: d.Corrected, Precision: precision(d),
		})
	}
	slices.SortFunc(r.Types, func(a, b TypeReport) int {
		return cmp.Or(cmp.Compare(b.Inquiries, a.Inquiries), cmp.Compare(a.Type, b.Type))
	})
	sofar := int64(0)
	for i := range r.Types {
		sofar += r.Types[i].Inquiries
		r.Types[i].Cumulative = share(sofar, all.Inquiries)
	}
	for day, d := range byDay {
		r.Days = append(r.Days, DayReport{
			Day: day, Inquiries: d.Inquiries, Answered: d.Answered, AutomationRate: share(d.Answered, d.Inquiries), Reopened: d.Reopened, Corrected: d.Corrected, Precision: precision(d),
		})
	}
	slices.SortFunc(r.Days, func(a, b DayReport) int { return cmp.Compare(a.Day, b.Day) })
	return r
}

func at(sums map[string]*domain.TriageDay, key string) *domain.TriageDay {
	if sums[key] == nil {
		sums[key] = &domain.TriageDay{}
	}
	return sums[key]
}

func share(part, all int64) float64 {
	if all <= 0 {
		return 0
	}
	return float64(part) / float64(all)
}

func precision(d *domain.TriageDay) float64 {
	if d.Answered <= 0 {
		return 1
	}
	return max(0, 1-share(d.Reopened+d.Corrected, d.Answered))
}

// outlook says what a type's template does, or would.
func (t *TypeReport) outlook(cat *catalogue, m *loadedModel) {
	known := cat.types[t.Type]
	if known == nil {
		return
	}
	t.Name = known.Name
	for _, tpl := range cat.byType[t.Type] {
		if tpl.Automatic {
			t.Templates++
		}
	}
	if known.Parent != "" && t.Templates == 0 {
		for _, tpl := range cat.byType[known.Parent] {
			if tpl.Automatic {
				t.Templates++
			}
		}
	}
	if m == nil {
		return
	}
	held := m.At(t.Type, threshold(known.Threshold, t.Type, m))
	t.Answerable = share(int64(held.Answered), int64(held.HeldBack))
	if t.Templates == 0 {
		t.Saves = int64(t.Answerable * float64(max(0, t.Inquiries-t.Answered)))
	}
}

// TypeThresholdReport says from which confidence a type is answered, and what that would have done with held-back examples.
type TypeThresholdReport struct {
	Type       string
	Name       string
	Threshold  domain.TypeThreshold
	Confidence *float64 // from which it is answered; nil: never
	HeldBack   int      // examples that were taken for the type
	Answered   int      // of those
	Share      float64  // Answered of HeldBack
	Precision  float64  // the part of the answered that were right
	LowerBound float64  // of Precision, one-sided, 95 %
	Inquiries  int64    // of the type in the last 30 days
	Answers    int64    // of those that would be answered
	Template   bool     // there is a template to answer with
}

// Thresholds gives, for every active type, the threshold in force and how many inquiries it will answer. Before the first training nothing is answered.
func (s *Service) Thresholds(ctx context.Context) ([]TypeThresholdReport, error) {
	report, err := s.Report(ctx, ReportRequest{})
	if err != nil {
		return nil, err
	}
	volume := map[string]int64{}
	for _, t := range report.Types {
		volume[t.Type] = t.Inquiries
	}
	cat, err := s.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	m, err := s.model(ctx)
	if err != nil {
		return nil, err
	}
	out := []TypeThresholdReport{}
	for key, t := range cat.types {
		if !t.Active {
			continue
		}
		r := TypeThresholdReport{Type: key, Name: t.Name, Threshold: t.Threshold, Inquiries: max(0, volume[key]), Template: len(cat.byType[key]) > 0}
		if m != nil {
			r.describe(threshold(t.Threshold, key, m), m)
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b TypeThresholdReport) int {
		return cmp.Or(cmp.Compare(b.Inquiries, a.Inquiries), cmp.Compare(a.Type, b.Type))
	})
	return out, nil
}

func (r *TypeThresholdReport) describe(confidence float64, m *loadedModel) {
	if confidence < textclass.Never {
		r.Confidence = &confidence
	}
	held := m.At(r.Type, confidence)
	r.HeldBack, r.Answered, r.Precision, r.LowerBound = held.HeldBack, held.Answered, held.Precision, held.LowerBound
	r.Share = share(int64(held.Answered), int64(held.HeldBack))
	r.Answers = int64(r.Share * float64(r.Inquiries))
}
