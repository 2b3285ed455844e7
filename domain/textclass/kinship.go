package textclass

// kinship tells how like a message is to the examples of each class: by its rarer features, the sum of its cosines to all of them. As a classifier
// this is poor, but it sees what the learners, who look for what sets classes apart, do not: whether a message is made of what its type is made of,
// and whether people have labelled like texts unlike. It is evidence for trust and nothing else.
type kinship struct {
	sums quantised // features × classes: the sum of the examples, each of unit length; zero for a common feature
}

// A feature that a larger part of the examples has says little of likeness. Without them more is answered under the same promise.
const (
	commonPart  = 33 // one in so many
	commonLeast = 100
)

func newKinship(set trainingSet) kinship {
	texts := make([]int, set.features)
	for _, in := range set.inputs {
		for _, id := range in.x.index {
			texts[id]++
		}
	}
	common := max(commonLeast, len(set.inputs)/commonPart)
	sums := newMatrix(set.features, set.classes)
	for n, in := range set.inputs {
		square := float32(0)
		for i, id := range in.x.index {
			if texts[id] <= common {
				square += in.x.value[i] * in.x.value[i]
			}
		}
		for i, id := range in.x.index {
			if texts[id] <= common {
				sums.row(int(id))[set.class[n]] += in.x.value[i] / sqrt(square)
			}
		}
	}
	return kinship{quantise(sums)}
}

// shares fills out, which comes with unknown content, with each class's part of all likeness. They add up to 1, or are all 0 if nothing is alike.
func (k kinship) shares(x sparse, out []float32) {
	clear(out)
	k.sums.addRows(x, out)
	all := float32(0)
	for _, v := range out {
		all += v
	}
	if all == 0 {
		return
	}
	for i := range out {
		out[i] /= all
	}
}

// held is the part of the message's rarer features, by their weight, that any example of a class has; 0 if it has none of them.
func (k kinship) held(x sparse, class int) float32 {
	own, all := float32(0), float32(0)
	for i, id := range x.index {
		if k.sums.scale[id] == 0 {
			continue // a common feature
		}
		weight := x.value[i] * x.value[i]
		all += weight
		if k.sums.data[int(id)*k.sums.cols+class] != 0 {
			own += weight
		}
	}
	if all == 0 {
		return 0
	}
	return own / all
}
