package textclass

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// DataSet is a labelled set in its usual parts; Dev and the out-of-scope parts may be empty.
type DataSet struct {
	Train, Dev, Test          []Example
	OOSTrain, OOSDev, OOSTest []Example
}

// Evaluation holds the figures of one data set. Shares are 0 to 1.
type Evaluation struct {
	// Accuracy is the share of test messages whose likeliest type is right, nothing refused.
	Accuracy float64 `json:"accuracy"`
	// MacroF1 is the mean over the types of the harmonic mean of precision and recall.
	MacroF1 float64 `json:"macroF1"`
	// Coverage is the share of test messages answered at the threshold of the promise, CoveragePrecision the share of
	// those answered rightly (1 if none is answered).
	Coverage          float64 `json:"coverage"`
	CoveragePrecision float64 `json:"coveragePrecision"`
	// OOSRecall is the share of out-of-scope test texts refused; 0 without such texts.
	OOSRecall float64 `json:"oosRecall"`
	// InScopeAccuracyWithRejection is the share of test messages neither refused nor given a wrong type.
	InScopeAccuracyWithRejection float64 `json:"inScopeAccuracyWithRejection"`
	// FalseAnswerRate is the share of all test texts, in scope and out of it, that would get a wrong answer.
	FalseAnswerRate float64 `json:"falseAnswerRate"`
	// MessagesPerSecond is measured on one core over the test messages.
	MessagesPerSecond float64 `json:"messagesPerSecond"`
	TrainSeconds      float64 `json:"trainSeconds"`
}

// Evaluate trains on the learning parts and measures on the test parts with thresholds that promise precision
// (0 < precision < 1). The development part is what thresholds are computed from in a large set; in one small enough to be
// cross-validated it joins the training part, since ten thousand predictions bound a precision closer than one thousand. Errors: ErrExamples, ctx's.
func Evaluate(ctx context.Context, d DataSet, precision float64, o Options) (*Evaluation, error) {
	if len(d.Test) == 0 {
		return nil, fmt.Errorf("%w: the test part is empty", ErrExamples)
	}
	if !(precision > 0 && precision < 1) {
		return nil, fmt.Errorf("%w: precision must be between 0 and 1", ErrExamples)
	}
	learn := d.Train
	o.OutOfScope = d.OOSTrain
	if len(d.Train)+len(d.Dev) < crossValidateBelow {
		learn, o.OutOfScope = slices.Concat(d.Train, d.Dev), slices.Concat(d.OOSTrain, d.OOSDev)
	} else {
		o.HeldBack, o.HeldBackOutOfScope = d.Dev, d.OOSDev
	}
	started := time.Now()
	m, err := Train(ctx, learn, o)
	if err != nil {
		return nil, err
	}
	e := &Evaluation{TrainSeconds: time.Since(started).Seconds()}
	started = time.Now()
	results := make([]Result, len(d.Test))
	for i, x := range d.Test {
		results[i] = m.Classify(x.Text, x.Language)
	}
	e.MessagesPerSecond = float64(len(d.Test)) / time.Since(started).Seconds()
	e.measure(d, m, results, m.Thresholds(precision))
	return e, nil
}

func (e *Evaluation) measure(d DataSet, m *Model, results []Result, limits Thresholds) {
	var right, kept, answered, answeredRightly, falseAnswers, refused int
	for i, r := range results {
		ok := r.Label == d.Test[i].Label
		right += count(ok)
		kept += count(ok && r.InScope)
		if limits.Answer(r) {
			answered++
			answeredRightly += count(ok)
		}
	}
	falseAnswers = answered - answeredRightly
	for _, x := range d.OOSTest {
		r := m.Classify(x.Text, x.Language)
		refused += count(!r.InScope)
		falseAnswers += count(limits.Answer(r))
	}
	all := float64(len(results))
	e.Accuracy, e.MacroF1 = float64(right)/all, macroF1(d.Test, results)
	e.InScopeAccuracyWithRejection = float64(kept) / all
	e.Coverage, e.CoveragePrecision = float64(answered)/all, 1
	if answered > 0 {
		e.CoveragePrecision = float64(answeredRightly) / float64(answered)
	}
	if len(d.OOSTest) > 0 {
		e.OOSRecall = float64(refused) / float64(len(d.OOSTest))
	}
	e.FalseAnswerRate = float64(falseAnswers) / (all + float64(len(d.OOSTest)))
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// macroF1 is over the types that occur in the test part or were predicted for it.
func macroF1(test []Example, results []Result) float64 {
	type tally struct{ both, truth, predicted int }
	tallies := make(map[string]*tally)
	of := func(label string) *tally {
		if tallies[label] == nil {
			tallies[label] = &tally{}
		}
		return tallies[label]
	}
	for i, r := range results {
		of(test[i].Label).truth++
		of(r.Label).predicted++
		of(r.Label).both += count(r.Label == test[i].Label)
	}
	sum := 0.0
	for _, t := range tallies {
		sum += 2 * float64(t.both) / float64(t.truth+t.predicted)
	}
	return sum / float64(len(tallies))
}
