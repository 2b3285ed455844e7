package textclass

import (
	"math"
	"slices"
)

// Where a model that knows texts which fit no type refuses a message is chosen on purpose, on held-back examples, each scored by a model that had not seen it:
// the cut is the smallest at which the lower 95 % confidence bound of the refused part of such texts reaches refusePromise. The texts are few, and the bound
// rather than the part itself keeps the promise for new ones: 92 of 100 must be refused for 85. What can be shown of too few texts would cost any price, so
// that at most refuseCost of the messages whose type is right are given for it.
const (
	refusePromise = 0.85
	refuseCost    = 0.05
)

// scopeCut is the margin from which on a message is in scope; 0 without held-back texts that fit no type.
func scopeCut(outcomes []Outcome) float64 {
	var strangers, right []float64
	for _, o := range outcomes {
		switch {
		case o.Label == "":
			strangers = append(strangers, o.ScopeMargin)
		case o.Right():
			right = append(right, o.ScopeMargin)
		}
	}
	if len(strangers) == 0 {
		return 0
	}
	slices.Sort(strangers)
	refused := 1
	for refused < len(strangers) && !shown(refused, len(strangers), refusePromise) {
		refused++
	}
	cut := math.Nextafter(strangers[refused-1], math.Inf(1))
	if len(right) > 0 {
		slices.Sort(right)
		cut = min(cut, right[int(refuseCost*float64(len(right)))])
	}
	return cut
}

// scopeShift is by how much out-of-scope texts look likelier to the final model only because it has seen a larger share of
// them than the model judged: the logarithm of the ratio of odds (Saerens, Latinne and Decaestecker, Neural Computation 14, 2002).
func (t *training) scopeShift() float64 {
	odds := func(numbers []int) float64 {
		strangers := 0
		for _, n := range numbers {
			strangers += count(t.class[n] == len(t.labels))
		}
		return float64(strangers) / float64(len(numbers)-strangers)
	}
	before, after := odds(t.runs[0].train), odds(numbers(0, len(t.examples)))
	if before == 0 || after == 0 {
		return 0
	}
	return math.Log(after / before)
}

// shiftScope moves the cut, and the margins it is compared with.
func (m *Model) shiftScope(by float64) {
	m.cut -= by
	outcomes := slices.Clone(m.outcomes)
	for i := range outcomes {
		outcomes[i].ScopeMargin -= by
	}
	m.outcomes = outcomes
}
