package textclass

import (
	"context"
	"math/rand/v2"
)

// mlp is a perceptron with one hidden layer of rectified units over the sparse features.
type mlp struct {
	hidden     quantised // features × units
	hiddenBias []float32
	output     dense // units × classes
}

const (
	mlpUnits         = 192
	mlpRate          = 0.012
	mlpSpread        = 0.02
	mlpInputDropout  = 0.2
	mlpHiddenDropout = 0.5
	mlpSmoothing     = 0.2
)

func trainMLP(ctx context.Context, set trainingSet, r *rand.Rand, step func()) (learner, error) {
	t := mlpTraining{
		chance:       chance{r: r},
		hidden:       newLayer(set.features, mlpUnits, mlpSpread, mlpRate, r),
		output:       newLayer(mlpUnits, set.classes, outputSpread, mlpRate, r),
		units:        make([]float32, mlpUnits),
		unitGradient: make([]float32, mlpUnits),
		scores:       make([]float32, set.classes),
	}
	err := epochsOf(set.passes, []*layer{t.hidden, t.output}, func() error {
		for _, n := range r.Perm(len(set.inputs)) {
			if err := ctx.Err(); err != nil {
				return err
			}
			t.learn(set.inputs[n].x, set.class[n])
		}
		step()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &mlp{quantise(t.hidden.weights), t.hidden.bias, t.output.dense}, nil
}

type mlpTraining struct {
	chance                      chance
	hidden, output              *layer
	kept                        sparse
	units, unitGradient, scores []float32
}

func (t *mlpTraining) learn(x sparse, class int) {
	t.kept.index, t.kept.value = t.kept.index[:0], t.kept.value[:0]
	for i, id := range x.index {
		if !t.chance.of(mlpInputDropout) {
			t.kept.index = append(t.kept.index, id)
			t.kept.value = append(t.kept.value, x.value[i]/(1-mlpInputDropout))
		}
	}
	activate(t.hidden.weights, t.hidden.bias, t.kept, t.units)
	dropout(t.units, mlpHiddenDropout, &t.chance)
	t.output.forward(t.units, t.scores)
	softmaxGradient(t.scores, class, mlpSmoothing)
	t.output.backward(t.units, t.scores, t.unitGradient)
	for i := range t.unitGradient {
		t.unitGradient[i] /= 1 - mlpHiddenDropout
	}
	square := meanSquare(t.unitGradient)
	t.hidden.learnRows(t.kept, t.unitGradient, square)
	t.hidden.learnBias(t.unitGradient, square)
}

// activate writes the hidden units' values.
func activate(weights table, bias []float32, x sparse, units []float32) {
	copy(units, bias)
	weights.addRows(x, units)
	for i, u := range units {
		units[i] = max(u, 0)
	}
}

func (m *mlp) scores(in input, out []float32) {
	units := make([]float32, mlpUnits)
	activate(m.hidden, m.hiddenBias, in.x, units)
	m.output.forward(units, out)
}
