package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/triage"
)

// AskHelp finds the articles that answer a question.
func (s *server) AskHelp(ctx context.Context, r gen.AskHelpRequestObject) (gen.AskHelpResponseObject, error) {
	found, err := s.Triage.Ask(ctx, r.Body.Question, value(r.Body.Language), value(r.Body.Limit))
	if err != nil {
		return nil, err
	}
	return gen.AskHelp200JSONResponse{AskId: found.AskID, Articles: each(found.Articles, func(a triage.HelpArticle) gen.HelpArticle {
		return gen.HelpArticle{Id: a.ID, Title: a.Title, Text: null(a.Text), Language: null(a.Language), Score: a.Score}
	})}, nil
}

// JudgeHelp takes what a customer says of an answer.
func (s *server) JudgeHelp(ctx context.Context, r gen.JudgeHelpRequestObject) (gen.JudgeHelpResponseObject, error) {
	b := r.Body
	a, err := s.Triage.Feedback(ctx, r.Id, triage.HelpFeedback{
		Outcome: domain.HelpOutcome(b.Outcome), Article: value(b.Article), From: partyDraft(value(b.From)), Text: value(b.Text),
	})
	if err != nil {
		return nil, err
	}
	return gen.JudgeHelp200JSONResponse{AskId: a.ID, Outcome: gen.HelpOutcome(a.Outcome), Article: null(a.Article), InquiryId: null(a.InquiryID)}, nil
}

// ListHelpAsks gives a page of the questions that were asked.
func (s *server) ListHelpAsks(ctx context.Context, r gen.ListHelpAsksRequestObject) (gen.ListHelpAsksResponseObject, error) {
	page, err := s.Triage.ListAsks(ctx, domain.HelpOutcome(value(r.Params.Outcome)), request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListHelpAsks200JSONResponse{Items: each(page.Items, helpAsk), NextCursor: null(page.NextCursor)}, nil
}

func helpAsk(a *domain.HelpAsk) gen.HelpAsk {
	return gen.HelpAsk{
		Id: a.ID, Question: a.Question, Language: null(a.Language), Articles: list(a.Articles), Outcome: nullAs[gen.HelpOutcome](a.Outcome), Article: null(a.Article),
		InquiryId: null(a.InquiryID), CreatedAt: a.CreatedAt,
	}
}
