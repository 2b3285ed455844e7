package textclass

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// told gives predictions that all seem right to nine in ten, of which those that the members agree on are right far more often, and one
// type's are often wrong.
func told(n int, r *rand.Rand) []verdict {
	out := make([]verdict, n)
	for i := range out {
		lead, best := 1+3*r.Float64(), i%4
		odds := 1.5*lead - 2
		if best == 3 {
			odds -= 2
		}
		out[i] = verdict{
			key: r.Uint64(), blended: float32(math.Log(.9)), best: best, right: r.Float64() < sigmoid(odds),
			x: []float64{2.3, lead, lead + r.NormFloat64(), lead, 0},
		}
	}
	return out
}

func TestTrustLearnsWhenToBelieve(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	_, confidences := learnTrust(told(6000, r), 4)
	verdicts := told(6000, rand.New(rand.NewPCG(3, 4)))
	share := func(of func(verdict) bool) (confidence, right float64) {
		n := 0.0
		for i, v := range verdicts {
			if of(v) {
				n++
				confidence += confidences[i]
				right += float64(count(v.right))
			}
		}
		return confidence / n, right / n
	}
	for name, of := range map[string]func(verdict) bool{
		"members agree":           func(v verdict) bool { return v.x[1] > 3 && v.best != 3 },
		"members disagree":        func(v verdict) bool { return v.x[1] < 2 && v.best != 3 },
		"a type that is mistaken": func(v verdict) bool { return v.best == 3 },
		"all":                     func(verdict) bool { return true },
	} {
		if said, is := share(of); math.Abs(said-is) > .03 {
			t.Errorf("%s: said to be right %.3f, is %.3f", name, said, is)
		}
	}
	if agree, _ := share(func(v verdict) bool { return v.x[1] > 3 && v.best != 3 }); agree < .93 {
		t.Errorf("agreement is believed %.3f only", agree)
	}
}

func TestTrustOfFewExamplesIsTheBlend(t *testing.T) {
	t.Parallel()
	got, confidences := learnTrust(told(trustFrom-1, rand.New(rand.NewPCG(1, 1))), 4)
	if got.weights != nil || math.Abs(confidences[7]-.9) > 1e-6 {
		t.Errorf("%+v, %v", got, confidences[7])
	}
}

// TestTrustWithoutErrors: nothing wrong is no reason for a confidence that is not a number, or for one of 1.
func TestTrustWithoutErrors(t *testing.T) {
	t.Parallel()
	verdicts := told(500, rand.New(rand.NewPCG(1, 2)))
	for i := range verdicts {
		verdicts[i].right = true
		verdicts[i].blended = 0
	}
	got, confidences := learnTrust(verdicts, 4)
	for _, c := range confidences {
		if !(c > .9 && c < 1) {
			t.Fatalf("%v by %+v", c, got)
		}
	}
}

func TestTrustIsKeptWithTheModel(t *testing.T) {
	t.Parallel()
	m := &Model{labels: []string{"a", "b"}, members: make([]member, 2)}
	m.trust = trust{bias: -.5, weights: []float64{.1, .2, .3, .4, .5, .6, .7, .8, .9, 1, 1.1, 1.2}, record: []float64{2, 3}}
	var w writer
	w.trust(m.trust)
	back := &Model{labels: m.labels, members: m.members}
	r := reader{bytes: w.bytes}
	r.trust(back)
	if r.err != nil || len(r.bytes) > 0 || back.trust.bias != -.5 || back.trust.weights[11] != 1.2 || back.trust.record[1] != 3 {
		t.Errorf("%+v, %v, %d bytes left", back.trust, r.err, len(r.bytes))
	}
	cut := reader{bytes: w.bytes[:len(w.bytes)-1]}
	if cut.trust(back); cut.err == nil {
		t.Error("a trust cut short was read")
	}
}

// Two predictions of which the learners say the same are told apart by what the message is made of.
func TestEvidenceHasWhatTheMessageIsMadeOf(t *testing.T) {
	t.Parallel()
	m := &Model{labels: []string{"a", "b", "c"}, members: make([]member, 1)}
	j := newJudgement(1, 3)
	copy(j.blended, []float32{-3, -.1, -2})
	copy(j.members[0], []float32{-1, -.5, -4})
	copy(j.kin, []float32{.1, .7, .2})
	copy(j.held, []float32{.3, .6, .5})
	j.known, j.words = .75, 6
	x := m.evidence(j, 1, 1.5)
	want := []float64{float64(j.kin[1]), float64(j.kin[2]), float64(j.held[1]), float64(j.held[2]), .75, math.Log(7), 1.5}
	if len(x) != len(m.members)+ownEvidence || !slices.Equal(x[4:], want) {
		t.Errorf("%v, want it to end with %v", x, want)
	}
	if lead := x[2]; math.Abs(lead-.5) > 1e-6 || math.Abs(x[3]-.5) > 1e-6 {
		t.Errorf("%v, want the member's lead over its own second choice, and the least of all", x)
	}
}
