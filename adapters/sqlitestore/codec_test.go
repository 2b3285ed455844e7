package sqlitestore

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"sori/domain"
)

// TestCodecIsEncodingJSON fills documents of every collection with chance and holds the fast writing and reading of stored documents to what
// encoding/json writes and reads.
func TestCodecIsEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, spec := range domain.Declared() {
		t.Run(spec.Name, func(t *testing.T) {
			t.Parallel()
			table, err := newTable(spec)
			if err != nil {
				t.Fatal(err)
			}
			dice := rand.New(rand.NewPCG(1, 2))
			for range 200 {
				doc := spec.New()
				randomly(dice, reflect.ValueOf(doc).Elem(), 4)
				raw := []byte(marshal(t, doc))
				if written, err := table.encode(doc); err != nil || written != string(raw) {
					t.Fatalf("%v: %s\nwas written, encoding/json writes\n%s", err, written, raw)
				}
				want, got := spec.New(), spec.New()
				if err := json.Unmarshal(raw, want); err != nil {
					t.Fatal(err)
				}
				if err := parse(raw, got); err != nil {
					t.Fatalf("%v: %s", err, raw)
				}
				if !reflect.DeepEqual(want, got) {
					t.Fatalf("%s\nwas read as %+v\n%+v would be right", raw, got, want)
				}
			}
		})
	}
}

func marshal(t *testing.T, doc domain.Document) string {
	t.Helper()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

var pieces = []string{"", "a", "환불", "\"quoted\"", "back\\slash", "new\nline", "<b>&amp;</b>", "\u2028", "\U0001F600", "\x00\x1f", "\xff\xfe", "é", "\u007f", "/"}

// randomly gives a value parts of all kinds, some of them empty.
func randomly(dice *rand.Rand, v reflect.Value, depth int) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		if dice.IntN(4) > 0 {
			v.Set(reflect.ValueOf(time.UnixMicro(dice.Int64N(4e15)).UTC()))
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				randomly(dice, v.Field(i), depth)
			}
		}
	case reflect.Pointer:
		if depth > 0 && dice.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			randomly(dice, v.Elem(), depth-1)
		}
	case reflect.Slice:
		if n := dice.IntN(4); depth > 0 && n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n-1, n-1))
			for i := range v.Len() {
				randomly(dice, v.Index(i), depth-1)
			}
		}
	case reflect.Map:
		if depth > 0 && dice.IntN(2) == 0 {
			v.Set(reflect.MakeMap(v.Type()))
			for range dice.IntN(3) {
				key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
				randomly(dice, key, depth-1)
				randomly(dice, value, depth-1)
				v.SetMapIndex(key, value)
			}
		}
	case reflect.Interface:
		if v.NumMethod() == 0 {
			if x := anything(dice, depth); x != nil {
				v.Set(reflect.ValueOf(x))
			}
		}
	case reflect.String:
		var s string
		for range dice.IntN(4) {
			s += pieces[dice.IntN(len(pieces))]
		}
		v.SetString(s)
	case reflect.Bool:
		v.SetBool(dice.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(dice.Int64() >> (64 - v.Type().Bits() + dice.IntN(v.Type().Bits())) * int64(1-2*dice.IntN(2)))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(dice.Uint64() >> (64 - v.Type().Bits() + dice.IntN(v.Type().Bits())))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(dice.IntN(2000)-1000) / 7)
	default:
		panic("no chance for a " + v.Type().String())
	}
}

// anything is what a free field may hold.
func anything(dice *rand.Rand, depth int) any {
	switch dice.IntN(6) {
	case 0:
		return pieces[dice.IntN(len(pieces))]
	case 1:
		return float64(dice.IntN(1e9)) / 8
	case 2:
		return dice.IntN(2) == 0
	case 3:
		if depth > 0 {
			return []any{anything(dice, depth-1), anything(dice, depth-1)}
		}
	case 4:
		if depth > 0 {
			return map[string]any{pieces[dice.IntN(len(pieces))]: anything(dice, depth-1)}
		}
	}
	return nil
}
