package domain

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// keyField reads the values of one JSON path out of a document without encoding it.
type keyField struct {
	Path  string
	Multi bool
	Kind  KeyKind
	steps [][]int
}

// KeyKind is the type of an index field as engines store it.
type KeyKind int

// The kinds of key.
const (
	KeyText KeyKind = iota
	KeyInt          // numbers, and booleans as 0 and 1
	KeyTime         // in values: milliseconds since 1970, as int64
)

var timeType = reflect.TypeFor[time.Time]()

func mustKeyField(t reflect.Type, path string) *keyField {
	f := &keyField{Path: path}
	for _, name := range strings.Split(path, ".") {
		t = f.through(t)
		index, ft, ok := jsonField(t, name)
		if !ok {
			panic(fmt.Sprintf("%s has no field %q on the path %q", t, name, path))
		}
		f.steps = append(f.steps, index)
		t = ft
	}
	t = f.through(t)
	switch {
	case t == timeType:
		f.Kind = KeyTime
	case t.Kind() == reflect.String:
		f.Kind = KeyText
	case t.Kind() == reflect.Bool || t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64:
		f.Kind = KeyInt
	default:
		panic(fmt.Sprintf("the path %q ends in a %s, which cannot be a key", path, t))
	}
	return f
}

// through strips pointers and notes a list.
func (f *keyField) through(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		f.Multi = f.Multi || t.Kind() == reflect.Slice
		t = t.Elem()
	}
	return t
}

func jsonField(t reflect.Type, name string) ([]int, reflect.Type, bool) {
	if t.Kind() != reflect.Struct {
		return nil, nil, false
	}
	for _, sf := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
		if tag == name && sf.IsExported() {
			return sf.Index, sf.Type, true
		}
	}
	return nil, nil, false
}

// KeyKind gives the kind of a path that an index names, and whether it leads through a list.
func (s *Spec) KeyKind(path string) (kind KeyKind, multi bool) {
	f := s.fields[path]
	return f.Kind, f.Multi
}

// Keys gives the values of a path in a document: strings and int64 only (times are milliseconds since 1970). No value at
// all means that the field is absent. Only a path through a list gives more than one; each value comes once.
func (s *Spec) Keys(doc Document, path string) []any {
	f := s.fields[path]
	return f.collect(nil, reflect.ValueOf(doc).Elem(), f.steps)
}

func (f *keyField) collect(out []any, v reflect.Value, steps [][]int) []any {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return out
		}
		v = v.Elem()
	}
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			out = f.collect(out, v.Index(i), steps)
		}
		return out
	}
	if len(steps) > 0 {
		return f.collect(out, v.FieldByIndex(steps[0]), steps[1:])
	}
	key := keyValue(v)
	if key == nil || f.Multi && containsKey(out, key) {
		return out
	}
	return append(out, key)
}

func containsKey(keys []any, key any) bool {
	for _, k := range keys {
		if k == key {
			return true
		}
	}
	return false
}

func keyValue(v reflect.Value) any {
	if v.Type() == timeType {
		return timeKey(v.Interface().(time.Time))
	}
	switch {
	case v.Kind() == reflect.String:
		if v.Len() == 0 {
			return nil
		}
		return v.String()
	case v.Kind() == reflect.Bool:
		if v.Bool() {
			return int64(1)
		}
		return int64(0)
	}
	return v.Int()
}

func timeKey(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// KeyOf brings a value that a query gives to the form of Keys: string, int64 or nil.
func KeyOf(v any) any {
	if v == nil {
		return nil
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Pointer {
		if rv.IsNil() {
			return nil
		}
		rv = rv.Elem()
	}
	return keyValue(rv)
}
