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
	Answerer Answerer       // nil: nothing is answered without a person
	Opener   Opener         // nil: a question to the self-help cannot become an inquiry
	Clocks   domain.Clocks  // nil: nothing is promised
	Zone     *time.Location // of the dates in templates; nil: UTC
}

// Service is triage. It is safe for concurrent use; what it keeps in memory is the same on every node within a second.
type Service struct {
	Deps
	catalogues domain.Snapshot[catalogue]
	models     modelCache
	articles   articleCache
}

// New makes the service.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Clocks == nil {
		d.Clocks = domain.NoClocks
	}
	s := &Service{Deps: d}
	s.catalogues.Edition, s.catalogues.Store, s.catalogues.Clock, s.catalogues.Load = domain.EditionCatalogue, d.Store, d.Clock, s.loadCatalogue
	return s
}

// write is a transaction that begins the next edition, which this node sees at once.
func (s *Service) write(ctx context.Context, edition string, fn func(domain.Tx) error) error {
	err := domain.WriteEdition(ctx, s.Store, edition, fn)
	if err == nil {
		s.forget(edition)
	}
	return err
}

// forget makes this node look at once at what it has changed itself.
func (s *Service) forget(edition string) {
	switch edition {
	case domain.EditionCatalogue:
		s.catalogues.Expire()
	case domain.EditionModel:
		s.models.expire()
	case domain.EditionArticles:
		s.articles.expire()
	}
}

// create stores a new thing, which this node knows at once.
func create[T any](ctx context.Context, s *Service, k domain.Kept[T], doc *T) (*T, error) {
	out, err := k.Create(ctx, s.Store, s.Clock(), doc)
	s.forget(k.Edition)
	return out, err
}

// edit changes a thing, which this node knows at once. version guards it: Stale if it is not the stored one; 0 is no guard.
func edit[T any](ctx context.Context, s *Service, k domain.Kept[T], id string, version int64, apply func(*T)) (*T, error) {
	out, err := k.Edit(ctx, s.Store, s.Clock(), id, version, apply)
	s.forget(k.Edition)
	return out, err
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
