package sqlitestore

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"sori/adapters/storetest"
	"sori/domain"
)

func TestOneServerADirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir, storetest.Specs()...)
	_, err := Open(t.Context(), Options{Dir: dir, Specs: storetest.Specs()})
	if !domain.IsCode(err, domain.Conflict) || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("a second server: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	openIn(t, dir, storetest.Specs()...)
}

func TestManyOpenAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var opened []*Store
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			s, err := Open(t.Context(), Options{Dir: dir, Specs: storetest.Specs()})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				opened = append(opened, s)
			} else if !domain.IsCode(err, domain.Conflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(opened) != 1 {
		t.Errorf("%d servers opened one directory", len(opened))
	}
	for _, s := range opened {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	dir, ctx := t.TempDir(), t.Context()
	if _, err := Open(ctx, Options{Dir: dir, ReadOnly: true}); !domain.IsCode(err, domain.NotFound) {
		t.Errorf("an empty directory, read-only: %v", err)
	}
	s := openIn(t, dir, storetest.Specs()...)
	put := func(id string) {
		t.Helper()
		if err := s.Write(ctx, func(tx domain.Tx) error {
			return storetest.Purses.Insert(ctx, tx, &storetest.Purse{Doc: domain.Doc{ID: id}})
		}); err != nil {
			t.Fatal(err)
		}
	}
	put("prs_1")
	looking, err := Open(ctx, Options{Dir: dir, Specs: storetest.Specs(), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	put("prs_2")
	for _, id := range []string{"prs_1", "prs_2"} {
		if _, err := storetest.Purses.Get(ctx, looking, id); err != nil {
			t.Errorf("%s, seen from beside: %v", id, err)
		}
	}
	if err := looking.Ping(ctx); err != nil {
		t.Error(err)
	}
	if err := looking.Write(ctx, func(domain.Tx) error { return nil }); !domain.IsCode(err, domain.Unavailable) {
		t.Errorf("Write on what is read-only: %v", err)
	}
	if err := looking.Close(); err != nil {
		t.Error(err)
	}
	put("prs_3")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if looking, err = Open(ctx, Options{Dir: dir, Specs: storetest.Specs(), ReadOnly: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := storetest.Purses.Get(ctx, looking, "prs_3"); err != nil {
		t.Errorf("with no server: %v", err)
	}
	if err := looking.Close(); err != nil {
		t.Error(err)
	}
	other := declareBooks(byTitle)
	if _, err := Open(ctx, Options{Dir: dir, Specs: []*domain.Spec{&other.Spec}, ReadOnly: true}); !domain.IsCode(err, domain.Conflict) {
		t.Errorf("read-only with a collection that is not there: %v", err)
	}
}

func TestTemporaryLeavesNothing(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{Specs: storetest.Specs()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
		t.Errorf("%s: %v", s.dir, err)
	}
}

func TestBackup(t *testing.T) {
	t.Parallel()
	ctx, copied := t.Context(), filepath.Join(t.TempDir(), "copy")
	s := openIn(t, t.TempDir(), storetest.Specs()...)
	content := bytes.Repeat([]byte("recording "), 20_000)
	sum := sha256.Sum256(content)
	place, err := s.Blobs().Put(ctx, hex.EncodeToString(sum[:]), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for w := range 3 {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := writeOne(ctx, s, w, n); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	if err := s.Search().Put(ctx, []domain.SearchDocument{{ID: "inq_1", Tokens: []string{"refund"}}}); err != nil {
		t.Error(err)
	}
	for last := int64(0); last < 50 && !t.Failed(); {
		if last, err = s.LastSeq(ctx, &storetest.Journal.Spec); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Backup(ctx, copied); err != nil {
		t.Fatal(err)
	}
	close(stop)
	wg.Wait()
	if err := s.Backup(ctx, copied); !domain.IsCode(err, domain.Conflict) {
		t.Errorf("a backup over another: %v", err)
	}
	for _, name := range []string{FileName, SearchFileName} {
		if info, err := os.Stat(filepath.Join(copied, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the copied %s: %v %v", name, info, err)
		}
	}
	checkAfterCrash(t, copied, nil)
	c := openIn(t, copied, storetest.Specs()...)
	r, err := c.Blobs().Open(ctx, place)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
		t.Errorf("the copied content: %d bytes (%v)", len(got), err)
	}
	found, err := c.Search().Find(ctx, []domain.SearchTerm{{Tokens: []string{"refund"}}}, nil, 5)
	if err != nil || len(found) != 1 {
		t.Errorf("the copied index finds %d (%v)", len(found), err)
	}
	if n, err := c.LastSeq(ctx, &storetest.Journal.Spec); err != nil || n < 50 {
		t.Errorf("the copied journal ends at %d (%v)", n, err)
	}
}

// TestEveryCollectionIsServed asks SQLite for its plan over each index of the program's own collections.
func TestEveryCollectionIsServed(t *testing.T) {
	t.Parallel()
	s := openTemporary(t, domain.Declared()...)
	for _, spec := range domain.Declared() {
		for _, ix := range spec.Indexes {
			for _, reverse := range []bool{false, true} {
				for n := range len(ix.Fields) + 1 {
					q := domain.Query{Index: ix.Name, Reverse: reverse, Equal: slices.Repeat([]any{"x"}, n)}
					if got, err := s.Explain(t.Context(), spec, q); err != nil || got != ix.Name {
						t.Errorf("%s: %+v is served by %q (%v)", spec.Name, q, got, err)
					}
				}
			}
		}
	}
}

func TestWrongHashIsRefused(t *testing.T) {
	t.Parallel()
	s := openTemporary(t)
	for _, hash := range []string{"", "xyz", strings.Repeat("0", 64), strings.Repeat("../", 22)[:64]} {
		if _, err := s.Blobs().Put(t.Context(), hash, strings.NewReader("content")); !domain.IsCode(err, domain.Invalid) {
			t.Errorf("hash %q: %v", hash, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(s.dir, "blobs", "*", "*"))
	partial, _ := filepath.Glob(filepath.Join(s.dir, "blobs", partialPrefix+"*"))
	if err != nil || len(files)+len(partial) > 0 {
		t.Errorf("refused contents left %q and %q (%v)", files, partial, err)
	}
}
