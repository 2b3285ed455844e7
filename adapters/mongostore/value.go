package mongostore

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"sori/domain"
)

// maxNesting is how deep a value of no fixed type may be. MongoDB takes documents of 100 levels; the noun around the value needs some.
const maxNesting = 90

// newRegistry gives the codecs that make BSON hold exactly what encoding/json would, so that both engines give back the same document:
// text is valid UTF-8, names in maps may be anything, and what is of no fixed type comes back as JSON's types.
func newRegistry() *bson.Registry {
	r := bson.NewRegistry()
	anyType := reflect.TypeFor[any]()
	r.RegisterTypeEncoder(anyType, bson.ValueEncoderFunc(encodeAnyValue))
	r.RegisterTypeDecoder(anyType, bson.ValueDecoderFunc(decodeAnyValue))
	r.RegisterTypeEncoder(reflect.TypeFor[json.RawMessage](), bson.ValueEncoderFunc(encodeRawJSON))
	r.RegisterTypeDecoder(reflect.TypeFor[json.RawMessage](), bson.ValueDecoderFunc(decodeRawJSON))
	for _, t := range []reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()} {
		r.RegisterInterfaceEncoder(t, bson.ValueEncoderFunc(encodeByJSON))
	}
	for _, t := range []reflect.Type{reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler]()} {
		r.RegisterInterfaceDecoder(t, bson.ValueDecoderFunc(decodeByJSON))
	}
	r.RegisterKindEncoder(reflect.String, bson.ValueEncoderFunc(encodeText))
	r.RegisterKindEncoder(reflect.Struct, structs)
	r.RegisterKindDecoder(reflect.Struct, structs)
	r.RegisterKindEncoder(reflect.Map, bson.ValueEncoderFunc(encodeMap))
	r.RegisterKindDecoder(reflect.Map, bson.ValueDecoderFunc(decodeMap))
	registerTime(r)
	return r
}

// registerTime keeps times as BSON dates, though they know JSON too.
func registerTime(r *bson.Registry) {
	timeType := reflect.TypeFor[time.Time]()
	r.RegisterTypeEncoder(timeType, bson.ValueEncoderFunc(encodeTime))
	r.RegisterTypeDecoder(timeType, bson.ValueDecoderFunc(decodeTime))
	pointerEncoder, errE := r.LookupEncoder(reflect.TypeFor[*int]())
	pointerDecoder, errD := r.LookupDecoder(reflect.TypeFor[*int]())
	if err := errors.Join(errE, errD); err != nil {
		panic(err) // the driver has no codec for pointers
	}
	r.RegisterTypeEncoder(reflect.PointerTo(timeType), pointerEncoder)
	r.RegisterTypeDecoder(reflect.PointerTo(timeType), pointerDecoder)
}

func encodeTime(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
	return w.WriteDateTime(v.Interface().(time.Time).UnixMilli())
}

func decodeTime(_ bson.DecodeContext, r bson.ValueReader, v reflect.Value) error {
	switch r.Type() {
	case bson.TypeDateTime:
		ms, err := r.ReadDateTime()
		v.Set(reflect.ValueOf(time.UnixMilli(ms).UTC()))
		return err
	case bson.TypeNull:
		return r.ReadNull()
	}
	return fmt.Errorf("a %s is no time", r.Type())
}

func encodeText(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
	return w.WriteString(validText(v.String()))
}

// validText puts U+FFFD for each byte that is not UTF-8, as encoding/json does.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// encodeRawJSON keeps JSON as text, so that no digit of a number is lost.
func encodeRawJSON(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
	if v.Len() == 0 {
		return w.WriteNull()
	}
	var b bytes.Buffer
	if err := json.Compact(&b, v.Bytes()); err != nil {
		return err
	}
	return w.WriteString(b.String())
}

func decodeRawJSON(_ bson.DecodeContext, r bson.ValueReader, v reflect.Value) error {
	if r.Type() == bson.TypeNull {
		v.SetBytes([]byte("null"))
		return r.ReadNull()
	}
	s, err := r.ReadString()
	v.SetBytes([]byte(s))
	return err
}

// encodeByJSON writes what the value's own MarshalJSON gives.
func encodeByJSON(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return w.WriteNull()
	}
	return writeAny(w, v.Interface(), 0)
}

func decodeByJSON(_ bson.DecodeContext, r bson.ValueReader, v reflect.Value) error {
	x, err := readAny(r)
	if err != nil {
		return err
	}
	b, err := json.Marshal(x)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v.Addr().Interface())
}

func encodeAnyValue(_ bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
	return writeAny(w, v.Interface(), 0)
}

func decodeAnyValue(_ bson.DecodeContext, r bson.ValueReader, v reflect.Value) error {
	x, err := readAny(r)
	if err != nil {
		return err
	}
	if x == nil {
		v.SetZero()
		return nil
	}
	v.Set(reflect.ValueOf(x))
	return nil
}

// writeAny writes a value of no fixed type. What is not one of JSON's own types is brought to them by encoding/json first.
func writeAny(w bson.ValueWriter, x any, depth int) error {
	if depth > maxNesting {
		return domain.Errorf(domain.Invalid, "a value is nested more than %d levels deep", maxNesting)
	}
	switch x := x.(type) {
	case nil:
		return w.WriteNull()
	case bool:
		return w.WriteBoolean(x)
	case string:
		return w.WriteString(validText(x))
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return domain.Errorf(domain.Invalid, "%v is no number that can be stored", x)
		}
		return w.WriteDouble(x)
	case int:
		return w.WriteInt64(int64(x))
	case int64:
		return w.WriteInt64(x)
	case map[string]any:
		return writeAnyMap(w, x, depth)
	case []any:
		return writeAnyList(w, x, depth)
	}
	b, err := json.Marshal(x)
	if err != nil {
		return err
	}
	var plain any
	if err := json.Unmarshal(b, &plain); err != nil {
		return err
	}
	return writeAny(w, plain, depth)
}

func writeAnyMap(w bson.ValueWriter, m map[string]any, depth int) error {
	if m == nil {
		return w.WriteNull()
	}
	dw, err := w.WriteDocument()
	if err != nil {
		return err
	}
	for k, x := range m {
		vw, err := dw.WriteDocumentElement(escapeName(k))
		if err != nil {
			return err
		}
		if err := writeAny(vw, x, depth+1); err != nil {
			return err
		}
	}
	return dw.WriteDocumentEnd()
}

func writeAnyList(w bson.ValueWriter, list []any, depth int) error {
	if list == nil {
		return w.WriteNull()
	}
	aw, err := w.WriteArray()
	if err != nil {
		return err
	}
	for _, x := range list {
		vw, err := aw.WriteArrayElement()
		if err != nil {
			return err
		}
		if err := writeAny(vw, x, depth+1); err != nil {
			return err
		}
	}
	return aw.WriteArrayEnd()
}

// readAny reads a value as encoding/json would: nil, bool, float64, string, []any, map[string]any.
func readAny(r bson.ValueReader) (any, error) {
	switch r.Type() {
	case bson.TypeNull:
		return nil, r.ReadNull()
	case bson.TypeBoolean:
		return r.ReadBoolean()
	case bson.TypeString:
		return r.ReadString()
	case bson.TypeDouble:
		return r.ReadDouble()
	case bson.TypeInt32:
		n, err := r.ReadInt32()
		return float64(n), err
	case bson.TypeInt64:
		n, err := r.ReadInt64()
		return float64(n), err
	case bson.TypeArray:
		return readAnyList(r)
	case bson.TypeEmbeddedDocument:
		return readAnyMap(r)
	}
	return nil, fmt.Errorf("a BSON %s does not belong here", r.Type())
}

func readAnyMap(r bson.ValueReader) (any, error) {
	dr, err := r.ReadDocument()
	if err != nil {
		return nil, err
	}
	m := map[string]any{}
	for {
		name, vr, err := dr.ReadElement()
		if errors.Is(err, bson.ErrEOD) {
			return m, nil
		}
		if err != nil {
			return nil, err
		}
		if m[unescapeName(name)], err = readAny(vr); err != nil {
			return nil, err
		}
	}
}

func readAnyList(r bson.ValueReader) (any, error) {
	ar, err := r.ReadArray()
	if err != nil {
		return nil, err
	}
	list := []any{}
	for {
		vr, err := ar.ReadValue()
		if errors.Is(err, bson.ErrEOA) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		x, err := readAny(vr)
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
}

// encodeMap writes a map whose values have a type of their own. Its keys are text.
func encodeMap(ec bson.EncodeContext, w bson.ValueWriter, v reflect.Value) error {
	if v.Type().Key().Kind() != reflect.String {
		return fmt.Errorf("a map of %s cannot be stored: keys must be text", v.Type().Key())
	}
	if v.IsNil() {
		return w.WriteNull()
	}
	enc, err := ec.LookupEncoder(v.Type().Elem())
	if err != nil {
		return err
	}
	dw, err := w.WriteDocument()
	if err != nil {
		return err
	}
	for it := v.MapRange(); it.Next(); {
		vw, err := dw.WriteDocumentElement(escapeName(it.Key().String()))
		if err != nil {
			return err
		}
		if err := enc.EncodeValue(ec, vw, it.Value()); err != nil {
			return err
		}
	}
	return dw.WriteDocumentEnd()
}

func decodeMap(dc bson.DecodeContext, r bson.ValueReader, v reflect.Value) error {
	if r.Type() == bson.TypeNull {
		v.SetZero()
		return r.ReadNull()
	}
	dr, err := r.ReadDocument()
	if err != nil {
		return err
	}
	t := v.Type()
	dec, err := dc.LookupDecoder(t.Elem())
	if err != nil {
		return err
	}
	v.Set(reflect.MakeMap(t))
	for {
		name, vr, err := dr.ReadElement()
		if errors.Is(err, bson.ErrEOD) {
			return nil
		}
		if err != nil {
			return err
		}
		elem := reflect.New(t.Elem()).Elem()
		if err := dec.DecodeValue(dc, vr, elem); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(unescapeName(name)).Convert(t.Key()), elem)
	}
}

const meaningful = "%.$\x00"

// escapeName brings a map's key to a field name that MongoDB takes and gives no meaning to.
func escapeName(s string) string {
	s = validText(s)
	if !strings.ContainsAny(s, meaningful) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte(meaningful, s[i]) >= 0 {
			fmt.Fprintf(&b, "%%%02X", s[i])
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func unescapeName(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
