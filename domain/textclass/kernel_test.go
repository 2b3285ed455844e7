package textclass

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The vector loops must agree with the plain ones at every length, above all around the unrolled steps.
func TestKernelsAgreeWithPlainGo(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 131 {
		x, y := make([]float32, n), make([]float32, n)
		for i := range n {
			x[i], y[i] = r.Float32()-.5, r.Float32()-.5
		}
		if got, want := dot(x, y), dotPlain(x, y); math.Abs(float64(got-want)) > 1e-5 {
			t.Errorf("dot of %d numbers: %v, want %v", n, got, want)
		}
		got, want := append([]float32{}, y...), append([]float32{}, y...)
		axpy(.75, x, got)
		axpyPlain(.75, x, want)
		b, gotBytes, wantBytes := make([]int8, n), append([]float32{}, y...), append([]float32{}, y...)
		for i := range b {
			b[i] = int8(r.Uint32())
		}
		axpyBytes(.01, b, gotBytes)
		axpyBytesPlain(.01, b, wantBytes)
		for i := range n {
			if math.Abs(float64(gotBytes[i]-wantBytes[i])) > 1e-6 {
				t.Errorf("axpyBytes of %d numbers, place %d: %v, want %v", n, i, gotBytes[i], wantBytes[i])
			}
			if math.Abs(float64(got[i]-want[i])) > 1e-6 {
				t.Errorf("axpy of %d numbers, place %d: %v, want %v", n, i, got[i], want[i])
			}
		}
	}
}

func TestDotsAgreeWithDot(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{16, 32, 48, 192} {
		const stride, windows = 16, 12
		row, base, got := make([]float32, n), make([]float32, n+(windows-1)*stride), make([]float32, windows)
		for i := range base {
			base[i] = r.Float32() - .5
			row[i%n] = r.Float32() - .5
		}
		dots(row, base, stride, got)
		for i, v := range got {
			if want := dotPlain(row, base[i*stride:i*stride+n]); math.Abs(float64(v-want)) > 1e-5 {
				t.Errorf("window %d of length %d: %v, want %v", i, n, v, want)
			}
		}
	}
}

func BenchmarkAxpy(b *testing.B) {
	x, y := make([]float32, 192), make([]float32, 192)
	for b.Loop() {
		axpy(.5, x, y)
	}
}

func BenchmarkDot(b *testing.B) {
	x, y := make([]float32, 192), make([]float32, 192)
	for b.Loop() {
		dot(x, y)
	}
}

func TestGatherAgreesWithPlainGo(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for cols := 1; cols < 211; cols++ {
		weights := newMatrix(9, cols)
		for i := range weights.data {
			weights.data[i] = r.Float32() - .5
		}
		var x sparse
		got, want := make([]float32, cols), make([]float32, cols)
		for i := range got {
			got[i] = r.Float32()
			want[i] = got[i]
		}
		for range cols % 12 {
			x.index, x.value = append(x.index, r.Int32N(9)), append(x.value, r.Float32())
		}
		gather(weights, x, got)
		for i, id := range x.index {
			axpyPlain(x.value[i], weights.row(int(id)), want)
		}
		for i := range got {
			if math.Abs(float64(got[i]-want[i])) > 1e-5 {
				t.Fatalf("%d rows of %d columns, column %d: %v, want %v", len(x.index), cols, i, got[i], want[i])
			}
		}
	}
}

func TestScatterAgreesWithPlainGo(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	for cols := 1; cols < 211; cols++ {
		got, want, x := newMatrix(9, cols), newMatrix(9, cols), make([]float32, cols)
		for i := range x {
			x[i] = r.Float32() - .5
		}
		var to sparse
		for range cols % 12 {
			to.index, to.value = append(to.index, r.Int32N(9)), append(to.value, r.Float32())
		}
		scatter(got, to, x)
		for i, id := range to.index {
			axpyPlain(to.value[i], x, want.row(int(id)))
		}
		for i := range got.data {
			if math.Abs(float64(got.data[i]-want.data[i])) > 1e-5 {
				t.Fatalf("%d rows of %d columns, number %d: %v, want %v", len(to.index), cols, i, got.data[i], want.data[i])
			}
		}
	}
}

func TestGatherRefusesRowsThatAreNotThere(t *testing.T) {
	t.Parallel()
	for _, id := range []int32{-1, 3} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("row %d of 3 was read", id)
				}
			}()
			gather(newMatrix(3, 64), sparse{[]int32{id}, []float32{1}}, make([]float32, 64))
		}()
	}
}

func TestStrongestAgreesWithPlainGo(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for windows := 1; windows < 23; windows++ {
		const stride = 16
		rows, base := newMatrix(6, 48), make([]float32, (windows+6)*stride)
		for i := range base {
			base[i] = r.Float32() - .8
		}
		for i := range rows.data {
			rows.data[i] = r.Float32() - .2 // most products are negative: what is past the last window would win
		}
		var best, wantBest [6]float32
		var place, wantPlace [6]int32
		clear(base[(windows+2)*stride:])
		strongest(rows, base, stride, windows, best[:], place[:])
		strongestPlain(rows, base, stride, windows, wantBest[:], wantPlace[:])
		for f := range best {
			if math.Abs(float64(best[f]-wantBest[f])) > 1e-4 || place[f] != wantPlace[f] {
				t.Errorf("%d windows, row %d: %v at %d, want %v at %d", windows, f, best[f], place[f], wantBest[f], wantPlace[f])
			}
		}
	}
}

func TestGatherBytesAgreesWithPlainGo(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	for cols := 1; cols < 211; cols++ {
		weights := newMatrix(9, cols)
		for i := range weights.data {
			weights.data[i] = r.Float32() - .5
		}
		q := quantise(weights)
		var x sparse
		got, want := make([]float32, cols), make([]float32, cols)
		for range cols {
			x.index, x.value = append(x.index, r.Int32N(9)), append(x.value, r.Float32())
		}
		q.addRows(x, got)
		for i, id := range x.index {
			axpyBytesPlain(x.value[i]*q.scale[id], q.data[int(id)*cols:(int(id)+1)*cols], want)
		}
		for i := range got {
			if math.Abs(float64(got[i]-want[i])) > 1e-4 {
				t.Fatalf("%d columns, column %d: %v, want %v", cols, i, got[i], want[i])
			}
		}
	}
}

// A message's features against a table larger than the caches.
func BenchmarkGather(b *testing.B) {
	r := rand.New(rand.NewPCG(13, 14))
	weights, out := newMatrix(60_000, 192), make([]float32, 192)
	x := sparse{make([]int32, 100), make([]float32, 100)}
	for b.Loop() {
		for i := range x.index {
			x.index[i] = r.Int32N(60_000)
		}
		gather(weights, x, out)
	}
}

// The filters of width three over a message of twelve words.
func BenchmarkStrongest(b *testing.B) {
	rows, base := newMatrix(96, 192), make([]float32, 19*64)
	var best [96]float32
	var place [96]int32
	for b.Loop() {
		strongest(rows, base, 64, 14, best[:], place[:])
	}
}
