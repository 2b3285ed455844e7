package mongostore

import (
	"context"
	"errors"
	"fmt"

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
	version int64 // that a replace requires
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
	var ops []op
	expected := int64(0)
	for i := range writes {
		if err := b.lineUp(&writes[i]); err != nil {
			return err
		}
		if w := writes[i]; !w.insert {
			b.changed[w.c] = append(b.changed[w.c], w.id)
		}
		for _, o := range b.opsOf(&writes[i]) {
			if o.kind == opReplace || o.kind == opUpdate {
				expected++
			}
			ops = append(ops, o)
		}
	}
	send := b.sendByCollection
	if b.store.dialect.clientBulk {
		send = b.sendTogether
	}
	matched, err := send(ctx, ops)
	if err == nil && matched != expected {
		return b.blame(ctx, writes)
	}
	return err
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
	read := append(byID, bson.E{Key: fieldVersion, Value: w.version})
	if w.c.spec.Sequenced {
		return []op{{write: w, kind: opUpdate, filter: read, doc: w.keepingNumber()}}
	}
	return []op{{write: w, kind: opReplace, filter: read, doc: w.doc}}
}

// keepingNumber replaces a sequenced document but for its number, or its place in the line, which may have been given since it was read.
func (w *write) keepingNumber() mongo.Pipeline {
	kept := bson.D{{Key: fieldSeq, Value: "$" + fieldSeq}, {Key: fieldPending, Value: "$" + fieldPending}}
	merged := bson.D{{Key: "$mergeObjects", Value: bson.A{bson.D{{Key: "$literal", Value: w.doc}}, kept}}}
	return mongo.Pipeline{bson.D{{Key: "$replaceWith", Value: merged}}}
}

// sendTogether uses one command for all collections (MongoDB 8.0).
func (b *batch) sendTogether(ctx context.Context, ops []op) (matched int64, err error) {
	models := make([]mongo.ClientBulkWrite, len(ops))
	for i, o := range ops {
		models[i] = mongo.ClientBulkWrite{Database: b.store.db.Name(), Collection: o.write.c.spec.Name, Model: o.clientModel()}
	}
	res, err := b.store.client.BulkWrite(ctx, models, options.ClientBulkWrite().SetOrdered(true))
	if err == nil {
		return res.MatchedCount, nil
	}
	var bulk mongo.ClientBulkWriteException
	if errors.As(err, &bulk) {
		for i, e := range bulk.WriteErrors {
			if e.Code == codeDuplicateKey {
				return 0, b.newDuplicate(ops[i].write.c, ops[i].write, e)
			}
		}
	}
	return 0, err
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
func (b *batch) sendByCollection(ctx context.Context, ops []op) (matched int64, err error) {
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
		n, err := b.sendTo(ctx, c, byCollection[c])
		if err != nil {
			return 0, err
		}
		matched += n
	}
	return matched, nil
}

func (b *batch) sendTo(ctx context.Context, c *collection, ops []op) (matched int64, err error) {
	models := make([]mongo.WriteModel, len(ops))
	for i, o := range ops {
		models[i] = o.model()
	}
	res, err := c.coll.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(true))
	if err == nil {
		return res.MatchedCount, nil
	}
	var bulk mongo.BulkWriteException
	if errors.As(err, &bulk) {
		for _, e := range bulk.WriteErrors {
			if e.Code == codeDuplicateKey {
				return 0, b.newDuplicate(c, ops[e.Index].write, e)
			}
		}
	}
	if hasCode(err, codeDuplicateKey) {
		return 0, b.newDuplicate(c, nil, err)
	}
	return 0, err
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

// blame finds out which replace found nothing to replace: its document is gone (NotFound) or has another version (Stale).
func (b *batch) blame(ctx context.Context, writes []write) error {
	expected := map[*collection]map[string]int64{}
	for _, w := range writes {
		if expected[w.c] == nil {
			expected[w.c] = map[string]int64{}
		}
		switch {
		case w.doc == nil:
			delete(expected[w.c], w.id)
		case !w.insert:
			expected[w.c][w.id] = w.version + 1
		}
	}
	for c, versions := range expected {
		for id, version := range versions {
			stored, err := c.versionOf(ctx, id)
			if err != nil {
				return err
			}
			if stored != version {
				return domain.Errorf(domain.Stale, "the %s %s was changed by another in the meantime", c.spec.Noun, domain.Clip(id, 80))
			}
		}
	}
	return domain.Errorf(domain.Stale, "a document was changed by another in the meantime")
}

// versionOf gives the stored version of a document. NotFound if there is none.
func (c *collection) versionOf(ctx context.Context, id string) (int64, error) {
	only := options.FindOne().SetProjection(bson.D{{Key: fieldVersion, Value: 1}})
	raw, err := c.coll.FindOne(ctx, bson.D{{Key: fieldID, Value: id}}, only).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return 0, domain.Missing(c.spec.Noun, id)
	}
	if err != nil {
		return 0, err
	}
	return raw.Lookup(fieldVersion).AsInt64(), nil
}
