package textclass

// Comparison sets two versions side by side on examples that neither had seen when it was judged.
type Comparison struct {
	// Examples is how many held-back texts both versions have in common.
	Examples int `json:"examples"`
	// OldRight and NewRight are how many of those each got right, by the labels the new version was given.
	OldRight int `json:"oldRight"`
	NewRight int `json:"newRight"`
	// OnlyOld and OnlyNew are how many only one of them got right.
	OnlyOld int `json:"onlyOld"`
	OnlyNew int `json:"onlyNew"`
	// ChanceIfEqual is the probability that a version just as good would fare so badly or worse (one-sided sign test).
	ChanceIfEqual float64 `json:"chanceIfEqual"`
	// NoWorse: the new version got at least as many right. Without common examples the shares of right ones in
	// each version's own held-back examples are compared instead.
	NoWorse bool `json:"noWorse"`
}

// Compare judges a newer model against an older one by the outcomes both carry. It is fair although both were trained on
// everything in the end: outcomes come from before that, and the split leaves a text on the same side in every training.
func Compare(older, newer *Model) Comparison {
	before := make(map[uint64]Outcome, len(older.outcomes))
	for _, o := range older.outcomes {
		before[o.Key] = o
	}
	var c Comparison
	for _, now := range newer.outcomes {
		old, common := before[now.Key]
		if !common {
			continue
		}
		oldRight, newRight := old.Predicted == now.Label, now.Right()
		c.Examples++
		c.OldRight += count(oldRight)
		c.NewRight += count(newRight)
		c.OnlyOld += count(oldRight && !newRight)
		c.OnlyNew += count(newRight && !oldRight)
	}
	c.ChanceIfEqual = chanceOfAtLeast(c.OnlyOld, c.OnlyOld+c.OnlyNew, 0.5)
	c.NoWorse = c.NewRight >= c.OldRight
	if c.Examples == 0 {
		c.NoWorse = rightShare(newer.outcomes) >= rightShare(older.outcomes)
	}
	return c
}

func rightShare(outcomes []Outcome) float64 {
	right := 0
	for _, o := range outcomes {
		right += count(o.Right())
	}
	return float64(right) / float64(max(1, len(outcomes)))
}
