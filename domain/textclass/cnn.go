package textclass

import (
	"context"
	"math/rand/v2"
)

// cnn is a convolution over the words of a message, each word being the sum of what its pieces (stem, character n-grams)
// mean; of every filter only its strongest place counts.
type cnn struct {
	pieces  table // features × dimensions
	filters []filterBank
	output  dense // filters × classes
}

// filterBank has the filters of one width: rows of width·dimensions.
type filterBank struct {
	width   int
	weights matrix
	bias    []float32 // by filter
}

const (
	cnnDimensions   = 64
	cnnEpochs       = 14
	cnnRate         = 0.025
	cnnPieceSpread  = 0.1
	cnnPieceDropout = 0.1
	cnnWordDropout  = 0.1
	cnnDropout      = 0.5
	cnnSmoothing    = 0.1
	cnnMaxWords     = 60
)

var cnnWidths = []struct{ width, filters int }{{1, 64}, {2, 96}, {3, 96}}

// cnnState is one message on its way through the network.
type cnnState struct {
	words    int
	embedded []float32 // (words + padding) × dimensions
	gradient []float32 // of embedded
	pooled   []float32
	place    []int // by filter: the window where it was strongest
	scores   []float32
}

const (
	cnnPadding = 2 // empty words before and after: the widest filter less one
	cnnSpare   = 3 // empty words after those, for windows taken four at a time
)

// embed sums each word's pieces, scaled so that long words are no louder than short ones.
func (c *cnn) embed(s *cnnState, words [][]int32) {
	s.words = len(words)
	size := (cnnPadding + len(words) + cnnPadding + cnnSpare) * cnnDimensions
	if cap(s.embedded) < size {
		s.embedded, s.gradient = make([]float32, size), make([]float32, size)
	}
	s.embedded, s.gradient = s.embedded[:size], s.gradient[:size]
	clear(s.embedded)
	for w, pieces := range words {
		out := s.word(s.embedded, w)
		scale := pieceScale(pieces)
		for _, id := range pieces {
			c.pieces.addRow(int(id), scale, out)
		}
	}
}

func pieceScale(pieces []int32) float32 { return 1 / sqrt(float32(max(1, len(pieces)))) }

func (s *cnnState) word(of []float32, w int) []float32 {
	at := (w + cnnPadding) * cnnDimensions
	return of[at : at+cnnDimensions]
}

// pool runs the filters over all windows and keeps each one's strongest, if above zero.
func (c *cnn) pool(s *cnnState) {
	s.pooled, s.place = s.pooled[:0], s.place[:0]
	for _, bank := range c.filters {
		first := (cnnPadding - bank.width + 1) * cnnDimensions
		windows := s.words + bank.width - 1
		for f := range bank.bias {
			best, place := strongest(bank.weights.row(f), s.embedded[first:], windows)
			s.pooled = append(s.pooled, max(0, best+bank.bias[f]))
			s.place = append(s.place, first+place)
		}
	}
}

// strongest finds the window with the largest inner product with row, among the given number of windows that start one word
// apart. Up to three windows past the last are computed too and ignored: the padding has room for them.
func strongest(row, embedded []float32, windows int) (best float32, place int) {
	var room [cnnMaxWords + cnnPadding + cnnSpare]float32
	out := room[:(windows+3)/4*4]
	dots(row, embedded, cnnDimensions, out)
	best = out[0]
	for w, v := range out[1:windows] {
		if v > best {
			best, place = v, (w+1)*cnnDimensions
		}
	}
	return best, place
}

func trainCNN(ctx context.Context, set trainingSet, r *rand.Rand, step func()) (learner, error) {
	t := newCNNTraining(set, r)
	for range cnnEpochs {
		for _, n := range r.Perm(len(set.inputs)) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if len(set.inputs[n].words) > 0 {
				t.learn(set.inputs[n].words, set.class[n])
			}
		}
		step()
	}
	return &cnn{quantise(t.pieceLayer.weights), t.filters, t.outputLayer.dense}, nil
}

// cnnTraining trains the layers whose weights the embedded network reads.
type cnnTraining struct {
	cnn
	r              *rand.Rand
	pieceLayer     *layer
	filterLayers   []*layer // by bank, their biases unused
	outputLayer    *layer
	state          cnnState
	kept           [][]int32
	pooledGradient []float32
}

func newCNNTraining(set trainingSet, r *rand.Rand) *cnnTraining {
	t := &cnnTraining{r: r, pieceLayer: newLayer(set.features, cnnDimensions, cnnPieceSpread, cnnRate, r)}
	filters := 0
	for _, w := range cnnWidths {
		in := w.width * cnnDimensions
		l := newLayer(w.filters, in, sqrt(1/float32(in)), cnnRate, r)
		t.filterLayers = append(t.filterLayers, l)
		t.filters = append(t.filters, filterBank{w.width, l.weights, make([]float32, w.filters)})
		filters += w.filters
	}
	t.outputLayer = newLayer(filters, set.classes, outputSpread, cnnRate, r)
	t.pieces, t.output = t.pieceLayer.weights, t.outputLayer.dense
	t.pooledGradient = make([]float32, filters)
	t.state.scores = make([]float32, set.classes)
	return t
}

func (t *cnnTraining) learn(words [][]int32, class int) {
	t.drop(words)
	s := &t.state
	t.embed(s, t.kept)
	t.pool(s)
	dropout(s.pooled, cnnDropout, t.r)
	t.output.forward(s.pooled, s.scores)
	softmaxGradient(s.scores, class, cnnSmoothing)
	t.outputLayer.backward(s.pooled, s.scores, t.pooledGradient)
	t.learnFilters()
	t.learnPieces()
}

// drop leaves out whole words and single pieces by chance; a word left out keeps its place.
func (t *cnnTraining) drop(words [][]int32) {
	for len(t.kept) < len(words) {
		t.kept = append(t.kept, nil)
	}
	t.kept = t.kept[:len(words)]
	for w, pieces := range words {
		t.kept[w] = t.kept[w][:0]
		if t.r.Float32() < cnnWordDropout {
			continue
		}
		for _, id := range pieces {
			if t.r.Float32() >= cnnPieceDropout {
				t.kept[w] = append(t.kept[w], id)
			}
		}
	}
}

func (t *cnnTraining) learnFilters() {
	s := &t.state
	clear(s.gradient)
	n := 0
	for b, bank := range t.filters {
		size := bank.width * cnnDimensions
		for f := range bank.bias {
			g := t.pooledGradient[n] / (1 - cnnDropout)
			at := s.place[n]
			n++
			if g == 0 {
				continue
			}
			window := s.embedded[at : at+size]
			axpy(g, bank.weights.row(f), s.gradient[at:at+size])
			l := t.filterLayers[b]
			l.learnRow(f, g, window, meanSquare(window))
			if l.squares[f] > 0 {
				bank.bias[f] -= l.rate * g / sqrt(l.squares[f])
			}
		}
	}
}

func (t *cnnTraining) learnPieces() {
	for w, pieces := range t.kept {
		gradient := t.state.word(t.state.gradient, w)
		square := meanSquare(gradient)
		if square == 0 {
			continue
		}
		scale := pieceScale(pieces)
		for _, id := range pieces {
			t.pieceLayer.learnRow(int(id), scale, gradient, square)
		}
	}
}

func (c *cnn) scores(in input, out []float32) {
	if len(in.words) == 0 {
		copy(out, c.output.bias)
		return
	}
	var s cnnState
	c.embed(&s, in.words)
	c.pool(&s)
	c.output.forward(s.pooled, out)
}
