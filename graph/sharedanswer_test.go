package graph

import (
	"context"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"

	"sori/domain"
)

func TestWhatIsShared(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t)
	for typ, fields := range sharedFields {
		for _, f := range fields {
			if def := schema.Types[typ]; def == nil || def.Fields.ForName(f) == nil {
				t.Errorf("the schema has no %s.%s any more", typ, f)
			}
		}
	}
	for query, want := range map[string]bool{
		`subscription{queueChanged(queue:"q"){__typename cursor event{type at subject{kind}} inquiry{id status custom origin{channel}}}}`: true,
		`subscription{inquiryChanged(id:"i"){...F}} fragment F on InquiryChange{cursor inquiry{...on Inquiry{id}}}`:                       true,
		`subscription{presenceChanged{event{data}}}`:                                                                              true,
		`subscription{queueChanged(queue:"q"){inquiry{customer{name}}}}`:                                                          false,
		`subscription{queueChanged(queue:"q"){inquiry{activity{watchers{agent}}}}}`:                                               false,
		`subscription{inquiryChanged(id:"i"){...F}} fragment F on InquiryChange{inquiry{interactions(first:1){edges{node{id}}}}}`: false,
		`subscription{events{cursor}}`:                                                                                            false,
	} {
		doc, errs := gqlparser.LoadQueryWithRules(schema, query, nil)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		if got := shareable(doc.Operations[0].SelectionSet); got != want {
			t.Errorf("%s: %v", query, got)
		}
	}
}

// TestSharedAnswersAreApart: other words, variables or scopes have an answer of their own.
func TestSharedAnswersAreApart(t *testing.T) {
	t.Parallel()
	doc, errs := gqlparser.LoadQueryWithRules(schemaOf(t), `subscription($q: String!){queueChanged(queue:$q){cursor}}`, nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	word := func(raw, queue string, scopes ...domain.Scope) string {
		ctx := domain.WithActor(context.Background(), domain.Actor{Kind: "token", ID: "x", Scopes: scopes})
		return wording(ctx, &graphql.OperationContext{RawQuery: raw, Operation: doc.Operations[0], Variables: map[string]any{"q": queue}})
	}
	base := word("a", "vip", domain.ScopeEvents)
	if base != word("a", "vip", domain.ScopeEvents) || base == "" {
		t.Error("the same is not the same")
	}
	for name, other := range map[string]string{
		"words": word("b", "vip", domain.ScopeEvents), "variables": word("a", "x", domain.ScopeEvents), "scopes": word("a", "vip", domain.ScopeEvents, domain.ScopeInquiryRead),
	} {
		if other == base {
			t.Errorf("other %s share the answer", name)
		}
	}
}

func TestAnAnswerIsWorkedOutOnce(t *testing.T) {
	t.Parallel()
	var a answers
	ctx, key := context.Background(), answerKey{1, "w"}
	working, finish := make(chan struct{}), make(chan struct{})
	got := make(chan *graphql.Response, 2)
	go func() {
		got <- a.share(ctx, key, func() *graphql.Response {
			close(working)
			<-finish
			return &graphql.Response{Data: []byte(`{"n":1}`)}
		})
	}()
	<-working
	go func() {
		got <- a.share(ctx, key, func() *graphql.Response { t.Error("worked out twice"); return nil })
	}()
	close(finish)
	for range 2 {
		if r := <-got; string(r.Data) != `{"n":1}` {
			t.Errorf("%s", r.Data)
		}
	}
	for i := range keptAnswers {
		a.share(ctx, answerKey{int64(i + 2), "w"}, func() *graphql.Response { return nil })
	}
	if len(a.kept) != keptAnswers {
		t.Errorf("%d are kept", len(a.kept))
	}
	again := 0
	a.share(ctx, key, func() *graphql.Response { again++; return nil })
	a.share(ctx, key, func() *graphql.Response { again++; return nil })
	if again != 2 {
		t.Errorf("what could not be worked out, and what was forgotten, is worked out anew: %d", again)
	}
}
