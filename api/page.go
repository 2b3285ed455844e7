package api

import "sori/domain"

// request reads the parameters of a list.
func request(limit *int, cursor *string) domain.PageRequest {
	return domain.PageRequest{Limit: value(limit), Cursor: value(cursor)}
}

// each maps a page's items to their wire type; an empty list is empty, not null.
func each[T, W any](items []T, wire func(T) W) []W {
	out := make([]W, len(items))
	for i, x := range items {
		out[i] = wire(x)
	}
	return out
}

// eachIf is each for a list of a patch: nil for one that was left out.
func eachIf[T, W any](items *[]T, wire func(T) W) *[]W {
	if items == nil {
		return nil
	}
	out := each(*items, wire)
	return &out
}

// mapIf maps a part of a patch: nil for one that was left out.
func mapIf[T, W any](part *T, wire func(T) W) *W {
	if part == nil {
		return nil
	}
	out := wire(*part)
	return &out
}
