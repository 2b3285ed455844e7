package wire

import (
	"sori/domain"
	"sori/domain/survey"
)

// UpdateSurveySettingsInput changes the settings, of which there is one document.
type UpdateSurveySettingsInput struct {
	Version int64
	survey.SettingsPatch
	IdempotencyKey string
}

// AnswerSurveyInput is a customer's answer.
type AnswerSurveyInput struct {
	Token string
	survey.Answer
}

// SurveyInvitationConnection is a page of the questions that were sent.
type SurveyInvitationConnection = Connection[domain.SurveyInvitation]

// SurveyInvitationEdge is one of its rows.
type SurveyInvitationEdge = Edge[domain.SurveyInvitation]

// ChangedSurveySettings tells of the settings of surveys.
func ChangedSurveySettings(s *domain.SurveySettings) *Changed { return &Changed{ID: s.ID, Noun: s} }
