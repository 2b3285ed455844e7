package sqlitestore

import (
	"context"
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
	{"sori_searched", `CREATE TABLE sori_searched (row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, inquiry TEXT NOT NULL, customer TEXT NOT NULL, at INTEGER)`},
}

// Put implements domain.SearchIndex.
func (x searchIndex) Put(ctx context.Context, docs []domain.SearchDocument) error {
	return x.store.transact(ctx, func(tx *tx) error {
		tx.wrote = true
		for _, d := range docs {
			if err := putSearched(tx.conn, d); err != nil {
				return fault(err)
			}
		}
		return nil
	})
}

func putSearched(conn *sqlite.Conn, d domain.SearchDocument) error {
	stmt, err := conn.Prepare(`INSERT INTO sori_searched(id,inquiry,customer,at) VALUES(?,?,?,?)
		ON CONFLICT(id) DO UPDATE SET inquiry=excluded.inquiry, customer=excluded.customer, at=excluded.at RETURNING row`)
	if err != nil {
		return err
	}
	stmt.BindText(1, d.ID)
	stmt.BindText(2, d.InquiryID)
	stmt.BindText(3, d.CustomerID)
	bindAt(stmt, 4, domain.KeyOf(d.At))
	if _, err := stmt.Step(); err != nil {
		return err
	}
	number := stmt.ColumnInt64(0)
	if err := stmt.Reset(); err != nil {
		return err
	}
	return run(conn, "INSERT OR REPLACE INTO sori_search(rowid,tokens) VALUES(?,?)", number, indexText(d))
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
		if err == nil {
			err = run(tx.conn, "DELETE FROM sori_searched")
		}
		return fault(err)
	})
}

// Find implements domain.SearchIndex. The documents it gives have no Tokens. Without terms it gives the newest.
func (x searchIndex) Find(ctx context.Context, terms []domain.SearchTerm, kinds []string, limit int) ([]domain.SearchDocument, error) {
	match := matchExpression(terms, kinds)
	var out []domain.SearchDocument
	err := x.store.readers.use(ctx, func(conn *sqlite.Conn) error {
		sql := "SELECT d.id,d.inquiry,d.customer,d.at FROM sori_search AS s CROSS JOIN sori_searched AS d ON d.row=s.rowid WHERE s.sori_search MATCH ? ORDER BY s.rowid DESC"
		if match == "" {
			sql = "SELECT id,inquiry,customer,at FROM sori_searched WHERE ?='' ORDER BY row DESC"
		}
		stmt, err := conn.Prepare(sql)
		if err != nil {
			return err
		}
		defer stmt.Reset()
		stmt.BindText(1, match)
		for len(out) < limitOf(limit) {
			row, err := stmt.Step()
			if err == nil {
				err = ctx.Err()
			}
			if err != nil || !row {
				return err
			}
			out = append(out, foundDocument(stmt))
		}
		return nil
	})
	return out, err
}

func foundDocument(stmt *sqlite.Stmt) domain.SearchDocument {
	d := domain.SearchDocument{ID: stmt.ColumnText(0), InquiryID: stmt.ColumnText(1), CustomerID: stmt.ColumnText(2)}
	if !stmt.ColumnIsNull(3) {
		d.At = time.UnixMilli(stmt.ColumnInt64(3)).UTC()
	}
	return d
}

// indexText is what FTS5 is given for a document: its tokens, and its kind as one more.
func indexText(d domain.SearchDocument) string {
	var b strings.Builder
	if kind, _, ok := strings.Cut(d.ID, "_"); ok {
		writeKind(&b, kind)
	}
	for _, token := range d.Tokens {
		b.WriteByte(' ')
		writeToken(&b, token)
	}
	return b.String()
}

// matchExpression is the query in FTS5's language: (kind OR kind) AND "token" AND "token" *. Nothing of a token is read as that language,
// since tokens are quoted and hold no quote.
func matchExpression(terms []domain.SearchTerm, kinds []string) string {
	var b strings.Builder
	for i, kind := range kinds {
		if i > 0 {
			b.WriteString(" OR ")
		} else {
			b.WriteByte('(')
		}
		b.WriteByte('"')
		writeKind(&b, kind)
		b.WriteByte('"')
	}
	if len(kinds) > 0 {
		b.WriteByte(')')
	}
	for _, term := range terms {
		for i, token := range term.Tokens {
			writeTerm(&b, token, term.Prefix && i == len(term.Tokens)-1)
		}
	}
	return b.String()
}

func writeTerm(b *strings.Builder, token string, prefix bool) {
	if token == "" {
		return
	}
	if b.Len() > 0 {
		b.WriteString(" AND ")
	}
	b.WriteByte('"')
	writeToken(b, token)
	b.WriteByte('"')
	if prefix {
		b.WriteByte('*')
	}
}

// maxToken is the most bytes of a token that count; the rest of a longer one is not looked at.
const maxToken = 512

// writeToken spells a token so that FTS5's ascii tokenizer takes it for one, and changes nothing: small letters, digits and all beyond ASCII
// stand for themselves, any other byte is _ and its two hexadecimal digits. A beginning of a token is spelled as the beginning of its
// spelling, so that prefixes stay prefixes.
func writeToken(b *strings.Builder, token string) {
	const hex = "0123456789abcdef"
	for i := 0; i < len(token) && i < maxToken; i++ {
		c := token[i]
		if c >= 0x80 || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'_', hex[c>>4], hex[c&15]})
		}
	}
}

// writeKind spells a kind of document. No token is spelled like it, for k is no hexadecimal digit.
func writeKind(b *strings.Builder, kind string) {
	b.WriteString("_k")
	writeToken(b, kind)
}
