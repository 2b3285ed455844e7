package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"sori/domain"
)

// idempotencyRecords gives what the store keeps of keys.
func idempotencyRecords(d *door) []*domain.IdempotencyRecord {
	d.Helper()
	recs, err := domain.IdempotencyRecords.Find(d.Context(), d.store, domain.Query{Index: "expires"})
	if err != nil {
		d.Fatal(err)
	}
	return recs
}

func TestAKeyIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	first := d.ask("POST", "/v1/intake/memo", memo(nil), "Idempotency-Key", "k").want(201)
	again := d.ask("POST", "/v1/intake/memo", memo(nil), "Idempotency-Key", "k").want(200)
	if again.fields()["duplicate"] != true || again.at("interaction", "id") != first.at("interaction", "id") || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("%s", again.body)
	}
	other := d.ask("POST", "/v1/intake/memo", memo(object{"text": "other"}), "Idempotency-Key", "k").wantCode(422, domain.KeyReused)
	if other.faults()["Idempotency-Key"] == "" {
		t.Errorf("%s", other.body)
	}
	d.ask("POST", "/v1/intake/chat", memo(nil), "Idempotency-Key", "k").want(422)
	if mine := d.ask("POST", "/v1/intake/memo", memo(nil), "Idempotency-Key", "k", "Authorization", "Bearer agent").want(201); mine.at("interaction", "id") == first.at("interaction", "id") {
		t.Error("two callers share a key")
	}

	path := "/v1/inquiries/" + first.at("inquiry", "id")
	for _, x := range []struct {
		path string
		body any
	}{{path + "/notes", object{"text": "a"}}, {path + "/replies", object{"text": "b"}}, {path + "/resolve", nil}, {"/v1/customers", object{"name": "c"}}} {
		one := d.ask("POST", x.path, x.body, "Idempotency-Key", "key of "+x.path)
		two := d.ask("POST", x.path, x.body, "Idempotency-Key", "key of "+x.path).want(one.status)
		if one.status > 299 || string(one.body) != string(two.body) || one.header.Get("Content-Type") != two.header.Get("Content-Type") {
			t.Errorf("%s: %s then %s", x.path, one.body, two.body)
		}
	}
	if n := len(d.ask("GET", path+"/interactions", nil).fields()["items"].([]any)); n != 3 {
		t.Errorf("%d interactions, wanted a memo, a note and a reply", n)
	}
}

// TestALostReceiptIsGivenAgain: where the program ended between the commit and the keeping of the answer, the key is answered by what the commit noted.
func TestALostReceiptIsGivenAgain(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	first := d.ask("POST", "/v1/intake/memo", memo(nil), "Idempotency-Key", "k").want(201)
	recs := idempotencyRecords(d)
	if len(recs) != 1 {
		t.Fatalf("%d keys", len(recs))
	}
	err := d.store.Write(d.Context(), func(tx domain.Tx) error {
		_, err := domain.IdempotencyRecords.Update(d.Context(), tx, recs[0].ID, func(r *domain.IdempotencyRecord) error {
			r.SetAnswer(0, "", nil)
			r.Made = first.at("interaction", "id")
			return nil
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	again := d.ask("POST", "/v1/intake/memo", memo(nil), "Idempotency-Key", "k").want(200)
	for _, noun := range []string{"inquiry", "interaction", "customer"} {
		if again.at(noun, "id") != first.at(noun, "id") {
			t.Errorf("%s: %s, first %s", noun, again.body, first.body)
		}
	}
	if again.fields()["duplicate"] != true {
		t.Errorf("%s", again.body)
	}
}

// TestAKeyStandsForItsRequestThoughNothingWasWritten: a duplicate has nothing to write, and its key is still taken.
func TestAKeyStandsForItsRequestThoughNothingWasWritten(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	n := memo(object{"externalId": "e"})
	d.ask("POST", "/v1/intake/memo", n).want(201)
	d.ask("POST", "/v1/intake/memo", n, "Idempotency-Key", "k").want(200)
	d.ask("POST", "/v1/intake/memo", memo(object{"externalId": "f"}), "Idempotency-Key", "k").wantCode(422, domain.KeyReused)
}

// TestARefusedRequestLeavesItsKeyFree: it did nothing, so the caller may mend it and try again.
func TestARefusedRequestLeavesItsKeyFree(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.ask("POST", "/v1/intake/memo", memo(object{"account": "nobody"}), "Idempotency-Key", "k").want(422)
	d.ask("POST", "/v1/intake/memo", memo(nil), "Idempotency-Key", "k").want(201)
	for _, key := range []string{strings.Repeat("x", 256), "a\x00b"} {
		d.ask("POST", "/v1/intake/memo", memo(nil), "Idempotency-Key", key).wantCode(422, domain.Invalid)
	}
}

// TestAFormIsTheSameWithAnotherBoundary, which clients draw anew for each try.
func TestAFormIsTheSameWithAnotherBoundary(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	send := func(page string) answer {
		media, body := form(t, `{"from":{"fax":"02-123-4567"},"fax":{}}`, []byte("%PDF-"+page), "a.pdf")
		return d.ask("POST", "/v1/intake/fax", body, "Content-Type", media, "Idempotency-Key", "k")
	}
	first := send("1").want(201)
	if again := send("1").want(200); again.at("interaction", "id") != first.at("interaction", "id") {
		t.Error("the fax came in twice")
	}
	send("2").wantCode(422, domain.KeyReused)
}

// TestRivalsWithOneKey: many at once, one is carried out, all get its answer.
func TestRivalsWithOneKey(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	const rivals = 24
	var wg sync.WaitGroup
	answers := make([]answer, rivals)
	for i := range rivals {
		wg.Go(func() { answers[i] = d.ask("POST", "/v1/intake/memo", memo(nil), "Idempotency-Key", "k") })
	}
	wg.Wait()
	made := 0
	ids := map[string]bool{}
	for _, a := range answers {
		if a.status == 201 {
			made++
		} else {
			a.want(200)
		}
		ids[a.at("interaction", "id")] = true
	}
	if made != 1 || len(ids) != 1 {
		t.Errorf("%d were carried out, %d interactions", made, len(ids))
	}
}

// BenchmarkKey tells what a key costs.
func BenchmarkKey(b *testing.B) {
	d := newDoor(b)
	n := 0
	for b.Loop() {
		n++
		r := httptest.NewRequest(http.MethodPost, "/v1/intake/memo", strings.NewReader(memoBody))
		r.Header.Set("Authorization", "Bearer admin")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", fmt.Sprint(n))
		w := httptest.NewRecorder()
		if d.ServeHTTP(w, r); w.Code != 201 {
			b.Fatal(w.Body)
		}
	}
}
