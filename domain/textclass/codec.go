package textclass

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
)

// The form of a model as bytes, little-endian: magic and version, body, CRC-32 (IEEE) of all before it. A change of the
// features, of a learner's shape or of this form needs a new version: an old model would mean something else.
const (
	modelMagic = "SORITC"
	// ModelVersion is written into every model and the only one read.
	ModelVersion = 4
	// MaxModelBytes is the longest model accepted.
	MaxModelBytes = 256 << 20
)

const (
	kindSVM = iota + 1
	kindMLP
	kindCNN
)

// MarshalBinary gives the model as bytes, without any text it was trained on. ErrFormat if it were over MaxModelBytes.
func (m *Model) MarshalBinary() ([]byte, error) {
	w := writer{append([]byte(modelMagic), ModelVersion)}
	m.writeHead(&w)
	w.uint32(m.words.size())
	for _, f := range m.words.feature {
		w.bytes = binary.LittleEndian.AppendUint64(w.bytes, uint64(f))
	}
	w.floats(m.words.idf)
	w.uint32(len(m.members))
	for _, member := range m.members {
		w.float64(member.temperature)
		w.learner(member.learner)
	}
	w.trust(m.trust)
	w.quantised(m.kin.sums)
	w.bytes = binary.LittleEndian.AppendUint32(w.bytes, crc32.ChecksumIEEE(w.bytes))
	if len(w.bytes) > MaxModelBytes {
		return nil, fmt.Errorf("%w: model has %d bytes, at most %d", ErrFormat, len(w.bytes), MaxModelBytes)
	}
	return w.bytes, nil
}

func (m *Model) writeHead(w *writer) {
	w.uint32(len(m.labels))
	number := make(map[string]int)
	for i, label := range m.labels {
		number[label] = i
		w.uint32(len(label))
		w.bytes = append(w.bytes, label...)
	}
	number[""] = len(m.labels)
	w.uint32(count(m.outOfScope))
	w.float64(m.blend)
	w.float64(m.cut)
	w.uint32(len(m.outcomes))
	for _, o := range m.outcomes {
		w.bytes = binary.LittleEndian.AppendUint64(w.bytes, o.Key)
		w.uint32(number[o.Label])
		w.uint32(number[o.Predicted])
		w.float64(o.Confidence)
		w.float64(o.ScopeMargin)
	}
}

type writer struct{ bytes []byte }

func (w *writer) uint32(n int) { w.bytes = binary.LittleEndian.AppendUint32(w.bytes, uint32(n)) }

func (w *writer) float64(v float64) {
	w.bytes = binary.LittleEndian.AppendUint64(w.bytes, math.Float64bits(v))
}

func (w *writer) floats(values []float32) {
	for _, v := range values {
		w.bytes = binary.LittleEndian.AppendUint32(w.bytes, math.Float32bits(v))
	}
}

func (w *writer) quantised(q quantised) {
	w.floats(q.scale)
	for _, v := range q.data {
		w.bytes = append(w.bytes, byte(v))
	}
}

func (w *writer) dense(d dense) {
	w.floats(d.weights.data)
	w.floats(d.bias)
}

func (w *writer) learner(l learner) {
	switch l := l.(type) {
	case *svm:
		w.uint32(kindSVM)
		w.quantised(l.weights)
		w.floats(l.bias)
	case *mlp:
		w.uint32(kindMLP)
		w.quantised(l.hidden)
		w.floats(l.hiddenBias)
		w.dense(l.output)
	case *cnn:
		w.uint32(kindCNN)
		w.uint32(l.shape)
		w.quantised(l.pieces)
		for _, bank := range l.filters {
			w.floats(bank.weights.data)
			w.floats(bank.bias)
		}
		w.dense(l.output)
	}
}

func (w *writer) trust(t trust) {
	w.uint32(count(t.weights != nil))
	if t.weights == nil {
		return
	}
	w.float64(t.bias)
	for _, v := range slices.Concat(t.weights, t.record) {
		w.float64(v)
	}
}

// UnmarshalBinary replaces the model by the one in data. Bytes that are cut, damaged, of another version or inconsistent
// are ErrFormat; nothing is allocated that data is not long enough for.
func (m *Model) UnmarshalBinary(data []byte) error {
	if len(data) > MaxModelBytes {
		return fmt.Errorf("%w: model has %d bytes, at most %d", ErrFormat, len(data), MaxModelBytes)
	}
	head := len(modelMagic) + 1
	if len(data) < head+4 || string(data[:head-1]) != modelMagic {
		return fmt.Errorf("%w: not a model", ErrFormat)
	}
	if v := data[head-1]; v != ModelVersion {
		return fmt.Errorf("%w: model of version %d, want %d", ErrFormat, v, ModelVersion)
	}
	body, sum := data[:len(data)-4], binary.LittleEndian.Uint32(data[len(data)-4:])
	if crc32.ChecksumIEEE(body) != sum {
		return fmt.Errorf("%w: model is damaged (checksum)", ErrFormat)
	}
	r := reader{bytes: body[head:]}
	fresh := &Model{}
	r.head(fresh)
	r.vocabulary(fresh)
	r.members(fresh)
	r.trust(fresh)
	fresh.kin.sums = r.quantised(fresh.words.size(), fresh.classes())
	if r.err == nil && len(r.bytes) > 0 {
		r.fail("bytes after the end")
	}
	if r.err != nil {
		return r.err
	}
	m.labels, m.outOfScope, m.words, m.members = fresh.labels, fresh.outOfScope, fresh.words, fresh.members
	m.blend, m.trust, m.cut, m.outcomes = fresh.blend, fresh.trust, fresh.cut, fresh.outcomes
	m.kin = fresh.kin
	return nil
}

// reader takes values off the front; after the first fault it gives zeros.
type reader struct {
	bytes []byte
	err   error
}

func (r *reader) fail(rule string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: model: %s", ErrFormat, rule)
	}
	r.bytes = nil
}

// take gives n items of size bytes, or nil with a fault if there are not so many.
func (r *reader) take(n, size int) []byte {
	if r.err != nil || n < 0 || n > len(r.bytes)/size {
		r.fail("cut short")
		return nil
	}
	out := r.bytes[:n*size]
	r.bytes = r.bytes[n*size:]
	return out
}

// number reads a count of at most limit.
func (r *reader) number(limit int) int {
	b := r.take(1, 4)
	if b == nil {
		return 0
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(limit) {
		r.fail("a number is too large")
		return 0
	}
	return int(n)
}

func (r *reader) float64() float64 {
	b := r.take(1, 8)
	if b == nil {
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(b))
	if math.IsNaN(v) || math.IsInf(v, 0) {
		r.fail("a number is not finite")
		return 0
	}
	return v
}

func (r *reader) temperature() float64 {
	v := r.float64()
	if v <= 0 {
		r.fail("a temperature is not positive")
	}
	return v
}

func (r *reader) floats(n int) []float32 {
	b := r.take(n, 4)
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[i*4:]))
		if v := float64(out[i]); math.IsNaN(v) || math.IsInf(v, 0) {
			r.fail("a weight is not finite")
			return out
		}
	}
	return out
}

func (r *reader) quantised(rows, cols int) quantised {
	q := quantised{rows: rows, cols: cols, scale: r.floats(rows)}
	b := r.take(rows, cols)
	q.data = make([]int8, len(b))
	for i, v := range b {
		q.data[i] = int8(v)
	}
	return q
}

func (r *reader) matrix(rows, cols int) matrix { return matrix{rows, cols, r.floats(rows * cols)} }

func (r *reader) dense(rows, cols int) dense {
	return dense{r.matrix(rows, cols), r.floats(cols)}
}

func (r *reader) head(m *Model) {
	for range r.number(MaxLabels) {
		m.labels = append(m.labels, string(r.take(r.number(MaxLabelBytes), 1)))
	}
	sorted := slices.IsSorted(m.labels) && len(slices.Compact(slices.Clone(m.labels))) == len(m.labels)
	if len(m.labels) < 2 || !sorted || m.labels[0] == "" {
		r.fail("labels are not two or more in order")
		return
	}
	m.outOfScope = r.number(1) == 1
	m.blend, m.cut = r.temperature(), r.float64()
	named := append(slices.Clone(m.labels), "")
	for range r.number(MaxExamples) {
		if r.err != nil {
			return
		}
		key := r.take(1, 8)
		label, predicted := r.number(len(m.labels)), r.number(len(m.labels)-1)
		o := Outcome{Label: named[label], Predicted: named[predicted], Confidence: r.float64(), ScopeMargin: r.float64()}
		if key != nil {
			o.Key = binary.LittleEndian.Uint64(key)
		}
		m.outcomes = append(m.outcomes, o)
	}
}

func (r *reader) vocabulary(m *Model) {
	n := r.number(maxFeatures)
	b := r.take(n, 8)
	v := &vocabulary{feature: make([]feature, len(b)/8)}
	for i := range v.feature {
		v.feature[i] = feature(binary.LittleEndian.Uint64(b[i*8:]))
	}
	v.idf = r.floats(n)
	v.index()
	m.words = v
}

func (r *reader) members(m *Model) {
	n := r.number(len(methods))
	if n == 0 {
		r.fail("no learner")
	}
	for range n {
		t := r.temperature()
		l := r.learner(m.words, m.classes())
		m.members = append(m.members, member{l, t})
	}
}

func (r *reader) trust(m *Model) {
	if r.number(1) == 0 {
		return
	}
	m.trust.bias = r.float64()
	for range len(m.members) + ownEvidence {
		m.trust.weights = append(m.trust.weights, r.float64())
	}
	for range m.labels {
		m.trust.record = append(m.trust.record, r.float64())
	}
}

func (r *reader) learner(words *vocabulary, classes int) learner {
	features := words.size()
	switch r.number(kindCNN) {
	case kindSVM:
		return &svm{r.quantised(features, classes), r.floats(classes)}
	case kindMLP:
		return &mlp{r.quantised(features, mlpUnits), r.floats(mlpUnits), r.dense(mlpUnits, classes)}
	case kindCNN:
		c := &cnn{vocabulary: words, shape: r.number(len(cnnShapes) - 1)}
		c.pieces = r.quantised(features, cnnDimensions)
		for _, shape := range cnnShapes[c.shape] {
			bank := filterBank{width: shape.width, weights: r.matrix(shape.filters, shape.width*cnnDimensions)}
			bank.bias = r.floats(shape.filters)
			c.filters = append(c.filters, bank)
		}
		c.output = r.dense(filtersOf(cnnShapes[c.shape]), classes)
		return c
	}
	r.fail("an unknown learner")
	return nil
}
