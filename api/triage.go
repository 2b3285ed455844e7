package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/triage"
)

// Classify tells the type of a text.
func (s *server) Classify(ctx context.Context, r gen.ClassifyRequestObject) (gen.ClassifyResponseObject, error) {
	v, err := s.Triage.Classify(ctx, triage.ClassifyInput{Text: value(r.Body.Text), Subject: value(r.Body.Subject), Language: value(r.Body.Language)})
	if err != nil {
		return nil, err
	}
	return gen.Classify200JSONResponse(verdict(v)), nil
}

func verdict(v triage.Verdict) gen.Verdict {
	return gen.Verdict{
		Type: null(v.Type), Confidence: v.Confidence, InScope: v.InScope, Decision: gen.Decision(v.Decision), Template: null(v.Template),
		Alternatives: each(v.Alternatives, typeGuess), Model: null(v.Model),
	}
}

func typeGuess(g domain.TypeGuess) gen.TypeGuess {
	return gen.TypeGuess{Type: g.Type, Confidence: g.Confidence}
}

// GetTriageSettings gives what holds for all types.
func (s *server) GetTriageSettings(ctx context.Context, _ gen.GetTriageSettingsRequestObject) (gen.GetTriageSettingsResponseObject, error) {
	t, err := s.Triage.Settings(ctx)
	if err != nil {
		return nil, err
	}
	return gen.GetTriageSettings200JSONResponse{TheTriageSettingsJSONResponse: triageSettings(t)}, nil
}

// UpdateTriageSettings changes what holds for all types.
func (s *server) UpdateTriageSettings(ctx context.Context, r gen.UpdateTriageSettingsRequestObject) (gen.UpdateTriageSettingsResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	t, err := s.Triage.EditSettings(ctx, version, triage.SettingsPatch{
		Automatic: b.Automatic, PeopleTiers: b.PeopleTiers, MaxAnswers: b.MaxAnswers, TypeFrom: b.TypeFrom, Resolve: b.Resolve,
	})
	if err != nil {
		return nil, err
	}
	return gen.UpdateTriageSettings200JSONResponse{TheTriageSettingsJSONResponse: triageSettings(t)}, nil
}

func triageSettings(t *domain.TriageSettings) gen.TheTriageSettingsJSONResponse {
	out := gen.TheTriageSettingsJSONResponse{Body: gen.TriageSettings{
		Automatic: t.Automatic, PeopleTiers: list(t.PeopleTiers), MaxAnswers: t.MaxAnswers, TypeFrom: t.TypeFrom, Resolve: t.Resolve, Version: t.Version,
	}}
	if t.Version > 0 { // the defaults are not stored, so there is nothing to guard
		out.Headers.ETag = etag(t.Version)
	}
	return out
}

// ListThresholds gives what each type's threshold does.
func (s *server) ListThresholds(ctx context.Context, _ gen.ListThresholdsRequestObject) (gen.ListThresholdsResponseObject, error) {
	found, err := s.Triage.Thresholds(ctx)
	if err != nil {
		return nil, err
	}
	return gen.ListThresholds200JSONResponse{Items: each(found, func(t triage.TypeThresholdReport) gen.Threshold {
		return gen.Threshold{
			Type: t.Type, Name: t.Name, Threshold: threshold(t.Threshold), Confidence: t.Confidence, HeldBack: t.HeldBack, Answered: t.Answered, Share: t.Share,
			Precision: t.Precision, LowerBound: t.LowerBound, Inquiries: t.Inquiries, Answers: t.Answers, Template: t.Template,
		}
	})}, nil
}

// GetTriageReport gives the 80:20 report.
func (s *server) GetTriageReport(ctx context.Context, r gen.GetTriageReportRequestObject) (gen.GetTriageReportResponseObject, error) {
	out, err := s.Triage.Report(ctx, triage.ReportRequest{From: value(r.Params.From).Time, To: value(r.Params.To).Time, Type: value(r.Params.Type)})
	if err != nil {
		return nil, err
	}
	return gen.GetTriageReport200JSONResponse{
		From: out.From, To: out.To, Inquiries: out.Inquiries, Answered: out.Answered, AutomationRate: out.AutomationRate, Precision: out.Precision,
		Types: each(out.Types, typeReport), Days: each(out.Days, dayReport),
		Help: gen.HelpReport{Asked: out.Help.Asked, Helped: out.Help.Helped, Opened: out.Help.Opened, Deflection: out.Help.Deflection},
	}, nil
}

func typeReport(t triage.TypeReport) gen.TypeReport {
	return gen.TypeReport{
		Type: t.Type, Name: null(t.Name), Inquiries: t.Inquiries, Share: t.Share, Cumulative: t.Cumulative, Answered: t.Answered, AutomationRate: t.AutomationRate,
		Reopened: t.Reopened, Corrected: t.Corrected, Precision: t.Precision, Templates: t.Templates, Answerable: t.Answerable, Saves: t.Saves,
	}
}

func dayReport(d triage.DayReport) gen.DayReport {
	return gen.DayReport{
		Day: d.Day, Inquiries: d.Inquiries, Answered: d.Answered, AutomationRate: d.AutomationRate, Reopened: d.Reopened, Corrected: d.Corrected, Precision: d.Precision,
	}
}
