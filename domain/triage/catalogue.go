package triage

import (
	"context"
	"strings"
	"sync"
	"time"

	"sori/domain"
)

// catalogue is everything that people set, as one node sees it. It is immutable.
type catalogue struct {
	edition   int64
	settings  domain.TriageSettings
	types     map[string]*domain.InquiryType // by key
	templates map[string]*domain.Template    // by id
	byType    map[string][]*domain.Template  // the active ones, the oldest first
	rules     []*compiledRule                // the active ones, in order
}

type catalogueCache struct {
	mu      sync.Mutex
	current *catalogue
	until   time.Time
}

func (c *catalogueCache) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = time.Time{}
}

// catalogue gives what is set, at most half a second old.
func (s *Service) catalogue(ctx context.Context) (*catalogue, error) {
	c := &s.catalogues
	c.mu.Lock()
	defer c.mu.Unlock()
	now := s.Clock()
	if c.current != nil && now.Before(c.until) {
		return c.current, nil
	}
	edition, err := domain.EditionOf(ctx, s.Store, domain.EditionCatalogue)
	if err != nil {
		return nil, err
	}
	if c.current == nil || c.current.edition != edition {
		fresh, err := s.loadCatalogue(ctx, edition)
		if err != nil {
			return nil, err
		}
		c.current = fresh
	}
	c.until = now.Add(refreshEvery)
	return c.current, nil
}

func (s *Service) loadCatalogue(ctx context.Context, edition int64) (*catalogue, error) {
	c := &catalogue{edition: edition, types: map[string]*domain.InquiryType{}, templates: map[string]*domain.Template{}, byType: map[string][]*domain.Template{}}
	settings, err := s.settings(ctx, s.Store)
	if err != nil {
		return nil, err
	}
	c.settings = *settings
	all, err := domain.InquiryTypes.Find(ctx, s.Store, domain.Query{Index: "created"})
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		c.types[t.Key] = t
	}
	answers, err := domain.Templates.Find(ctx, s.Store, domain.Query{Index: "created"})
	if err != nil {
		return nil, err
	}
	for _, t := range answers {
		c.templates[t.ID] = t
		if t.Active {
			c.byType[t.Type] = append(c.byType[t.Type], t)
		}
	}
	rules, err := domain.Rules.Find(ctx, s.Store, domain.Query{Index: "order"})
	if err != nil {
		return nil, err
	}
	for _, r := range rules {
		compiled, err := compileRule(r)
		if err != nil {
			return nil, err // it was checked when it was stored
		}
		c.rules = append(c.rules, compiled)
	}
	return c, nil
}

// activeType tells whether a type may be chosen.
func (c *catalogue) activeType(key string) bool {
	t := c.types[key]
	return t != nil && t.Active
}

// fitting gives the active templates of a type for a language, the fittest first: the language with its region, the language, no language. A template in another
// language never fits. Those of the type above come after the type's own.
func (c *catalogue) fitting(typeKey, language string) []*domain.Template {
	out := c.fittingOwn(typeKey, language)
	if t := c.types[typeKey]; t != nil && t.Parent != "" {
		out = append(out, c.fittingOwn(t.Parent, language)...)
	}
	return out
}

func (c *catalogue) fittingOwn(typeKey, language string) []*domain.Template {
	base, _, _ := strings.Cut(language, "-")
	var ranks [4][]*domain.Template
	for _, t := range c.byType[typeKey] {
		own, _, _ := strings.Cut(t.Language, "-")
		switch {
		case strings.EqualFold(t.Language, language):
			ranks[0] = append(ranks[0], t)
		case t.Language == "":
			ranks[3] = append(ranks[3], t)
		case strings.EqualFold(t.Language, base):
			ranks[1] = append(ranks[1], t)
		case strings.EqualFold(own, base):
			ranks[2] = append(ranks[2], t)
		}
	}
	var out []*domain.Template
	for _, r := range ranks {
		out = append(out, r...)
	}
	return out
}

// automatic gives the template of a type that may be sent without a person, nil if there is none.
func (c *catalogue) automatic(typeKey, language string) *domain.Template {
	for _, t := range c.fitting(typeKey, language) {
		if t.Automatic {
			return t
		}
	}
	return nil
}
