package domain

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
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
	m := merger[T]{coll: c, reader: r, after: after, want: limit + 1, keep: keep}
	rows, err := m.run(ctx, queries)
	if err != nil {
		return Page[T]{}, err
	}
	return m.page(rows, limit, mark), nil
}

type row[T any] struct {
	doc *T
	pos Position
}

// merger reads a page from several ordered streams of one collection.
type merger[T any] struct {
	coll    *Collection[T]
	reader  Reader
	after   *Position
	want    int
	keep    func(*T) bool
	stopped *Position // how far the scan came when it gave up early
}

func (m *merger[T]) run(ctx context.Context, queries []Query) ([]row[T], error) {
	streams := make([][]row[T], len(queries))
	stops := make([]*Position, 0, len(queries))
	for i, q := range queries {
		rows, stop, err := m.read(ctx, q)
		if err != nil {
			return nil, err
		}
		streams[i] = rows
		if stop != nil {
			stops = append(stops, stop)
		}
	}
	reverse := len(queries) > 0 && queries[0].Reverse
	for _, s := range stops { // the streams are complete only up to the nearest stop
		if m.stopped == nil || s.before(*m.stopped, reverse) {
			m.stopped = s
		}
	}
	return m.merge(streams, reverse), nil
}

// read takes up to want rows that keep likes from one stream, or stops after maxExamined.
func (m *merger[T]) read(ctx context.Context, q Query) (rows []row[T], stop *Position, err error) {
	q.After, q.Limit = m.after, m.want
	if m.keep != nil {
		q.Limit = maxExamined
	}
	examined := 0
	err = m.reader.Select(ctx, &m.coll.Spec, q, func(d Document, pos Position) (bool, error) {
		examined++
		doc := any(d).(*T)
		if m.keep == nil || m.keep(doc) {
			rows = append(rows, row[T]{doc, pos})
		}
		if examined == maxExamined && m.keep != nil {
			stop = &pos
		}
		return len(rows) < m.want && stop == nil, nil
	})
	return rows, stop, err
}

func (m *merger[T]) merge(streams [][]row[T], reverse bool) []row[T] {
	var out []row[T]
	for len(out) < m.want {
		best := -1
		for i, s := range streams {
			if len(s) > 0 && (best < 0 || s[0].pos.before(streams[best][0].pos, reverse)) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		next := streams[best][0]
		if m.stopped != nil && m.stopped.before(next.pos, reverse) {
			break
		}
		out = append(out, next)
		streams[best] = streams[best][1:]
	}
	return out
}

func (m *merger[T]) page(rows []row[T], limit int, mark uint32) Page[T] {
	n := min(limit, len(rows))
	p := Page[T]{Items: make([]*T, n), Cursor: func(i int) string { return formatCursor(mark, rows[i].pos) }}
	for i, x := range rows[:n] {
		p.Items[i] = x.doc
	}
	switch {
	case n < len(rows):
		p.NextCursor = p.Cursor(n - 1)
	case m.stopped != nil:
		p.NextCursor = formatCursor(mark, *m.stopped)
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
	bad := InvalidField("cursor", "known", "is not a cursor of this list")
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

func cursorKey(k any) (any, error) {
	switch v := k.(type) {
	case json.Number:
		return v.Int64()
	case string, nil:
		return v, nil
	}
	return nil, fmt.Errorf("a %T is no key", k)
}
