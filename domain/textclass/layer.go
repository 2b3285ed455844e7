package textclass

import (
	"math"
	"math/rand/v2"
	"slices"
)

// dense is a fully connected layer: inputs × outputs.
type dense struct {
	weights matrix
	bias    []float32
}

// layer is a dense layer in training, by Adagrad (Duchi, Hazan and Singer, JMLR 12, 2011) with one accumulator a row instead of
// one a weight, as is usual for embeddings: an update is then a single pass over the row, and rare features still learn fast.
type layer struct {
	dense
	squares     []float32 // by row: sum of mean squared gradients
	biasSquares float32
	rate        float32
	steps       sparse // of one call of learnRows
	active      sparse // of one call of backward
	average     dense  // sum of the states that remember took
	taken       float32
}

// outputSpread is the standard deviation of an output layer's first weights.
const outputSpread = 0.05

func newLayer(rows, cols int, spread, rate float32, r *rand.Rand) *layer {
	l := &layer{dense: dense{newMatrix(rows, cols), make([]float32, cols)}, squares: make([]float32, rows), rate: rate}
	for i := range l.weights.data {
		l.weights.data[i] = spread * float32(r.NormFloat64())
	}
	return l
}

// remember adds the weights as they are to the average that settle puts in their place. Averaging over the later epochs
// (Izmailov et al., UAI 2018) is worth as much as a slow end of the learning rate, for weights of any rarity.
func (l *layer) remember() {
	if l.taken == 0 {
		l.average = dense{newMatrix(l.weights.rows, l.weights.cols), make([]float32, len(l.bias))}
	}
	l.taken++
	axpy(1, l.weights.data, l.average.weights.data)
	axpy(1, l.bias, l.average.bias)
}

func (l *layer) settle() {
	if l.taken == 0 {
		return
	}
	for i, sum := range l.average.weights.data {
		l.weights.data[i] = sum / l.taken
	}
	for i, sum := range l.average.bias {
		l.bias[i] = sum / l.taken
	}
}

// passes is how often a network goes through its examples: more often through few, seldom through very many.
func passes(examples, usual int) int {
	const fewer, few, many = 4, 3000, 20_000
	switch {
	case examples < few:
		return min(usual*few/max(1, examples), 4*usual)
	case examples > many:
		return max(usual*many/examples, fewer)
	}
	return usual
}

// epochsOf runs an epoch after the other, the layers' weights becoming their average over the second half.
func epochsOf(epochs int, layers []*layer, epoch func() error) error {
	for n := range epochs {
		if err := epoch(); err != nil {
			return err
		}
		if n < epochs/2 {
			continue
		}
		for _, l := range layers {
			l.remember()
		}
	}
	for _, l := range layers {
		l.settle()
	}
	return nil
}

// learnRow moves row i against scale·gradient, whose mean square is given for scale 1.
func (l *layer) learnRow(i int, scale float32, gradient []float32, meanSquare float32) {
	l.squares[i] += scale * scale * meanSquare
	if l.squares[i] == 0 {
		return
	}
	axpy(-l.rate*scale/sqrt(l.squares[i]), gradient, l.weights.row(i))
}

// learnRows moves all rows of x, each by its value, as learnRow does one.
func (l *layer) learnRows(x sparse, gradient []float32, meanSquare float32) {
	if meanSquare == 0 {
		return
	}
	l.steps.index, l.steps.value = l.steps.index[:0], l.steps.value[:0]
	for i, id := range x.index {
		v := x.value[i]
		if v == 0 {
			continue
		}
		l.squares[id] += v * v * meanSquare
		l.steps.index = append(l.steps.index, id)
		l.steps.value = append(l.steps.value, -l.rate*v/sqrt(l.squares[id]))
	}
	scatter(l.weights, l.steps, gradient)
}

func (l *layer) learnBias(gradient []float32, meanSquare float32) {
	l.biasSquares += meanSquare
	if l.biasSquares > 0 {
		axpy(-l.rate/sqrt(l.biasSquares), gradient, l.bias)
	}
}

// forward writes the layer's output for a dense input, skipping its zeros.
func (l *dense) forward(in, out []float32) {
	copy(out, l.bias)
	for i, v := range in {
		if v != 0 {
			axpy(v, l.weights.row(i), out)
		}
	}
}

// backward writes the gradient of the inputs that are not zero (0 for the others) and learns from the output's gradient.
func (l *layer) backward(in, gradient, inGradient []float32) {
	var active sparse
	active.index, active.value = l.active.index[:0], l.active.value[:0]
	for i, v := range in {
		inGradient[i] = 0
		if v != 0 {
			inGradient[i] = dot(l.weights.row(i), gradient)
			active.index, active.value = append(active.index, int32(i)), append(active.value, v)
		}
	}
	l.active = active
	square := meanSquare(gradient)
	l.learnRows(active, gradient, square)
	l.learnBias(gradient, square)
}

// softmaxGradient turns scores into the gradient of the cross entropy against the class, with the label smoothed
// (Szegedy et al., CVPR 2016, section 7): a part of it is spread over all classes.
func softmaxGradient(scores []float32, class int, smoothing float32) {
	top := slices.Max(scores)
	sum := float32(0)
	for k, s := range scores {
		scores[k] = float32(exp(s - top))
		sum += scores[k]
	}
	for k, e := range scores {
		scores[k] = e/sum - smoothing/float32(len(scores))
	}
	scores[class] -= 1 - smoothing
}

// chance decides by lot, four times with every number drawn: a training asks it hundreds of millions of times.
type chance struct {
	r    *rand.Rand
	bits uint64
	left int
}

// of is true in a share of all calls, to the nearest 1/65536.
func (c *chance) of(share float32) bool {
	if c.left == 0 {
		c.bits, c.left = c.r.Uint64(), 4
	}
	draw := c.bits & math.MaxUint16
	c.bits >>= 16
	c.left--
	return float32(draw) < share*(math.MaxUint16+1)
}

// dropout zeroes a share of the values and scales the others up, so that their sum stays the same on average.
func dropout(values []float32, share float32, c *chance) {
	for i := range values {
		if c.of(share) {
			values[i] = 0
		} else {
			values[i] /= 1 - share
		}
	}
}

func meanSquare(v []float32) float32 { return dot(v, v) / float32(len(v)) }

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }
