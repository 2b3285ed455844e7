package textclass

import (
	"context"
	"math/rand/v2"
	"slices"
)

// cnnTrainer trains a network of one shape.
func cnnTrainer(shape int) func(context.Context, trainingSet, *rand.Rand, func()) (learner, error) {
	return func(ctx context.Context, set trainingSet, r *rand.Rand, step func()) (learner, error) {
		return trainCNN(ctx, set, shape, r, step)
	}
}

func trainCNN(ctx context.Context, set trainingSet, shape int, r *rand.Rand, step func()) (learner, error) {
	t := newCNNTraining(set, cnnShapes[shape], r)
	texts := make([][]wordPieces, len(set.inputs))
	for n, in := range set.inputs {
		for _, word := range in.words[:min(len(in.words), cnnMaxWords)] {
			texts[n] = append(texts[n], set.words.pieces(word, in.cjk))
		}
	}
	layers := append([]*layer{t.pieceLayer, t.outputLayer}, t.filterLayers...)
	err := epochsOf(passes(len(set.inputs)), layers, func() error {
		for _, n := range r.Perm(len(set.inputs)) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if len(texts[n]) > 0 {
				t.learn(texts[n], set.class[n])
			}
		}
		step()
		return nil
	})
	if err != nil {
		return nil, err
	}
	pieces := quantise(t.pieceLayer.weights)
	return &cnn{shape: shape, vocabulary: set.words, pieces: pieces, filters: t.filters, output: t.outputLayer.dense}, nil
}

// cnnTraining is the network while it learns: windows as inner products, since every word's meaning changes all the time.
type cnnTraining struct {
	r            *rand.Rand
	pieceLayer   *layer
	filters      []filterBank // the weights of filterLayers
	filterLayers []*layer     // by bank
	outputLayer  *layer

	// One message on its way through the network.
	kept           []wordPieces
	embedded       []float32 // (words + padding) × dimensions
	gradient       []float32 // of embedded
	windows        []float32 // one filter's strength at each place
	pooled         []float32
	place          []int // by filter: the window where it was strongest
	scores         []float32
	pooledGradient []float32
}

const (
	cnnPadding = 2 // empty words before and after: the widest filter less one
	cnnSpare   = 3 // empty words after those, for windows taken four at a time
)

func newCNNTraining(set trainingSet, shape []bankShape, r *rand.Rand) *cnnTraining {
	t := &cnnTraining{r: r, pieceLayer: newLayer(set.features, cnnDimensions, cnnPieceSpread, cnnRate, r)}
	for _, w := range shape {
		in := w.width * cnnDimensions
		l := newLayer(w.filters, in, sqrt(1/float32(in)), cnnRate, r)
		l.bias = make([]float32, w.filters) // one a row here, not one a column
		t.filterLayers = append(t.filterLayers, l)
		t.filters = append(t.filters, filterBank{w.width, l.weights, l.bias})
	}
	t.outputLayer = newLayer(filtersOf(shape), set.classes, outputSpread, cnnRate, r)
	t.pooledGradient = make([]float32, filtersOf(shape))
	t.scores = make([]float32, set.classes)
	return t
}

func (t *cnnTraining) learn(words []wordPieces, class int) {
	t.drop(words)
	t.embed()
	t.pool()
	dropout(t.pooled, cnnDropout, t.r)
	t.outputLayer.forward(t.pooled, t.scores)
	softmaxGradient(t.scores, class, cnnSmoothing)
	t.outputLayer.backward(t.pooled, t.scores, t.pooledGradient)
	t.learnFilters()
	t.learnPieces()
}

func (t *cnnTraining) embed() {
	size := (cnnPadding + len(t.kept) + cnnPadding + cnnSpare) * cnnDimensions
	t.embedded = slices.Grow(t.embedded[:0], size)[:size]
	t.gradient = slices.Grow(t.gradient[:0], size)[:size]
	clear(t.embedded)
	for w, word := range t.kept {
		embed(t.pieceLayer.weights, word, wordOf(t.embedded, w))
	}
}

func wordOf(embedded []float32, w int) []float32 {
	at := (w + cnnPadding) * cnnDimensions
	return embedded[at : at+cnnDimensions]
}

// pool runs the filters over all windows and keeps each one's strongest, if above zero. Windows go four at a time: up to three
// past the last are computed too and ignored, for which the padding has room.
func (t *cnnTraining) pool() {
	t.pooled, t.place = t.pooled[:0], t.place[:0]
	for _, bank := range t.filters {
		first := (cnnPadding - bank.width + 1) * cnnDimensions
		windows := len(t.kept) + bank.width - 1
		t.windows = slices.Grow(t.windows[:0], windows+cnnSpare)
		for f := range bank.bias {
			dots(bank.weights.row(f), t.embedded[first:], cnnDimensions, t.windows[:(windows+3)/4*4])
			best, place := strongest(t.windows[:windows])
			t.pooled = append(t.pooled, max(0, best+bank.bias[f]))
			t.place = append(t.place, first+place*cnnDimensions)
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
	clear(t.gradient)
	n := 0
	for b, bank := range t.filters {
		size := bank.width * cnnDimensions
		for f := range bank.bias {
			g := t.pooledGradient[n] / (1 - cnnDropout)
			at := t.place[n]
			n++
			if g == 0 {
				continue
			}
			window := t.embedded[at : at+size]
			axpy(g, bank.weights.row(f), t.gradient[at:at+size])
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
		gradient := wordOf(t.gradient, w)
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
