package graph

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzCheckBody holds the check to what the JSON decoder behind it needs: what passes decodes as a request of GraphQL.
func FuzzCheckBody(f *testing.F) {
	for _, seed := range []string{
		`{"query":"{me{id}}"}`, `{"query":null}`, `{"query":"a","variables":null,"extensions":{"persistedQuery":{}}}`, `{"query":"\"[{"}`, `[]`, `{"query":"` + "\xff" + `"}`,
		`{"QUERY":"{me{id}}"}`, strings.Repeat("[", 100), `{"query":"a"} {}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if checkBody(body) != nil {
			return
		}
		var form struct {
			Query, OperationName  string
			Variables, Extensions map[string]any
		}
		if err := json.Unmarshal(body, &form); err != nil || !utf8.Valid(body) || nesting(body) > maxNesting {
			t.Errorf("%q passes: %v", body, err)
		}
	})
}
