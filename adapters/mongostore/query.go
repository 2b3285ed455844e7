package mongostore

import (
	"go.mongodb.org/mongo-driver/v2/bson"

	"sori/domain"
)

// plan is a domain.Query as the server is asked it. It always names the index that serves it, and sorts along it.
type plan struct {
	index  string
	filter bson.D
	sort   bson.D
	limit  int64
	rest   []string   // paths of the fields after Equal: the keys of a Position
	empty  bool       // nothing can be found
	unwind *unwinding // if the first of rest leads through a list: each of its elements is an entry of its own
}

// planQuery gives the plan of a query. Internal if the collection declares no such index: the caller has a fault.
func (c *collection) planQuery(q domain.Query) (*plan, error) {
	ix, ok := c.spec.Index(q.Index)
	if !ok {
		return nil, domain.Errorf(domain.Internal, "collection %s declares no index %q", c.spec.Name, q.Index)
	}
	if len(q.Equal) > len(ix.Fields) {
		return nil, domain.Errorf(domain.Internal, "index %s.%s has %d fields, the query gives %d", c.spec.Name, ix.Name, len(ix.Fields), len(q.Equal))
	}
	p := &plan{index: ix.Name, filter: bson.D{}, limit: int64(q.Limit), rest: ix.Fields[len(q.Equal):]}
	if (q.From != nil || q.To != nil) && len(p.rest) == 0 {
		return nil, domain.Errorf(domain.Internal, "index %s.%s has no field left to range over", c.spec.Name, ix.Name)
	}
	if q.After != nil && len(q.After.Keys) != len(p.rest) {
		return nil, domain.Errorf(domain.Invalid, "the position has %d keys, the query orders by %d", len(q.After.Keys), len(p.rest))
	}
	if len(q.Equal) > 0 && ix.Partial() && domain.KeyOf(q.Equal[0]) == nil {
		return &plan{index: ix.Name, empty: true}, nil // documents without the field are not in this index
	}
	for i, v := range q.Equal {
		p.filter = append(p.filter, bson.E{Key: c.keyPath(ix.Fields[i]), Value: c.keyOf(ix.Fields[i], v)})
	}
	if len(p.rest) > 0 {
		bounds := c.bounds(ix, q, p.rest[0])
		if _, multi := c.spec.KeyKind(p.rest[0]); multi {
			p.unwind = newUnwinding(p.rest[0], bounds)
		}
		if len(bounds) > 0 {
			p.filter = append(p.filter, bson.E{Key: c.keyPath(p.rest[0]), Value: bounds})
		}
	}
	if past := c.notPast(p, q); len(past) > 0 {
		p.filter = append(p.filter, bson.E{Key: "$nor", Value: past})
	}
	p.sort = c.order(ix, p, q.Reverse)
	return p, nil
}

func (c *collection) keyOf(path string, v any) any {
	kind, _ := c.spec.KeyKind(path)
	return keyBSON(kind, domain.KeyOf(v))
}

// bounds gives what the server needs to enter the index at the right place: From, To, the first key of the last page's end, and for a partial index a
// condition from which it follows that the field is there, without which the server would not use that index.
func (c *collection) bounds(ix domain.Index, q domain.Query, path string) bson.D {
	low, high := domain.KeyOf(q.From), domain.KeyOf(q.To)
	partial := len(q.Equal) == 0 && ix.Partial()
	var out bson.D
	if q.After != nil {
		after := q.After.Keys[0]
		switch {
		case !q.Reverse:
			low = larger(low, after)
		case after == nil: // all documents with the field came before
			return bson.D{{Key: "$eq", Value: nil}}
		case partial || low != nil || high != nil:
			out = append(out, bson.E{Key: "$lte", Value: c.keyOf(path, after)})
		default: // documents without the field come last
			out = append(out, bson.E{Key: "$not", Value: bson.D{{Key: "$gt", Value: c.keyOf(path, after)}}})
		}
	}
	if low != nil {
		out = append(out, bson.E{Key: "$gte", Value: c.keyOf(path, low)})
	} else if partial {
		out = append(out, bson.E{Key: "$gte", Value: c.least(path)})
	}
	if high != nil {
		out = append(out, bson.E{Key: "$lt", Value: c.keyOf(path, high)})
	}
	return out
}

// larger gives the larger of two keys of one path; nil is the smallest.
func larger(a, b any) any {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok && y > x {
			return y
		}
		return x
	case int64:
		if y, ok := b.(int64); ok && y > x {
			return y
		}
		return x
	}
	return b
}

// least is the smallest key that a path can have.
func (c *collection) least(path string) any {
	switch kind, _ := c.spec.KeyKind(path); kind {
	case domain.KeyText:
		return ""
	case domain.KeyTime:
		return bson.DateTime(-1 << 63)
	}
	return int64(-1 << 63)
}

// notPast excludes what came on earlier pages though its first key is that at which the page begins: all that is equal in the first n keys and
// before the position in the next. ($nor, because the server would try to answer an $or by an index for each of its parts.)
func (c *collection) notPast(p *plan, q domain.Query) bson.A {
	if q.After == nil {
		return nil
	}
	before, upTo := "$lt", "$lte"
	if q.Reverse {
		before, upTo = "$gt", "$gte"
	}
	var out bson.A
	var equal bson.D
	for i, path := range p.rest {
		key := c.keyOf(path, q.After.Keys[i])
		if i > 0 { // the first key is bounded by the entry point
			out = append(out, append(equal[:len(equal):len(equal)], bson.E{Key: c.keyPath(path), Value: bson.D{{Key: before, Value: key}}}))
		}
		equal = append(equal, bson.E{Key: c.keyPath(path), Value: key})
	}
	return append(out, append(equal[:len(equal):len(equal)], bson.E{Key: fieldID, Value: bson.D{{Key: upTo, Value: q.After.Tie}}}))
}

// order sorts along the index. In a unique index no two entries of one query are alike, so that it needs no tie.
func (c *collection) order(ix domain.Index, p *plan, reverse bool) bson.D {
	direction := 1
	if reverse {
		direction = -1
	}
	var out bson.D
	for _, path := range p.rest {
		out = append(out, bson.E{Key: c.keyPath(path), Value: direction})
	}
	if !ix.Unique {
		out = append(out, bson.E{Key: fieldID, Value: direction})
	}
	return out
}

// position tells where in the query's order a document stands. entry is the element that brought it here, if the path leads through a list.
func (c *collection) position(p *plan, doc domain.Document, entry any) domain.Position {
	pos := domain.Position{Keys: make([]any, len(p.rest)), Tie: doc.Head().ID}
	for i, path := range p.rest {
		if i == 0 && p.unwind != nil {
			pos.Keys[i] = entry
		} else if keys := c.spec.Keys(doc, path); len(keys) > 0 {
			pos.Keys[i] = keys[0]
		}
	}
	return pos
}

// unwinding is a plan that ranges over a path that leads through a list: the server goes through the index, and each element within the bounds
// becomes a row of its own.
type unwinding struct {
	list   string // the field in which the keys are
	coarse bson.D // finds the documents that may have a row
}

func newUnwinding(path string, bounds bson.D) *unwinding {
	u := &unwinding{list: fieldKeys + "." + keyName(path), coarse: bson.D{}}
	if len(bounds) == 0 || bounds[0].Key == "$not" { // without the field, too
		return u
	}
	if bounds[0].Key == "$eq" {
		u.coarse = bson.D{{Key: u.list, Value: bounds}}
		return u
	}
	within := bson.D{{Key: "$elemMatch", Value: bson.D{{Key: fieldElement, Value: bounds}}}} // one element within all bounds
	u.coarse = bson.D{{Key: u.list, Value: within}}
	return u
}

func (p *plan) pipeline() bson.A {
	stages := bson.A{
		bson.D{{Key: "$match", Value: p.unwind.coarse}},
		bson.D{{Key: "$unwind", Value: bson.D{{Key: "path", Value: "$" + p.unwind.list}, {Key: "preserveNullAndEmptyArrays", Value: true}}}},
		bson.D{{Key: "$match", Value: p.filter}},
		bson.D{{Key: "$sort", Value: p.sort}},
	}
	if p.limit > 0 {
		stages = append(stages, bson.D{{Key: "$limit", Value: p.limit}})
	}
	return stages
}
