package domain

import (
	"context"
	"sync"
	"time"
)

// Edition counts, in its Version, the changes of a body of knowledge that every node keeps in memory. It is written in the transaction of each change, so that a
// node sees by reading one small document whether what it keeps is still true.
type Edition struct {
	Doc `json:",inline"`
}

// The bodies of knowledge.
const (
	EditionCatalogue = "edn_catalogue" // types, templates, rules, settings
	EditionModel     = "edn_model"
	EditionArticles  = "edn_articles"
	EditionRemoved   = "edn_removed" // of articles: beside EditionArticles, since a reader of what changed does not meet what is gone
	EditionOrg       = "edn_org"     // accounts, agents, teams, skills, queues, routes, calendars, SLA policies
	EditionShifts    = "edn_shifts"
	EditionWebhooks  = "edn_webhooks"
	EditionFields    = "edn_fields" // custom fields
	EditionViews     = "edn_views"
	EditionMacros    = "edn_macros"
)

// Editions holds the editions.
var Editions = declare[Edition](Spec{Name: "editions", Prefix: "edn", Noun: "edition"})

// EditionOf gives the number of a body of knowledge, 0 before the first change.
func EditionOf(ctx context.Context, r Reader, id string) (int64, error) {
	e, err := Editions.Get(ctx, r, id)
	if IsCode(err, NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return e.Version, nil
}

// NextEdition tells every node that a body of knowledge changes with this transaction.
func NextEdition(ctx context.Context, tx Tx, id string) error {
	_, err := Editions.Update(ctx, tx, id, func(*Edition) error { return nil })
	if IsCode(err, NotFound) {
		err = Editions.Insert(ctx, tx, &Edition{Doc: Doc{ID: id}})
	}
	return err
}

// WriteEdition is a transaction that begins the next edition. It is tried again when two nodes made the first edition at once.
func WriteEdition(ctx context.Context, s Store, edition string, fn func(Tx) error) error {
	const tries = 3
	var err error
	for range tries {
		err = s.Write(ctx, func(tx Tx) error {
			if err := fn(tx); err != nil {
				return err
			}
			return NextEdition(ctx, tx, edition)
		})
		if !IsCode(err, Duplicate) || FieldOf(err) != "id" {
			break
		}
	}
	return err
}

// EditionTrust is how long a node trusts what it keeps before it looks at the edition again.
const EditionTrust = 500 * time.Millisecond

// Snapshot keeps a body of knowledge in memory, at most half a second old. It is safe for concurrent use; what it gives is shared and must not be changed.
type Snapshot[T any] struct {
	Edition string
	Store   Reader
	Clock   Clock
	Load    func(context.Context, Reader) (*T, error)

	mu      sync.Mutex
	current *T
	number  int64
	until   time.Time
	looking *flight[*T] // nil if nobody looks at the edition
}

// Get gives what is known now. One looks at the edition, and all who ask meanwhile wait with him. Unavailable if ctx ends first.
func (s *Snapshot[T]) Get(ctx context.Context) (*T, error) {
	s.mu.Lock()
	now := s.Clock()
	if s.current != nil && now.Before(s.until) {
		defer s.mu.Unlock()
		return s.current, nil
	}
	if f := s.looking; f != nil {
		s.mu.Unlock()
		return f.wait(ctx)
	}
	f := newFlight[*T]()
	s.looking = f
	known, number := s.current, s.number
	s.mu.Unlock()
	// Others wait for it, so it does not end with the one who began.
	return s.look(context.WithoutCancel(ctx), f, known, number, now)
}

// look reads the edition, and what it is of if that is another than the known one.
func (s *Snapshot[T]) look(ctx context.Context, f *flight[*T], known *T, number int64, now time.Time) (*T, error) {
	landed := false
	defer func() {
		s.mu.Lock()
		if s.looking == f { // nothing was changed meanwhile
			s.looking = nil
			if landed && f.err == nil {
				s.current, s.number, s.until = f.value, number, now.Add(EditionTrust)
			}
		}
		s.mu.Unlock()
		f.land(landed)
	}()
	f.value, number, f.err = s.read(ctx, known, number)
	landed = true
	return f.value, f.err
}

func (s *Snapshot[T]) read(ctx context.Context, known *T, number int64) (*T, int64, error) {
	stored, err := EditionOf(ctx, s.Store, s.Edition)
	if err != nil {
		return nil, 0, err
	}
	if known != nil && stored == number {
		return known, stored, nil
	}
	fresh, err := s.Load(ctx, s.Store)
	return fresh, stored, err
}

// Expire makes the next Get look at the edition, after this node has changed something itself.
func (s *Snapshot[T]) Expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until, s.looking = time.Time{}, nil
}
