package textclass

import "math"

// table is a matrix of which only sums of scaled rows are asked for.
type table interface {
	// addRows adds Σ value·row(index) to out.
	addRows(x sparse, out []float32)
}

// quantised is a matrix in a quarter of the memory: a byte a number and a scale a row. It is what a trained model
// keeps of its large tables; rounding to 1/127 of the row's largest weight changes no figure we could measure.
type quantised struct {
	rows, cols int
	scale      []float32
	data       []int8
}

func quantise(m matrix) quantised {
	q := quantised{m.rows, m.cols, make([]float32, m.rows), make([]int8, len(m.data))}
	for i := range m.rows {
		row := m.row(i)
		top := float32(0)
		for _, v := range row {
			top = max(top, v, -v)
		}
		if top == 0 {
			continue
		}
		q.scale[i] = top / math.MaxInt8
		for j, v := range row {
			q.data[i*m.cols+j] = int8(math.RoundToEven(float64(v / q.scale[i])))
		}
	}
	return q
}

// gatherRows is how many rows are added up at a time: their scaled values stay on the stack.
const gatherRows = 64

func (q quantised) addRows(x sparse, out []float32) {
	var values [gatherRows]float32
	for from := 0; from < len(x.index); from += gatherRows {
		to := min(from+gatherRows, len(x.index))
		for i, id := range x.index[from:to] {
			values[i] = x.value[from+i] * q.scale[id]
		}
		gatherBytes(q, x.index[from:to], values[:to-from], out)
	}
}
