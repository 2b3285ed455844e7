package sqlitestore

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"

	"sori/domain"
)

// searchIndex is the full-text index: an FTS5 table that holds tokens only, no text and no positions, and beside it what each row is.
// A row is given at the first Put of an id and kept by later ones, so that the newest have the highest rows and a search
// reads from there and stops at its limit.
type searchIndex struct{ store *Store }

var searchTables = []ddl{
	{"sori_search", `CREATE VIRTUAL TABLE sori_search USING fts5(tokens, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '_'")`},
	{"sori_words", `CREATE TABLE sori_words (word TEXT PRIMARY KEY) WITHOUT ROWID`},
	{"sori_searched", `CREATE TABLE sori_searched (row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, inquiry TEXT NOT NULL, customer TEXT NOT NULL, at INTEGER)`},
}

// Put implements domain.SearchIndex.
func (x searchIndex) Put(ctx context.Context, docs []domain.SearchDocument) error {
	return x.store.transact(ctx, func(tx *tx) error {
		tx.wrote = true
		texts := make(map[int64]string, len(docs))
		for _, d := range docs {
			number, err := putSearched(tx.conn, d)
			if err != nil {
				return fault(err)
			}
			text, words := indexText(d)
			if err := putWords(tx.conn, words); err != nil {
				return fault(err)
			}
			texts[number] = text
		}
		return fault(putTexts(tx.conn, texts))
	})
}

// putSearched notes what a document is, and gives its row: a new one only if its id is new.
func putSearched(conn *sqlite.Conn, d domain.SearchDocument) (number int64, err error) {
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

func putWords(conn *sqlite.Conn, words []string) error {
	for _, w := range words {
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
	for _, number := range slices.Sorted(maps.Keys(texts)) {
		if err := run(conn, "INSERT OR REPLACE INTO sori_search(rowid,tokens) VALUES(?,?)", number, texts[number]); err != nil {
			return err
		}
	}
	return nil
}

// Remove implements domain.SearchIndex.
func (x searchIndex) Remove(ctx context.Context, ids []string) error {
	return x.store.transact(ctx, func(tx *tx) error {
		tx.wrote = true
		for _, id := range ids {
			err := run(tx.conn, "DELETE FROM sori_search WHERE rowid=(SELECT row FROM sori_searched WHERE id=?)", id)
			if err == nil {
				err = run(tx.conn, "DELETE FROM sori_searched WHERE id=?", id)
			}
			if err != nil {
				return fault(err)
			}
		}
		return nil
	})
}

// Clear implements domain.SearchIndex.
func (x searchIndex) Clear(ctx context.Context) error {
	return x.store.transact(ctx, func(tx *tx) error {
		tx.wrote = true
		err := run(tx.conn, "INSERT INTO sori_search(sori_search) VALUES('delete-all')")
		for _, table := range []string{"sori_searched", "sori_words"} {
			if err == nil {
				err = run(tx.conn, "DELETE FROM "+table)
			}
		}
		return fault(err)
	})
}

// Find implements domain.SearchIndex. The documents it gives have no Tokens. Without terms it gives the newest.
func (x searchIndex) Find(ctx context.Context, terms []domain.SearchTerm, kinds []string, limit int) (found []domain.SearchDocument, err error) {
	err = x.store.readers.use(ctx, func(conn *sqlite.Conn) error {
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

func findMatches(ctx context.Context, conn *sqlite.Conn, match string, limit int) ([]domain.SearchDocument, error) {
	sql := "SELECT d.id,d.inquiry,d.customer,d.at FROM sori_search AS s CROSS JOIN sori_searched AS d ON d.row=s.rowid WHERE s.sori_search MATCH ? ORDER BY s.rowid DESC"
	if match == "" {
		sql = "SELECT id,inquiry,customer,at FROM sori_searched WHERE ?='' ORDER BY row DESC"
	}
	stmt, err := conn.Prepare(sql)
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
