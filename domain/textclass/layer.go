package textclass

import (
	"math"
	"math/rand/v2"
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

// learnRow moves row i against scale·gradient, whose mean square is given for scale 1.
func (l *layer) learnRow(i int, scale float32, gradient []float32, meanSquare float32) {
	l.squares[i] += scale * scale * meanSquare
	if l.squares[i] == 0 {
		return
	}
	axpy(-l.rate*scale/sqrt(l.squares[i]), gradient, l.weights.row(i))
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
	square := meanSquare(gradient)
	for i, v := range in {
		inGradient[i] = 0
		if v != 0 {
			inGradient[i] = dot(l.weights.row(i), gradient)
			l.learnRow(i, v, gradient, square)
		}
	}
	l.learnBias(gradient, square)
}

// softmaxGradient turns scores into the gradient of the cross entropy against the class, with the label smoothed
// (Szegedy et al., CVPR 2016, section 7): a part of it is spread over all classes.
func softmaxGradient(scores []float32, class int, smoothing float32) {
	logSoftmax(scores, 1)
	for k, s := range scores {
		scores[k] = float32(math.Exp(float64(s))) - smoothing/float32(len(scores))
	}
	scores[class] -= 1 - smoothing
}

// dropout zeroes a share of the values and scales the others up, so that their sum stays the same on average.
func dropout(values []float32, share float32, r *rand.Rand) {
	for i := range values {
		if r.Float32() < share {
			values[i] = 0
		} else {
			values[i] /= 1 - share
		}
	}
}

func meanSquare(v []float32) float32 { return dot(v, v) / float32(len(v)) }

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }
