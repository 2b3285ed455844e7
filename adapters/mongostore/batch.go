package mongostore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"sori/domain"
)

// maxBuffered is how many bytes of writes a transaction gathers before it sends them: a message to the server holds 48 MB.
const maxBuffered = 24 << 20

// write is one write of a transaction that waits to be sent.
type write struct {
	c       *collection
	id      string
	doc     bson.Raw // nil for a delete
	insert  bool
	version int64 // that a replace requires, if it is not known yet that the stored one is that
	check   bool
}

// batch gathers the writes of a transaction, so that they cost few round trips.
type batch struct {
	store  *Store
	wary   bool // of the server's word that a key is taken: see duplicate.go
	writes []write
	bytes  int
	place  string // of this transaction in the lines for numbers
	lined  int    // how many of its documents stand there

	changed map[*collection][]string // ids of all that was replaced or deleted
}

func (b *batch) add(w write) {
	b.writes = append(b.writes, w)
	b.bytes += len(w.doc)
}

// touches reports whether a write to the collection has not been sent yet.
func (b *batch) touches(c *collection) bool {
	for _, w := range b.writes {
		if w.c == c {
			return true
		}
	}
	return false
}

// flush sends what was gathered. Stale, NotFound, Duplicate as domain.Tx promises them.
func (b *batch) flush(ctx context.Context) error {
	writes := b.writes
	b.writes, b.bytes = nil, 0
	if err := checkVersions(ctx, writes); err != nil {
		return err
	}
	var ops []op
	for i := range writes {
		w := &writes[i]
		if err := b.lineUp(w); err != nil {
			return err
		}
		if !w.insert {
			b.changed[w.c] = append(b.changed[w.c], w.id)
		}
		ops = append(ops, b.opsOf(w)...)
	}
	if b.store.dialect.clientBulk {
		return b.sendTogether(ctx, ops)
	}
	return b.sendByCollection(ctx, ops)
}

// checkVersions compares the stored versions of documents that are to be replaced though the transaction has not read them. Nobody can change them
// from here on without a conflict: the transaction has its snapshot.
func checkVersions(ctx context.Context, writes []write) error {
	required := map[*collection]map[string]int64{}
	for _, w := range writes {
		if !w.check {
			continue
		}
		if required[w.c] == nil {
			required[w.c] = map[string]int64{}
		}
		required[w.c][w.id] = w.version
	}
	for c, versions := range required {
		stored, err := c.versionsOf(ctx, slices.Collect(maps.Keys(versions)))
		if err != nil {
			return err
		}
		for id, version := range versions {
			if err := c.compare(id, version, stored[id]); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare gives Stale if the stored version is not the required one, NotFound if it is 0: there is no document.
func (c *collection) compare(id string, required, stored int64) error {
	switch stored {
	case 0:
		return domain.Missing(c.spec.Noun, id)
	case required:
		return nil
	}
	return domain.Errorf(domain.Stale, "the %s %s was changed by another in the meantime", c.spec.Noun, domain.Clip(id, 80))
}

func (c *collection) versionsOf(ctx context.Context, ids []string) (map[string]int64, error) {
	only := options.Find().SetProjection(bson.D{{Key: fieldVersion, Value: 1}})
	cur, err := c.coll.Find(ctx, bson.D{{Key: fieldID, Value: bson.D{{Key: "$in", Value: ids}}}}, only)
	if err != nil {
		return nil, err
	}
	var found []struct {
		ID      string `bson:"_id"`
		Version int64  `bson:"version"`
	}
	if err := cur.All(ctx, &found); err != nil {
		return nil, err
	}
	versions := make(map[string]int64, len(found))
	for _, d := range found {
		versions[d.ID] = d.Version
	}
	return versions, nil
}

// lineUp puts a new document of a sequenced collection in the line for its number: behind those of earlier transactions, and together with those of this one. That is
// done late, so that the line is close to the order of the commits.
func (b *batch) lineUp(w *write) (err error) {
	if !w.insert || !w.c.spec.Sequenced {
		return nil
	}
	if b.place == "" {
		b.place = domain.NewID("seq")
	}
	b.lined++
	w.doc, err = withPending(w.doc, fmt.Sprintf("%s/%08d", b.place, b.lined))
	return err
}

type opKind int

const (
	opInsert opKind = iota
	opReplace
	opUpdate
	opDelete
)

// op is one operation of the server. Most writes are one.
type op struct {
	write  *write
	kind   opKind
	filter bson.D
	doc    any // to insert, the replacement or the update
}

func (b *batch) opsOf(w *write) []op {
	byID := bson.D{{Key: fieldID, Value: w.id}}
	switch {
	case w.doc == nil:
		return []op{{write: w, kind: opDelete, filter: byID}}
	case w.insert && b.wary:
		return w.insertedInSteps(byID)
	case w.insert:
		return []op{{write: w, kind: opInsert, doc: w.doc}}
	}
	if w.c.spec.Sequenced {
		return []op{{write: w, kind: opUpdate, filter: byID, doc: w.keepingNumber()}}
	}
	return []op{{write: w, kind: opReplace, filter: byID, doc: w.doc}}
}

// keepingNumber replaces a sequenced document but for its number, or its place in the line, which may have been given since it was read.
func (w *write) keepingNumber() mongo.Pipeline {
	kept := bson.D{{Key: fieldSeq, Value: "$" + fieldSeq}, {Key: fieldPending, Value: "$" + fieldPending}}
	merged := bson.D{{Key: "$mergeObjects", Value: bson.A{bson.D{{Key: "$literal", Value: w.doc}}, kept}}}
	return mongo.Pipeline{bson.D{{Key: "$replaceWith", Value: merged}}}
}

// sendTogether uses one command for all collections (MongoDB 8.0).
func (b *batch) sendTogether(ctx context.Context, ops []op) error {
	models := make([]mongo.ClientBulkWrite, len(ops))
	for i, o := range ops {
		models[i] = mongo.ClientBulkWrite{Database: b.store.db.Name(), Collection: o.write.c.spec.Name, Model: o.clientModel()}
	}
	_, err := b.store.client.BulkWrite(ctx, models, options.ClientBulkWrite().SetOrdered(true))
	var bulk mongo.ClientBulkWriteException
	if errors.As(err, &bulk) {
		for i, e := range bulk.WriteErrors {
			if e.Code == codeDuplicateKey {
				return b.newDuplicate(ops[i].write.c, ops[i].write, e)
			}
		}
	}
	return err
}

func (o op) clientModel() mongo.ClientWriteModel {
	switch o.kind {
	case opInsert:
		return mongo.NewClientInsertOneModel().SetDocument(o.doc)
	case opReplace:
		return mongo.NewClientReplaceOneModel().SetFilter(o.filter).SetReplacement(o.doc)
	case opUpdate:
		return mongo.NewClientUpdateOneModel().SetFilter(o.filter).SetUpdate(o.doc)
	}
	return mongo.NewClientDeleteOneModel().SetFilter(o.filter)
}

// sendByCollection uses one command for each collection. The order of writes in each is kept, and nothing spans two.
func (b *batch) sendByCollection(ctx context.Context, ops []op) error {
	byCollection := map[*collection][]op{}
	var order []*collection
	for _, o := range ops {
		c := o.write.c
		if byCollection[c] == nil {
			order = append(order, c)
		}
		byCollection[c] = append(byCollection[c], o)
	}
	for _, c := range order {
		if err := b.sendTo(ctx, c, byCollection[c]); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) sendTo(ctx context.Context, c *collection, ops []op) error {
	models := make([]mongo.WriteModel, len(ops))
	for i, o := range ops {
		models[i] = o.model()
	}
	_, err := c.coll.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(true))
	var bulk mongo.BulkWriteException
	if errors.As(err, &bulk) {
		for _, e := range bulk.WriteErrors {
			if e.Code == codeDuplicateKey {
				return b.newDuplicate(c, ops[e.Index].write, e)
			}
		}
	}
	if hasCode(err, codeDuplicateKey) {
		return b.newDuplicate(c, nil, err)
	}
	return err
}

func (o op) model() mongo.WriteModel {
	switch o.kind {
	case opInsert:
		return mongo.NewInsertOneModel().SetDocument(o.doc)
	case opReplace:
		return mongo.NewReplaceOneModel().SetFilter(o.filter).SetReplacement(o.doc)
	case opUpdate:
		return mongo.NewUpdateOneModel().SetFilter(o.filter).SetUpdate(o.doc)
	}
	return mongo.NewDeleteOneModel().SetFilter(o.filter)
}
