package textclass

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

func TestExp(t *testing.T) {
	set := os.Getenv("EXP")
	if set == "" {
		t.Skip()
	}
	kinds := os.Getenv("KINDS")
	train, dev := readSet(t, set, "train.tsv"), readSet(t, set, "dev.tsv")
	tr := newTraining(train, Options{HeldBack: dev, OutOfScope: readSet(t, set, "oos_train.tsv")})
	start := time.Now()
	m := &Model{labels: tr.labels}
	var texts []Example
	s := trainingSet{classes: tr.classes()}
	for _, n := range tr.runs[0].train {
		texts = append(texts, tr.examples[n])
		s.class = append(s.class, tr.class[n])
	}
	m.words = buildVocabulary(texts, 2)
	s.features = m.words.size()
	nnz, nw, np := 0, 0, 0
	for _, e := range texts {
		in := m.read(e.Text, "")
		nnz += len(in.x.index)
		nw += len(in.words)
		for _, w := range in.words {
			np += len(w)
		}
		s.inputs = append(s.inputs, in)
	}
	fmt.Println(set, "features", s.features, "nnz", nnz/len(texts), "words", nw/len(texts), "pieces", np/len(texts), time.Since(start))
	var devIn []input
	var devClass []int
	for _, n := range tr.runs[0].heldBack {
		devIn = append(devIn, m.read(tr.examples[n].Text, ""))
		devClass = append(devClass, tr.class[n])
	}
	sum := make([][]float32, len(devIn))
	for i := range sum {
		sum[i] = make([]float32, s.classes)
	}
	right := func(rows [][]float32) float64 {
		n := 0
		for i, r := range rows {
			if topClasses(r[:len(tr.labels)], 1)[0] == devClass[i] {
				n++
			}
		}
		return 100 * float64(n) / float64(len(rows))
	}
	cover := func(rows [][]float32) float64 {
		mm := &Model{labels: tr.labels}
		for i, r := range rows {
			res := mm.result(r[:len(tr.labels)])
			mm.outcomes = append(mm.outcomes, Outcome{Label: fmt.Sprint(tr.labels[devClass[i]]), Predicted: res.Label, Confidence: res.Confidence})
		}
		th := mm.threshold(mm.outcomes, .98)
		return 100 * float64(th.Answered) / float64(len(rows))
	}
	k := 0
	for _, kind := range strings.Split(kinds, ",") {
		r := rand.New(rand.NewPCG(7, 8))
		start = time.Now()
		var l learner
		var err error
		switch kind {
		case "svm":
			l, err = trainSVM(context.Background(), s, r, func() {})
		case "mlp":
			e := 0
			step := func() { e++ }
			l, err = trainMLP(context.Background(), s, r, step)
		case "cnn":
			l, err = trainCNN(context.Background(), s, r, func() {})
		}
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		start = time.Now()
		rows := make([][]float32, len(devIn))
		for i, in := range devIn {
			rows[i] = make([]float32, s.classes)
			l.scores(in, rows[i])
		}
		per := time.Since(start) / time.Duration(len(devIn))
		T := fitTemperature(rows, devClass)
		loss := logLoss(rows, devClass, T)
		for i := range rows {
			logSoftmax(rows[i], T)
			axpy(1, rows[i], sum[i])
		}
		k++
		avg := make([][]float32, len(sum))
		for i := range avg {
			avg[i] = append([]float32{}, sum[i]...)
		}
		TB := fitTemperature(avg, devClass)
		bl := logLoss(avg, devClass, TB)
		for i := range avg {
			logSoftmax(avg[i], TB)
		}
		fmt.Printf("%-5s acc %.2f loss %.4f T %.3f cover %.1f train %v infer %v | blend acc %.2f loss %.4f T %.3f cover %.1f\n", kind, right(rows), loss, T, cover(rows), took.Round(time.Millisecond), per, right(avg), bl, TB/float64(k), cover(avg))
	}
}
