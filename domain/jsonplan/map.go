package jsonplan

import (
	"reflect"
	"slices"
	"strings"
)

// writeDynamic writes what an interface holds.
func writeDynamic(b []byte, v reflect.Value, html bool) ([]byte, error) {
	if v.IsNil() {
		return append(b, "null"...), nil
	}
	return planOf(v.Elem().Type()).write(b, v.Elem(), html)
}

// entry is a map's key, and its value.
type entry struct {
	key   string
	value reflect.Value
}

// writeMap writes a map by its keys in order, as encoding/json does.
func writeMap(of *plan) writer {
	return func(b []byte, v reflect.Value, html bool) (_ []byte, err error) {
		if v.IsNil() {
			return append(b, "null"...), nil
		}
		entries := make([]entry, 0, v.Len())
		for each := v.MapRange(); each.Next(); {
			entries = append(entries, entry{each.Key().String(), each.Value()})
		}
		slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
		b = append(b, '{')
		for i, e := range entries {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, e.key, html), ':')
			if b, err = of.write(b, e.value, html); err != nil {
				return b, err
			}
		}
		return append(b, '}'), nil
	}
}
