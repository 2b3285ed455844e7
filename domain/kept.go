package domain

import (
	"cmp"
	"context"
	"time"
)

// Kept is one kind of thing that people set up: how it is made, changed, removed and told of is the same for all. Every change begins the next edition of
// the body of knowledge that it belongs to, and is an event with what was before and after.
type Kept[T any] struct {
	*Collection[T]
	Kind    string // of the events' subject; their types are Kind.created, Kind.updated and Kind.deleted
	Edition string
	Read    Scope
	Write   Scope
	Head    func(*T) *Doc
	Touch   func(*T, time.Time) // sets UpdatedAt
	View    func(*T) map[string]any
	Private func(*T) bool // nil, or whether events are to tell nothing of what is in the thing
	Check   func(context.Context, Reader, *T) error
	Guard   func(context.Context, *T) error     // nil, or whether the actor may have to do with such a thing: as it was, and as it is to be
	Also    func(context.Context, Tx, *T) error // nil, or more of the same transaction, before a new or changed thing is written
	Leave   func(context.Context, Tx, *T) error // nil, or whether a thing may be removed
}

// Create stores a new thing. What Check answers is passed on; Duplicate (Field = key) if a unique key is taken.
func (k Kept[T]) Create(ctx context.Context, s Store, now time.Time, doc *T) (*T, error) {
	if _, err := Require(ctx, k.Write); err != nil {
		return nil, err
	}
	var out *T
	k.Head(doc).ID = k.NewID()
	err := WriteEdition(ctx, s, k.Edition, func(tx Tx) (err error) {
		out, err = k.CreateIn(ctx, tx, now, doc)
		return err
	})
	if err != nil {
		return nil, k.Named(err)
	}
	return out, nil
}

// CreateIn is Create inside a transaction of the caller's, who has seen to the scope and begins the next edition. It leaves doc as it is.
func (k Kept[T]) CreateIn(ctx context.Context, tx Tx, now time.Time, doc *T) (*T, error) {
	own := *doc
	out := &own
	k.Touch(out, now)
	if err := k.prepare(ctx, tx, out); err != nil {
		return nil, err
	}
	if err := k.Insert(ctx, tx, out); err != nil {
		return nil, err
	}
	return out, Emit(ctx, tx, k.event(".created", out, now, Changed(map[string]any{}, k.View(out))))
}

// Edit changes a thing. version guards it: Stale if it is not the stored one; 0 is no guard. What changes nothing writes nothing.
func (k Kept[T]) Edit(ctx context.Context, s Store, now time.Time, id string, version int64, apply func(*T)) (*T, error) {
	if _, err := Require(ctx, k.Write); err != nil {
		return nil, err
	}
	var out *T
	err := WriteEdition(ctx, s, k.Edition, func(tx Tx) (err error) {
		out, err = k.EditIn(ctx, tx, now, id, version, apply)
		return err
	})
	if err != nil {
		return nil, k.Named(err)
	}
	return out, nil
}

// EditIn is Edit inside a transaction of the caller's, who has seen to the scope and begins the next edition.
func (k Kept[T]) EditIn(ctx context.Context, tx Tx, now time.Time, id string, version int64, apply func(*T)) (*T, error) {
	doc, err := k.at(ctx, tx, id, version)
	if err != nil {
		return nil, err
	}
	was, before := *doc, k.View(doc)
	apply(doc)
	if err := k.Check(ctx, tx, doc); err != nil {
		return nil, err
	}
	changes := Changed(before, k.View(doc))
	if len(changes) == 0 {
		return doc, nil
	}
	if err := cmp.Or(k.guard(ctx, &was), k.guard(ctx, doc)); err != nil {
		return nil, err
	}
	k.Touch(doc, now)
	if k.Also != nil {
		if err := k.Also(ctx, tx, doc); err != nil {
			return nil, err
		}
	}
	if err := k.Replace(ctx, tx, doc); err != nil {
		return nil, err
	}
	return doc, Emit(ctx, tx, k.event(".updated", doc, now, changes))
}

// Remove deletes a thing. NotFound if there is none; what Leave answers is passed on. The event keeps what it was.
func (k Kept[T]) Remove(ctx context.Context, s Store, now time.Time, id string, version int64) error {
	if _, err := Require(ctx, k.Write); err != nil {
		return err
	}
	return WriteEdition(ctx, s, k.Edition, func(tx Tx) error { return k.RemoveIn(ctx, tx, now, id, version) })
}

// RemoveIn is Remove inside a transaction of the caller's, who has seen to the scope and begins the next edition.
func (k Kept[T]) RemoveIn(ctx context.Context, tx Tx, now time.Time, id string, version int64) error {
	doc, err := k.at(ctx, tx, id, version)
	if err != nil {
		return err
	}
	if k.Leave != nil {
		if err := k.Leave(ctx, tx, doc); err != nil {
			return err
		}
	}
	if err := k.Delete(ctx, tx, id); err != nil {
		return err
	}
	return Emit(ctx, tx, k.event(".deleted", doc, now, Changed(k.View(doc), map[string]any{})))
}

// at reads a thing that is to be changed, if it is still the one of the version.
func (k Kept[T]) at(ctx context.Context, tx Tx, id string, version int64) (*T, error) {
	doc, err := k.Get(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if version != 0 && version != k.Head(doc).Version {
		return nil, Errorf(Stale, "the %s was changed since version %d", k.Noun, version)
	}
	return doc, nil
}

// One reads a thing.
func (k Kept[T]) One(ctx context.Context, r Reader, id string) (*T, error) {
	if _, err := Require(ctx, k.Read); err != nil {
		return nil, err
	}
	return k.Get(ctx, r, id)
}

// List reads a page of things.
func (k Kept[T]) List(ctx context.Context, r Reader, req PageRequest, q Query) (Page[T], error) {
	if _, err := Require(ctx, k.Read); err != nil {
		return Page[T]{}, err
	}
	return k.Page(ctx, r, req, "", nil, q)
}

// ByKey reads a thing by its key, through the index "key".
func (k Kept[T]) ByKey(ctx context.Context, r Reader, key string) (*T, error) {
	if _, err := Require(ctx, k.Read); err != nil {
		return nil, err
	}
	return k.First(ctx, r, Query{Index: "key", Equal: []any{key}})
}

func (k Kept[T]) prepare(ctx context.Context, tx Tx, doc *T) error {
	if err := k.Check(ctx, tx, doc); err != nil {
		return err
	}
	if err := k.guard(ctx, doc); err != nil || k.Also == nil {
		return err
	}
	return k.Also(ctx, tx, doc)
}

func (k Kept[T]) guard(ctx context.Context, doc *T) error {
	if k.Guard == nil {
		return nil
	}
	return k.Guard(ctx, doc)
}

func (k Kept[T]) event(verb string, doc *T, now time.Time, data map[string]any) Event {
	if k.Private != nil && k.Private(doc) {
		data = Unsaid(data)
	}
	return Event{Type: k.Kind + verb, At: now, Subject: Ref{Kind: k.Kind, ID: k.Head(doc).ID}, Data: data}
}

// Named says which key is taken in the words of the noun.
func (k Kept[T]) Named(err error) error {
	if IsCode(err, Duplicate) && FieldOf(err) == "key" {
		return &Error{Code: Duplicate, Field: "key", Rule: "unique", Message: "there is a " + k.Noun + " with this key"}
	}
	return err
}

// SetIf puts a patch's value in place if there is one.
func SetIf[V any](target *V, value *V) {
	if value != nil {
		*target = *value
	}
}
