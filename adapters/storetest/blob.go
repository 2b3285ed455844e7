package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"sori/domain"
)

var blobCases = map[string]func(*testing.T, domain.Store){
	"PutAndOpen":     putAndOpen,
	"NothingThere":   nothingThere,
	"BrokenContent":  brokenContent,
	"Sweep":          sweep,
	"SweepAgainst":   sweepAgainstPut,
	"SameAtOnce":     sameContentAtOnce,
	"SweepCancelled": sweepStopsAtAnError,
}

func content(seed uint64, size int) []byte {
	rng := rand.New(rand.NewPCG(seed, uint64(size)))
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func putBlob(ctx context.Context, s domain.Store, b []byte) (string, error) {
	return s.Blobs().Put(ctx, hashOf(b), bytes.NewReader(b))
}

// checkBlob reads a content back and compares it.
func checkBlob(ctx context.Context, s domain.Store, place string, want []byte) error {
	r, err := s.Blobs().Open(ctx, place)
	if err != nil {
		return err
	}
	got, err := io.ReadAll(r)
	if err == nil && !bytes.Equal(got, want) {
		err = errors.New("other bytes came back")
	}
	return errors.Join(err, r.Close())
}

func putAndOpen(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	for _, size := range []int{0, 1, 255 << 10, 255<<10 + 1, 5 << 20} {
		b := content(1, size)
		place, err := putBlob(ctx, s, b)
		must(t, err)
		if place == "" {
			t.Fatal("no place")
		}
		must(t, checkBlob(ctx, s, place, b))
		again, err := putBlob(ctx, s, b)
		must(t, err)
		must(t, checkBlob(ctx, s, again, b))
		must(t, checkBlob(ctx, s, place, b))
	}
}

func nothingThere(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	for _, place := range []string{"", ".", "..", "../sori.db", "/etc/passwd", "ab/../../sori.db", "a\x00b", hashOf(nil), "000000000000000000000000"} {
		r, err := s.Blobs().Open(ctx, place)
		if err == nil {
			r.Close()
		}
		wantCode(t, err, domain.NotFound)
	}
}

// brokenContent: a reader that fails leaves nothing, and the content can be put afterwards.
func brokenContent(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	b := content(2, 1<<20)
	broken := io.MultiReader(bytes.NewReader(b[:700_000]), &failing{})
	if _, err := s.Blobs().Put(ctx, hashOf(b), broken); !errors.Is(err, errStop) {
		t.Fatalf("the reader's error became %v", err)
	}
	place, err := putBlob(ctx, s, b)
	must(t, err)
	must(t, checkBlob(ctx, s, place, b))
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := putBlob(gone, s, content(3, 1<<20)); !errors.Is(err, context.Canceled) {
		t.Errorf("Put under a cancelled context: %v", err)
	}
}

type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, errStop }

// tick lets the engine's clock pass, so that before and after are different times on every engine.
func tick() time.Time {
	time.Sleep(20 * time.Millisecond)
	now := time.Now()
	time.Sleep(20 * time.Millisecond)
	return now
}

func sweep(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	named, unnamed, later := content(1, 100_000), content(2, 100_000), content(3, 100_000)
	namedAt, err := putBlob(ctx, s, named)
	must(t, err)
	unnamedAt, err := putBlob(ctx, s, unnamed)
	must(t, err)
	cutoff := tick()
	laterAt, err := putBlob(ctx, s, later)
	must(t, err)
	asked := map[string]bool{}
	inUse := func(place string) (bool, error) { asked[place] = true; return place == namedAt, nil }
	for _, want := range []int{1, 0} {
		removed, err := s.Blobs().Sweep(ctx, cutoff, inUse)
		must(t, err)
		if removed != want {
			t.Errorf("%d contents were removed, want %d", removed, want)
		}
	}
	if !asked[namedAt] || !asked[unnamedAt] || asked[laterAt] {
		t.Errorf("asked about %v", asked)
	}
	must(t, checkBlob(ctx, s, namedAt, named))
	must(t, checkBlob(ctx, s, laterAt, later))
	_, err = s.Blobs().Open(ctx, unnamedAt)
	wantCode(t, err, domain.NotFound)
	again, err := putBlob(ctx, s, unnamed)
	must(t, err)
	must(t, checkBlob(ctx, s, again, unnamed))
}

// sweepAgainstPut: a content that is put again while an old copy of it is being swept stays.
func sweepAgainstPut(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	const n = 12
	var contents [n][]byte
	for i := range contents {
		contents[i] = content(uint64(i), 80_000)
		_, err := putBlob(ctx, s, contents[i])
		must(t, err)
	}
	cutoff := tick()
	var places [n]string
	inParallel(n+2, func(i int) {
		if i >= n {
			if _, err := s.Blobs().Sweep(ctx, cutoff, func(string) (bool, error) { return false, nil }); err != nil {
				t.Error(err)
			}
			return
		}
		place, err := putBlob(ctx, s, contents[i])
		if err != nil {
			t.Error(err)
		}
		places[i] = place
	})
	for i, place := range places {
		if err := checkBlob(ctx, s, place, contents[i]); err != nil {
			t.Errorf("content %d: %v", i, err)
		}
	}
}

func sameContentAtOnce(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	b := content(9, 300_000)
	inParallel(8, func(int) {
		place, err := putBlob(ctx, s, b)
		if err == nil {
			err = checkBlob(ctx, s, place, b)
		}
		if err != nil {
			t.Error(err)
		}
	})
}

func sweepStopsAtAnError(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	b := content(4, 100_000)
	place, err := putBlob(ctx, s, b)
	must(t, err)
	cutoff := tick()
	if _, err := s.Blobs().Sweep(ctx, cutoff, func(string) (bool, error) { return false, errStop }); !errors.Is(err, errStop) {
		t.Fatalf("the error of inUse became %v", err)
	}
	must(t, checkBlob(ctx, s, place, b))
}
