package sqlitestore

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"

	"sori/domain"
)

// Bounds of one commit: so many callers share it at most, and none waits longer for the others' closures.
const (
	maxBatch     = 256
	maxBatchTime = 10 * time.Millisecond
)

// writer owns the one writing connection. It hands the connection to one caller after the other, who runs his closure on it under
// a savepoint, and commits when nobody waits any more or a bound is reached: one fsync for all.
type writer struct {
	store *Store
	conn  *sqlite.Conn
	queue chan *request
	done  chan struct{}

	mu      sync.RWMutex // held for reading while a request is put into the queue
	stopped bool
}

// request is one caller's turn. Its channels carry one message each.
type request struct {
	ctx    context.Context
	state  atomic.Int32
	turn   chan struct{} // the connection is the caller's now
	ended  chan error    // the caller gives it back; an error if his work is undone
	result chan error    // of the commit
	tx     *tx
}

const (
	requestWaiting = iota
	requestTaken
	requestAbandoned
)

func startWriter(s *Store, conn *sqlite.Conn) *writer {
	w := &writer{store: s, conn: conn, queue: make(chan *request, maxBatch), done: make(chan struct{})}
	go w.loop()
	return w
}

// stop answers all who wait, then closes the connection.
func (w *writer) stop() error {
	w.mu.Lock()
	w.stopped = true
	close(w.queue)
	w.mu.Unlock()
	<-w.done
	return w.conn.Close() // as the last connection it also brings the log into the file
}

// Write implements domain.Store.
func (s *Store) Write(ctx context.Context, fn func(domain.Tx) error) error {
	return s.transact(ctx, func(tx *tx) error { return fn(tx) })
}

// transact is Write for those who need more than domain.Tx.
func (s *Store) transact(ctx context.Context, fn func(*tx) error) error {
	if s.writer == nil {
		return domain.Errorf(domain.Unavailable, "the store is open for reading only")
	}
	r := &request{
		ctx: ctx, turn: make(chan struct{}, 1), ended: make(chan error, 1), result: make(chan error, 1),
		tx: &tx{store: s, conn: s.writer.conn},
	}
	if err := s.writer.enqueue(r); err != nil {
		return err
	}
	select {
	case <-r.turn:
	case <-ctx.Done():
		if r.state.CompareAndSwap(requestWaiting, requestAbandoned) {
			return ctx.Err()
		}
		<-r.turn
	}
	err := r.work(fn)
	if err == nil {
		err = <-r.result
	}
	if err != nil {
		r.tx.restore()
	}
	return err
}

func (w *writer) enqueue(r *request) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.stopped {
		return errClosed
	}
	select {
	case w.queue <- r:
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

// work runs the caller's closure while the connection is his, and gives it back however the closure ends: by its
// return, by a panic, or by runtime.Goexit, as a test's t.Fatal does.
func (r *request) work(fn func(*tx) error) error {
	outcome := errors.New("the closure did not return")
	defer func() { r.ended <- outcome }()
	outcome = r.attempt(fn)
	return outcome
}

func (r *request) attempt(fn func(*tx) error) error {
	if r.tx.failed != nil {
		return r.tx.failed // there is no connection to work with
	}
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if err := fn(r.tx); err != nil {
		return err
	}
	if r.tx.failed != nil {
		return r.tx.failed
	}
	return r.ctx.Err()
}

func (w *writer) loop() {
	defer close(w.done)
	for r := range w.queue {
		w.batch(r)
	}
}

// batch gives turns until nobody waits or a bound is reached, and commits.
func (w *writer) batch(first *request) {
	var kept []*request
	sequenced := false
	start := time.Now()
	err := fault(run(w.conn, "BEGIN IMMEDIATE"))
	for r, n := first, 0; r != nil; n++ {
		var stands bool
		if stands, err = w.give(r, err); stands {
			kept = append(kept, r)
			sequenced = sequenced || r.tx.sequenced
		}
		r = nil
		if n < maxBatch && time.Since(start) < maxBatchTime {
			r = w.next()
		}
	}
	if err = w.commit(err); err == nil && sequenced {
		w.store.announce()
	}
	for _, r := range kept {
		r.result <- err
	}
}

// next gives who waits, nil if nobody does.
func (w *writer) next() *request {
	select {
	case r := <-w.queue: // nil if the queue is closed and empty
		return r
	default:
		return nil
	}
}

// give lets one caller work, and tells whether his work stands, so that he waits for the commit. After an error of the whole batch
// there is no connection to give; such an error, old or new, comes back.
func (w *writer) give(r *request, broken error) (stands bool, err error) {
	if !r.state.CompareAndSwap(requestWaiting, requestTaken) {
		return false, broken
	}
	if broken == nil {
		broken = fault(run(w.conn, "SAVEPOINT turn"))
	}
	r.tx.failed = broken
	r.turn <- struct{}{}
	refused := <-r.ended
	r.tx.over = true
	switch {
	case broken != nil:
		return false, broken
	case w.conn.AutocommitEnabled():
		// A full disk and its like undo the whole transaction, not only one closure's part.
		return refused == nil, domain.Errorf(domain.Unavailable, "the store had to undo the transaction")
	case refused != nil:
		r.tx.giveBack()
		return false, fault(errors.Join(run(w.conn, "ROLLBACK TO turn"), run(w.conn, "RELEASE turn")))
	}
	return true, fault(run(w.conn, "RELEASE turn"))
}

// commit ends the batch, durably or not at all.
func (w *writer) commit(err error) error {
	if err == nil {
		err = run(w.conn, "COMMIT")
	}
	if err != nil && !w.conn.AutocommitEnabled() {
		err = errors.Join(err, run(w.conn, "ROLLBACK"))
	}
	for _, t := range w.store.tables {
		if err == nil {
			t.committedRow = t.lastRow
		} else {
			t.lastRow = t.committedRow
		}
	}
	if err == nil {
		return nil
	}
	w.store.log.Error("sqlite: commit failed", "error", err)
	return domain.Errorf(domain.Unavailable, "the store could not commit: %w", err)
}
