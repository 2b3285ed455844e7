package faqrank

import (
	"cmp"
	"math"
	"slices"
	"sync"
)

// Article is a self-help text.
type Article struct {
	ID    string
	Title string
	Text  string
	// Questions are wordings in which people asked for this article before; each helps to find it.
	Questions []string
}

// Hit is an article found. Score is 0 to 1: the cosine between the question and the article's nearest passage.
type Hit struct {
	ID    string
	Score float64
}

// Index finds articles. Any number of goroutines may use it. Adding and removing cost what the article's own grams
// cost, and the first search after that one pass over the collection; a search costs what the passages that share
// a gram with the question cost.
type Index struct {
	mu       sync.RWMutex
	weights  *Weights
	passages []passage
	free     []int32 // places of removed passages
	article  map[string][]int32
	postings map[gram][]posting
	stale    bool // norms are of an older collection
}

type passage struct {
	article string
	grams   []counted
	norm    float64
}

// posting: a passage has a gram, with this weight before rarity.
type posting struct {
	passage int32
	weight  float64
}

// NewIndex gives an empty index that weighs grams by weights (nil: by rarity alone).
func NewIndex(weights *Weights) *Index {
	return &Index{weights: weights, article: make(map[string][]int32), postings: make(map[gram][]posting)}
}

// Len is the number of articles.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.article)
}

// Add puts an article in, in place of the one with its ID if there is one.
func (x *Index) Add(a Article) {
	texts := passagesOf(a)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.remove(a.ID)
	x.article[a.ID] = nil
	for _, text := range texts {
		x.addPassage(a.ID, gramsOf(text))
	}
	x.stale = true
}

func (x *Index) addPassage(article string, grams []counted) {
	n := int32(len(x.passages))
	if last := len(x.free) - 1; last >= 0 {
		n, x.free = x.free[last], x.free[:last]
	} else {
		x.passages = append(x.passages, passage{})
	}
	x.passages[n] = passage{article: article, grams: grams}
	x.article[article] = append(x.article[article], n)
	for _, c := range grams {
		x.postings[c.gram] = append(x.postings[c.gram], posting{n, c.weight})
	}
}

// Remove takes an article out; one that is not there is no fault.
func (x *Index) Remove(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.remove(id)
	x.stale = true
}

func (x *Index) remove(id string) {
	for _, n := range x.article[id] {
		for _, c := range x.passages[n].grams {
			left := slices.DeleteFunc(x.postings[c.gram], func(p posting) bool { return p.passage == n })
			if len(left) == 0 {
				delete(x.postings, c.gram)
			} else {
				x.postings[c.gram] = left
			}
		}
		x.passages[n] = passage{}
		x.free = append(x.free, n)
	}
	delete(x.article, id)
}

// Search gives at most limit articles that share anything with the question, best first; ties by ID.
func (x *Index) Search(question string, limit int) []Hit {
	grams := gramsOf(question)
	x.refresh()
	x.mu.RLock()
	defer x.mu.RUnlock()
	cosines := x.cosines(grams)
	var found []int
	for n, cosine := range cosines {
		if cosine > 0 {
			found = append(found, n)
		}
	}
	slices.SortFunc(found, func(a, b int) int {
		return cmp.Or(cmp.Compare(cosines[b], cosines[a]), cmp.Compare(x.passages[a].article, x.passages[b].article))
	})
	return x.distinct(found, cosines, limit)
}

// distinct names the articles of the passages found, each once, at its nearest passage.
func (x *Index) distinct(found []int, cosines []float64, limit int) []Hit {
	var hits []Hit
	seen := make(map[string]bool)
	for _, n := range found {
		if len(hits) >= limit {
			break
		}
		article := x.passages[n].article
		if !seen[article] {
			seen[article] = true
			hits = append(hits, Hit{article, min(1, cosines[n])})
		}
	}
	return hits
}

// factor is what a gram's weight in a text is multiplied by.
func (x *Index) factor(g gram) float64 {
	return rarity(len(x.postings[g]), len(x.passages)-len(x.free)) * x.weights.factor(g)
}

// cosines gives the question's cosine with every passage, by place.
func (x *Index) cosines(question []counted) []float64 {
	sums := make([]float64, len(x.passages))
	norm := 0.0
	for _, c := range question {
		factor := x.factor(c.gram)
		norm += c.weight * factor * c.weight * factor
		for _, p := range x.postings[c.gram] {
			sums[p.passage] += c.weight * p.weight * factor * factor
		}
	}
	for n, sum := range sums {
		if sum > 0 {
			sums[n] = sum / (math.Sqrt(norm) * x.passages[n].norm)
		}
	}
	return sums
}

// refresh recomputes the passages' lengths after a change: rarity depends on the whole collection.
func (x *Index) refresh() {
	x.mu.RLock()
	stale := x.stale
	x.mu.RUnlock()
	if !stale {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	factors := make(map[gram]float64, len(x.postings))
	for g := range x.postings {
		factors[g] = x.factor(g)
	}
	for n := range x.passages {
		sum := 0.0
		for _, c := range x.passages[n].grams {
			w := c.weight * factors[c.gram]
			sum += w * w
		}
		x.passages[n].norm = math.Sqrt(sum)
	}
	x.stale = false
}

// passageRunes is about how long a passage of an article's text is: a question is short, and set against a long text
// whole, it would be far from everything.
const passageRunes = 200

// passagesOf gives the wordings an article may be found by: title, title with each stretch of text, past questions.
func passagesOf(a Article) []string {
	texts := slices.Concat([]string{a.Title}, a.Questions)
	for _, stretch := range stretches(a.Text) {
		texts = append(texts, a.Title+"\n"+stretch)
	}
	return texts
}

// stretches cuts a text after a sentence's or line's end into pieces of passageRunes or somewhat more.
func stretches(text string) []string {
	var out []string
	start, runes := 0, 0
	for i, r := range text {
		runes++
		end := r == '\n' || r == '.' || r == '?' || r == '!' || r == '。'
		if runes >= passageRunes && (end || runes >= 2*passageRunes && r == ' ') {
			out = append(out, text[start:i])
			start, runes = i, 0
		}
	}
	if start < len(text) {
		out = append(out, text[start:])
	}
	return out
}
