package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
)

// TrainClassifier begins a training.
func (s *server) TrainClassifier(ctx context.Context, _ gen.TrainClassifierRequestObject) (gen.TrainClassifierResponseObject, error) {
	m, err := s.Triage.Train(ctx)
	if err != nil {
		return nil, err
	}
	return gen.TrainClassifier202JSONResponse(model(m)), nil
}

// ListModels gives a page of the trainings.
func (s *server) ListModels(ctx context.Context, r gen.ListModelsRequestObject) (gen.ListModelsResponseObject, error) {
	page, err := s.Triage.ListModels(ctx, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListModels200JSONResponse{Items: each(page.Items, model), NextCursor: null(page.NextCursor)}, nil
}

// GetModel gives one training.
func (s *server) GetModel(ctx context.Context, r gen.GetModelRequestObject) (gen.GetModelResponseObject, error) {
	m, err := s.Triage.GetModel(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetModel200JSONResponse(model(m)), nil
}

// RollbackModel makes a model the active one again. The use case knows it by its number.
func (s *server) RollbackModel(ctx context.Context, r gen.RollbackModelRequestObject) (gen.RollbackModelResponseObject, error) {
	m, err := s.Triage.GetModel(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	if m, err = s.Triage.Rollback(ctx, m.Number); err != nil {
		return nil, err
	}
	return gen.RollbackModel200JSONResponse(model(m)), nil
}

func model(m *domain.ClassifierModel) gen.Model {
	out := gen.Model{
		Id: m.ID, Number: m.Number, State: string(m.State), Reason: null(m.Reason), Progress: m.Progress, Examples: m.Examples, Types: list(m.Types),
		LeftOut: list(m.LeftOut), CreatedAt: m.CreatedAt, TrainedAt: instant(m.TrainedAt), ActiveAt: instant(m.ActiveAt), Version: m.Version,
	}
	if x := m.Metrics; x != nil {
		out.Metrics = &gen.ModelMetrics{
			HeldBack: x.HeldBack, Accuracy: x.Accuracy, Coverage: x.Coverage, Precision: x.Precision, Seconds: x.Seconds, Bytes: x.Bytes,
		}
	}
	if c := m.Comparison; c != nil {
		out.Comparison = &gen.ModelComparison{With: c.With, Examples: c.Examples, OldRight: c.OldRight, NewRight: c.NewRight, NoWorse: c.NoWorse}
	}
	return out
}
