package triage

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"sori/domain"
)

// ArticleDraft is a self-help article to be made. Without a status it is a draft.
type ArticleDraft struct {
	Title     string
	Text      string
	Language  string
	Status    domain.ArticleStatus
	Type      string
	Questions []string // other wordings of the question it answers
}

// ArticlePatch changes an article. What is nil stays.
type ArticlePatch struct {
	Title     *string
	Text      *string
	Language  *string
	Status    *domain.ArticleStatus
	Type      *string
	Questions *[]string
}

// Limits of an article, in bytes but for counts.
const (
	maxArticleTitle = 500
	maxArticleText  = 100_000
	maxQuestions    = 100
	maxQuestion     = 2000
)

var articles = domain.Kept[domain.Article]{
	Collection: domain.Articles, Kind: "article", Edition: domain.EditionArticles, Read: domain.ScopeTriageRead, Write: domain.ScopeTriageWrite,
	Head:  func(a *domain.Article) *domain.Doc { return &a.Doc },
	Touch: func(a *domain.Article, now time.Time) { a.UpdatedAt = now },
	View: func(a *domain.Article) map[string]any {
		return map[string]any{
			"title": a.Title, "text": a.Text, "language": a.Language, "status": a.Status, "type": a.Type, "questions": slices.Clone(a.Questions),
		}
	},
	Check: checkArticle,
	Leave: func(ctx context.Context, tx domain.Tx, _ *domain.Article) error {
		return domain.NextEdition(ctx, tx, domain.EditionRemoved)
	},
}

// CreateArticle makes an article. Invalid names every fault. A published one is found at once on this node, within a second on others.
func (s *Service) CreateArticle(ctx context.Context, d ArticleDraft) (*domain.Article, error) {
	if d.Status == "" {
		d.Status = domain.ArticleDraft
	}
	return create(ctx, s, articles, &domain.Article{
		Title: d.Title, Text: d.Text, Language: d.Language, Status: d.Status, Type: d.Type, Questions: d.Questions, CreatedAt: s.Clock(),
	})
}

// EditArticle changes an article. version guards it as everywhere.
func (s *Service) EditArticle(ctx context.Context, id string, version int64, p ArticlePatch) (*domain.Article, error) {
	return edit(ctx, s, articles, id, version, func(a *domain.Article) {
		domain.SetIf(&a.Title, p.Title)
		domain.SetIf(&a.Text, p.Text)
		domain.SetIf(&a.Language, p.Language)
		domain.SetIf(&a.Status, p.Status)
		domain.SetIf(&a.Type, p.Type)
		domain.SetIf(&a.Questions, p.Questions)
	})
}

// DeleteArticle removes an article: it is found no more, at once on this node, within a second on others. What was asked keeps its id. NotFound if there is none.
func (s *Service) DeleteArticle(ctx context.Context, id string) error {
	err := articles.Remove(ctx, s.Store, s.Clock(), id, 0)
	s.forget(articles.Edition)
	return err
}

// GetArticle reads an article.
func (s *Service) GetArticle(ctx context.Context, id string) (*domain.Article, error) {
	return get(ctx, s, domain.Articles, id)
}

// ListArticles gives the articles, the oldest first, of one status if one is named.
func (s *Service) ListArticles(ctx context.Context, status domain.ArticleStatus, req domain.PageRequest) (domain.Page[domain.Article], error) {
	q := domain.Query{Index: "created"}
	if status != "" {
		q = domain.Query{Index: "status", Equal: []any{status}}
	}
	return list(ctx, s, domain.Articles, req, q)
}

func checkArticle(ctx context.Context, r domain.Reader, a *domain.Article) error {
	var f domain.Faults
	if strings.TrimSpace(a.Title) == "" {
		f.Add("title", "required", "is empty")
	}
	domain.CheckText(&f, "title", a.Title, maxArticleTitle)
	domain.CheckText(&f, "text", a.Text, maxArticleText)
	checkLanguage(&f, a.Language)
	if a.Status != domain.ArticleDraft && a.Status != domain.ArticlePublished {
		f.Add("status", "enum", "must be draft or published")
	}
	if len(a.Questions) > maxQuestions {
		f.Add("questions", "maxItems", "are more than %d", maxQuestions)
	}
	for i, q := range a.Questions[:min(len(a.Questions), maxQuestions)] {
		domain.CheckText(&f, "questions."+strconv.Itoa(i), q, maxQuestion)
	}
	if a.Type != "" {
		if err := checkKnownType(ctx, r, &f, "type", a.Type); err != nil {
			return err
		}
	}
	return f.Err()
}
