package sqlitestore

import (
	"context"
	"strings"

	"zombiezen.com/go/sqlite"

	"sori/domain"
)

// merging is what one reading asks: one query, or several whose finds come in one order.
type merging struct {
	table   *table
	plans   []*plan
	reverse bool
}

func (t *table) merging(queries []domain.Query) (*merging, error) {
	m := &merging{table: t, plans: make([]*plan, len(queries))}
	for i, q := range queries {
		var err error
		if m.plans[i], err = t.plan(q); err != nil {
			return nil, err
		}
		m.reverse = q.Reverse
	}
	return m, nil
}

// single tells whether one statement answers all, which is of one moment by itself.
func (m *merging) single() bool { return len(m.plans) == 1 && len(m.plans[0].phases) < 2 }

func (m *merging) run(ctx context.Context, conn *sqlite.Conn, yield func(domain.Document, domain.Position) (bool, error)) error {
	lanes := make([]domain.Lane, len(m.plans))
	for i, p := range m.plans {
		l := &lane{table: m.table, conn: conn, plan: p, number: i, left: p.limit}
		defer l.close()
		lanes[i] = l
	}
	return domain.MergeLanes(ctx, lanes, m.reverse, yield)
}

// lane is a plan on its way: one phase after the other.
type lane struct {
	table  *table
	conn   *sqlite.Conn
	plan   *plan
	number int
	left   int          // rows that may still come
	phase  int          // the next one
	stmt   *sqlite.Stmt // of the phase before it, nil if that is at its end
}

// Next implements domain.Lane.
func (l *lane) Next(ctx context.Context) (pos domain.Position, ok bool, err error) {
	for l.left > 0 {
		if err := ctx.Err(); err != nil {
			return pos, false, err
		}
		if l.stmt == nil && l.phase == len(l.plan.phases) {
			return pos, false, nil
		}
		if l.stmt == nil {
			if err := l.open(l.plan.phases[l.phase]); err != nil {
				return pos, false, err
			}
			l.phase++
		}
		if ok, err = l.stmt.Step(); err != nil {
			return pos, false, err
		}
		if ok {
			l.left--
			return l.position(), true, nil
		}
		l.close()
	}
	return pos, false, nil
}

// open prepares the statement of a phase. A connection keeps one statement for each text, and lanes that go at the same time must not share theirs: spaces before it
// make the texts differ.
func (l *lane) open(ph phase) error {
	stmt, err := l.conn.Prepare(strings.Repeat(" ", l.number) + ph.sql)
	if err != nil {
		return err
	}
	bind(stmt, ph.args)
	l.stmt = stmt
	return nil
}

func (l *lane) position() domain.Position {
	pos := domain.Position{Tie: formatTie(l.stmt.ColumnInt64(0)), Keys: make([]any, len(l.plan.rest))}
	for i := range l.plan.rest {
		pos.Keys[i] = columnKey(l.stmt, 2+i)
	}
	return pos
}

// Document implements domain.Lane.
func (l *lane) Document() (domain.Document, error) {
	doc := l.table.spec.New()
	return doc, decode(l.stmt, 1, doc)
}

func (l *lane) close() {
	if l.stmt != nil {
		l.stmt.Reset() // its error is that of the last Step
		l.stmt = nil
	}
}
