package textclass

import (
	"context"
	"encoding/gob"
	"os"
	"testing"
)

type Dump struct {
	Labels               []string
	HeldClass, TestClass []int
	Held, Test           [][][]float32 // member, row
}

func TestDump(t *testing.T) {
	set := os.Getenv("DUMP")
	if set == "" {
		t.Skip()
	}
	all := append(readSet(t, set, "train.tsv"), readSet(t, set, "dev.tsv")...)
	var learn, test []Example
	for _, x := range all {
		if feature(textKey(x.Text)).add(77).mixed()%10 < 2 {
			test = append(test, x)
		} else {
			learn = append(learn, x)
		}
	}
	tr := newTraining(learn, Options{OutOfScope: append(readSet(t, set, "oos_train.tsv"), readSet(t, set, "oos_dev.tsv")...)})
	d := Dump{Labels: tr.labels}
	score := func(m *Model, rows *[][][]float32, x Example) {
		if *rows == nil {
			*rows = make([][][]float32, len(m.members))
		}
		in := m.read(x.Text, "")
		for i, mem := range m.members {
			row := make([]float32, tr.classes())
			mem.scores(in, row)
			(*rows)[i] = append((*rows)[i], row)
		}
	}
	runs := crossSplits(tr.examples, 3)
	for _, run := range runs {
		m, err := tr.fit(context.Background(), run.train)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range run.heldBack {
			score(m, &d.Held, tr.examples[n])
			d.HeldClass = append(d.HeldClass, tr.class[n])
		}
	}
	m, _ := tr.fit(context.Background(), numbers(0, len(tr.examples)))
	idx := map[string]int{}
	for i, l := range tr.labels {
		idx[l] = i
	}
	for _, x := range test {
		score(m, &d.Test, x)
		d.TestClass = append(d.TestClass, idx[x.Label])
	}
	f, _ := os.Create("/tmp/dump." + set)
	gob.NewEncoder(f).Encode(d)
	f.Close()
}
