package textclass

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

// desk is a small service desk: four types in two languages, built from parts so that no wording comes twice.
func desk() []Example {
	parts := []struct {
		label, language string
		subjects, asks  []string
	}{
		{"refund", "ko", []string{"어제 산 신발", "지난주 주문한 책", "배송받은 셔츠", "이 상품", "받은 가방"}, []string{"환불해 주세요", "환불은 어떻게 하나요", "환불 신청합니다", "돈을 돌려받고 싶어요"}},
		{"delivery", "ko", []string{"어제 산 신발", "지난주 주문한 책", "주문한 셔츠", "이 상품", "제 가방"}, []string{"배송이 언제 오나요", "배송 조회 부탁해요", "택배가 아직 안 왔어요", "언제 도착하나요"}},
		{"refund", "en", []string{"the shoes I bought", "my order from last week", "this shirt", "that bag"}, []string{"I want a refund for", "please refund", "can I get my money back for", "refund needed:"}},
		{"password", "en", []string{"my account", "the app", "the web site", "your service"}, []string{"I forgot the password of", "cannot log in to", "please reset my password for", "login fails on"}},
	}
	var out []Example
	for _, p := range parts {
		for _, s := range p.subjects {
			for _, a := range p.asks {
				text := s + " " + a
				if p.language == "en" {
					text = a + " " + s
				}
				out = append(out, Example{p.label, text, p.language})
			}
		}
	}
	return out
}

func strangers() []Example {
	var out []Example
	for _, text := range []string{
		"오늘 날씨가 참 좋네요", "점심에 뭐 먹을까", "축구 경기 결과 알려줘", "노래 하나 틀어줘", "내일 비가 올까요", "영화 추천 좀",
		"what a lovely day", "who won the football match", "play some music", "tell me a joke", "how tall is the eiffel tower", "what is two plus two",
	} {
		out = append(out, Example{Text: text})
	}
	return out
}

func train(t testing.TB, examples []Example, o Options) *Model {
	t.Helper()
	m, err := Train(context.Background(), examples, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var deskModel = sync.OnceValue(func() *Model {
	m, err := Train(context.Background(), desk(), Options{OutOfScope: strangers()})
	if err != nil {
		panic(err)
	}
	return m
})

func TestClassifyUnseenWordings(t *testing.T) {
	t.Parallel()
	m := deskModel()
	for _, c := range []struct{ text, want string }{
		{"모자를 환불하고 싶어요", "refund"}, {"택배 언제 와요", "delivery"}, {"REFUND my hat!!", "refund"}, {"i've forgotten my password", "password"},
	} {
		r := m.Classify(c.text, "")
		if r.Label != c.want || r.Confidence <= 0.3 || r.Confidence > 1 || !r.InScope {
			t.Errorf("Classify(%q) = %+v, want %s in scope", c.text, r, c.want)
		}
		if len(r.Alternatives) != 3 || r.Alternatives[0].Label != r.Label {
			t.Errorf("alternatives of %q: %+v", c.text, r.Alternatives)
		}
	}
	for _, text := range []string{"오늘 비가 오네요 노래 틀어줘", "who plays football today"} {
		if r := m.Classify(text, ""); r.InScope {
			t.Errorf("Classify(%q) = %+v, want out of scope", text, r)
		}
	}
}

func TestClassifyNeverFailsOnOddTexts(t *testing.T) {
	t.Parallel()
	m := deskModel()
	for _, text := range []string{"", " ", "!!!", "\xff\xfe", strings.Repeat("환불 refund ", 20000), "٣٤٥", "zzzz qqqq"} {
		r := m.Classify(text, "xx")
		if r.Label == "" || math.IsNaN(r.Confidence) || r.Confidence < 0 || r.Confidence > 1 {
			t.Errorf("Classify(%.20q) = %+v", text, r)
		}
	}
}

func TestClassifyFromManyGoroutines(t *testing.T) {
	t.Parallel()
	m := deskModel()
	want := make([]string, 0, 50)
	for _, e := range desk()[:50] {
		want = append(want, fmt.Sprint(m.Classify(e.Text, "")))
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i, e := range desk()[:50] {
				if got := fmt.Sprint(m.Classify(e.Text, "")); got != want[i] {
					t.Errorf("%q: %s, alone %s", e.Text, got, want[i])
				}
			}
		})
	}
	wg.Wait()
}

// A final model that has seen twice the share of out-of-scope texts than the one judged refuses no more for that alone.
func TestScopeCutFollowsTheShareOfStrangers(t *testing.T) {
	t.Parallel()
	examples, odd := desk(), strangers()
	held := Options{OutOfScope: odd[:6], HeldBack: examples[:40], HeldBackOutOfScope: odd[6:], LinearOnly: true}
	final := train(t, examples[20:], held)
	held.NoRefit = true
	judged := train(t, examples[20:], held)
	want := math.Log(12. / 92 / (6. / 52))
	if got := judged.cut - final.cut; math.Abs(got-want) > 1e-9 {
		t.Errorf("the cut moved by %v, want %v", got, want)
	}
	for i, o := range judged.HeldBack() {
		if judged.refuses(o) != final.refuses(final.HeldBack()[i]) {
			t.Errorf("outcome %d is judged differently", i)
		}
	}
}

func TestTwoTypesOfFiveExamples(t *testing.T) {
	t.Parallel()
	examples := []Example{
		{Label: "refund", Text: "환불해 주세요"}, {Label: "refund", Text: "환불 받고 싶어요"}, {Label: "refund", Text: "결제 취소하고 환불 부탁드려요"},
		{Label: "refund", Text: "환불은 언제 되나요"}, {Label: "refund", Text: "돈을 환불해 주실 수 있나요"},
		{Label: "delivery", Text: "배송 언제 오나요"}, {Label: "delivery", Text: "배송 조회해 주세요"}, {Label: "delivery", Text: "아직 배송이 안 왔어요"},
		{Label: "delivery", Text: "배송지 변경하고 싶어요"}, {Label: "delivery", Text: "배송이 늦어요"},
	}
	m := train(t, examples, Options{})
	for text, want := range map[string]string{"환불 부탁해요": "refund", "배송은 언제쯤 될까요": "delivery"} {
		if r := m.Classify(text, "ko"); r.Label != want {
			t.Errorf("Classify(%q) = %+v, want %s", text, r, want)
		}
	}
	if got := len(m.HeldBack()); got != len(examples) {
		t.Errorf("%d held-back outcomes, want one for each of %d examples", got, len(examples))
	}
}

func TestTrainRefusesBadExamples(t *testing.T) {
	t.Parallel()
	ok := []Example{{Label: "a", Text: "x y"}, {Label: "a", Text: "x z"}, {Label: "b", Text: "q r"}, {Label: "b", Text: "q s"}}
	for name, c := range map[string]struct {
		examples []Example
		o        Options
	}{
		"nothing":          {},
		"one type":         {examples: ok[:2]},
		"single example":   {examples: ok[:3]},
		"no label":         {examples: append([]Example{{Text: "x"}}, ok...)},
		"no text":          {examples: append([]Example{{Label: "a", Text: " "}}, ok...)},
		"long label":       {examples: append([]Example{{Label: strings.Repeat("l", 201), Text: "x"}}, ok...)},
		"unknown held one": {examples: ok, o: Options{HeldBack: []Example{{Label: "c", Text: "x"}}}},
	} {
		if _, err := Train(context.Background(), c.examples, c.o); !errors.Is(err, ErrExamples) {
			t.Errorf("%s: error %v, want ErrExamples", name, err)
		}
	}
	if _, err := Train(context.Background(), ok, Options{}); err != nil {
		t.Errorf("the smallest set: %v", err)
	}
}

func TestTrainStopsWithContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	_, err := Train(ctx, desk(), Options{Progress: func(float64) {
		if calls++; calls == 3 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || calls > 4 {
		t.Errorf("error %v after %d steps, want a prompt Canceled", err, calls)
	}
}

func TestTrainIsRepeatableAndTellsProgress(t *testing.T) {
	t.Parallel()
	last := 0.0
	few := desk()[14:26]
	first, err := train(t, few, Options{Seed: 5, Progress: func(done float64) {
		if done < last || done > 1 {
			t.Errorf("progress %v after %v", done, last)
		}
		last = done
	}}).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	second, _ := train(t, few, Options{Seed: 5}).MarshalBinary()
	other, _ := train(t, few, Options{Seed: 6}).MarshalBinary()
	if !bytes.Equal(first, second) || bytes.Equal(first, other) {
		t.Error("equal seeds must give equal models and other seeds others")
	}
	if last != 1 {
		t.Errorf("progress ends at %v, want 1", last)
	}
}

func TestModelSurvivesBytes(t *testing.T) {
	t.Parallel()
	m := deskModel()
	data, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var back Model
	if err := back.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	for _, e := range append(desk(), strangers()...) {
		if a, b := fmt.Sprint(m.Classify(e.Text, "")), fmt.Sprint(back.Classify(e.Text, "")); a != b {
			t.Fatalf("%q: %s before, %s after", e.Text, a, b)
		}
	}
	if a, b := fmt.Sprint(m.Thresholds(.7)), fmt.Sprint(back.Thresholds(.7)); a != b {
		t.Errorf("thresholds %s before, %s after", a, b)
	}
}

// reseal gives damaged bytes a right checksum, so that the checks behind it are reached.
func reseal(data []byte) []byte {
	if len(data) < 4 {
		return data
	}
	return binary.LittleEndian.AppendUint32(data[:len(data)-4:len(data)-4], crc32.ChecksumIEEE(data[:len(data)-4]))
}

func TestUnmarshalRefusesHostileBytes(t *testing.T) {
	t.Parallel()
	data, err := train(t, desk(), Options{LinearOnly: true}).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	change := func(at int, b byte) []byte {
		out := bytes.Clone(data)
		out[at] ^= b
		return out
	}
	for name, bad := range map[string][]byte{
		"empty":           nil,
		"other magic":     change(0, 1),
		"other version":   change(len(modelMagic), 1),
		"damaged":         change(len(data)/2, 1),
		"too many labels": reseal(change(len(modelMagic)+3, 0xff)),
		"label count":     reseal(change(len(modelMagic)+1, 0x01)),
		"cut":             reseal(bytes.Clone(data[:len(data)/2])),
		"longer":          reseal(append(bytes.Clone(data), 0, 0, 0, 0)),
	} {
		m := Model{labels: []string{"kept"}}
		if err := m.UnmarshalBinary(bad); !errors.Is(err, ErrFormat) || len(m.labels) != 1 {
			t.Errorf("%s: error %v, labels %v, want ErrFormat and the model as it was", name, err, m.labels)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	small := []Example{{Label: "a", Text: "환불"}, {Label: "a", Text: "반품"}, {Label: "b", Text: "배송"}, {Label: "b", Text: "택배"}}
	data, err := train(f, small, Options{LinearOnly: true}).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data[len(modelMagic)+1:])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		var m Model
		whole := append(append([]byte(modelMagic), ModelVersion), body...)
		if err := m.UnmarshalBinary(reseal(append(whole, 0, 0, 0, 0))); err == nil {
			m.Classify("환불 refund", "")
			m.Thresholds(.9)
		}
	})
}
