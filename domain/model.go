package domain

import "time"

// ClassifierModel is one training of the classifier and what came of it. At most one is active.
type ClassifierModel struct {
	Doc        `json:",inline"`
	Number     int64            `json:"number"` // 1, 2, 3 …
	State      ModelState       `json:"state"`
	Reason     string           `json:"reason,omitempty"` // why it is in this state
	Progress   float64          `json:"progress"`         // of its training, 0 to 1
	Examples   int              `json:"examples"`
	Types      []string         `json:"types,omitempty"`   // keys it tells apart
	LeftOut    []string         `json:"leftOut,omitempty"` // types that had too few examples
	Metrics    *ModelMetrics    `json:"metrics,omitempty"`
	Comparison *ModelComparison `json:"comparison,omitempty"` // with the version that was active when it was trained
	BlobID     string           `json:"blobId,omitempty"`
	CreatedAt  time.Time        `json:"createdAt"`
	TrainedAt  *time.Time       `json:"trainedAt,omitempty"`
	ActiveAt   *time.Time       `json:"activeAt,omitempty"` // when it was last made active
}

// ModelState is where a model stands.
type ModelState string

// The states.
const (
	ModelTraining ModelState = "training"
	ModelActive   ModelState = "active"
	ModelRetired  ModelState = "retired"  // was active; can be again
	ModelRejected ModelState = "rejected" // worse than the active one; can be made active all the same
	ModelFailed   ModelState = "failed"   // could not be trained; Reason says why
)

// ModelMetrics is what held-back examples say of a model. Shares are 0 to 1.
type ModelMetrics struct {
	HeldBack  int     `json:"heldBack"`
	Accuracy  float64 `json:"accuracy"`  // share of held-back examples whose likeliest type was right
	Coverage  float64 `json:"coverage"`  // share it would answer at the default promise
	Precision float64 `json:"precision"` // share of those answered rightly; 0 if it answers none
	Seconds   float64 `json:"seconds"`   // of training
	Bytes     int     `json:"bytes"`     // as stored
}

// ModelComparison sets a model beside the one that was active, on held-back examples that both have in common.
type ModelComparison struct {
	With     int64 `json:"with"` // number of the other
	Examples int   `json:"examples"`
	OldRight int   `json:"oldRight"`
	NewRight int   `json:"newRight"`
	NoWorse  bool  `json:"noWorse"`
}

// ClassifierModels holds the models.
var ClassifierModels = declare[ClassifierModel](Spec{
	Name: "classifierModels", Prefix: "mdl", Noun: "model",
	Indexes: []Index{
		{Name: "number", Fields: []string{"number"}, Unique: true},
		{Name: "state", Fields: []string{"state", "createdAt"}},
	},
})
