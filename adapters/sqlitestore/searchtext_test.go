package sqlitestore

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sori/domain"
)

func TestIndexText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		tokens []string
		text   string
		words  []string
	}{
		{"nothing", nil, "_kiqy", nil},
		{"a token and its beginnings", []string{"re"}, "_kiqy re _pr", nil},
		{"a long word is looked up by itself, too", []string{"refund"}, "_kiqy refund _pr _pre _pref _prefu", []string{"refund"}},
		{"numbers have more beginnings", []string{"12345"}, "_kiqy 12345 _p1 _p12 _p123 _p1234", nil},
		{"what begins alike, in any order", []string{"reply", "re", "reply", "rest"}, "_kiqy re _pr reply _pre _prep _prepl rest _pres", nil},
		{"syllables", []string{"환불", "환전"}, "_kiqy 환불 _p환 환전", nil},
		{"an empty one", []string{"", "a"}, "_kiqy a", nil},
	} {
		text, words := indexText(domain.SearchDocument{ID: "iqy_1", Tokens: c.tokens})
		if strings.TrimSpace(text) != c.text || !slices.Equal(words, c.words) {
			t.Errorf("%s: %q, %q", c.name, text, words)
		}
	}
}

func TestIndexTextGivesEachOnce(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		tokens := make([]string, r.IntN(40))
		for i := range tokens {
			for range r.IntN(7) {
				tokens[i] += string([]rune("ab가1")[r.IntN(4)])
			}
		}
		want := map[string]bool{}
		for _, token := range tokens {
			if token != "" {
				want[token] = true
			}
			letters := []rune(token)
			for n := 1; n < len(letters) && n <= beginnings(token); n++ {
				want[markBeginning+string(letters[:n])] = true
			}
		}
		text, _ := indexText(domain.SearchDocument{Tokens: tokens})
		if got := slices.Sorted(slices.Values(strings.Fields(text))); !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
			t.Fatalf("%q: %q", tokens, got)
		}
	}
}
