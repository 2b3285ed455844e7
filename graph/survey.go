package graph

import (
	"context"
	"time"

	"sori/domain"
	"sori/domain/survey"
	"sori/graph/generated"
	"sori/graph/wire"
)

func (q query) SurveySettings(ctx context.Context) (*domain.SurveySettings, error) {
	return q.Survey.Settings(ctx)
}

func (q query) SurveyInvitations(ctx context.Context, inquiry, customer *string, first *int, after *string) (*wire.SurveyInvitationConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	page, err := q.Survey.Invitations(ctx, value(inquiry), value(customer), req)
	var inquiries, customers []string
	for _, x := range page.Items {
		inquiries, customers = append(inquiries, x.InquiryID), append(customers, x.CustomerID)
	}
	loadersFrom(ctx).beside(inquiries)
	loadersFrom(ctx).beside(customers)
	return connected(page, err)
}

func (q query) SurveyQuestion(ctx context.Context, token string) (*generated.SurveyQuestion, error) {
	inv, err := q.Survey.Question(ctx, token)
	if err != nil {
		return nil, err
	}
	return surveyQuestion(inv), nil
}

func surveyQuestion(inv *domain.SurveyInvitation) *generated.SurveyQuestion {
	return &generated.SurveyQuestion{
		Number: inv.Number, Language: inv.Language, MinScore: domain.MinScore, MaxScore: domain.MaxScore, Answered: inv.AnsweredAt != nil, ExpiresAt: inv.ExpiresAt,
	}
}

func (q query) CsatReport(ctx context.Context, by *generated.CsatBy, from, to *time.Time) (*survey.Report, error) {
	return q.Survey.Report(ctx, survey.ReportRequest{By: string(value(by)), From: value(from), To: value(to)})
}

func (surveyInvitationFields) Inquiry(ctx context.Context, x *domain.SurveyInvitation) (*domain.Inquiry, error) {
	return loadInquiry(ctx, x.InquiryID)
}

func (surveyInvitationFields) Customer(ctx context.Context, x *domain.SurveyInvitation) (*domain.Customer, error) {
	return loadCustomer(ctx, x.CustomerID)
}

// Score gives nil before the answer.
func (surveyInvitationFields) Score(_ context.Context, x *domain.SurveyInvitation) (*int, error) {
	return orNil(x.Score), nil
}

func (m mutation) UpdateSurveySettings(ctx context.Context, in wire.UpdateSurveySettingsInput) (*wire.Changed, error) {
	return m.once(ctx, "updateSurveySettings", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		s, err := m.Survey.EditSettings(ctx, in.Version, in.SettingsPatch)
		return tell(wire.ChangedSurveySettings, s, err)
	})
}

func (m mutation) AnswerSurvey(ctx context.Context, in wire.AnswerSurveyInput) (*generated.AnswerSurveyPayload, error) {
	inv, err := m.Survey.Answer(ctx, in.Token, in.Answer)
	if err != nil {
		return nil, err
	}
	return &generated.AnswerSurveyPayload{Question: surveyQuestion(inv)}, nil
}

// SurveySettings gives the settings that a mutation changed.
func (f changedFields) SurveySettings(ctx context.Context, c *wire.Changed) (*domain.SurveySettings, error) {
	return changedNoun(ctx, c, func(ctx context.Context, _ string) (*domain.SurveySettings, error) { return f.Survey.Settings(ctx) })
}
