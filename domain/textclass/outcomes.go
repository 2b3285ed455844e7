package textclass

// At tells what answering from a confidence on would have done with the held-back examples that were taken for a type; an empty label is all types.
func (m *Model) At(label string, confidence float64) Threshold {
	t := Threshold{Value: confidence}
	right := 0
	for _, o := range m.outcomes {
		if label != "" && o.Predicted != label {
			continue
		}
		t.HeldBack++
		if m.refuses(o) || o.Confidence < confidence {
			continue
		}
		t.Answered++
		right += count(o.Right())
	}
	if t.Answered > 0 {
		t.Precision = float64(right) / float64(t.Answered)
	}
	t.LowerBound = LowerBound(right, t.Answered)
	return t
}

// AtThresholds tells what answering by thresholds would have done with the held-back examples. Its Value is without meaning.
func (m *Model) AtThresholds(limits Thresholds) Threshold {
	t := Threshold{HeldBack: len(m.outcomes)}
	right := 0
	for _, o := range m.outcomes {
		if m.refuses(o) || o.Confidence < limits.For(o.Predicted).Value {
			continue
		}
		t.Answered++
		right += count(o.Right())
	}
	if t.Answered > 0 {
		t.Precision = float64(right) / float64(t.Answered)
	}
	t.LowerBound = LowerBound(right, t.Answered)
	return t
}
