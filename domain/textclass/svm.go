package textclass

import (
	"context"
	"math/rand/v2"
)

// matrix is a dense row-major matrix.
type matrix struct {
	rows, cols int
	data       []float32
}

func newMatrix(rows, cols int) matrix {
	return matrix{rows, cols, make([]float32, rows*cols)}
}

func (m matrix) row(i int) []float32 { return m.data[i*m.cols : (i+1)*m.cols] }

func (m matrix) addRows(x sparse, out []float32) { gather(m, x, out) }

// svm is one linear classifier a class: one-vs-rest, squared hinge loss, L2 penalty, the bias penalised too.
type svm struct {
	weights quantised
	bias    []float32
}

const (
	svmCost      = 0.5  // C: the price of a training error
	svmEpochs    = 40   // at most
	svmTolerance = 0.05 // largest projected gradient left when training stops early
)

// trainSVM solves the dual by coordinate descent (Hsieh et al., ICML 2008, algorithm 1 with L2 loss), all classes side by
// side: they are independent problems over the same examples, so one pass over an example's features serves them all.
func trainSVM(ctx context.Context, set trainingSet, r *rand.Rand, step func()) (learner, error) {
	t := svmTraining{
		weights: newMatrix(set.features, set.classes),
		bias:    make([]float32, set.classes),
		alpha:   newMatrix(len(set.inputs), set.classes),
		score:   make([]float32, set.classes),
	}
	for range svmEpochs {
		worst := float32(0)
		for _, n := range r.Perm(len(set.inputs)) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			worst = max(worst, t.descend(set.inputs[n].x, t.alpha.row(n), set.class[n]))
		}
		step()
		if worst < svmTolerance {
			break
		}
	}
	return &svm{quantise(t.weights), t.bias}, nil
}

type svmTraining struct {
	weights matrix
	bias    []float32
	alpha   matrix
	score   []float32
	active  []int
}

// descend makes one example's coordinates optimal given all others and returns how far the worst was from it.
func (t *svmTraining) descend(x sparse, alpha []float32, class int) float32 {
	const diagonal = 1 / (2 * svmCost)
	copy(t.score, t.bias)
	gather(t.weights, x, t.score)
	curvature := 1 + diagonal + dot(x.value, x.value)
	worst := float32(0)
	t.active = t.active[:0]
	for k, s := range t.score {
		sign := float32(-1)
		if k == class {
			sign = 1
		}
		gradient := sign*s - 1 + diagonal*alpha[k]
		if alpha[k] == 0 && gradient >= 0 {
			t.score[k] = 0
			continue
		}
		worst = max(worst, max(gradient, -gradient))
		after := max(alpha[k]-gradient/curvature, 0)
		t.score[k] = sign * (after - alpha[k])
		alpha[k] = after
		t.active = append(t.active, k)
	}
	t.apply(x)
	return worst
}

// apply moves the weights by score·x; with few active classes only those columns are touched.
func (t *svmTraining) apply(x sparse) {
	for _, k := range t.active {
		t.bias[k] += t.score[k]
	}
	if len(t.active)*8 >= t.weights.cols {
		scatter(t.weights, x, t.score)
		return
	}
	for i, id := range x.index {
		row := t.weights.row(int(id))
		for _, k := range t.active {
			row[k] += x.value[i] * t.score[k]
		}
	}
}

func (s *svm) scores(in input, out []float32) {
	copy(out, s.bias)
	s.weights.addRows(in.x, out)
}
