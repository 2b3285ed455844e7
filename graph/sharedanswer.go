package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"sori/domain"
)

// What a thousand subscribers ask in the same words about the same event is answered once. Only such operations are shared whose every field is the same for all who
// have the same scopes: a field that is not listed here is not shared, until somebody has thought about it.
var sharedFields = map[string][]string{
	"Subscription":   {"inquiryChanged", "queueChanged", "workChanged", "presenceChanged"},
	"InquiryChange":  {"cursor", "event", "inquiry"},
	"QueueChange":    {"cursor", "event", "inquiry"},
	"WorkChange":     {"cursor", "event", "inquiry"},
	"PresenceChange": {"cursor", "event"},
	"Event":          {"id", "cursor", "type", "at", "actor", "subject", "inquiryId", "customerId", "data"},
	"Ref":            {"kind", "id"},
	"Origin":         {"channel", "campaign"},
	"Inquiry": {
		"id", "number", "subject", "status", "statusCategory", "priority", "type", "queue", "team", "assignee", "customerId", "tier", "account", "channel", "origin",
		"language", "tags", "custom", "previousId", "createdAt", "updatedAt", "lastInteractionAt", "resolvedAt", "snoozedUntil", "dueAt", "disposition", "version",
	},
}

// shareable reports whether all that is asked for is the same for all.
func shareable(set ast.SelectionSet) bool {
	for _, sel := range set {
		switch x := sel.(type) {
		case *ast.Field:
			known := x.Name == "__typename" || x.ObjectDefinition != nil && slices.Contains(sharedFields[x.ObjectDefinition.Name], x.Name)
			if !known || !shareable(x.SelectionSet) {
				return false
			}
		case *ast.InlineFragment:
			if !shareable(x.SelectionSet) {
				return false
			}
		case *ast.FragmentSpread:
			if x.Definition == nil || !shareable(x.Definition.SelectionSet) {
				return false
			}
		}
	}
	return true
}

// wording is all on which a shared answer depends but the event: the question and the scopes of who asks. "" if the operation is not shared.
func wording(ctx context.Context, op *graphql.OperationContext) string {
	if !shareable(op.Operation.SelectionSet) {
		return ""
	}
	variables, err := json.Marshal(op.Variables)
	if err != nil {
		return ""
	}
	var b strings.Builder
	for _, part := range []string{op.RawQuery, op.OperationName, string(variables)} {
		b.WriteString(strconv.Quote(part))
	}
	for _, scope := range domain.ActorFrom(ctx).Scopes {
		b.WriteString(" " + string(scope))
	}
	return b.String()
}

// keptAnswers is how many answers are kept for those who ask the same; an answer is used within milliseconds or not at all.
const keptAnswers = 1024

type answerKey struct {
	seq     int64
	wording string
}

// answers keeps the newest shared answers.
type answers struct {
	mu    sync.Mutex
	kept  map[answerKey]*answer
	order [keptAnswers]answerKey
	next  int
}

// answer is data when done is closed; nil if it could not be shared.
type answer struct {
	done chan struct{}
	data json.RawMessage
}

// claim gives the answer of a key, and whether the caller is the first, who is to work it out.
func (a *answers) claim(key answerKey) (x *answer, first bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if x := a.kept[key]; x != nil {
		return x, false
	}
	if a.kept == nil {
		a.kept = make(map[answerKey]*answer, keptAnswers)
	}
	delete(a.kept, a.order[a.next])
	x = &answer{done: make(chan struct{})}
	a.kept[key], a.order[a.next] = x, key
	a.next = (a.next + 1) % keptAnswers
	return x, true
}

// share gives what another has worked out for the same event and wording, or works it out.
func (a *answers) share(ctx context.Context, key answerKey, work func() *graphql.Response) *graphql.Response {
	x, first := a.claim(key)
	if first {
		defer close(x.done)
		resp := work()
		if resp != nil && len(resp.Errors) == 0 {
			x.data = bytes.Clone(resp.Data) // the library writes the next answer over it
		}
		return resp
	}
	select {
	case <-x.done:
	case <-ctx.Done():
		return nil
	}
	if x.data == nil {
		return work()
	}
	return &graphql.Response{Data: x.data}
}
