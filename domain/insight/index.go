// Package insight answers questions over everything that was said: search now, reports as they come.
//
//	search.go  words to hits
//	index.go   the event feed to the full-text index
//	audit.go   who did what, and when
package insight

import (
	"context"
	"slices"
	"strings"

	"sori/domain"
	"sori/domain/lexis"
)

// Deps is what insight needs.
type Deps struct {
	Store domain.Store
	Clock domain.Clock
}

// Service searches and indexes.
type Service struct{ Deps }

// New makes the service.
func New(d Deps) *Service { return &Service{d} }

// SearchConsumer is the name under which the index follows the feed.
const SearchConsumer = "search"

// Renew has the index made anew from the feed if there is nothing in it: it was removed, or an earlier release kept it elsewhere. It is called before the feed is followed.
func (s *Service) Renew(ctx context.Context) error {
	empty, err := s.Store.Search().Empty(ctx)
	if err != nil || !empty {
		return err
	}
	return domain.Rewind(ctx, s.Store, SearchConsumer)
}

// IndexEvents brings the full-text index up to date with what events tell of. Doing it twice does no harm.
func (s *Service) IndexEvents(ctx context.Context, events []*domain.Event) error {
	var touched []domain.SearchDocument
	seen := map[string]bool{}
	for _, e := range events {
		for _, id := range []string{changedText(e), partedFrom(e)} {
			if id != "" && !seen[id] {
				seen[id] = true
				touched = append(touched, domain.SearchDocument{ID: id})
			}
		}
	}
	x := indexing{service: s}
	for chunk := range slices.Chunk(touched, readAtOnce) {
		if err := x.add(ctx, chunk); err != nil {
			return err
		}
	}
	return x.flush(ctx)
}

// Bounds of what is in memory: a text may have a megabyte. Within them, the more is put into the index at once, the fewer pieces of it have to be merged.
const (
	readAtOnce   = 100
	tokensAtOnce = 100_000
)

// indexing gathers what is to be put into the index and taken out of it.
type indexing struct {
	service *Service
	docs    []domain.SearchDocument
	gone    []string
	tokens  int
}

func (x *indexing) add(ctx context.Context, touched []domain.SearchDocument) error {
	pages, err := x.service.texts(ctx, touched)
	if err != nil {
		return err
	}
	slices.SortFunc(pages, func(a, b page) int { return a.at.Compare(b.at) })
	for i, p := range pages {
		pages[i] = page{} // its text is needed no more
		if p.hidden {
			x.gone = append(x.gone, p.hit.ID)
			continue
		}
		// Copies of the ids: they are parts of the documents as they were read, which would stay in memory with them.
		d := domain.SearchDocument{
			ID: strings.Clone(p.hit.ID), InquiryID: strings.Clone(p.hit.InquiryID), CustomerID: strings.Clone(p.hit.CustomerID), At: p.at, Tokens: lexis.Tokens(p.text()),
		}
		x.docs, x.tokens = append(x.docs, d), x.tokens+len(d.Tokens)
		if x.tokens < tokensAtOnce {
			continue
		}
		if err := x.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (x *indexing) flush(ctx context.Context) error {
	index := x.service.Store.Search()
	if len(x.gone) > 0 {
		if err := index.Remove(ctx, x.gone); err != nil {
			return err
		}
	}
	if len(x.docs) > 0 {
		if err := index.Put(ctx, x.docs); err != nil {
			return err
		}
	}
	x.docs, x.gone, x.tokens = nil, nil, 0
	return nil
}

// changedText gives the id of the noun whose searchable text an event changed, "" if it changed none: an inquiry that is only moved on need not be indexed again.
func changedText(e *domain.Event) string {
	switch domain.IDPrefix(e.Subject.ID) {
	case domain.Interactions.Prefix, domain.Customers.Prefix:
		return e.Subject.ID
	case domain.Inquiries.Prefix:
		for _, field := range []string{"subject", "tags", "erased"} {
			if _, ok := e.Data[field]; ok {
				return e.Subject.ID
			}
		}
		if e.Type == domain.EventInquiryCreated {
			return e.Subject.ID
		}
	}
	return ""
}

// partedFrom gives the other customer of a merge or its undo, who is found no more, or again.
func partedFrom(e *domain.Event) string {
	if e.Type != domain.EventCustomerMerged && e.Type != domain.EventCustomerUnmerged {
		return ""
	}
	from, _ := e.Data["from"].(string)
	return from
}

func inquiryPage(q *domain.Inquiry) page {
	return page{
		hit:   Hit{Kind: "inquiry", ID: q.ID, InquiryID: q.ID, CustomerID: q.CustomerID},
		title: []string{q.Subject, q.Number}, body: q.Tags, at: q.CreatedAt,
	}
}

func interactionPage(x *domain.Interaction) page {
	p := page{
		hit:   Hit{Kind: "interaction", ID: x.ID, InquiryID: x.InquiryID, CustomerID: x.CustomerID},
		title: []string{x.Subject}, body: []string{x.Text}, at: x.ReceivedAt,
	}
	for _, a := range x.Attachments {
		p.body = append(p.body, a.Name)
	}
	for _, party := range append([]domain.Party{x.From}, x.To...) {
		p.body = append(p.body, party.Name, party.Email, party.Phone, party.MemberID)
	}
	return p
}

func customerPage(c *domain.Customer) page {
	p := page{
		hit: Hit{Kind: "customer", ID: c.ID, CustomerID: c.ID}, title: []string{c.Name}, at: c.CreatedAt,
		hidden: c.Erased || c.MergedInto != "",
	}
	for _, id := range c.Identities {
		p.body = append(p.body, id.Value, id.Display)
	}
	return p
}
