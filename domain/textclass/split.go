package textclass

import (
	"cmp"
	"maps"
	"slices"
)

// textKey names a text for comparing versions and for splitting: equal for texts that differ only in case, spacing or
// punctuation, so that twins never stand on both sides of a split.
func textKey(text string) uint64 {
	return uint64(feature(hashOffset).addWord(normalise(text)).mixed())
}

const (
	// Every fold costs a training. Five leave each model so much to learn from that it is nearly as good as the final one, and eight answer
	// no more of unseen messages; in very large sets a part is enough.
	crossFolds         = 5
	crossValidateBelow = 12_000
	heldBackPart       = 7 // one in so many is held back from a large set
	fewestToHoldBack   = 4 // a label with fewer examples needs them all
	// Where a part is held back, the cut between in and out of scope hangs on the few texts that fit no type: so many of them are held back, if that leaves as many.
	strangersToHoldBack = 100
)

// A split is what one training run sees and what it is judged on, as numbers of examples.
type split struct{ train, heldBack []int }

// splits says how to judge a model on examples it has not seen: by cross-validation, or in very large sets by holding back a
// seventh (of the texts that fit no type up to half). Both depend on the texts alone, and in large sets a text with a type once held back stays so when others join.
func splits(examples []Example) []split {
	if len(examples) < crossValidateBelow {
		return crossSplits(examples, crossFolds)
	}
	count, held := make(map[string]int), make(map[string]int)
	chosen := make([]bool, len(examples))
	for n, e := range examples {
		count[e.Label]++
		chosen[n] = textKey(e.Text)%heldBackPart == 0
		if chosen[n] {
			held[e.Label]++
		}
	}
	strangers := heldBackStrangers(examples)
	var s split
	for n, e := range examples {
		if strangers[n] || e.Label != "" && chosen[n] && count[e.Label] >= fewestToHoldBack && held[e.Label]*2 <= count[e.Label] {
			s.heldBack = append(s.heldBack, n)
			continue
		}
		s.train = append(s.train, n)
	}
	return []split{s}
}

// heldBackStrangers chooses, in order of their key, which texts that fit no type are held back from a large set.
func heldBackStrangers(examples []Example) map[int]bool {
	byKey := make(map[uint64][]int)
	all := 0
	for n, e := range examples {
		if e.Label == "" {
			byKey[textKey(e.Text)] = append(byKey[textKey(e.Text)], n)
			all++
		}
	}
	want := max(all/heldBackPart, min(all/2, strangersToHoldBack))
	chosen := make(map[int]bool)
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		if len(chosen)+len(byKey[key]) > want {
			break
		}
		for _, n := range byKey[key] {
			chosen[n] = true
		}
	}
	return chosen
}

// crossSplits deals each label's texts in order of their key, one to each fold in turn.
func crossSplits(examples []Example, folds int) []split {
	order := make([]int, len(examples))
	keys := make([]uint64, len(examples))
	for n, e := range examples {
		order[n], keys[n] = n, textKey(e.Text)
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(examples[a].Label, examples[b].Label), cmp.Compare(keys[a], keys[b]), cmp.Compare(a, b))
	})
	fold := make(map[uint64]int)
	dealt := make(map[string]int)
	for _, n := range order {
		if _, twin := fold[keys[n]]; !twin {
			fold[keys[n]] = dealt[examples[n].Label] % folds
			dealt[examples[n].Label]++
		}
	}
	out := make([]split, folds)
	for n := range examples {
		for f := range out {
			if fold[keys[n]] == f {
				out[f].heldBack = append(out[f].heldBack, n)
			} else {
				out[f].train = append(out[f].train, n)
			}
		}
	}
	return slices.DeleteFunc(out, func(s split) bool { return len(s.heldBack) == 0 || len(s.train) == 0 })
}
