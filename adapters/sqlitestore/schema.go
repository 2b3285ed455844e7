package sqlitestore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"

	"sori/domain"
)

// layout counts the changes to how this package lays out the file (not to the collections). A newer file is refused.
//
//	1  the full-text index is in the same file
//	2  it is a file of its own
const layout = 2

// Keys of the table sori_meta.
const (
	metaSchema   = "layout"
	metaSequence = "sequence:" // and the collection: the highest number ever given, where its document was deleted
)

const createMeta = "CREATE TABLE sori_meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID"

// migrate brings the file to the declared collections, in one transaction. What is there already stays as it is, so that a file of the
// same declarations is not written to.
func (s *Store) migrate(conn *sqlite.Conn) error {
	m := &migration{store: s, conn: conn}
	return fault(atomically(conn, m.all))
}

// migration is one run over all collections.
type migration struct {
	store *Store
	conn  *sqlite.Conn
	found map[string]string // name of each table and index in the file → its DDL
}

func (m *migration) all() (err error) {
	if m.found, err = readSchema(m.conn); err != nil {
		return err
	}
	if err := m.checkLayout(); err != nil {
		return err
	}
	for _, t := range m.store.tables {
		if err := m.table(t); err != nil {
			return fmt.Errorf("collection %s: %w", t.spec.Name, err)
		}
		if err := t.findLastRow(m.conn); err != nil {
			return err
		}
	}
	return m.dropSearch()
}

// dropSearch removes the full-text index that a file of layout 1 holds.
func (m *migration) dropSearch() error {
	if _, ok := m.found[searchTables[0].name]; !ok {
		return nil
	}
	for _, d := range searchTables {
		if err := execute(m.conn, "DROP TABLE "+quote(d.name)); err != nil {
			return err
		}
	}
	return writeMeta(m.conn, metaSchema, layout)
}

func (m *migration) checkLayout() error {
	if _, ok := m.found["sori_meta"]; !ok {
		if len(m.found) > 0 {
			return domain.Errorf(domain.Conflict, "%s is not a store of this program", FileName)
		}
		if err := execute(m.conn, createMeta); err != nil {
			return err
		}
		return writeMeta(m.conn, metaSchema, layout)
	}
	n, err := readMeta(m.conn, metaSchema)
	if err == nil && n > layout {
		err = domain.Errorf(domain.Conflict, "%s was written by a newer release (layout %d, this one knows %d)", FileName, n, layout)
	}
	return err
}

func (t *table) findLastRow(conn *sqlite.Conn) error {
	last, err := t.maxRow(conn)
	if err != nil {
		return err
	}
	floor, err := readMeta(conn, metaSequence+t.spec.Name)
	t.lastRow = max(last, floor)
	t.committedRow = t.lastRow
	return err
}

// table makes a collection's table and indexes, or brings them to what is declared. A table whose columns changed is copied.
func (m *migration) table(t *table) error {
	name := t.spec.Name
	ddl, exists := m.found[name]
	if exists && ddl != t.createTable() {
		if err := m.rebuild(t); err != nil {
			return err
		}
	}
	if !exists {
		if err := execute(m.conn, t.createTable()); err != nil {
			return err
		}
	}
	if err := m.dropStale(t); err != nil {
		return err
	}
	for _, x := range t.indexes {
		if err := m.index(t, x, exists); err != nil {
			return fmt.Errorf("index %s: %w", x.Name, err)
		}
	}
	return nil
}

func (m *migration) index(t *table, x *index, filled bool) error {
	if _, ok := m.found[unquote(x.name)]; ok {
		return nil
	}
	for _, d := range x.create(t) {
		if err := execute(m.conn, d.sql); err != nil {
			return err
		}
	}
	if filled && x.side != nil {
		return m.fill(t, x)
	}
	return nil
}

// dropStale removes the indexes of a collection that are not declared, or not so any more.
func (m *migration) dropStale(t *table) error {
	want := map[string]bool{}
	for _, x := range t.indexes {
		for _, d := range x.create(t) {
			want[d.sql] = true
		}
	}
	for name, ddl := range m.found {
		if want[ddl] || !strings.HasPrefix(name, t.spec.Name+".") {
			continue
		}
		kind := "INDEX"
		if strings.HasPrefix(ddl, "CREATE TABLE") {
			kind = "TABLE"
		}
		if err := execute(m.conn, fmt.Sprintf("DROP %s IF EXISTS %s", kind, quote(name))); err != nil {
			return err
		}
		delete(m.found, name)
	}
	return nil
}

// rebuild copies a table whose columns are not those declared any more. Rows keep their numbers, so that side tables and the cursors of
// callers stay right. Its SQLite indexes go with the old table.
func (m *migration) rebuild(t *table) error {
	m.store.log.Info("sqlite: bringing a table to its new columns", "collection", t.spec.Name)
	old := quote(t.spec.Name + "~old")
	if err := execute(m.conn, fmt.Sprintf("ALTER TABLE %s RENAME TO %s", t.name, old)); err != nil {
		return err
	}
	for name, ddl := range m.found {
		if strings.Contains(ddl, " ON "+t.name+"(") {
			if err := execute(m.conn, "DROP INDEX "+quote(name)); err != nil {
				return err
			}
			delete(m.found, name)
		}
	}
	if err := execute(m.conn, t.createTable()); err != nil {
		return err
	}
	w := &tx{store: m.store, conn: m.conn}
	err := t.walk(m.conn, old, func(number int64, head *domain.Doc, keys row, body string) error {
		return w.insertRow(t, number, head, keys, body)
	})
	if err != nil {
		return err
	}
	return execute(m.conn, "DROP TABLE "+old)
}

// fill makes the lines of a side table from the documents.
func (m *migration) fill(t *table, x *index) error {
	w := &tx{store: m.store, conn: m.conn}
	return t.walk(m.conn, t.name, func(number int64, _ *domain.Doc, keys row, _ string) error {
		lines, err := keys.lines(t, x)
		if err != nil {
			return err
		}
		return w.write(t, x, x.side.insert, lines, number)
	})
}

// walk hands over all rows of a table with the keys of their documents.
func (t *table) walk(conn *sqlite.Conn, from string, fn func(number int64, head *domain.Doc, keys row, body string) error) error {
	stmt, _, err := conn.PrepareTransient("SELECT row, doc, version FROM " + from)
	if err != nil {
		return err
	}
	defer stmt.Finalize()
	for {
		more, err := stmt.Step()
		if err != nil || !more {
			return err
		}
		doc := t.spec.New()
		if err := decode(stmt, 1, doc); err != nil {
			return err
		}
		keys, err := t.keys(doc)
		if err != nil {
			return fmt.Errorf("%s: %w", doc.Head().ID, err)
		}
		doc.Head().Version = stmt.ColumnInt64(2)
		if err := fn(stmt.ColumnInt64(0), doc.Head(), keys, stmt.ColumnText(1)); err != nil {
			return fmt.Errorf("%s: %w", doc.Head().ID, err)
		}
	}
}

// checkSchema refuses a file that this release's server has not brought to its declarations yet.
func (s *Store) checkSchema(ctx context.Context) error {
	return s.readers.use(ctx, func(conn *sqlite.Conn) error {
		m := &migration{store: s, conn: conn}
		var err error
		if m.found, err = readSchema(conn); err != nil {
			return err
		}
		if _, ok := m.found["sori_meta"]; !ok {
			return domain.Errorf(domain.Conflict, "%s is not a store of this program", FileName)
		}
		if err := m.checkLayout(); err != nil {
			return err
		}
		for _, t := range s.tables {
			if !m.matches(t) {
				return domain.Errorf(domain.Conflict, "collection %s is not as this release has it: start the server once to bring it there", t.spec.Name)
			}
		}
		return nil
	})
}

func (m *migration) matches(t *table) bool {
	if m.found[t.spec.Name] != t.createTable() {
		return false
	}
	return !slices.ContainsFunc(t.indexes, func(x *index) bool {
		return slices.ContainsFunc(x.create(t), func(d ddl) bool { return m.found[d.name] != d.sql })
	})
}

func readSchema(conn *sqlite.Conn) (map[string]string, error) {
	stmt, _, err := conn.PrepareTransient("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
	if err != nil {
		return nil, err
	}
	defer stmt.Finalize()
	found := map[string]string{}
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			return found, err
		}
		found[stmt.ColumnText(0)] = stmt.ColumnText(1)
	}
}

// readMeta gives a number from sori_meta, 0 if it is not there.
func readMeta(conn *sqlite.Conn, key string) (int64, error) {
	value, _, err := number(conn, "SELECT value FROM sori_meta WHERE key=?", key)
	return value, err
}

func writeMeta(conn *sqlite.Conn, key string, value int64) error {
	return run(conn, "INSERT INTO sori_meta(key,value) VALUES(?,?) ON CONFLICT(key) DO UPDATE SET value=max(value,excluded.value)", key, value)
}
