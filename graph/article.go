package graph

import (
	"context"

	"sori/domain"
	"sori/domain/triage"
	"sori/graph/wire"
)

func (q query) Articles(ctx context.Context, status *domain.ArticleStatus, first *int, after *string) (*wire.ArticleConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Triage.ListArticles(ctx, value(status), req))
}

func (q query) Article(ctx context.Context, id string) (*domain.Article, error) {
	return q.Triage.GetArticle(ctx, id)
}

func (q query) HelpAsks(ctx context.Context, outcome *domain.HelpOutcome, first *int, after *string) (*wire.HelpAskConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Triage.ListAsks(ctx, value(outcome), req))
}

func (m mutation) CreateArticle(ctx context.Context, in wire.CreateArticleInput) (*wire.Changed, error) {
	return m.once(ctx, "createArticle", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		a, err := m.Triage.CreateArticle(ctx, in.ArticleDraft)
		return tell(wire.ChangedArticle, a, err)
	})
}

func (m mutation) UpdateArticle(ctx context.Context, in wire.UpdateArticleInput) (*wire.Changed, error) {
	return m.once(ctx, "updateArticle", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		a, err := m.Triage.EditArticle(ctx, in.ID, in.Version, in.Patch())
		return tell(wire.ChangedArticle, a, err)
	})
}

func (m mutation) DeleteArticle(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteArticle", in, m.Triage.DeleteArticle)
}

// Article gives the self-help article that a mutation changed.
func (f changedFields) Article(ctx context.Context, c *wire.Changed) (*domain.Article, error) {
	return changedNoun(ctx, c, f.Triage.GetArticle)
}

func (m mutation) AskHelp(ctx context.Context, in wire.AskHelpInput) (*triage.HelpAnswer, error) {
	found, err := m.Triage.Ask(ctx, in.Question, in.Language, in.Limit)
	return &found, err
}

func (m mutation) GiveHelpFeedback(ctx context.Context, in wire.GiveHelpFeedbackInput) (*domain.HelpAsk, error) {
	return m.Triage.Feedback(ctx, in.AskID, in.HelpFeedback)
}
