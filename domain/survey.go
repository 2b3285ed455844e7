package domain

import (
	"strings"
	"time"
)

// SurveySettings say who is asked how it was, when, and in which words.
type SurveySettings struct {
	Doc            `json:",inline"`
	Active         bool         `json:"active"`
	DelayMinutes   int          `json:"delayMinutes"`       // after the resolution
	Channels       []Channel    `json:"channels,omitempty"` // of the inquiry; none is all. The question goes by mail, whatever the channel
	Tiers          []string     `json:"tiers,omitempty"`    // none is all
	Types          []string     `json:"types,omitempty"`    // keys; none is all
	RequireConsent bool         `json:"requireConsent"`     // only customers who agreed (consent: email, survey) are asked; else all who did not refuse
	EveryDays      int          `json:"everyDays"`          // a customer is asked once in so many days at most; 0 is every time
	ValidDays      int          `json:"validDays"`          // how long the link holds
	LinkBase       string       `json:"linkBase,omitempty"` // one's own page; it is given the token as a parameter
	Texts          []SurveyText `json:"texts"`              // the first is for those whose language has none
}

// SurveyText is the mail in one language. {{link}} must stand in Text; {{inquiry.number}} and {{customer.name}} may, in both.
type SurveyText struct {
	Language string `json:"language"` // BCP 47
	Subject  string `json:"subject"`
	Text     string `json:"text"`
}

// SurveySettingsID is the id of the one settings document.
const SurveySettingsID = "svs_settings"

// DefaultSurveySettings holds until somebody sets others.
func DefaultSurveySettings() SurveySettings {
	return SurveySettings{
		Doc: Doc{ID: SurveySettingsID}, DelayMinutes: 60, EveryDays: 30, ValidDays: 14,
		Texts: []SurveyText{
			{"ko", "상담은 어떠셨나요?", "안녕하세요.\n\n문의 {{inquiry.number}} 상담에 얼마나 만족하셨는지 1점에서 5점까지 알려 주세요. 1분이면 됩니다.\n\n{{link}}\n\n감사합니다.\n"},
			{"en", "How did we do?", "Hello,\n\nplease tell us how satisfied you were with our help on your inquiry {{inquiry.number}}, from 1 to 5. It takes a minute.\n\n{{link}}\n\nThank you.\n"},
		},
	}
}

// SurveySettingsStore holds the settings.
var SurveySettingsStore = declare[SurveySettings](Spec{Name: "surveySettings", Prefix: "svs", Noun: "survey settings"})

// The lowest and the highest score, and from which on a customer counts as satisfied.
const (
	MinScore       = 1
	MaxScore       = 5
	SatisfiedScore = 4
)

// SurveyInvitation is one question to a customer how one inquiry was handled, and the answer. There is one at most for each inquiry.
type SurveyInvitation struct {
	Doc           `json:",inline"`
	InquiryID     string     `json:"inquiryId"`
	Number        string     `json:"number"` // of the inquiry
	CustomerID    string     `json:"customerId"`
	InteractionID string     `json:"interactionId"` // the mail
	Agent         string     `json:"agent,omitempty"`
	Queue         string     `json:"queue,omitempty"`
	Type          string     `json:"type,omitempty"`
	Tier          string     `json:"tier,omitempty"`
	Channel       Channel    `json:"channel"`
	Language      string     `json:"language"`
	SentAt        time.Time  `json:"sentAt"`
	ExpiresAt     time.Time  `json:"expiresAt"`
	AnsweredAt    *time.Time `json:"answeredAt,omitempty"`
	Score         int        `json:"score,omitempty"`
	Text          string     `json:"text,omitempty"` // resident numbers masked
}

// SurveyInvitations holds the invitations.
var SurveyInvitations = declare[SurveyInvitation](Spec{
	Name: "surveyInvitations", Prefix: "svi", Noun: "survey invitation",
	Indexes: []Index{
		{Name: "sent", Fields: []string{"sentAt"}},
		{Name: "customer", Fields: []string{"customerId", "sentAt"}},
	},
})

// SurveyInvitationID gives the id of an inquiry's invitation.
func SurveyInvitationID(inquiryID string) string {
	_, own, _ := strings.Cut(inquiryID, "_")
	return SurveyInvitations.Prefix + "_" + own
}

// SurveyDay counts what customers said whose invitation was sent on one day (UTC), for one agent, queue, type or tier, or for all. It is written with the invitation and
// the answer.
type SurveyDay struct {
	Doc    `json:",inline"`
	By     string  `json:"by"` // all, agent, queue, type, tier
	Day    string  `json:"day"`
	Key    string  `json:"key"` // or SurveyNone
	Sent   int64   `json:"sent"`
	Scores []int64 `json:"scores"` // answers with each score, from MinScore on
}

// SurveyNone is the key of inquiries that have none.
const SurveyNone = "none"

// SurveyDays holds the counts.
var SurveyDays = declare[SurveyDay](Spec{
	Name: "surveyDays", Prefix: "svd", Noun: "survey day",
	Indexes: []Index{{Name: "day", Fields: []string{"by", "day", "key"}, Unique: true}},
})

// The events of surveys. None carries what a customer wrote.
const (
	EventSurveySent     = "survey.sent"
	EventSurveyAnswered = "survey.answered"
	EventSurveyErased   = "survey.erased"
	EventSurveySettings = "survey.settings_updated"
)
