package textclass

import (
	"math"
	"testing"
)

// Values of the binomial's exact bound, from the closed forms: all right gives 0.05^(1/n), one right 1 − 0.95^(1/n).
func TestLowerBound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		right, n int
		want     float64
	}{
		{0, 10, 0}, {0, 0, 0}, {10, 10, math.Pow(.05, .1)}, {149, 149, math.Pow(.05, 1./149)}, {1, 20, 1 - math.Pow(.95, 1./20)},
		{5, 10, 0.2224411}, {95, 100, math.NaN()}, {840, 850, math.NaN()},
	} {
		got := LowerBound(c.right, c.n)
		if math.IsNaN(c.want) {
			// The bound is where the chance of so many or more is one in twenty.
			if chance := chanceOfAtLeast(c.right, c.n, got); math.Abs(chance-.05) > 1e-6 {
				t.Errorf("LowerBound(%d, %d) = %v has chance %v", c.right, c.n, got, chance)
			}
			continue
		}
		if math.Abs(got-c.want) > 1e-6 {
			t.Errorf("LowerBound(%d, %d) = %v, want %v", c.right, c.n, got, c.want)
		}
	}
}

// outcomes gives n predictions of label from confidence high down to low, every wrongEvery-th of them wrong.
func outcomes(label string, n, wrongEvery int, high, low float64) []Outcome {
	var out []Outcome
	for i := range n {
		o := Outcome{Key: uint64(len(label)*100000 + i), Label: label, Predicted: label, Confidence: high - (high-low)*float64(i)/float64(n)}
		if wrongEvery > 0 && i%wrongEvery == wrongEvery-1 {
			o.Label = "other"
		}
		out = append(out, o)
	}
	return out
}

func TestThresholds(t *testing.T) {
	t.Parallel()
	clean := outcomes("clean", 400, 0, 1, .5)
	noisy := outcomes("noisy", 400, 10, .4, .1)
	m := &Model{labels: []string{"clean", "noisy", "rare"}, outcomes: append(append(clean, noisy...), outcomes("rare", 20, 0, .9, .8)...)}
	limits := m.Thresholds(.98)
	g := limits.Global
	if g.HeldBack != 820 || g.Answered < 420 || g.Answered > 500 || g.LowerBound < .98 || g.Precision < g.LowerBound {
		t.Errorf("global threshold %+v", g)
	}
	for _, c := range []struct {
		label      string
		confidence float64
		want       bool
	}{
		{"clean", .51, true}, {"clean", .01, false}, {"noisy", g.Value, false}, {"noisy", .4, true}, {"rare", .9, true}, {"rare", .01, false}, {"unheard", .99, true},
	} {
		if got := limits.Answer(Result{Label: c.label, Confidence: c.confidence, InScope: true}); got != c.want {
			t.Errorf("answer %s at %v: %v, want %v (%+v)", c.label, c.confidence, got, c.want, limits.For(c.label))
		}
	}
	if limits.Answer(Result{Label: "clean", Confidence: 1, InScope: false}) {
		t.Error("an out-of-scope message must not be answered")
	}
}

func TestTypesThatBreakThePromiseAreRaisedOrSilenced(t *testing.T) {
	t.Parallel()
	m := &Model{labels: []string{"good", "fading", "bad"}, outcomes: outcomes("good", 3000, 0, 1, .5)}
	m.outcomes = append(m.outcomes, outcomes("fading", 100, 0, 1, .9)...)
	m.outcomes = append(m.outcomes, outcomes("fading", 40, 2, .8, .6)...)
	m.outcomes = append(m.outcomes, outcomes("bad", 30, 1, 1, .9)...)
	limits := m.Thresholds(.98)
	if f := limits.For("fading"); f.Value <= limits.Global.Value || f.Value > .9 || f.Answered < 100 {
		t.Errorf("a type that fades: %+v under %+v", f, limits.Global)
	}
	if b := limits.For("bad"); b.Answered > 1 {
		t.Errorf("a type always wrong: %+v", b)
	}
	if g := limits.For("good"); g.Value > limits.Global.Value {
		t.Errorf("a type always right: %+v under %+v", g, limits.Global)
	}
}

func TestThresholdIsNeverWhereNothingCanBeShown(t *testing.T) {
	t.Parallel()
	m := &Model{labels: []string{"a", "b"}, outcomes: outcomes("a", 148, 0, 1, .5)}
	if got := m.Thresholds(.98).Global; got.Value != Never || got.Answered != 0 {
		t.Errorf("148 right answers show no 98 %%: %+v", got)
	}
	m.outcomes = outcomes("a", 149, 0, 1, .5)
	if got := m.Thresholds(.98).Global; got.Answered != 149 {
		t.Errorf("149 right answers do: %+v", got)
	}
}

func TestThresholdTakesTiesWhole(t *testing.T) {
	t.Parallel()
	m := &Model{labels: []string{"a", "b"}, outcomes: outcomes("a", 300, 0, 1, 1)}
	for i := range 200 {
		m.outcomes[i].Label = "b"
	}
	if got := m.Thresholds(.98).Global; got.Value != Never {
		t.Errorf("one confidence for right and wrong alike: %+v", got)
	}
}

func TestShownAgreesWithTheBound(t *testing.T) {
	t.Parallel()
	for n := 1; n < 400; n += 7 {
		for wrong := 0; wrong <= n; wrong += 1 + n/20 {
			for _, promise := range []float64{.5, .9, .98, .999} {
				if got, want := shown(n-wrong, n, promise), LowerBound(n-wrong, n) >= promise; got != want {
					t.Errorf("%d of %d right, promise %v: %v, bound %v", n-wrong, n, promise, got, LowerBound(n-wrong, n))
				}
			}
		}
	}
}

func BenchmarkThresholds(b *testing.B) {
	m := &Model{labels: []string{"a", "b"}, outcomes: outcomes("a", 10_000, 60, 1, 0)}
	for b.Loop() {
		m.Thresholds(.98)
	}
}

func TestOutOfScopeTextsCountAgainstThePromise(t *testing.T) {
	t.Parallel()
	m := &Model{labels: []string{"a", "b"}, outOfScope: true, outcomes: outcomes("a", 300, 0, 1, .5)}
	for i := range m.outcomes {
		m.outcomes[i].ScopeMargin = 1
	}
	for i := range 100 {
		m.outcomes = append(m.outcomes, Outcome{Key: uint64(i), Predicted: "a", Confidence: .4 + .005*float64(i), ScopeMargin: 2})
	}
	if got := m.threshold(m.outcomes, .98); got.Value < .85 {
		t.Errorf("strangers taken for a: %+v", got)
	}
	m.cut = 1
	for i := 300; i < 400; i++ {
		m.outcomes[i].ScopeMargin = 0
	}
	if got := m.threshold(m.outcomes, .98); got.Answered != 300 {
		t.Errorf("strangers refused: %+v", got)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	right := Outcome{Label: "a", Predicted: "a"}
	wrong := Outcome{Label: "a", Predicted: "b"}
	of := func(outcomes ...Outcome) *Model {
		for i := range outcomes {
			outcomes[i].Key = uint64(i)
		}
		return &Model{outcomes: outcomes}
	}
	for name, c := range map[string]struct {
		older, newer *Model
		want         Comparison
	}{
		"equal":  {of(right, wrong), of(right, wrong), Comparison{2, 1, 1, 0, 0, 1, true}},
		"better": {of(right, wrong), of(right, right), Comparison{2, 1, 2, 0, 1, 1, true}},
		"worse":  {of(right, right), of(right, wrong), Comparison{2, 2, 1, 1, 0, .5, false}},
		"swap":   {of(right, wrong), of(wrong, right), Comparison{2, 1, 1, 1, 1, .75, true}},
		"label corrected since": {
			of(right), of(Outcome{Label: "b", Predicted: "b"}), Comparison{1, 0, 1, 0, 1, 1, true},
		},
		"nothing in common": {of(), of(right), Comparison{0, 0, 0, 0, 0, 1, true}},
	} {
		got := Compare(c.older, c.newer)
		if math.Abs(got.ChanceIfEqual-c.want.ChanceIfEqual) < 1e-9 {
			got.ChanceIfEqual = c.want.ChanceIfEqual
		}
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
