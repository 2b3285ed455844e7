package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const (
	leaseTimeout   = 5 * time.Second // a holder whose beat has not changed for so long is taken for dead
	leaseHeartbeat = time.Second
)

// lease lets one node of many do a thing. Its document is {_id, holder, beat, …}. No clock is shared: a rival takes over when it has seen the same beat for
// leaseTimeout on its own clock. So for a moment two nodes may think they hold it; what must be done once is therefore done in a write that requires the
// holder, as sequencer does.
//
// A lease is used by one goroutine.
type lease struct {
	coll   *mongo.Collection
	id     string
	holder string // this node

	seen   leaseState
	seenAt time.Time
}

type leaseState struct {
	Holder string `bson:"holder"`
	Beat   int64  `bson:"beat"`
	Last   int64  `bson:"last"` // the highest number given, of a sequence's lease
}

// create makes the document if there is none.
func (l *lease) create(ctx context.Context) error {
	blank := bson.D{{Key: "holder", Value: ""}, {Key: "beat", Value: int64(0)}, {Key: "last", Value: int64(0)}}
	_, err := l.coll.UpdateOne(ctx, bson.D{{Key: fieldID, Value: l.id}}, bson.D{{Key: "$setOnInsert", Value: blank}}, options.UpdateOne().SetUpsert(true))
	if mongo.IsDuplicateKeyError(err) {
		return nil // another made it at the same moment
	}
	return err
}

// look reads the document and notes when it last changed.
func (l *lease) look(ctx context.Context) error {
	var now leaseState
	if err := l.coll.FindOne(ctx, bson.D{{Key: fieldID, Value: l.id}}).Decode(&now); err != nil {
		return err
	}
	if now != l.seen || l.seenAt.IsZero() {
		l.seen, l.seenAt = now, time.Now()
	}
	return nil
}

// try takes the lease if it is free, this node's already or its holder's beat has stopped.
func (l *lease) try(ctx context.Context) (held bool, err error) {
	if err := l.look(ctx); err != nil {
		return false, err
	}
	free := l.seen.Holder == "" || l.seen.Holder == l.holder || time.Since(l.seenAt) > leaseTimeout
	if !free {
		return false, nil
	}
	taken := bson.D{{Key: "$set", Value: bson.D{{Key: "holder", Value: l.holder}}}, {Key: "$inc", Value: bson.D{{Key: "beat", Value: 1}}}}
	unchanged := bson.D{{Key: fieldID, Value: l.id}, {Key: "holder", Value: l.seen.Holder}, {Key: "beat", Value: l.seen.Beat}}
	res, err := l.coll.UpdateOne(ctx, unchanged, taken)
	if err != nil || res.MatchedCount == 0 {
		return false, err
	}
	err = l.look(ctx)
	return err == nil && l.seen.Holder == l.holder, err
}

// renew shows that the holder lives. It answers false if another has the lease.
func (l *lease) renew(ctx context.Context) (held bool, err error) {
	res, err := l.coll.UpdateOne(ctx, l.mine(), bson.D{{Key: "$inc", Value: bson.D{{Key: "beat", Value: 1}}}})
	if err != nil {
		return false, err
	}
	return res.MatchedCount == 1, nil
}

// release gives the lease back, so that nobody has to wait for it.
func (l *lease) release(ctx context.Context) error {
	_, err := l.coll.UpdateOne(ctx, l.mine(), bson.D{{Key: "$set", Value: bson.D{{Key: "holder", Value: ""}}}})
	return err
}

func (l *lease) mine() bson.D {
	return bson.D{{Key: fieldID, Value: l.id}, {Key: "holder", Value: l.holder}}
}
