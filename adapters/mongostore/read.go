package mongostore

import (
	"context"
	"errors"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"sori/domain"
)

// maxBatch is the most documents that a cursor brings in one answer, so that a long scan does not gather 16 MB at once.
const maxBatch = 500

// Load fills doc with the document of this id. NotFound if there is none.
func (s *Store) Load(ctx context.Context, spec *domain.Spec, id string, doc domain.Document) error {
	c, err := s.collection(spec)
	if err != nil {
		return err
	}
	return toDomain(c.load(ctx, id, doc))
}

// LoadMany hands over the documents that exist among ids. Invalid if there are more than domain.MaxLoad.
func (s *Store) LoadMany(ctx context.Context, spec *domain.Spec, ids []string, yield func(domain.Document) error) error {
	c, err := s.collection(spec)
	if err != nil {
		return err
	}
	return toDomain(c.loadMany(ctx, ids, yield))
}

// Select hands over, in order, what the query finds.
func (s *Store) Select(ctx context.Context, spec *domain.Spec, q domain.Query, yield func(domain.Document, domain.Position) (bool, error)) error {
	c, err := s.collection(spec)
	if err != nil {
		return err
	}
	return toDomain(c.selectDocs(ctx, q, yield))
}

// Merge hands over, in one order, what the queries find.
func (s *Store) Merge(ctx context.Context, spec *domain.Spec, queries []domain.Query, likely int, yield func(domain.Document, domain.Position) (bool, error)) error {
	c, err := s.collection(spec)
	if err != nil {
		return err
	}
	return toDomain(c.mergeDocs(ctx, queries, likely, yield))
}

func (c *collection) load(ctx context.Context, id string, doc domain.Document) error {
	if !utf8.ValidString(id) {
		return domain.Missing(c.spec.Noun, id)
	}
	raw, err := c.coll.FindOne(ctx, bson.D{{Key: fieldID, Value: id}}).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return domain.Missing(c.spec.Noun, id)
	}
	if err != nil {
		return err
	}
	return decode(raw, doc)
}

func (c *collection) loadMany(ctx context.Context, ids []string, yield func(domain.Document) error) error {
	if len(ids) > domain.MaxLoad {
		return domain.Errorf(domain.Invalid, "%d ids were asked for at once; at most %d", len(ids), domain.MaxLoad)
	}
	valid := make([]string, 0, len(ids))
	for _, id := range ids {
		if utf8.ValidString(id) {
			valid = append(valid, id)
		}
	}
	if len(valid) == 0 {
		return nil
	}
	cur, err := c.coll.Find(ctx, bson.D{{Key: fieldID, Value: bson.D{{Key: "$in", Value: valid}}}}, options.Find().SetBatchSize(maxBatch))
	if err != nil {
		return err
	}
	return c.each(ctx, cur, func(_ bson.Raw, doc domain.Document) (bool, error) { return true, yield(doc) })
}

func (c *collection) selectDocs(ctx context.Context, q domain.Query, yield func(domain.Document, domain.Position) (bool, error)) error {
	s := selection{c: c, left: q.Limit, yield: yield}
	if !c.windowed(q) {
		return s.read(ctx, q)
	}
	done, err := c.windows.explore(ctx, q)
	if err != nil {
		return err
	}
	defer done()
	for _, part := range c.windows.parts(q) {
		if part.Limit = s.left; s.done {
			break
		}
		if err := s.read(ctx, part); err != nil {
			return err
		}
	}
	if s.left == 0 {
		c.windows.learn(q, s.first, s.last)
	}
	return nil
}

// windowed tells whether a query is one of those that windows are for: for a page along an index whose next field is a number that every document has.
func (c *collection) windowed(q domain.Query) bool {
	ix, ok := c.spec.Index(q.Index)
	if !ok || !c.dialect.sorts || q.Limit <= 0 || len(q.Equal) >= len(ix.Fields) {
		return false
	}
	path := ix.Fields[len(q.Equal)]
	kind, multi := c.spec.KeyKind(path)
	return kind != domain.KeyText && !multi && !c.absentee(path)
}

// selection is what has been found of a query.
type selection struct {
	c           *collection
	left        int // of its limit; below zero if it has none
	done        bool
	first, last domain.Position
	yield       func(domain.Document, domain.Position) (bool, error)
}

// read hands over, in order, what a query finds.
func (s *selection) read(ctx context.Context, q domain.Query) error {
	p, err := s.c.planQuery(q)
	if err != nil {
		return err
	}
	for _, filter := range p.filters {
		cur, err := s.c.ask(ctx, p, filter, s.left)
		if err != nil {
			return err
		}
		if err := s.c.each(ctx, cur, func(raw bson.Raw, doc domain.Document) (bool, error) {
			return s.take(doc, s.c.position(p, doc, p.entry(raw)))
		}); err != nil || s.done {
			return err
		}
	}
	return nil
}

// take hands a row over.
func (s *selection) take(doc domain.Document, at domain.Position) (more bool, err error) {
	if s.first.Keys == nil {
		s.first = at
	}
	s.last = at
	s.left--
	more, err = s.yield(doc, at)
	s.done = !more || s.left == 0
	return more, err
}

// ask asks one of a plan's filters.
func (c *collection) ask(ctx context.Context, p *plan, filter bson.D, limit int) (*mongo.Cursor, error) {
	limit = max(limit, 0) // 0 is none
	batch := int32(maxBatch)
	if limit > 0 {
		batch = int32(min(limit, maxBatch))
	}
	if p.list != "" {
		opts := options.Aggregate().SetBatchSize(batch).SetAllowDiskUse(true)
		if c.dialect.hints {
			opts.SetHint(p.index)
		}
		return c.coll.Aggregate(ctx, p.pipeline(filter, limit), opts)
	}
	opts := options.Find().SetLimit(int64(limit)).SetBatchSize(batch)
	if c.dialect.hints {
		opts.SetHint(p.index)
	}
	if len(p.sort) > 0 {
		opts.SetSort(p.sort)
	}
	return c.coll.Find(ctx, filter, opts)
}

// entry gives the element of a list that brought a row, in the form of domain.Spec.Keys.
func (p *plan) entry(raw bson.Raw) any {
	if p.list == "" {
		return nil
	}
	v := raw.Lookup(fieldKeys, keyName(p.rest[0]), fieldElement)
	switch v.Type {
	case bson.TypeString:
		return v.StringValue()
	case bson.TypeInt64:
		return v.Int64()
	case bson.TypeDateTime:
		return v.DateTime()
	}
	return nil
}

// each goes through a cursor and closes it.
func (c *collection) each(ctx context.Context, cur *mongo.Cursor, yield func(bson.Raw, domain.Document) (bool, error)) error {
	defer cur.Close(context.WithoutCancel(ctx))
	for cur.Next(ctx) {
		doc := c.spec.New()
		if err := decode(cur.Current, doc); err != nil {
			return err
		}
		if more, err := yield(cur.Current, doc); err != nil || !more {
			return err
		}
	}
	return cur.Err()
}

// Explain names the index that the server's plan for the query goes through, with the hint that MongoDB gets with it. Internal if the plan reads the whole
// collection.
func (s *Store) Explain(ctx context.Context, spec *domain.Spec, q domain.Query) (string, error) {
	c, err := s.collection(spec)
	if err != nil {
		return "", err
	}
	p, err := c.planQuery(q)
	if err != nil {
		return "", err
	}
	index := p.index
	for _, filter := range p.filters {
		if index, err = c.explain(ctx, p, filter); err != nil || index != p.index {
			return index, err
		}
	}
	return index, nil
}

func (c *collection) explain(ctx context.Context, p *plan, filter bson.D) (string, error) {
	cmd := bson.D{{Key: "explain", Value: p.command(c.spec.Name, filter)}, {Key: "verbosity", Value: "queryPlanner"}}
	answer, err := c.coll.Database().RunCommand(ctx, cmd).Raw()
	if err != nil {
		return "", toDomain(err)
	}
	var index string
	scanned := false
	walk(answer, func(stage, name string) {
		scanned = scanned || stage == "COLLSCAN"
		if name != "" {
			index = name
		}
	})
	if scanned || index == "" {
		return "", domain.Errorf(domain.Internal, "the query on %s.%s is served by no index", c.spec.Name, p.index)
	}
	return index, nil
}

// command is one of the plan's filters as a command of the server.
func (p *plan) command(name string, filter bson.D) bson.D {
	if p.list != "" {
		return bson.D{{Key: "aggregate", Value: name}, {Key: "pipeline", Value: p.pipeline(filter, p.limit)}, {Key: "hint", Value: p.index}, {Key: "cursor", Value: bson.D{}}}
	}
	cmd := bson.D{{Key: "find", Value: name}, {Key: "filter", Value: filter}, {Key: "hint", Value: p.index}}
	if len(p.sort) > 0 {
		cmd = append(cmd, bson.E{Key: "sort", Value: p.sort})
	}
	if p.limit > 0 {
		cmd = append(cmd, bson.E{Key: "limit", Value: p.limit})
	}
	return cmd
}

// walk visits the stages of the winning plan in an explanation, wherever the server's version keeps it.
func walk(doc bson.Raw, visit func(stage, index string)) {
	stage, _ := doc.Lookup("stage").StringValueOK()
	index, _ := doc.Lookup("indexName").StringValueOK()
	if stage != "" {
		visit(stage, index)
	}
	elements, err := doc.Elements()
	if err != nil {
		return
	}
	for _, e := range elements {
		if e.Key() == "rejectedPlans" {
			continue
		}
		if sub, ok := e.Value().DocumentOK(); ok {
			walk(sub, visit)
		} else if list, ok := e.Value().ArrayOK(); ok {
			walk(bson.Raw(list), visit)
		}
	}
}
