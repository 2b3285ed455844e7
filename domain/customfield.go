package domain

import (
	"context"
	"slices"
	"time"
)

// CustomField gives a custom field of inquiries a type. Fields that are not declared take any value.
type CustomField struct {
	Doc       `json:",inline"`
	Key       string          `json:"key"` // its name in Inquiry.Custom
	Name      string          `json:"name"`
	Kind      CustomFieldKind `json:"kind"`
	Options   []string        `json:"options,omitempty"` // of select and multiselect
	Active    bool            `json:"active"`            // false: declared no more; values stay
	CreatedAt time.Time       `json:"createdAt"`
	UpdatedAt time.Time       `json:"updatedAt"`
}

// CustomFieldKind is what values a field takes.
type CustomFieldKind string

// The kinds of custom field.
const (
	FieldText        CustomFieldKind = "text"
	FieldNumber      CustomFieldKind = "number"
	FieldBoolean     CustomFieldKind = "boolean"
	FieldDate        CustomFieldKind = "date" // 2026-11-22
	FieldSelect      CustomFieldKind = "select"
	FieldMultiselect CustomFieldKind = "multiselect"
)

// CustomFieldKinds lists every kind.
var CustomFieldKinds = []CustomFieldKind{FieldText, FieldNumber, FieldBoolean, FieldDate, FieldSelect, FieldMultiselect}

// CustomFields holds the declarations.
var CustomFields = declare[CustomField](Spec{
	Name: "customFields", Prefix: "cuf", Noun: "custom field",
	Indexes: []Index{
		{Name: "key", Fields: []string{"key"}, Unique: true},
		{Name: "created", Fields: []string{"createdAt"}},
	},
})

// FieldKinds are the declared custom fields that are active, by key.
type FieldKinds map[string]*CustomField

// NewFieldKinds keeps the declarations in memory.
func NewFieldKinds(s Reader, clock Clock) *Snapshot[FieldKinds] {
	return &Snapshot[FieldKinds]{Edition: EditionFields, Store: s, Clock: clock, Load: func(ctx context.Context, r Reader) (*FieldKinds, error) {
		all, err := CustomFields.Find(ctx, r, Query{Index: "created"})
		kinds := FieldKinds{}
		for _, f := range all {
			if f.Active {
				kinds[f.Key] = f
			}
		}
		return &kinds, err
	}}
}

// Check notes a fault for each value that is not of its field's kind. nil, which takes a field away, is of every kind.
func (k FieldKinds) Check(f *Faults, path string, values map[string]any) {
	for name, v := range values {
		if field := k[name]; field != nil && v != nil {
			if rule, message := field.fault(v); rule != "" {
				f.Add(path+"."+name, rule, "%s", message)
			}
		}
	}
}

// fault gives the rule that a value breaks, "" if it is right.
func (c *CustomField) fault(v any) (rule, message string) {
	text, isText := v.(string)
	switch c.Kind {
	case FieldText:
		if !isText {
			return "kind", "must be a text"
		}
	case FieldNumber:
		switch v.(type) {
		case float64, int, int64:
		default:
			return "kind", "must be a number"
		}
	case FieldBoolean:
		if _, ok := v.(bool); !ok {
			return "kind", "must be true or false"
		}
	case FieldDate:
		if _, err := time.Parse(time.DateOnly, text); !isText || err != nil {
			return "kind", "must be a date such as 2026-11-22"
		}
	case FieldSelect:
		if !isText || !slices.Contains(c.Options, text) {
			return "option", "must be one of the field's options"
		}
	case FieldMultiselect:
		list, ok := v.([]any)
		if !ok || slices.ContainsFunc(list, func(e any) bool { s, ok := e.(string); return !ok || !slices.Contains(c.Options, s) }) {
			return "option", "must be a list of the field's options"
		}
	}
	return "", ""
}
