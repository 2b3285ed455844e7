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
	Parent Clearing
}

// Patch gives the change as triage takes it.
func (u UpdateInquiryTypeInput) Patch() triage.TypePatch {
	p := u.TypePatch
	p.Parent = cleared(u.Parent)
	return p
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
	Language, Name, Subject, Text, HTML Clearing
}

// Patch gives the change as triage takes it.
func (u UpdateTemplateInput) Patch() triage.TemplatePatch {
	p := u.TemplatePatch
	p.Language, p.Name, p.Subject, p.Text, p.HTML = cleared(u.Language), cleared(u.Name), cleared(u.Subject), cleared(u.Text), cleared(u.HTML)
	return p
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
	Text, Language, Type Clearing
}

// Patch gives the change as triage takes it.
func (u UpdateArticleInput) Patch() triage.ArticlePatch {
	p := u.ArticlePatch
	p.Text, p.Language, p.Type = cleared(u.Text), cleared(u.Language), cleared(u.Type)
	return p
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
	SecretEnv, TokenURL, ClientID, MoveTo Clearing
}

// Patch gives the change as intake takes it.
func (u UpdateMailboxInput) Patch() intake.MailboxPatch {
	p := u.MailboxPatch
	p.SecretEnv, p.TokenURL, p.ClientID, p.MoveTo = cleared(u.SecretEnv), cleared(u.TokenURL), cleared(u.ClientID), cleared(u.MoveTo)
	return p
}

// RetryDispatchInput names the mail that is to be sent again.
type RetryDispatchInput struct{ InteractionID, IdempotencyKey string }
