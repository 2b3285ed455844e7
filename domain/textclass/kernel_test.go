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
