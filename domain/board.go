package domain

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// boardBeat is how often what is shown is read without a commit to wake for: not all that counts is told in an event.
	boardBeat = 2 * time.Second
	// boardRest is the least time between a commit and the reading, and so between two readings. What follows the feed has mostly done its part by then.
	boardRest = 300 * time.Millisecond
	boardKeys = MaxLoad / 2 // read in one call
)

// Board shows values that change, such as counts, to any number of readers on one node: whoever watches a key is given its newest value, soon after it differs. What is
// watched is read at once for all, a few times a second at most while there are commits on any node, so the cost is that of the keys and not that of the readers.
type Board[V any] struct {
	Store Store
	Log   *slog.Logger
	Name  string                                                         // for the log
	Read  func(ctx context.Context, keys []string) (map[string]V, error) // those that there are no more are left out
	Same  func(a, b V) bool

	mu      sync.Mutex
	readers map[*Shown[V]]struct{}
	came    chan struct{} // has a word when the first reader came
	ended   bool
}

// Shown is what one reader sees of a board.
type Shown[V any] struct {
	// Values gives the values of the reader's keys, in their order: first those of now, then the newest whenever one differs. A reader that is slow misses what was
	// between. It is closed when ctx ends, when a key is there no more, and when the server stops.
	Values <-chan []V

	keys []string
	out  chan []V
	last []V
	mu   sync.Mutex
	why  *Error
}

// Err says, once Values is closed, why: NotFound, Unavailable; nil if the reader ended it itself.
func (s *Shown[V]) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.why == nil {
		return nil
	}
	return s.why
}

// Watch begins to show keys to a reader, until ctx ends. NotFound if there is nothing under one of them.
func (b *Board[V]) Watch(ctx context.Context, keys []string) (*Shown[V], error) {
	s := &Shown[V]{keys: keys, out: make(chan []V, 1)}
	s.Values = s.out
	found, err := b.Read(ctx, keys)
	if err != nil {
		return nil, err
	}
	if !b.put(s, found) {
		return nil, errGone
	}
	if err := b.enter(s); err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { b.leave(s, nil) })
	return s, nil
}

var errGone = Errorf(NotFound, "what is watched is not there")

var errBoardStopping = Errorf(Unavailable, "the server is stopping; begin again")

func (b *Board[V]) enter(s *Shown[V]) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return errBoardStopping
	}
	if b.readers == nil {
		b.readers = map[*Shown[V]]struct{}{}
	}
	b.readers[s] = struct{}{}
	select {
	case b.arrivals() <- struct{}{}:
	default:
	}
	return nil
}

// arrivals is called with the lock held.
func (b *Board[V]) arrivals() chan struct{} {
	if b.came == nil {
		b.came = make(chan struct{}, 1)
	}
	return b.came
}

// leave ends a reader. Nothing is put into its channel afterwards.
func (b *Board[V]) leave(s *Shown[V], why *Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end(s, why)
}

// end is leave with the lock held.
func (b *Board[V]) end(s *Shown[V], why *Error) {
	if _, here := b.readers[s]; !here {
		return
	}
	delete(b.readers, s)
	s.mu.Lock()
	s.why = why
	s.mu.Unlock()
	close(s.out)
}

// put gives a reader the values of its keys, if they differ from the last, in place of what it has not taken yet. It reports false if one is not there.
func (b *Board[V]) put(s *Shown[V], found map[string]V) bool {
	values, differ := make([]V, len(s.keys)), s.last == nil
	for i, k := range s.keys {
		v, ok := found[k]
		if !ok {
			return false
		}
		values[i] = v
		differ = differ || !b.Same(v, s.last[i])
	}
	if !differ {
		return true
	}
	s.last = values
	select {
	case <-s.out:
	default:
	}
	s.out <- values
	return true
}

// Run keeps the board until ctx ends, and ends its readers then.
func (b *Board[V]) Run(ctx context.Context) {
	defer b.close()
	for ctx.Err() == nil {
		committed := b.Store.Committed()
		readers, keys := b.watched()
		if len(readers) == 0 {
			b.await(ctx)
			continue
		}
		if err := b.show(ctx, readers, keys); err != nil && ctx.Err() == nil {
			b.Log.Error("showing what changes", "board", b.Name, "err", err)
		}
		Rest(ctx, committed, boardBeat)
		Rest(ctx, nil, boardRest)
	}
}

func (b *Board[V]) await(ctx context.Context) {
	b.mu.Lock()
	came := b.arrivals()
	b.mu.Unlock()
	select {
	case <-came:
	case <-ctx.Done():
	}
}

func (b *Board[V]) watched() (readers []*Shown[V], keys []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.readers {
		readers, keys = append(readers, s), append(keys, s.keys...)
	}
	return readers, Distinct(keys)
}

// show reads the keys and gives the readers, who were there before, what differs.
func (b *Board[V]) show(ctx context.Context, readers []*Shown[V], keys []string) error {
	found := make(map[string]V, len(keys))
	for chunk := range slices.Chunk(keys, boardKeys) {
		some, err := b.Read(ctx, chunk)
		if err != nil {
			return err
		}
		maps.Copy(found, some)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range readers {
		if _, here := b.readers[s]; here && !b.put(s, found) {
			b.end(s, errGone)
		}
	}
	return nil
}

func (b *Board[V]) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
	for s := range b.readers {
		b.end(s, errBoardStopping)
	}
}
