package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/survey"
)

// GetSurveySettings gives who is asked.
func (s *server) GetSurveySettings(ctx context.Context, _ gen.GetSurveySettingsRequestObject) (gen.GetSurveySettingsResponseObject, error) {
	t, err := s.Survey.Settings(ctx)
	if err != nil {
		return nil, err
	}
	return gen.GetSurveySettings200JSONResponse{TheSurveySettingsJSONResponse: theSurveySettings(t)}, nil
}

// UpdateSurveySettings changes who is asked.
func (s *server) UpdateSurveySettings(ctx context.Context, r gen.UpdateSurveySettingsRequestObject) (gen.UpdateSurveySettingsResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	p := survey.SettingsPatch{
		Active: b.Active, DelayMinutes: b.DelayMinutes, Tiers: b.Tiers, Types: b.Types, RequireConsent: b.RequireConsent, EveryDays: b.EveryDays, ValidDays: b.ValidDays,
		LinkBase: b.LinkBase.Pointer(),
	}
	if b.Channels != nil {
		channels := each(*b.Channels, func(x gen.Channel) domain.Channel { return domain.Channel(x) })
		p.Channels = &channels
	}
	if b.Texts != nil {
		texts := each(*b.Texts, func(x gen.SurveyText) domain.SurveyText { return domain.SurveyText(x) })
		p.Texts = &texts
	}
	t, err := s.Survey.EditSettings(ctx, version, p)
	if err != nil {
		return nil, err
	}
	return gen.UpdateSurveySettings200JSONResponse{TheSurveySettingsJSONResponse: theSurveySettings(t)}, nil
}

func theSurveySettings(t *domain.SurveySettings) gen.TheSurveySettingsJSONResponse {
	out := gen.TheSurveySettingsJSONResponse{Body: gen.SurveySettings{
		Active: t.Active, DelayMinutes: t.DelayMinutes, Channels: each(t.Channels, func(x domain.Channel) gen.Channel { return gen.Channel(x) }), Tiers: list(t.Tiers),
		Types: list(t.Types), RequireConsent: t.RequireConsent, EveryDays: t.EveryDays, ValidDays: t.ValidDays, LinkBase: null(t.LinkBase),
		Texts: each(t.Texts, func(x domain.SurveyText) gen.SurveyText { return gen.SurveyText(x) }), Version: t.Version,
	}}
	if t.Version > 0 { // the defaults are not stored, so there is nothing to guard
		out.Headers.ETag = etag(t.Version)
	}
	return out
}

// ListSurveyInvitations gives a page of the questions that were sent.
func (s *server) ListSurveyInvitations(ctx context.Context, r gen.ListSurveyInvitationsRequestObject) (gen.ListSurveyInvitationsResponseObject, error) {
	page, err := s.Survey.Invitations(ctx, value(r.Params.Inquiry), value(r.Params.Customer), request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListSurveyInvitations200JSONResponse{Items: each(page.Items, surveyInvitation), NextCursor: null(page.NextCursor)}, nil
}

func surveyInvitation(x *domain.SurveyInvitation) gen.SurveyInvitation {
	return gen.SurveyInvitation{
		Id: x.ID, InquiryId: x.InquiryID, Number: x.Number, CustomerId: x.CustomerID, InteractionId: x.InteractionID, Agent: null(x.Agent), Queue: null(x.Queue),
		Type: null(x.Type), Tier: null(x.Tier), Channel: gen.Channel(x.Channel), Language: x.Language, SentAt: x.SentAt, ExpiresAt: x.ExpiresAt,
		AnsweredAt: instant(x.AnsweredAt), Score: null(x.Score), Text: null(x.Text), Version: x.Version,
	}
}

// GetSurveyQuestion gives what a customer is asked.
func (s *server) GetSurveyQuestion(ctx context.Context, r gen.GetSurveyQuestionRequestObject) (gen.GetSurveyQuestionResponseObject, error) {
	inv, err := s.Survey.Question(ctx, r.Params.Token)
	if err != nil {
		return nil, err
	}
	return gen.GetSurveyQuestion200JSONResponse(surveyQuestion(inv)), nil
}

// AnswerSurvey takes a customer's answer.
func (s *server) AnswerSurvey(ctx context.Context, r gen.AnswerSurveyRequestObject) (gen.AnswerSurveyResponseObject, error) {
	inv, err := s.Survey.Answer(ctx, r.Body.Token, survey.Answer{Score: r.Body.Score, Text: value(r.Body.Text)})
	if err != nil {
		return nil, err
	}
	return gen.AnswerSurvey200JSONResponse(surveyQuestion(inv)), nil
}

func surveyQuestion(x *domain.SurveyInvitation) gen.SurveyQuestion {
	return gen.SurveyQuestion{
		Number: x.Number, Language: x.Language, MinScore: domain.MinScore, MaxScore: domain.MaxScore, Answered: x.AnsweredAt != nil, ExpiresAt: x.ExpiresAt,
	}
}

// GetCsatReport gives how satisfied customers were.
func (s *server) GetCsatReport(ctx context.Context, r gen.GetCsatReportRequestObject) (gen.GetCsatReportResponseObject, error) {
	out, err := s.Survey.Report(ctx, survey.ReportRequest{By: value(r.Params.By), From: value(r.Params.From).Time, To: value(r.Params.To).Time})
	if err != nil {
		return nil, err
	}
	return gen.GetCsatReport200JSONResponse{By: out.By, From: out.From, To: out.To, Total: satisfaction(out.Total), Rows: each(out.Rows, satisfaction)}, nil
}

func satisfaction(x survey.Satisfaction) gen.Satisfaction {
	return gen.Satisfaction{
		Key: null(x.Key), Sent: x.Sent, Answered: x.Answered, ResponseRate: x.ResponseRate, Average: x.Average, Satisfied: x.Satisfied, Distribution: x.Distribution,
	}
}
