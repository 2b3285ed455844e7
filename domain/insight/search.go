package insight

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"sori/domain"
	"sori/domain/lexis"
)

// Hit is one thing that a search found. InquiryID and CustomerID are set where the noun has them.
type Hit struct {
	Kind       string
	ID         string
	InquiryID  string
	CustomerID string
	Score      float64
	Highlights []string // HTML, the words found in <em>
}

const (
	maxQuery      = 500 // bytes
	minCandidates = 50
	maxHighlights = 3
)

// Search finds the inquiries, interactions and customers in which all words of a query stand: without case, by prefix, Korean whatever its spacing. Hits
// come by score, which weighs where the words stand (a subject or a name before a text) and how new the hit is, among the newest that hold them. A query without
// a word finds nothing. kinds chooses nouns; none is all that the actor may read.
func (s *Service) Search(ctx context.Context, query string, kinds []string, limit int) (hits []Hit, err error) {
	ctx, end := domain.Step(ctx, "insight", "search")
	defer func() { end(err) }()
	actor, err := domain.Require(ctx, domain.ScopeSearch)
	if err != nil {
		return nil, err
	}
	if limit, err = (domain.PageRequest{Limit: limit}).Size(); err != nil {
		return nil, err
	}
	var f domain.Faults
	domain.CheckText(&f, "q", query, maxQuery)
	prefixes, err := prefixesOf(&f, kinds, actor)
	if err != nil {
		return nil, err
	}
	terms := lexis.Query(query)
	if len(terms) == 0 || len(prefixes) == 0 {
		return []Hit{}, nil
	}
	if len(prefixes) == len(searchable) {
		prefixes = nil // every kind may come, so the index need not look at kinds
	}
	found, err := s.candidates(ctx, terms, prefixes, max(minCandidates, 2*limit))
	if err != nil {
		return nil, err
	}
	pages, err := s.texts(ctx, found)
	if err != nil {
		return nil, err
	}
	return rank(pages, terms, s.Clock(), limit), nil
}

// candidates are the newest that hold the words. Whole words are asked for first: the beginning of a common word would have to be gathered from all that
// begin with it, and is needed only where whole words do not give enough.
func (s *Service) candidates(ctx context.Context, terms []lexis.Term, kinds []string, limit int) ([]domain.SearchDocument, error) {
	found, err := s.Store.Search().Find(ctx, searchTerms(terms, false), kinds, limit)
	if err != nil || len(found) == limit || !slices.ContainsFunc(terms, func(t lexis.Term) bool { return t.Prefix }) {
		return found, err
	}
	return s.Store.Search().Find(ctx, searchTerms(terms, true), kinds, limit)
}

func searchTerms(terms []lexis.Term, prefix bool) []domain.SearchTerm {
	out := make([]domain.SearchTerm, len(terms))
	for i, t := range terms {
		out[i] = domain.SearchTerm{Tokens: t.Tokens, Prefix: t.Prefix && prefix}
	}
	return out
}

// searchable are the nouns that a search finds, with the scope that reading them takes.
var searchable = []struct {
	kind   string
	prefix string
	scope  domain.Scope
}{
	{"inquiry", domain.Inquiries.Prefix, domain.ScopeInquiryRead},
	{"interaction", domain.Interactions.Prefix, domain.ScopeInquiryRead},
	{"customer", domain.Customers.Prefix, domain.ScopeCustomerRead},
}

func prefixesOf(f *domain.Faults, kinds []string, actor domain.Actor) ([]string, error) {
	known := 0
	var out []string
	for _, n := range searchable {
		if len(kinds) > 0 && !slices.Contains(kinds, n.kind) {
			continue
		}
		known++
		if actor.Has(n.scope) {
			out = append(out, n.prefix)
		}
	}
	if known < len(kinds) {
		f.Add("kind", "enum", "must be inquiry, interaction or customer")
	}
	return out, f.Err()
}

// page is a noun as a search sees it.
type page struct {
	hit    Hit
	title  []string // weighs more
	body   []string
	at     time.Time
	hidden bool
}

func (p page) text() string { return lexis.Join(append(slices.Clone(p.title), p.body...)...) }

// texts reads what was found, in three calls at most.
func (s *Service) texts(ctx context.Context, found []domain.SearchDocument) ([]page, error) {
	ids := map[string][]string{}
	for _, d := range found {
		prefix := domain.IDPrefix(d.ID)
		ids[prefix] = append(ids[prefix], d.ID)
	}
	inquiries, err := domain.Inquiries.GetMany(ctx, s.Store, ids[domain.Inquiries.Prefix])
	if err != nil {
		return nil, err
	}
	interactions, err := domain.Interactions.GetMany(ctx, s.Store, ids[domain.Interactions.Prefix])
	if err != nil {
		return nil, err
	}
	customers, err := domain.Customers.GetMany(ctx, s.Store, ids[domain.Customers.Prefix])
	if err != nil {
		return nil, err
	}
	pages := make([]page, 0, len(found))
	for _, q := range inquiries {
		pages = append(pages, inquiryPage(q))
	}
	for _, x := range interactions {
		pages = append(pages, interactionPage(x))
	}
	for _, c := range customers {
		pages = append(pages, customerPage(c))
	}
	return pages, nil
}

// rank drops what holds the words' letters but not the words, and orders the rest.
func rank(pages []page, terms []lexis.Term, now time.Time, limit int) []Hit {
	hits := make([]Hit, 0, len(pages))
	kept := map[string]page{}
	for _, p := range pages {
		if p.hidden {
			continue
		}
		score, all := score(p, terms, now)
		if !all {
			continue
		}
		p.hit.Score = score
		kept[p.hit.ID] = p
		hits = append(hits, p.hit)
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(b.ID, a.ID))
	})
	hits = hits[:min(len(hits), limit)]
	for i := range hits {
		hits[i].Highlights = lexis.Highlights(kept[hits[i].ID].text(), terms, maxHighlights)
	}
	return hits
}

// score is from 0 to 1: two parts for each word that stands in the title, one for each that stands in the body, and a little for being new, halved every 90 days. all
// tells whether every word stands somewhere.
func score(p page, terms []lexis.Term, now time.Time) (score float64, all bool) {
	title, body := lexis.Found(lexis.Join(p.title...), terms), lexis.Found(lexis.Join(p.body...), terms)
	var sum float64
	for i := range terms {
		if !title[i] && !body[i] {
			return 0, false
		}
		if title[i] {
			sum += 2
		}
		if body[i] {
			sum++
		}
	}
	days := max(0, now.Sub(p.at).Hours()/24)
	return 0.8*sum/float64(3*len(terms)) + 0.2*math.Exp2(-days/90), true
}
