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
