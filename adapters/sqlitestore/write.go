package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"

	"sori/domain"
)

// Bounds of one commit: so many callers share it at most, and none waits longer for the others' closures.
const (
	maxBatch     = 256
	maxBatchTime = 25 * time.Millisecond
)

// A commit writes every page that was touched, and most inserts touch the same: the ends of the indexes. So while there are many callers, those who are on their
// way are waited for a little (PostgreSQL's commit_delay and commit_siblings).
const (
	linger  = 3 * time.Millisecond // after the batch began
	company = 4                    // callers in the batch before
)

// writer owns the one writing connection. Its loop runs one caller's closure after the other on it, in a goroutine of its own: to hand the connection from one
// caller's goroutine to the next would cost a tenth of all. It commits when nobody waits any more or a bound is reached: one fsync for all.
//
// A savepoint around each closure would cost a third of the whole, for SQLite then copies each page that a closure changes. So there is none at
// first; when a closure that has written something fails, the transaction is begun anew, the closures before it run again, and from then on
// each is under a savepoint.
type writer struct {
	store *Store
	conn  *sqlite.Conn
	queue chan *request
	done  chan struct{}
	bound time.Duration // maxBatchTime; only the loop reads it
	last  int           // callers in the last batch; only the loop uses it
	log   *checkpoints

	mu      sync.RWMutex // held for reading while a request is put into the queue
	stopped bool
}

// request is one caller's closure, and what became of it.
type request struct {
	ctx     context.Context
	fn      func(*tx) error
	state   atomic.Int32
	tx      *tx
	thrown  *thrown    // a panic of the closure, which goes on at the caller
	outcome chan error // one: of the closure, if it failed, or of the commit
}

const (
	requestWaiting = iota
	requestTaken
	requestAbandoned
)

// thrown is a panic of a closure, with the stack that it had.
type thrown struct {
	value any
	stack []byte
}

func (t *thrown) String() string { return fmt.Sprintf("%v\n\n%s", t.value, t.stack) }

func startWriter(s *Store, conn *sqlite.Conn) *writer {
	w := &writer{store: s, conn: conn, queue: make(chan *request, maxBatch), done: make(chan struct{}), bound: maxBatchTime, log: &checkpoints{store: s, size: checkpointPages, each: pagesPerClosure}}
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
	w.log.wait()
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
	r := &request{ctx: ctx, fn: fn, tx: &tx{store: s, conn: s.writer.conn}, outcome: make(chan error, 1)}
	if err := s.writer.enqueue(r); err != nil {
		return err
	}
	err := r.wait()
	if err != nil {
		r.tx.restore()
	}
	if r.thrown != nil {
		panic(r.thrown)
	}
	return err
}

// wait answers when the caller's part is committed or undone. He can leave as long as it has not been begun.
func (r *request) wait() error {
	select {
	case err := <-r.outcome:
		return err
	case <-r.ctx.Done():
		if r.state.CompareAndSwap(requestWaiting, requestAbandoned) {
			return r.ctx.Err()
		}
		return <-r.outcome
	}
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

// work runs the closure. Its panic is a failure like any other here.
func (r *request) work() (err error) {
	defer func() {
		if v := recover(); v != nil {
			r.thrown, err = &thrown{v, debug.Stack()}, errNotReturned
		}
	}()
	return r.attempt()
}

var errNotReturned = errors.New("the closure did not return")

func (r *request) attempt() error {
	if r.tx.failed != nil {
		return r.tx.failed // there is no connection to work with
	}
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if err := r.fn(r.tx); err != nil {
		return err
	}
	if r.tx.failed != nil {
		return r.tx.failed
	}
	return r.ctx.Err()
}

// loop makes batches until the queue is closed. A closure that ends the goroutine, as a test's t.Fatal does (runtime.Goexit), ends its batch, and another loop goes on.
func (w *writer) loop() {
	var b *batch
	defer func() {
		if b == nil {
			close(w.done)
			return
		}
		w.abort(b)
		go w.loop()
	}()
	for r := range w.queue {
		b = &batch{}
		w.carryOut(b, r)
		b = nil
	}
}

// batch is one transaction in the making.
type batch struct {
	kept    []*request // whose work stands, in order
	working *request
	again   []*request // whose work has to be done again
	careful bool       // each closure is under a savepoint
	broken  error      // nothing can be committed any more
}

// carryOut runs closures until nobody waits or a bound is reached, and commits.
func (w *writer) carryOut(b *batch, first *request) {
	start := time.Now()
	w.try(b, "BEGIN IMMEDIATE")
	for r, n := first, 0; r != nil; n++ {
		if r.state.CompareAndSwap(requestWaiting, requestTaken) {
			w.give(b, r)
		}
		r = nil
		if n < maxBatch && time.Since(start) < w.bound {
			r = w.next(start)
		}
	}
	w.last = len(b.kept)
	err := w.commit(b.broken)
	if err == nil && slices.ContainsFunc(b.kept, func(r *request) bool { return r.tx.sequenced }) {
		w.store.announce()
	}
	for _, r := range b.kept {
		r.outcome <- err
	}
	w.log.committed(w.conn, len(b.kept))
}

// abort undoes a batch in which a closure did not come back.
func (w *writer) abort(b *batch) {
	err := w.commit(errNotReturned)
	for _, r := range slices.Concat(b.kept, b.again, []*request{b.working}) {
		r.outcome <- err
	}
}

// next gives who waits, nil if nobody does. Where the last batch had company, it waits for it.
func (w *writer) next(start time.Time) *request {
	select {
	case r := <-w.queue: // nil if the queue is closed and empty
		return r
	default:
	}
	left := linger - time.Since(start)
	if w.last < company || left <= 0 {
		return nil
	}
	t := time.NewTimer(left)
	defer t.Stop()
	select {
	case r := <-w.queue:
		return r
	case <-t.C:
		return nil
	}
}

// give lets one closure work. Once the batch is broken there is no connection to give, and its caller learns why.
func (w *writer) give(b *batch, r *request) {
	if b.careful {
		w.try(b, "SAVEPOINT turn")
	}
	lost := b.broken != nil
	b.working, r.tx.failed = r, b.broken
	err := r.work()
	r.tx.over = true
	if err != nil {
		r.outcome <- err
	}
	switch {
	case lost:
		return
	case w.conn.AutocommitEnabled():
		// A full disk and its like undo the whole transaction, not only one closure's part.
		b.broken = domain.Errorf(domain.Unavailable, "the store had to undo the transaction")
	case err != nil:
		w.undo(b, r)
	case b.careful:
		w.try(b, "RELEASE turn")
	}
	if err == nil {
		b.kept = append(b.kept, r)
	}
}

// try runs a statement without which the batch cannot go on.
func (w *writer) try(b *batch, sql string) {
	if b.broken == nil {
		b.broken = fault(run(w.conn, sql))
	}
}

// undo takes back what a caller did who then failed, and nothing else.
func (w *writer) undo(b *batch, r *request) {
	r.tx.giveBack()
	if b.careful {
		w.try(b, "ROLLBACK TO turn")
		w.try(b, "RELEASE turn")
		return
	}
	if !r.tx.wrote {
		return
	}
	w.try(b, "ROLLBACK")
	w.try(b, "BEGIN IMMEDIATE")
	w.resetRows()
	b.again, b.kept, b.careful = b.kept, nil, true
	for len(b.again) > 0 {
		r := b.again[0]
		b.again = b.again[1:]
		r.tx.restore()
		*r.tx = tx{store: w.store, conn: w.conn}
		w.give(b, r)
	}
}

// commit ends the batch, durably or not at all.
func (w *writer) commit(err error) error {
	if err == nil {
		err = run(w.conn, "COMMIT")
	}
	if err != nil && !w.conn.AutocommitEnabled() {
		err = errors.Join(err, run(w.conn, "ROLLBACK"))
	}
	if err == nil {
		for _, t := range w.store.tables {
			t.committedRow = t.lastRow
		}
		return nil
	}
	w.resetRows()
	w.store.log.Error("sqlite: commit failed", "error", err)
	return domain.Errorf(domain.Unavailable, "the store could not commit: %w", err)
}

// resetRows takes back all rows that were given since the last commit.
func (w *writer) resetRows() {
	for _, t := range w.store.tables {
		t.lastRow = t.committedRow
	}
}
