package textclass

import (
	"math"
	"slices"
)

// trust turns what the learners made of a message into the probability that the likeliest type is right. The blended probability alone
// says too little: that all learners agree, and by how far, how like the message is to the examples of the type, how much of it was ever seen, and
// how often the type was right before, tells more. It is a logistic regression over these, fitted on held-back examples, whose starting point is the blended probability itself; with
// few examples it stays there. Sorting predictions by it answers one or two messages in a hundred more under the same promise.
type trust struct {
	bias    float64
	weights []float64 // of evidence
	record  []float64 // by label: log odds that the type is right when predicted
}

const (
	trustFrom   = 200 // held-back examples; with fewer the blended probability stands
	trustRidge  = 1.0
	trustSweeps = 30
	trustFolds  = 5
	recordPrior = 10 // a type's own record counts as much as the record of all after so many predictions
)

// evidence is what is known of the prediction best: how unlikely an error seems, the distance to the next class, the same for each member, the least of
// those, its kinship with both, the part of the message that the examples of either have too, the part that any has (what the learners do not know they do
// not see), how many words it has, and the record of the type. Logarithms but for parts; none is larger than maxEvidence.
func (m *Model) evidence(j *judgement, best int, record float64) []float64 {
	second := next(j.blended, best)
	lead := bounded(float64(j.blended[best] - j.blended[second]))
	x := []float64{bounded(-math.Log1p(-exp(j.blended[best]))), lead}
	least := maxEvidence
	for _, logs := range j.members {
		own := bounded(float64(logs[best] - logs[next(logs, best)]))
		x, least = append(x, own), min(least, own)
	}
	x = append(x, least, float64(j.kin[best]), float64(j.kin[second]), float64(j.held[best]), float64(j.held[second]))
	return append(x, float64(j.known), math.Log1p(float64(j.words)), record)
}

const (
	maxEvidence = 16.0
	ownEvidence = 10 // pieces beside the members'
)

func bounded(v float64) float64 { return max(-maxEvidence, min(maxEvidence, v)) }

// next is the other class with the highest score, of all if best is -1. There are two classes or more.
func next(scores []float32, best int) int {
	second := 0
	if best == 0 {
		second = 1
	}
	for k, s := range scores {
		if k != best && s > scores[second] {
			second = k
		}
	}
	return second
}

// confidence is the probability that a prediction is right, given its evidence.
func (t *trust) confidence(blended float32, x []float64) float64 {
	return sigmoid(t.logit(blended, x))
}

func (t *trust) logit(blended float32, x []float64) float64 {
	z := logOdds(exp(blended)) + t.bias
	for i, w := range t.weights {
		z += w * x[i]
	}
	return z
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// logOdds is bounded, so that a certainty does not outweigh everything.
func logOdds(p float64) float64 { return bounded(math.Log(p) - math.Log1p(-p)) }

// verdict is a held-back prediction with what trust learns from.
type verdict struct {
	key     uint64
	blended float32 // log probability of the prediction
	best    int
	right   bool
	x       []float64 // evidence, its last the record of the type without this very prediction
}

// keepRecord notes how often each type was right, and tells each verdict what the others of its type say.
func keepRecord(verdicts []verdict, labels int) []float64 {
	all, right := make([]float64, labels), make([]float64, labels)
	rightAll := 0.0
	for _, v := range verdicts {
		all[v.best]++
		right[v.best] += float64(count(v.right))
		rightAll += float64(count(v.right))
	}
	usual := (rightAll + 1) / (float64(len(verdicts)) + 2)
	odds := func(right, all float64) float64 {
		return logOdds((right + recordPrior*usual) / (all + recordPrior))
	}
	for _, v := range verdicts {
		v.x[len(v.x)-1] = odds(right[v.best]-float64(count(v.right)), all[v.best]-1)
	}
	record := make([]float64, labels)
	for k := range record {
		record[k] = odds(right[k], all[k])
	}
	return record
}

// learnTrust fits trust on verdicts. The confidence of each verdict itself comes from a fit without it and four fifths of the others, so that thresholds are
// computed on confidences that did not know the answer.
func learnTrust(verdicts []verdict, labels int) (t trust, confidences []float64) {
	confidences = make([]float64, len(verdicts))
	if len(verdicts) < trustFrom {
		for i, v := range verdicts {
			confidences[i] = exp(v.blended)
		}
		return trust{}, confidences
	}
	record := keepRecord(verdicts, labels)
	for fold := range uint64(trustFolds) {
		others := slices.DeleteFunc(slices.Clone(verdicts), func(v verdict) bool { return v.key%trustFolds == fold })
		part := fitTrust(others)
		for i, v := range verdicts {
			if v.key%trustFolds == fold {
				confidences[i] = part.confidence(v.blended, v.x)
			}
		}
	}
	t = fitTrust(verdicts)
	t.record = record
	return t, confidences
}

// fitTrust maximises the penalised likelihood by Newton steps of one coordinate after the other over standardised evidence.
func fitTrust(verdicts []verdict) trust {
	if len(verdicts) == 0 {
		return trust{}
	}
	mean, scale := spread(verdicts)
	weights := make([]float64, len(mean)+1) // of standardised evidence; the last is the bias
	z := make([]float64, len(verdicts))
	for i, v := range verdicts {
		z[i] = logOdds(exp(v.blended))
	}
	column := make([]float64, len(verdicts))
	for range trustSweeps {
		for j := range weights {
			for i, v := range verdicts {
				column[i] = 1
				if j < len(mean) {
					column[i] = (v.x[j] - mean[j]) / scale[j]
				}
			}
			weights[j] += newton(verdicts, column, z, weights[j])
		}
	}
	t := trust{bias: weights[len(mean)]}
	for j := range mean {
		t.weights = append(t.weights, weights[j]/scale[j])
		t.bias -= weights[j] * mean[j] / scale[j]
	}
	return t
}

// newton improves one weight, moves z along, and gives by how much the weight changed.
func newton(verdicts []verdict, column, z []float64, weight float64) float64 {
	gradient, curvature := -trustRidge*weight, trustRidge
	for i, v := range verdicts {
		p := sigmoid(z[i])
		gradient += (float64(count(v.right)) - p) * column[i]
		curvature += p * (1 - p) * column[i] * column[i]
	}
	step := max(-1, min(1, gradient/curvature))
	for i := range z {
		z[i] += step * column[i]
	}
	return step
}

// spread gives mean and standard deviation of each piece of evidence; what never varies has deviation 1.
func spread(verdicts []verdict) (mean, scale []float64) {
	n := float64(len(verdicts))
	mean, scale = make([]float64, len(verdicts[0].x)), make([]float64, len(verdicts[0].x))
	for _, v := range verdicts {
		for j, x := range v.x {
			mean[j] += x / n
		}
	}
	for _, v := range verdicts {
		for j, x := range v.x {
			scale[j] += (x - mean[j]) * (x - mean[j]) / n
		}
	}
	for j := range scale {
		if scale[j] = math.Sqrt(scale[j]); scale[j] < 1e-6 {
			scale[j] = 1
		}
	}
	return mean, scale
}
