package mongostore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"sori/domain"
)

// migrations bring a database from schema n to n+1, in order and never back. They are for what the engine itself keeps; collections
// and their indexes follow the declarations without one. Each may run again if a node dies in it.
var migrations = []func(context.Context, *Store) error{
	func(ctx context.Context, s *Store) error { // 1: blobs and the full-text index
		return errors.Join(s.blobs.createIndexes(ctx), s.search.createIndexes(ctx))
	},
}

// schemaState is the document of _schema that tells how far the migrations have come.
type schemaState struct {
	ID      string `bson:"_id"`
	Version int    `bson:"version"`
}

// collectionState is the document of _schema for a collection: what was declared when it was last brought up to date.
type collectionState struct {
	ID      string       `bson:"_id"` // the collection's name
	Indexes []indexState `bson:"indexes"`
	Paths   []string     `bson:"paths"` // that all documents have keys of
}

type indexState struct {
	Name   string   `bson:"name"`
	Fields []string `bson:"fields"`
	Unique bool     `bson:"unique"`
	// Documents without the first field are left out. Sparse does that for an index of one field; in one of several it would leave out only those
	// that have none of them.
	Sparse  bool `bson:"sparse"`
	Partial bool `bson:"partial"`
}

func (a indexState) equal(b indexState) bool {
	return a.Name == b.Name && a.Unique == b.Unique && a.Sparse == b.Sparse && a.Partial == b.Partial && slices.Equal(a.Fields, b.Fields)
}

const schemaID = "schema:" // no collection has this name

// migrate brings the database up to date. Of several nodes that start at once one does it and the others wait.
func (s *Store) migrate(ctx context.Context) error {
	current, err := s.upToDate(ctx)
	if err != nil || current {
		return err
	}
	l := &lease{coll: s.leases, id: "migrate", holder: s.node}
	if err := l.create(ctx); err != nil {
		return toDomain(err)
	}
	if err := l.wait(ctx); err != nil {
		return toDomain(err)
	}
	defer func() {
		if err := l.release(context.WithoutCancel(ctx)); err != nil {
			s.log.Warn("the migration's lease could not be given back; others will wait for its end", "error", err)
		}
	}()
	if current, err = s.upToDate(ctx); err != nil || current {
		return err
	}
	return l.during(ctx, s.migrateHeld)
}

// wait tries until the lease is had or ctx ends.
func (l *lease) wait(ctx context.Context) error {
	for {
		if held, err := l.try(ctx); err != nil || held {
			return err
		}
		if err := pause(ctx, 10); err != nil {
			return err
		}
	}
}

// during runs fn and keeps the lease meanwhile. fn's context ends if it is lost.
func (l *lease) during(ctx context.Context, fn func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(leaseHeartbeat)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if held, err := l.renew(ctx); err == nil && !held {
				cancel(errors.New("another node has taken over the migration"))
			}
		}
	}()
	err := fn(ctx)
	if cause := context.Cause(ctx); cause != nil {
		err = errors.Join(err, cause)
	}
	cancel(nil)
	<-done
	return err
}

// upToDate compares what was done with what is declared. Conflict if a newer program was here.
func (s *Store) upToDate(ctx context.Context) (bool, error) {
	version, err := s.schemaVersion(ctx)
	if err != nil {
		return false, err
	}
	if version > len(migrations) {
		return false, domain.Errorf(domain.Conflict, "the database %s has schema %d, and this program knows %d: it is too old for it", s.db.Name(), version, len(migrations))
	}
	if version < len(migrations) {
		return false, nil
	}
	states, err := s.collectionStates(ctx)
	if err != nil {
		return false, err
	}
	for name, c := range s.collections {
		if old, ok := states[name]; !ok || !old.covers(c) {
			return false, nil
		}
	}
	return true, nil
}

func (s *Store) schemaVersion(ctx context.Context) (int, error) {
	var state schemaState
	err := s.db.Collection(collectionSchema).FindOne(ctx, bson.D{{Key: fieldID, Value: schemaID}}).Decode(&state)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return 0, nil
	}
	return state.Version, toDomain(err)
}

func (s *Store) collectionStates(ctx context.Context) (map[string]collectionState, error) {
	cur, err := s.db.Collection(collectionSchema).Find(ctx, bson.D{{Key: fieldID, Value: bson.D{{Key: "$ne", Value: schemaID}}}})
	if err != nil {
		return nil, toDomain(err)
	}
	var list []collectionState
	if err := cur.All(ctx, &list); err != nil {
		return nil, toDomain(err)
	}
	states := map[string]collectionState{}
	for _, st := range list {
		states[st.ID] = st
	}
	return states, nil
}

func (st collectionState) covers(c *collection) bool {
	return slices.EqualFunc(st.Indexes, c.indexStates(), indexState.equal) && slices.Equal(st.Paths, c.paths)
}

func (s *Store) migrateHeld(ctx context.Context) error {
	version, err := s.schemaVersion(ctx)
	if err != nil {
		return err
	}
	for ; version < len(migrations); version++ {
		if err := migrations[version](ctx, s); err != nil {
			return fmt.Errorf("migrating to schema %d: %w", version+1, err)
		}
		if err := s.record(ctx, schemaID, schemaState{ID: schemaID, Version: version + 1}); err != nil {
			return err
		}
	}
	states, err := s.collectionStates(ctx)
	if err != nil {
		return err
	}
	for name, c := range s.collections {
		old, exists := states[name]
		if exists && old.covers(c) {
			continue
		}
		if err := c.bringUpToDate(ctx, old, exists); err != nil {
			return fmt.Errorf("collection %s: %w", name, err)
		}
		if err := s.record(ctx, name, collectionState{ID: name, Indexes: c.indexStates(), Paths: c.paths}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) record(ctx context.Context, id string, state any) error {
	_, err := s.db.Collection(collectionSchema).ReplaceOne(ctx, bson.D{{Key: fieldID, Value: id}}, state, options.Replace().SetUpsert(true))
	return toDomain(err)
}

// bringUpToDate creates the collection, gives its documents the keys of new paths, and its indexes as declared. Indexes that an operator has made are
// left alone.
func (c *collection) bringUpToDate(ctx context.Context, old collectionState, exists bool) error {
	if err := c.coll.Database().CreateCollection(ctx, c.spec.Name); err != nil && !hasCode(err, codeNamespaceExists) {
		return toDomain(err)
	}
	if exists && !slices.Equal(old.Paths, c.paths) {
		if err := c.rebuildKeys(ctx); err != nil {
			return err
		}
	}
	declared := c.indexStates()
	for _, ix := range old.Indexes {
		if slices.ContainsFunc(declared, ix.equal) {
			continue
		}
		if err := c.coll.Indexes().DropOne(ctx, ix.Name); err != nil && !hasCode(err, codeIndexNotFound) {
			return toDomain(err)
		}
	}
	if len(declared) == 0 {
		return nil
	}
	models := make([]mongo.IndexModel, len(declared))
	for i, ix := range declared {
		models[i] = ix.model()
	}
	_, err := c.coll.Indexes().CreateMany(ctx, models)
	return toDomain(err)
}

// indexStates lists the indexes that the collection is to have, as the engine builds them.
func (c *collection) indexStates() []indexState {
	var out []indexState
	for _, ix := range c.spec.Indexes {
		out = append(out, c.indexState(ix))
	}
	if c.spec.Sequenced {
		if ix, ok := c.spec.Index(domain.SeqIndex); ok {
			out = append(out, c.indexState(ix))
		}
		out = append(out, indexState{Name: fieldPending, Fields: []string{fieldPending}, Sparse: true})
	}
	return out
}

func (c *collection) indexState(ix domain.Index) indexState {
	st := indexState{Name: ix.Name, Unique: ix.Unique}
	for _, path := range ix.Fields {
		st.Fields = append(st.Fields, c.keyPath(path))
	}
	switch {
	case ix.Unique:
		st.Sparse, st.Partial = len(ix.Fields) == 1, len(ix.Fields) > 1
		return st
	case ix.Sparse && c.dialect.partial:
		st.Partial = true
	case ix.Sparse && len(ix.Fields) == 1:
		st.Sparse = true
		return st // with the tie it would not be sparse
	}
	st.Fields = append(st.Fields, fieldID) // the tie
	return st
}

func (a indexState) model() mongo.IndexModel {
	var keys bson.D
	for _, f := range a.Fields {
		keys = append(keys, bson.E{Key: f, Value: 1})
	}
	opts := options.Index().SetName(a.Name)
	if a.Unique {
		opts.SetUnique(true)
	}
	if a.Sparse {
		opts.SetSparse(true)
	}
	if a.Partial {
		opts.SetPartialFilterExpression(bson.D{{Key: a.Fields[0], Value: bson.D{{Key: "$exists", Value: true}}}})
	}
	return mongo.IndexModel{Keys: keys, Options: opts}
}

// rebuiltAtOnce is how many documents get their keys in one round trip.
const rebuiltAtOnce = 500

// rebuildKeys computes the keys of all documents anew. A document that is written meanwhile is left to its writer.
func (c *collection) rebuildKeys(ctx context.Context) error {
	cur, err := c.coll.Find(ctx, bson.D{}, options.Find().SetBatchSize(maxBatch))
	if err != nil {
		return toDomain(err)
	}
	var models []mongo.WriteModel
	send := func() error {
		if len(models) == 0 {
			return nil
		}
		_, err := c.coll.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
		models = models[:0]
		return err
	}
	err = c.each(ctx, cur, func(_ bson.Raw, doc domain.Document) (bool, error) {
		keys, err := c.encodeKeys(doc)
		if err != nil {
			return false, fmt.Errorf("the keys of %s %s: %w", c.spec.Noun, doc.Head().ID, err)
		}
		same := bson.D{{Key: fieldID, Value: doc.Head().ID}, {Key: fieldVersion, Value: doc.Head().Version}}
		models = append(models, mongo.NewUpdateOneModel().SetFilter(same).SetUpdate(bson.D{{Key: "$set", Value: keys}}))
		if len(models) < rebuiltAtOnce {
			return true, nil
		}
		return true, send()
	})
	if err != nil {
		return toDomain(err)
	}
	return toDomain(send())
}
