package mongostore

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"sori/domain"
)

type card struct {
	domain.Doc `json:",inline"`
	Title      string   `json:"title"`
	Owner      string   `json:"owner,omitempty"`
	Labels     []string `json:"labels,omitempty"`
}

func cards(indexes ...domain.Index) *domain.Collection[card] {
	return domain.Declare[card](domain.Spec{Name: "cards", Prefix: "crd", Noun: "card", Indexes: indexes})
}

func indexNames(t *testing.T, s *Store, collection string) []string {
	t.Helper()
	specs, err := s.db.Collection(collection).Indexes().ListSpecifications(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, ix := range specs {
		names = append(names, ix.Name)
	}
	slices.Sort(names)
	return names
}

// A declaration that changes between two starts: an index that is new finds the documents that were there before it, one whose fields changed is built anew, one that is gone is
// dropped, and one that an operator has made stays.
func TestIndexesFollowTheDeclaration(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	database := newDatabase(t)
	before := cards(domain.Index{Name: "title", Fields: []string{"title"}}, domain.Index{Name: "old", Fields: []string{"owner"}})
	s := openNode(t, database, &before.Spec)
	err := s.Write(ctx, func(tx domain.Tx) error {
		for i := range 3 * rebuiltAtOnce / 2 {
			c := &card{Title: fmt.Sprintf("t%04d", i), Owner: fmt.Sprint(i % 7), Labels: []string{"all", fmt.Sprint("l", i%3)}}
			if err := before.Insert(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Collection("cards").Indexes().CreateOne(ctx, indexState{Name: "operators", Fields: []string{"title"}}.model()); err != nil {
		t.Fatal(err)
	}
	s.Close()

	after := cards(domain.Index{Name: "title", Fields: []string{"owner", "title"}}, domain.Index{Name: "label", Fields: []string{"labels", "title"}, Sparse: true})
	s = openNode(t, database, &after.Spec)
	if got, want := indexNames(t, s, "cards"), []string{"_id_", "label", "operators", "title"}; !slices.Equal(got, want) {
		t.Errorf("the indexes are %q, want %q", got, want)
	}
	found, err := after.Find(ctx, s, domain.Query{Index: "label", Equal: []any{"l1"}, From: "t0100", Limit: 3})
	if err != nil || len(found) != 3 || found[0].Title != "t0100" || found[1].Title != "t0103" {
		t.Errorf("the new index finds %d cards: %v", len(found), err)
	}
	owned, err := after.Find(ctx, s, domain.Query{Index: "title", Equal: []any{"3"}})
	if err != nil || len(owned) != 107 {
		t.Errorf("the changed index finds %d cards: %v", len(owned), err)
	}
}

// A unique index that the stored documents do not allow is refused with its name, and the program does not start.
func TestUniqueIndexOverDuplicates(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	database := newDatabase(t)
	before := cards()
	s := openNode(t, database, &before.Spec)
	if err := s.Write(ctx, func(tx domain.Tx) error {
		return before.Insert(ctx, tx, &card{Title: "same"})
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(ctx, func(tx domain.Tx) error {
		return before.Insert(ctx, tx, &card{Title: "same"})
	}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	after := cards(domain.Index{Name: "title", Fields: []string{"title"}, Unique: true})
	if _, err := Open(ctx, Options{URI: testURI(t), Database: database, Specs: []*domain.Spec{&after.Spec}, Logger: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("the program started without its unique index")
	}
}

// Many nodes that start at once on an empty database agree on who prepares it, and all of them work.
func TestNodesStartAtOnce(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	c := cards(domain.Index{Name: "title", Fields: []string{"title"}, Unique: true})
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			s, err := Open(t.Context(), Options{URI: testURI(t), Database: database, Specs: []*domain.Spec{&c.Spec}, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if err := s.Write(t.Context(), func(tx domain.Tx) error {
				return c.Insert(t.Context(), tx, &card{Title: fmt.Sprint(n)})
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := openNode(t, database, &c.Spec)
	if all, err := c.Find(t.Context(), s, domain.Query{Index: "title"}); err != nil || len(all) != 4 {
		t.Errorf("%d cards are there: %v", len(all), err)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	s := openNode(t, database)
	if err := s.record(t.Context(), schemaID, schemaState{ID: schemaID, Version: len(migrations) + 1}); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{URI: testURI(t), Database: database, Logger: slog.New(slog.DiscardHandler)})
	if !domain.IsCode(err, domain.Conflict) {
		t.Errorf("a database of a newer program was opened: %v", err)
	}
	if err := s.record(t.Context(), schemaID, schemaState{ID: schemaID, Version: len(migrations)}); err != nil {
		t.Fatal(err) // so that the database can be dropped
	}
}

// A node that dies in a migration leaves its lease behind; another goes on after its end.
func TestMigrationGoesOnAfterDeath(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	database := newDatabase(t)
	s := openNode(t, database)
	dead := &lease{coll: s.leases, id: "migrate", holder: "dead"}
	if held, err := dead.try(ctx); err != nil || !held {
		t.Fatalf("held %v, %v", held, err)
	}
	if _, err := s.db.Collection(collectionSchema).DeleteMany(ctx, bson.D{}); err != nil {
		t.Fatal(err)
	}
	openNode(t, database)
	if current, err := s.upToDate(ctx); err != nil || !current {
		t.Errorf("the migration was not done: %v", err)
	}
}

// What a Put has written before it died is found and removed, though no file names it.
func TestSweepOfUnfinishedUpload(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := openStore(t)
	ended, cancel := context.WithCancel(ctx)
	if _, err := s.blobs.Put(ended, "hash", &endless{stopAfter: 3 << 20, stop: cancel}); err == nil {
		t.Fatal("a Put whose context ended succeeded")
	}
	chunks, err := s.blobs.bucket.GetChunksCollection().CountDocuments(ctx, bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.blobs.Sweep(ctx, domain.SystemClock().AddDate(0, 0, 1), func(string) (bool, error) { return false, nil }); err != nil {
		t.Fatal(err)
	}
	for _, c := range []string{bucketName + ".chunks", bucketName + ".files", collectionUploads} {
		if n, err := s.db.Collection(c).CountDocuments(ctx, bson.D{}); err != nil || n != 0 {
			t.Errorf("%d documents are left in %s (%v); there were %d chunks", n, c, err, chunks)
		}
	}
}

// endless is content that goes on until its reader is stopped.
type endless struct {
	given, stopAfter int
	stop             func()
}

func (e *endless) Read(p []byte) (int, error) {
	if e.given += len(p); e.given > e.stopAfter {
		e.stop()
	}
	return len(p), nil
}
