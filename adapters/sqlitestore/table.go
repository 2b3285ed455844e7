package sqlitestore

import (
	"fmt"
	"slices"
	"strings"

	"sori/domain"
)

// table is how one collection stands in the file.
type table struct {
	spec    *domain.Spec
	name    string // quoted
	columns []column
	indexes []*index
	seq     *index // of a sequenced collection

	load, version, insert, old, remove string // SQL
	updates                            map[uint64]string

	lastRow      int64 // the highest row given; only the writer uses it
	committedRow int64 // the same as of the last commit
}

// column holds one indexed path.
type column struct {
	path     string
	name     string // quoted
	kind     domain.KeyKind
	multi    bool // then it holds all values as a JSON array
	required bool
}

// index is a declared index. side is the table that serves it instead of an SQLite index, if its first field leads through a list.
type index struct {
	domain.Index
	columns []int    // places in table.columns; none for a sequence, which is the row itself
	fields  []string // quoted names, as a query sees them
	name    string   // quoted
	side    *side
}

// side is a table with one line for each value of a path through a list.
type side struct {
	insert, remove string // SQL
}

// maxColumns is how many indexed paths a collection can have: a bit for each tells which changed.
const maxColumns = 64

// newTable plans the table of a collection.
func newTable(spec *domain.Spec) (*table, error) {
	t := &table{spec: spec, name: quote(spec.Name), updates: map[uint64]string{}}
	place := map[string]int{}
	for _, ix := range spec.Indexes {
		x := &index{Index: ix, name: quote(spec.Name + "." + ix.Name)}
		for n, path := range ix.Fields {
			i, ok := place[path]
			if !ok {
				i = len(t.columns)
				place[path] = i
				kind, multi := spec.KeyKind(path)
				t.columns = append(t.columns, column{path: path, name: quote("k_" + path), kind: kind, multi: multi})
			}
			t.columns[i].required = t.columns[i].required || n > 0
			x.columns, x.fields = append(x.columns, i), append(x.fields, t.columns[i].name)
		}
		if t.columns[x.columns[0]].multi {
			x.side = x.newSide()
		}
		t.indexes = append(t.indexes, x)
	}
	if len(t.columns) > maxColumns {
		return nil, fmt.Errorf("collection %s: %d indexed paths are more than %d", spec.Name, len(t.columns), maxColumns)
	}
	if ix, ok := spec.Index(domain.SeqIndex); ok && spec.Sequenced {
		t.seq = &index{Index: ix, fields: []string{"row"}}
	}
	t.prepareSQL()
	return t, nil
}

func (t *table) prepareSQL() {
	names := t.columnNames()
	t.load = fmt.Sprintf("SELECT doc FROM %s WHERE id=?", t.name)
	t.version = fmt.Sprintf("SELECT version FROM %s WHERE id=?", t.name)
	t.old = fmt.Sprintf("SELECT %s FROM %s WHERE id=?", join("row", "version", names), t.name)
	t.insert = fmt.Sprintf("INSERT INTO %s(%s) VALUES(%s)", t.name, join("row", "id", "version", names, "doc"), marks(4+len(names)))
	t.remove = fmt.Sprintf("DELETE FROM %s WHERE row=?", t.name)
}

// update gives the SQL that sets what changed only, so that SQLite leaves all other indexes alone. Bit i of changed is column i.
func (t *table) update(changed uint64) string {
	if sql, ok := t.updates[changed]; ok {
		return sql
	}
	var b strings.Builder
	fmt.Fprintf(&b, "UPDATE %s SET version=?,doc=?", t.name)
	for i, c := range t.columns {
		if changed&(1<<i) != 0 {
			b.WriteString("," + c.name + "=?")
		}
	}
	b.WriteString(" WHERE row=?")
	t.updates[changed] = b.String()
	return t.updates[changed]
}

func (t *table) columnNames() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}

// index gives the declared index of a query. Internal if there is none.
func (t *table) index(name string) (*index, error) {
	if t.seq != nil && name == domain.SeqIndex {
		return t.seq, nil
	}
	i := slices.IndexFunc(t.indexes, func(x *index) bool { return x.Name == name })
	if i < 0 {
		return nil, domain.Errorf(domain.Internal, "collection %s declares no index %q", t.spec.Name, name)
	}
	return t.indexes[i], nil
}

// indexOfColumns gives the unique index that SQLite names by its columns, "table.column, table.column".
func (t *table) indexOfColumns(columns string) string {
	for _, x := range t.indexes {
		names := make([]string, len(x.Fields))
		for i, path := range x.Fields {
			names[i] = t.spec.Name + ".k_" + path
		}
		if x.Unique && strings.Join(names, ", ") == columns {
			return x.Name
		}
	}
	return "id"
}

// createTable is the DDL of the collection's table. The document is last, so that a row's columns are read without it.
func (t *table) createTable() string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %s (row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL", t.name)
	for _, c := range t.columns {
		b.WriteString(", " + c.name + c.sqlType())
	}
	b.WriteString(", doc TEXT NOT NULL)")
	return b.String()
}

func (c column) sqlType() string {
	typ := " INTEGER"
	if c.kind == domain.KeyText || c.multi {
		typ = " TEXT"
	}
	if c.required {
		typ += " NOT NULL"
	}
	return typ
}

// ddl is a statement that makes the table or index of that name.
type ddl struct{ name, sql string }

// create is the DDL of an index of a table: an SQLite index, or a table for its lines. Lines without the first value
// need a table with a key of its own, since a primary key cannot be NULL.
func (x *index) create(t *table) []ddl {
	name := unquote(x.name)
	if x.side == nil {
		unique, where := "", ""
		if x.Unique {
			unique = "UNIQUE "
		}
		if x.leavesOut(t) {
			where = " WHERE " + x.fields[0] + " IS NOT NULL"
		}
		return []ddl{{name, fmt.Sprintf("CREATE %sINDEX %s ON %s(%s)%s", unique, x.name, t.name, join(x.fields), where)}}
	}
	key := join(x.fields)
	if !x.Unique {
		key += ",row"
	}
	if x.Partial() {
		return []ddl{{name, fmt.Sprintf("CREATE TABLE %s (%s, PRIMARY KEY(%s)) WITHOUT ROWID", x.name, x.lineColumns(t), key)}}
	}
	lines := x.lineIndex()
	return []ddl{
		{name, fmt.Sprintf("CREATE TABLE %s (%s)", x.name, x.lineColumns(t))},
		{unquote(lines), fmt.Sprintf("CREATE INDEX %s ON %s(%s)", lines, x.name, key)},
	}
}

// leavesOut tells whether it is an SQLite index that some documents are not in. Where no document may lack the first value, there are none, and
// SQLite would not see that a query has the index's condition.
func (x *index) leavesOut(t *table) bool {
	return x.columns != nil && x.side == nil && x.Partial() && !t.columns[x.columns[0]].required
}

// lineIndex names the index over a side table that holds lines without a value.
func (x *index) lineIndex() string { return quote(unquote(x.name) + ".lines") }

func (x *index) lineColumns(t *table) string {
	parts := []string{}
	for n, i := range x.columns {
		c := t.columns[i]
		typ := " INTEGER"
		if c.kind == domain.KeyText {
			typ = " TEXT"
		}
		if n > 0 || x.Partial() {
			typ += " NOT NULL"
		}
		parts = append(parts, c.name+typ)
	}
	return join(parts, "row INTEGER NOT NULL")
}

func (x *index) newSide() *side {
	where := x.fields[0] + " IS ?"
	if x.Partial() {
		where = x.fields[0] + "=?"
	}
	for _, f := range x.fields[1:] {
		where += " AND " + f + "=?"
	}
	return &side{
		insert: fmt.Sprintf("INSERT INTO %s(%s) VALUES(%s)", x.name, join(x.fields, "row"), marks(len(x.fields)+1)),
		remove: fmt.Sprintf("DELETE FROM %s WHERE %s AND row=?", x.name, where),
	}
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func unquote(name string) string { return strings.ReplaceAll(name[1:len(name)-1], `""`, `"`) }

func marks(n int) string { return strings.Repeat(",?", n)[1:] }

// join puts names and lists of names together with commas.
func join(parts ...any) string {
	var all []string
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			all = append(all, p)
		case []string:
			all = append(all, p...)
		}
	}
	return strings.Join(all, ",")
}
