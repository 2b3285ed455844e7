package wire_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"sori/api/gen"
	"sori/api/wire"
)

func TestBufferWritesAsEncodingJSON(t *testing.T) {
	t.Parallel()
	now, text := time.Date(2026, 11, 22, 1, 2, 3, 4_000_000, time.UTC), "환불 <b>\"a\"</b>\u2028"
	for _, v := range []any{
		gen.InquiryList{},
		gen.InquiryList{Items: []gen.Inquiry{{Subject: &text, Tags: []string{text}, Custom: map[string]any{text: []any{1, nil}}, ResolvedAt: &now, CreatedAt: now}}, NextCursor: &text},
		gen.Interaction{Text: &text},
		gen.Receipt{Duplicate: true},
		gen.Search200JSONResponse{Items: []gen.Hit{{Score: 0.75, Highlights: []string{"<em>" + text + "</em>"}}}},
		map[string]string{"long": strings.Repeat(text, 100_000)},
	} {
		var want, got bytes.Buffer
		if err := json.NewEncoder(&want).Encode(v); err != nil {
			t.Fatal(err)
		}
		var b wire.Buffer
		if err := b.Encode(v); err != nil {
			t.Fatal(err)
		}
		if _, err := b.WriteTo(&got); err != nil || got.String() != want.String() {
			t.Errorf("%T: %v\n%.300s\nencoding/json:\n%.300s", v, err, got.Bytes(), want.Bytes())
		}
		b.Free()
	}
}

func TestBufferTellsWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	var b wire.Buffer
	defer b.Free()
	if err := b.Encode(map[string]any{"x": make(chan int)}); err == nil {
		t.Error("a channel was written")
	}
}
