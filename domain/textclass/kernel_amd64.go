package textclass

// vectorised: processor and operating system can do AVX2 and FMA.
var vectorised = hasAVX2()

// hasAVX2 asks CPUID leaves 1 and 7 and XGETBV (Intel SDM volume 1, section 14.7.1).
func hasAVX2() bool

//go:noescape
func axpyAVX(a float32, x, y *float32, n int)

//go:noescape
func dotAVX(x, y *float32, n int) float32

//go:noescape
func dotsAVX(row, base *float32, stride, n, fours int, out *float32)

//go:noescape
func axpyBytesAVX(a float32, x *int8, y *float32, n int)

//go:noescape
func gatherAVX(weights *float32, cols int, index *int32, value *float32, n int, out *float32)

//go:noescape
func strongestAVX(rows *float32, n, pairs int, base *float32, stride, fours int, last, best *float32, place *int32)

//go:noescape
func gatherBytesAVX(weights *int8, cols int, index *int32, value *float32, n int, out *float32)

//go:noescape
func scatterAVX(weights *float32, cols int, index *int32, value *float32, n int, x *float32)
