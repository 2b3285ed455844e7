package textclass

import "math"

// The inner loops of all learners. On processors with AVX2 and FMA they run in assembly, eight numbers at a time,
// which is what makes training fit on one core; elsewhere in plain Go. The two differ by rounding only.

// axpy adds a·x to y; both have the same length.
func axpy(a float32, x, y []float32) {
	if len(x) != len(y) {
		panic("textclass: axpy of unequal lengths")
	}
	if len(x) == 0 {
		return
	}
	if vectorised {
		axpyAVX(a, &x[0], &y[0], len(x))
		return
	}
	axpyPlain(a, x, y)
}

// dot is the inner product of x and y of the same length.
func dot(x, y []float32) float32 {
	if len(x) != len(y) {
		panic("textclass: dot of unequal lengths")
	}
	if len(x) == 0 {
		return 0
	}
	if vectorised {
		return dotAVX(&x[0], &y[0], len(x))
	}
	return dotPlain(x, y)
}

// dots writes the inner products of row with windows of its length that start stride apart in base, one to each place of out.
// The row's length is a multiple of 16 and out's one of 4.
func dots(row, base []float32, stride int, out []float32) {
	if len(row) == 0 || len(row)%16 != 0 || len(out) == 0 || len(out)%4 != 0 || len(base) < (len(out)-1)*stride+len(row) {
		panic("textclass: dots of unfit lengths")
	}
	if vectorised {
		dotsAVX(&row[0], &base[0], stride, len(row), len(out)/4, &out[0])
		return
	}
	for i := range out {
		out[i] = dotPlain(row, base[i*stride:i*stride+len(row)])
	}
}

// gather adds Σ value·row(index) to out.
func gather(weights matrix, x sparse, out []float32) {
	if len(x.index) != len(x.value) || len(out) != weights.cols {
		panic("textclass: gather of unequal lengths")
	}
	if len(x.index) == 0 {
		return
	}
	if vectorised && weights.cols >= 16 {
		checkRows(x.index, weights.rows)
		gatherAVX(&weights.data[0], weights.cols, &x.index[0], &x.value[0], len(x.index), &out[0])
		return
	}
	for i, id := range x.index {
		axpy(x.value[i], weights.row(int(id)), out)
	}
}

// scatter adds value·x to each row(index).
func scatter(weights matrix, to sparse, x []float32) {
	if len(to.index) != len(to.value) || len(x) != weights.cols {
		panic("textclass: scatter of unequal lengths")
	}
	done := 0
	if vectorised && len(to.index) > 0 && weights.cols >= 64 {
		checkRows(to.index, weights.rows)
		scatterAVX(&weights.data[0], weights.cols, &to.index[0], &to.value[0], len(to.index), &x[0])
		done = weights.cols &^ 63
	}
	if done == weights.cols {
		return
	}
	for i, id := range to.index {
		axpy(to.value[i], x[done:], weights.row(int(id))[done:])
	}
}

// checkRows panics where plain Go would, before assembly reads or writes what is not there.
func checkRows(index []int32, rows int) {
	for _, id := range index {
		if uint(id) >= uint(rows) {
			panic("textclass: a row that is not there")
		}
	}
}

// strongest gives for each row the largest of its inner products with as many windows as are told, and which window that was. Windows start
// stride apart in base, which has room for three more. Rows are even in number and a multiple of 8 long.
func strongest(rows matrix, base []float32, stride, windows int, best []float32, place []int32) {
	fours := (windows + 3) / 4
	if rows.cols%8 != 0 || rows.rows%2 != 0 || windows < 1 || len(base) < (4*fours-1)*stride+rows.cols || len(best) < rows.rows || len(place) < rows.rows {
		panic("textclass: strongest of unfit lengths")
	}
	if !vectorised {
		strongestPlain(rows, base, stride, windows, best, place)
		return
	}
	var last [4]float32
	for i := windows - 4*(fours-1); i < len(last); i++ {
		last[i] = float32(math.Inf(-1))
	}
	strongestAVX(&rows.data[0], rows.cols, rows.rows/2, &base[0], stride, fours, &last[0], &best[0], &place[0])
}

func strongestPlain(rows matrix, base []float32, stride, windows int, best []float32, place []int32) {
	for f := range rows.rows {
		best[f] = float32(math.Inf(-1))
		for w := range windows {
			if v := dotPlain(rows.row(f), base[w*stride:w*stride+rows.cols]); v > best[f] {
				best[f], place[f] = v, int32(w)
			}
		}
	}
}

// axpyBytes adds a·x to y, x being whole numbers.
func axpyBytes(a float32, x []int8, y []float32) {
	if len(x) != len(y) {
		panic("textclass: axpyBytes of unequal lengths")
	}
	if len(x) == 0 {
		return
	}
	if vectorised {
		axpyBytesAVX(a, &x[0], &y[0], len(x))
		return
	}
	axpyBytesPlain(a, x, y)
}

// gatherBytes adds Σ value·row(index) to out, rows being taken without their scale.
func gatherBytes(weights quantised, index []int32, value, out []float32) {
	if len(index) != len(value) || len(out) != weights.cols {
		panic("textclass: gatherBytes of unequal lengths")
	}
	done := 0
	if vectorised && len(index) > 0 && weights.cols >= 64 {
		checkRows(index, weights.rows)
		gatherBytesAVX(&weights.data[0], weights.cols, &index[0], &value[0], len(index), &out[0])
		done = weights.cols &^ 63
	}
	if done == weights.cols {
		return
	}
	for i, id := range index {
		axpyBytes(value[i], weights.data[int(id)*weights.cols+done:(int(id)+1)*weights.cols], out[done:])
	}
}

func axpyBytesPlain(a float32, x []int8, y []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += a * float32(v)
	}
}

func axpyPlain(a float32, x, y []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += a * v
	}
}

func dotPlain(x, y []float32) float32 {
	y = y[:len(x)]
	var even, odd float32
	i := 0
	for ; i+1 < len(x); i += 2 {
		even += x[i] * y[i]
		odd += x[i+1] * y[i+1]
	}
	if i < len(x) {
		even += x[i] * y[i]
	}
	return even + odd
}
