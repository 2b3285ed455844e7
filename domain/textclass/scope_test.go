package textclass

import (
	"fmt"
	"testing"
)

// margins gives n outcomes with margins from low to high; of a type, right, unless it is empty.
func margins(label string, n int, low, high float64) []Outcome {
	out := make([]Outcome, n)
	for i := range out {
		out[i] = Outcome{Key: uint64(i), Label: label, Predicted: "a", ScopeMargin: low + (high-low)*float64(i)/float64(n)}
	}
	return out
}

func TestScopeCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name             string
		right, strangers []Outcome
		refused, lost    int
	}{
		{"92 of 100 show 85", margins("a", 1000, 20, 30), margins("", 100, 0, 10), 92, 0},
		{"266 of 300 show 85", margins("a", 1000, 20, 30), margins("", 300, 0, 10), 266, 0},
		{"17 show nothing: all", margins("a", 1000, 20, 30), margins("", 17, 0, 10), 17, 0},
		{"no more than one message in twenty", margins("a", 1000, 0, 30), margins("", 100, 0, 10), 15, 50},
		{"few messages", margins("a", 10, 0, 30), margins("", 20, 0, 10), 0, 0},
		{"none in scope", nil, margins("", 100, 0, 10), 92, 0},
		{"no strangers", margins("a", 10, 1, 30), nil, 0, 0},
	} {
		cut := scopeCut(append(append([]Outcome{}, c.right...), c.strangers...))
		below := func(outcomes []Outcome) (n int) {
			for _, o := range outcomes {
				n += count(o.ScopeMargin < cut)
			}
			return n
		}
		if refused, lost := below(c.strangers), below(c.right); refused != c.refused || lost != c.lost {
			t.Errorf("%s: %d strangers and %d messages refused, want %d and %d", c.name, refused, lost, c.refused, c.lost)
		}
	}
}

// A mistaken type is no reason to keep a message in scope.
func TestScopeCutMindsRightOnesOnly(t *testing.T) {
	t.Parallel()
	wrong := margins("b", 1000, 0, 10)
	outcomes := append(append(margins("a", 100, 20, 30), wrong...), margins("", 100, 0, 10)...)
	if cut := scopeCut(outcomes); cut < 9.1 || cut > 9.2 {
		t.Errorf("cut %v, want that of the 92nd of 100", cut)
	}
}

func TestLargeSetsHoldBackEnoughStrangers(t *testing.T) {
	t.Parallel()
	for all, want := range map[int]int{20: 10, 150: 75, 300: 100, 1400: 200} {
		var examples []Example
		for i := range crossValidateBelow {
			examples = append(examples, Example{Label: fmt.Sprint(i % 20), Text: fmt.Sprintf("message number %d", i)})
		}
		for i := range all {
			examples = append(examples, Example{Text: fmt.Sprintf("stranger number %d", i)})
		}
		runs := splits(examples)
		held := 0
		for _, n := range runs[0].heldBack {
			held += count(examples[n].Label == "")
		}
		if len(runs) != 1 || held != want || len(runs[0].heldBack)+len(runs[0].train) != len(examples) {
			t.Errorf("of %d strangers %d are held back in %d parts, want %d in one", all, held, len(runs), want)
		}
	}
}
