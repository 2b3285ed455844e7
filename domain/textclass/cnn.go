package textclass

import (
	"slices"
	"sync"
)

// cnn is a convolution over the words of a message, each word being the sum of what it and its pieces (character n-grams)
// mean; of every filter only its strongest place counts.
type cnn struct {
	shape      int // in cnnShapes
	vocabulary *vocabulary
	pieces     quantised // features × dimensions
	filters    []filterBank
	output     dense // filters × classes

	projected projections
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

// bankShape is how many filters there are of a width; the product is a multiple of four.
type bankShape struct{ width, filters int }

// cnnShapes are the networks trained. Two of unlike shape err less often together than one as large as both.
var cnnShapes = [][]bankShape{
	{{1, 64}, {2, 96}, {3, 96}},
	{{1, 96}, {2, 128}},
}

// filtersOf is the number of filters of all widths.
func filtersOf(shape []bankShape) int {
	n := 0
	for _, bank := range shape {
		n += bank.filters
	}
	return n
}

// weigh appends a word and its pieces to x as what is to be added up, scaled so that long words are no louder than short ones.
func (word wordPieces) weigh(x sparse) sparse {
	if word.whole >= 0 {
		x.index, x.value = append(x.index, word.whole), append(x.value, cnnWordWeight)
	}
	scale := 1 / sqrt(float32(max(1, len(word.grams))))
	for _, id := range word.grams {
		x.index, x.value = append(x.index, id), append(x.value, scale)
	}
	return x
}

// projections keeps, for words met before, what they add to every filter at each place of its window: of the work for
// a known word only additions are left. It is bounded, and what does not fit is computed anew each time.
type projections struct {
	mu   sync.RWMutex
	rows map[surface][]float32
}

// surface is a word as written; Latin words are cut otherwise inside Korean text.
type surface struct {
	word string
	cjk  bool
}

// maxProjected words take 13 MB.
const maxProjected = 6000

func (c *cnn) project(s surface) []float32 {
	c.projected.mu.RLock()
	row, known := c.projected.rows[s]
	c.projected.mu.RUnlock()
	if known {
		return row
	}
	row = c.projection(c.vocabulary.pieces(s.word, s.cjk))
	c.projected.mu.Lock()
	defer c.projected.mu.Unlock()
	if c.projected.rows == nil {
		c.projected.rows = make(map[surface][]float32)
	}
	if len(c.projected.rows) < maxProjected {
		c.projected.rows[s] = row
	}
	return row
}

// projection is laid out bank by bank, in a bank by place in the window, for a place by filter.
func (c *cnn) projection(word wordPieces) []float32 {
	var meaning [cnnDimensions]float32
	c.pieces.addRows(word.weigh(sparse{}), meaning[:])
	var row, products []float32
	for _, bank := range c.filters {
		n := len(bank.bias)
		products = slices.Grow(products[:0], n*bank.width)[:n*bank.width]
		dots(meaning[:], bank.weights.data, cnnDimensions, products)
		for place := range bank.width {
			for f := range n {
				row = append(row, products[f*bank.width+place])
			}
		}
	}
	return row
}

func (c *cnn) scores(in input, out []float32) {
	words := in.words[:min(len(in.words), cnnMaxWords)]
	if len(words) == 0 {
		copy(out, c.output.bias)
		return
	}
	rows := make([][]float32, len(words))
	for i, word := range words {
		rows[i] = c.project(surface{word, in.cjk})
	}
	var pooled []float32
	at := 0
	for _, bank := range c.filters {
		pooled = bank.pool(rows, at, pooled)
		at += bank.width * len(bank.bias)
	}
	c.output.forward(pooled, out)
}

// pool appends each filter's strongest value over all windows, those that stand out over either end included, or zero.
// The bank's part of a projection starts at from.
func (b filterBank) pool(rows [][]float32, from int, pooled []float32) []float32 {
	n := len(b.bias)
	start := len(pooled)
	pooled = append(pooled, make([]float32, n)...)
	best, window := pooled[start:], make([]float32, n)
	for first := 1 - b.width; first < len(rows); first++ {
		copy(window, b.bias)
		for place := range b.width {
			if word := first + place; word >= 0 && word < len(rows) {
				axpy(1, rows[word][from+place*n:from+(place+1)*n], window)
			}
		}
		for f, v := range window {
			best[f] = max(best[f], v)
		}
	}
	return pooled
}
