package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/triage"
)

// ListSuggestions gives what may help an agent with an inquiry.
func (s *server) ListSuggestions(ctx context.Context, r gen.ListSuggestionsRequestObject) (gen.ListSuggestionsResponseObject, error) {
	found, err := s.Triage.Suggestions(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.ListSuggestions200JSONResponse{Items: each(found, suggestion)}, nil
}

func suggestion(x triage.Suggestion) gen.Suggestion {
	out := gen.Suggestion{
		Kind: x.Kind, Id: x.ID, Key: null(x.Key), Title: null(x.Title), Subject: null(x.Subject), Text: null(x.Text), Html: null(x.HTML),
	}
	if x.Kind == triage.SuggestType || x.Kind == triage.SuggestArticle {
		out.Score = &x.Score
	}
	return out
}

// GetClassification gives what triage made of an inquiry.
func (s *server) GetClassification(ctx context.Context, r gen.GetClassificationRequestObject) (gen.GetClassificationResponseObject, error) {
	c, err := s.Triage.GetClassification(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetClassification200JSONResponse{
		InquiryId: c.InquiryID, InteractionId: c.InteractionID, Type: null(c.Type), Confidence: c.Confidence, Decision: gen.Decision(c.Decision), Reason: null(c.Reason),
		Alternatives: each(c.Types, typeGuess), Templates: list(c.Templates), Rules: list(c.Rules), Model: null(c.Model), At: c.At, Answer: automaticAnswer(c.Answer),
	}, nil
}

func automaticAnswer(a *domain.AutomaticAnswer) *gen.AutomaticAnswer {
	if a == nil {
		return nil
	}
	return &gen.AutomaticAnswer{
		To: a.To, InteractionId: a.InteractionID, TemplateId: a.TemplateID, Type: null(a.Type), At: a.At, Judged: null(a.Judged),
	}
}
