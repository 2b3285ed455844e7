package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"sori/api"
	"sori/domain"
)

type row struct {
	Duplicate   *bool
	Status      int
	Code        string
	Inquiry     struct{ ID string }
	Interaction struct{ ID string }
}

func (d *door) batch(body string, headers ...string) []row {
	d.Helper()
	a := d.ask("POST", "/v1/intake/batch", body, append([]string{"Content-Type", "application/x-ndjson"}, headers...)...).want(200)
	var rows []row
	for _, l := range strings.Split(strings.TrimSuffix(string(a.body), "\n"), "\n") {
		var r row
		if err := json.Unmarshal([]byte(l), &r); err != nil && l != "" {
			d.Fatalf("%v: %q", err, l)
		}
		rows = append(rows, r)
	}
	return rows
}

func line(changes object) string {
	m := memo(object{"channel": "memo"})
	for k, v := range changes {
		if m[k] = v; v == nil {
			delete(m, k)
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(b) + "\n"
}

func TestABadLineHurtsNoOther(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(o *api.Deps) { o.Limits.Line = 2000 })
	good := line(object{"externalId": "a"})
	body := good + "{broken\n" + good + "\n  \r\n" + line(object{"text": strings.Repeat("x", 3000)}) + line(object{"channel": nil}) + line(object{"channel": "pigeon"}) +
		line(object{"channel": "phone"}) + line(object{"from": object{}}) + "{\"a\":\"\xff\"}\n" + strings.Repeat("[", 1500) + "\n" + strings.TrimSuffix(line(object{"externalId": "b"}), "\n")
	want := []string{"new", "malformed", "again", "too_large", "invalid", "invalid", "invalid", "invalid", "malformed", "malformed", "new"}
	rows := d.batch(body)
	if len(rows) != len(want) {
		t.Fatalf("%d rows, wanted %d: %+v", len(rows), len(want), rows)
	}
	for i, r := range rows {
		got := r.Code
		if r.Duplicate != nil {
			got = map[bool]string{true: "again", false: "new"}[*r.Duplicate]
		}
		if got != want[i] {
			t.Errorf("line %d: %s, wanted %s", i+1, got, want[i])
		}
	}
}

// TestLinesKeepTheirOrder though many are worked on at a time: answers come in order, the first of two equal lines is the one that counts, and
// additions to one inquiry stay in order.
func TestLinesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	inquiry := d.received(object{"from": object{"email": "o@x.test"}}).at("inquiry", "id")
	var body strings.Builder
	const pairs = 60
	for i := range pairs {
		from := object{"email": fmt.Sprintf("p%d@x.test", i)}
		for range 2 {
			body.WriteString(line(object{"externalId": fmt.Sprint("e", i), "from": from}))
		}
		body.WriteString(line(object{"inquiryId": inquiry, "text": fmt.Sprintf("%03d", i), "from": object{"email": "o@x.test"}}))
	}
	rows := d.batch(body.String())
	if len(rows) != 3*pairs {
		t.Fatalf("%d rows", len(rows))
	}
	for i := range pairs {
		a, b, c := rows[3*i], rows[3*i+1], rows[3*i+2]
		if a.Duplicate == nil || *a.Duplicate || b.Duplicate == nil || !*b.Duplicate || a.Interaction != b.Interaction || c.Inquiry.ID != inquiry {
			t.Fatalf("pair %d: %+v %+v %+v", i, a, b, c)
		}
	}
	var page struct{ Items []struct{ ID string } }
	d.ask("GET", "/v1/inquiries/"+inquiry+"/interactions?limit=200", nil).want(200).decode(&page)
	if len(page.Items) != pairs+1 {
		t.Errorf("%d interactions", len(page.Items))
	}
}

func TestABatchHasLimits(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(o *api.Deps) { o.Limits.BatchLines, o.Limits.Body = 3, 5000 })
	rows := d.batch(strings.Repeat("x\n", 10))
	if len(rows) != 4 || rows[3].Code != string(domain.TooLarge) {
		t.Errorf("%+v", rows)
	}
	d.ask("POST", "/v1/intake/batch", strings.Repeat("x", 5001), "Content-Type", "application/x-ndjson").wantCode(413, domain.TooLarge)
	// Small as it comes and too large when inflated: what came before the limit is taken in, and the last line says that the rest was not.
	a := d.ask("POST", "/v1/intake/batch", zipped(line(nil)+strings.Repeat(" ", 6000)+"\n"+line(nil)), "Content-Type", "application/x-ndjson", "Content-Encoding", "gzip").want(200)
	if lines := strings.Split(strings.TrimSpace(string(a.body)), "\n"); len(lines) != 2 || !strings.Contains(lines[0], `"duplicate":false`) || !strings.Contains(lines[1], string(domain.TooLarge)) {
		t.Errorf("%s", a.body)
	}
	if rows := d.batch(""); len(rows) != 1 || rows[0] != (row{}) {
		t.Errorf("an empty batch: %+v", rows)
	}
}

func TestAKeyGuardsEachLine(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	body := line(object{"text": "1"}) + line(object{"text": "2"})
	first, again := d.batch(body, "Idempotency-Key", "k"), d.batch(body, "Idempotency-Key", "k")
	for i := range first {
		if *first[i].Duplicate || !*again[i].Duplicate || first[i].Interaction != again[i].Interaction {
			t.Errorf("line %d: %+v then %+v", i+1, first[i], again[i])
		}
	}
	mixed := d.batch(line(object{"text": "1"})+line(object{"text": "other"}), "Idempotency-Key", "k")
	if !*mixed[0].Duplicate || mixed[1].Code != string(domain.KeyReused) {
		t.Errorf("%+v", mixed)
	}
}

func BenchmarkBatch(b *testing.B) {
	d := newDoor(b)
	body := strings.Repeat(`{"channel":"memo",`+memoBody[1:]+"\n", 1000)
	for b.Loop() {
		if rows := d.batch(body); len(rows) != 1000 {
			b.Fatal(len(rows))
		}
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "lines/s")
}
