package textclass

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Options say how to train. The zero value is good.
type Options struct {
	// Seed makes a training repeatable: equal examples, options and processor give equal models.
	Seed uint64
	// HeldBack are examples to calibrate and judge on; empty means that Train holds some back by itself.
	HeldBack []Example
	// OutOfScope are texts that fit no type (labels are ignored). With them a model can refuse.
	OutOfScope []Example
	// HeldBackOutOfScope are texts that fit no type, to judge on.
	HeldBackOutOfScope []Example
	// NoRefit keeps the held-back examples out of the final model too.
	NoRefit bool
	// LinearOnly trains the linear classifier alone: some ten times faster, one or two points less right.
	LinearOnly bool
	// Progress, if not nil, is told the finished part of the work, 0 to 1, from the training goroutine.
	Progress func(done float64)
}

// Train learns from examples on one core until done or ctx ends. At least two labels with two examples each are needed;
// from five each on the result is of use. Errors: ErrExamples, ctx's.
func Train(ctx context.Context, examples []Example, o Options) (*Model, error) {
	if err := checkExamples(examples, o); err != nil {
		return nil, err
	}
	t := newTraining(examples, o)
	if err := t.judge(ctx); err != nil {
		return nil, err
	}
	return t.finish(ctx)
}

func checkExamples(examples []Example, o Options) error {
	if n := len(examples) + len(o.HeldBack) + len(o.OutOfScope) + len(o.HeldBackOutOfScope); n > MaxExamples {
		return fmt.Errorf("%w: %d examples, at most %d", ErrExamples, n, MaxExamples)
	}
	count := make(map[string]int)
	for n, e := range examples {
		switch {
		case e.Label == "" || len(e.Label) > MaxLabelBytes:
			return fmt.Errorf("%w: example %d: label must have 1 to %d bytes", ErrExamples, n+1, MaxLabelBytes)
		case strings.TrimSpace(e.Text) == "":
			return fmt.Errorf("%w: example %d (%s): text is empty", ErrExamples, n+1, e.Label)
		}
		count[e.Label]++
	}
	if len(count) < 2 || len(count) > MaxLabels {
		return fmt.Errorf("%w: %d types, want 2 to %d", ErrExamples, len(count), MaxLabels)
	}
	for n, e := range o.HeldBack {
		if count[e.Label] == 0 {
			return fmt.Errorf("%w: held-back example %d: type %q has no example to learn from", ErrExamples, n+1, e.Label)
		}
	}
	for label, n := range count {
		if n < 2 {
			return fmt.Errorf("%w: type %q has one example, want two or more", ErrExamples, label)
		}
	}
	return nil
}

// training is one call of Train.
type training struct {
	Options
	labels   []string
	examples []Example // in scope first, then out of scope
	class    []int     // of each example; len(labels) is out of scope
	runs     []split
	usual    int // passes through examples neither few nor very many
	steps    int
	done     int
	model    *Model
}

func newTraining(examples []Example, o Options) *training {
	t := &training{Options: o, labels: distinctLabels(examples)}
	t.add(examples, true)
	t.add(o.OutOfScope, false)
	learnt := len(t.examples)
	if len(o.HeldBack) == 0 {
		t.runs = splits(t.examples)
	} else {
		t.add(o.HeldBack, true)
		if len(o.OutOfScope) > 0 {
			t.add(o.HeldBackOutOfScope, false)
		}
		t.runs = []split{{train: numbers(0, learnt), heldBack: numbers(learnt, len(t.examples))}}
	}
	t.usual = usualPasses
	if len(t.runs) > 1 && len(t.examples) > shortenFrom {
		t.usual = shortenedPasses
	}
	for _, run := range t.runs {
		t.steps += t.epochs(len(run.train))
	}
	t.steps += t.epochs(len(t.examples))
	return t
}

const (
	usualPasses = 14
	// A large set that is cross-validated is trained on six times, and goes through fewer passes each time: on Banking77 and HWU64 they lose nothing. Where
	// one part is held back there is time for all, and sets of many types need them (CLINC150 loses a point).
	shortenedPasses = 10
	shortenFrom     = 5000
)

// add takes examples in with their class; those that fit no type lose their label and have the class after the last.
func (t *training) add(examples []Example, inScope bool) {
	for _, e := range examples {
		class := len(t.labels)
		if inScope {
			class, _ = slices.BinarySearch(t.labels, e.Label)
		} else {
			e.Label = ""
		}
		t.examples = append(t.examples, e)
		t.class = append(t.class, class)
	}
}

func numbers(from, to int) []int {
	out := make([]int, 0, to-from)
	for n := from; n < to; n++ {
		out = append(out, n)
	}
	return out
}

func distinctLabels(examples []Example) []string {
	var labels []string
	for _, e := range examples {
		labels = append(labels, e.Label)
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}

func (t *training) classes() int {
	if len(t.OutOfScope) > 0 {
		return len(t.labels) + 1
	}
	return len(t.labels)
}

// epochs is the greatest number of epochs of one fit.
func (t *training) epochs(examples int) int {
	n := 0
	for _, m := range t.learners() {
		n += m.epochs(examples, t.usual)
	}
	return n
}

func (t *training) step(n int) {
	t.done += n
	if t.Progress != nil {
		t.Progress(min(1, float64(t.done)/float64(t.steps)))
	}
}

// trainingSet is what a learner learns from.
type trainingSet struct {
	inputs   []input
	class    []int
	classes  int
	features int
	words    *vocabulary
	passes   int // of a network through inputs
}

// fit trains a model without calibration on some of the examples.
func (t *training) fit(ctx context.Context, numbers []int) (*Model, error) {
	texts := make([]Example, len(numbers))
	set := trainingSet{classes: t.classes(), passes: passes(len(numbers), t.usual)}
	for i, n := range numbers {
		texts[i] = t.examples[n]
		set.class = append(set.class, t.class[n])
	}
	minTexts := 2
	if len(texts) < 500 {
		minTexts = 1
	}
	m := &Model{labels: t.labels, outOfScope: len(t.OutOfScope) > 0, blend: 1}
	m.words = buildVocabulary(texts, minTexts, maxTableBytes/(2*t.classes()+mlpUnits+len(cnnShapes)*cnnDimensions))
	set.features, set.words = m.words.size(), m.words
	for _, e := range texts {
		set.inputs = append(set.inputs, m.read(e.Text, e.Language))
	}
	m.kin = newKinship(set)
	for i, train := range t.learners() {
		r := rand.New(rand.NewPCG(t.Seed, uint64(i)))
		l, err := train.run(ctx, set, r, func() { t.step(1) })
		if err != nil {
			return nil, err
		}
		m.members = append(m.members, member{l, 1})
	}
	return m, nil
}

// method is a way to learn, with its greatest number of epochs for so many examples and usual passes.
type method struct {
	epochs func(examples, usual int) int
	run    func(context.Context, trainingSet, *rand.Rand, func()) (learner, error)
}

var methods = []method{
	{func(int, int) int { return svmEpochs }, trainSVM},
	{passes, trainMLP},
	{passes, cnnTrainer(0)},
	{passes, cnnTrainer(1)},
}

func (t *training) learners() []method {
	if t.LinearOnly {
		return methods[:1]
	}
	return methods
}

// judge trains on each split, then fits temperatures and cut on what was held back and notes the outcomes.
func (t *training) judge(ctx context.Context) error {
	var judged []int
	var judgements []*judgement // of held-back examples, with scores in place of probabilities
	for _, run := range t.runs {
		m, err := t.fit(ctx, run.train)
		if err != nil {
			return err
		}
		t.model = m
		for _, n := range run.heldBack {
			j := newJudgement(len(m.members), t.classes())
			in := m.read(t.examples[n].Text, t.examples[n].Language)
			for i, member := range m.members {
				member.scores(in, j.members[i])
			}
			m.survey(in, j, numbers(0, t.classes())...)
			judgements = append(judgements, j)
		}
		judged = append(judged, run.heldBack...)
	}
	t.calibrate(judged, judgements)
	return nil
}

// calibrate leaves in t.model what finish carries over to the final model.
func (t *training) calibrate(judged []int, judgements []*judgement) {
	class := make([]int, len(judged))
	for i, n := range judged {
		class[i] = t.class[n]
	}
	rows := make([][]float32, len(judged))
	for i := range t.model.members {
		for n, j := range judgements {
			rows[n] = j.members[i]
		}
		t.model.members[i].temperature = fitTemperature(rows, class)
	}
	t.model.blend = 1
	for n, j := range judgements {
		t.model.weigh(j)
		rows[n] = j.blended
	}
	t.model.blend = fitTemperature(rows, class)
	for _, row := range rows {
		logSoftmax(row, t.model.blend)
	}
	t.model.outcomes = t.outcomes(judged, judgements)
	t.model.cut = scopeCut(t.model.outcomes)
	slices.SortStableFunc(t.model.outcomes, func(a, b Outcome) int { return cmp.Compare(a.Key, b.Key) })
}

// outcomes notes what was predicted for each held-back example, learns when to trust that, and notes each confidence as if without the example.
func (t *training) outcomes(judged []int, judgements []*judgement) []Outcome {
	out := make([]Outcome, len(judged))
	verdicts := make([]verdict, len(judged))
	for i, j := range judgements {
		r, class := t.model.result(j), t.class[judged[i]]
		o := Outcome{Key: textKey(t.examples[judged[i]].Text), Predicted: r.Label, ScopeMargin: r.ScopeMargin}
		if class < len(t.labels) {
			o.Label = t.labels[class]
		}
		best, _ := slices.BinarySearch(t.labels, r.Label)
		out[i] = o
		verdicts[i] = verdict{o.Key, j.blended[best], best, o.Right(), t.model.evidence(j, best, 0)}
	}
	var confidences []float64
	t.model.trust, confidences = learnTrust(verdicts, len(t.labels))
	for i, c := range confidences {
		out[i].Confidence = c
	}
	return out
}

// finish trains the model to be used, on everything unless told otherwise.
func (t *training) finish(ctx context.Context) (*Model, error) {
	if t.NoRefit && len(t.runs) == 1 {
		t.step(t.steps - t.done)
		return t.model, nil
	}
	m, err := t.fit(ctx, numbers(0, len(t.examples)))
	if err != nil {
		return nil, err
	}
	for i := range m.members {
		m.members[i].temperature = t.model.members[i].temperature
	}
	m.blend, m.trust, m.cut, m.outcomes = t.model.blend, t.model.trust, t.model.cut, t.model.outcomes
	m.shiftScope(t.scopeShift())
	t.step(t.steps - t.done)
	return m, nil
}

func exp(x float32) float64 { return math.Exp(float64(x)) }
