package mongostore

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"sori/domain"
)

// DefaultDatabase is the database's name if Options gives none.
const DefaultDatabase = "sori"

const (
	collectionLeases = "_leases"
	collectionSchema = "_schema"
	// selectionTimeout is how long a command waits for a primary: an election takes a few seconds.
	selectionTimeout = 15 * time.Second
)

// Options says where the database is and what it is to hold.
type Options struct {
	URI      string         // mongodb:// or mongodb+srv://, of a replica set or a sharded cluster
	Database string         // DefaultDatabase if empty; one deployment has one
	Specs    []*domain.Spec // the collections: domain.Declared(), but for tests
	Logger   *slog.Logger   // slog.Default() if nil
	// MaxConnections is the most connections to each server; 0 leaves it to the URI, or to the driver (100).
	MaxConnections uint64
}

// Store is a domain.Store in a MongoDB database. Any number of nodes may have one on the same database.
type Store struct {
	client      *mongo.Client
	db          *mongo.Database
	leases      *mongo.Collection
	collections map[string]*collection
	blobs       *blobStore
	search      *searchIndex
	log         *slog.Logger
	node        string // names this Store among all that use the database
	dialect     dialect
	news        news

	stop    context.CancelFunc
	workers sync.WaitGroup
	closing sync.Once
}

// collection is a declared collection as this engine keeps it.
type collection struct {
	spec      *domain.Spec
	coll      *mongo.Collection
	paths     []string        // that have a key
	required  map[string]bool // those of them that no document may lack
	sequencer *sequencer      // of a sequenced collection
	dialect   dialect
	windows   *windows
}

// Open connects, brings the database to what is declared (see schema.go) and starts the workers that number sequenced collections.
// Unavailable if no primary answers. It refuses a server that has no transactions, and a database that a newer program has migrated.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Database == "" {
		o.Database = DefaultDatabase
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	client, err := mongo.Connect(clientOptions(o))
	if err != nil {
		return nil, fmt.Errorf("the MongoDB URI cannot be used: %w", err)
	}
	s := newStore(client, o)
	if err := s.start(ctx); err != nil {
		s.disconnect(ctx)
		return nil, err
	}
	return s, nil
}

func clientOptions(o Options) *options.ClientOptions {
	opts := options.Client().SetServerSelectionTimeout(selectionTimeout).ApplyURI(o.URI).SetAppName("sori").
		SetReadConcern(readconcern.Majority()).SetWriteConcern(writeconcern.Majority()).SetReadPreference(readpref.Primary())
	if o.MaxConnections > 0 {
		opts.SetMaxPoolSize(o.MaxConnections)
	}
	return opts
}

func newStore(client *mongo.Client, o Options) *Store {
	db := client.Database(o.Database)
	s := &Store{
		client: client, db: db, leases: db.Collection(collectionLeases), log: o.Logger.With("store", "mongodb"),
		node: domain.NewID("node"), collections: map[string]*collection{},
	}
	s.blobs = newBlobStore(db)
	s.search = newSearchIndex(db)
	for _, spec := range o.Specs {
		c := &collection{spec: spec, coll: db.Collection(spec.Name), windows: newWindows()}
		c.paths, c.required = keyPaths(spec)
		if spec.Sequenced {
			c.sequencer = newSequencer(s, c)
		}
		s.collections[spec.Name] = c
	}
	return s
}

func (s *Store) start(ctx context.Context) error {
	d, err := s.learnDialect(ctx)
	if err != nil {
		return err
	}
	s.dialect = d
	for _, c := range s.collections {
		c.dialect = d
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	for _, c := range s.collections {
		if c.sequencer != nil {
			if err := c.sequencer.lease.create(ctx); err != nil {
				return toDomain(err)
			}
		}
	}
	s.startWorkers()
	return nil
}

func (s *Store) startWorkers() {
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	sequenced := false
	for _, c := range s.collections {
		if c.sequencer != nil {
			sequenced = true
			s.workers.Go(func() { c.sequencer.loop(ctx) })
		}
	}
	if sequenced {
		s.workers.Go(func() { s.watch(ctx) })
	}
}

// collection gives a collection that was declared at Open. Internal for another.
func (s *Store) collection(spec *domain.Spec) (*collection, error) {
	c := s.collections[spec.Name]
	if c == nil {
		return nil, domain.Errorf(domain.Internal, "the store was opened without the collection %s", spec.Name)
	}
	return c, nil
}

// Ping answers nil if a majority of the replica set takes a write.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.leases.UpdateOne(ctx, bson.D{{Key: fieldID, Value: "ping"}},
		bson.D{{Key: "$currentDate", Value: bson.D{{Key: "at", Value: true}}}}, options.UpdateOne().SetUpsert(true))
	if mongo.IsDuplicateKeyError(err) {
		return nil // two pings made the document at once
	}
	return toDomain(err)
}

// Blobs gives the place for large contents: GridFS.
func (s *Store) Blobs() domain.BlobStore { return s.blobs }

// Search gives the full-text index.
func (s *Store) Search() domain.SearchIndex { return s.search }

// Close gives back the leases that this node holds and disconnects. No call may be under way; those that come after it find the store Unavailable. To
// close it again does nothing.
func (s *Store) Close() (err error) {
	s.closing.Do(func() {
		s.stop()
		s.workers.Wait()
		err = s.disconnect(context.Background())
	})
	return err
}

func (s *Store) disconnect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	return s.client.Disconnect(ctx)
}
