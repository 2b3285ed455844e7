package sqlitestore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"sori/adapters/storetest"
	"sori/domain"
)

// crashDir tells a process started by TestKilledWriter where to write until it is killed.
const crashDir = "SORI_TEST_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		fmt.Println(writeForever(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeForever stores one thing after the other from several goroutines and prints the id of each that Write has answered for.
func writeForever(dir string) error {
	ctx := context.Background()
	s, err := Open(ctx, Options{Dir: dir, Specs: storetest.Specs()})
	if err != nil {
		return err
	}
	failed := make(chan error)
	for w := range 6 {
		go func() {
			for n := 0; ; n++ {
				id, err := writeOne(ctx, s, w, n)
				if err != nil {
					failed <- err
					return
				}
				fmt.Println(id)
			}
		}()
	}
	return <-failed
}

// writeOne stores a letter, a journal entry that names it and a purse in one transaction, and now and then fails on purpose afterwards.
func writeOne(ctx context.Context, s *Store, w, n int) (string, error) {
	id := storetest.Letters.NewID()
	giveUp := errors.New("on purpose")
	write := func(outcome error) error {
		return s.Write(ctx, func(tx domain.Tx) error {
			now := domain.SystemClock()
			return errors.Join(
				storetest.Letters.Insert(ctx, tx, &storetest.Letter{
					Doc: domain.Doc{ID: id}, Serial: id, Tags: []string{"a", "b"}, Addresses: []storetest.Address{{Key: id}}, At: now, Text: strings.Repeat("x", 100*(n%50)),
				}),
				storetest.Purses.Insert(ctx, tx, &storetest.Purse{Doc: domain.Doc{ID: "prs_" + id}, Amount: 1}),
				storetest.Journal.Insert(ctx, tx, &storetest.Entry{Writer: os.Getpid()*10 + w, N: n, Subject: id, At: now}),
				outcome,
			)
		})
	}
	if n%7 == 3 {
		if err := write(giveUp); !errors.Is(err, giveUp) {
			return "", fmt.Errorf("a closure that fails: %w", err)
		}
	}
	return id, write(nil)
}

func TestKilledWriter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	acknowledged := map[string]bool{}
	for round := range 4 {
		killAfter(t, dir, time.Duration(60+round*90)*time.Millisecond, acknowledged)
		checkAfterCrash(t, dir, acknowledged)
	}
	if len(acknowledged) < 20 {
		t.Fatalf("only %d writes were answered for; the test proves nothing", len(acknowledged))
	}
}

// killAfter lets a child write, kills it some time after its first answer, and gathers all that it answered for.
func killAfter(t *testing.T, dir string, delay time.Duration, acknowledged map[string]bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, started := bufio.NewScanner(out), false
	for lines.Scan() {
		if !started {
			started = true
			time.AfterFunc(delay, func() { _ = cmd.Process.Kill() })
		}
		id := lines.Text()
		if domain.IDPrefix(id) != "ltr" {
			t.Fatalf("the child says %q", id)
		}
		acknowledged[id] = true
	}
	_ = cmd.Wait() // it was killed
	if !started {
		t.Fatal("the child wrote nothing")
	}
}

// checkAfterCrash: all that was answered for is there, and nothing is half there.
func checkAfterCrash(t *testing.T, dir string, acknowledged map[string]bool) {
	t.Helper()
	s, err := Open(t.Context(), Options{Dir: dir, Specs: storetest.Specs()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	entries, err := storetest.Journal.Find(t.Context(), s, domain.Query{Index: domain.SeqIndex})
	if err != nil {
		t.Fatal(err)
	}
	journal := map[string]bool{}
	for i, e := range entries {
		if e.Seq != int64(i+1) {
			t.Fatalf("number %d stands at place %d", e.Seq, i+1)
		}
		journal[e.Subject] = true
	}
	for id := range acknowledged {
		if !journal[id] {
			t.Errorf("%s was answered for and is lost", id)
		}
	}
	for id := range journal {
		for _, q := range []domain.Query{{Index: "serial", Equal: []any{id}}, {Index: "address", Equal: []any{id}}} {
			if _, err := storetest.Letters.First(t.Context(), s, q); err != nil {
				t.Errorf("the journal has %s, the index %s: %v", id, q.Index, err)
			}
		}
		if _, err := storetest.Purses.Get(t.Context(), s, "prs_"+id); err != nil {
			t.Errorf("the journal has %s: %v", id, err)
		}
	}
	letters, err := storetest.Letters.Find(t.Context(), s, domain.Query{Index: "at"})
	if err != nil || len(letters) != len(entries) {
		t.Errorf("%d letters and %d entries (%v)", len(letters), len(entries), err)
	}
	checkIntegrity(t, s)
}

// checkIntegrity lets SQLite compare its tables and indexes.
func checkIntegrity(t *testing.T, s *Store) {
	t.Helper()
	err := s.readers.use(t.Context(), func(conn *sqlite.Conn) error {
		stmt, err := conn.Prepare("PRAGMA integrity_check")
		if err != nil {
			return err
		}
		defer stmt.Reset()
		if _, err := stmt.Step(); err != nil {
			return err
		}
		if result := stmt.ColumnText(0); result != "ok" {
			t.Errorf("integrity check: %s", result)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
