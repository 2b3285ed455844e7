package triage

import (
	"context"

	"sori/domain"
)

// Suggestion is one thing that may help an agent with an inquiry.
type Suggestion struct {
	Kind     string  // type, template, article or rule
	ID       string  // of the noun
	Key      string  // of a type
	Title    string  // what it is called
	Subject  string  // of a template, filled in
	Text     string  // of a template, filled in; of an article
	HTML     string  // of a template, filled in
	Score    float64 // of a type or an article, 0 to 1
	Template *domain.Template
}

// The kinds of suggestion.
const (
	SuggestType     = "type"
	SuggestTemplate = "template"
	SuggestArticle  = "article"
	SuggestRule     = "rule"
)

const suggestedArticles = 3

// Suggestions gives, for the latest message of an inquiry, the likeliest types, the fittest templates filled in for this customer, the nearest articles and the rules that
// fired. It takes the scope inquiry:read. NotFound.
func (s *Service) Suggestions(ctx context.Context, inquiryID string) ([]Suggestion, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	q, err := domain.Inquiries.Get(ctx, s.Store, inquiryID)
	if err != nil {
		return nil, err
	}
	cat, err := s.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	x, err := s.latestMessage(ctx, inquiryID)
	if err != nil || x == nil {
		return []Suggestion{}, err
	}
	c, err := domain.Classifications.Get(ctx, s.Store, domain.ClassificationID(inquiryID))
	if domain.IsCode(err, domain.NotFound) || err == nil && c.InteractionID != x.ID {
		c, err = s.unrecorded(ctx, cat, x, q)
	}
	if err != nil {
		return nil, err
	}
	out := typeSuggestions(cat, c)
	if out, err = s.templateSuggestions(ctx, cat, c, q, out); err != nil {
		return nil, err
	}
	msg := messageOf(x, q)
	found, err := s.findArticles(ctx, whole(msg.subject, msg.text), msg.language, suggestedArticles)
	if err != nil {
		return nil, err
	}
	for _, a := range found {
		out = append(out, Suggestion{Kind: SuggestArticle, ID: a.ID, Title: a.Title, Text: a.Text, Score: a.Score})
	}
	return append(out, ruleSuggestions(cat, c)...), nil
}

// unrecorded judges a message whose job has not run yet.
func (s *Service) unrecorded(ctx context.Context, cat *catalogue, x *domain.Interaction, q *domain.Inquiry) (*domain.Classification, error) {
	m, err := s.model(ctx)
	if err != nil {
		return nil, err
	}
	it := &item{x: x, q: q}
	plan(cat, m, it)
	c := &domain.Classification{}
	it.describe(c, s.Clock())
	return c, nil
}

// latestMessage gives the newest message of the customer, nil if there is none among the newest.
func (s *Service) latestMessage(ctx context.Context, inquiryID string) (*domain.Interaction, error) {
	newest, err := domain.Interactions.Find(ctx, s.Store, domain.Query{Index: "inquiry", Equal: []any{inquiryID}, Reverse: true, Limit: lookBack})
	for _, x := range newest {
		if x.Direction == domain.Inbound && x.Kind == domain.KindMessage {
			return x, err
		}
	}
	return nil, err
}

func typeSuggestions(cat *catalogue, c *domain.Classification) []Suggestion {
	out := []Suggestion{}
	add := func(key string, score float64) {
		if t := cat.types[key]; t != nil && t.Active {
			out = append(out, Suggestion{Kind: SuggestType, ID: t.ID, Key: key, Title: t.Name, Score: score})
		}
	}
	ruled := len(c.Types) > 0 && c.Type != c.Types[0].Type || len(c.Types) == 0
	if ruled {
		add(c.Type, c.Confidence)
	}
	for _, g := range c.Types {
		if !ruled || g.Type != c.Type {
			add(g.Type, g.Confidence)
		}
	}
	return out
}

func (s *Service) templateSuggestions(ctx context.Context, cat *catalogue, c *domain.Classification, q *domain.Inquiry, out []Suggestion) ([]Suggestion, error) {
	if len(c.Templates) == 0 {
		return out, nil
	}
	customer, err := domain.Customers.Get(ctx, s.Store, q.CustomerID)
	if err != nil {
		return nil, err
	}
	a, err := s.aboutInquiry(ctx, q, customer)
	if err != nil {
		return nil, err
	}
	for _, id := range c.Templates {
		t := cat.templates[id]
		if t == nil || !t.Active {
			continue
		}
		texts := filled(t.TemplateTexts, a.value)
		out = append(out, Suggestion{
			Kind: SuggestTemplate, ID: id, Key: t.Type, Title: t.Name, Subject: texts.Subject, Text: texts.Text, HTML: texts.HTML, Template: t,
		})
	}
	return out, nil
}

func ruleSuggestions(cat *catalogue, c *domain.Classification) []Suggestion {
	var out []Suggestion
	for _, id := range c.Rules {
		for _, r := range cat.rules {
			if r.ID == id {
				out = append(out, Suggestion{Kind: SuggestRule, ID: id, Title: r.Name})
			}
		}
	}
	return out
}

// GetClassification gives what triage made of an inquiry's latest message. It takes the scope inquiry:read. NotFound before the message was triaged.
func (s *Service) GetClassification(ctx context.Context, inquiryID string) (*domain.Classification, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	return domain.Classifications.Get(ctx, s.Store, domain.ClassificationID(inquiryID))
}

// GetClassifications gives what triage made of the latest messages of inquiries, by the inquiry's id; those that were not triaged are left out. It takes
// the scope inquiry:read.
func (s *Service) GetClassifications(ctx context.Context, inquiryIDs []string) (map[string]*domain.Classification, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	ids := make([]string, len(inquiryIDs))
	for i, id := range inquiryIDs {
		ids[i] = domain.ClassificationID(id)
	}
	found, err := domain.Classifications.GetMany(ctx, s.Store, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string]*domain.Classification, len(found))
	for _, c := range found {
		out[c.InquiryID] = c
	}
	return out, nil
}
