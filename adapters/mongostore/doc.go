// Package mongostore keeps Sori's collections in MongoDB 6.0 or later (a replica set or a sharded cluster). It implements
// domain.Store; storetest holds it to the same words as the embedded engine.
//
//	open.go      options, connecting, closing
//	schema.go    what is declared → what stands in the database: migrations, indexes, keys
//	codec.go     a noun ↔ a BSON document; struct.go and value.go: by the rules of encoding/json
//	query.go     a domain.Query → filter, sort and hint
//	read.go      reading, in and outside a transaction
//	write.go     the transaction; batch.go: its writes, gathered; duplicate.go: keys that are taken
//	lease.go     one node of many does a thing; sequence.go: that thing for sequenced collections
//	watch.go     hearing of other nodes' commits
//	blobs.go     large contents in GridFS; search.go: the full-text index
//	errors.go    the server's errors → domain errors; dialect.go: what servers differ in
//
// # A document
//
// A noun stands in its collection as BSON under the names of its JSON tags, except that its id is _id. Besides, the engine
// keeps in it:
//
//	_keys     the values of the indexed paths as domain.Spec.Keys gives them: absent is missing, never null or "". A dot of the path
//	          is a slash: _keys.email/messageId; a list is of documents {v: key}: _keys.tags.v. All declared indexes are over these, with _id behind them as the tie.
//	_pending  in a sequenced collection: it has no number yet, and its place in the line
//
// Where its field is of no fixed type (any), a value is kept as JSON has it, so that both engines give back the same. Names in maps are escaped where
// MongoDB gives them a meaning: "." is %2E, "$" is %24, NUL is %00, "%" is %25.
package mongostore
