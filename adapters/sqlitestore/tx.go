package sqlitestore

import (
	"context"
	"errors"

	"zombiezen.com/go/sqlite"

	"sori/domain"
)

// tx is one caller's turn at the writing connection. It implements domain.Tx.
type tx struct {
	store     *Store
	conn      *sqlite.Conn
	failed    error // a write that was not carried out whole: there is nothing to commit any more
	over      bool
	wrote     bool // there is something to undo
	selecting bool
	sequenced bool
	given     []givenRow
	touched   []touchedDoc
}

// givenRow is what a table's last row was before the transaction gave rows.
type givenRow struct {
	t    *table
	last int64
}

// touchedDoc is the head of a caller's document before the transaction wrote it.
type touchedDoc struct {
	head   *domain.Doc
	before int64
}

var errOver = domain.Errorf(domain.Internal, "the transaction is over")

// atomically carries out fn in one transaction of a connection that nobody else has, durably or not at all, also when fn panics. Callers of the store share
// transactions instead: see writer.
func atomically(conn *sqlite.Conn, fn func() error) (err error) {
	if err := run(conn, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if !conn.AutocommitEnabled() {
			err = errors.Join(err, run(conn, "ROLLBACK"))
		}
	}()
	if err := fn(); err != nil {
		return err
	}
	return run(conn, "COMMIT")
}

// begin tells whether the transaction can be used, and gives the table.
func (tx *tx) begin(ctx context.Context, c *domain.Spec) (*table, error) {
	switch {
	case tx.over:
		return nil, errOver
	case tx.failed != nil:
		return nil, tx.failed
	case tx.selecting:
		return nil, domain.Errorf(domain.Internal, "the transaction was used inside a Select of collection %s", c.Name)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return tx.store.table(c)
}

// Load implements domain.Reader.
func (tx *tx) Load(ctx context.Context, c *domain.Spec, id string, doc domain.Document) error {
	t, err := tx.begin(ctx, c)
	if err != nil {
		return err
	}
	return fault(t.read(tx.conn, id, doc))
}

// LoadMany implements domain.Reader.
func (tx *tx) LoadMany(ctx context.Context, c *domain.Spec, ids []string, yield func(domain.Document) error) error {
	t, err := tx.begin(ctx, c)
	if err != nil {
		return err
	}
	return fault(t.readMany(ctx, tx.conn, ids, yield))
}

// Select implements domain.Reader.
func (tx *tx) Select(ctx context.Context, c *domain.Spec, q domain.Query, yield func(domain.Document, domain.Position) (bool, error)) error {
	return tx.Merge(ctx, c, []domain.Query{q}, 0, yield)
}

// Merge implements domain.Reader.
func (tx *tx) Merge(ctx context.Context, c *domain.Spec, queries []domain.Query, _ int, yield func(domain.Document, domain.Position) (bool, error)) error {
	t, err := tx.begin(ctx, c)
	if err != nil {
		return err
	}
	m, err := t.merging(queries)
	if err != nil {
		return err
	}
	tx.selecting = true
	defer func() { tx.selecting = false }()
	return fault(m.run(ctx, tx.conn, yield))
}

// Insert implements domain.Tx.
func (tx *tx) Insert(ctx context.Context, c *domain.Spec, doc domain.Document) error {
	t, err := tx.begin(ctx, c)
	if err != nil {
		return err
	}
	number := tx.nextRow(t)
	if n, ok := doc.(domain.Numbered); ok && t.seq != nil {
		n.SetSeq(number)
		tx.sequenced = true
	}
	keys, err := t.keys(doc)
	if err != nil {
		return tx.fail(err)
	}
	tx.setVersion(doc, 1)
	body, err := t.encode(doc)
	if err != nil {
		return tx.fail(err)
	}
	if err := tx.insertRow(t, number, doc.Head(), keys, body); err != nil {
		return tx.fail(err)
	}
	return tx.fail(tx.insertLines(t, number, keys))
}

func (tx *tx) insertRow(t *table, number int64, head *domain.Doc, keys row, body string) error {
	stmt, err := tx.conn.Prepare(t.insert)
	if err != nil {
		return err
	}
	stmt.BindInt64(1, number)
	stmt.BindText(2, head.ID)
	stmt.BindInt64(3, head.Version)
	for i, v := range keys.values {
		bindAt(stmt, 4+i, v)
	}
	stmt.BindText(4+len(keys.values), body)
	if err := step(stmt); err != nil {
		return t.taken(err)
	}
	tx.wrote = true
	return nil
}

func (tx *tx) insertLines(t *table, number int64, keys row) error {
	for _, x := range t.indexes {
		if x.side == nil {
			continue
		}
		lines, err := keys.lines(t, x)
		if err != nil {
			return err
		}
		if err := tx.write(t, x, x.side.insert, lines, number); err != nil {
			return err
		}
	}
	return nil
}

// Replace implements domain.Tx.
func (tx *tx) Replace(ctx context.Context, c *domain.Spec, doc domain.Document) error {
	t, err := tx.begin(ctx, c)
	if err != nil {
		return err
	}
	head := doc.Head()
	number, version, old, err := t.oldRow(tx.conn, head.ID)
	if err != nil {
		return fault(err)
	}
	if version != head.Version {
		return domain.Errorf(domain.Stale, "the %s was changed by another in the meantime", t.spec.Noun)
	}
	keys, err := t.keys(doc)
	if err != nil {
		return tx.fail(err)
	}
	tx.setVersion(doc, version+1)
	body, err := t.encode(doc)
	if err != nil {
		return tx.fail(err)
	}
	return tx.fail(tx.replace(t, number, head.Version, old, keys, body))
}

func (tx *tx) replace(t *table, number, version int64, old, keys row, body string) error {
	changed := keys.changedFrom(&old)
	stmt, err := tx.conn.Prepare(t.update(changed))
	if err != nil {
		return err
	}
	stmt.BindInt64(1, version)
	stmt.BindText(2, body)
	param := 3
	for i, v := range keys.values {
		if changed&(1<<i) != 0 {
			bindAt(stmt, param, v)
			param++
		}
	}
	stmt.BindInt64(param, number)
	if err := step(stmt); err != nil {
		return t.taken(err)
	}
	tx.wrote = true
	for _, x := range t.indexes {
		if x.side == nil || !x.touches(changed) {
			continue
		}
		if err := tx.replaceLines(t, x, number, old, keys); err != nil {
			return err
		}
	}
	return nil
}

// replaceLines writes the lines of a side table that differ only.
func (tx *tx) replaceLines(t *table, x *index, number int64, old, keys row) error {
	before, err1 := old.lines(t, x)
	after, err2 := keys.lines(t, x)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if err := tx.write(t, x, x.side.remove, missingFrom(before, after), number); err != nil {
		return err
	}
	return tx.write(t, x, x.side.insert, missingFrom(after, before), number)
}

// Delete implements domain.Tx.
func (tx *tx) Delete(ctx context.Context, c *domain.Spec, id string) error {
	t, err := tx.begin(ctx, c)
	if err != nil {
		return err
	}
	number, _, old, err := t.oldRow(tx.conn, id)
	if domain.IsCode(err, domain.NotFound) {
		return nil
	}
	if err != nil {
		return fault(err)
	}
	return tx.fail(tx.remove(t, number, old))
}

func (tx *tx) remove(t *table, number int64, old row) error {
	tx.wrote = true
	for _, x := range t.indexes {
		if x.side == nil {
			continue
		}
		lines, err := old.lines(t, x)
		if err != nil {
			return err
		}
		if err := tx.write(t, x, x.side.remove, lines, number); err != nil {
			return err
		}
	}
	if t.seq != nil { // its number must not be given again, though it may be the last
		if err := writeMeta(tx.conn, metaSequence+t.spec.Name, t.lastRow); err != nil {
			return err
		}
	}
	return run(tx.conn, t.remove, number)
}

// write runs a side table's statement for each line.
func (tx *tx) write(t *table, x *index, sql string, lines [][]any, number int64) error {
	if len(lines) == 0 {
		return nil
	}
	stmt, err := tx.conn.Prepare(sql)
	if err != nil {
		return err
	}
	for _, line := range lines {
		bind(stmt, line)
		stmt.BindInt64(len(line)+1, number)
		if err := step(stmt); err != nil {
			if _, ok := takenKey(err); ok {
				return duplicate(t, x.Name)
			}
			return err
		}
	}
	return nil
}

// step runs a statement that gives nothing back, and makes it ready for the next time.
func step(stmt *sqlite.Stmt) error {
	_, err := stmt.Step()
	if reset := stmt.Reset(); err == nil {
		err = reset
	}
	return err
}

// oldRow reads what stands in a document's columns. NotFound if there is none.
func (t *table) oldRow(conn *sqlite.Conn, id string) (number, version int64, old row, err error) {
	stmt, err := conn.Prepare(t.old)
	if err != nil {
		return 0, 0, row{}, err
	}
	defer stmt.Reset()
	stmt.BindText(1, id)
	found, err := stmt.Step()
	if err != nil {
		return 0, 0, row{}, err
	}
	if !found {
		return 0, 0, row{}, domain.Missing(t.spec.Noun, id)
	}
	old.values = make([]any, len(t.columns))
	for i := range old.values {
		old.values[i] = columnKey(stmt, 2+i)
	}
	return stmt.ColumnInt64(0), stmt.ColumnInt64(1), old, nil
}

// taken turns a violation of a unique key into a Duplicate that names the index.
func (t *table) taken(err error) error {
	if columns, ok := takenKey(err); ok {
		return duplicate(t, t.indexOfColumns(columns))
	}
	return err
}

// fail remembers a write that was not carried out whole, so that the rest of its transaction cannot be committed without it.
func (tx *tx) fail(err error) error {
	if err != nil {
		tx.failed = fault(err)
	}
	return tx.failed
}

// nextRow gives a new document's row: its place in the order of birth, and in a sequenced collection its number.
func (tx *tx) nextRow(t *table) int64 {
	tx.given = append(tx.given, givenRow{t, t.lastRow})
	t.lastRow++
	return t.lastRow
}

// giveBack returns the rows of a transaction that is rolled back, so that numbers have no gap.
func (tx *tx) giveBack() {
	for i := len(tx.given) - 1; i >= 0; i-- {
		tx.given[i].t.lastRow = tx.given[i].last
	}
}

func (tx *tx) setVersion(doc domain.Document, version int64) {
	head := doc.Head()
	tx.touched = append(tx.touched, touchedDoc{head, head.Version})
	head.Version = version
}

// restore gives the caller's documents the versions that they had, so that what failed can be tried again.
func (tx *tx) restore() {
	for i := len(tx.touched) - 1; i >= 0; i-- {
		tx.touched[i].head.Version = tx.touched[i].before
	}
}
