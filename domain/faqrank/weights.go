package faqrank

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// Weights say how much each gram tells about what a question means; the zero value knows nothing and weighs all grams by
// their rarity alone. Weights are immutable.
type Weights struct {
	log map[gram]float64 // natural logarithm of the factor
}

func (w *Weights) factor(g gram) float64 {
	if w == nil {
		return 1
	}
	return math.Exp(w.log[g])
}

// Rewording is a question and the text of the article that answered it.
type Rewording struct {
	Question string
	Article  string
}

const (
	learnSteps     = 30_000 // as many passes as make about so many steps, …
	fewestEpochs   = 6      // … within these bounds
	mostEpochs     = 60
	learnRate      = 0.05
	learnSharpness = 20.0
	learnDecay     = 0.002
	// MaxRewordings is how many rewordings one Learn reads; the rest is ignored.
	MaxRewordings = 20_000
)

// Learn finds the weights under which every question is nearest to its own article among all articles given: gradient descent
// by Adagrad on the cross entropy of a softmax over the cosines. It needs two different articles, else gives nil.
// Error: ctx's.
func Learn(ctx context.Context, rewordings []Rewording, seed uint64) (*Weights, error) {
	l := newLearning(rewordings[:min(len(rewordings), MaxRewordings)])
	if len(l.articles) < 2 {
		return nil, nil
	}
	r := rand.New(rand.NewPCG(seed, 1))
	for range max(fewestEpochs, min(mostEpochs, learnSteps/len(l.questions))) {
		for _, n := range r.Perm(len(l.questions)) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			l.step(l.questions[n], l.target[n])
		}
	}
	w := &Weights{log: make(map[gram]float64, len(l.log))}
	for g, id := range l.id {
		if l.log[id] != 0 {
			w.log[g] = float64(float32(l.log[id])) // as it will be when read back from bytes
		}
	}
	return w, nil
}

// part is a gram of a text by number, with its weight before learning, rarity included.
type part struct {
	id     int
	weight float64
}

type learning struct {
	id        map[gram]int
	log       []float64 // learnt, by gram
	square    []float64 // exp(2·log), by gram
	squares   []float64 // Adagrad's accumulators, by gram
	gradient  []float64 // by gram, zero between steps
	asked     []float64 // by gram: its weight in the question of this step, else 0
	touched   []int
	articles  [][]part
	holders   [][]int // by gram: articles with it
	questions [][]part
	target    []int
}

func newLearning(rewordings []Rewording) *learning {
	l := &learning{id: make(map[gram]int)}
	number := make(map[string]int)
	var texts []string
	for _, r := range rewordings {
		if _, known := number[r.Article]; !known {
			number[r.Article] = len(texts)
			texts = append(texts, r.Article)
		}
		l.target = append(l.target, number[r.Article])
	}
	df := make(map[gram]int)
	for _, text := range texts {
		for _, c := range gramsOf(text) {
			df[c.gram]++
		}
	}
	parts := func(text string) []part {
		var out []part
		for _, c := range gramsOf(text) {
			id, known := l.id[c.gram]
			if !known {
				id = len(l.id)
				l.id[c.gram] = id
			}
			out = append(out, part{id, c.weight * rarity(df[c.gram], len(texts))})
		}
		return out
	}
	for _, text := range texts {
		l.articles = append(l.articles, parts(text))
	}
	for _, r := range rewordings {
		l.questions = append(l.questions, parts(r.Question))
	}
	for _, values := range []*[]float64{&l.log, &l.square, &l.squares, &l.gradient, &l.asked} {
		*values = make([]float64, len(l.id))
	}
	for id := range l.square {
		l.square[id] = 1
	}
	l.holders = make([][]int, len(l.id))
	for a, article := range l.articles {
		for _, p := range article {
			l.holders[p.id] = append(l.holders[p.id], a)
		}
	}
	return l
}

// rarity is the inverse document frequency ln(1 + n/df), smoothed for grams in no document.
func rarity(df, n int) float64 { return math.Log(1 + float64(n+1)/float64(df+1)) }

// step moves the weights of the grams of one question and of its nearest articles.
func (l *learning) step(question []part, target int) {
	qNorm := 0.0
	for _, p := range question {
		l.asked[p.id] = p.weight
		qNorm += l.square[p.id] * p.weight * p.weight
	}
	qNorm = math.Sqrt(qNorm)
	near := l.near(question, target)
	cosines, norms := make([]float64, len(near)), make([]float64, len(near))
	for i, a := range near {
		cosines[i], norms[i] = l.cosine(l.articles[a], qNorm)
	}
	pull := softmax(cosines, learnSharpness)
	for i, a := range near {
		g := pull[i]
		if a == target {
			g--
		}
		if math.Abs(g) > 1e-3 && qNorm*norms[i] > 0 {
			l.addGradient(g*learnSharpness, question, l.articles[a], qNorm, norms[i], cosines[i])
		}
	}
	l.descend()
	for _, p := range question {
		l.asked[p.id] = 0
	}
}

// near lists the articles that share a gram with the question, and the target.
func (l *learning) near(question []part, target int) []int {
	near := []int{target}
	for _, p := range question {
		near = append(near, l.holders[p.id]...)
	}
	slices.Sort(near)
	return slices.Compact(near)
}

// cosine is between the question of this step and an article, whose norm it gives too.
func (l *learning) cosine(article []part, qNorm float64) (cosine, norm float64) {
	sum := 0.0
	for _, p := range article {
		w := l.square[p.id] * p.weight
		sum += w * l.asked[p.id]
		norm += w * p.weight
	}
	norm = math.Sqrt(norm)
	if qNorm*norm == 0 {
		return 0, norm
	}
	return sum / (qNorm * norm), norm
}

func softmax(scores []float64, sharpness float64) []float64 {
	out := make([]float64, len(scores))
	top, sum := slices.Max(scores), 0.0
	for i, s := range scores {
		out[i] = math.Exp((s - top) * sharpness)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

// addGradient adds scale times the derivative of the cosine by each logarithm.
func (l *learning) addGradient(scale float64, question, article []part, qNorm, aNorm, cosine float64) {
	for _, p := range article {
		w := l.square[p.id] * p.weight
		l.add(p.id, scale*(2*w*l.asked[p.id]/(qNorm*aNorm)-cosine*w*p.weight/(aNorm*aNorm)))
	}
	for _, p := range question {
		l.add(p.id, -scale*cosine*l.square[p.id]*p.weight*p.weight/(qNorm*qNorm))
	}
}

func (l *learning) add(id int, g float64) {
	if l.gradient[id] == 0 {
		l.touched = append(l.touched, id)
	}
	l.gradient[id] += g
}

func (l *learning) descend() {
	for _, id := range l.touched {
		g := l.gradient[id] + learnDecay*l.log[id]
		l.gradient[id] = 0
		l.squares[id] += g * g
		if l.squares[id] > 0 {
			l.log[id] -= learnRate * g / math.Sqrt(l.squares[id])
			l.log[id] = max(-largestLog, min(largestLog, l.log[id]))
			l.square[id] = math.Exp(2 * l.log[id])
		}
	}
	l.touched = l.touched[:0]
}
