package textclass

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// Classifying adds projections of words up; training takes inner products of windows. Both must say the same, but for the
// rounding of the table of pieces.
func TestProjectionsGiveWhatWasTrained(t *testing.T) {
	t.Parallel()
	examples := desk()
	tr := newTraining(examples, Options{})
	set := trainingSet{classes: len(tr.labels), class: tr.class, words: buildVocabulary(examples, 1, maxFeatures)}
	set.features = set.words.size()
	for _, e := range examples {
		set.inputs = append(set.inputs, (&Model{words: set.words}).read(e.Text, e.Language))
	}
	training := newCNNTraining(set, cnnShapes[0], rand.New(rand.NewPCG(1, 2)))
	frozen := &cnn{vocabulary: set.words, pieces: quantise(training.pieceLayer.weights), filters: training.filters, output: training.outputLayer.dense}
	for n, in := range set.inputs {
		training.kept = training.kept[:0]
		for _, word := range in.words {
			training.kept = append(training.kept, set.words.pieces(word, in.cjk).weigh(sparse{}))
		}
		training.embed()
		training.pool()
		want, got := make([]float32, set.classes), make([]float32, set.classes)
		training.outputLayer.forward(training.pooled, want)
		frozen.scores(in, got)
		for k := range want {
			if math.Abs(float64(want[k]-got[k])) > .02 {
				t.Fatalf("%q, class %d: %v while training, %v frozen", examples[n].Text, k, want[k], got[k])
			}
		}
	}
}

func TestKnownWordsAreBounded(t *testing.T) {
	t.Parallel()
	m := deskModel()
	c := m.members[2].learner.(*cnn)
	for i := range maxProjected + 500 {
		m.Classify(fmt.Sprintf("junk%d", i), "")
	}
	if n := len(c.projected.rows); n > maxProjected {
		t.Errorf("%d words kept, at most %d", n, maxProjected)
	}
	a, b := m.Classify("another unheard-of word", ""), m.Classify("another unheard-of word", "")
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Error("a word not kept is judged differently the second time")
	}
}

func TestConvolutionLearnsOrder(t *testing.T) {
	t.Parallel()
	// Which words are there says nothing, and their order all.
	var examples []Example
	for i := range 60 {
		filler := fmt.Sprintf("w%d", i)
		examples = append(examples, Example{Label: "first", Text: "alpha beta " + filler}, Example{Label: "second", Text: "beta alpha " + filler})
	}
	tr := newTraining(examples, Options{})
	m, err := tr.fit(context.Background(), numbers(0, len(examples)))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{"alpha beta zulu": 0, "zulu beta alpha": 1} {
		out := make([]float32, 2)
		m.members[2].scores(m.read(text, ""), out)
		if (out[1] > out[0]) != (want == 1) {
			t.Errorf("%q: scores %v, want class %d", text, out, want)
		}
	}
}
