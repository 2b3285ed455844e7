package sqlitestore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"sori/adapters/storetest"
	"sori/domain"
)

// book is a noun whose declaration changes from release to release.
type book struct {
	domain.Doc `json:",inline"`
	Title      string    `json:"title"`
	Shelf      string    `json:"shelf,omitempty"`
	Topics     []string  `json:"topics,omitempty"`
	Bought     time.Time `json:"bought,omitzero"`
}

func declareBooks(indexes ...domain.Index) *domain.Collection[book] {
	return domain.Declare[book](domain.Spec{Name: "books", Prefix: "bok", Noun: "book", Indexes: indexes})
}

var (
	byTitle = domain.Index{Name: "title", Fields: []string{"title"}}
	byTopic = domain.Index{Name: "topic", Fields: []string{"topics", "title"}, Sparse: true}
)

func bookNumber(n int) *book {
	b := &book{Title: fmt.Sprintf("t%02d", n%20), Bought: time.UnixMilli(int64(n) * 1000).UTC()}
	if n%3 > 0 {
		b.Shelf = fmt.Sprint("s", n%3)
		b.Topics = []string{"all", fmt.Sprint("topic", n%4)}
	}
	return b
}

// titles reads an index from end to end.
func titles(t *testing.T, s *Store, c *domain.Collection[book], q domain.Query) []string {
	t.Helper()
	if got, err := s.Explain(t.Context(), &c.Spec, q); err != nil || got != q.Index {
		t.Fatalf("%+v is served by %q (%v)", q, got, err)
	}
	found, err := c.Find(t.Context(), s, q)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, b := range found {
		out = append(out, b.Title)
	}
	return out
}

// TestReleases opens one file with the declarations of one release after the other, and back.
func TestReleases(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	releases := [][]domain.Index{
		{byTitle},
		{byTitle, byTopic, {Name: "shelf", Fields: []string{"shelf", "title"}}},
		{byTitle, {Name: "topic", Fields: []string{"topics"}}, {Name: "bought", Fields: []string{"bought"}, Unique: true}},
		{{Name: "title", Fields: []string{"title", "bought"}}, byTopic},
		{},
		{byTitle, byTopic, {Name: "shelf", Fields: []string{"shelf"}, Sparse: true}},
	}
	stored := 0
	for release, indexes := range releases {
		c := declareBooks(indexes...)
		s, err := Open(t.Context(), Options{Dir: dir, Specs: []*domain.Spec{&c.Spec}})
		if err != nil {
			t.Fatalf("release %d: %v", release, err)
		}
		for _, ix := range indexes {
			want := 0
			for n := range stored {
				switch topics := len(bookNumber(n).Topics); {
				case ix.Name == "topic" && (topics > 0 || ix.Partial()):
					want += topics
				case ix.Name == "shelf" && ix.Partial() && bookNumber(n).Shelf == "":
				default:
					want++
				}
			}
			if got := titles(t, s, c, domain.Query{Index: ix.Name}); len(got) != want {
				t.Errorf("release %d: index %s has %d lines, want %d", release, ix.Name, len(got), want)
			}
		}
		for range 30 {
			if err := s.Write(t.Context(), func(tx domain.Tx) error { return c.Insert(t.Context(), tx, bookNumber(stored)) }); err != nil {
				t.Fatalf("release %d: %v", release, err)
			}
			stored++
		}
		checkIntegrity(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSameDeclarationsWriteNothing: opening a file that is as it should be leaves its schema alone.
func TestSameDeclarationsWriteNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var versions []int64
	for range 3 {
		s, err := Open(t.Context(), Options{Dir: dir, Specs: append(storetest.Specs(), domain.Declared()...)})
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, schemaVersion(t, s))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if versions[0] != versions[1] || versions[1] != versions[2] {
		t.Errorf("the schema changed from open to open: %v", versions)
	}
}

func schemaVersion(t *testing.T, s *Store) (version int64) {
	t.Helper()
	err := s.readers.use(t.Context(), func(conn *sqlite.Conn) error {
		stmt, err := conn.Prepare("PRAGMA schema_version")
		if err != nil {
			return err
		}
		defer stmt.Reset()
		_, err = stmt.Step()
		version = stmt.ColumnInt64(0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return version
}

// TestImpossibleRelease: a declaration that the documents do not bear is refused, and the file stays as it was.
func TestImpossibleRelease(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := declareBooks(byTitle)
	s := openIn(t, dir, &first.Spec)
	err := s.Write(t.Context(), func(tx domain.Tx) error {
		return errors.Join(first.Insert(t.Context(), tx, &book{Title: "same", Shelf: "a"}), first.Insert(t.Context(), tx, &book{Title: "same"}))
	})
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	for name, ix := range map[string]domain.Index{
		"a unique key that is not": {Name: "title", Fields: []string{"title"}, Unique: true},
		"a field that one lacks":   {Name: "place", Fields: []string{"title", "shelf"}},
	} {
		c := declareBooks(ix)
		if s, err := Open(t.Context(), Options{Dir: dir, Specs: []*domain.Spec{&c.Spec}}); err == nil {
			t.Errorf("%s was opened", name)
			s.Close()
		} else if !strings.Contains(err.Error(), "books") {
			t.Errorf("%s: the error does not name the collection: %v", name, err)
		}
	}
	s = openIn(t, dir, &first.Spec)
	if got := titles(t, s, first, domain.Query{Index: "title"}); !slices.Equal(got, []string{"same", "same"}) {
		t.Errorf("afterwards the file has %q", got)
	}
}

func TestForeignAndNewerFiles(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"foreign": "CREATE TABLE notes (text)",
		"newer":   createMeta + "; INSERT INTO sori_meta VALUES('layout', 99)",
	} {
		dir := t.TempDir()
		conn, err := sqlite.OpenConn(filepath.Join(dir, FileName))
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range strings.Split(sql, ";") {
			err = errors.Join(err, execute(conn, statement))
		}
		if err = errors.Join(err, conn.Close()); err != nil {
			t.Fatal(err)
		}
		for _, readOnly := range []bool{false, true} {
			if _, err := Open(t.Context(), Options{Dir: dir, ReadOnly: readOnly}); !domain.IsCode(err, domain.Conflict) {
				t.Errorf("%s, read-only %v: %v", name, readOnly, err)
			}
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Dir: dir}); err == nil {
		t.Error("a file that is no database was opened")
	}
}

// TestAFileThatHoldsItsIndex opens a file of layout 1, where the full-text index is in the database.
func TestAFileThatHoldsItsIndex(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	conn, err := sqlite.OpenConn(filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	statements := []string{createMeta, "INSERT INTO sori_meta VALUES('layout', 1)"}
	for _, d := range searchTables {
		statements = append(statements, d.sql)
	}
	for _, statement := range append(statements, "INSERT INTO sori_searched VALUES(1,'inq_1','','',0)") {
		err = errors.Join(err, execute(conn, statement))
	}
	if err = errors.Join(err, conn.Close()); err != nil {
		t.Fatal(err)
	}
	s := openIn(t, dir)
	if empty, err := s.Search().Empty(t.Context()); err != nil || !empty {
		t.Errorf("the new index is not empty (%v)", err)
	}
	err = s.readers.use(t.Context(), func(conn *sqlite.Conn) error {
		found, err := readSchema(conn)
		if len(found) != 1 {
			t.Errorf("the file still has %v", found)
		}
		if n, metaErr := readMeta(conn, metaSchema); n != layout || metaErr != nil {
			t.Errorf("the file is of layout %d (%v)", n, metaErr)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
