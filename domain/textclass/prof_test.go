package textclass

import (
	"context"
	"math/rand/v2"
	"os"
	"testing"
)

func BenchmarkTrain(b *testing.B) {
	examples := readSet(b, "banking77", "train.tsv")[:2000]
	tr := newTraining(examples, Options{})
	m := &Model{labels: tr.labels}
	s := trainingSet{classes: tr.classes()}
	m.words = buildVocabulary(examples, 2)
	s.features = m.words.size()
	for n, e := range examples {
		s.class = append(s.class, tr.class[n])
		s.inputs = append(s.inputs, m.read(e.Text, ""))
	}
	f := methods[map[string]int{"svm": 0, "mlp": 1, "cnn": 2}[os.Getenv("KIND")]].run
	for b.Loop() {
		f(context.Background(), s, rand.New(rand.NewPCG(1, 2)), func() {})
	}
}
