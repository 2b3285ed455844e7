package sqlitestore

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"

	"sori/domain"
)

// SearchFileName is the name of the full-text index beside the database. It holds nothing that the database does not: if it is removed, it is made anew
// from the event feed.
const SearchFileName = "search.db"

// searchIndex is the full-text index: an FTS5 table that holds tokens only, no text and no positions, and beside it what each row is.
// A row is given at the first Put of an id and kept by later ones, so that the newest have the highest rows and a search
// reads from there and stops at its limit.
//
// It is a file of its own, with a writer of its own, for FTS5 merges its pieces while it commits: in the one file, every caller would wait for that.
type searchIndex struct {
	readers *pool
	mu      sync.Mutex   // held while writing
	conn    *sqlite.Conn // nil if the store is read-only, and when it is closed
}

var searchTables = []ddl{
	{"sori_search", `CREATE VIRTUAL TABLE sori_search USING fts5(tokens, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '_'")`},
	{"sori_words", `CREATE TABLE sori_words (word TEXT PRIMARY KEY) WITHOUT ROWID`},
	{"sori_searched", `CREATE TABLE sori_searched (row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, inquiry TEXT NOT NULL, customer TEXT NOT NULL, at INTEGER)`},
}

// Sizes of the index's connections. A search reads the newest pieces again and again, and little else.
const (
	searchWriterCacheKB = 6 << 10
	searchReaderCacheKB = 4 << 10 // each
)

// openSearch opens the index of a directory, or makes it.
func openSearch(dir string, temporary, readOnly bool) (*searchIndex, error) {
	path := filepath.Join(dir, SearchFileName)
	x := &searchIndex{readers: newPool(path, max(2, runtime.NumCPU()), searchReaderCacheKB)}
	if readOnly {
		return x, nil
	}
	if err := createPrivate(path); err != nil {
		return nil, err
	}
	conn, err := openWriter(path, temporary, searchWriterCacheKB, checkpointPages)
	if err != nil {
		return nil, err
	}
	x.conn = conn
	if err := x.write(context.Background(), makeSearchTables); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return x, nil
}

func makeSearchTables(conn *sqlite.Conn) error {
	found, err := readSchema(conn)
	if err != nil {
		return err
	}
	for _, d := range searchTables {
		if _, ok := found[d.name]; ok {
			continue
		}
		if err := execute(conn, d.sql); err != nil {
			return err
		}
	}
	return nil
}

// write carries out fn in one transaction, durably or not at all.
func (x *searchIndex) write(ctx context.Context, fn func(*sqlite.Conn) error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.conn == nil {
		return errClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return fault(atomically(x.conn, func() error { return fn(x.conn) }))
}

func (x *searchIndex) close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.readers.close()
	if x.conn != nil {
		err = errors.Join(err, x.conn.Close())
		x.conn = nil
	}
	return err
}

// Put implements domain.SearchIndex.
func (x *searchIndex) Put(ctx context.Context, docs []domain.SearchDocument) error {
	return x.write(ctx, func(conn *sqlite.Conn) error {
		texts, all := make(map[int64]string, len(docs)), map[string]struct{}{}
		for _, d := range docs {
			row, err := putSearched(conn, d)
			if err != nil {
				return err
			}
			text, words := indexText(d)
			texts[row] = text
			for _, w := range words {
				all[w] = struct{}{}
			}
		}
		if err := putWords(conn, all); err != nil {
			return err
		}
		return putTexts(conn, texts)
	})
}

// putSearched notes what a document is, and gives its row: a new one only if its id is new.
func putSearched(conn *sqlite.Conn, d domain.SearchDocument) (row int64, err error) {
	stmt, err := conn.Prepare(`INSERT INTO sori_searched(id,inquiry,customer,at) VALUES(?,?,?,?)
		ON CONFLICT(id) DO UPDATE SET inquiry=excluded.inquiry, customer=excluded.customer, at=excluded.at RETURNING row`)
	if err != nil {
		return 0, err
	}
	defer stmt.Reset()
	bind(stmt, []any{d.ID, d.InquiryID, d.CustomerID, domain.KeyOf(d.At)})
	_, err = stmt.Step()
	return stmt.ColumnInt64(0), err
}

func putWords(conn *sqlite.Conn, words map[string]struct{}) error {
	for _, w := range slices.Sorted(maps.Keys(words)) {
		if err := run(conn, "INSERT OR IGNORE INTO sori_words VALUES(?)", w); err != nil {
			return err
		}
	}
	return nil
}

// putTexts gives FTS5 the texts of rows. It keeps them in memory and writes a piece of its index when the transaction is committed; but sooner when a row is
// lower than the one before, or when a statement may have to be undone by itself (one of several rows). Pieces have to be merged, so rows come in order and one
// by one.
func putTexts(conn *sqlite.Conn, texts map[int64]string) error {
	for _, row := range slices.Sorted(maps.Keys(texts)) {
		if err := run(conn, "INSERT OR REPLACE INTO sori_search(rowid,tokens) VALUES(?,?)", row, texts[row]); err != nil {
			return err
		}
	}
	return nil
}

// Remove implements domain.SearchIndex.
func (x *searchIndex) Remove(ctx context.Context, ids []string) error {
	return x.write(ctx, func(conn *sqlite.Conn) error {
		for _, id := range ids {
			err := run(conn, "DELETE FROM sori_search WHERE rowid=(SELECT row FROM sori_searched WHERE id=?)", id)
			if err == nil {
				err = run(conn, "DELETE FROM sori_searched WHERE id=?", id)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Clear implements domain.SearchIndex.
func (x *searchIndex) Clear(ctx context.Context) error {
	return x.write(ctx, func(conn *sqlite.Conn) error {
		err := run(conn, "INSERT INTO sori_search(sori_search) VALUES('delete-all')")
		for _, table := range []string{"sori_searched", "sori_words"} {
			if err == nil {
				err = run(conn, "DELETE FROM "+table)
			}
		}
		return err
	})
}

// Empty implements domain.SearchIndex.
func (x *searchIndex) Empty(ctx context.Context) (empty bool, err error) {
	err = x.readers.use(ctx, func(conn *sqlite.Conn) error {
		_, found, err := number(conn, "SELECT 1 FROM sori_searched LIMIT 1")
		empty = !found
		return err
	})
	return empty, err
}

// Find implements domain.SearchIndex. The documents it gives have no Tokens.
func (x *searchIndex) Find(ctx context.Context, terms []domain.SearchTerm, kinds []string, limit int) (found []domain.SearchDocument, err error) {
	if !slices.ContainsFunc(terms, asksForSomething) {
		return nil, nil
	}
	err = x.readers.use(ctx, func(conn *sqlite.Conn) error {
		return snapshot(conn, func() error {
			match, err := matchExpression(terms, kinds, func(prefix string) ([]string, error) { return wordsWith(conn, prefix) })
			if err == nil {
				found, err = findMatches(ctx, conn, match, limitOf(limit))
			}
			return err
		})
	})
	return found, err
}

func asksForSomething(t domain.SearchTerm) bool {
	return slices.ContainsFunc(t.Tokens, func(token string) bool { return token != "" })
}

func findMatches(ctx context.Context, conn *sqlite.Conn, match string, limit int) ([]domain.SearchDocument, error) {
	stmt, err := conn.Prepare("SELECT d.id,d.inquiry,d.customer,d.at FROM sori_search AS s CROSS JOIN sori_searched AS d ON d.row=s.rowid WHERE s.sori_search MATCH ? ORDER BY s.rowid DESC")
	if err != nil {
		return nil, err
	}
	defer stmt.Reset()
	stmt.BindText(1, match)
	var out []domain.SearchDocument
	for len(out) < limit {
		row, err := stmt.Step()
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || !row {
			return out, err
		}
		out = append(out, foundDocument(stmt))
	}
	return out, nil
}

// wordsWith gives the words that begin so and were ever indexed, at most one more than maxWords.
func wordsWith(conn *sqlite.Conn, prefix string) ([]string, error) {
	stmt, err := conn.Prepare("SELECT word FROM sori_words WHERE word>=? ORDER BY word")
	if err != nil {
		return nil, err
	}
	defer stmt.Reset()
	stmt.BindText(1, prefix)
	var words []string
	for len(words) <= maxWords {
		row, err := stmt.Step()
		if err != nil || !row {
			return words, err
		}
		word := stmt.ColumnText(0)
		if !strings.HasPrefix(word, prefix) {
			break
		}
		words = append(words, word)
	}
	return words, nil
}

func foundDocument(stmt *sqlite.Stmt) domain.SearchDocument {
	d := domain.SearchDocument{ID: stmt.ColumnText(0), InquiryID: stmt.ColumnText(1), CustomerID: stmt.ColumnText(2)}
	if !stmt.ColumnIsNull(3) {
		d.At = time.UnixMilli(stmt.ColumnInt64(3)).UTC()
	}
	return d
}
