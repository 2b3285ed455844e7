package domain

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
)

// Page sizes. Every list has them, at both doors.
const (
	DefaultLimit = 25
	MaxLimit     = 200
	maxExamined  = 2000 // documents read for one page, when a filter is not in the index
)

// PageRequest asks for one page. Limit 0 is DefaultLimit; an empty Cursor is the start.
type PageRequest struct {
	Limit  int
	Cursor string
}

// Page is a part of a list. NextCursor is empty at the end. A filtered page may hold fewer than Limit items, even none, while NextCursor is set: the list goes on.
type Page[T any] struct {
	Items      []*T
	Cursor     func(i int) string // of the item at i, for doors that give one an edge; made when it is asked for
	NextCursor string
}

// Size checks the limit and gives it, or the default.
func (p PageRequest) Size() (int, error) {
	if p.Limit == 0 {
		return DefaultLimit, nil
	}
	if p.Limit < 1 || p.Limit > MaxLimit {
		return 0, InvalidField("limit", "range", "must be from 1 to %d", MaxLimit)
	}
	return p.Limit, nil
}

// Page reads one page of the lists that queries find, merged in one order. All queries use the same index and order and as many
// Equal values. keep, if not nil, passes over documents; label tells one keep from another, so that a cursor cannot be
// carried from one question to the next.
func (c *Collection[T]) Page(ctx context.Context, r Reader, req PageRequest, label string, keep func(*T) bool, queries ...Query) (Page[T], error) {
	limit, err := req.Size()
	if err != nil {
		return Page[T]{}, err
	}
	mark := cursorMark(c.Name, label, queries)
	after, err := parseCursor(req.Cursor, mark)
	if err != nil {
		return Page[T]{}, err
	}
	if after != nil && !c.hasPlace(queries[0], after.Keys) {
		return Page[T]{}, errNoCursor()
	}
	lists := slices.Clone(queries)
	for i := range lists {
		lists[i].After = after
	}
	g := gatherer[T]{want: limit + 1, keep: keep}
	if len(lists) > 1 {
		g.seen = make(map[string]bool, g.want)
	}
	err = r.Merge(ctx, &c.Spec, lists, g.want, func(d Document, pos Position) (bool, error) { return g.take(d, pos), nil })
	if err != nil {
		return Page[T]{}, err
	}
	return g.page(limit, mark), nil
}

// gatherer takes the rows of a page as they come.
type gatherer[T any] struct {
	want     int
	keep     func(*T) bool
	rows     []row[T]
	seen     map[string]bool // of several lists; nil where there is one
	examined int
	stopped  *Position // how far it came when it gave up early
}

type row[T any] struct {
	doc *T
	pos Position
}

// take takes what keep likes, once, until the page is full, and gives up after maxExamined.
func (g *gatherer[T]) take(d Document, pos Position) (more bool) {
	g.examined++
	doc := any(d).(*T)
	if (g.keep == nil || g.keep(doc)) && !g.had(d.Head().ID) {
		g.rows = append(g.rows, row[T]{doc, pos})
	}
	if len(g.rows) == g.want {
		return false
	}
	if g.keep != nil && g.examined == maxExamined {
		g.stopped = &pos
	}
	return g.stopped == nil
}

// had tells whether a document came before: from another list, in which it is as well, or to which it went while they were read.
func (g *gatherer[T]) had(id string) bool {
	if g.seen == nil {
		return false
	}
	had := g.seen[id]
	g.seen[id] = true
	return had
}

func (g *gatherer[T]) page(limit int, mark uint32) Page[T] {
	rows := g.rows
	n := min(limit, len(rows))
	p := Page[T]{Items: make([]*T, n), Cursor: func(i int) string { return formatCursor(mark, rows[i].pos) }}
	for i, x := range rows[:n] {
		p.Items[i] = x.doc
	}
	switch {
	case n < len(rows):
		p.NextCursor = p.Cursor(n - 1)
	case g.stopped != nil:
		p.NextCursor = formatCursor(mark, *g.stopped)
	}
	return p
}

// before orders two positions of one list.
func (p Position) before(q Position, reverse bool) bool {
	for i := range p.Keys {
		if c := compareKeys(p.Keys[i], q.Keys[i]); c != 0 {
			return (c < 0) != reverse
		}
	}
	if c := strings.Compare(p.Tie, q.Tie); c != 0 {
		return (c < 0) != reverse
	}
	return false
}

// compareKeys orders key values as both engines do: absent first, then by value.
func compareKeys(a, b any) int {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y)
		}
	case int64:
		if y, ok := b.(int64); ok {
			return int(max(-1, min(1, x-y)))
		}
	case nil:
		if b == nil {
			return 0
		}
		return -1
	}
	return 1
}

// cursorMark fingerprints the question that a cursor belongs to.
func cursorMark(collection, label string, queries []Query) uint32 {
	h := fnv.New32a()
	fmt.Fprint(h, collection, "|", label)
	for _, q := range queries {
		fmt.Fprint(h, "|", q.Index, q.Reverse, KeyOf(q.From), KeyOf(q.To))
		for _, e := range q.Equal {
			fmt.Fprintf(h, "|%v", KeyOf(e))
		}
	}
	return h.Sum32()
}

type cursor struct {
	Mark uint32 `json:"m"`
	Position
}

func formatCursor(mark uint32, p Position) string {
	b, err := json.Marshal(cursor{mark, p})
	if err != nil {
		panic(err) // keys are strings and numbers
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string, mark uint32) (*Position, error) {
	if s == "" {
		return nil, nil
	}
	bad := errNoCursor()
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, bad
	}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	var c cursor
	if err := dec.Decode(&c); err != nil || c.Mark != mark {
		return nil, bad
	}
	for i, k := range c.Keys {
		if c.Keys[i], err = cursorKey(k); err != nil {
			return nil, bad
		}
	}
	return &c.Position, nil
}

func errNoCursor() error { return InvalidField("cursor", "known", "is not a cursor of this list") }

// hasPlace reports whether keys are of the kinds that the index of a query has behind what is equal: a cursor may have been made up.
func (c *Collection[T]) hasPlace(q Query, keys []any) bool {
	ix, ok := c.Index(q.Index)
	if !ok || len(q.Equal)+len(keys) != len(ix.Fields) {
		return false
	}
	for i, path := range ix.Fields[len(q.Equal):] {
		kind, _ := c.KeyKind(path)
		if _, isText := keys[i].(string); keys[i] != nil && isText != (kind == KeyText) {
			return false
		}
	}
	return true
}

func cursorKey(k any) (any, error) {
	switch v := k.(type) {
	case json.Number:
		return v.Int64()
	case string, nil:
		return v, nil
	}
	return nil, fmt.Errorf("a %T is no key", k)
}
