package sqlitestore

import (
	"context"
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"

	"sori/domain"
)

// Load implements domain.Reader.
func (s *Store) Load(ctx context.Context, c *domain.Spec, id string, doc domain.Document) error {
	t, err := s.table(c)
	if err != nil {
		return err
	}
	return s.readers.use(ctx, func(conn *sqlite.Conn) error { return t.read(conn, id, doc) })
}

// LoadMany implements domain.Reader.
func (s *Store) LoadMany(ctx context.Context, c *domain.Spec, ids []string, yield func(domain.Document) error) error {
	t, err := s.table(c)
	if err != nil || len(ids) == 0 {
		return err
	}
	return s.readers.use(ctx, func(conn *sqlite.Conn) error {
		return snapshot(conn, func() error { return t.readMany(ctx, conn, ids, yield) })
	})
}

// Select implements domain.Reader.
func (s *Store) Select(ctx context.Context, c *domain.Spec, q domain.Query, yield func(domain.Document, domain.Position) (bool, error)) error {
	return s.Merge(ctx, c, []domain.Query{q}, 0, yield)
}

// Merge implements domain.Reader. All is of one moment.
func (s *Store) Merge(ctx context.Context, c *domain.Spec, queries []domain.Query, _ int, yield func(domain.Document, domain.Position) (bool, error)) error {
	t, err := s.table(c)
	if err != nil {
		return err
	}
	m, err := t.merging(queries)
	if err != nil {
		return err
	}
	return s.readers.use(ctx, func(conn *sqlite.Conn) error {
		if m.single() {
			return m.run(ctx, conn, yield)
		}
		return snapshot(conn, func() error { return m.run(ctx, conn, yield) })
	})
}

// Settle implements domain.Store. Documents are numbered in the commit itself.
func (s *Store) Settle(ctx context.Context) error { return ctx.Err() }

// LastSeq implements domain.Store.
func (s *Store) LastSeq(ctx context.Context, c *domain.Spec) (last int64, err error) {
	t, err := s.table(c)
	if err == nil && t.seq == nil {
		err = domain.Errorf(domain.Internal, "collection %s is not sequenced", c.Name)
	}
	if err != nil {
		return 0, err
	}
	err = s.readers.use(ctx, func(conn *sqlite.Conn) error {
		last, err = t.maxRow(conn)
		return err
	})
	return last, err
}

// snapshot lets all that fn reads be of one moment.
func snapshot(conn *sqlite.Conn, fn func() error) (err error) {
	if err := run(conn, "BEGIN"); err != nil {
		return err
	}
	defer func() {
		if end := run(conn, "COMMIT"); err == nil {
			err = end
		}
	}()
	return fn()
}

// run runs a statement that gives nothing back, and keeps it prepared.
func run(conn *sqlite.Conn, sql string, args ...any) error {
	stmt, err := conn.Prepare(sql)
	if err != nil {
		return err
	}
	bind(stmt, args)
	_, err = stmt.Step()
	if reset := stmt.Reset(); err == nil {
		err = reset
	}
	return err
}

// number gives the first column of the first row that a statement finds, and whether it finds one.
func number(conn *sqlite.Conn, sql string, args ...any) (n int64, found bool, err error) {
	stmt, err := conn.Prepare(sql)
	if err != nil {
		return 0, false, err
	}
	defer stmt.Reset()
	bind(stmt, args)
	if found, err = stmt.Step(); err != nil || !found {
		return 0, false, err
	}
	return stmt.ColumnInt64(0), true, nil
}

func (t *table) maxRow(conn *sqlite.Conn) (int64, error) {
	row, _, err := number(conn, "SELECT max(row) FROM "+t.name)
	return row, err
}

// read fills doc. NotFound if there is none.
func (t *table) read(conn *sqlite.Conn, id string, doc domain.Document) error {
	stmt, err := conn.Prepare(t.load)
	if err != nil {
		return err
	}
	defer stmt.Reset()
	stmt.BindText(1, id)
	found, err := stmt.Step()
	if err != nil {
		return err
	}
	if !found {
		return domain.Missing(t.spec.Noun, id)
	}
	return decode(stmt, 0, doc)
}

func (t *table) readMany(ctx context.Context, conn *sqlite.Conn, ids []string, yield func(domain.Document) error) error {
	if len(ids) > domain.MaxLoad {
		return domain.Errorf(domain.Internal, "%d ids were asked for at once, the most are %d", len(ids), domain.MaxLoad)
	}
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		if err := ctx.Err(); err != nil {
			return err
		}
		doc := t.spec.New()
		err := t.read(conn, id, doc)
		if domain.IsCode(err, domain.NotFound) {
			continue
		}
		if err == nil {
			err = yield(doc)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Explain implements domain.Store. Internal if SQLite would read through a table or sort.
func (s *Store) Explain(ctx context.Context, c *domain.Spec, q domain.Query) (string, error) {
	t, err := s.table(c)
	if err != nil {
		return "", err
	}
	p, err := t.plan(q)
	if err != nil {
		return "", err
	}
	err = s.readers.use(ctx, func(conn *sqlite.Conn) error {
		for _, ph := range p.phases {
			if err := p.check(conn, ph); err != nil {
				return err
			}
		}
		return nil
	})
	return p.index.Name, err
}

// check looks whether SQLite's plan of a phase goes along the index: one search or scan of it, and a look-up by row for each line of a side table.
func (p *plan) check(conn *sqlite.Conn, ph phase) error {
	stmt, _, err := conn.PrepareTransient("EXPLAIN QUERY PLAN " + ph.sql)
	if err != nil {
		return err
	}
	defer stmt.Finalize()
	bounded := strings.Contains(ph.sql, " WHERE ")
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			return err
		}
		detail := stmt.ColumnText(3)
		ok := strings.HasPrefix(detail, "SEARCH s ") || detail == "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)" ||
			strings.HasPrefix(detail, "SCAN s") && !bounded
		if !ok {
			return domain.Errorf(domain.Internal, "index %s does not serve the query: %s: %s", p.index.Name, detail, fmt.Sprintf("%.500s", ph.sql))
		}
	}
}
