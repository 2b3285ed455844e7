package graph

import (
	"context"
	"errors"
	"time"

	"sori/domain"
	"sori/domain/triage"
	"sori/graph/generated"
	"sori/graph/wire"
)

func (q query) Examples(ctx context.Context, typeKey *string, first *int, after *string) (*wire.ExampleConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Triage.ListExamples(ctx, value(typeKey), req))
}

func (q query) ClassifierModels(ctx context.Context, first *int, after *string) (*wire.ClassifierModelConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Triage.ListModels(ctx, req))
}

func (q query) ClassifierModel(ctx context.Context, id string) (*domain.ClassifierModel, error) {
	return q.Triage.GetModel(ctx, id)
}

func (q query) TriageSettings(ctx context.Context) (*domain.TriageSettings, error) {
	return q.Triage.Settings(ctx)
}

func (q query) TriageReport(ctx context.Context, from, to *time.Time, typeKey *string) (*triage.Report, error) {
	return q.Triage.Report(ctx, triage.ReportRequest{From: value(from), To: value(to), Type: value(typeKey)})
}

func (q query) Classify(ctx context.Context, in triage.ClassifyInput) (*triage.Verdict, error) {
	v, err := q.Triage.Classify(ctx, in)
	return &v, err
}

func (inquiryFields) Classification(ctx context.Context, q *domain.Inquiry) (*domain.Classification, error) {
	return load(ctx, loadersFrom(ctx).classifications, q.ID)
}

func (f inquiryFields) Suggestions(ctx context.Context, q *domain.Inquiry) ([]*triage.Suggestion, error) {
	found, err := f.Triage.Suggestions(ctx, q.ID)
	return pointers(found), err
}

// Score gives nil for what has no score.
func (suggestionFields) Score(_ context.Context, s *triage.Suggestion) (*float64, error) {
	if s.Kind != triage.SuggestType && s.Kind != triage.SuggestArticle {
		return nil, nil
	}
	return &s.Score, nil
}

// Faults gives what was wrong with a refused example.
func (exampleResultFields) Faults(_ context.Context, r *triage.ExampleResult) ([]*domain.Fault, error) {
	var own *domain.Error
	if !errors.As(r.Err, &own) {
		return []*domain.Fault{}, nil
	}
	return pointers(own.AllFaults()), nil
}

func (m mutation) AddExamples(ctx context.Context, in wire.AddExamplesInput) (*generated.AddExamplesPayload, error) {
	results, err := m.Triage.AddExamples(ctx, in.Examples)
	return &generated.AddExamplesPayload{Results: pointers(results)}, err
}

func (m mutation) DeleteExample(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteExample", in, m.Triage.DeleteExample)
}

func (m mutation) TrainClassifier(ctx context.Context, in wire.TrainClassifierInput) (*wire.Changed, error) {
	return m.once(ctx, "trainClassifier", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		model, err := m.Triage.Train(ctx)
		return tell(wire.ChangedModel, model, err)
	})
}

// RollbackClassifier names the model by its id, as everywhere; the use case knows it by its number.
func (m mutation) RollbackClassifier(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.once(ctx, "rollbackClassifier", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		model, err := m.Triage.GetModel(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		model, err = m.Triage.Rollback(ctx, model.Number)
		return tell(wire.ChangedModel, model, err)
	})
}

func (m mutation) UpdateTriageSettings(ctx context.Context, in wire.UpdateTriageSettingsInput) (*wire.Changed, error) {
	return m.once(ctx, "updateTriageSettings", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		s, err := m.Triage.EditSettings(ctx, in.Version, in.SettingsPatch)
		return tell(wire.ChangedSettings, s, err)
	})
}

// Model gives the training that a mutation began, or the one that it made active.
func (f changedFields) Model(ctx context.Context, c *wire.Changed) (*domain.ClassifierModel, error) {
	return changedNoun(ctx, c, f.Triage.GetModel)
}

// TriageSettings gives the settings that a mutation changed.
func (f changedFields) TriageSettings(ctx context.Context, c *wire.Changed) (*domain.TriageSettings, error) {
	return changedNoun(ctx, c, func(ctx context.Context, _ string) (*domain.TriageSettings, error) { return f.Triage.Settings(ctx) })
}
