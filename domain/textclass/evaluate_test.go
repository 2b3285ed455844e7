package textclass

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestReadExamples(t *testing.T) {
	t.Parallel()
	got, err := ReadExamples(strings.NewReader("\ufeffa\tone two\r\n\n b \t 셋 \tnet\n"))
	want := []Example{{Label: "a", Text: "one two"}, {Label: "b", Text: "셋 \tnet"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	for _, bad := range []string{"no tab", "\ttext", "label\t", "a\t\xff", "a\t" + strings.Repeat("x", maxLineBytes)} {
		if _, err := ReadExamples(strings.NewReader("a\tb\n" + bad + "\n")); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%.20q: error %v, want ErrFormat naming line 2", bad, err)
		}
	}
}

func FuzzReadExamples(f *testing.F) {
	f.Add("a\tb\n")
	f.Add("\ufeff\t\n\xff")
	f.Fuzz(func(t *testing.T, lines string) {
		examples, err := ReadExamples(strings.NewReader(lines))
		if err != nil && !errors.Is(err, ErrFormat) {
			t.Fatalf("error %v", err)
		}
		for _, e := range examples {
			if e.Label == "" || e.Text == "" {
				t.Fatalf("empty part in %q", e)
			}
		}
	})
}

func TestMeasureCountsByHand(t *testing.T) {
	t.Parallel()
	d := DataSet{Test: []Example{{Label: "a"}, {Label: "a"}, {Label: "b"}, {Label: "b"}}}
	results := []Result{
		{Label: "a", Confidence: .99, InScope: true}, {Label: "a", Confidence: .6, InScope: false},
		{Label: "a", Confidence: .97, InScope: true}, {Label: "b", Confidence: .5, InScope: true},
	}
	var e Evaluation
	e.measure(d, nil, results, Thresholds{Global: Threshold{Value: .9}})
	want := Evaluation{Accuracy: .75, MacroF1: (4./5 + 2./3) / 2, Coverage: .5, CoveragePrecision: .5, InScopeAccuracyWithRejection: .5, FalseAnswerRate: .25}
	if math.Abs(e.MacroF1-want.MacroF1) > 1e-12 {
		t.Errorf("macro F1 %v, want %v", e.MacroF1, want.MacroF1)
	}
	e.MacroF1 = want.MacroF1
	if e != want {
		t.Errorf("%+v, want %+v", e, want)
	}
}

func TestEvaluateTrainsAndMeasures(t *testing.T) {
	t.Parallel()
	var d DataSet
	for i, e := range desk() {
		if i%4 == 3 {
			d.Test = append(d.Test, e)
		} else {
			d.Train = append(d.Train, e)
		}
	}
	for i, e := range strangers() {
		if i%3 == 0 {
			d.OOSTest = append(d.OOSTest, e)
		} else {
			d.OOSTrain = append(d.OOSTrain, e)
		}
	}
	e, err := Evaluate(context.Background(), d, .8, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if e.Accuracy < .8 || e.Coverage <= 0 || e.MessagesPerSecond <= 0 || e.TrainSeconds <= 0 || e.InScopeAccuracyWithRejection > e.Accuracy {
		t.Errorf("figures %+v", e)
	}
	for _, precision := range []float64{0, 1, math.NaN()} {
		if _, err := Evaluate(context.Background(), d, precision, Options{}); !errors.Is(err, ErrExamples) {
			t.Errorf("precision %v: error %v", precision, err)
		}
	}
	if _, err := Evaluate(context.Background(), DataSet{Train: d.Train}, .9, Options{}); !errors.Is(err, ErrExamples) {
		t.Errorf("no test part: error %v", err)
	}
}

func TestSplitsKeepTwinsTogetherAndStay(t *testing.T) {
	t.Parallel()
	var examples []Example
	for i := range 12000 {
		examples = append(examples, Example{Label: fmt.Sprint(i % 20), Text: fmt.Sprintf("message number %d", i)})
	}
	heldBack := func(examples []Example) map[string]bool {
		out := make(map[string]bool)
		for _, n := range splits(examples)[0].heldBack {
			out[strings.TrimSuffix(examples[n].Text, "!")] = true
		}
		return out
	}
	before := heldBack(examples)
	if len(before) < 1500 || len(before) > 2000 {
		t.Fatalf("%d of 12000 held back, want about a seventh", len(before))
	}
	for i := range 1000 {
		examples = append(examples, Example{Label: fmt.Sprint(i % 20), Text: fmt.Sprintf("Message number %d!", i*2)})
	}
	s := splits(examples)[0]
	after := heldBack(examples)
	for text := range before {
		if !after[text] {
			t.Errorf("%q was held back and is no more", text)
		}
	}
	for _, n := range s.train {
		if after[strings.ToLower(strings.TrimSuffix(examples[n].Text, "!"))] {
			t.Errorf("twin of a held-back text in training: %q", examples[n].Text)
		}
	}
}

func TestSmallSetsAreCrossValidated(t *testing.T) {
	t.Parallel()
	examples := append(desk(), Example{Label: "refund", Text: "REFUND NEEDED this shirt"}, Example{Label: "single", Text: "one of a kind"})
	seen := make([]int, len(examples))
	for _, s := range splits(examples) {
		keys := make(map[uint64]bool)
		for _, n := range s.train {
			keys[textKey(examples[n].Text)] = true
		}
		for _, n := range s.heldBack {
			seen[n]++
			if keys[textKey(examples[n].Text)] {
				t.Errorf("twin of %q in its own training part", examples[n].Text)
			}
		}
	}
	for n, times := range seen {
		if times != 1 {
			t.Errorf("example %d held back %d times, want once", n, times)
		}
	}
}

func BenchmarkClassify(b *testing.B) {
	m := deskModel()
	for b.Loop() {
		m.Classify("지난주에 주문한 신발이 아직 안 왔어요", "ko")
	}
}
