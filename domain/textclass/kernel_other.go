//go:build !amd64

package textclass

const vectorised = false

func axpyAVX(float32, *float32, *float32, int) {}

func dotAVX(*float32, *float32, int) float32 { return 0 }

func dotsAVX(*float32, *float32, int, int, int, *float32) {}

func axpyBytesAVX(float32, *int8, *float32, int) {}

func gatherAVX(*float32, int, *int32, *float32, int, *float32) {}

func strongestAVX(*float32, int, int, *float32, int, int, *float32, *float32, *int32) {}

func gatherBytesAVX(*int8, int, *int32, *float32, int, *float32) {}

func scatterAVX(*float32, int, *int32, *float32, int, *float32) {}
