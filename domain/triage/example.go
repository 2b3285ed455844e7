package triage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"

	"sori/domain"
)

// ExampleDraft is a labelled text. Type is the key of a type, or domain.NoType for a text that fits none.
type ExampleDraft struct {
	Type     string
	Text     string
	Language string
}

// ExampleResult says what became of one draft.
type ExampleResult struct {
	ID     string
	Status ExampleStatus
	Err    error // for ExampleRefused: what was wrong with it
}

// ExampleStatus says what became of a draft.
type ExampleStatus string

// The statuses.
const (
	ExampleCreated    ExampleStatus = "created"
	ExampleDuplicate  ExampleStatus = "duplicate"  // the same wording of the same type was there
	ExampleRelabelled ExampleStatus = "relabelled" // the same wording had another type; now it has this one
	ExampleRefused    ExampleStatus = "refused"
)

const (
	// MaxExampleBatch is how many examples one call takes.
	MaxExampleBatch = 1000
	maxExampleText  = 20_000 // bytes
	exampleChunk    = 200    // of one transaction
)

// AddExamples keeps labelled texts, each with its own result in order: one that is wrong does not keep the others out. The same wording is kept once, so giving the
// same examples again changes nothing. TooLarge past MaxExampleBatch.
func (s *Service) AddExamples(ctx context.Context, drafts []ExampleDraft) ([]ExampleResult, error) {
	if _, err := domain.Require(ctx, domain.ScopeTriageWrite); err != nil {
		return nil, err
	}
	if len(drafts) > MaxExampleBatch {
		return nil, domain.Errorf(domain.TooLarge, "more than %d examples in one call", MaxExampleBatch)
	}
	cat, err := s.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	results := make([]ExampleResult, len(drafts))
	for from := 0; from < len(drafts); from += exampleChunk {
		to := min(len(drafts), from+exampleChunk)
		examples := make([]*domain.Example, to-from)
		for i, d := range drafts[from:to] {
			examples[i], results[from+i] = s.draftedExample(cat, d)
		}
		if err := s.keepExamples(ctx, examples, results[from:to]); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// draftedExample gives the example of a draft, nil with the reason in the result if it is refused.
func (s *Service) draftedExample(cat *catalogue, d ExampleDraft) (*domain.Example, ExampleResult) {
	var f domain.Faults
	if strings.TrimSpace(d.Text) == "" || wordingKey(d.Text) == "" {
		f.Add("text", "required", "has no word in it")
	}
	domain.CheckText(&f, "text", d.Text, maxExampleText)
	checkLanguage(&f, d.Language)
	if d.Type != domain.NoType && cat.types[d.Type] == nil {
		f.Add("type", "known", "there is no type %q", domain.Clip(d.Type, 100))
	}
	if err := f.Err(); err != nil {
		return nil, ExampleResult{Status: ExampleRefused, Err: err}
	}
	x, err := s.newExample(d.Type, d.Text, d.Language, domain.ExampleUploaded)
	if err != nil {
		return nil, ExampleResult{Status: ExampleRefused, Err: err}
	}
	return x, ExampleResult{}
}

func (s *Service) newExample(typeKey, text, language string, source domain.ExampleSource) (*domain.Example, error) {
	masked, _, err := s.Vault.Seal("text", strings.TrimSpace(text))
	if err != nil {
		return nil, err
	}
	now := s.Clock()
	return &domain.Example{
		Type: typeKey, Text: domain.Clip(masked, maxExampleText), Language: languageOf(text, language), Source: source, Key: wordingKey(masked),
		CreatedAt: now, UpdatedAt: now,
	}, nil
}

// keepExamples stores a chunk in one transaction; nil examples are passed over. It is tried again when another writer keeps the same wording at once.
func (s *Service) keepExamples(ctx context.Context, examples []*domain.Example, results []ExampleResult) error {
	const tries = 3
	var err error
	for range tries {
		err = s.Store.Write(ctx, func(tx domain.Tx) error {
			kept := 0
			for i, x := range examples {
				if x == nil {
					continue
				}
				own := *x
				var err error
				if results[i], err = keepExample(ctx, tx, &own); err != nil {
					return err
				}
				if results[i].Status != ExampleDuplicate {
					kept++
				}
			}
			if kept == 0 {
				return nil
			}
			return domain.Emit(ctx, tx, domain.Event{
				Type: domain.EventExamplesAdded, At: s.Clock(), Subject: domain.Ref{Kind: "example", ID: firstID(results)}, Data: map[string]any{"count": kept},
			})
		})
		if !domain.IsCode(err, domain.Duplicate) {
			break
		}
	}
	return err
}

func firstID(results []ExampleResult) string {
	for _, r := range results {
		if r.Status == ExampleCreated || r.Status == ExampleRelabelled {
			return r.ID
		}
	}
	return ""
}

// keepExample stores one example, or gives the wording that is there its new type: what was said last holds.
func keepExample(ctx context.Context, tx domain.Tx, x *domain.Example) (ExampleResult, error) {
	before, err := domain.Examples.First(ctx, tx, domain.Query{Index: "key", Equal: []any{x.Key}})
	if domain.IsCode(err, domain.NotFound) {
		err = domain.Examples.Insert(ctx, tx, x)
		return ExampleResult{ID: x.ID, Status: ExampleCreated}, err
	}
	if err != nil {
		return ExampleResult{}, err
	}
	if before.Type == x.Type {
		return ExampleResult{ID: before.ID, Status: ExampleDuplicate}, nil
	}
	before.Type, before.Source, before.UpdatedAt = x.Type, x.Source, x.UpdatedAt
	return ExampleResult{ID: before.ID, Status: ExampleRelabelled}, domain.Examples.Replace(ctx, tx, before)
}

// ListExamples gives the examples, the newest first, of one type if one is named.
func (s *Service) ListExamples(ctx context.Context, typeKey string, req domain.PageRequest) (domain.Page[domain.Example], error) {
	q := domain.Query{Index: "created", Reverse: true}
	if typeKey != "" {
		q = domain.Query{Index: "type", Equal: []any{typeKey}, Reverse: true}
	}
	return list(ctx, s, domain.Examples, req, q)
}

// DeleteExample removes an example. NotFound if there is none. The model forgets it with the next training.
func (s *Service) DeleteExample(ctx context.Context, id string) error {
	if _, err := domain.Require(ctx, domain.ScopeTriageWrite); err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		x, err := domain.Examples.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := domain.Examples.Delete(ctx, tx, id); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, domain.Event{
			Type: domain.EventExampleDeleted, At: s.Clock(), Subject: domain.Ref{Kind: "example", ID: id}, Data: map[string]any{"type": x.Type},
		})
	})
}

// wordingKey fingerprints a text without case, spacing and punctuation; "" if nothing is left.
func wordingKey(text string) string {
	bare := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
	if bare == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(bare))
	return hex.EncodeToString(sum[:16])
}

// loadExamples reads every example, the newest first, up to the most that a training takes.
func (s *Service) loadExamples(ctx context.Context, most int) ([]*domain.Example, error) {
	const chunk = 2000
	var out []*domain.Example
	q := domain.Query{Index: "created", Reverse: true, Limit: chunk}
	for len(out) < most {
		n := 0
		var last domain.Position
		err := s.Store.Select(ctx, &domain.Examples.Spec, q, func(d domain.Document, at domain.Position) (bool, error) {
			out, last = append(out, d.(*domain.Example)), at
			n++
			return true, nil
		})
		if err != nil || n < chunk {
			return out, err
		}
		q.After = &last
	}
	return out[:most], nil
}

// removeExamples removes the examples that a query finds.
func (s *Service) removeExamples(ctx context.Context, q domain.Query) error {
	for q.Limit = exampleChunk; ; {
		found, err := domain.Examples.Find(ctx, s.Store, q)
		if err != nil || len(found) == 0 {
			return err
		}
		err = s.Store.Write(ctx, func(tx domain.Tx) error {
			for _, x := range found {
				if err := domain.Examples.Delete(ctx, tx, x.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
