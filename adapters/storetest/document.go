package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sori/domain"
)

var documentCases = map[string]func(*testing.T, domain.Store){
	"EverythingComesBack":    everythingComesBack,
	"Versions":               versions,
	"Missing":                missing,
	"RequiredFields":         requiredFields,
	"LoadMany":               loadMany,
	"TextIsExact":            textIsExact,
	"BadTextIsReplaced":      badTextIsReplaced,
	"TimesAreMilliseconds":   timesAreMilliseconds,
	"MapsHoldAnyName":        mapsHoldAnyName,
	"LargeDocument":          largeDocument,
	"Ping":                   ping,
	"CancelledContext":       cancelledContext,
	"PartsComeAndGo":         partsComeAndGo,
	"DeletedLeavesNoEntries": deletedLeavesNoEntries,
}

func fullLetter() *Letter {
	return &Letter{
		Subject: "환불 문의", Serial: "S-1", Shelf: "north", Slot: -7, Rank: 1<<53 + 1, Open: true, Owner: ptr("kim"),
		Tags: []string{"vip", "환불"}, Marks: []int64{3, -1}, Addresses: []Address{{"a:1", "first"}, {"a:2", ""}},
		Stamp: &Stamp{Code: "KR", Value: 430, Posted: ptr(minute(3))}, At: minute(1), Due: ptr(minute(2)), Seen: minute(4),
		Text: "line\nline\ttab <b>&amp;</b> \u2028", Data: []byte{0, 1, 255}, Names: map[string]string{"ko": "편지"},
		Extra: map[string]any{"n": 1.5, "s": "x", "b": true, "nil": nil, "list": []any{"a", 2.0}, "map": map[string]any{"k": "v"}},
	}
}

func everythingComesBack(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	for _, want := range []*Letter{fullLetter(), {At: noon}} {
		insert(t, s, Letters, want)
		if want.Version != 1 || domain.IDPrefix(want.ID) != "ltr" {
			t.Fatalf("after Insert the document's head is %+v", want.Doc)
		}
		got, err := Letters.Get(ctx, s, want.ID)
		must(t, err)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func versions(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	p := &Purse{Amount: 1}
	insert(t, s, Purses, p)
	for want := int64(2); want < 5; want++ {
		must(t, update(ctx, s, Purses, p.ID, func(p *Purse) error { p.Amount *= 10; return nil }))
		got, err := Purses.Get(ctx, s, p.ID)
		must(t, err)
		if got.Version != want {
			t.Fatalf("version %d, want %d", got.Version, want)
		}
	}
	err := s.Write(ctx, func(tx domain.Tx) error { return Purses.Replace(ctx, tx, p) })
	wantCode(t, err, domain.Stale)
	got, err := Purses.Get(ctx, s, p.ID)
	must(t, err)
	if got.Amount != 1000 {
		t.Fatalf("a stale write changed the amount to %d", got.Amount)
	}
	if p.Version != 1 {
		t.Fatalf("a refused Replace left version %d on the caller's document, want 1", p.Version)
	}
	// Several writes of one document in one transaction count one by one.
	must(t, s.Write(ctx, func(tx domain.Tx) error {
		for range 3 {
			if _, err := Purses.Update(ctx, tx, p.ID, func(p *Purse) error { p.Amount++; return nil }); err != nil {
				return err
			}
		}
		return nil
	}))
	got, err = Purses.Get(ctx, s, p.ID)
	must(t, err)
	if got.Version != 7 || got.Amount != 1003 {
		t.Fatalf("after three writes in one transaction: %+v", got)
	}
}

func missing(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	for _, id := range []string{Purses.NewID(), "", "nonsense", "\x00", "' OR 1=1 --", "$ne", strings.Repeat("x", 5000)} {
		_, err := Purses.Get(ctx, s, id)
		wantCode(t, err, domain.NotFound)
		must(t, remove(ctx, s, Purses, id))
	}
	err := s.Write(ctx, func(tx domain.Tx) error {
		return Purses.Replace(ctx, tx, &Purse{Doc: domain.Doc{ID: Purses.NewID(), Version: 1}})
	})
	wantCode(t, err, domain.NotFound)
	p := &Purse{Doc: domain.Doc{ID: "prs_mine"}}
	insert(t, s, Purses, p)
	_, err = Purses.Get(ctx, s, "PRS_MINE")
	wantCode(t, err, domain.NotFound)
	_, err = Tasks.Get(ctx, s, p.ID)
	wantCode(t, err, domain.NotFound)
	must(t, remove(ctx, s, Purses, p.ID))
	must(t, remove(ctx, s, Purses, p.ID))
	_, err = Purses.Get(ctx, s, p.ID)
	wantCode(t, err, domain.NotFound)
}

func requiredFields(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	err := tryInsert(ctx, s, Tasks, &Task{Kind: "mail", RunAt: noon})
	wantCode(t, err, domain.Invalid)
	if domain.FieldOf(err) != "state" {
		t.Fatalf("the error names %q, want state", domain.FieldOf(err))
	}
	wantCode(t, tryInsert(ctx, s, Letters, &Letter{}), domain.Invalid) // at
	task := &Task{Kind: "mail", State: "waiting", RunAt: noon}
	insert(t, s, Tasks, task)
	wantCode(t, update(ctx, s, Tasks, task.ID, func(t *Task) error { t.RunAt = time.Time{}; return nil }), domain.Invalid)
	got, err := Tasks.Get(ctx, s, task.ID)
	must(t, err)
	if !reflect.DeepEqual(got, task) {
		t.Fatalf("a refused write left %+v", got)
	}
}

func loadMany(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	docs := make([]*Purse, domain.MaxLoad)
	for i := range docs {
		docs[i] = &Purse{Amount: int64(i)}
	}
	insert(t, s, Purses, docs...)
	ids := idsOf(docs)
	got, err := Purses.GetMany(ctx, s, ids)
	must(t, err)
	for i, id := range ids {
		if got[id] == nil || got[id].Amount != int64(i) || got[id].Version != 1 {
			t.Fatalf("document %d came as %+v", i, got[id])
		}
	}
	seen := 0
	asked := []string{ids[3], "prs_nobody", ids[3], "", ids[7], "x\x00y"}
	must(t, s.LoadMany(ctx, &Purses.Spec, asked, func(domain.Document) error { seen++; return nil }))
	if seen != 2 {
		t.Fatalf("%d documents came for two that exist, one asked for twice", seen)
	}
	must(t, s.LoadMany(ctx, &Purses.Spec, nil, func(domain.Document) error { return errors.New("nothing was asked for") }))
	if err := s.LoadMany(ctx, &Purses.Spec, append(ids, "one more"), func(domain.Document) error { return nil }); err == nil {
		t.Fatal("more than MaxLoad ids were taken")
	}
	stop := errors.New("stop")
	if err := s.LoadMany(ctx, &Purses.Spec, ids, func(domain.Document) error { return stop }); !errors.Is(err, stop) {
		t.Fatalf("the error of yield became %v", err)
	}
	must(t, s.Write(ctx, func(tx domain.Tx) error {
		if err := Purses.Delete(ctx, tx, ids[0]); err != nil {
			return err
		}
		inside, err := Purses.GetMany(ctx, tx, ids[:3])
		if len(inside) != 2 {
			t.Errorf("%d documents inside the transaction that deleted one of three", len(inside))
		}
		return err
	}))
}

// texts are pairwise different, though some systems take some of them for equal.
var texts = []string{
	"strasse", "Strasse", "STRASSE", "straße", "ſtrasse", "i", "I", "ı", "İ", "é", "e\u0301", "한", "하\u11ab", "가나다", "가나다 ", " 가나다",
	"a", "a\x00", "a\x00b", "\x00", "a b", "a  b", "a\tb", "😀", "\U0010ffff", "\uffff", "%", "_", "*", "'", `"`, `\`, "$", "$gt", ".", "a.b",
	"null", "0", "1", "01", "1.0", "true", "{}", "ﬁ", "fi", "½", "\ufeffa", "\u200ba",
}

func textIsExact(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	docs := make([]*Letter, len(texts))
	for i, x := range texts {
		docs[i] = &Letter{Subject: x, Serial: x, Tags: []string{x}, Text: x, At: noon}
	}
	insert(t, s, Letters, docs...)
	for i, x := range texts {
		got, err := Letters.Get(ctx, s, docs[i].ID)
		must(t, err)
		if got.Text != x {
			t.Errorf("%q came back as %q", x, got.Text)
		}
		for _, index := range []string{"subject", "serial", "anyTag"} {
			found, err := Letters.Find(ctx, s, domain.Query{Index: index, Equal: []any{x}})
			must(t, err)
			if len(found) != 1 || found[0].ID != docs[i].ID {
				t.Errorf("index %s finds %d documents for %q", index, len(found), x)
			}
		}
	}
	sorted, err := Letters.Find(ctx, s, domain.Query{Index: "subject"})
	must(t, err)
	if !slices.IsSortedFunc(sorted, func(a, b *Letter) int { return strings.Compare(a.Subject, b.Subject) }) {
		t.Error("text is not ordered by its bytes")
	}
}

func badTextIsReplaced(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	l := &Letter{Subject: "bad \xff\xfe text", Serial: "\xc3\x28", Tags: []string{"\xed\xa0\x80"}, At: noon}
	insert(t, s, Letters, l)
	got, err := Letters.Get(ctx, s, l.ID)
	must(t, err)
	if want := "bad \ufffd\ufffd text"; got.Subject != want {
		t.Fatalf("got %q, want %q", got.Subject, want)
	}
	for index, keys := range map[string][]any{
		"subject": {"bad \xff\xfe text", got.Subject}, "serial": {"\xc3\x28", got.Serial}, "anyTag": {"\xed\xa0\x80", got.Tags[0]},
	} {
		for _, key := range keys {
			found, err := Letters.Find(ctx, s, domain.Query{Index: index, Equal: []any{key}})
			must(t, err)
			if len(found) != 1 {
				t.Errorf("index %s finds %d documents for %q", index, len(found), key)
			}
		}
	}
}

func timesAreMilliseconds(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	for _, at := range []time.Time{
		noon, noon.Add(time.Millisecond), time.UnixMilli(0).UTC(), time.UnixMilli(-1).UTC(), time.UnixMilli(1).UTC(),
		time.Date(1066, 10, 14, 9, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC),
		domain.Instant(time.Now()), domain.Instant(time.Now().In(time.FixedZone("KST", 9*3600))),
	} {
		l := &Letter{At: at, Due: &at, Stamp: &Stamp{Posted: &at}}
		insert(t, s, Letters, l)
		got, err := Letters.Get(ctx, s, l.ID)
		must(t, err)
		if got.At != at || *got.Due != at || *got.Stamp.Posted != at {
			t.Errorf("%v came back as %v", at, got.At)
		}
		found, err := Letters.Find(ctx, s, domain.Query{Index: "at", From: at, To: at.Add(time.Millisecond)})
		must(t, err)
		if len(found) != 1 || found[0].ID != l.ID {
			t.Errorf("%v: its millisecond holds %d documents", at, len(found))
		}
		must(t, remove(ctx, s, Letters, l.ID))
	}
}

func mapsHoldAnyName(t *testing.T, s domain.Store) {
	names := []string{"a.b", "$set", "$", ".", "", " ", "a\x00b", "%2E", "id", "_id", "version", "한글", "a/b", "\"", "\\"}
	want := &Letter{At: noon, Names: map[string]string{}, Extra: map[string]any{}}
	for _, n := range names {
		want.Names[n] = n
		want.Extra[n] = map[string]any{n: []any{map[string]any{n: n}}}
	}
	insert(t, s, Letters, want)
	got, err := Letters.Get(testContext(t), s, want.ID)
	must(t, err)
	if !reflect.DeepEqual(got.Names, want.Names) {
		t.Errorf("names: got %q", got.Names)
	}
	if !reflect.DeepEqual(got.Extra, want.Extra) {
		t.Errorf("extra: got %q", got.Extra)
	}
}

func largeDocument(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	data := make([]byte, 8<<20)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	l := &Letter{At: noon, Data: data, Rank: 5}
	insert(t, s, Letters, l)
	got, err := Letters.First(ctx, s, domain.Query{Index: "rank", Equal: []any{5}})
	must(t, err)
	if !bytes.Equal(got.Data, data) {
		t.Fatal("8 MB did not come back as they were")
	}
	must(t, update(ctx, s, Letters, l.ID, func(l *Letter) error { l.Data = l.Data[:1<<20]; return nil }))
	got, err = Letters.Get(ctx, s, l.ID)
	must(t, err)
	if !bytes.Equal(got.Data, data[:1<<20]) {
		t.Fatal("the shortened document is wrong")
	}
	l = &Letter{At: noon, Text: strings.Repeat("x", 17<<20)}
	wantCode(t, tryInsert(ctx, s, Letters, l), domain.TooLarge)
}

func ping(t *testing.T, s domain.Store) {
	must(t, s.Ping(testContext(t)))
	must(t, s.Close())
	if err := s.Ping(testContext(t)); err == nil {
		t.Fatal("a closed store answers Ping")
	}
	wantCode(t, tryInsert(testContext(t), s, Purses, &Purse{}), domain.Unavailable)
}

func cancelledContext(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	p := &Purse{}
	insert(t, s, Purses, p)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := Purses.Get(gone, s, p.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("Get under a cancelled context: %v", err)
	}
	if err := tryInsert(gone, s, Purses, &Purse{Doc: domain.Doc{ID: "prs_late"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("Write under a cancelled context: %v", err)
	}
	inside, cancel := context.WithCancel(ctx)
	err := s.Write(inside, func(tx domain.Tx) error {
		err := Purses.Insert(ctx, tx, &Purse{Doc: domain.Doc{ID: "prs_inside"}})
		cancel()
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Write whose context was cancelled in the middle: %v", err)
	}
	for _, id := range []string{"prs_late", "prs_inside"} {
		if _, err := Purses.Get(ctx, s, id); !domain.IsCode(err, domain.NotFound) {
			t.Errorf("%s was stored: %v", id, err)
		}
	}
	insert(t, s, Purses, &Purse{Doc: domain.Doc{ID: "prs_after"}})
}

// partsComeAndGo replaces a document whose indexed fields appear, change and disappear.
func partsComeAndGo(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	l := &Letter{At: noon}
	insert(t, s, Letters, l)
	full, id := fullLetter(), l.ID
	steps := []func(*Letter){
		func(l *Letter) { head := l.Doc; *l = *full; l.Doc = head },
		func(l *Letter) { l.Tags, l.Addresses = []string{"환불", "new"}, l.Addresses[1:] },
		func(l *Letter) { l.Stamp, l.Owner, l.Due, l.Tags = nil, nil, nil, nil },
		func(l *Letter) { l.At, l.Rank, l.Open = minute(9), 9, false },
		func(l *Letter) { l.Tags, l.Marks = []string{"b", "a", "b"}, nil },
		func(l *Letter) { head := l.Doc; *l = Letter{Doc: head, At: noon} },
	}
	for i, step := range steps {
		var want *Letter
		must(t, update(ctx, s, Letters, id, func(l *Letter) error { step(l); want = l; return nil }))
		if err := checkEntries(ctx, s, []*Letter{want}); err != nil {
			t.Fatalf("after step %d: %v", i, err)
		}
	}
}

func deletedLeavesNoEntries(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	l := fullLetter()
	insert(t, s, Letters, l)
	must(t, remove(ctx, s, Letters, l.ID))
	must(t, checkEntries(ctx, s, nil))
	insert(t, s, Letters, fullLetter()) // its unique keys are free again
}

// checkEntries reads every index of Letters from end to end and compares it with what the documents call for.
func checkEntries(ctx context.Context, s domain.Store, docs []*Letter) error {
	for _, ix := range Letters.Indexes {
		q := domain.Query{Index: ix.Name}
		want := expect(&Letters.Spec, ix, docs, q)
		got, err := entries(ctx, s, q)
		if err != nil {
			return err
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("index %s holds %q, want %q", ix.Name, got, want)
		}
	}
	return nil
}
