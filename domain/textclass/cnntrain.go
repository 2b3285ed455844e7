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
	err := epochsOf(set.passes, layers, func() error {
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
	chance       chance
	pieceLayer   *layer
	filters      []filterBank // the weights of filterLayers
	filterLayers []*layer     // by bank
	outputLayer  *layer

	// One message on its way through the network.
	grams          []int32   // of one word, those not dropped
	kept           []sparse  // by word: its pieces
	embedded       []float32 // (words + padding) × dimensions
	squares        []float32 // by word of embedded: sum of squares
	gradient       []float32 // of embedded
	pooled         []float32
	place          []int32 // by filter: the word of embedded at which its strongest window begins
	scores         []float32
	pooledGradient []float32
}

const (
	cnnPadding = 2 // empty words before and after: the widest filter less one
	cnnSpare   = 3 // empty words after those, for windows taken four at a time
)

func newCNNTraining(set trainingSet, shape []bankShape, r *rand.Rand) *cnnTraining {
	t := &cnnTraining{chance: chance{r: r}, pieceLayer: newLayer(set.features, cnnDimensions, cnnPieceSpread, cnnRate, r)}
	for _, w := range shape {
		in := w.width * cnnDimensions
		l := newLayer(w.filters, in, sqrt(1/float32(in)), cnnRate, r)
		l.bias = make([]float32, w.filters) // one a row here, not one a column
		t.filterLayers = append(t.filterLayers, l)
		t.filters = append(t.filters, filterBank{w.width, l.weights, l.bias})
	}
	t.outputLayer = newLayer(filtersOf(shape), set.classes, outputSpread, cnnRate, r)
	t.pooled, t.place = make([]float32, filtersOf(shape)), make([]int32, filtersOf(shape))
	t.pooledGradient = make([]float32, filtersOf(shape))
	t.scores = make([]float32, set.classes)
	return t
}

func (t *cnnTraining) learn(words []wordPieces, class int) {
	t.drop(words)
	t.embed()
	t.pool()
	dropout(t.pooled, cnnDropout, &t.chance)
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
		gather(t.pieceLayer.weights, word, wordOf(t.embedded, w))
	}
}

func wordOf(embedded []float32, w int) []float32 {
	at := (w + cnnPadding) * cnnDimensions
	return embedded[at : at+cnnDimensions]
}

// pool runs the filters over all windows and keeps each one's strongest, if above zero. Windows go four at a time: up to three
// past the last are computed too and ignored, for which the padding has room.
func (t *cnnTraining) pool() {
	at := 0
	for _, bank := range t.filters {
		first, n := cnnPadding-bank.width+1, len(bank.bias)
		pooled, place := t.pooled[at:at+n], t.place[at:at+n]
		strongest(bank.weights, t.embedded[first*cnnDimensions:], cnnDimensions, len(t.kept)+bank.width-1, pooled, place)
		for f, bias := range bank.bias {
			pooled[f] = max(0, pooled[f]+bias)
			place[f] += int32(first)
		}
		at += n
	}
}

// drop leaves out whole words and single pieces by chance; a word left out keeps its place.
func (t *cnnTraining) drop(words []wordPieces) {
	for len(t.kept) < len(words) {
		t.kept = append(t.kept, sparse{})
	}
	t.kept = t.kept[:len(words)]
	for w, word := range words {
		kept := wordPieces{whole: -1, grams: t.grams[:0]}
		if !t.chance.of(cnnWordDropout) {
			if !t.chance.of(cnnPieceDropout) {
				kept.whole = word.whole
			}
			for _, id := range word.grams {
				if !t.chance.of(cnnPieceDropout) {
					kept.grams = append(kept.grams, id)
				}
			}
		}
		t.kept[w] = kept.weigh(sparse{t.kept[w].index[:0], t.kept[w].value[:0]})
		t.grams = kept.grams
	}
}

func (t *cnnTraining) learnFilters() {
	clear(t.gradient)
	t.squares = t.squares[:0]
	for at := 0; at < len(t.embedded); at += cnnDimensions {
		word := t.embedded[at : at+cnnDimensions]
		t.squares = append(t.squares, dot(word, word))
	}
	n := 0
	for b, bank := range t.filters {
		l, size := t.filterLayers[b], bank.width*cnnDimensions
		for f := range bank.bias {
			g, place := t.pooledGradient[n]/(1-cnnDropout), int(t.place[n])
			n++
			if g == 0 {
				continue
			}
			square := float32(0)
			for _, s := range t.squares[place : place+bank.width] {
				square += s
			}
			at := place * cnnDimensions
			axpy(g, bank.weights.row(f), t.gradient[at:at+size])
			l.learnRow(f, g, t.embedded[at:at+size], square/float32(size))
			if l.squares[f] > 0 {
				bank.bias[f] -= l.rate * g / sqrt(l.squares[f])
			}
		}
	}
}

func (t *cnnTraining) learnPieces() {
	for w, word := range t.kept {
		gradient := wordOf(t.gradient, w)
		t.pieceLayer.learnRows(word, gradient, meanSquare(gradient))
	}
}
