package lexis

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{" \t—!?😀", ""},
		{"배송지 변경", "배송 송지 지변 변경 경"},
		{"배송지변경", "배송 송지 지변 변경 경"},
		{"배송지\n변경", "배송 송지 지변 변경 경"},
		{"배송지, 변경", "배송 송지 지 변경 경"},
		{"환불해 주세요. 환불!", "환불 불해 해주 주세 세요 요 불"},
		{"Refund ＲＥＦＵＮＤ refund", "refund"},
		{"Café CAFE\u0301 naïve Ærø", "cafe naive æro"},
		{"VIP 고객", "vip 고객 객"},
		{"아이폰15 프로", "아이 이폰 폰 15 프로 로"},
		{"\u1112\u116a\u11ab\u1107\u116e\u11af", "환불 불"},
		{"\u1112\u116a\u11ab \u1107\u116e\u11af", "환불 불"},
		{"ﾡﾢ ㅋㅋ", "ㄱㄲ ㄲㅋ ㅋㅋ ㅋ"},
		{"㈜소리", "주소 소리 리"},
		{"비\u200b밀", "비밀 밀"},
		{"日本語 テスト", "日本 本語 語テ テス スト ト"},
		{"kim@example.com", "kim example com"},
		{"견적서_2024.pdf", "견적 적서 서 2024 pdf"},
		{"010-1234-5678", "010 01012345678 12345678 5678 2345678 1234"},
		{"01012345678", "01012345678 5678 2345678 12345678"},
		{"(02) 123-4567", "02 021234567 1234567 4567 21234567 123"},
		{"+82 (0)10-1234-5678", "82 8201012345678 01012345678 1012345678 12345678 5678 2345678 0 10 1234"},
		{"50,000원", "50 50000 000 원"},
		{"3-4호", "3 4 호"},
		{"2024-11-22", "2024 20241122 1122 22 11"},
		{"1,000 2,000", "1 1000 000 2 2000"},
		{"привет Мир", "привет мир"},
	} {
		if got := strings.Join(Tokens(c.text), " "); got != c.want {
			t.Errorf("Tokens(%q) = %s; want %s", c.text, got, c.want)
		}
	}
}

// matches tells whether all terms are found, and there are any.
func matches(text string, terms []Term) bool {
	return len(terms) > 0 && !slices.Contains(Found(text, terms), false)
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, query string
		want        bool
	}{
		{"배송지 변경 부탁", "배송지변경", true},
		{"배송지변경 부탁", "배송지 변경", true},
		{"배송지 변경 부탁", "지변", true},
		{"배송지. 변경 부탁", "지변", false},
		{"환불 요청, 송장", "환불요청", true},
		{"요청한 환불", "환불 요청", true},
		{"환불 규정", "환불 배송", false},
		{"대한민국 국민", "민국국민", true},
		{"가나 나다 가다", "가나다", false},
		{"나다 가나", "가나다", false},
		{"환불해주세요", "환불", true},
		{"교환", "환", true},
		{"환전", "환", true},
		{"배송", "환", false},
		{"Refund policy", "ref", true},
		{"Refund policy", "fund", false},
		{"Refund policy", "REFUND POL", true},
		{"café", "CAFE", true},
		{"ＡＢＣ", "abc", true},
		{"VIP고객", "vip 고객", true},
		{"VIP 고객", "vip고객", true},
		{"VIPS 고객", "vip고객", false},
		{"환불3fa1b2c4 규정", "환불3fa1b2c4", true},
		{"환불3fa1b2c4 규정", "환불", true},
		{"환불3fa1b2c4 규정", "환불3fa", true},
		{"환불3fa1b2c4 규정", "3fa1b2c4", true},
		{"kim@example.com", "kim@example.com", true},
		{"Kim@Example.com", "kim@exam", true},
		{"kim.lee@example.com", "kim@example.com", false},
		{"kim example com", "kim@example.com", false},
		{"kim@example.com", "example", true},
		{"견적서_2024.pdf", "견적서_2024.pdf", true},
		{"견적서_2024.pdf", "견적서 pdf", true},
		{"배송/교환", "배송-교환", true},
		{"010-1234-5678", "01012345678", true},
		{"01012345678", "010-1234-5678", true},
		{"01012345678", "010-1234", true},
		{"01012345678", "010 1234 5678", true},
		{"01012345678", "5678", true},
		{"010-1234-5678", "5678", true},
		{"010-1234-5678", "1234-5678", true},
		{"01012345678", "1234-5678", true},
		{"01012345678", "+82 10-1234-5678", true},
		{"+821012345678", "010-1234-5678", true},
		{"+82 (0)10-1234-5678", "010-1234-5678", true},
		{"0082 10 1234 5678", "01012345678", true},
		{"+8215881234", "1588-1234", true},
		{"1588-1234", "+82-1588-1234", true},
		{"01012345678", "3456", false},
		{"01012345678", "010-1235", false},
		{"20241122-000123", "20241122000123", true},
		{"50,000원", "50000", true},
		{"50000원", "50,000원", true},
		{"3-4", "34", false},
		{"", "a", false},
		{"anything", "", false},
		{"anything", "!?", false},
	} {
		terms := Query(c.query)
		if got := matches(c.text, terms); got != c.want {
			t.Errorf("matches(%q, %q) = %v; terms %+v", c.text, c.query, got, terms)
		}
		if c.want && !indexed(Tokens(c.text), terms) {
			t.Errorf("tokens %q do not hold the terms %+v", Tokens(c.text), terms)
		}
	}
}

// indexed is what an engine does with tokens and terms.
func indexed(tokens []string, terms []Term) bool {
	has := func(token string, prefix bool) bool {
		return slices.ContainsFunc(tokens, func(have string) bool {
			return have == token || prefix && strings.HasPrefix(have, token)
		})
	}
	for _, t := range terms {
		for i, token := range t.Tokens {
			if !has(token, t.Prefix && i == len(t.Tokens)-1) {
				return false
			}
		}
	}
	return true
}

func TestQuery(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ query, want string }{
		{"", ""},
		{"  … !", ""},
		{"환불 Refund", "환불; refund*"},
		{"배송지변경", "배송 송지 지변 변경"},
		{"환", "환*"},
		{"VIP고객", "vip 고객"},
		{"VIP용", "vip 용*"},
		{"kim@example.com", "kim example com*"},
		{"010-1234", "0101234*"},
		{"환불 환불 환불", "환불"},
		{"배송-교환", "배송; 교환"},
		{"배송지 050-1234-5678 문의", "배송 송지; 05012345678*; 문의"},
	} {
		var got []string
		for _, term := range Query(c.query) {
			s := strings.Join(term.Tokens, " ")
			if term.Prefix {
				s += "*"
			}
			got = append(got, s)
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("Query(%q) = %s; want %s", c.query, s, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	var long strings.Builder
	for i := range 3 * MaxTextTokens {
		fmt.Fprintf(&long, "w%d ", i)
	}
	if n := len(Tokens(long.String())); n != MaxTextTokens {
		t.Errorf("%d tokens", n)
	}
	total := 0
	for _, term := range Query(long.String()) {
		total += len(term.Tokens)
	}
	if total != MaxQueryTokens {
		t.Errorf("%d tokens in a query", total)
	}
	endless := strings.Repeat("a가", 1000) + " " + strings.Repeat("b", 1000)
	for _, token := range Tokens(endless) {
		if len(token) > maxTokenBytes || !utf8.ValidString(token) {
			t.Errorf("token of %d bytes", len(token))
		}
	}
	if !matches(endless, Query(strings.Repeat("b", 900))) || matches(endless, Query(strings.Repeat("b", 1001))) {
		t.Error("long words are not compared whole")
	}
}

func TestHighlights(t *testing.T) {
	t.Parallel()
	far := strings.Repeat("그 밖의 여러 가지 이야기가 이어집니다 ", 8)
	for _, c := range []struct {
		text, query string
		max         int
		want        []string
	}{
		{"배송지 변경 <b>부탁</b>", "배송지변경", 3, []string{"<em>배송지 변경</em> &lt;b&gt;부탁&lt;/b&gt;"}},
		{"A & Refunding\n\n\x00 now", "refund", 1, []string{"A &amp; <em>Refunding</em> now"}},
		{"환불 환불", "환", 1, []string{"<em>환</em>불 <em>환</em>불"}},
		{"전화 010-1234-5678 로", "5678", 1, []string{"전화 <em>010-1234-5678</em> 로"}},
		{"\u1112\u116a\u11ab\u1107\u116e\u11af!", "환불", 1, []string{"<em>\u1112\u116a\u11ab\u1107\u116e\u11af</em>!"}},
		{"없음", "환불", 3, nil},
		{"환불", "환불", 0, nil},
		{"환불 " + far + "환불 배송", "환불 배송", 1, []string{"…이야기가 이어집니다 <em>환불</em> <em>배송</em>"}},
	} {
		got := Highlights(c.text, Query(c.query), c.max)
		for i := range got {
			if c.text != c.query && strings.HasPrefix(c.want[0], "…") {
				got[i] = "…" + got[i][strings.LastIndex(got[i], "이야기가"):]
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("Highlights(%q, %q) = %q; want %q", c.text, c.query, got, c.want)
		}
	}
}

// foldSlowly folds character by character.
func foldSlowly(text string, keepSpace, places bool) folded {
	o := folder{keepSpace: keepSpace, places: places, lastClass: noClass}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		o.add(r, i, i+size)
		i += size
	}
	return folded{s: string(o.out), at: o.at, end: o.end}
}

func TestFoundInLongTexts(t *testing.T) {
	t.Parallel()
	filler := strings.Repeat("문의드립니다 hello 10 20\n", 400)
	for _, text := range []string{"환불 배송 " + filler, "환불 " + filler + "배송", filler + "환불 배송", filler, strings.Repeat("가", 5000) + " 환불 배송", strings.Repeat("1 ", 5000) + "환불 배송"} {
		for _, query := range []string{"환불", "환불 배송", "hello", "hello 배송", "없음", "10"} {
			terms := Query(query)
			want := make([]bool, len(terms))
			foundIn(fold(text, false, false), terms, want)
			if got := Found(text, terms); !slices.Equal(got, want) {
				t.Errorf("%q in %.40q…: %v, want %v", query, text, got, want)
			}
			if shown := Highlights(text, terms, 3); (len(shown) > 0) != slices.Contains(want, true) {
				t.Errorf("%q in %.40q… is shown as %q", query, text, shown)
			}
		}
	}
}

func FuzzFoundInLongTexts(f *testing.F) {
	f.Add("환불 010-1234 5678 a", "환불", 3)
	f.Add("kim@x.com 20241122-000123 ", "000123", 7)
	f.Fuzz(func(t *testing.T, piece, query string, n int) {
		if len(piece) == 0 || len(piece) > 3000 {
			return
		}
		text := strings.Repeat("x", n&1023) + strings.Repeat(piece, 6000/len(piece)+1)
		terms := Query(query)
		want := make([]bool, len(terms))
		foundIn(fold(text, false, false), terms, want)
		if got := Found(text, terms); !slices.Equal(got, want) {
			t.Fatalf("%q in %q: %v, want %v", query, text, got, want)
		}
	})
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{
		"환불 문의 ABC-123 (02) 1234 - 5678", "한글\u1112\u1161\u11ab", "가\u11a8나", "Äb c\u0301", "＋８２ ㈜소리", "a +82 10", "\ud7a3\ud7b0\uabff", "\xed\xa0\x80\xea\xb0", "  1,000원  ",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, keepSpace := range []bool{false, true} {
			got, want := fold(s, keepSpace, true), foldSlowly(s, keepSpace, true)
			if got.s != want.s || !slices.Equal(got.at, want.at) || !slices.Equal(got.end, want.end) {
				t.Fatalf("%q folds to %+v, slowly to %+v", s, got, want)
			}
		}
	})
}

func FuzzLexis(f *testing.F) {
	for _, s := range [][2]string{
		{"배송지 변경 010-1234-5678", "배송지변경"}, {"Kim@x.com, +82 (0)10 1234", "kim@x"}, {"\u1112\u116a\u11ab㈜ﾡ\xff", "환"}, {"1,000,000-3", "1000000"},
		{"a1가-나.3fa", "가-나"}, {"0082 1588 1234", "1588"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, text, query string) {
		terms, tokens := Query(query), Tokens(text)
		all := matches(text, terms)
		if all && !indexed(tokens, terms) {
			t.Fatalf("%q matches %q, but %q lacks %+v", text, query, tokens, terms)
		}
		shown := Highlights(text, terms, 2)
		if all && len(shown) == 0 {
			t.Fatalf("%q matches %q without a highlight", text, query)
		}
		for _, s := range shown {
			plain := strings.NewReplacer("<em>", "", "</em>", "").Replace(s)
			if strings.ContainsAny(plain, "<>\x00") || !utf8.ValidString(s) || strings.Count(s, "<em>") != strings.Count(s, "</em>") {
				t.Fatalf("%q is shown as %q", text, s)
			}
		}
	})
}

// mail makes a Korean text of about n bytes.
func mail(n int) string {
	words := strings.Fields("지난주 주문한 상품을 환불하고 싶습니다 배송지 변경 부탁드립니다 주문번호 20241122-000123 연락처 010-1234-5678 refund please 감사합니다 kim@example.com")
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(words[r.IntN(len(words))] + " ")
	}
	return b.String()
}

func BenchmarkTokens(b *testing.B) {
	text := mail(1000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Tokens(text)
	}
}

func BenchmarkMatches(b *testing.B) {
	text, terms := mail(1000), Query("배송지변경 환불")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		matches(text, terms)
	}
}

func BenchmarkHighlights(b *testing.B) {
	text, terms := mail(1000), Query("배송지변경 환불")
	b.ReportAllocs()
	for b.Loop() {
		Highlights(text, terms, 3)
	}
}
