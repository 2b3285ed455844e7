// Package insight answers questions over everything that was said: search now, reports as they come.
//
//	search.go  words to hits
//	index.go   the event feed to the full-text index
//	audit.go   who did what, and when
package insight

import (
	"context"
	"slices"

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
		if id := changedText(e); id != "" && !seen[id] {
			seen[id] = true
			touched = append(touched, domain.SearchDocument{ID: id})
		}
	}
	for chunk := range slices.Chunk(touched, indexedAtOnce) {
		if err := s.index(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// indexedAtOnce bounds what is in memory: a text may have a megabyte.
const indexedAtOnce = 250

func (s *Service) index(ctx context.Context, touched []domain.SearchDocument) error {
	pages, err := s.texts(ctx, touched)
	if err != nil {
		return err
	}
	var gone []string
	docs := make([]domain.SearchDocument, 0, len(pages))
	slices.SortFunc(pages, func(a, b page) int { return a.at.Compare(b.at) })
	for i, p := range pages {
		pages[i] = page{} // its text is needed no more
		if p.hidden {
			gone = append(gone, p.hit.ID)
			continue
		}
		docs = append(docs, domain.SearchDocument{
			ID: p.hit.ID, InquiryID: p.hit.InquiryID, CustomerID: p.hit.CustomerID, At: p.at, Tokens: lexis.Tokens(p.text()),
		})
	}
	if len(gone) > 0 {
		if err := s.Store.Search().Remove(ctx, gone); err != nil {
			return err
		}
	}
	if len(docs) == 0 {
		return nil
	}
	return s.Store.Search().Put(ctx, docs)
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
