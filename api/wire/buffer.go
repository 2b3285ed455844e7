package wire

import (
	"io"
	"sync"

	"sori/domain/jsonplan"
)

// Buffer holds an answer until it is whole, so that an error on the way can still become a problem. Its memory is used again.
type Buffer struct{ b *[]byte }

var buffers = sync.Pool{New: func() any { return new([]byte) }}

const maxBuffer = 1 << 20 // a larger one is not kept

// Encode writes v as a json.Encoder does.
func (b *Buffer) Encode(v any) error {
	b.b = buffers.Get().(*[]byte)
	var err error
	*b.b, err = jsonplan.Append(*b.b, v, true)
	*b.b = append(*b.b, '\n')
	return err
}

// WriteTo writes what was encoded to w.
func (b *Buffer) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(*b.b)
	return int64(n), err
}

// Free gives the memory back. Nothing of the Buffer may be used afterwards.
func (b *Buffer) Free() {
	if b.b == nil || cap(*b.b) > maxBuffer {
		return
	}
	*b.b = (*b.b)[:0]
	buffers.Put(b.b)
	b.b = nil
}
