package mongostore

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"sori/domain"
)

// Documents of a sequenced collection are committed without a number and stand in line (_pending). One node, the holder of the collection's lease,
// numbers them. A number taken inside the writers' transactions would either be seen late, by a reader who has already gone past it, or make all
// writers queue at one counter.
const (
	numberedAtOnce = 500
	pollInterval   = 500 * time.Millisecond // how often the line is looked at though nobody said that it has grown
	shutdownGrace  = 2 * time.Second
	settleTimeout  = 2 * time.Second // then a reader of the feed is answered without what is still in the line
)

// errSteppedDown says that another node has the lease.
var errSteppedDown = errors.New("another node numbers this collection")

// sequencer numbers the documents of one collection, if its node holds the lease, and tells the holder of new ones if not.
type sequencer struct {
	c      *collection
	store  *Store
	lease  *lease
	log    *slog.Logger
	wake   chan struct{} // holds one: something may be in the line
	moved  chan struct{} // holds one: the lease's document has changed
	held   bool
	last   int64     // the highest number given, while held
	beaten time.Time // when the lease was last renewed
}

func newSequencer(s *Store, c *collection) *sequencer {
	return &sequencer{
		c: c, store: s, log: s.log.With("collection", c.spec.Name),
		lease: &lease{coll: s.leases, id: sequenceID(c.spec.Name), holder: s.node},
		wake:  make(chan struct{}, 1), moved: make(chan struct{}, 1),
	}
}

func sequenceID(collection string) string { return "sequence:" + collection }
func wakeID(collection string) string     { return "wake:" + collection }

func (q *sequencer) wakeUp() { signal(q.wake) }

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// loop works until ctx ends, and then gives the lease back.
func (q *sequencer) loop(ctx context.Context) {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	defer q.stop(ctx)
	for {
		woken := false
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
			woken = true
		case <-q.moved:
		case <-tick.C:
		}
		if err := q.runOnce(ctx, woken); err != nil && ctx.Err() == nil {
			q.log.Warn("documents could not be numbered; trying again", "error", err)
			q.held = false
			if pause(ctx, 10) != nil {
				return
			}
		}
	}
}

// runOnce numbers what is in the line if this node holds the lease or can get it. If not, and woken by a commit of its own, it tells the holder.
func (q *sequencer) runOnce(ctx context.Context, woken bool) error {
	if err := q.hold(ctx); err != nil {
		return err
	}
	if !q.held {
		if woken {
			return q.callHolder(ctx)
		}
		return nil
	}
	for {
		more, err := q.number(ctx)
		if errors.Is(err, errSteppedDown) {
			q.log.Info("another node numbers from here")
			q.held = false
			return nil
		}
		if err != nil || !more {
			return err
		}
	}
}

// hold keeps the lease, or tries to get it. On a node that does not hold it, it also sees what the holder has numbered, should the news not have come.
func (q *sequencer) hold(ctx context.Context) error {
	if q.held {
		if time.Since(q.beaten) < leaseHeartbeat {
			return nil
		}
		held, err := q.lease.renew(ctx)
		q.held, q.beaten = held, time.Now()
		return err
	}
	before := q.lease.seen.Last
	held, err := q.lease.try(ctx)
	if err != nil {
		return err
	}
	if q.lease.seen.Last != before {
		q.store.news.broadcast()
	}
	if held {
		q.held, q.last, q.beaten = true, q.lease.seen.Last, time.Now()
		q.log.Info("this node numbers", "last", q.last)
	}
	return nil
}

// number gives the next numbers to the front of the line, in one transaction with the lease's document, which holds the last one: so no
// number is given twice or left out, even by a node that has lost the lease and does not know it. Nobody can leave the line meanwhile
// without a conflict. more says that there was a line: it is to be looked at again.
func (q *sequencer) number(ctx context.Context) (more bool, err error) {
	session, err := q.store.client.StartSession(options.Session().SetCausalConsistency(false))
	if err != nil {
		return false, err
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	var given int
	for attempt := 0; ; attempt++ {
		given, err = q.give(ctx, session)
		if err == nil || !conflicted(err) {
			break
		}
		if err := pause(ctx, attempt); err != nil {
			return false, err
		}
	}
	if err != nil || given == 0 {
		return false, err
	}
	q.last += int64(given)
	q.beaten = time.Now()
	q.store.news.broadcast()
	return true, nil
}

// waiting is a document in the line.
type waiting struct {
	ID    string `bson:"_id"`
	Place string `bson:"_pending"`
}

// transaction names the transaction that the document was written in.
func (w waiting) transaction() string {
	name, _, _ := strings.Cut(w.Place, "/")
	return name
}

// front gives those who are first in the line. The documents of one transaction are not parted, however many they are.
func (q *sequencer) front(ctx context.Context) ([]waiting, error) {
	line, err := q.read(ctx, bson.D{{Key: "$gte", Value: ""}}, numberedAtOnce)
	if err != nil || len(line) < numberedAtOnce {
		return line, err
	}
	last := line[len(line)-1].transaction()
	whole := slices.IndexFunc(line, func(w waiting) bool { return w.transaction() == last })
	if whole > 0 {
		return line[:whole], nil
	}
	return q.read(ctx, bson.D{{Key: "$gte", Value: last + "/"}, {Key: "$lt", Value: last + "0"}}, 0)
}

func (q *sequencer) read(ctx context.Context, places bson.D, limit int64) (line []waiting, err error) {
	opts := options.Find().SetSort(bson.D{{Key: fieldPending, Value: 1}}).SetLimit(limit).
		SetProjection(bson.D{{Key: fieldPending, Value: 1}})
	cur, err := q.c.coll.Find(ctx, bson.D{{Key: fieldPending, Value: places}}, opts)
	if err != nil {
		return nil, err
	}
	return line, cur.All(ctx, &line)
}

// give runs one transaction and answers how many numbers it gave.
func (q *sequencer) give(ctx context.Context, session *mongo.Session) (given int, err error) {
	if err := session.StartTransaction(inSnapshot); err != nil {
		return 0, err
	}
	in := mongo.NewSessionContext(ctx, session)
	line, err := q.front(in)
	if err == nil && len(line) > 0 {
		err = q.advance(in, len(line))
	}
	if err == nil && len(line) > 0 {
		err = q.assign(in, line)
	}
	if err == nil && len(line) > 0 {
		return len(line), q.store.commit(ctx, session)
	}
	if abort := session.AbortTransaction(context.WithoutCancel(ctx)); abort != nil {
		q.log.Warn("a transaction could not be aborted; the server will", "error", abort)
	}
	return 0, err
}

// advance moves the last number in the lease's document on, which must still be this node's.
func (q *sequencer) advance(ctx context.Context, by int) error {
	mine := append(q.lease.mine(), bson.E{Key: "last", Value: q.last})
	res, err := q.store.leases.UpdateOne(ctx, mine, bson.D{{Key: "$inc", Value: bson.D{{Key: "last", Value: int64(by)}, {Key: "beat", Value: int64(1)}}}})
	if err != nil {
		return err
	}
	if res.MatchedCount == 0 {
		return errSteppedDown
	}
	return nil
}

func (q *sequencer) assign(ctx context.Context, line []waiting) error {
	models := make([]mongo.WriteModel, len(line))
	for i, w := range line {
		models[i] = mongo.NewUpdateOneModel().SetFilter(bson.D{{Key: fieldID, Value: w.ID}}).SetUpdate(bson.D{
			{Key: "$set", Value: bson.D{{Key: fieldSeq, Value: q.last + int64(i) + 1}}},
			{Key: "$unset", Value: bson.D{{Key: fieldPending, Value: ""}}},
		})
	}
	_, err := q.c.coll.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(true))
	return err
}

// callHolder wakes the node that holds the lease, which watches for this write. Should it miss it, it looks at the line by itself before long.
func (q *sequencer) callHolder(ctx context.Context) error {
	_, err := q.store.leases.UpdateOne(ctx, bson.D{{Key: fieldID, Value: wakeID(q.c.spec.Name)}},
		bson.D{{Key: "$inc", Value: bson.D{{Key: "calls", Value: int64(1)}}}}, options.UpdateOne().SetUpsert(true))
	if mongo.IsDuplicateKeyError(err) {
		return nil // another node made the document, and by that called
	}
	return err
}

func (q *sequencer) stop(ctx context.Context) {
	if !q.held {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if err := q.lease.release(ctx); err != nil {
		q.log.Warn("the lease could not be given back; others will wait for its end", "error", err)
	}
}

// Settle waits until what stands in the lines now is numbered, or settleTimeout.
func (s *Store) Settle(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	for _, c := range s.collections {
		if c.sequencer == nil {
			continue
		}
		err := c.sequencer.settle(bounded)
		if err == nil {
			continue
		}
		if bounded.Err() != nil || mongo.IsTimeout(err) { // the driver may see the end of the time before the context does
			break
		}
		return toDomain(err)
	}
	return ctx.Err()
}

// settle waits until the document that is last in the line has left it: the line is numbered from the front.
func (q *sequencer) settle(ctx context.Context) error {
	newest := options.FindOne().SetSort(bson.D{{Key: fieldPending, Value: -1}}).SetProjection(bson.D{{Key: fieldPending, Value: 1}})
	var last waiting
	err := q.c.coll.FindOne(ctx, bson.D{{Key: fieldPending, Value: bson.D{{Key: "$gte", Value: ""}}}}, newest).Decode(&last)
	for err == nil {
		numbered := q.store.Committed()
		if err = q.c.coll.FindOne(ctx, bson.D{{Key: fieldID, Value: last.ID}, {Key: fieldPending, Value: last.Place}}).Err(); err != nil {
			break
		}
		select {
		case <-numbered:
		case <-time.After(pollInterval):
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil
	}
	return err
}

// LastSeq gives the highest number of a sequenced collection, 0 if it is empty.
func (s *Store) LastSeq(ctx context.Context, spec *domain.Spec) (int64, error) {
	c, err := s.collection(spec)
	if err != nil {
		return 0, err
	}
	if c.sequencer == nil {
		return 0, domain.Errorf(domain.Internal, "collection %s is not sequenced", spec.Name)
	}
	var state leaseState
	if err := s.leases.FindOne(ctx, bson.D{{Key: fieldID, Value: sequenceID(spec.Name)}}).Decode(&state); err != nil {
		return 0, toDomain(err)
	}
	return state.Last, nil
}
