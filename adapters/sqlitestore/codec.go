package sqlitestore

import (
	"fmt"
	"slices"
	"sync"

	gojson "github.com/goccy/go-json"
	"zombiezen.com/go/sqlite"

	"sori/domain"
	"sori/domain/jsonplan"
)

// maxDocument is the most bytes of JSON that a document may have. It is what MongoDB takes, so that what one engine stores the
// other can.
const maxDocument = 16<<20 - 64<<10

// scratch are buffers for what is copied at once. A large one is not kept.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

const maxScratch = 1 << 20

func giveBack(p *[]byte, used []byte) {
	if cap(used) <= maxScratch {
		*p = used[:0]
		scratch.Put(p)
	}
}

// encode gives a document as it is stored. TooLarge past maxDocument.
func (t *table) encode(doc domain.Document) (string, error) {
	p := scratch.Get().(*[]byte)
	raw, err := jsonplan.Append(*p, doc, false)
	defer giveBack(p, raw)
	if err != nil {
		return "", fmt.Errorf("encoding %s %s: %w", t.spec.Noun, doc.Head().ID, err)
	}
	if len(raw) > maxDocument {
		return "", domain.Errorf(domain.TooLarge, "a %s of %d bytes is too large to store: at most %d", t.spec.Noun, len(raw), maxDocument)
	}
	return string(raw), nil
}

// decode fills doc from a column of the statement's row.
func decode(stmt *sqlite.Stmt, column int, doc domain.Document) error {
	p := scratch.Get().(*[]byte)
	n := stmt.ColumnLen(column)
	raw := slices.Grow(*p, n)[:n]
	defer giveBack(p, raw)
	stmt.ColumnBytes(column, raw)
	if err := parse(raw, doc); err != nil {
		return domain.Errorf(domain.Internal, "a stored document cannot be read: %w", err)
	}
	return nil
}

// parse reads what encode wrote, or encoding/json in the stores of older releases. go-json reads it as encoding/json does, in a quarter of the time (a page of
// the inbox spent most of its time here). It is not given what anybody else wrote.
func parse(raw []byte, doc domain.Document) error { return gojson.Unmarshal(raw, doc) }
