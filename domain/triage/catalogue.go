package triage

import (
	"context"
	"strings"

	"sori/domain"
)

// catalogue is everything that people set, as one node sees it. It is immutable.
type catalogue struct {
	settings  domain.TriageSettings
	types     map[string]*domain.InquiryType // by key
	templates map[string]*domain.Template    // by id
	byType    map[string][]*domain.Template  // the active ones, the oldest first
	rules     []*compiledRule                // the active ones, in order
}

// catalogue gives what is set, at most half a second old.
func (s *Service) catalogue(ctx context.Context) (*catalogue, error) { return s.catalogues.Get(ctx) }

func (s *Service) loadCatalogue(ctx context.Context, r domain.Reader) (*catalogue, error) {
	c := &catalogue{types: map[string]*domain.InquiryType{}, templates: map[string]*domain.Template{}, byType: map[string][]*domain.Template{}}
	settings, err := s.settings(ctx, r)
	if err != nil {
		return nil, err
	}
	c.settings = *settings
	all, err := domain.InquiryTypes.Find(ctx, r, domain.Query{Index: "created"})
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		c.types[t.Key] = t
	}
	answers, err := domain.Templates.Find(ctx, r, domain.Query{Index: "created"})
	if err != nil {
		return nil, err
	}
	for _, t := range answers {
		c.templates[t.ID] = t
		if t.Active {
			c.byType[t.Type] = append(c.byType[t.Type], t)
		}
	}
	rules, err := domain.Rules.Find(ctx, r, domain.Query{Index: "order"})
	if err != nil {
		return nil, err
	}
	for _, rule := range rules {
		compiled, err := compileRule(rule)
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
