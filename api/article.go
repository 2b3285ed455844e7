package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/triage"
)

// ListArticles gives a page of the self-help articles.
func (s *server) ListArticles(ctx context.Context, r gen.ListArticlesRequestObject) (gen.ListArticlesResponseObject, error) {
	page, err := s.Triage.ListArticles(ctx, domain.ArticleStatus(value(r.Params.Status)), request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListArticles200JSONResponse{Items: each(page.Items, article), NextCursor: null(page.NextCursor)}, nil
}

// CreateArticle makes a self-help article.
func (s *server) CreateArticle(ctx context.Context, r gen.CreateArticleRequestObject) (gen.CreateArticleResponseObject, error) {
	b := r.Body
	a, err := s.Triage.CreateArticle(ctx, triage.ArticleDraft{
		Title: b.Title, Text: value(b.Text), Language: value(b.Language), Status: domain.ArticleStatus(value(b.Status)), Type: value(b.Type),
		Questions: value(b.Questions),
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateArticle201JSONResponse{OneArticleJSONResponse: oneArticle(a)}, nil
}

// GetArticle gives one self-help article.
func (s *server) GetArticle(ctx context.Context, r gen.GetArticleRequestObject) (gen.GetArticleResponseObject, error) {
	a, err := s.Triage.GetArticle(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetArticle200JSONResponse{OneArticleJSONResponse: oneArticle(a)}, nil
}

// UpdateArticle changes a self-help article.
func (s *server) UpdateArticle(ctx context.Context, r gen.UpdateArticleRequestObject) (gen.UpdateArticleResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	a, err := s.Triage.EditArticle(ctx, r.Id, version, triage.ArticlePatch{
		Title: b.Title, Text: b.Text.Pointer(), Language: b.Language.Pointer(), Status: (*domain.ArticleStatus)(b.Status), Type: b.Type.Pointer(), Questions: b.Questions,
	})
	if err != nil {
		return nil, err
	}
	return gen.UpdateArticle200JSONResponse{OneArticleJSONResponse: oneArticle(a)}, nil
}

// DeleteArticle removes a self-help article.
func (s *server) DeleteArticle(ctx context.Context, r gen.DeleteArticleRequestObject) (gen.DeleteArticleResponseObject, error) {
	if err := s.Triage.DeleteArticle(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteArticle200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

func oneArticle(a *domain.Article) gen.OneArticleJSONResponse {
	return gen.OneArticleJSONResponse{Body: article(a), Headers: gen.OneArticleResponseHeaders{ETag: etag(a.Version)}}
}

func article(a *domain.Article) gen.Article {
	return gen.Article{
		Id: a.ID, Title: a.Title, Text: null(a.Text), Language: null(a.Language), Status: gen.ArticleStatus(a.Status), Type: null(a.Type),
		Questions: list(a.Questions), CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt, Version: a.Version,
	}
}
