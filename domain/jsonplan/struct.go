package jsonplan

import (
	"reflect"
	"slices"
	"strings"
)

// field is one field of a struct as it is written.
type field struct {
	index []int
	name  string // quoted, with its colon
	omit  func(reflect.Value) bool
	plan  *plan
}

// fields lists the fields of a struct, those of embedded structs in their place. ok is false where encoding/json has more to decide than this does: names that
// come twice, embedded pointers, the option string, names to be escaped.
func (m maker) fields(t reflect.Type, at []int, known []field) (_ []field, ok bool) {
	for i := range t.NumField() {
		sf := t.Field(i)
		index := append(slices.Clone(at), i)
		name, options, _ := strings.Cut(sf.Tag.Get("json"), ",")
		if sf.Anonymous && name == "" {
			if sf.Type.Kind() != reflect.Struct || writesItself(sf.Type) {
				return nil, false
			}
			if known, ok = m.fields(sf.Type, index, known); !ok {
				return nil, false
			}
			continue
		}
		if !sf.IsExported() || sf.Tag.Get("json") == "-" {
			continue
		}
		if name == "" {
			name = sf.Name
		}
		f := field{index: index, name: `"` + name + `":`, plan: m.plan(sf.Type)}
		if f.omit, ok = omission(options, sf.Type); !ok || !plain(name) || holds(known, f.name) {
			return nil, false
		}
		known = append(known, f)
	}
	return known, true
}

func holds(known []field, name string) bool {
	return slices.ContainsFunc(known, func(f field) bool { return f.name == name })
}

func plain(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// omission gives what tells whether a field is left out, nil if it never is. ok is false for options that are not known here.
func omission(options string, t reflect.Type) (omit func(reflect.Value) bool, ok bool) {
	for _, option := range strings.Split(options, ",") {
		switch option {
		case "", "inline":
		case "omitempty":
			omit = isEmpty
		case "omitzero":
			if _, own := reflect.PointerTo(t).MethodByName("IsZero"); own || omit != nil {
				return nil, false
			}
			omit = reflect.Value.IsZero
		default:
			return nil, false
		}
	}
	return omit, true
}

// isEmpty is what omitempty asks.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func writeStruct(fields []field) writer {
	return func(b []byte, v reflect.Value, html bool) (_ []byte, err error) {
		b = append(b, '{')
		first := true
		for i := range fields {
			f := &fields[i]
			fv := v.Field(f.index[0])
			for _, n := range f.index[1:] {
				fv = fv.Field(n)
			}
			if f.omit != nil && f.omit(fv) {
				continue
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			b = append(b, f.name...)
			if b, err = f.plan.write(b, fv, html); err != nil {
				return b, err
			}
		}
		return append(b, '}'), nil
	}
}
