package textclass

import (
	"cmp"
	"math"
	"slices"
	"sync"
)

// A sparse vector: index[i] has value[i]; indices are distinct.
type sparse struct {
	index []int32
	value []float32
}

// vocabulary maps the features of training texts to dimensions with their weights.
type vocabulary struct {
	id      map[feature]int32
	feature []feature // by id
	idf     []float32 // by id: ln((1+n)/(1+df)) + 1
	scratch sync.Pool // *counter
}

// counter is what one vectorisation needs and gives back.
type counter struct {
	list  featureList
	count []uint16 // by id, zero between uses
}

// maxFeatures bounds a model's memory; the most frequent features are kept.
const maxFeatures = 400_000

// buildVocabulary takes the features seen in at least minTexts texts.
func buildVocabulary(examples []Example, minTexts int) *vocabulary {
	texts := make(map[feature]int32)
	last := make(map[feature]int32)
	var list featureList
	for n, e := range examples {
		list.collect(e.Text, e.Language)
		for g := range list {
			for _, f := range list[g] {
				if last[f] == int32(n)+1 {
					continue
				}
				last[f] = int32(n) + 1
				texts[f]++
			}
		}
	}
	kept := make([]feature, 0, len(texts))
	for f, n := range texts {
		if int(n) >= minTexts {
			kept = append(kept, f)
		}
	}
	slices.SortFunc(kept, func(a, b feature) int {
		return cmp.Or(cmp.Compare(texts[b], texts[a]), cmp.Compare(a, b))
	})
	kept = kept[:min(len(kept), maxFeatures)]
	v := &vocabulary{feature: kept, idf: make([]float32, len(kept))}
	for i, f := range kept {
		v.idf[i] = float32(math.Log(float64(1+len(examples))/float64(1+texts[f]))) + 1
	}
	v.index()
	return v
}

func (v *vocabulary) index() {
	v.id = make(map[feature]int32, len(v.feature))
	for i, f := range v.feature {
		v.id[f] = int32(i)
	}
}

func (v *vocabulary) size() int { return len(v.feature) }

// vector gives a text's TF-IDF weights: (1 + ln tf)·idf, each group scaled to unit length (Manning, Raghavan and
// Schütze, Introduction to Information Retrieval, section 6.4). Features not in the vocabulary are left out.
func (v *vocabulary) vector(text, language string) sparse {
	c, _ := v.scratch.Get().(*counter)
	if c == nil {
		c = &counter{count: make([]uint16, v.size())}
	}
	defer v.scratch.Put(c)
	c.list.collect(text, language)
	var x sparse
	for g := range c.list {
		v.appendGroup(&x, c.list[g], c.count)
	}
	return x
}

func (v *vocabulary) appendGroup(x *sparse, features []feature, count []uint16) {
	from := len(x.index)
	for _, f := range features {
		id, ok := v.id[f]
		if !ok {
			continue
		}
		if count[id] == 0 {
			x.index = append(x.index, id)
		}
		count[id]++
	}
	sum := 0.0
	for _, id := range x.index[from:] {
		w := v.idf[id]
		if count[id] > 1 {
			w *= 1 + float32(math.Log(float64(count[id])))
		}
		count[id] = 0
		x.value = append(x.value, w)
		sum += float64(w) * float64(w)
	}
	if sum == 0 {
		return
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := from; i < len(x.value); i++ {
		x.value[i] *= scale
	}
}

// pieces gives, word by word, the known features that a word has by itself: at most cnnMaxWords words.
func (v *vocabulary) pieces(text, language string) [][]int32 {
	var list featureList
	var words [][]int32
	runes := normalise(text)
	add := func() {
		var ids []int32
		for _, features := range list {
			for _, f := range features {
				if id, ok := v.id[f]; ok {
					ids = append(ids, id)
				}
			}
		}
		words = append(words, ids)
		list.reset()
	}
	if readsAsCJK(runes, language) {
		for _, word := range splitWords(runes) {
			if len(words) == cnnMaxWords {
				break
			}
			list.collectCJK(word)
			add()
		}
		return words
	}
	for _, word := range englishWords(runes) {
		if len(words) == cnnMaxWords {
			break
		}
		list.collectEnglish([]string{word})
		add()
	}
	return words
}
