package wire

import (
	"sori/domain"
	"sori/domain/intake"
	"sori/domain/triage"
)

// IDInput names what is to be removed, or done again.
type IDInput struct{ ID, IdempotencyKey string }

// CreateInquiryTypeInput is a type to be made.
type CreateInquiryTypeInput struct {
	triage.TypeDraft
	IdempotencyKey string
}

// UpdateInquiryTypeInput changes a type.
type UpdateInquiryTypeInput struct {
	Guard
	triage.TypePatch
}

// CreateTemplateInput is a standard answer to be made.
type CreateTemplateInput struct {
	triage.TemplateDraft
	Automatic      *bool
	IdempotencyKey string
}

// Draft gives the template as triage takes it: one may be sent without a person unless that is said.
func (in CreateTemplateInput) Draft() triage.TemplateDraft {
	d := in.TemplateDraft
	d.PeopleOnly = in.Automatic != nil && !*in.Automatic
	return d
}

// UpdateTemplateInput changes a standard answer.
type UpdateTemplateInput struct {
	Guard
	triage.TemplatePatch
}

// PreviewTemplateInput is what is to be filled in, and for which inquiry.
type PreviewTemplateInput struct {
	domain.TemplateTexts
	InquiryID string
}

// CreateRuleInput is a rule to be made.
type CreateRuleInput struct {
	triage.RuleDraft
	IdempotencyKey string
}

// UpdateRuleInput changes a rule.
type UpdateRuleInput struct {
	Guard
	triage.RulePatch
}

// AddExamplesInput is a batch of labelled texts.
type AddExamplesInput struct{ Examples []triage.ExampleDraft }

// TrainClassifierInput begins a training.
type TrainClassifierInput struct{ IdempotencyKey string }

// UpdateTriageSettingsInput changes the settings, of which there is one document.
type UpdateTriageSettingsInput struct {
	Version int64
	triage.SettingsPatch
	IdempotencyKey string
}

// CreateArticleInput is a self-help article to be made.
type CreateArticleInput struct {
	triage.ArticleDraft
	IdempotencyKey string
}

// UpdateArticleInput changes a self-help article.
type UpdateArticleInput struct {
	Guard
	triage.ArticlePatch
}

// AskHelpInput is a question to the self-help.
type AskHelpInput struct {
	Question string
	Language string
	Limit    int
}

// GiveHelpFeedbackInput is what a customer says of an answer.
type GiveHelpFeedbackInput struct {
	AskID string
	triage.HelpFeedback
}

// CreateMailboxInput is a mailbox to be made.
type CreateMailboxInput struct {
	intake.MailboxDraft
	Active         *bool
	IdempotencyKey string
}

// Draft gives the mailbox as intake takes it: it is fetched from unless that is said.
func (in CreateMailboxInput) Draft() intake.MailboxDraft {
	d := in.MailboxDraft
	d.Inactive = in.Active != nil && !*in.Active
	return d
}

// UpdateMailboxInput changes a mailbox.
type UpdateMailboxInput struct {
	Guard
	intake.MailboxPatch
}

// RetryDispatchInput names the mail that is to be sent again.
type RetryDispatchInput struct{ InteractionID, IdempotencyKey string }
