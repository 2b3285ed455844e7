package mongostore

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"sori/domain"
)

// windows remembers how dense lists are, for a server that gathers and sorts all that a filter finds before it gives the first: of such a one, the part of a list is
// asked for first in which the page should be. Read part by part a list is the same, whatever is remembered.
type windows struct {
	mu      sync.Mutex
	byList  map[string]density
	reading map[string]chan struct{} // the first reading of a list, closed at its end
}

func newWindows() *windows {
	return &windows{byList: map[string]density{}, reading: map[string]chan struct{}{}}
}

// exploreTime is how long a caller waits for another's first reading. Then he reads himself, for it may be that he is the other: who reads a list while he reads it.
const exploreTime = 2 * time.Second

// explore lets one caller read a list of which nothing is known, and the others wait until he has: each would have the server sort all of it. It gives what the
// caller calls when he has read. ctx's own error if it ends before.
func (w *windows) explore(ctx context.Context, q domain.Query) (done func(), err error) {
	if _, _, known := w.recall(q); known {
		return func() {}, nil
	}
	name := listName(q)
	w.mu.Lock()
	first, busy := w.reading[name]
	if !busy {
		first = make(chan struct{})
		w.reading[name] = first
	}
	w.mu.Unlock()
	if !busy {
		return func() { w.explored(name, first) }, nil
	}
	select {
	case <-first:
		return func() {}, nil
	case <-time.After(exploreTime):
		return func() {}, nil
	case <-ctx.Done():
		return nil, toDomain(ctx.Err())
	}
}

func (w *windows) explored(name string, reading chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.reading, name)
	close(reading)
}

// density is what full pages of a list have shown: how far one row's key is from the next. Most lists are thicker where they begin than further on, as what comes in today is
// beside what is left of last year.
type density struct {
	start   *int64 // the key of the list's first row; nil before it was read from there
	atStart float64
	beyond  float64 // of the page read last that was not the first; 0 before there was one
}

// at is the density where a query's page should be.
func (d density) at(q domain.Query) float64 {
	if q.After == nil || d.beyond == 0 {
		return d.atStart
	}
	return d.beyond
}

const maxWindows = 10_000

// windowPages is how many pages' width the near part of a list has.
const windowPages = 2

// listName tells one list from another by its index, what it is equal in, and its direction.
func listName(q domain.Query) string {
	var b strings.Builder
	fmt.Fprint(&b, q.Index, q.Reverse)
	for _, v := range q.Equal {
		fmt.Fprint(&b, "|", domain.KeyOf(v))
	}
	return b.String()
}

// parts gives queries that find one after the other what q finds.
func (w *windows) parts(q domain.Query) []domain.Query {
	start, perRow, known := w.recall(q)
	if !known {
		return []domain.Query{q}
	}
	width := int64(windowPages * perRow * float64(q.Limit))
	end := start + width + 1
	if q.Reverse {
		end = start - width
	}
	if !inside(q, end) {
		return []domain.Query{q}
	}
	near, rest := q, q
	rest.After = nil
	if q.Reverse {
		near.From, rest.To = end, end
	} else {
		near.To, rest.From = end, end
	}
	return []domain.Query{near, rest}
}

// inside reports whether a key parts the range of a query.
func inside(q domain.Query, key int64) bool {
	low, high := domain.KeyOf(q.From), domain.KeyOf(q.To)
	return (low == nil || compareKeys(key, low) > 0) && (high == nil || compareKeys(key, high) < 0)
}

// recall gives the key at which what q finds should begin, and how dense it should be.
func (w *windows) recall(q domain.Query) (start int64, perRow float64, known bool) {
	w.mu.Lock()
	d, known := w.byList[listName(q)]
	w.mu.Unlock()
	if q.After != nil && len(q.After.Keys) > 0 {
		start, isNumber := q.After.Keys[0].(int64)
		return start, d.at(q), known && isNumber
	}
	if d.start == nil || q.After != nil {
		return 0, 0, false
	}
	return *d.start, d.at(q), true
}

// learn remembers what a full page showed.
func (w *windows) learn(q domain.Query, first, last domain.Position) {
	from, ok1 := first.Keys[0].(int64)
	to, ok2 := last.Keys[0].(int64)
	if !ok1 || !ok2 {
		return
	}
	name := listName(q)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.byList) >= maxWindows {
		clear(w.byList)
	}
	d, perRow := w.byList[name], float64(max(from-to, to-from))/float64(q.Limit)
	switch {
	case q.After != nil:
		d.beyond = perRow
	case q.From == nil && q.To == nil:
		d.start, d.atStart = &from, perRow
	}
	w.byList[name] = d
}
