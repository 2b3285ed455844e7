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

// stream is what one query finds, read a part at a time.
type stream[T any] struct {
	query Query
	rows  []row[T] // read and not taken yet
	stop  *Position
	ended bool
}

func (m *merger[T]) run(ctx context.Context, queries []Query) ([]row[T], error) {
	streams := make([]*stream[T], len(queries))
	for i, q := range queries {
		q.After = m.after
		streams[i] = &stream[T]{query: q}
		if err := m.read(ctx, streams[i], m.share(len(queries))); err != nil {
			return nil, err
		}
	}
	reverse := len(queries) > 0 && queries[0].Reverse
	for _, s := range streams { // they are complete only up to the nearest stop
		if s.stop != nil && (m.stopped == nil || s.stop.before(*m.stopped, reverse)) {
			m.stopped = s.stop
		}
	}
	return m.merge(ctx, streams, reverse)
}

// share is how many rows are read from each stream at first. Few pages come from one alone, so the streams of one page together are read for little more than
// the page; one that runs out is read on, by as many as the page lacks, and so once at most.
func (m *merger[T]) share(streams int) int {
	if m.keep != nil || streams == 1 {
		return m.want
	}
	return m.want/streams + 1
}

// read takes up to n rows more from a stream. With keep, it takes those that keep likes, and stops after maxExamined.
func (m *merger[T]) read(ctx context.Context, s *stream[T], n int) error {
	s.query.Limit = n
	if m.keep != nil {
		s.query.Limit = maxExamined
	}
	examined := 0
	err := m.reader.Select(ctx, &m.coll.Spec, s.query, func(d Document, pos Position) (bool, error) {
		examined++
		doc := any(d).(*T)
		if m.keep == nil || m.keep(doc) {
			s.rows = append(s.rows, row[T]{doc, pos})
		}
		if examined == maxExamined && m.keep != nil {
			s.stop = &pos
		}
		return len(s.rows) < n && s.stop == nil, nil
	})
	s.ended = m.keep != nil || len(s.rows) < n
	if len(s.rows) > 0 {
		s.query.After = &s.rows[len(s.rows)-1].pos
	}
	return err
}

// merge takes the rows of the page. A document that went from one stream to another while they were read is taken once.
func (m *merger[T]) merge(ctx context.Context, streams []*stream[T], reverse bool) ([]row[T], error) {
	if len(streams) == 1 {
		return streams[0].rows, nil
	}
	var out []row[T]
	seen := make(map[string]bool, m.want)
	for len(out) < m.want {
		var best *stream[T]
		for _, s := range streams {
			if len(s.rows) > 0 && (best == nil || s.rows[0].pos.before(best.rows[0].pos, reverse)) {
				best = s
			}
		}
		if best == nil || m.stopped != nil && m.stopped.before(best.rows[0].pos, reverse) {
			break
		}
		next := best.rows[0]
		best.rows = best.rows[1:]
		if id := any(next.doc).(Document).Head().ID; !seen[id] {
			seen[id] = true
			out = append(out, next)
		}
		if len(best.rows) > 0 || best.ended || len(out) == m.want {
			continue
		}
		if err := m.read(ctx, best, m.want-len(out)); err != nil {
			return nil, err
		}
	}
	return out, nil
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
