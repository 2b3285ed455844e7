// Package jsonplan writes values as encoding/json does, byte for byte, in a third of the time: how a type is written is worked out once, not at each
// value. What it has no plan for (floating-point numbers, maps by other keys than texts, types with a method of their own) it leaves to encoding/json.
//
//	plan.go    a type to its plan; struct.go: its fields; map.go: maps and what is known only when it is written
//	value.go   texts, bytes and times
package jsonplan

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"strconv"
	"sync"
	"time"
)

// Append writes v behind b. html tells whether <, > and & are escaped, as json.Marshal does and a json.Encoder without SetEscapeHTML. v must not lead
// back to itself. It errs where encoding/json would.
func Append(b []byte, v any, html bool) ([]byte, error) {
	rv := reflect.ValueOf(v)
	if !rv.IsValid() {
		return append(b, "null"...), nil
	}
	return planOf(rv.Type()).write(b, rv, html)
}

// writer writes a value of one type.
type writer func(b []byte, v reflect.Value, html bool) ([]byte, error)

// plan is filled in after it is entered among the others, since a type may hold itself.
type plan struct{ write writer }

var plans sync.Map // reflect.Type → *plan; only finished ones

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	m := maker{}
	p := m.plan(t)
	for made, p := range m {
		plans.Store(made, p)
	}
	return p
}

// maker has the plans of one round. A plan is kept for all only when those that it needs are there too.
type maker map[reflect.Type]*plan

func (m maker) plan(t reflect.Type) *plan {
	if p, ok := m[t]; ok {
		return p
	}
	p := &plan{}
	m[t] = p
	p.write = m.writer(t)
	return p
}

var (
	timeType      = reflect.TypeFor[time.Time]()
	marshalerType = reflect.TypeFor[json.Marshaler]()
	textType      = reflect.TypeFor[encoding.TextMarshaler]()
)

func (m maker) writer(t reflect.Type) writer {
	switch {
	case t == timeType:
		return writeTime
	case writesItself(t):
		return leave
	}
	switch t.Kind() {
	case reflect.String:
		return func(b []byte, v reflect.Value, html bool) ([]byte, error) {
			return appendString(b, v.String(), html), nil
		}
	case reflect.Bool:
		return func(b []byte, v reflect.Value, _ bool) ([]byte, error) { return strconv.AppendBool(b, v.Bool()), nil }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(b []byte, v reflect.Value, _ bool) ([]byte, error) { return strconv.AppendInt(b, v.Int(), 10), nil }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(b []byte, v reflect.Value, _ bool) ([]byte, error) {
			return strconv.AppendUint(b, v.Uint(), 10), nil
		}
	case reflect.Pointer:
		return nullOr(m.plan(t.Elem()))
	case reflect.Interface:
		return writeDynamic
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			return writeMap(m.plan(t.Elem()))
		}
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 {
			return writeList(m.plan(t.Elem()))
		}
		if !writesItself(t.Elem()) {
			return writeBytes
		}
	case reflect.Struct:
		if fields, ok := m.fields(t, nil, nil); ok {
			return writeStruct(fields)
		}
	}
	return leave
}

func writesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(marshalerType) || p.Implements(textType)
}

// leave leaves a value to encoding/json.
func leave(b []byte, v reflect.Value, html bool) ([]byte, error) {
	x := v
	if v.CanAddr() {
		x = v.Addr() // a method of the pointer counts then
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(html)
	if err := enc.Encode(x.Interface()); err != nil {
		return b, err
	}
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte{'\n'})...), nil
}

func nullOr(of *plan) writer {
	return func(b []byte, v reflect.Value, html bool) ([]byte, error) {
		if v.IsNil() {
			return append(b, "null"...), nil
		}
		return of.write(b, v.Elem(), html)
	}
}

func writeList(of *plan) writer {
	return func(b []byte, v reflect.Value, html bool) (_ []byte, err error) {
		if v.IsNil() {
			return append(b, "null"...), nil
		}
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = of.write(b, v.Index(i), html); err != nil {
				return b, err
			}
		}
		return append(b, ']'), nil
	}
}
