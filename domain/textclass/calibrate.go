package textclass

import "math"

// logSoftmax turns scores into log probabilities at a temperature, in place.
func logSoftmax(scores []float32, temperature float64) {
	top := float32(math.Inf(-1))
	for _, s := range scores {
		top = max(top, s)
	}
	sum := 0.0
	for i, s := range scores {
		scaled := float64(s-top) / temperature
		scores[i] = float32(scaled)
		sum += math.Exp(scaled)
	}
	log := float32(math.Log(sum))
	for i := range scores {
		scores[i] -= log
	}
}

// fitTemperature finds the temperature at which the true classes are likeliest (Guo et al., ICML 2017, section 4.2),
// by golden-section search over its logarithm; the likelihood has one peak. Without rows it is 1.
func fitTemperature(rows [][]float32, class []int) float64 {
	if len(rows) == 0 {
		return 1
	}
	const golden = 0.6180339887498949
	low, high := math.Log(0.02), math.Log(20)
	loss := func(log float64) float64 { return logLoss(rows, class, math.Exp(log)) }
	a, b := high-golden*(high-low), low+golden*(high-low)
	lossA, lossB := loss(a), loss(b)
	for high-low > 1e-3 {
		if lossA < lossB {
			high, b, lossB = b, a, lossA
			a = high - golden*(high-low)
			lossA = loss(a)
			continue
		}
		low, a, lossA = a, b, lossB
		b = low + golden*(high-low)
		lossB = loss(b)
	}
	return math.Exp((low + high) / 2)
}

// logLoss is the mean negative log probability of the true classes.
func logLoss(rows [][]float32, class []int, temperature float64) float64 {
	total := 0.0
	for n, row := range rows {
		top := row[0]
		for _, s := range row {
			top = max(top, s)
		}
		sum := 0.0
		for _, s := range row {
			sum += math.Exp(float64(s-top) / temperature)
		}
		total += math.Log(sum) - float64(row[class[n]]-top)/temperature
	}
	return total / float64(len(rows))
}
