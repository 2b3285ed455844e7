package sqlitestore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"

	gojson "github.com/goccy/go-json"
	"zombiezen.com/go/sqlite"

	"sori/domain"
)

// maxDocument is the most bytes of JSON that a document may have. It is what MongoDB takes, so that what one engine stores the
// other can.
const maxDocument = 16<<20 - 64<<10

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// encode gives a document as it is stored. TooLarge past maxDocument.
func (t *table) encode(doc domain.Document) (string, error) {
	b := buffers.Get().(*bytes.Buffer)
	defer func() {
		if b.Cap() <= 1<<20 {
			buffers.Put(b)
		}
	}()
	b.Reset()
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		return "", fmt.Errorf("encoding %s %s: %w", t.spec.Noun, doc.Head().ID, err)
	}
	if b.Len() > maxDocument {
		return "", domain.Errorf(domain.TooLarge, "a %s of %d bytes is too large to store: at most %d", t.spec.Noun, b.Len(), maxDocument)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte{'\n'})), nil
}

// decode fills doc from a column of the statement's row.
func decode(stmt *sqlite.Stmt, column int, doc domain.Document) error {
	b := buffers.Get().(*bytes.Buffer)
	defer func() {
		if b.Cap() <= 1<<20 {
			buffers.Put(b)
		}
	}()
	b.Reset()
	n := stmt.ColumnLen(column)
	b.Grow(n)
	raw := b.AvailableBuffer()[:n]
	stmt.ColumnBytes(column, raw)
	if err := parse(raw, doc); err != nil {
		return domain.Errorf(domain.Internal, "a stored document cannot be read: %w", err)
	}
	return nil
}

// parse reads what encode wrote. go-json reads it as encoding/json does, in a quarter of the time (a page of the inbox spends most of its time here); it is not given
// what anybody else wrote.
func parse(raw []byte, doc domain.Document) error { return gojson.Unmarshal(raw, doc) }
