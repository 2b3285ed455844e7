package mongostore

import (
	"context"
	"encoding/binary"
	"errors"
	"regexp"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"sori/domain"
)

// Some servers keep an entry in a unique index for a key that an update has taken from a document, and then refuse it to a new document for ever; to an
// update they give it (dialect.staleKeys). There a key that is said to be taken is looked up before the transaction fails of it. When nobody has it, the
// transaction is run once more, and new documents get their keys by an update.

// duplicate is the answer of the server that a unique key is taken.
type duplicate struct {
	fault   *domain.Error
	write   *write   // nil if the server does not say which
	written []string // ids of documents that the transaction had changed: if one had the key, it may have given it up
}

func (d *duplicate) Error() string { return d.fault.Error() }
func (d *duplicate) Unwrap() error { return d.fault }

var duplicateIndex = regexp.MustCompile(`index: (\S+) dup key`)

// newDuplicate tells by the server's message which index has the key.
func (b *batch) newDuplicate(c *collection, w *write, err error) *duplicate {
	field := "unique"
	if m := duplicateIndex.FindStringSubmatch(err.Error()); m != nil {
		field = m[1]
	}
	if field == "_id_" {
		field = "id"
	}
	return &duplicate{
		fault: &domain.Error{Code: domain.Duplicate, Field: field, Rule: "unique", Message: "another " + c.spec.Noun + " has this value"},
		write: w, written: append([]string{}, b.changed[c]...),
	}
}

// unfounded reports whether err says that a new document's key is taken, though no document has it.
func (s *Store) unfounded(ctx context.Context, err error) bool {
	var d *duplicate
	if !s.dialect.staleKeys || !errors.As(err, &d) {
		return false
	}
	if d.write == nil {
		return true // it may be any of them
	}
	if !d.write.insert {
		return false
	}
	ix, ok := d.write.c.spec.Index(d.fault.Field)
	if !ok {
		return false
	}
	only := options.FindOne().SetProjection(bson.D{{Key: fieldID, Value: 1}})
	others := bson.E{Key: fieldID, Value: bson.D{{Key: "$nin", Value: d.written}}}
	_, err = d.write.c.coll.FindOne(ctx, append(d.write.holders(ix), others), only).Raw()
	return errors.Is(err, mongo.ErrNoDocuments)
}

// holders finds the documents that have a key of the write's document in a unique index.
func (w *write) holders(ix domain.Index) bson.D {
	var filter bson.D
	for _, path := range ix.Fields {
		v := w.doc.Lookup(fieldKeys, keyName(path))
		list, ok := v.ArrayOK()
		if !ok {
			filter = append(filter, bson.E{Key: w.c.keyPath(path), Value: v})
			continue
		}
		keys := bson.A{}
		elements, _ := list.Values() // our own encoding
		for _, e := range elements {
			keys = append(keys, e.Document().Lookup(fieldElement))
		}
		filter = append(filter, bson.E{Key: w.c.keyPath(path), Value: bson.D{{Key: "$in", Value: keys}}})
	}
	return filter
}

// insertedInSteps inserts a document without its keys, and gives it those by an update.
func (w *write) insertedInSteps(byID bson.D) []op {
	elements, _ := w.doc.Elements() // our own encoding
	bare := make(bson.Raw, 4, len(w.doc))
	for _, e := range elements {
		if e.Key() != fieldKeys {
			bare = append(bare, e...)
		}
	}
	bare = append(bare, 0)
	binary.LittleEndian.PutUint32(bare, uint32(len(bare)))
	keys := bson.D{{Key: "$set", Value: bson.D{{Key: fieldKeys, Value: w.doc.Lookup(fieldKeys)}}}}
	return []op{{write: w, kind: opInsert, doc: bare}, {write: w, kind: opUpdate, filter: byID, doc: keys}}
}
