package sqlitestore

import (
	"strings"
	"testing"
	"unicode/utf8"

	"sori/adapters/storetest"
	"sori/domain"
)

// FuzzPosition: whatever a caller makes up as a place in a list, the answer is a list or Invalid.
func FuzzPosition(f *testing.F) {
	s := openTemporary(f, storetest.Specs()...)
	f.Add("rank", "0000000000000000001", "x", int64(1), uint8(1))
	f.Add("tag", "-000000000000000001", "\x00", int64(-1), uint8(255))
	f.Add("seen", "", "", int64(0), uint8(3))
	f.Fuzz(func(t *testing.T, index, tie, text string, number int64, shape uint8) {
		pos := &domain.Position{Tie: tie}
		for range shape & 3 {
			pos.Keys = append(pos.Keys, []any{text, number, nil, text}[shape>>2&3])
			shape = shape>>2 | shape<<6
		}
		_, err := storetest.Letters.Find(t.Context(), s, domain.Query{Index: index, After: pos, Reverse: shape&1 == 0})
		if err == nil || domain.IsCode(err, domain.Invalid) {
			return
		}
		if _, known := storetest.Letters.Index(index); known {
			t.Errorf("%+v in %s: %v", pos, index, err)
		}
	})
}

// FuzzSearch: a token is found as itself and by its beginnings, and by nothing else.
func FuzzSearch(f *testing.F) {
	s := openTemporary(f)
	f.Add("환불", "refund")
	f.Add(`" OR "`, "NEAR(")
	f.Add("\x00\xff", "a_b")
	f.Fuzz(func(t *testing.T, a, b string) {
		if a == "" || b == "" || len(a) > maxToken || len(b) > maxToken {
			t.Skip()
		}
		ctx := t.Context()
		if err := s.Search().Put(ctx, []domain.SearchDocument{{ID: "inq_1", Tokens: []string{a}}}); err != nil {
			t.Fatal(err)
		}
		for token, want := range map[string]bool{a: true, b: a == b} {
			got, err := s.Search().Find(ctx, []domain.SearchTerm{{Tokens: []string{token}}}, nil, 1)
			if err != nil || (len(got) == 1) != want {
				t.Errorf("%q among %q: %d found (%v)", token, a, len(got), err)
			}
		}
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			return // beginnings are of whole characters
		}
		got, err := s.Search().Find(ctx, []domain.SearchTerm{{Tokens: []string{b}, Prefix: true}}, []string{"inq"}, 1)
		if err != nil || (len(got) == 1) != strings.HasPrefix(a, b) {
			t.Errorf("%q… among %q: %d found (%v)", b, a, len(got), err)
		}
	})
}
