package sqlitestore

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"zombiezen.com/go/sqlite"

	"sori/domain"
)

// row holds a document's values for its table's columns: a string, an int64 or nil each. Of a column for a list it is
// the JSON array, and lists has the values.
type row struct {
	values []any
	lists  map[int][]any
}

// keys reads the values of a document. Invalid if it lacks one that it must have.
func (t *table) keys(doc domain.Document) (row, error) {
	r := row{values: make([]any, len(t.columns))}
	for i, c := range t.columns {
		keys := t.spec.Keys(doc, c.path)
		if c.kind == domain.KeyText {
			for n, k := range keys {
				keys[n] = validText(k.(string))
			}
		}
		switch {
		case len(keys) == 0 && c.required:
			return row{}, domain.InvalidField(c.path, "required", "is needed to list the %s", t.spec.Noun)
		case len(keys) > 0 && c.multi:
			r.setList(i, keys)
		case len(keys) > 0:
			r.values[i] = keys[0]
		}
	}
	return r, nil
}

func (r *row) setList(i int, keys []any) {
	array, err := json.Marshal(keys)
	if err != nil {
		panic(err) // they are strings and numbers
	}
	r.values[i] = string(array)
	if r.lists == nil {
		r.lists = map[int][]any{}
	}
	r.lists[i] = keys
}

// list gives the values of a list's column.
func (r *row) list(t *table, i int) ([]any, error) {
	if list, ok := r.lists[i]; ok || r.values[i] == nil {
		return list, nil
	}
	return parseList(t.columns[i].kind, r.values[i].(string))
}

func parseList(kind domain.KeyKind, array string) ([]any, error) {
	if kind == domain.KeyText {
		return parseListOf[string](array)
	}
	return parseListOf[int64](array)
}

func parseListOf[T any](array string) ([]any, error) {
	var typed []T
	if err := json.Unmarshal([]byte(array), &typed); err != nil {
		return nil, fmt.Errorf("the stored keys %q: %w", domain.Clip(array, 80), err)
	}
	keys := make([]any, len(typed))
	for i, k := range typed {
		keys[i] = k
	}
	return keys, nil
}

// lines gives what stands in a side table for a row, without the row's number.
func (r *row) lines(t *table, x *index) ([][]any, error) {
	firsts, err := r.list(t, x.columns[0])
	if len(firsts) == 0 && !x.Partial() {
		firsts = []any{nil}
	}
	out := make([][]any, len(firsts))
	for i, first := range firsts {
		out[i] = make([]any, 1, len(x.columns)+1)
		out[i][0] = first
		for _, c := range x.columns[1:] {
			out[i] = append(out[i], r.values[c])
		}
	}
	return out, err
}

// changedFrom tells which columns differ, a bit for each.
func (r *row) changedFrom(old *row) (mask uint64) {
	for i := range r.values {
		if r.values[i] != old.values[i] {
			mask |= 1 << i
		}
	}
	return mask
}

// touches tells whether one of the index's columns is in the mask.
func (x *index) touches(mask uint64) bool {
	return slices.ContainsFunc(x.columns, func(i int) bool { return mask&(1<<i) != 0 })
}

// missingFrom gives the lines of a that are not in b.
func missingFrom(a, b [][]any) [][]any {
	return slices.DeleteFunc(slices.Clone(a), func(line []any) bool {
		return slices.ContainsFunc(b, func(other []any) bool { return slices.Equal(line, other) })
	})
}

// validText puts U+FFFD for each byte that is not UTF-8, as encoding/json does with the document.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// bind gives values to a statement's parameters, from the first on.
func bind(stmt *sqlite.Stmt, values []any) {
	for i, v := range values {
		bindAt(stmt, i+1, v)
	}
}

func bindAt(stmt *sqlite.Stmt, param int, v any) {
	switch v := v.(type) {
	case string:
		stmt.BindText(param, v)
	case int64:
		stmt.BindInt64(param, v)
	case nil:
		stmt.BindNull(param)
	default:
		panic(fmt.Sprintf("a %T is no key", v))
	}
}

// columnKey reads a key: a string, an int64 or nil.
func columnKey(stmt *sqlite.Stmt, column int) any {
	switch stmt.ColumnType(column) {
	case sqlite.TypeText:
		return stmt.ColumnText(column)
	case sqlite.TypeInteger:
		return stmt.ColumnInt64(column)
	}
	return nil
}
