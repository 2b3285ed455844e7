package mongostore

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"sori/domain"
)

// testURI gives the server to test with. scripts/mongo-test-server.sh starts one.
func testURI(t testing.TB) string {
	t.Helper()
	uri := os.Getenv("SORI_TEST_MONGO_URI")
	if uri == "" {
		t.Skip("SORI_TEST_MONGO_URI names no server: run this by scripts/mongo-test-server.sh")
	}
	return uri
}

// newDatabase gives the name of a database that is dropped after the test.
func newDatabase(t testing.TB) string {
	t.Helper()
	uri := testURI(t)
	name := "sori_test_" + strings.TrimPrefix(domain.NewID("t"), "t_")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		s, err := Open(ctx, Options{URI: uri, Database: name, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Errorf("the database could not be dropped: %v", err)
			return
		}
		if err := s.db.Drop(ctx); err != nil {
			t.Errorf("the database could not be dropped: %v", err)
		}
		s.Close()
	})
	return name
}

// openNode opens a Store on a database; it is closed after the test.
func openNode(t testing.TB, database string, specs ...*domain.Spec) *Store {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	if testing.Verbose() {
		log = slog.Default()
	}
	s, err := Open(t.Context(), Options{URI: testURI(t), Database: database, Specs: specs, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, mongo.ErrClientDisconnected) {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

// openStore opens a Store on a database of its own.
func openStore(t testing.TB, specs ...*domain.Spec) *Store {
	t.Helper()
	return openNode(t, newDatabase(t), specs...)
}
