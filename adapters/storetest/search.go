package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"sori/domain"
)

var searchCases = map[string]func(*testing.T, domain.Store){
	"Find":          searchFind,
	"ReplaceRemove": searchReplaceAndRemove,
	"AnyToken":      searchAnyToken,
	"NewestFirst":   searchNewestFirst,
	"ManyAtOnce":    searchManyAtOnce,
	"Empty":         searchEmpty,
}

func put(t *testing.T, s domain.Store, docs ...domain.SearchDocument) {
	t.Helper()
	must(t, s.Search().Put(testContext(t), docs))
}

func term(tokens ...string) domain.SearchTerm { return domain.SearchTerm{Tokens: tokens} }

func prefix(tokens ...string) domain.SearchTerm {
	return domain.SearchTerm{Tokens: tokens, Prefix: true}
}

// found gives the ids that a search finds, in order.
func found(t *testing.T, s domain.Store, kinds []string, limit int, terms ...domain.SearchTerm) []string {
	t.Helper()
	docs, err := s.Search().Find(testContext(t), terms, kinds, limit)
	must(t, err)
	ids := []string{}
	for _, d := range docs {
		ids = append(ids, d.ID)
	}
	return ids
}

func searchFind(t *testing.T, s domain.Store) {
	docs := []domain.SearchDocument{
		{ID: "inq_1", InquiryID: "inq_1", CustomerID: "cus_1", At: noon, Tokens: []string{"환불", "불을", "refund", "order", "010"}},
		{ID: "int_1", InquiryID: "inq_1", CustomerID: "cus_1", At: minute(1), Tokens: []string{"환불", "refunds", "late"}},
		{ID: "int_2", InquiryID: "inq_2", At: minute(2), Tokens: []string{"환율", "order", "order"}},
		{ID: "cus_1", CustomerID: "cus_1", At: minute(3), Tokens: []string{"kim", "010"}},
		{ID: "int_3", Tokens: nil},
		{ID: "int_4", Tokens: []string{"international", "01012345678"}},
	}
	put(t, s, docs...)
	for _, c := range []struct {
		name  string
		kinds []string
		terms []domain.SearchTerm
		want  []string
	}{
		{"one token", nil, []domain.SearchTerm{term("환불")}, []string{"int_1", "inq_1"}},
		{"two tokens of one term", nil, []domain.SearchTerm{term("환불", "불을")}, []string{"inq_1"}},
		{"two terms", nil, []domain.SearchTerm{term("order"), term("refund")}, []string{"inq_1"}},
		{"not by the beginning", nil, []domain.SearchTerm{term("refun")}, []string{}},
		{"prefix", nil, []domain.SearchTerm{prefix("refund")}, []string{"int_1", "inq_1"}},
		{"one syllable", nil, []domain.SearchTerm{prefix("환")}, []string{"int_2", "int_1", "inq_1"}},
		{"only the last is a prefix", nil, []domain.SearchTerm{prefix("ord", "환")}, []string{}},
		{"exact and prefix", nil, []domain.SearchTerm{prefix("order", "환")}, []string{"int_2", "inq_1"}},
		{"long prefix", nil, []domain.SearchTerm{prefix("internatio")}, []string{"int_4"}},
		{"too long a prefix", nil, []domain.SearchTerm{prefix("internationally")}, []string{}},
		{"number by its beginning", nil, []domain.SearchTerm{prefix("0101234567")}, []string{"int_4"}},
		{"whole token as a prefix", nil, []domain.SearchTerm{prefix("01012345678")}, []string{"int_4"}},
		{"kind", []string{"cus"}, []domain.SearchTerm{term("010")}, []string{"cus_1"}},
		{"kinds", []string{"cus", "inq"}, []domain.SearchTerm{term("010")}, []string{"cus_1", "inq_1"}},
		{"kind without any", []string{"xyz"}, []domain.SearchTerm{term("010")}, []string{}},
		{"nothing", nil, []domain.SearchTerm{term("nothing")}, []string{}},
		{"one is missing", nil, []domain.SearchTerm{term("환불"), term("nothing")}, []string{}},
	} {
		if got := found(t, s, c.kinds, 10, c.terms...); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	got, err := s.Search().Find(testContext(t), []domain.SearchTerm{term("late")}, nil, 10)
	must(t, err)
	if len(got) != 1 || got[0].InquiryID != "inq_1" || got[0].CustomerID != "cus_1" || !got[0].At.Equal(minute(1)) {
		t.Errorf("a found document is %+v", got)
	}
}

func searchReplaceAndRemove(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	put(t, s, domain.SearchDocument{ID: "inq_1", Tokens: []string{"old", "both"}, At: noon}, domain.SearchDocument{ID: "inq_2", Tokens: []string{"both"}, At: noon})
	put(t, s, domain.SearchDocument{ID: "inq_1", CustomerID: "cus_9", Tokens: []string{"new", "both"}, At: minute(5)})
	for token, want := range map[string][]string{"old": {}, "new": {"inq_1"}, "both": {"inq_2", "inq_1"}} {
		if got := found(t, s, nil, 10, term(token)); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", token, got, want)
		}
	}
	got, err := s.Search().Find(ctx, []domain.SearchTerm{term("new")}, nil, 1)
	must(t, err)
	if len(got) != 1 || got[0].CustomerID != "cus_9" || !got[0].At.Equal(minute(5)) {
		t.Errorf("after the replacement: %+v", got)
	}
	must(t, s.Search().Remove(ctx, []string{"inq_1", "inq_nobody"}))
	if got := found(t, s, nil, 10, term("both")); !slices.Equal(got, []string{"inq_2"}) {
		t.Errorf("after Remove: %q", got)
	}
	put(t, s, domain.SearchDocument{ID: "inq_1", Tokens: []string{"both"}, At: noon})
	if got := found(t, s, nil, 10, term("both")); len(got) != 2 {
		t.Errorf("after Remove and Put: %q", got)
	}
	put(t, s, domain.SearchDocument{ID: "inq_3", Tokens: []string{"first"}, At: noon}, domain.SearchDocument{ID: "inq_3", Tokens: []string{"second"}, At: noon})
	if first, second := found(t, s, nil, 10, term("first")), found(t, s, nil, 10, term("second")); len(first) != 0 || len(second) != 1 {
		t.Errorf("of the same document twice in one Put, the first is found %d times, the second %d times", len(first), len(second))
	}
	must(t, s.Search().Clear(ctx))
	if got := found(t, s, nil, 10, term("both")); len(got) != 0 {
		t.Errorf("after Clear: %q", got)
	}
	put(t, s, domain.SearchDocument{ID: "inq_1", Tokens: []string{"both"}, At: noon})
	if got := found(t, s, nil, 10, term("both")); len(got) != 1 {
		t.Errorf("after Clear and Put: %q", got)
	}
}

// searchAnyToken: a token is text and nothing else, whatever it looks like.
func searchAnyToken(t *testing.T, s domain.Store) {
	tokens := append(slices.Clone(texts), "OR", "AND", "NOT", "NEAR(a b)", "a OR b", "^a", "a*", "-a", "+a", "tokens:a", "{a}", "(", ")", "'';--", "_20", "a_b", "%5f")
	for i, token := range tokens {
		put(t, s, domain.SearchDocument{ID: fmt.Sprintf("inq_%d", i), Tokens: []string{token}, At: noon})
	}
	for i, token := range tokens {
		if got, want := found(t, s, nil, 10, term(token)), []string{fmt.Sprintf("inq_%d", i)}; !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", token, got, want)
		}
		got := found(t, s, nil, len(tokens), prefix(token))
		if !slices.Contains(got, fmt.Sprintf("inq_%d", i)) {
			t.Errorf("%q is not found by itself as a prefix", token)
		}
	}
	if got := found(t, s, nil, 10, prefix("stras")); !slices.Equal(got, []string{"inq_0"}) {
		t.Errorf("stras… finds %q", got)
	}
}

func searchNewestFirst(t *testing.T, s domain.Store) {
	var docs []domain.SearchDocument
	for i := range 300 {
		docs = append(docs, domain.SearchDocument{ID: fmt.Sprintf("inq_%03d", i), Tokens: []string{"all", fmt.Sprint("mod", i%7)}, At: minute(i)})
	}
	put(t, s, docs[:100]...)
	put(t, s, docs[100:]...)
	put(t, s, docs[5]) // is not new
	for _, limit := range []int{1, 20, 300, 1000} {
		got := found(t, s, nil, limit, term("all"))
		if len(got) != min(limit, 300) {
			t.Fatalf("%d found with the limit %d", len(got), limit)
		}
		for i, id := range got {
			if id != docs[299-i].ID {
				t.Fatalf("place %d holds %s", i, id)
			}
		}
	}
	if got := found(t, s, []string{"inq"}, 2, term("mod3"), prefix("al")); !slices.Equal(got, []string{"inq_297", "inq_290"}) {
		t.Errorf("mod3: %q", got)
	}
}

func searchManyAtOnce(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	inParallel(6, func(w int) {
		for n := range 10 {
			doc := domain.SearchDocument{ID: fmt.Sprintf("inq_%d%d", w, n), Tokens: []string{"all", fmt.Sprint("w", w)}, At: noon}
			if err := putAndFind(ctx, s, doc); err != nil {
				t.Error(err)
			}
		}
	})
	if got := found(t, s, nil, 100, term("all")); len(got) != 60 {
		t.Errorf("%d of 60 found", len(got))
	}
}

// putAndFind checks that a document can be found once Put has answered.
func putAndFind(ctx context.Context, s domain.Store, doc domain.SearchDocument) error {
	if err := s.Search().Put(ctx, []domain.SearchDocument{doc}); err != nil {
		return err
	}
	got, err := s.Search().Find(ctx, []domain.SearchTerm{term(doc.Tokens[1])}, nil, 100)
	if err == nil && !slices.ContainsFunc(got, func(d domain.SearchDocument) bool { return d.ID == doc.ID }) {
		err = fmt.Errorf("%s cannot be found after Put", doc.ID)
	}
	return err
}

func searchEmpty(t *testing.T, s domain.Store) {
	is := func(want bool) {
		t.Helper()
		empty, err := s.Search().Empty(testContext(t))
		must(t, err)
		if empty != want {
			t.Errorf("empty: %v, want %v", empty, want)
		}
	}
	is(true)
	put(t, s, domain.SearchDocument{ID: "inq_1", Tokens: []string{"refund"}}, domain.SearchDocument{ID: "int_1"})
	is(false)
	if got := found(t, s, nil, 10); len(got) != 0 {
		t.Errorf("without terms it finds %v", got)
	}
	if got := found(t, s, []string{"inq"}, 10, term("")); len(got) != 0 {
		t.Errorf("by an empty token it finds %v", got)
	}
	must(t, s.Search().Remove(testContext(t), []string{"inq_1"}))
	is(false)
	must(t, s.Search().Clear(testContext(t)))
	is(true)
}
