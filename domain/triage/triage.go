// Package triage decides what becomes of a customer's message: rules, then the classifier, then an automatic answer where that is sure enough, else suggestions
// for the agent. It keeps what it decides by (types, templates, rules, examples, models, articles), learns from what agents choose, and counts what came of it.
//
//	triage.go      the service; how each thing it keeps is made and changed
//	type.go        inquiry types, their thresholds
//	template.go    templates and their revisions
//	variables.go   variables in templates: parsing, filling in, escaping
//	settings.go    what holds for all types
//	rule.go        rules; match.go tries them on a message; dryrun.go tells which did what
//	example.go     labelled examples
//	train.go       training, comparison, activation, rollback; current.go the active model on this node
//	catalogue.go   types, templates, rules and settings as each node keeps them in memory
//	classify.go    text to type, confidence, decision
//	handle.go      the way of a message, in batches; answer.go whether and how it is answered; record.go the commit
//	suggest.go     what an agent is shown
//	learn.go       the feed to examples
//	count.go       the feed to daily counts; report.go the 80:20 report, thresholds and what they would answer
//	article.go     self-help articles; help.go questions to them
package triage

import (
	"context"
	"log/slog"
	"time"

	"sori/domain"
)

// Deps is what triage needs.
type Deps struct {
	Store    domain.Store
	Clock    domain.Clock
	Vault    domain.Vault
	Log      *slog.Logger
	Answerer Answerer // nil: nothing is answered without a person
	Opener   Opener   // nil: a question to the self-help cannot become an inquiry
}

// Service is triage. It is safe for concurrent use; what it keeps in memory is the same on every node within a second.
type Service struct {
	Deps
	catalogues catalogueCache
	models     modelCache
	articles   articleCache
}

// New makes the service.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Deps: d}
}

// refreshEvery is how long a node trusts what it keeps before it looks at the edition again.
const refreshEvery = 500 * time.Millisecond

// edition gives the number of a body of knowledge, 0 before the first change.
func (s *Service) edition(ctx context.Context, id string) (int64, error) {
	e, err := domain.Editions.Get(ctx, s.Store, id)
	if domain.IsCode(err, domain.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return e.Version, nil
}

// nextEdition tells every node that a body of knowledge changes with this transaction.
func nextEdition(ctx context.Context, tx domain.Tx, id string) error {
	_, err := domain.Editions.Update(ctx, tx, id, func(*domain.Edition) error { return nil })
	if domain.IsCode(err, domain.NotFound) {
		err = domain.Editions.Insert(ctx, tx, &domain.Edition{Doc: domain.Doc{ID: id}})
	}
	return err
}

// write is a transaction that begins the next edition. It is tried again when two nodes made the first edition at once.
func (s *Service) write(ctx context.Context, edition string, fn func(domain.Tx) error) error {
	const tries = 3
	var err error
	for range tries {
		err = s.Store.Write(ctx, func(tx domain.Tx) error {
			if err := fn(tx); err != nil {
				return err
			}
			return nextEdition(ctx, tx, edition)
		})
		if !domain.IsCode(err, domain.Duplicate) || domain.FieldOf(err) != "id" {
			break
		}
	}
	if err == nil {
		s.forget(edition)
	}
	return err
}

// forget makes this node look at once at what it has changed itself.
func (s *Service) forget(edition string) {
	switch edition {
	case domain.EditionCatalogue:
		s.catalogues.expire()
	case domain.EditionModel:
		s.models.expire()
	case domain.EditionArticles:
		s.articles.expire()
	}
}

// kept is one kind of thing that triage keeps: how it is made, changed and told of is the same for all.
type kept[T any] struct {
	coll    *domain.Collection[T]
	kind    string // of the event's subject
	edition string
	created string
	updated string
	head    func(*T) *domain.Doc
	touch   func(*T, time.Time) // sets UpdatedAt
	view    func(*T) map[string]any
	check   func(context.Context, domain.Reader, *T) error
	also    func(context.Context, domain.Tx, *T) error // nil, or more of the same transaction
}

func (k kept[T]) event(verb string, doc *T, now time.Time, data map[string]any) domain.Event {
	return domain.Event{Type: verb, At: now, Subject: domain.Ref{Kind: k.kind, ID: k.head(doc).ID}, Data: data}
}

// create stores a new document under the scope triage:write.
func create[T any](ctx context.Context, s *Service, k kept[T], doc *T) (*T, error) {
	if _, err := domain.Require(ctx, domain.ScopeTriageWrite); err != nil {
		return nil, err
	}
	now := s.Clock()
	k.touch(doc, now)
	k.head(doc).ID = k.coll.NewID()
	var out *T
	err := s.write(ctx, k.edition, func(tx domain.Tx) error {
		own := *doc
		out = &own
		if err := k.check(ctx, tx, out); err != nil {
			return err
		}
		if k.also != nil {
			if err := k.also(ctx, tx, out); err != nil {
				return err
			}
		}
		if err := k.coll.Insert(ctx, tx, out); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, k.event(k.created, out, now, nil))
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// edit changes a document under the scope triage:write. version guards it: Stale if it is not the stored one; 0 is no guard.
func edit[T any](ctx context.Context, s *Service, k kept[T], id string, version int64, apply func(*T)) (*T, error) {
	if _, err := domain.Require(ctx, domain.ScopeTriageWrite); err != nil {
		return nil, err
	}
	now := s.Clock()
	var out *T
	err := s.write(ctx, k.edition, func(tx domain.Tx) error {
		doc, err := k.coll.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if version != 0 && version != k.head(doc).Version {
			return domain.Errorf(domain.Stale, "the %s was changed since version %d", k.coll.Noun, version)
		}
		before := k.view(doc)
		apply(doc)
		if err := k.check(ctx, tx, doc); err != nil {
			return err
		}
		out = doc
		changes := domain.Changed(before, k.view(doc))
		if len(changes) == 0 {
			return nil
		}
		k.touch(doc, now)
		if k.also != nil {
			if err := k.also(ctx, tx, doc); err != nil {
				return err
			}
		}
		if err := k.coll.Replace(ctx, tx, doc); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, k.event(k.updated, doc, now, changes))
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// get reads a document under the scope triage:read.
func get[T any](ctx context.Context, s *Service, coll *domain.Collection[T], id string) (*T, error) {
	if _, err := domain.Require(ctx, domain.ScopeTriageRead); err != nil {
		return nil, err
	}
	return coll.Get(ctx, s.Store, id)
}

// list reads a page under the scope triage:read.
func list[T any](ctx context.Context, s *Service, coll *domain.Collection[T], req domain.PageRequest, q domain.Query) (domain.Page[T], error) {
	if _, err := domain.Require(ctx, domain.ScopeTriageRead); err != nil {
		return domain.Page[T]{}, err
	}
	return coll.Page(ctx, s.Store, req, "", nil, q)
}

// set puts a patch's value in place if there is one.
func set[V any](target *V, value *V) {
	if value != nil {
		*target = *value
	}
}
