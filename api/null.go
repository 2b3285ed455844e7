package api

import "time"

// null gives nil for an empty value: empty fields are null on the wire.
func null[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// nullAs is null for a value that has another type on the wire.
func nullAs[W, T ~string](v T) *W {
	if v == "" {
		return nil
	}
	w := W(v)
	return &w
}

// value gives what a pointer points to, or the empty value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// instant is null for a time that is kept by pointer.
func instant(t *time.Time) *time.Time {
	if t == nil || t.IsZero() {
		return nil
	}
	return t
}

// list gives an empty list for none.
func list[T any](v []T) []T {
	if v == nil {
		return []T{}
	}
	return v
}

// fields gives an empty object for none.
func fields(v map[string]any) map[string]any {
	if v == nil {
		return map[string]any{}
	}
	return v
}
