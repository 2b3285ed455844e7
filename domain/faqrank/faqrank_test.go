package faqrank

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strings"
	"sync"
	"testing"
)

func help() *Index {
	x := NewIndex(nil)
	for _, a := range []Article{
		{ID: "refund", Title: "환불은 얼마나 걸리나요?", Text: "결제 수단에 따라 3일에서 7일이 걸립니다.\n카드 결제는 카드사 사정에 따라 늦어질 수 있습니다."},
		{ID: "address", Title: "배송지를 바꾸고 싶어요", Text: "상품이 출발하기 전이면 주문 내역에서 주소를 바꿀 수 있습니다."},
		{ID: "password", Title: "비밀번호를 잊었어요", Text: "로그인 화면의 비밀번호 찾기를 누르세요."},
		{ID: "en-refund", Title: "How long does a refund take?", Text: "Three to seven days, depending on how you paid."},
		{ID: "en-cancel", Title: "Cancelling an order", Text: "Orders can be cancelled until they are shipped."},
	} {
		x.Add(a)
	}
	return x
}

func TestSearchFindsOtherWordings(t *testing.T) {
	t.Parallel()
	x := help()
	for question, want := range map[string]string{
		"환불받는데 며칠이나 걸려요":            "refund",
		"배송지변경":                     "address",
		"비번 말고 비밀번호 잊어버렸는데요":        "password",
		"refunds: when do I get it": "en-refund",
		"can I cancel my orders":    "en-cancel",
		"ＲＥＦＵＮＤ":                    "en-refund",
		"주소 바꿀 수 있나요":               "address",
	} {
		hits := x.Search(question, 3)
		if len(hits) == 0 || hits[0].ID != want || hits[0].Score <= 0 || hits[0].Score > 1 {
			t.Errorf("Search(%q) = %+v, want %s first", question, hits, want)
		}
	}
	for _, question := range []string{"", "!?", "ㅎㅎㅎ", "\xff"} {
		if hits := x.Search(question, 3); len(hits) != 0 {
			t.Errorf("Search(%q) = %+v, want nothing", question, hits)
		}
	}
	if hits := x.Search("환불", 0); len(hits) != 0 {
		t.Errorf("limit 0 gives %v", hits)
	}
}

func TestAddReplacesAndRemoveForgets(t *testing.T) {
	t.Parallel()
	x := help()
	x.Add(Article{ID: "address", Title: "적립금 사용하기"})
	if hits := x.Search("적립금", 1); len(hits) != 1 || hits[0].ID != "address" || math.Abs(hits[0].Score) > 1 {
		t.Errorf("new title: %v", hits)
	}
	if hits := x.Search("배송지", 5); len(hits) != 0 {
		t.Errorf("old title still found: %v", hits)
	}
	x.Remove("address")
	x.Remove("nobody")
	for _, hit := range x.Search("적립금 배송지", 9) {
		if hit.ID == "address" {
			t.Error("removed article found")
		}
	}
	if x.Len() != 4 {
		t.Errorf("%d articles left, want 4", x.Len())
	}
	for _, id := range []string{"refund", "password", "en-refund", "en-cancel"} {
		x.Remove(id)
	}
	if len(x.postings) != 0 || len(x.passages) != len(x.free) || len(x.article) != 0 {
		t.Error("an emptied index keeps something")
	}
}

// An index changed bit by bit must rank as one built at once.
func TestIncrementalIsTheSameAsBuiltAtOnce(t *testing.T) {
	t.Parallel()
	changed, built := NewIndex(nil), NewIndex(nil)
	for i := range 40 {
		a := Article{ID: fmt.Sprint(i), Title: fmt.Sprintf("질문 %d 번 배송 %d 환불", i, i*7%11)}
		changed.Add(a)
		changed.Search("배송", 1)
		if i%3 == 0 {
			changed.Remove(a.ID)
		} else {
			built.Add(a)
		}
	}
	if a, b := fmt.Sprint(changed.Search("7 번 배송", 50)), fmt.Sprint(built.Search("7 번 배송", 50)); a != b {
		t.Errorf("changed gives %s\nbuilt gives %s", a, b)
	}
}

func TestPastQuestionsFindTheirArticle(t *testing.T) {
	t.Parallel()
	x := help()
	const question = "통장에 돈이 안 들어왔어요"
	if hits := x.Search(question, 1); len(hits) == 1 && hits[0].Score > .2 {
		t.Fatalf("the question is too easy for this test: %v", hits)
	}
	x.Add(Article{ID: "refund", Title: "환불은 얼마나 걸리나요?", Questions: []string{"통장에 돈 들어왔나요"}})
	if hits := x.Search(question, 1); len(hits) != 1 || hits[0].ID != "refund" || hits[0].Score < .4 {
		t.Errorf("after learning the question: %v", hits)
	}
}

func TestLongArticlesAreFoundByAnyPart(t *testing.T) {
	t.Parallel()
	x := help()
	text := strings.Repeat("이 문단은 회사 소개입니다. 저희는 고객을 생각합니다. ", 40) + "세금계산서는 매월 말일에 발행됩니다."
	x.Add(Article{ID: "long", Title: "안내", Text: text})
	if hits := x.Search("세금계산서 언제 발행돼요", 1); len(hits) != 1 || hits[0].ID != "long" {
		t.Errorf("hits %v", hits)
	}
	whole := ""
	for _, s := range stretches(text) {
		whole += s
	}
	if whole != text {
		t.Error("stretches lose or double text")
	}
}

// worded gives each noun's article one ending of politeness and its questions the others, so that only the noun tells.
func worded(nouns ...string) []Wording {
	endings := []string{"방법을 알려주시면 감사하겠습니다", "관련해서 어떻게 하면 되나요", "그거 어디서 할 수 있을까요", "때문에 문의드립니다 확인 부탁드려요"}
	var out []Wording
	for i, noun := range nouns {
		for j := range endings {
			out = append(out, Wording{noun, noun + " " + endings[(i+j)%len(endings)]})
		}
	}
	return out
}

func rewordings() []Rewording {
	return Rewordings(worded("환불", "배송", "쿠폰", "적립금", "회원가입", "탈퇴", "영수증", "교환"))
}

func TestLearntWeightsHelpArticlesNeverAskedFor(t *testing.T) {
	t.Parallel()
	test := worded("비밀번호", "주소", "선물", "예약", "사이즈", "매장", "포인트", "결제")
	hit1 := func(past []Wording) float64 {
		e, err := EvaluateFAQ(context.Background(), test, past, 1)
		if err != nil {
			t.Fatal(err)
		}
		return e.Hit1
	}
	before := hit1(nil)
	after := hit1(worded(strings.Fields("환불 배송 쿠폰 적립금 회원가입 탈퇴 영수증 교환 반품 보증 수리 할부 이벤트 알림 문자 앱 등급 혜택 후기 사진 색상 재고 포장 택배")...))
	if after < before+.3 {
		t.Errorf("first hits %.2f before learning, %.2f after; want many more", before, after)
	}
}

func TestLearnEdges(t *testing.T) {
	t.Parallel()
	for _, r := range [][]Rewording{nil, {{"질문", "답"}}, {{"", ""}, {"", ""}}} {
		if w, err := Learn(context.Background(), r, 1); w != nil || err != nil {
			t.Errorf("Learn(%q) = %v, %v; want nothing from fewer than two articles", r, w, err)
		}
	}
	if _, err := Learn(context.Background(), []Rewording{{"", "a"}, {"", "b"}, {"질문", ""}}, 1); err != nil {
		t.Errorf("empty texts: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Learn(ctx, rewordings(), 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want Canceled", err)
	}
}

func TestWeightsSurviveBytes(t *testing.T) {
	t.Parallel()
	w, err := Learn(context.Background(), rewordings(), 1)
	if err != nil {
		t.Fatal(err)
	}
	data, _ := w.MarshalBinary()
	again, _ := Learn(context.Background(), rewordings(), 1)
	if same, _ := again.MarshalBinary(); !bytes.Equal(data, same) {
		t.Error("equal seeds give different weights")
	}
	var back Weights
	if err := back.UnmarshalBinary(data); err != nil || len(back.log) != len(w.log) {
		t.Fatalf("%v, %d of %d weights", err, len(back.log), len(w.log))
	}
	for g, v := range w.log {
		if back.log[g] != v {
			t.Fatalf("gram %x: %v before, %v after", g, v, back.log[g])
		}
	}
	for name, bad := range map[string][]byte{
		"empty": nil, "cut": data[:len(data)-1], "damaged": append([]byte(weightsMagic+"123456781234"), 0, 0, 0, 0),
		"not finite": reseal(append([]byte(weightsMagic+"12345678\x00\x00\xc0\x7f"), 0, 0, 0, 0)),
	} {
		if err := back.UnmarshalBinary(bad); !errors.Is(err, ErrFormat) || len(back.log) != len(w.log) {
			t.Errorf("%s: error %v, want ErrFormat and the weights as they were", name, err)
		}
	}
}

func reseal(data []byte) []byte {
	body := data[: len(data)-4 : len(data)-4]
	return binary.LittleEndian.AppendUint32(body, crc32.ChecksumIEEE(body))
}

func TestReadWordings(t *testing.T) {
	t.Parallel()
	got, err := ReadWordings(strings.NewReader("\ufefff1\t0\t1\t안녕\r\n\nf1\t\t\tone\ttwo\n"))
	if err != nil || fmt.Sprint(got) != "[{f1 안녕} {f1 one\ttwo}]" {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range []string{"f1\t0\ttext", "\t0\t0\ttext", "f1\t0\t0\t ", "f1\t0\t0\t\xff"} {
		if _, err := ReadWordings(strings.NewReader("f1\t0\t0\tok\n" + bad)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: error %v, want ErrFormat naming line 2", bad, err)
		}
	}
	if _, err := EvaluateFAQ(context.Background(), got[:1], nil, 1); !errors.Is(err, ErrFormat) {
		t.Errorf("no question: error %v", err)
	}
}

func TestEvaluateCountsPlaces(t *testing.T) {
	t.Parallel()
	lines := []Wording{{"a", "환불 방법"}, {"a", "환불 방법"}, {"b", "환불 기간"}, {"b", "환불 방법"}, {"c", "zzz"}, {"c", "영수증"}}
	e, err := EvaluateFAQ(context.Background(), lines, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][2]float64{"hit1": {e.Hit1, 1. / 3}, "hit3": {e.Hit3, 2. / 3}, "hit10": {e.Hit10, 2. / 3}} {
		if math.Abs(c[0]-c[1]) > 1e-9 {
			t.Errorf("%s = %v, want %v", name, c[0], c[1])
		}
	}
}

func TestIndexIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	x := help()
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 50 {
				x.Add(Article{ID: fmt.Sprint(n), Title: fmt.Sprintf("배송 %d", i)})
				if len(x.Search("배송", 3)) == 0 {
					t.Error("nothing found")
				}
				x.Remove(fmt.Sprint(n))
			}
		})
	}
	wg.Wait()
}

func FuzzGrams(f *testing.F) {
	for _, s := range []string{"환불 refund's 12", "", "\xff가", strings.Repeat("가a", 5000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		grams := gramsOf(text)
		for i, c := range grams {
			if !(c.weight > 0) || i > 0 && grams[i-1].gram >= c.gram {
				t.Fatalf("gram %d of %q: %+v", i, text, c)
			}
		}
		x := NewIndex(nil)
		x.Add(Article{ID: "a", Title: text, Text: text})
		if hits := x.Search(text, 1); len(grams) > 0 && (len(hits) != 1 || hits[0].Score < .999) {
			t.Fatalf("%q does not find itself: %v", text, hits)
		}
	})
}

func BenchmarkSearch(b *testing.B) {
	x := NewIndex(nil)
	for _, w := range wordings(b)[:2000] {
		x.Add(Article{ID: w.Text, Title: w.Text})
	}
	for b.Loop() {
		x.Search("네이버랑 지메일 중에 어떤 걸 쓸까", 3)
	}
}
