package textclass

import (
	"cmp"
	"math"
	"math/bits"
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
	places  []int32   // ids + 1 by hash, in the next free place where taken; 0 is free
	feature []feature // by id
	idf     []float32 // by id: ln((1+n)/(1+df)) + 1
	scratch sync.Pool // *counter
}

// counter is what one vectorisation needs and gives back.
type counter struct {
	list  featureList
	count []uint16 // by id, zero between uses
}

// A model's memory is bounded by leaving out the rarest features: maxTableBytes is what the tables over them may take.
const (
	maxFeatures   = 400_000
	maxTableBytes = 110 << 20
)

// buildVocabulary takes the features seen in at least minTexts texts, the most frequent ones up to limit.
func buildVocabulary(examples []Example, minTexts, limit int) *vocabulary {
	texts := make(map[feature]int32)
	last := make(map[feature]int32)
	var list featureList
	for n, e := range examples {
		list.collect(read(e.Text, e.Language))
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
	kept = kept[:min(len(kept), limit, maxFeatures)]
	v := &vocabulary{feature: kept, idf: make([]float32, len(kept))}
	for i, f := range kept {
		v.idf[i] = float32(math.Log(float64(1+len(examples))/float64(1+texts[f]))) + 1
	}
	v.index()
	return v
}

// maxProbes is how many places are looked at for a feature. By chance a dozen are the most; a feature that finds none because texts or a
// model were made to collide is not known.
const maxProbes = 64

// index lays the features out in a table at most half full: they are hashes already, and a message asks for hundreds.
func (v *vocabulary) index() {
	v.places = make([]int32, 1<<bits.Len(uint(2*len(v.feature))))
	mask := feature(len(v.places) - 1)
	for i, f := range v.feature {
		for probe := range feature(maxProbes) {
			if at := (f + probe) & mask; v.places[at] == 0 {
				v.places[at] = int32(i) + 1
				break
			}
		}
	}
}

// id gives the number of a feature.
func (v *vocabulary) id(f feature) (int32, bool) {
	mask := feature(len(v.places) - 1)
	for probe := range feature(maxProbes) {
		id := v.places[(f+probe)&mask] - 1
		if id < 0 {
			break
		}
		if v.feature[id] == f {
			return id, true
		}
	}
	return 0, false
}

func (v *vocabulary) size() int { return len(v.feature) }

// vector gives a text's TF-IDF weights: (1 + ln tf)·idf, each group scaled to unit length (Manning, Raghavan and
// Schütze, Introduction to Information Retrieval, section 6.4). Features not in the vocabulary are left out; known is the part of
// all that are not, 0 to 1.
func (v *vocabulary) vector(text reading) (x sparse, known float32) {
	c := v.counter()
	defer v.scratch.Put(c)
	c.list.collect(text)
	found, all := 0, 0
	for g := range c.list {
		found += v.appendGroup(&x, c.list[g], c.count)
		all += len(c.list[g])
	}
	return x, float32(found) / float32(max(1, all))
}

func (v *vocabulary) counter() *counter {
	if c, ok := v.scratch.Get().(*counter); ok {
		return c
	}
	return &counter{count: make([]uint16, v.size())}
}

// appendGroup tells how many of the features, each as often as it occurs, are known.
func (v *vocabulary) appendGroup(x *sparse, features []feature, count []uint16) (found int) {
	from := len(x.index)
	for _, f := range features {
		id, ok := v.id(f)
		if !ok {
			continue
		}
		if count[id] == 0 {
			x.index = append(x.index, id)
		}
		count[id]++
		found++
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
		return found
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := from; i < len(x.value); i++ {
		x.value[i] *= scale
	}
	return found
}

// wordPieces are the known features of one word by itself: the word (−1 if not known) and its character n-grams.
type wordPieces struct {
	whole int32
	grams []int32
}

// pieces takes a word apart.
func (v *vocabulary) pieces(word string, cjk bool) wordPieces {
	c := v.counter()
	defer v.scratch.Put(c)
	c.list.collect(reading{cjk, []string{word}})
	if cjk {
		return v.known(&c.list, groupWords)
	}
	return v.known(&c.list, groupStems)
}

func (v *vocabulary) known(list *featureList, whole group) wordPieces {
	p := wordPieces{whole: -1}
	for g, features := range list {
		for _, f := range features {
			id, ok := v.id(f)
			switch {
			case !ok:
			case group(g) == whole:
				p.whole = id
			default:
				p.grams = append(p.grams, id)
			}
		}
	}
	return p
}
