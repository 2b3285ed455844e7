package mongostore

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"sori/domain"
)

const (
	// commitPatience is how long the outcome of a commit is asked for when the server's answer was lost.
	commitPatience = 20 * time.Second
	// conflictPatience is how long a transaction is run again and again because others are in the way.
	conflictPatience = 2 * time.Minute
	firstBackoff     = 2 * time.Millisecond
	lastBackoff      = 200 * time.Millisecond
)

var (
	inSnapshot = options.Transaction().SetReadConcern(readconcern.Snapshot()).SetWriteConcern(writeconcern.Majority()).SetReadPreference(readpref.Primary())
	// writesFirst is for a transaction that has not read anything by which it decided. The read concern goes with the first command, and that is
	// the bulk write then, which has no place for one.
	writesFirst = options.Transaction().SetReadConcern(&readconcern.ReadConcern{}).SetWriteConcern(writeconcern.Majority()).SetReadPreference(readpref.Primary())
)

// tx is one run of a transaction.
type tx struct {
	store   *Store
	session *mongo.Session
	begun   bool // on the server, by the first command
	batch   batch
	fault   error // the server has given the transaction up, whatever fn makes of it
	counted []counted
	inserts map[*collection]bool // sequenced collections that got documents
	seen    map[docKey]int64     // versions of documents that the transaction has read or written; 0 of those it has deleted
}

type docKey struct {
	c  *collection
	id string
}

// counted remembers a document's version from before the transaction, which is given back if it does not commit: fn may run again with the same document.
type counted struct {
	head    *domain.Doc
	version int64
}

// Write runs fn in a transaction and answers when a majority of the replica set has it. Conflicts with other writers are run again, later each time.
func (s *Store) Write(ctx context.Context, fn func(domain.Tx) error) error {
	// Majority reads and writes give what causal consistency would, and without it no read concern is sent where none belongs.
	session, err := s.client.StartSession(options.Session().SetCausalConsistency(false))
	if err != nil {
		return toDomain(err)
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	giveUp := time.Now().Add(conflictPatience)
	wary := false
	for attempt := 0; ; attempt++ {
		err := s.attempt(ctx, session, fn, wary)
		if !wary && s.unfounded(ctx, err) {
			wary = true
			continue
		}
		if err == nil || !conflicted(err) {
			return toDomain(err)
		}
		if time.Now().After(giveUp) {
			return domain.Errorf(domain.Unavailable, "other writers were in the way for %s: %w", conflictPatience, err)
		}
		if err := pause(ctx, attempt); err != nil {
			return toDomain(err)
		}
	}
}

// pause waits longer after each conflict, and never as long as a rival.
func pause(ctx context.Context, attempt int) error {
	most := min(lastBackoff, firstBackoff<<min(attempt, 10))
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(most)):
		return nil
	}
}

func (s *Store) attempt(ctx context.Context, session *mongo.Session, fn func(domain.Tx) error, wary bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := &tx{store: s, session: session, batch: batch{store: s, wary: wary, changed: map[*collection][]string{}}, inserts: map[*collection]bool{}, seen: map[docKey]int64{}}
	done := false
	defer func() { // also when fn panics
		if !done {
			t.rollBack(ctx)
		}
	}()
	if err := t.run(ctx, fn); err != nil {
		return err
	}
	if t.begun {
		if err := s.commit(ctx, session); err != nil {
			return err
		}
	}
	done = true
	for c := range t.inserts {
		c.sequencer.wakeUp()
	}
	return nil
}

// run lets fn write and sends what it wrote.
func (t *tx) run(ctx context.Context, fn func(domain.Tx) error) error {
	err := fn(t)
	if t.fault != nil {
		return t.fault
	}
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := t.flush(ctx); err != nil {
		return t.fault
	}
	return ctx.Err()
}

// begin starts the transaction with its first command.
func (t *tx) begin(opts *options.TransactionOptionsBuilder) error {
	if t.begun {
		return nil
	}
	t.begun = true
	return t.note(t.session.StartTransaction(opts))
}

func (t *tx) rollBack(ctx context.Context) {
	if t.session.TransactionRunning() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitPatience)
		defer cancel()
		if err := t.session.AbortTransaction(ctx); err != nil {
			t.store.log.Warn("a transaction could not be aborted; the server will", "error", err)
		}
	}
	for _, c := range t.counted {
		c.head.Version = c.version
	}
}

// commit asks until it knows the outcome. The caller's ctx no longer counts: to stop asking would not undo the commit. Unavailable if the outcome stays unknown.
func (s *Store) commit(ctx context.Context, session *mongo.Session) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitPatience)
	defer cancel()
	for attempt := 0; ; attempt++ {
		err := session.CommitTransaction(ctx)
		if err == nil || !hasLabel(err, labelUnknownCommit) && !mongo.IsNetworkError(err) && !mongo.IsTimeout(err) {
			return err
		}
		if wait := pause(ctx, attempt); wait != nil {
			return domain.Errorf(domain.Unavailable, "it is not known whether the transaction was committed: %w", errors.Join(err, wait))
		}
	}
}

// in gives ctx with the session, by which the driver knows that a command belongs to the transaction.
func (t *tx) in(ctx context.Context) context.Context { return mongo.NewSessionContext(ctx, t.session) }

// note keeps an error of the server, after which it has ended the transaction.
func (t *tx) note(err error) error {
	var e *domain.Error
	if err != nil && t.fault == nil && !errors.As(err, &e) {
		t.fault = err
	}
	return err
}

// reading prepares a read of a collection: its own writes must be there to be seen.
func (t *tx) reading(ctx context.Context, spec *domain.Spec) (*collection, error) {
	if t.fault != nil {
		return nil, toDomain(t.fault)
	}
	c, err := t.store.collection(spec)
	if err != nil {
		return nil, err
	}
	if t.batch.touches(c) {
		if err := t.flush(ctx); err != nil {
			return nil, err
		}
	}
	return c, toDomain(t.begin(inSnapshot))
}

func (t *tx) Load(ctx context.Context, spec *domain.Spec, id string, doc domain.Document) error {
	c, err := t.reading(ctx, spec)
	if err != nil {
		return err
	}
	if err := c.load(t.in(ctx), id, doc); err != nil {
		return toDomain(t.note(err))
	}
	t.saw(c, doc)
	return nil
}

func (t *tx) LoadMany(ctx context.Context, spec *domain.Spec, ids []string, yield func(domain.Document) error) error {
	c, err := t.reading(ctx, spec)
	if err != nil {
		return err
	}
	var own error // the caller's errors do not end the transaction
	err = c.loadMany(t.in(ctx), ids, func(d domain.Document) error {
		t.saw(c, d)
		own = yield(d)
		return own
	})
	if own != nil {
		return own
	}
	return toDomain(t.note(err))
}

func (t *tx) Select(ctx context.Context, spec *domain.Spec, q domain.Query, yield func(domain.Document, domain.Position) (bool, error)) error {
	return t.handOver(ctx, spec, yield, func(ctx context.Context, c *collection, yield func(domain.Document, domain.Position) (bool, error)) error {
		return c.selectDocs(ctx, q, yield)
	})
}

func (t *tx) Merge(ctx context.Context, spec *domain.Spec, queries []domain.Query, likely int, yield func(domain.Document, domain.Position) (bool, error)) error {
	return t.handOver(ctx, spec, yield, func(ctx context.Context, c *collection, yield func(domain.Document, domain.Position) (bool, error)) error {
		return c.mergeDocs(ctx, queries, likely, yield)
	})
}

// handOver notes what read finds, for the transaction's writes, and tells the caller's own errors, which do not end the transaction, from the server's.
func (t *tx) handOver(ctx context.Context, spec *domain.Spec, yield func(domain.Document, domain.Position) (bool, error),
	read func(context.Context, *collection, func(domain.Document, domain.Position) (bool, error)) error,
) error {
	c, err := t.reading(ctx, spec)
	if err != nil {
		return err
	}
	var own error
	err = read(t.in(ctx), c, func(d domain.Document, pos domain.Position) (more bool, err error) {
		t.saw(c, d)
		more, own = yield(d, pos)
		return more, own
	})
	if own != nil {
		return own
	}
	return toDomain(t.note(err))
}

func (t *tx) saw(c *collection, d domain.Document) {
	t.seen[docKey{c, d.Head().ID}] = d.Head().Version
}

// writing prepares a write to a collection.
func (t *tx) writing(ctx context.Context, spec *domain.Spec) (*collection, error) {
	if t.fault != nil {
		return nil, toDomain(t.fault)
	}
	if t.batch.bytes > maxBuffered {
		if err := t.flush(ctx); err != nil {
			return nil, err
		}
	}
	return t.store.collection(spec)
}

func (t *tx) flush(ctx context.Context) error {
	if len(t.batch.writes) == 0 {
		return nil
	}
	first := writesFirst
	if slices.ContainsFunc(t.batch.writes, func(w write) bool { return w.check }) {
		first = inSnapshot
	}
	if err := t.begin(first); err != nil {
		return toDomain(err)
	}
	if err := t.batch.flush(t.in(ctx)); err != nil {
		t.fault = err
		return toDomain(err)
	}
	return nil
}

func (t *tx) Insert(ctx context.Context, spec *domain.Spec, doc domain.Document) error {
	c, err := t.writing(ctx, spec)
	if err != nil {
		return err
	}
	head := doc.Head()
	if head.ID == "" {
		head.ID = domain.NewID(spec.Prefix)
	}
	if !utf8.ValidString(head.ID) {
		return domain.InvalidField("id", "utf8", "is not valid UTF-8")
	}
	t.count(head, 1)
	raw, err := c.encode(doc)
	if err != nil {
		return err
	}
	if c.spec.Sequenced {
		t.inserts[c] = true
	}
	t.saw(c, doc)
	t.batch.add(write{c: c, id: head.ID, doc: raw, insert: true})
	return nil
}

func (t *tx) Replace(ctx context.Context, spec *domain.Spec, doc domain.Document) error {
	c, err := t.writing(ctx, spec)
	if err != nil {
		return err
	}
	head := doc.Head()
	w := write{c: c, id: head.ID, version: head.Version}
	stored, known := t.seen[docKey{c, head.ID}]
	if w.check = !known; known {
		if err := c.compare(head.ID, head.Version, stored); err != nil {
			return err
		}
	}
	t.count(head, head.Version+1)
	if w.doc, err = c.encode(doc); err != nil {
		return err
	}
	t.saw(c, doc)
	t.batch.add(w)
	return nil
}

func (t *tx) Delete(ctx context.Context, spec *domain.Spec, id string) error {
	c, err := t.writing(ctx, spec)
	if err != nil {
		return err
	}
	t.seen[docKey{c, id}] = 0
	t.batch.add(write{c: c, id: id})
	return nil
}

func (t *tx) count(head *domain.Doc, version int64) {
	t.counted = append(t.counted, counted{head, head.Version})
	head.Version = version
}
