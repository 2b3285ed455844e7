package domain

import "context"

// Reader reads documents. Outside a transaction it sees what is committed; inside, also the transaction's own writes.
type Reader interface {
	// Load fills doc with the document of this id. NotFound if there is none.
	Load(ctx context.Context, c *Spec, id string, doc Document) error
	// LoadMany hands over the documents that exist among ids (at most MaxLoad), in any order, each once.
	LoadMany(ctx context.Context, c *Spec, ids []string, yield func(Document) error) error
	// Select hands over, in order, what the query finds, until yield answers false or an error.
	// yield must not use the store: gather first, then ask on.
	Select(ctx context.Context, c *Spec, q Query, yield func(Document, Position) (more bool, err error)) error
	// Merge is Select for several queries at once, whose finds it hands over in one order. All use the same index, direction and number of Equal values, and
	// have no Limit. likely is how many the caller will take, for an engine that reads ahead. What two of them find comes twice.
	Merge(ctx context.Context, c *Spec, queries []Query, likely int, yield func(Document, Position) (more bool, err error)) error
}

// MaxLoad is the most ids that LoadMany takes in one call.
const MaxLoad = 1000

// Tx is a transaction over any number of collections: all of it is committed, or nothing.
type Tx interface {
	Reader
	// Insert stores doc under its id with Version 1 (set on doc). Duplicate if the id or a unique key is taken,
	// with Field naming the index ("id" for the id); it may be told here or by Write, never neither.
	Insert(ctx context.Context, c *Spec, doc Document) error
	// Replace stores doc if the stored version equals doc's, and counts doc's Version up. Stale if not, NotFound if
	// there is none, Duplicate as in Insert.
	Replace(ctx context.Context, c *Spec, doc Document) error
	// Delete removes the document; it is no error if there is none.
	Delete(ctx context.Context, c *Spec, id string) error
}

// Store is one engine. storetest holds every implementation to these words.
type Store interface {
	Reader
	// Write runs fn in a transaction and answers after the commit is durable. fn may run again after a conflict with
	// another writer, so it must be pure but for its writes and the variables it sets afresh. An error from fn, or a cancelled ctx before
	// the commit, rolls everything back. What Write answered nil for is never lost; what it answered an error for has not happened,
	// unless the error is of code Unavailable, when it may have.
	Write(ctx context.Context, fn func(Tx) error) error
	// LastSeq gives the highest number of a sequenced collection, 0 if it is empty.
	LastSeq(ctx context.Context, c *Spec) (int64, error)
	// Settle waits, a moment at most, until what was committed to sequenced collections before the call is numbered: who was answered for a write finds it in the feed then.
	Settle(ctx context.Context) error
	// Committed gives a channel that is closed when documents of a sequenced collection may have been numbered since the call, by
	// this node or another. Take the channel, then read, then wait on it.
	Committed() <-chan struct{}
	// Explain names the index that serves the query as the engine plans it, for tests and doctor.
	Explain(ctx context.Context, c *Spec, q Query) (string, error)
	// Ping answers nil if the store can read and write.
	Ping(ctx context.Context) error
	// Blobs gives the place for large contents that belongs to this engine.
	Blobs() BlobStore
	// Search gives the full-text index that belongs to this engine.
	Search() SearchIndex
	Close() error
}

// Query asks for documents through a declared index; there is no other way, so no query's cost grows with what is stored.
type Query struct {
	Index string
	Equal []any // values of the leading fields; nil finds documents without the field (not in a partial index)
	// From and To bound the field after Equal: From ≤ value < To. nil is open.
	From, To any
	After    *Position // where the last page ended; nil is the start
	Reverse  bool      // descending
	Limit    int       // at most; 0 is no limit, for callers that stop by themselves
}

// Position is the place of a document in the order of a query. Keys are the values of the index fields after Equal; Tie
// orders documents whose Keys are equal, by birth, the same way on every query of the collection.
type Position struct {
	Keys []any  `json:"k"`
	Tie  string `json:"t"`
}
