package domain

import "time"

// TriageSettings is what holds for all types.
type TriageSettings struct {
	Doc         `json:",inline"`
	Automatic   bool     `json:"automatic"`             // whether anything is answered without a person
	PeopleTiers []string `json:"peopleTiers,omitempty"` // customers of these tiers are answered by people only
	MaxAnswers  int      `json:"maxAnswers"`            // automatic answers in a row to one customer
	TypeFrom    float64  `json:"typeFrom"`              // confidence from which an inquiry is given the likeliest type
	Resolve     bool     `json:"resolve"`               // an automatic answer resolves the inquiry; else it waits for the customer
}

// TriageSettingsID is the id of the one settings document.
const TriageSettingsID = "trs_settings"

// DefaultTriageSettings holds until somebody sets others.
func DefaultTriageSettings() TriageSettings {
	return TriageSettings{Doc: Doc{ID: TriageSettingsID}, Automatic: true, MaxAnswers: 2, TypeFrom: 0.7, Resolve: true}
}

// TriageSettingsStore holds the settings.
var TriageSettingsStore = declare[TriageSettings](Spec{Name: "triageSettings", Prefix: "trs", Noun: "triage settings"})

// TriageDay counts what became of the inquiries of one type on one day (UTC). It is a rollup of the event feed.
type TriageDay struct {
	Doc        `json:",inline"`
	Day        string `json:"day"`  // 2026-11-22
	Type       string `json:"type"` // or NoType
	Inquiries  int64  `json:"inquiries"`
	Answered   int64  `json:"answered"`  // inquiries that got an automatic answer
	Suggested  int64  `json:"suggested"` // messages left to people with suggestions
	Routed     int64  `json:"routed"`    // messages left to people without
	Reopened   int64  `json:"reopened"`  // answered inquiries whose customer came back
	Corrected  int64  `json:"corrected"` // answered inquiries whose type an agent changed
	Chosen     int64  `json:"chosen"`    // inquiries that an agent gave this type
	HelpAsked  int64  `json:"helpAsked"` // self-help, under NoType
	HelpHelped int64  `json:"helpHelped"`
	HelpOpened int64  `json:"helpOpened"`
}

// TriageDays holds the rollup.
var TriageDays = declare[TriageDay](Spec{
	Name: "triageDays", Prefix: "trd", Noun: "triage day",
	Indexes: []Index{{Name: "day", Fields: []string{"day", "type"}, Unique: true}},
})

// TriageMark is how far the rollup has counted. It is written with the counts, so that no event counts twice.
type TriageMark struct {
	Doc   `json:",inline"`
	Seq   int64     `json:"seq"`
	Until time.Time `json:"until"` // time of the last event counted
}

// TriageMarks holds the mark.
var TriageMarks = declare[TriageMark](Spec{Name: "triageMarks", Prefix: "trm", Noun: "triage mark"})
