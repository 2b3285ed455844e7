package sqlitestore

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"sori/domain"
)

// plan is a domain.Query as SQL. Every statement names the index that serves it, so that SQLite can use no other and does not sort.
type plan struct {
	index  *index
	rest   []int // places in index.fields of the fields after Equal: the keys of a Position
	phases []phase
	limit  int
}

// phase is one stretch of the index. There are two where the stretch begins among the lines without a first value and goes on to
// those with one, or the other way round: SQL cannot compare both at once.
type phase struct {
	sql  string
	args []any
}

// param stands for a value. A bare ? would have SQLite look at the value and plan the statement anew each time it is bound.
const param = "+?"

// condition is a WHERE clause in the making.
type condition struct {
	terms []string
	args  []any
}

func (c *condition) add(term string, args ...any) {
	c.terms = append(c.terms, term)
	c.args = append(c.args, args...)
}

func (c condition) and(term string, args ...any) condition {
	return condition{append(slices.Clip(c.terms), term), append(slices.Clip(c.args), args...)}
}

// plan gives the SQL of a query. Internal if no declared index serves it, Invalid if its Position is not one of its list.
func (t *table) plan(q domain.Query) (*plan, error) {
	x, err := t.index(q.Index)
	if err != nil {
		return nil, err
	}
	if len(q.Equal) > len(x.fields) || len(q.Equal) == len(x.fields) && (q.From != nil || q.To != nil) {
		return nil, domain.Errorf(domain.Internal, "index %s.%s has %d fields, which the query goes beyond", t.spec.Name, x.Name, len(x.fields))
	}
	p := &plan{index: x, limit: limitOf(q.Limit)}
	for n := len(q.Equal); n < len(x.fields); n++ {
		p.rest = append(p.rest, n)
	}
	after, err := t.position(p, q.After)
	if err != nil {
		return nil, err
	}
	base, none := x.conditions(t, q)
	if none {
		return p, nil
	}
	for _, c := range p.stretches(base, q, after, x.nullable(t) && len(q.Equal) == 0 && q.From == nil && q.To == nil) {
		p.phases = append(p.phases, phase{p.sql(t, c, q.Reverse), c.args})
	}
	return p, nil
}

// conditions gives what Equal, From and To ask for. none tells that nothing can be found, because a value is absent where it cannot be.
func (x *index) conditions(t *table, q domain.Query) (c condition, none bool) {
	for n, v := range q.Equal {
		key := queryKey(v)
		if key != nil {
			c.add("s."+x.fields[n]+"="+param, key)
			continue
		}
		if n > 0 || x.Partial() {
			return c, true
		}
		c.add("s." + x.fields[n] + " IS NULL")
	}
	if len(q.Equal) == 0 && x.leavesOut(t) {
		c.add("s." + x.fields[0] + " IS NOT NULL") // or SQLite would not see that the partial index has all
	}
	if key := queryKey(q.From); key != nil {
		c.add("s."+x.fields[len(q.Equal)]+">="+param, key)
	}
	if key := queryKey(q.To); key != nil {
		c.add("s."+x.fields[len(q.Equal)]+"<"+param, key)
	}
	return c, false
}

// nullable tells whether lines without a first value are in the index.
func (x *index) nullable(t *table) bool {
	return !x.Partial() && x.columns != nil && !t.columns[x.columns[0]].required
}

// stretches gives the conditions of the phases, in the order in which they are read.
func (p *plan) stretches(base condition, q domain.Query, after []any, nullable bool) []condition {
	if after == nil {
		return []condition{base}
	}
	names := make([]string, 0, len(after))
	for _, n := range p.rest {
		names = append(names, "s."+p.index.fields[n])
	}
	names = append(names, "s.row")
	if p.index.columns == nil {
		names, after = names[:1], after[len(after)-1:] // the key and the tie are the same: the row
	}
	beyond := func(names []string, after []any) condition {
		op := ">"
		if q.Reverse {
			op = "<"
		}
		return base.and(fmt.Sprintf("(%s)%s(%s)", join(names), op, strings.Repeat(","+param, len(names))[1:]), after...)
	}
	switch {
	case !nullable:
		return []condition{beyond(names, after)}
	case after[0] == nil && q.Reverse:
		return []condition{beyond(names[1:], after[1:]).and(names[0] + " IS NULL")}
	case after[0] == nil:
		return []condition{beyond(names[1:], after[1:]).and(names[0] + " IS NULL"), base.and(names[0] + " IS NOT NULL")}
	case q.Reverse:
		return []condition{beyond(names, after), base.and(names[0] + " IS NULL")}
	}
	return []condition{beyond(names, after)}
}

// sql writes a SELECT of row, document and the keys of the position. It has no LIMIT: whoever reads it stops by himself, for SQLite would
// plan a statement anew each time a limit is bound.
func (p *plan) sql(t *table, c condition, reverse bool) string {
	var b strings.Builder
	x := p.index
	doc := "s"
	if x.side != nil {
		doc = "d"
	}
	b.WriteString("SELECT s.row," + doc + ".doc")
	for _, n := range p.rest {
		b.WriteString(",s." + x.fields[n])
	}
	switch {
	case x.side != nil:
		b.WriteString(" FROM " + x.name + " AS s" + x.indexedBy() + " CROSS JOIN " + t.name + " AS d ON d.row=s.row")
	default:
		b.WriteString(" FROM " + t.name + " AS s" + x.indexedBy())
	}
	if len(c.terms) > 0 {
		b.WriteString(" WHERE " + strings.Join(c.terms, " AND "))
	}
	direction := ""
	if reverse {
		direction = " DESC"
	}
	b.WriteString(" ORDER BY ")
	for _, n := range p.rest {
		b.WriteString("s." + x.fields[n] + direction + ",")
	}
	b.WriteString("s.row" + direction)
	return b.String()
}

// indexedBy holds SQLite to the index. A side table that is its own key needs no word.
func (x *index) indexedBy() string {
	switch {
	case x.columns == nil:
		return " NOT INDEXED" // along the row itself
	case x.side == nil:
		return " INDEXED BY " + x.name
	case !x.Partial():
		return " INDEXED BY " + x.lineIndex()
	}
	return ""
}

// tieDigits is the width of a Position's Tie: the row, so that texts compare as the numbers do.
const tieDigits = 19

// position checks a Position that comes from a cursor, and gives its keys and row as SQL compares them. Invalid if it cannot be of this list.
func (t *table) position(p *plan, pos *domain.Position) ([]any, error) {
	if pos == nil {
		return nil, nil
	}
	bad := domain.InvalidField("cursor", "known", "is not a place in this list")
	row, err := strconv.ParseInt(pos.Tie, 10, 64)
	if err != nil || len(pos.Tie) != tieDigits || len(pos.Keys) != len(p.rest) {
		return nil, bad
	}
	out := make([]any, 0, len(pos.Keys)+1)
	for i, key := range pos.Keys {
		if !p.index.takes(t, p.rest[i], key) {
			return nil, bad
		}
		out = append(out, key)
	}
	return append(out, row), nil
}

// takes tells whether a key can stand in the nth field of the index.
func (x *index) takes(t *table, n int, key any) bool {
	text := x.columns != nil && t.columns[x.columns[n]].kind == domain.KeyText
	switch key.(type) {
	case nil:
		return n == 0 && x.nullable(t)
	case string:
		return text
	case int64:
		return !text
	}
	return false
}

func formatTie(row int64) string {
	digits := strconv.AppendInt(make([]byte, 0, 2*tieDigits), row, 10)
	return strings.Repeat("0", tieDigits-len(digits)) + string(digits)
}

// queryKey brings a query's value to the form of a stored key.
func queryKey(v any) any {
	key := domain.KeyOf(v)
	if s, ok := key.(string); ok {
		return validText(s)
	}
	return key
}

func limitOf(n int) int {
	if n <= 0 {
		return math.MaxInt
	}
	return n
}
