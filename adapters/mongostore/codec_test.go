package mongostore

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"sori/domain"
)

// filler puts random values into a noun: all that its fields can hold.
type filler struct{ rng *rand.Rand }

var texts = []string{"a", "환불 요청", "a.b.c", "$set", "50%", "%2E", "nul\x00nul", "bad \xff\xfe utf8", "Ünïcode 😀", " space ", "line\nfeed", "<&>"}

func (f filler) text() string { return texts[f.rng.IntN(len(texts))] }

func (f filler) fill(v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.UnixMilli(f.rng.Int64N(4e12)).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text())
	case reflect.Bool:
		v.SetBool(f.rng.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(f.rng.Int64N(100))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(f.rng.Uint64N(100))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(f.rng.Float64())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				f.fill(v.Field(i))
			}
		}
	case reflect.Pointer:
		if f.rng.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem())
		}
	case reflect.Slice:
		f.fillSlice(v)
	case reflect.Map:
		if f.rng.IntN(4) > 0 {
			v.Set(reflect.MakeMap(v.Type()))
			for range f.rng.IntN(4) {
				key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				f.fill(key)
				f.fill(elem)
				v.SetMapIndex(key, elem)
			}
		}
	case reflect.Interface:
		if x := f.anything(3); x != nil {
			v.Set(reflect.ValueOf(x))
		}
	}
}

func (f filler) fillSlice(v reflect.Value) {
	if v.Type() == reflect.TypeFor[json.RawMessage]() {
		v.SetBytes([]byte(`{"n": 12345678901234567890}`))
		return
	}
	if f.rng.IntN(4) == 0 {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), f.rng.IntN(4), 4))
	for i := range v.Len() {
		f.fill(v.Index(i))
	}
}

func (f filler) anything(depth int) any {
	switch n := f.rng.IntN(12); {
	case n == 0:
		return nil
	case n == 1:
		return f.rng.IntN(2) == 0
	case n == 2:
		return f.rng.NormFloat64()
	case n == 3:
		return f.rng.IntN(1e9)
	case n == 4:
		return time.UnixMilli(f.rng.Int64N(4e12)).UTC()
	case n == 5:
		return []string{f.text(), f.text()}
	case n == 6:
		return domain.Ref{Kind: f.text(), ID: f.text()}
	case n == 7 && depth > 0:
		return []any{f.anything(depth - 1), f.anything(depth - 1)}
	case n < 10 && depth > 0:
		return map[string]any{f.text(): f.anything(depth - 1), f.text(): f.anything(depth - 1)}
	}
	return f.text()
}

// Both engines must give back the same. The other keeps documents as JSON, so what comes back here is held against encoding/json, for every noun of the program.
func TestDocumentsComeBackAsFromJSON(t *testing.T) {
	t.Parallel()
	for _, spec := range domain.Declared() {
		t.Run(spec.Name, func(t *testing.T) {
			t.Parallel()
			c := &collection{spec: spec}
			c.paths, c.required = keyPaths(spec)
			for seed := range uint64(200) {
				f := filler{rand.New(rand.NewPCG(seed, 7))}
				doc := spec.New()
				f.fill(reflect.ValueOf(doc).Elem())
				doc.Head().ID = "x_1"
				if n, ok := doc.(domain.Numbered); ok {
					n.SetSeq(0) // the sequencer's to give
				}
				checkRoundTrip(t, c, doc)
			}
		})
	}
}

func checkRoundTrip(t *testing.T, c *collection, doc domain.Document) {
	t.Helper()
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	want := c.spec.New()
	if err := json.Unmarshal(text, want); err != nil {
		t.Fatal(err)
	}
	raw, err := c.encode(doc)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if err := raw.Validate(); err != nil {
		t.Fatal(err)
	}
	got := c.spec.New()
	if err := decode(raw, got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		gotText, _ := json.Marshal(got)
		t.Fatalf("came back as\n%s\nand not as\n%s", gotText, text)
	}
}

type odd struct {
	domain.Doc `json:",inline"`
	Hidden     string            `json:"-"`
	Raw        json.RawMessage   `json:"raw,omitempty"`
	Any        any               `json:"any"`
	Labels     map[string]string `json:"labels"`
	Empty      []string          `json:"empty"`
	Bytes      []byte            `json:"bytes"`
	When       time.Time         `json:"when"`
	Maybe      *time.Time        `json:"maybe"`
	Wait       time.Duration     `json:"wait"`
	List       []string          `json:"list,omitempty"`
	Flag       bool              `json:"flag,omitempty"`
	Count      int               `json:"count,omitempty"`
	Sub        *oddPart          `json:"sub,omitempty"`
}

type oddPart struct {
	Name string `json:"name"`
}

var odds = domain.Declare[odd](domain.Spec{Name: "odds", Prefix: "odd", Noun: "odd", Indexes: []domain.Index{
	{Name: "list", Fields: []string{"list", "count"}, Sparse: true},
	{Name: "name", Fields: []string{"sub.name", "flag"}},
	{Name: "when", Fields: []string{"when"}},
}})

func oddCollection() *collection {
	c := &collection{spec: &odds.Spec}
	c.paths, c.required = keyPaths(c.spec)
	return c
}

func TestOddValues(t *testing.T) {
	t.Parallel()
	zero, now := time.Time{}, time.UnixMilli(1_700_000_000_123).UTC()
	for name, doc := range map[string]odd{
		"nothing":       {},
		"empty":         {Empty: []string{}, Bytes: []byte{}, Labels: map[string]string{}, Any: map[string]any{}},
		"nul and dots":  {Labels: map[string]string{"a.b": "1", "$x": "2", "\x00": "3", "%": "4", "": "5"}},
		"raw":           {Raw: json.RawMessage(`{"big":12345678901234567890,"null":null}`)},
		"any int":       {Any: 7},
		"any nested":    {Any: []any{map[string]any{"a": []string{"x"}}, nil, 1.5, true, []any{}}},
		"any large int": {Any: int64(1) << 60},
		"zero pointer":  {Maybe: &zero},
		"times":         {When: now, Maybe: &now, Wait: time.Hour},
		"early":         {When: time.Date(1, 2, 3, 4, 5, 6, 7e6, time.UTC)},
		"late":          {When: domain.NeverDue},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc.ID = "odd_1"
			checkRoundTrip(t, oddCollection(), &doc)
		})
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	raw, err := oddCollection().encode(&odd{Doc: domain.Doc{ID: "odd_1"}, Hidden: "secret", List: []string{"b", "", "a", "b"}, Sub: &oddPart{Name: "n"}, When: time.UnixMilli(5)})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(raw.String(), "secret") {
		t.Error("a field without a JSON name was stored")
	}
	want := bson.D{
		{Key: "count", Value: int64(0)}, {Key: "flag", Value: int64(0)}, {Key: "list", Value: bson.A{bson.D{{Key: "v", Value: "b"}}, bson.D{{Key: "v", Value: "a"}}}},
		{Key: "sub/name", Value: "n"}, {Key: "when", Value: bson.DateTime(5)},
	}
	var got struct {
		Keys bson.D `bson:"_keys"`
	}
	if err := bson.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Keys, want) {
		t.Errorf("_keys are %v, not %v", got.Keys, want)
	}
}

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	var deep any = "x"
	for range maxNesting + 2 {
		deep = []any{deep}
	}
	for name, c := range map[string]struct {
		doc  odd
		code domain.Code
	}{
		"too deep":  {odd{Any: deep}, domain.Invalid},
		"too large": {odd{Bytes: make([]byte, 17<<20)}, domain.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := oddCollection().encode(&c.doc); domain.CodeOf(err) != c.code {
				t.Errorf("answered %v, not %s", err, c.code)
			}
		})
	}
	noDate := &domain.Customer{Doc: domain.Doc{ID: "cus_1"}, Tier: "vip"}
	noDate.CreatedAt = time.Time{}
	c := &collection{spec: &domain.Customers.Spec}
	c.paths, c.required = keyPaths(c.spec)
	if _, err := c.encode(noDate); !domain.IsCode(err, domain.Invalid) {
		t.Errorf("a customer without createdAt, by which customers are listed, gave %v", err)
	}
}

func FuzzNames(f *testing.F) {
	for _, s := range texts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := escapeName(s)
		if strings.ContainsAny(name, ".$\x00") {
			t.Errorf("%q became %q, to which MongoDB gives a meaning", s, name)
		}
		if back := unescapeName(name); back != validText(s) {
			t.Errorf("%q came back as %q", s, back)
		}
	})
}

func BenchmarkEncodeInquiry(b *testing.B) {
	c, doc := benchInquiry()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.encode(doc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeInquiry(b *testing.B) {
	c, doc := benchInquiry()
	raw, err := c.encode(doc)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if err := decode(raw, &domain.Inquiry{}); err != nil {
			b.Fatal(err)
		}
	}
}

func benchInquiry() (*collection, *domain.Inquiry) {
	c := &collection{spec: &domain.Inquiries.Spec}
	c.paths, c.required = keyPaths(c.spec)
	return c, newInquiry(time.Now(), "cus_01")
}

func newInquiry(now time.Time, customer string) *domain.Inquiry {
	q := &domain.Inquiry{
		Doc: domain.Doc{ID: domain.NewID("inq")}, Number: domain.NewID("n"), Subject: "환불 문의드립니다", Status: domain.StatusNew, StatusCategory: domain.CategoryOpen,
		Priority: domain.PriorityNormal, Type: "billing.refund", Queue: "billing", CustomerID: customer, Tier: domain.TierRegular, Account: "default",
		Channel: domain.ChannelPhone, Origin: domain.Origin{Channel: domain.ChannelPhone}, Language: "ko", Tags: []string{"refund", "app"},
		CreatedAt: domain.Instant(now), UpdatedAt: domain.Instant(now), LastInteractionAt: domain.Instant(now),
	}
	q.SetDue(nil)
	return q
}
