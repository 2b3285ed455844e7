package textclass

import (
	"cmp"
	"slices"
	"sync"
)

// Model tells the type of a message. It does not change: any number of goroutines may use one. The zero Model knows nothing and
// is only good for UnmarshalBinary.
type Model struct {
	labels     []string // sorted
	outOfScope bool     // one more class than labels: texts that fit no type
	words      *vocabulary
	members    []member
	kin        kinship
	blend      float64 // temperature of the average
	trust      trust
	cut        float64 // of log p(best) − log p(out of scope)
	outcomes   []Outcome
	scratch    sync.Pool // *judgement
}

// member is one learner with the temperature that makes its scores probabilities.
type member struct {
	learner
	temperature float64
}

// input is a message as the learners see it.
type input struct {
	reading
	x     sparse  // weighted features of the whole text
	known float32 // the part of its features that occur in any example
}

// learner scores every class of an input into out, which comes with unknown content.
type learner interface {
	scores(in input, out []float32)
}

// Result is what a model makes of one message.
type Result struct {
	// Label is the likeliest type, never empty.
	Label string
	// Confidence is the probability that Label is right, 0 to 1, calibrated on held-back examples.
	Confidence float64
	// InScope tells whether the message fits any type; always true for a model trained without out-of-scope texts.
	InScope bool
	// ScopeMargin is log p(Label) − log p(no type); InScope compares it with the model's cut. 0 without such texts.
	ScopeMargin float64
	// Alternatives are the likeliest types, Label first, at most MaxAlternatives.
	Alternatives []Alternative
}

// Alternative is a type with its probability.
type Alternative struct {
	Label      string
	Confidence float64
}

// MaxAlternatives is how many types a Result names.
const MaxAlternatives = 5

// Labels gives the types the model knows, sorted.
func (m *Model) Labels() []string { return slices.Clone(m.labels) }

// KnowsOutOfScope tells whether the model was trained with texts that fit no type.
func (m *Model) KnowsOutOfScope() bool { return m.outOfScope }

// HeldBack gives the predictions for examples the predicting model had not seen, one each, in order of their key.
func (m *Model) HeldBack() []Outcome { return slices.Clone(m.outcomes) }

func (m *Model) classes() int {
	if m.outOfScope {
		return len(m.labels) + 1
	}
	return len(m.labels)
}

// Classify tells the type of a text. The language is a hint and may be empty. An empty text gets a Result too, of low
// Confidence.
func (m *Model) Classify(text, language string) Result {
	j, _ := m.scratch.Get().(*judgement)
	if j == nil {
		j = newJudgement(len(m.members), m.classes())
	}
	defer m.scratch.Put(j)
	m.judge(m.read(text, language), j)
	return m.result(j)
}

// judgement is what the members and all together make of one message, as log probabilities of every class, its kinship with each, and how much of it is
// known at all.
type judgement struct {
	members [][]float32
	blended []float32
	kin     []float32 // each class's part of all likeness
	held    []float32 // the part of the message that a class's examples have too, for the two likeliest if not for all
	known   float32
	words   int
}

func newJudgement(members, classes int) *judgement {
	j := &judgement{blended: make([]float32, classes), kin: make([]float32, classes), held: make([]float32, classes)}
	for range members {
		j.members = append(j.members, make([]float32, classes))
	}
	return j
}

func (m *Model) read(text, language string) input {
	r := read(text, language)
	x, known := m.words.vector(r)
	return input{r, x, known}
}

// judge fills a judgement, which comes with unknown content.
func (m *Model) judge(in input, j *judgement) {
	for i, member := range m.members {
		member.scores(in, j.members[i])
	}
	m.weigh(j)
	if m.trust.weights != nil {
		best := next(j.blended[:len(m.labels)], -1)
		m.survey(in, j, best, next(j.blended, best))
	}
}

// survey notes how like the message is to what was learnt, and what of it some classes have.
func (m *Model) survey(in input, j *judgement, classes ...int) {
	m.kin.shares(in.x, j.kin)
	for _, class := range classes {
		j.held[class] = m.kin.held(in.x, class)
	}
	j.known, j.words = in.known, len(in.words)
}

// weigh makes log probabilities of the members' scores and blends them.
func (m *Model) weigh(j *judgement) {
	clear(j.blended)
	for i, member := range m.members {
		logSoftmax(j.members[i], member.temperature)
		axpy(1/float32(len(m.members)), j.members[i], j.blended)
	}
	logSoftmax(j.blended, m.blend)
}

func (m *Model) result(j *judgement) Result {
	order := topClasses(j.blended[:len(m.labels)], MaxAlternatives)
	best := order[0]
	r := Result{Label: m.labels[best], Confidence: exp(j.blended[best]), InScope: true}
	if m.trust.weights != nil {
		r.Confidence = m.trust.confidence(j.blended[best], m.evidence(j, best, m.trust.record[best]))
	}
	// The others share what the first leaves, and none is likelier than the first.
	left := (1 - r.Confidence) / max(1-exp(j.blended[best]), 1e-9)
	r.Alternatives = append(make([]Alternative, 0, len(order)), Alternative{r.Label, r.Confidence})
	for _, k := range order[1:] {
		r.Alternatives = append(r.Alternatives, Alternative{m.labels[k], min(r.Confidence, left*exp(j.blended[k]))})
	}
	if m.outOfScope {
		r.ScopeMargin = float64(j.blended[best] - j.blended[len(m.labels)])
		r.InScope = r.ScopeMargin >= m.cut
	}
	return r
}

// topClasses gives the classes of the n highest scores, highest first, ties by number.
func topClasses(scores []float32, n int) []int {
	top := make([]int, 0, n+1)
	for k, s := range scores {
		if len(top) == n && s <= scores[top[n-1]] {
			continue
		}
		at, _ := slices.BinarySearchFunc(top, s, func(k int, s float32) int {
			if scores[k] >= s {
				return -1
			}
			return cmp.Compare(s, scores[k])
		})
		top = slices.Insert(top, at, k)
		top = top[:min(len(top), n)]
	}
	return top
}
