package textclass

import (
	"slices"
	"strings"
	"testing"
)

func TestNormalise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"Hello,  WORLD!", "hello world"},
		{"I’m  here", "i'm here"},
		{"ＡＢＣ　１２", "abc 12"},
		{"\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국"},
		{"\u1112\u1161 \u11ab", "하 \u11ab"},
		{"환불(취소)요?", "환불 취소 요"},
		{"  ", ""},
		{"\xff\xfe", ""},
	} {
		if got := string(normalise(c.in)); got != c.want {
			t.Errorf("normalise(%q) = %q, want %q", c.in, got, c.want)
		}
	}
	if n := len(normalise(strings.Repeat("가", MaxTextRunes*2))); n != MaxTextRunes {
		t.Errorf("a long text gives %d characters, want %d", n, MaxTextRunes)
	}
}

func TestEnglishWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"I can't pay", "i can not pay"},
		{"what's my card's PIN", "what is my card is pin"},
		{"they've gone", "they have gone"},
		{"it didn't work", "it did not work"},
		{"wanna go", "want to go"},
		{"'quoted'", "quoted"},
		{"o'clock rock'n'roll", "oclock rocknroll"},
		{"'''", ""},
	} {
		if got := strings.Join(englishWords(normalise(c.in)), " "); got != c.want {
			t.Errorf("words of %q: %q, want %q", c.in, got, c.want)
		}
	}
}

// The pairs are from the sample vocabulary of Porter's paper and its published output.
func TestStem(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"caresses": "caress", "ponies": "poni", "cats": "cat", "feed": "feed", "plastered": "plaster",
		"bled": "bled", "motoring": "motor", "sing": "sing", "conflated": "conflat", "troubled": "troubl", "sized": "size",
		"hopping": "hop", "falling": "fall", "hissing": "hiss", "fizzed": "fizz", "failing": "fail", "filing": "file",
		"happy": "happi", "sky": "sky", "relational": "relat", "conditional": "condit", "rational": "ration",
		"valenci": "valenc", "digitizer": "digit", "radicalli": "radic", "vietnamization": "vietnam", "operator": "oper",
		"feudalism": "feudal", "decisiveness": "decis", "hopefulness": "hope", "formaliti": "formal", "sensibiliti": "sensibl",
		"triplicate": "triplic", "formative": "form", "electrical": "electr", "goodness": "good", "revival": "reviv",
		"allowance": "allow", "airliner": "airlin", "adjustable": "adjust", "replacement": "replac", "adoption": "adopt",
		"communism": "commun", "effective": "effect", "probate": "probat", "rate": "rate", "cease": "ceas",
		"roll": "roll", "by": "by", "b2b": "b2b", "naïve": "naïve",
	} {
		if got := stem(word); got != want {
			t.Errorf("stem(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestStripJosa(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"환불을": "환불", "카드를": "카드", "서울에서는": "서울", "집으로": "집", "학교로": "학교", "물로": "물", "친구한테": "친구",
		"배송이": "배송", "나이": "나이", "은": "은", "가을": "가을", "오늘은": "오늘", "어제까지": "어제", "abc를": "abc", "iphone이": "iphone", "도": "도",
		"카드와": "카드", "통장과": "통장", "책으로부터": "책",
	} {
		if got := string(stripJosa([]rune(word))); got != want {
			t.Errorf("stripJosa(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestJamoRoundTrip(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"한국어", "값을 abc", "뷁"} {
		jamo := appendJamo(nil, []rune(text))
		if got := string(normalise(string(jamo))); got != text {
			t.Errorf("composed again %q, want %q", got, text)
		}
	}
	if got := appendJamo(nil, []rune("강")); !slices.Equal(got, []rune{0x1100, 0x1161, 0x11BC}) {
		t.Errorf("letters of 강: %U", got)
	}
}

func TestReadsAsCJK(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, language string
		want           bool
	}{
		{"환불 부탁해요", "", true}, {"please refund", "", false}, {"please refund", "ko", false}, {"iPhone 환불", "en", true},
		{"12345", "ko", true}, {"12345", "", false}, {"返金してください", "", true}, {"a very long english sentence 네", "", false},
	} {
		if got := readsAsCJK(normalise(c.text), c.language); got != c.want {
			t.Errorf("readsAsCJK(%q, %q) = %v", c.text, c.language, got)
		}
	}
}

func FuzzFeatures(f *testing.F) {
	for _, seed := range []string{"I can't pay", "카드를 잃어버렸어요", "a 가 b 나", "\xff", "'", strings.Repeat("ab ", 3000), "\u1161\u11a8"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var a, b featureList
		a.collect(read(text, ""))
		b.collect(read(text, ""))
		for g := range a {
			if !slices.Equal(a[g], b[g]) {
				t.Fatalf("group %d differs between two readings", g)
			}
			if len(a[g]) > MaxTextRunes*16 {
				t.Fatalf("group %d has %d features", g, len(a[g]))
			}
		}
	})
}
