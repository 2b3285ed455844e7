package domain

import (
	"context"
	"fmt"
	"reflect"
	"slices"
)

// Doc is the head of everything that is stored. Embed it first.
//
// Version counts the writes of a document, from 1. The engine sets it; a Replace whose
// Version is not the stored one is refused as Stale.
type Doc struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
}

// Head gives the document's id and version to the engine.
func (d *Doc) Head() *Doc { return d }

// GetID gives the document's id.
func (d *Doc) GetID() string { return d.ID }

// Document is a pointer to a noun that embeds Doc.
type Document interface{ Head() *Doc }

// Numbered is a Document of a sequenced collection. The engine calls SetSeq when the
// document takes its place in the order.
type Numbered interface {
	Document
	SetSeq(seq int64)
}

// Spec declares one collection: what both engines need to know, and all they need to know.
type Spec struct {
	Name    string
	Prefix  string // of its documents' ids
	Noun    string // for messages
	Indexes []Index
	// Sequenced collections number their documents 1, 2, 3 … in the order of their commits,
	// with no gap: whoever has read up to n will never miss anything by asking for what is
	// after n. The number is kept under the path "seq" and served by the index SeqIndex.
	Sequenced bool

	typ    reflect.Type
	fields map[string]*keyField
}

// SeqIndex is the index that every sequenced collection has, besides those declared.
const SeqIndex = "seq"

// Index declares an access path. Fields are JSON paths ("status", "email.messageId"); at most
// one of them, which must be the first, leads through a list, and then each element has its own entry.
//
// A query gives values for the leading fields and may range over the next; results come in
// the order of the remaining fields and then of birth. Only the first field may be absent (nil, "", zero time, empty
// list); an engine refuses a document without one of the others.
type Index struct {
	Name   string
	Fields []string
	// Unique refuses a second document with the same values. Documents in which the first field is absent
	// are not in a unique or sparse index.
	Unique bool
	Sparse bool
}

// Partial reports whether documents without the first field are left out of the index.
func (ix Index) Partial() bool { return ix.Unique || ix.Sparse }

// Index gives a declared index by name.
func (s *Spec) Index(name string) (Index, bool) {
	if s.Sequenced && name == SeqIndex {
		return Index{Name: SeqIndex, Fields: []string{"seq"}, Unique: true}, true
	}
	i := slices.IndexFunc(s.Indexes, func(ix Index) bool { return ix.Name == name })
	if i < 0 {
		return Index{}, false
	}
	return s.Indexes[i], true
}

// New makes an empty document of the collection's type.
func (s *Spec) New() Document { return reflect.New(s.typ).Interface().(Document) }

// Collection is a Spec with its noun's type. T is the noun, not a pointer to it.
type Collection[T any] struct{ Spec }

var declared []*Spec

// Declare makes a collection and enters it in the list that engines create and migrate. It is called
// while package variables are set up, and panics on a declaration that cannot work.
func Declare[T any](spec Spec) *Collection[T] {
	c := &Collection[T]{spec}
	c.typ = reflect.TypeFor[T]()
	if _, ok := any(new(T)).(Document); !ok {
		panic(fmt.Sprintf("collection %s: %s does not embed Doc", spec.Name, c.typ))
	}
	c.fields = map[string]*keyField{}
	for _, ix := range c.Indexes {
		c.bindIndex(ix)
	}
	if c.Sequenced {
		c.fields["seq"] = mustKeyField(c.typ, "seq")
	}
	return c
}

func (s *Spec) bindIndex(ix Index) {
	for n, path := range ix.Fields {
		f := mustKeyField(s.typ, path)
		if f.Multi && n > 0 {
			panic(fmt.Sprintf("index %s.%s: a list must come first", s.Name, ix.Name))
		}
		s.fields[path] = f
	}
}

// declare is Declare for the program's own nouns: it also lists them for the engines.
func declare[T any](spec Spec) *Collection[T] {
	c := Declare[T](spec)
	declared = append(declared, &c.Spec)
	return c
}

// Declared lists the program's collections.
func Declared() []*Spec { return slices.Clone(declared) }

// NewID gives an id for a document of this collection.
func (s *Spec) NewID() string { return NewID(s.Prefix) }

// Get reads one document. NotFound if there is none.
func (c *Collection[T]) Get(ctx context.Context, r Reader, id string) (*T, error) {
	doc := new(T)
	if err := r.Load(ctx, &c.Spec, id, any(doc).(Document)); err != nil {
		return nil, err
	}
	return doc, nil
}

// GetMany reads documents by id in one call; the result has those that exist, by id.
func (c *Collection[T]) GetMany(ctx context.Context, r Reader, ids []string) (map[string]*T, error) {
	out := make(map[string]*T, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	err := r.LoadMany(ctx, &c.Spec, ids, func(d Document) error {
		out[d.Head().ID] = any(d).(*T)
		return nil
	})
	return out, err
}

// Find reads the documents that a query finds, in its order.
func (c *Collection[T]) Find(ctx context.Context, r Reader, q Query) ([]*T, error) {
	var out []*T
	err := r.Select(ctx, &c.Spec, q, func(d Document, _ Position) (bool, error) {
		out = append(out, any(d).(*T))
		return true, nil
	})
	return out, err
}

// First reads the first document that a query finds. NotFound if there is none.
func (c *Collection[T]) First(ctx context.Context, r Reader, q Query) (*T, error) {
	q.Limit = 1
	found, err := c.Find(ctx, r, q)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, Errorf(NotFound, "no %s found", c.Noun)
	}
	return found[0], nil
}

// Insert stores a new document. It gives it an id if it has none, and Version 1.
// Duplicate (Field = the index's name) if a unique key is taken: the engine may say so here or at the commit.
func (c *Collection[T]) Insert(ctx context.Context, tx Tx, doc *T) error {
	d := any(doc).(Document)
	if h := d.Head(); h.ID == "" {
		h.ID = c.NewID()
	}
	return tx.Insert(ctx, &c.Spec, d)
}

// Update reads a document, lets fn change it and writes it back, inside the transaction. fn must be pure: it may
// run again. An error from fn leaves everything as it was. NotFound if there is none.
func (c *Collection[T]) Update(ctx context.Context, tx Tx, id string, fn func(*T) error) (*T, error) {
	doc, err := c.Get(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := fn(doc); err != nil {
		return nil, err
	}
	return doc, tx.Replace(ctx, &c.Spec, any(doc).(Document))
}

// Replace writes back a document that was read in this transaction or before it. Stale if it was written since.
func (c *Collection[T]) Replace(ctx context.Context, tx Tx, doc *T) error {
	return tx.Replace(ctx, &c.Spec, any(doc).(Document))
}

// Delete removes a document. It is no error if there is none.
func (c *Collection[T]) Delete(ctx context.Context, tx Tx, id string) error {
	return tx.Delete(ctx, &c.Spec, id)
}
