package triage

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"sori/domain"
	"sori/domain/faqrank"
)

// HelpAnswer is what the self-help finds.
type HelpAnswer struct {
	AskID    string // for HelpFeedback
	Articles []HelpArticle
}

// HelpArticle is an article found. Score is 0 to 1.
type HelpArticle struct {
	*domain.Article
	Score float64
}

// Limits of a question to the self-help.
const (
	maxAsked      = 2000 // bytes
	defaultShown  = 5
	maxShown      = 20
	maxSearched   = 100  // articles looked at for one answer
	leastScore    = 0.08 // below which an article has hardly a syllable in common with the question
	maxPublished  = 20_000
	learnFrom     = 40 // wordings of articles from which weights are learnt
	helpKeptFor   = 180 * 24 * time.Hour
	refreshMargin = time.Minute // by how much the clocks of two nodes may differ
)

// Ask finds the published articles that answer a question best. It needs no login: the door limits how often it is asked. limit 0 is five, at most twenty.
// Invalid (Field = question) for a question without a word or over 2000 bytes.
func (s *Service) Ask(ctx context.Context, question, language string, limit int) (HelpAnswer, error) {
	var f domain.Faults
	if wordingKey(question) == "" {
		f.Add("question", "required", "has no word in it")
	}
	domain.CheckText(&f, "question", question, maxAsked)
	checkLanguage(&f, language)
	if limit == 0 {
		limit = defaultShown
	}
	if limit < 1 || limit > maxShown {
		f.Add("limit", "range", "must be from 1 to %d", maxShown)
	}
	if err := f.Err(); err != nil {
		return HelpAnswer{}, err
	}
	found, err := s.findArticles(ctx, question, language, limit)
	if err != nil {
		return HelpAnswer{}, err
	}
	masked, _, err := s.Vault.Seal("question", question)
	if err != nil {
		return HelpAnswer{}, err
	}
	ask := &domain.HelpAsk{Question: masked, Language: languageOf(question, language), CreatedAt: s.Clock()}
	for _, a := range found {
		ask.Articles = append(ask.Articles, a.ID)
	}
	ask.ID = domain.HelpAsks.NewID()
	err = s.Store.Write(ctx, func(tx domain.Tx) error {
		own := *ask
		if err := domain.HelpAsks.Insert(ctx, tx, &own); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, helpEvent(domain.EventHelpAsked, ask.ID, ask.CreatedAt, map[string]any{"articles": len(found)}))
	})
	return HelpAnswer{AskID: ask.ID, Articles: found}, err
}

func helpEvent(verb, askID string, now time.Time, data map[string]any) domain.Event {
	return domain.Event{Type: verb, At: now, Subject: domain.Ref{Kind: "help", ID: askID}, Data: data}
}

// findArticles gives the published articles nearest to a text. With a language, those in another language are passed over.
func (s *Service) findArticles(ctx context.Context, text, language string, limit int) ([]HelpArticle, error) {
	set, err := s.published(ctx)
	if err != nil {
		return nil, err
	}
	var out []HelpArticle
	for _, h := range set.index.Search(domain.Clip(text, maxAsked), maxSearched) {
		a := set.byID[h.ID]
		if len(out) == limit || h.Score < leastScore {
			break
		}
		if a == nil || language != "" && a.Language != "" && !sameLanguage(a.Language, language) {
			continue
		}
		out = append(out, HelpArticle{a, h.Score})
	}
	return out, nil
}

func sameLanguage(a, b string) bool {
	a, _, _ = strings.Cut(a, "-")
	b, _, _ = strings.Cut(b, "-")
	return strings.EqualFold(a, b)
}

// Opener opens an inquiry for a customer whom the self-help did not help.
type Opener interface {
	// Open takes the question in as an inquiry. Invalid if the party has no identity.
	Open(ctx context.Context, askID string, from domain.Party, text string) (inquiryID string, err error)
}

// HelpFeedback is what a customer says of an answer: that it helped (and which article), that it did not, or that the question shall become an inquiry.
type HelpFeedback struct {
	Outcome domain.HelpOutcome
	Article string
	From    domain.Party // who asks, for HelpOpened
	Text    string       // more than the question, for HelpOpened
}

// Feedback keeps what a customer says of an answer, and opens the inquiry if he asks for one. It needs no login: the id of the question, which nobody can guess, is
// enough. The first word counts, and may be said again; only "unhelped" may still become an inquiry. NotFound; Invalid; Conflict if it was judged otherwise before.
func (s *Service) Feedback(ctx context.Context, askID string, fb HelpFeedback) (*domain.HelpAsk, error) {
	ask, err := domain.HelpAsks.Get(ctx, s.Store, askID)
	if err != nil {
		return nil, err
	}
	if err := checkFeedback(ask, fb, s.Opener != nil); err != nil {
		return nil, err
	}
	if ask.Outcome == fb.Outcome {
		return ask, nil
	}
	inquiryID := ""
	if fb.Outcome == domain.HelpOpened {
		text := ask.Question
		if extra := strings.TrimSpace(fb.Text); extra != "" {
			text += "\n\n" + extra
		}
		// The inquiry's once-key is the question's id: asked twice, it is opened once.
		if inquiryID, err = s.Opener.Open(ctx, askID, fb.From, text); err != nil {
			return nil, err
		}
	}
	var out *domain.HelpAsk
	err = s.Store.Write(ctx, func(tx domain.Tx) error {
		a, err := domain.HelpAsks.Get(ctx, tx, askID)
		if err != nil {
			return err
		}
		if err := checkFeedback(a, fb, true); err != nil {
			return err
		}
		if out = a; a.Outcome == fb.Outcome {
			return nil
		}
		a.Outcome, a.Article, a.InquiryID = fb.Outcome, fb.Article, inquiryID
		if err := domain.HelpAsks.Replace(ctx, tx, a); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, helpEvent(domain.EventHelpJudged, askID, s.Clock(), map[string]any{
			"outcome": string(fb.Outcome), "article": fb.Article, "inquiryId": inquiryID, "askedAt": a.CreatedAt.Format(time.DateOnly),
		}))
	})
	return out, err
}

func checkFeedback(a *domain.HelpAsk, fb HelpFeedback, canOpen bool) error {
	var f domain.Faults
	if !slices.Contains(domain.HelpOutcomes, fb.Outcome) {
		f.Add("outcome", "enum", "must be helped, unhelped or opened")
	}
	if fb.Article != "" && !slices.Contains(a.Articles, fb.Article) {
		f.Add("article", "known", "was not shown for this question")
	}
	domain.CheckText(&f, "text", fb.Text, maxAsked)
	if err := f.Err(); err != nil {
		return err
	}
	if fb.Outcome == domain.HelpOpened && !canOpen {
		return domain.Errorf(domain.Conflict, "questions cannot become inquiries here")
	}
	if a.Outcome != "" && a.Outcome != fb.Outcome && !(a.Outcome == domain.HelpUnhelped && fb.Outcome == domain.HelpOpened) {
		return domain.Errorf(domain.Conflict, "the answer was judged before: %s", a.Outcome)
	}
	return nil
}

// ListAsks gives the questions asked, the newest first, of one outcome if one is named: what the self-help did not answer is what it lacks.
func (s *Service) ListAsks(ctx context.Context, outcome domain.HelpOutcome, req domain.PageRequest) (domain.Page[domain.HelpAsk], error) {
	q := domain.Query{Index: "created", Reverse: true}
	if outcome != "" {
		q = domain.Query{Index: "outcome", Equal: []any{outcome}, Reverse: true}
	}
	return list(ctx, s, domain.HelpAsks, req, q)
}

// ForgetAsks removes questions that are older than half a year, a batch at a time, and gives how many.
func (s *Service) ForgetAsks(ctx context.Context) (int, error) {
	const batch = 500
	old, err := domain.HelpAsks.Find(ctx, s.Store, domain.Query{Index: "created", To: s.Clock().Add(-helpKeptFor), Limit: batch})
	if err != nil || len(old) == 0 {
		return 0, err
	}
	return len(old), s.Store.Write(ctx, func(tx domain.Tx) error {
		for _, a := range old {
			if err := domain.HelpAsks.Delete(ctx, tx, a.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// articleSet is the published articles as one node keeps them. The index is safe for many; byID is replaced, never changed.
type articleSet struct {
	index *faqrank.Index
	byID  map[string]*domain.Article
}

type articleCache struct {
	mu      sync.Mutex
	current *articleSet
	edition int64
	removed int64 // edition of the removals
	until   time.Time
	seen    time.Time // UpdatedAt of the newest article seen
	weights *faqrank.Weights
	learnt  int  // wordings that the weights were learnt from
	busy    bool // weights are being learnt
}

func (c *articleCache) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = time.Time{}
}

// published gives the published articles, at most half a second old. Only what changed is read.
func (s *Service) published(ctx context.Context) (*articleSet, error) {
	c := &s.articles
	c.mu.Lock()
	defer c.mu.Unlock()
	now := s.Clock()
	if c.current != nil && now.Before(c.until) {
		return c.current, nil
	}
	edition, err := domain.EditionOf(ctx, s.Store, domain.EditionArticles)
	if err != nil {
		return nil, err
	}
	if c.current == nil || edition != c.edition {
		if err := c.refresh(ctx, s.Store); err != nil {
			return nil, err
		}
		c.edition = edition
		c.learnWeights()
	}
	c.until = now.Add(domain.EditionTrust)
	return c.current, nil
}

// refresh reads the articles that changed since the last look, and all of them when one was removed.
func (c *articleCache) refresh(ctx context.Context, r domain.Reader) error {
	removed, err := domain.EditionOf(ctx, r, domain.EditionRemoved)
	if err != nil {
		return err
	}
	q := domain.Query{Index: "updated"}
	next := &articleSet{byID: map[string]*domain.Article{}, index: faqrank.NewIndex(c.weights)}
	var before map[string]*domain.Article
	if c.current != nil {
		before, next.index = c.current.byID, c.current.index
		if removed == c.removed {
			q.From = c.seen.Add(-refreshMargin)
			next.byID = maps.Clone(before)
		}
	}
	changed, err := domain.Articles.Find(ctx, r, q)
	if err != nil {
		return err
	}
	for _, a := range changed {
		if a.UpdatedAt.After(c.seen) {
			c.seen = a.UpdatedAt
		}
		switch {
		case a.Status != domain.ArticlePublished:
			delete(next.byID, a.ID)
		case next.byID[a.ID] != nil || len(next.byID) < maxPublished:
			next.byID[a.ID] = a
		}
	}
	bring(next.index, before, next.byID)
	c.current, c.removed = next, removed
	return nil
}

// bring makes an index that holds some articles hold others.
func bring(index *faqrank.Index, from, to map[string]*domain.Article) {
	for id := range from {
		if to[id] == nil {
			index.Remove(id)
		}
	}
	for id, a := range to {
		if have := from[id]; have == nil || have.Version != a.Version {
			index.Add(faqrank.Article{ID: id, Title: a.Title, Text: a.Text, Questions: a.Questions})
		}
	}
}

// learnWeights learns from the wordings that articles carry what in a question tells, in the background, whenever they have doubled.
func (c *articleCache) learnWeights() {
	var wordings []faqrank.Rewording
	for _, a := range c.current.byID {
		for _, q := range a.Questions {
			wordings = append(wordings, faqrank.Rewording{Question: q, Article: a.Title})
		}
	}
	if c.busy || len(wordings) < max(learnFrom, 2*c.learnt) {
		return
	}
	slices.SortFunc(wordings, func(a, b faqrank.Rewording) int { return strings.Compare(a.Question+a.Article, b.Question+b.Article) })
	c.busy = true
	known := c.current.byID
	go func() {
		weights, err := faqrank.Learn(context.Background(), wordings, 1)
		index := faqrank.NewIndex(weights)
		bring(index, nil, known)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.busy, c.learnt = false, len(wordings)
		if err != nil || weights == nil {
			return
		}
		bring(index, known, c.current.byID)
		c.weights, c.current = weights, &articleSet{index: index, byID: c.current.byID}
	}()
}
