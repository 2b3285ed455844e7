package domain

import "time"

// BulkRun does the same to many inquiries, as a job. It stands for ever beside the results of its inquiries.
type BulkRun struct {
	Doc        `json:",inline"`
	Filter     *InquiryFilter `json:"filter,omitempty"`
	InquiryIDs []string       `json:"inquiryIds,omitempty"` // instead of a filter
	Actions    Actions        `json:"actions"`
	State      BulkState      `json:"state"`
	Done       int            `json:"done"`   // inquiries that were changed, or needed no change
	Failed     int            `json:"failed"` // inquiries that could not be changed; their results say why
	Cursor     string         `json:"cursor,omitempty"`
	Message    string         `json:"message,omitempty"` // why it ended early
	CreatedBy  Actor          `json:"createdBy"`         // on whose behalf, and with whose scopes, it runs
	CreatedAt  time.Time      `json:"createdAt"`
	FinishedAt *time.Time     `json:"finishedAt,omitempty"`
}

// BulkState is how far a bulk run is.
type BulkState string

// The states of a bulk run.
const (
	BulkRunning   BulkState = "running"
	BulkFinished  BulkState = "finished"
	BulkCancelled BulkState = "cancelled"
)

// BulkRuns holds the bulk runs.
var BulkRuns = declare[BulkRun](Spec{
	Name: "bulkRuns", Prefix: "blk", Noun: "bulk run",
	Indexes: []Index{{Name: "created", Fields: []string{"createdAt"}}},
})

// BulkResult is what a bulk run came to for one inquiry. It is written in the commit that changed the inquiry.
type BulkResult struct {
	Doc       `json:",inline"`
	RunID     string    `json:"runId"`
	InquiryID string    `json:"inquiryId"`
	OK        bool      `json:"ok"`
	Code      string    `json:"code,omitempty"`    // of the error
	Message   string    `json:"message,omitempty"` // of the error
	At        time.Time `json:"at"`
}

// BulkResults holds the results.
var BulkResults = declare[BulkResult](Spec{
	Name: "bulkResults", Prefix: "blr", Noun: "bulk result",
	Indexes: []Index{{Name: "run", Fields: []string{"runId", "at"}}},
})

// The events of a bulk run.
const (
	EventBulkStarted  = "bulk.started"
	EventBulkFinished = "bulk.finished"
)
