package textclass

import (
	"cmp"
	"math"
	"slices"
)

// Outcome is one held-back example as the model judged it without having seen it.
type Outcome struct {
	// Key names the text (case, spacing and punctuation aside) without containing it.
	Key uint64
	// Label is the true type; empty means that the text fits none.
	Label string
	// Predicted, Confidence and ScopeMargin are as in Result.
	Predicted   string
	Confidence  float64
	ScopeMargin float64
}

// Right tells whether answering by the predicted type would have been right.
func (o Outcome) Right() bool { return o.Label == o.Predicted }

// Threshold is the confidence from which messages are answered without a person.
type Threshold struct {
	// Value is the smallest confidence answered. Above 1 (Never): the promise cannot be shown to hold anywhere.
	Value float64 `json:"value"`
	// HeldBack is how many held-back examples it was computed from, Answered how many of them it answers.
	HeldBack int `json:"heldBack"`
	Answered int `json:"answered"`
	// Precision is the part of the answered that were right; LowerBound its one-sided 95 % lower confidence bound.
	Precision  float64 `json:"precision"`
	LowerBound float64 `json:"lowerBound"`
}

// Never is a threshold no confidence reaches.
const Never = 2.0

// Thresholds keep a promise: of the messages answered, at least the part Promise are answered rightly.
type Thresholds struct {
	Promise float64 `json:"promise"`
	// Global holds over all types together.
	Global Threshold `json:"global"`
	// ByLabel has the types that differ from Global: those for which enough held-back examples show the promise
	// further down, and those shown to break it under Global, which are answered only from where that no longer shows.
	ByLabel map[string]Threshold `json:"byLabel"`
}

// For gives the threshold that rules a type.
func (t Thresholds) For(label string) Threshold {
	if own, ok := t.ByLabel[label]; ok {
		return own
	}
	return t.Global
}

// Answer tells whether a message may be answered without a person: in scope and sure enough for its type.
func (t Thresholds) Answer(r Result) bool {
	return r.InScope && r.Confidence >= t.For(r.Label).Value
}

// Thresholds computes the smallest thresholds at which the lower one-sided 95 % confidence bound of held-back precision
// reaches the promise (0 < promise < 1; 0.98 is "98 of 100 answers are right"). The bound rather than the plain
// precision, because the latter breaks the promise on new messages about every second time. Held-back texts
// that fit no type count as wrong answers unless they are refused.
func (m *Model) Thresholds(promise float64) Thresholds {
	t := Thresholds{Promise: promise, ByLabel: make(map[string]Threshold)}
	byLabel := make(map[string][]Outcome)
	for _, o := range m.outcomes {
		byLabel[o.Predicted] = append(byLabel[o.Predicted], o)
	}
	t.Global = m.threshold(m.outcomes, promise)
	for label, outcomes := range byLabel {
		if own := m.threshold(outcomes, promise); own.Value < t.Global.Value {
			t.ByLabel[label] = own
		} else if raised, breaks := m.raised(outcomes, t.Global.Value, promise); breaks {
			t.ByLabel[label] = raised
		}
	}
	return t
}

// raised gives a threshold above from, if the outcomes sure enough for from are wrong too often for chance to explain: the smallest
// at which chance would, or Never. With many types some look bad by chance, so that the test is as many times stricter
// (Bonferroni).
func (m *Model) raised(outcomes []Outcome, from, promise float64) (t Threshold, breaks bool) {
	t = Threshold{Value: Never, HeldBack: len(outcomes)}
	strict := oneSided95 / float64(len(m.labels))
	answered, right := 0, 0
	sorted := m.surestFirst(outcomes)
	for i, o := range sorted {
		if o.Confidence < from {
			break
		}
		answered++
		right += count(o.Right())
		if i+1 < len(sorted) && sorted[i+1].Confidence == o.Confidence {
			continue
		}
		if breaks = 1-chanceOfAtLeast(right+1, answered, promise) < strict; !breaks {
			t.Value, t.Answered = o.Confidence, answered
			t.Precision, t.LowerBound = float64(right)/float64(answered), LowerBound(right, answered)
		}
	}
	return t, breaks
}

// surestFirst leaves out what is refused as out of scope.
func (m *Model) surestFirst(outcomes []Outcome) []Outcome {
	sorted := slices.DeleteFunc(slices.Clone(outcomes), m.refuses)
	slices.SortStableFunc(sorted, func(a, b Outcome) int { return cmp.Compare(b.Confidence, a.Confidence) })
	return sorted
}

func (m *Model) refuses(o Outcome) bool { return m.outOfScope && o.ScopeMargin < m.cut }

// threshold walks from the surest prediction down and keeps the last place where the bound holds.
func (m *Model) threshold(outcomes []Outcome, promise float64) Threshold {
	sorted := m.surestFirst(outcomes)
	best := Threshold{Value: Never, HeldBack: len(outcomes)}
	answered, right := 0, 0
	for i, o := range sorted {
		answered++
		right += count(o.Right())
		if i+1 < len(sorted) && sorted[i+1].Confidence == o.Confidence {
			continue
		}
		if shown(right, answered, promise) {
			best.Value, best.Answered = o.Confidence, answered
			best.Precision = float64(right) / float64(answered)
		}
	}
	best.LowerBound = LowerBound(int(math.Round(best.Precision*float64(best.Answered))), best.Answered)
	return best
}

const oneSided95 = 0.05

// shown tells whether LowerBound(right, n) reaches the promise, with one sum instead of a search.
func shown(right, n int, promise float64) bool {
	return float64(right) >= promise*float64(n) && chanceOfAtLeast(right, n, promise) <= oneSided95
}

// LowerBound is the one-sided 95 % lower confidence bound of a proportion after right successes in n trials (Clopper and
// Pearson, Biometrika 26, 1934): the p at which that many or more has a chance of one in twenty. 0 if n or right is 0.
func LowerBound(right, n int) float64 {
	if n <= 0 || right <= 0 {
		return 0
	}
	low, high := 0.0, 1.0
	for range 60 {
		p := (low + high) / 2
		if chanceOfAtLeast(right, n, p) < oneSided95 {
			low = p
		} else {
			high = p
		}
	}
	return low
}

// chanceOfAtLeast is P(X ≥ k) for X binomial (n, p), summed on the shorter side in logarithms.
func chanceOfAtLeast(k, n int, p float64) float64 {
	if p <= 0 {
		return 0
	}
	if p >= 1 {
		return 1
	}
	if n-k < k {
		return binomialSum(k, n, n, p)
	}
	return 1 - binomialSum(0, k-1, n, p)
}

// binomialSum adds up P(X = k) for k from … to, from the largest term outwards, each from its neighbour.
func binomialSum(from, to, n int, p float64) float64 {
	if from > to {
		return 0
	}
	peak := max(from, min(to, int(float64(n+1)*p)))
	all, _ := math.Lgamma(float64(n + 1))
	chosen, _ := math.Lgamma(float64(peak + 1))
	rest, _ := math.Lgamma(float64(n - peak + 1))
	top := math.Exp(all - chosen - rest + float64(peak)*math.Log(p) + float64(n-peak)*math.Log1p(-p))
	odds := p / (1 - p)
	sum := top
	for k, term := peak, top; k < to && term > sum*1e-17; k++ {
		term *= odds * float64(n-k) / float64(k+1)
		sum += term
	}
	for k, term := peak, top; k > from && term > sum*1e-17; k-- {
		term *= float64(k) / (odds * float64(n-k+1))
		sum += term
	}
	return sum
}
