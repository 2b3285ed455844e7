package domain

import (
	"context"
	"slices"
	"time"
)

// InquiryType is one kind of matter, in a tree of two levels (대분류/중분류). Inquiries, templates and examples name it by its Key.
type InquiryType struct {
	Doc       `json:",inline"`
	Key       string        `json:"key"`
	Name      string        `json:"name"`
	Parent    string        `json:"parent,omitempty"` // key of the type above; types of the first level have none
	Active    bool          `json:"active"`           // what is not active is neither chosen nor trained
	Threshold TypeThreshold `json:"threshold"`
	CreatedAt time.Time     `json:"createdAt"`
	UpdatedAt time.Time     `json:"updatedAt"`
}

// NoType stands where a type's key stands for "fits no type": as the type of an example it marks text that is out of scope.
const NoType = "none"

// TypeThreshold says how sure the classifier must be to answer inquiries of a type without a person (자동화 계수).
type TypeThreshold struct {
	Mode    ThresholdMode `json:"mode"`
	Value   float64       `json:"value,omitempty"`   // the least confidence, 0 to 1, for ThresholdManual
	Promise float64       `json:"promise,omitempty"` // the part of answers that are right, 0.5 to 0.9999, for ThresholdPromise
}

// ThresholdMode is how a threshold is found.
type ThresholdMode string

// The modes.
const (
	ThresholdOff     ThresholdMode = "off"     // never answered without a person
	ThresholdManual  ThresholdMode = "manual"  // a confidence set by hand
	ThresholdPromise ThresholdMode = "promise" // computed from held-back examples so that the promise holds
)

// ThresholdModes lists every mode.
var ThresholdModes = []ThresholdMode{ThresholdOff, ThresholdManual, ThresholdPromise}

// DefaultPromise is what a threshold promises unless it says otherwise: 98 of 100 answers are right.
const DefaultPromise = 0.98

// InquiryTypes holds the types.
var InquiryTypes = declare[InquiryType](Spec{
	Name: "inquiryTypes", Prefix: "typ", Noun: "inquiry type",
	Indexes: []Index{
		{Name: "key", Fields: []string{"key"}, Unique: true},
		{Name: "created", Fields: []string{"createdAt"}},
		{Name: "parent", Fields: []string{"parent", "key"}},
	},
})

// TypeParents tells which type is above which, by key.
type TypeParents map[string]string

// NewTypeParents keeps the tree of types in memory.
func NewTypeParents(s Reader, clock Clock) *Snapshot[TypeParents] {
	return &Snapshot[TypeParents]{Edition: EditionCatalogue, Store: s, Clock: clock, Load: func(ctx context.Context, r Reader) (*TypeParents, error) {
		all, err := InquiryTypes.Find(ctx, r, Query{Index: "created"})
		parents := make(TypeParents, len(all))
		for _, t := range all {
			if t.Parent != "" {
				parents[t.Key] = t.Parent
			}
		}
		return &parents, err
	}}
}

// maxTypeLevels ends the way up the tree, whatever is in it.
const maxTypeLevels = 4

// Among tells whether a type, or one above it, is among some.
func (p TypeParents) Among(types []string, key string) bool {
	for range maxTypeLevels {
		if key == "" {
			return false
		}
		if slices.Contains(types, key) {
			return true
		}
		key = p[key]
	}
	return false
}
