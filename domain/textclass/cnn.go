package textclass

import (
	"context"
	"math/rand/v2"
	"slices"
)

// cnn is a convolution over the words of a message, each word being the sum of what it and its pieces (character n-grams)
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
	cnnRate         = 0.03
	cnnPieceSpread  = 0.1
	cnnPieceDropout = 0.1
	cnnWordDropout  = 0.1
	cnnDropout      = 0.5
	cnnSmoothing    = 0.1
	cnnMaxWords     = 60
	cnnWordWeight   = 1.5 // of the whole word beside its pieces, whose sum has about weight 1
)

var cnnWidths = []struct{ width, filters int }{{1, 64}, {2, 96}, {3, 96}}

// cnnState is one message on its way through the network.
type cnnState struct {
	words    int
	embedded []float32 // (words + padding) × dimensions
	gradient []float32 // of embedded
	windows  []float32 // one filter's strength at each place
	pooled   []float32
	place    []int // by filter: the window where it was strongest
	scores   []float32
}

const (
	cnnPadding = 2 // empty words before and after: the widest filter less one
	cnnSpare   = 3 // empty words after those, for windows taken four at a time
)

// embed sums each word's pieces, scaled so that long words are no louder than short ones.
func (c *cnn) embed(s *cnnState, words []wordPieces) {
	s.words = len(words)
	size := (cnnPadding + len(words) + cnnPadding + cnnSpare) * cnnDimensions
	if cap(s.embedded) < size {
		s.embedded, s.gradient = make([]float32, size), make([]float32, size)
	}
	s.embedded, s.gradient = s.embedded[:size], s.gradient[:size]
	clear(s.embedded)
	for w, word := range words {
		out := s.word(s.embedded, w)
		if word.whole >= 0 {
			c.pieces.addRow(int(word.whole), cnnWordWeight, out)
		}
		scale := pieceScale(word.grams)
		for _, id := range word.grams {
			c.pieces.addRow(int(id), scale, out)
		}
	}
}

func pieceScale(pieces []int32) float32 { return 1 / sqrt(float32(max(1, len(pieces)))) }

func (s *cnnState) word(of []float32, w int) []float32 {
	at := (w + cnnPadding) * cnnDimensions
	return of[at : at+cnnDimensions]
}

// pool runs the filters over all windows and keeps each one's strongest, if above zero. Windows go four at a time: up to three
// past the last are computed too and ignored, for which the padding has room.
func (c *cnn) pool(s *cnnState) {
	s.pooled, s.place = s.pooled[:0], s.place[:0]
	for _, bank := range c.filters {
		first := (cnnPadding - bank.width + 1) * cnnDimensions
		windows := s.words + bank.width - 1
		s.windows = slices.Grow(s.windows[:0], windows+cnnSpare)
		for f := range bank.bias {
			dots(bank.weights.row(f), s.embedded[first:], cnnDimensions, s.windows[:(windows+3)/4*4])
			best, place := strongest(s.windows[:windows])
			s.pooled = append(s.pooled, max(0, best+bank.bias[f]))
			s.place = append(s.place, first+place*cnnDimensions)
		}
	}
}

func strongest(windows []float32) (best float32, place int) {
	best = windows[0]
	for w, v := range windows {
		if v > best {
			best, place = v, w
		}
	}
	return best, place
}

func trainCNN(ctx context.Context, set trainingSet, r *rand.Rand, step func()) (learner, error) {
	t := newCNNTraining(set, r)
	layers := append([]*layer{t.pieceLayer, t.outputLayer}, t.filterLayers...)
	err := epochsOf(passes(len(set.inputs)), layers, func() error {
		for _, n := range r.Perm(len(set.inputs)) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if len(set.inputs[n].words) > 0 {
				t.learn(set.inputs[n].words, set.class[n])
			}
		}
		step()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &cnn{quantise(t.pieceLayer.weights), t.filters, t.outputLayer.dense}, nil
}

// cnnTraining trains the layers whose weights the embedded network reads.
type cnnTraining struct {
	cnn
	r              *rand.Rand
	pieceLayer     *layer
	filterLayers   []*layer // by bank
	outputLayer    *layer
	state          cnnState
	kept           []wordPieces
	pooledGradient []float32
}

func newCNNTraining(set trainingSet, r *rand.Rand) *cnnTraining {
	t := &cnnTraining{r: r, pieceLayer: newLayer(set.features, cnnDimensions, cnnPieceSpread, cnnRate, r)}
	filters := 0
	for _, w := range cnnWidths {
		in := w.width * cnnDimensions
		l := newLayer(w.filters, in, sqrt(1/float32(in)), cnnRate, r)
		l.bias = make([]float32, w.filters) // one a row here, not one a column
		t.filterLayers = append(t.filterLayers, l)
		t.filters = append(t.filters, filterBank{w.width, l.weights, l.bias})
		filters += w.filters
	}
	t.outputLayer = newLayer(filters, set.classes, outputSpread, cnnRate, r)
	t.pieces, t.output = t.pieceLayer.weights, t.outputLayer.dense
	t.pooledGradient = make([]float32, filters)
	t.state.scores = make([]float32, set.classes)
	return t
}

func (t *cnnTraining) learn(words []wordPieces, class int) {
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
func (t *cnnTraining) drop(words []wordPieces) {
	for len(t.kept) < len(words) {
		t.kept = append(t.kept, wordPieces{})
	}
	t.kept = t.kept[:len(words)]
	for w, word := range words {
		kept := &t.kept[w]
		kept.whole, kept.grams = -1, kept.grams[:0]
		if t.r.Float32() < cnnWordDropout {
			continue
		}
		if t.r.Float32() >= cnnPieceDropout {
			kept.whole = word.whole
		}
		for _, id := range word.grams {
			if t.r.Float32() >= cnnPieceDropout {
				kept.grams = append(kept.grams, id)
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
	for w, word := range t.kept {
		gradient := t.state.word(t.state.gradient, w)
		square := meanSquare(gradient)
		if square == 0 {
			continue
		}
		if word.whole >= 0 {
			t.pieceLayer.learnRow(int(word.whole), cnnWordWeight, gradient, square)
		}
		scale := pieceScale(word.grams)
		for _, id := range word.grams {
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
