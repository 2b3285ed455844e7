package mongostore

import (
	"cmp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"sori/domain"
)

// plan is a domain.Query as the server is asked it. It always names the index that serves it, and sorts along it.
type plan struct {
	index string
	// filters are asked one after the other: each is equal in some leading fields and within one range of the next, and so is answered by a
	// part of the index without a gap. From the start of a list there is one. From a page's end on there are as many as keys order
	// the list, and one: first what is equal in all keys and behind the position in birth, then what is equal in all keys but the last …
	filters []bson.D
	sort    bson.D
	limit   int
	rest    []string // paths of the fields after Equal: the keys of a Position
	// list is where the keys of the first of rest are, if that path leads through a list. Each of them is an entry of its own then.
	list string
}

// planQuery gives the plan of a query. Internal if the collection declares no such index or the query does not fit it: the caller has a fault. Invalid if a
// position does not fit: it came from a cursor.
func (c *collection) planQuery(q domain.Query) (*plan, error) {
	ix, ok := c.spec.Index(q.Index)
	if !ok {
		return nil, domain.Errorf(domain.Internal, "collection %s declares no index %q", c.spec.Name, q.Index)
	}
	if len(q.Equal) > len(ix.Fields) {
		return nil, domain.Errorf(domain.Internal, "index %s.%s has %d fields, the query gives %d", c.spec.Name, ix.Name, len(ix.Fields), len(q.Equal))
	}
	p := &plan{index: ix.Name, limit: q.Limit, rest: ix.Fields[len(q.Equal):]}
	if (q.From != nil || q.To != nil) && len(p.rest) == 0 {
		return nil, domain.Errorf(domain.Internal, "index %s.%s has no field left to range over", c.spec.Name, ix.Name)
	}
	if q.After != nil && len(q.After.Keys) != len(p.rest) {
		return nil, domain.InvalidField("cursor", "known", "has %d keys, the list is ordered by %d", len(q.After.Keys), len(p.rest))
	}
	if len(q.Equal) > 0 && ix.Partial() && domain.KeyOf(q.Equal[0]) == nil {
		return p, nil // no filters: documents without the field are not in this index
	}
	p.sort = c.order(ix, p, q.Reverse)
	if len(p.rest) > 0 {
		if _, multi := c.spec.KeyKind(p.rest[0]); multi {
			p.list = fieldKeys + "." + keyName(p.rest[0])
		}
	}
	equal := bson.D{}
	for i, v := range q.Equal {
		equal = append(equal, c.is(ix.Fields[i], domain.KeyOf(v)))
	}
	r := ranger{c: c, p: p, q: q, equal: equal, partial: ix.Partial() && len(q.Equal) == 0}
	p.filters = r.filters()
	return p, nil
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

func (c *collection) is(path string, key any) bson.E {
	kind, _ := c.spec.KeyKind(path)
	return bson.E{Key: c.keyPath(path), Value: keyBSON(kind, key)}
}

func (c *collection) within(path string, bounds ...bson.E) bson.E {
	kind, _ := c.spec.KeyKind(path)
	for i := range bounds {
		bounds[i].Value = keyBSON(kind, bounds[i].Value)
	}
	return bson.E{Key: c.keyPath(path), Value: bson.D(bounds)}
}

// least is the smallest key that a path can have.
func (c *collection) least(path string) any {
	if kind, _ := c.spec.KeyKind(path); kind == domain.KeyText {
		return ""
	}
	return int64(-1 << 63)
}

// ranger works out the filters of a query.
type ranger struct {
	c       *collection
	p       *plan
	q       domain.Query
	equal   bson.D
	partial bool // the index holds no document without the first of the plan's rest
}

func (r ranger) filters() []bson.D {
	if r.q.After == nil {
		return r.start()
	}
	out := r.ties()
	if len(r.p.rest) == 0 {
		return out
	}
	return append(out, r.beyond()...)
}

// with adds a condition to the equal fields.
func (r ranger) with(conditions ...bson.E) bson.D { return slices.Concat(r.equal, conditions) }

// start is the whole list.
func (r ranger) start() []bson.D {
	if len(r.p.rest) == 0 {
		return []bson.D{r.equal}
	}
	bounds := r.bounds(nil)
	if len(bounds) == 0 && r.partial { // from this it follows for the server that the field is there, without which it would not use the index
		bounds = []bson.E{{Key: "$gte", Value: r.c.least(r.p.rest[0])}}
	}
	if len(bounds) == 0 {
		return []bson.D{r.equal}
	}
	return []bson.D{r.with(r.c.within(r.p.rest[0], bounds...))}
}

// bounds gives From and To, and what lies behind a key in the query's order.
func (r ranger) bounds(after any) []bson.E {
	low, high := domain.KeyOf(r.q.From), domain.KeyOf(r.q.To)
	var out []bson.E
	if after != nil && !r.q.Reverse && compareKeys(after, low) >= 0 {
		out, low = append(out, bson.E{Key: "$gt", Value: after}), nil
	}
	if after != nil && r.q.Reverse && (high == nil || compareKeys(after, high) < 0) {
		out, high = append(out, bson.E{Key: "$lt", Value: after}), nil
	}
	if low != nil {
		out = append(out, bson.E{Key: "$gte", Value: low})
	}
	if high != nil {
		out = append(out, bson.E{Key: "$lt", Value: high})
	}
	return out
}

// ties are the filters of what is equal to the position in its first key: those equal in most keys first.
func (r ranger) ties() []bson.D {
	rest, after := r.p.rest, r.q.After
	if len(rest) > 0 && !r.inside(after.Keys[0]) {
		return nil
	}
	behind := "$gt"
	if r.q.Reverse {
		behind = "$lt"
	}
	same := r.equal
	var out []bson.D
	for i, path := range rest {
		if i > 0 {
			out = append(out, slices.Concat(same, bson.D{r.c.within(path, bson.E{Key: behind, Value: after.Keys[i]})}))
		}
		same = slices.Concat(same, bson.D{r.c.is(path, after.Keys[i])})
	}
	out = append(out, slices.Concat(same, bson.D{{Key: fieldID, Value: bson.D{{Key: behind, Value: validText(after.Tie)}}}}))
	slices.Reverse(out)
	return out
}

// inside reports whether the first key of a position is one that the query can have come to. A caller may have made it up.
func (r ranger) inside(key any) bool {
	low, high := domain.KeyOf(r.q.From), domain.KeyOf(r.q.To)
	if key == nil {
		return low == nil && high == nil && !r.partial
	}
	return (low == nil || compareKeys(key, low) >= 0) && (high == nil || compareKeys(key, high) < 0)
}

// beyond are the filters of what is behind the position in its first key. Documents without the field are before all others.
func (r ranger) beyond() []bson.D {
	path, key := r.p.rest[0], r.q.After.Keys[0]
	bounds := r.bounds(key)
	switch {
	case key == nil && r.q.Reverse:
		return nil
	case len(bounds) == 0:
		bounds = []bson.E{{Key: "$gte", Value: r.c.least(path)}}
	}
	out := []bson.D{r.with(r.c.within(path, bounds...))}
	if r.q.Reverse && r.q.From == nil && r.q.To == nil && !r.partial && r.c.absentee(path) {
		out = append(out, r.with(bson.E{Key: r.c.keyPath(path), Value: nil}))
	}
	return out
}

// absentee reports whether a document may be without the path.
func (c *collection) absentee(path string) bool {
	return !c.required[path] && !(path == fieldSeq && c.spec.Sequenced)
}

// compareKeys orders two keys of one path; nil is before all others.
func compareKeys(a, b any) int {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y)
		}
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
	case nil:
		if b == nil {
			return 0
		}
		return -1
	}
	return 1
}

// position tells where in the query's order a document stands. entry is the element that brought it here, if the path leads through a list.
func (c *collection) position(p *plan, doc domain.Document, entry any) domain.Position {
	pos := domain.Position{Keys: make([]any, len(p.rest)), Tie: doc.Head().ID}
	for i, path := range p.rest {
		if i == 0 && p.list != "" {
			pos.Keys[i] = entry
		} else if keys := c.spec.Keys(doc, path); len(keys) > 0 {
			pos.Keys[i] = keys[0]
		}
	}
	return pos
}

// pipeline asks a filter that ranges over a path through a list: the server goes through the index, and each element within the bounds
// becomes a row of its own.
func (p *plan) pipeline(filter bson.D, limit int) bson.A {
	stages := bson.A{
		bson.D{{Key: "$match", Value: p.documents(filter)}},
		bson.D{{Key: "$unwind", Value: bson.D{{Key: "path", Value: "$" + p.list}, {Key: "preserveNullAndEmptyArrays", Value: true}}}},
		bson.D{{Key: "$match", Value: filter}},
		bson.D{{Key: "$sort", Value: p.sort}},
	}
	if limit > 0 {
		stages = append(stages, bson.D{{Key: "$limit", Value: limit}})
	}
	return stages
}

// documents finds the documents that have a row: one element of the list must be within all bounds.
func (p *plan) documents(filter bson.D) bson.D {
	out := slices.Clone(filter)
	for i, e := range out {
		if bounds, ok := e.Value.(bson.D); ok && e.Key == p.list+"."+fieldElement {
			out[i] = bson.E{Key: p.list, Value: bson.D{{Key: "$elemMatch", Value: bson.D{{Key: fieldElement, Value: bounds}}}}}
		}
	}
	return out
}
