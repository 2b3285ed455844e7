// Package wire has the types of the REST door that OpenAPI cannot say.
package wire

import "encoding/json"

// Text is a text in a patch: left out, null (take it away), or a value.
type Text struct {
	Set   bool
	Value string
}

// UnmarshalJSON reads a text or null.
func (t *Text) UnmarshalJSON(b []byte) error {
	t.Set, t.Value = true, ""
	if string(b) == "null" {
		return nil
	}
	return json.Unmarshal(b, &t.Value)
}

// MarshalJSON writes the value, or null where there is none.
func (t Text) MarshalJSON() ([]byte, error) {
	if !t.Set || t.Value == "" {
		return []byte("null"), nil
	}
	return json.Marshal(t.Value)
}

// Pointer gives nil for what was left out, and "" for what is to be taken away.
func (t Text) Pointer() *string {
	if !t.Set {
		return nil
	}
	return &t.Value
}
