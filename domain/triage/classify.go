package triage

import (
	"context"
	"strings"
	"unicode"

	"sori/domain"
)

// ClassifyInput is a text to be told the type of.
type ClassifyInput struct {
	Text     string
	Subject  string
	Language string // BCP 47; found by the script if empty
}

// Verdict is what the classifier makes of a text.
type Verdict struct {
	Type         string  // key of the likeliest type; empty before the first training
	Confidence   float64 // that it is right, 0 to 1
	InScope      bool
	Decision     domain.Decision
	Template     string // id of what would be sent or is suggested first; empty if there is none
	Alternatives []domain.TypeGuess
	Model        int64 // number of the version; 0 before the first training
}

const maxClassified = 1 << 20 // bytes

// Classify tells the type of a text, how sure that is, and what would be done with it. Before the first training the type is empty.
// Invalid if there is no text.
func (s *Service) Classify(ctx context.Context, in ClassifyInput) (Verdict, error) {
	if _, err := domain.Require(ctx, domain.ScopeTriageRead); err != nil {
		return Verdict{}, err
	}
	var f domain.Faults
	if strings.TrimSpace(in.Text) == "" && strings.TrimSpace(in.Subject) == "" {
		f.Add("text", "required", "is empty")
	}
	domain.CheckText(&f, "text", in.Text, maxClassified)
	domain.CheckText(&f, "subject", in.Subject, maxClassified)
	checkLanguage(&f, in.Language)
	if err := f.Err(); err != nil {
		return Verdict{}, err
	}
	return s.verdict(ctx, in.Subject, in.Text, languageOf(in.Text, in.Language))
}

func (s *Service) verdict(ctx context.Context, subject, text, language string) (Verdict, error) {
	cat, err := s.catalogue(ctx)
	if err != nil {
		return Verdict{}, err
	}
	m, err := s.model(ctx)
	if err != nil {
		return Verdict{}, err
	}
	return judge(cat, m, whole(subject, text), language), nil
}

// judge classifies a text by one state of things.
func judge(cat *catalogue, m *loadedModel, text, language string) Verdict {
	v := Verdict{Decision: domain.DecideRoute}
	if m == nil {
		return v
	}
	r := m.Classify(text, language)
	v.Model, v.InScope = m.number, r.InScope
	for _, a := range r.Alternatives {
		if cat.activeType(a.Label) {
			v.Alternatives = append(v.Alternatives, domain.TypeGuess{Type: a.Label, Confidence: a.Confidence})
		}
	}
	if len(v.Alternatives) == 0 {
		return v
	}
	v.Type, v.Confidence = v.Alternatives[0].Type, v.Alternatives[0].Confidence
	if !v.InScope {
		return v
	}
	v.Decision = domain.DecideSuggest
	fits := cat.fitting(v.Type, language)
	if len(fits) > 0 {
		v.Template = fits[0].ID
	}
	// The likeliest label of all must be this type: where that one is no longer active, the second best was never promised.
	if t := cat.automatic(v.Type, language); t != nil && r.Label == v.Type && v.Confidence >= threshold(cat.types[v.Type].Threshold, v.Type, m) {
		v.Decision, v.Template = domain.DecideAnswer, t.ID
	}
	return v
}

// neverSure is a threshold that no confidence reaches.
const neverSure = 2

// threshold gives the confidence from which a type is answered without a person.
func threshold(t domain.TypeThreshold, key string, m *loadedModel) float64 {
	switch t.Mode {
	case domain.ThresholdManual:
		return t.Value
	case domain.ThresholdPromise:
		return m.limitsFor(t.Promise).For(key).Value
	}
	return neverSure
}

// whole joins subject and text as they are classified. A subject that the text begins with says nothing more.
func whole(subject, text string) string {
	subject = plainSubject(subject)
	if subject == "" || strings.HasPrefix(strings.TrimSpace(text), subject) {
		return text
	}
	if strings.TrimSpace(text) == "" {
		return subject
	}
	return subject + "\n" + text
}

// plainSubject takes off what mail programs put before a subject.
func plainSubject(s string) string {
	for {
		s = strings.TrimSpace(s)
		cut := false
		for _, prefix := range []string{"re:", "fw:", "fwd:", "회신:", "답장:", "전달:"} {
			if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
				s, cut = s[len(prefix):], true
			}
		}
		if !cut {
			return s
		}
	}
}

// languageOf gives the language of a text by its script where that is plain, else the hint.
func languageOf(text, hint string) string {
	hangul, latin := 0, 0
	for i, r := range text {
		if i > 4000 {
			break
		}
		switch {
		case unicode.Is(unicode.Hangul, r):
			hangul++
		case unicode.Is(unicode.Latin, r):
			latin++
		}
	}
	switch {
	case hangul > 0 && hangul*8 >= latin: // Korean is written with English words in it, not the other way round
		if speaks(hint, "ko") {
			return hint
		}
		return "ko"
	case latin > 0 && (hint == "" || speaks(hint, "ko")):
		return "en"
	}
	return hint
}
