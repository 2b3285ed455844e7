package triage

import (
	"context"
	"slices"

	"sori/domain"
)

// LearnConsumer is the name under which learning follows the feed.
const LearnConsumer = "triage-learn"

// lesson is what a person's choice says of an inquiry's message.
type lesson struct {
	inquiryID string
	typeKey   string
	source    domain.ExampleSource
	latest    bool // the lesson is on the latest message rather than the first
}

// Learn makes examples of what people choose: the type that they give an inquiry, the template that they answer with. What an erased customer said is forgotten.
// Doing it twice does no harm.
func (s *Service) Learn(ctx context.Context, events []*domain.Event) error {
	cat, err := s.catalogue(ctx)
	if err != nil {
		return err
	}
	var lessons []lesson
	for _, e := range events {
		if err := s.forgetPerson(ctx, e); err != nil {
			return err
		}
		if l, ok := lessonOf(cat, e); ok {
			lessons = append(lessons, l)
		}
	}
	for chunk := range slices.Chunk(lessons, exampleChunk) {
		if err := s.keepLessons(ctx, chunk); err != nil {
			return err
		}
	}
	return nil
}

// forgetPerson removes the examples of whom an event says that he is erased, or of an inquiry that is: one that was his by a merge is another's in its examples, or the other way round.
func (s *Service) forgetPerson(ctx context.Context, e *domain.Event) error {
	if e.Type == domain.EventCustomerErased {
		return s.removeExamples(ctx, domain.Query{Index: "customer", Equal: []any{e.CustomerID}})
	}
	if erased, _ := e.Data["erased"].(bool); erased && e.Type == domain.EventInquiryUpdated {
		return s.removeExamples(ctx, domain.Query{Index: "inquiry", Equal: []any{e.InquiryID}})
	}
	return nil
}

// lessonOf reads a lesson from an event, if there is one in it.
func lessonOf(cat *catalogue, e *domain.Event) (lesson, bool) {
	if e.Actor.Kind == systemKind || e.InquiryID == "" {
		return lesson{}, false
	}
	if e.Type == domain.EventInteractionSent {
		id, _ := e.Data["templateId"].(string)
		t := cat.templates[id]
		return lesson{inquiryID: e.InquiryID, typeKey: typeOfTemplate(t), source: domain.ExampleTemplate, latest: true}, t != nil && cat.types[t.Type] != nil
	}
	_, after, changed := typeChange(e)
	return lesson{inquiryID: e.InquiryID, typeKey: after, source: domain.ExampleAgent}, changed && cat.types[after] != nil
}

// systemKind is the kind of the actor of the program's own work.
var systemKind = domain.System("").Kind

func typeOfTemplate(t *domain.Template) string {
	if t == nil {
		return ""
	}
	return t.Type
}

// typeChange reads from an event what type an inquiry had and has.
func typeChange(e *domain.Event) (before, after string, changed bool) {
	change, ok := e.Data["type"].(map[string]any)
	if !ok || e.Subject.Kind != "inquiry" {
		return "", "", false
	}
	before, _ = change["before"].(string)
	after, _ = change["after"].(string)
	return before, after, before != after
}

func (s *Service) keepLessons(ctx context.Context, lessons []lesson) error {
	var examples []*domain.Example
	for _, l := range lessons {
		x, err := s.lessonMessage(ctx, l)
		if err != nil {
			return err
		}
		if x == nil {
			continue
		}
		q, err := domain.Inquiries.Get(ctx, s.Store, x.InquiryID)
		if domain.IsCode(err, domain.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		text := wording(x, q)
		if wordingKey(text) == "" {
			continue
		}
		example, err := s.newExample(l.typeKey, text, "", l.source)
		if err != nil {
			return err
		}
		example.InquiryID, example.CustomerID = l.inquiryID, x.CustomerID
		examples = append(examples, example)
	}
	return s.keepExamples(ctx, examples, make([]ExampleResult, len(examples)))
}

// lessonMessage gives the customer's message that a lesson is on, nil if it is gone.
func (s *Service) lessonMessage(ctx context.Context, l lesson) (*domain.Interaction, error) {
	if l.latest {
		return s.latestMessage(ctx, l.inquiryID)
	}
	oldest, err := domain.Interactions.Find(ctx, s.Store, domain.Query{Index: "inquiry", Equal: []any{l.inquiryID}, Limit: lookBack})
	i := slices.IndexFunc(oldest, func(x *domain.Interaction) bool { return x.Direction == domain.Inbound && x.Kind == domain.KindMessage })
	if i < 0 {
		return nil, err
	}
	return oldest[i], err
}

// retrainAfter is how many new examples call for a new training.
const retrainAfter = 100

// TrainWhenGrown begins a training when many examples have come since the active version was made, and says whether it did.
func (s *Service) TrainWhenGrown(ctx context.Context) (bool, error) {
	active, err := activeModel(ctx, s.Store)
	if err != nil || active == nil {
		return false, err
	}
	last, err := domain.ClassifierModels.First(ctx, s.Store, domain.Query{Index: "number", Reverse: true})
	if err != nil {
		return false, err
	}
	fresh, err := domain.Examples.Find(ctx, s.Store, domain.Query{Index: "created", From: last.CreatedAt, Limit: retrainAfter})
	if err != nil || len(fresh) < retrainAfter {
		return false, err
	}
	_, err = s.Train(ctx)
	return err == nil, err
}
