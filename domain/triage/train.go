package triage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"sori/domain"
	"sori/domain/textclass"
)

// JobTrain is the kind of the job that trains the classifier.
const JobTrain = "triage.train"

type trainArgs struct {
	ModelID string `json:"modelId"`
}

// Limits of a training.
const (
	leastExamples   = 2  // of a type, below which it is left out
	leastOutOfScope = 20 // below which the model does not learn to refuse
	trainLease      = 2 * time.Minute
	progressEvery   = 2 * time.Second
)

// Train begins a training in the background and gives the version to be, in the state training. While one is waiting or running it gives that one: there is one at a time.
func (s *Service) Train(ctx context.Context) (*domain.ClassifierModel, error) {
	if _, err := domain.Require(ctx, domain.ScopeTriageWrite); err != nil {
		return nil, err
	}
	var m *domain.ClassifierModel
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		var err error
		if m, err = s.nextModel(ctx, tx); err != nil {
			return err
		}
		job, err := domain.NewJob(JobTrain, trainArgs{m.ID}, m.CreatedAt)
		if err != nil {
			return err
		}
		job.Key = JobTrain
		if err := domain.Jobs.Insert(ctx, tx, job); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, modelEvent(domain.EventModelTraining, m, m.CreatedAt))
	})
	if domain.IsCode(err, domain.Duplicate) {
		return s.modelInTraining(ctx)
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

func (s *Service) nextModel(ctx context.Context, tx domain.Tx) (*domain.ClassifierModel, error) {
	last, err := domain.ClassifierModels.First(ctx, tx, domain.Query{Index: "number", Reverse: true})
	number := int64(1)
	if err == nil {
		number = last.Number + 1
	} else if !domain.IsCode(err, domain.NotFound) {
		return nil, err
	}
	m := &domain.ClassifierModel{Number: number, State: domain.ModelTraining, CreatedAt: s.Clock()}
	return m, domain.ClassifierModels.Insert(ctx, tx, m)
}

func (s *Service) modelInTraining(ctx context.Context) (*domain.ClassifierModel, error) {
	m, err := domain.ClassifierModels.First(ctx, s.Store, domain.Query{Index: "state", Equal: []any{domain.ModelTraining}, Reverse: true})
	if domain.IsCode(err, domain.NotFound) {
		return nil, domain.Errorf(domain.Conflict, "a training has just ended; ask again")
	}
	return m, err
}

// ListModels gives the versions, the newest first.
func (s *Service) ListModels(ctx context.Context, req domain.PageRequest) (domain.Page[domain.ClassifierModel], error) {
	return list(ctx, s, domain.ClassifierModels, req, domain.Query{Index: "number", Reverse: true})
}

// GetModel reads a version by id.
func (s *Service) GetModel(ctx context.Context, id string) (*domain.ClassifierModel, error) {
	return get(ctx, s, domain.ClassifierModels, id)
}

// RunTrain does a job of kind JobTrain: it trains on all examples, sets the new version beside the active one on held-back examples, and makes it active if it is no worse.
func (s *Service) RunTrain(ctx context.Context, job *domain.Job) error {
	var args trainArgs
	if err := json.Unmarshal([]byte(job.Args), &args); err != nil {
		return err
	}
	m, err := domain.ClassifierModels.Get(ctx, s.Store, args.ModelID)
	if err != nil {
		return err
	}
	if m.State != domain.ModelTraining {
		return nil // it was done, and only the job's end was lost
	}
	err = s.trainModel(ctx, job, m.ID)
	if errors.Is(err, textclass.ErrExamples) || err != nil && job.Attempts >= domain.MaxJobAttempts {
		return s.failModel(ctx, m.ID, err)
	}
	return err
}

func (s *Service) trainModel(ctx context.Context, job *domain.Job, modelID string) error {
	ctx, release := s.keepLease(ctx, job)
	defer release()
	set, err := s.trainingSet(ctx)
	if err != nil {
		return err
	}
	trained, seconds, err := s.fit(ctx, modelID, set)
	if err != nil {
		return err
	}
	return s.conclude(ctx, modelID, set, trained, seconds)
}

// keepLease renews the job's lease while it runs, and ends the context when another worker has it. release must be called before the job is finished.
func (s *Service) keepLease(ctx context.Context, job *domain.Job) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(trainLease / 4)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := s.renew(ctx, job); domain.IsCode(err, domain.Stale) || domain.IsCode(err, domain.NotFound) {
					cancel(err)
					return
				}
			}
		}
	})
	return ctx, func() {
		cancel(nil)
		wg.Wait()
	}
}

func (s *Service) renew(ctx context.Context, job *domain.Job) error {
	renewed := *job
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		renewed = *job
		renewed.RunAt = s.Clock().Add(trainLease)
		return domain.Jobs.Replace(ctx, tx, &renewed)
	})
	if err == nil {
		*job = renewed
	}
	return err
}

// trainingSet is what a model learns from.
type trainingSet struct {
	examples   []textclass.Example
	outOfScope []textclass.Example
	types      []string
	leftOut    []string
}

func (t trainingSet) size() int { return len(t.examples) + len(t.outOfScope) }

// trainingSet gathers the examples of active types that have enough of them.
func (s *Service) trainingSet(ctx context.Context) (trainingSet, error) {
	cat, err := s.catalogue(ctx)
	if err != nil {
		return trainingSet{}, err
	}
	all, err := s.loadExamples(ctx, textclass.MaxExamples)
	if err != nil {
		return trainingSet{}, err
	}
	byType := map[string][]textclass.Example{}
	for _, x := range all {
		byType[x.Type] = append(byType[x.Type], textclass.Example{Label: x.Type, Text: x.Text, Language: x.Language})
	}
	var set trainingSet
	if out := byType[domain.NoType]; len(out) >= leastOutOfScope {
		set.outOfScope = out
	}
	for key := range cat.types {
		own := byType[key]
		switch {
		case !cat.activeType(key):
		case len(own) < leastExamples:
			set.leftOut = append(set.leftOut, key)
		default:
			set.types = append(set.types, key)
		}
	}
	slices.Sort(set.types)
	slices.Sort(set.leftOut)
	for _, key := range set.types {
		set.examples = append(set.examples, byType[key]...)
	}
	return set, nil
}

// fit trains, and tells the record of the progress.
func (s *Service) fit(ctx context.Context, modelID string, set trainingSet) (*textclass.Model, float64, error) {
	started, told := time.Now(), time.Now()
	m, err := textclass.Train(ctx, set.examples, textclass.Options{Seed: 1, OutOfScope: set.outOfScope, Progress: func(done float64) {
		if time.Since(told) < progressEvery {
			return
		}
		told = time.Now()
		_ = s.Store.Write(ctx, func(tx domain.Tx) error { // progress is for people to look at; a training does not end for it
			_, err := domain.ClassifierModels.Update(ctx, tx, modelID, func(m *domain.ClassifierModel) error {
				m.Progress = done
				return nil
			})
			return err
		})
	}})
	return m, time.Since(started).Seconds(), err
}

func (s *Service) failModel(ctx context.Context, id string, cause error) error {
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		m, err := domain.ClassifierModels.Update(ctx, tx, id, func(m *domain.ClassifierModel) error {
			m.State, m.Reason = domain.ModelFailed, domain.Clip(cause.Error(), 500)
			return nil
		})
		if err != nil {
			return err
		}
		return domain.Emit(ctx, tx, modelEvent(domain.EventModelFailed, m, s.Clock()))
	})
}

// conclude keeps a trained model, and makes it active if it is no worse than the one that is.
func (s *Service) conclude(ctx context.Context, id string, set trainingSet, trained *textclass.Model, seconds float64) error {
	content, err := trained.MarshalBinary()
	if err != nil {
		return s.failModel(ctx, id, err)
	}
	now := s.Clock()
	blob, err := domain.StageBlob(ctx, s.Store.Blobs(), nil, content, "application/octet-stream", now)
	if err != nil {
		return err
	}
	comparison, err := s.compare(ctx, trained)
	if err != nil {
		return err
	}
	err = s.write(ctx, domain.EditionModel, func(tx domain.Tx) error {
		m, err := domain.ClassifierModels.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		record := *blob
		if err := domain.Blobs.Insert(ctx, tx, &record); err != nil {
			return err
		}
		m.BlobID, m.TrainedAt, m.Progress = blob.ID, &now, 1
		m.Examples, m.Types, m.LeftOut = set.size(), set.types, set.leftOut
		m.Metrics, m.Comparison = metricsOf(trained, seconds, len(content)), comparison
		if comparison != nil && !comparison.NoWorse {
			m.State = domain.ModelRejected
			m.Reason = fmt.Sprintf("version %d gets more held-back examples right: %d to %d of %d", comparison.With, comparison.OldRight, comparison.NewRight, comparison.Examples)
			if err := domain.ClassifierModels.Replace(ctx, tx, m); err != nil {
				return err
			}
			return domain.Emit(ctx, tx, modelEvent(domain.EventModelRejected, m, now))
		}
		return activate(ctx, tx, m, now)
	})
	if err != nil {
		return err
	}
	return s.thinOut(ctx)
}

// keptVersions is how many versions can be gone back to.
const keptVersions = 20

// thinOut removes the contents of old versions; their records stay.
func (s *Service) thinOut(ctx context.Context) error {
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		newest, err := domain.ClassifierModels.Find(ctx, tx, domain.Query{Index: "number", Reverse: true, Limit: 2 * keptVersions})
		if err != nil {
			return err
		}
		for _, m := range newest[min(keptVersions, len(newest)):] {
			if m.BlobID == "" || m.State == domain.ModelActive {
				continue
			}
			if err := domain.Blobs.Delete(ctx, tx, m.BlobID); err != nil {
				return err
			}
			m.BlobID = ""
			if err := domain.ClassifierModels.Replace(ctx, tx, m); err != nil {
				return err
			}
		}
		return nil
	})
}

func metricsOf(m *textclass.Model, seconds float64, bytes int) *domain.ModelMetrics {
	all, promised := m.At("", 0), m.AtThresholds(m.Thresholds(domain.DefaultPromise))
	right := 0
	for _, o := range m.HeldBack() {
		if o.Right() {
			right++
		}
	}
	size := max(1, all.HeldBack)
	return &domain.ModelMetrics{
		HeldBack: all.HeldBack, Accuracy: float64(right) / float64(size), Coverage: float64(promised.Answered) / float64(size), Precision: promised.Precision,
		Seconds: seconds, Bytes: bytes,
	}
}

// compare sets a new model beside the active one; nil if none is.
func (s *Service) compare(ctx context.Context, trained *textclass.Model) (*domain.ModelComparison, error) {
	s.models.expire()
	active, err := s.model(ctx)
	if err != nil || active == nil {
		return nil, err
	}
	c := textclass.Compare(active.Model, trained)
	return &domain.ModelComparison{With: active.number, Examples: c.Examples, OldRight: c.OldRight, NewRight: c.NewRight, NoWorse: c.NoWorse}, nil
}

// activate makes a version the active one, and retires the other.
func activate(ctx context.Context, tx domain.Tx, m *domain.ClassifierModel, now time.Time) error {
	before, err := activeModel(ctx, tx)
	if err != nil {
		return err
	}
	if before != nil && before.ID != m.ID {
		before.State = domain.ModelRetired
		before.Reason = fmt.Sprintf("version %d took its place", m.Number)
		if err := domain.ClassifierModels.Replace(ctx, tx, before); err != nil {
			return err
		}
	}
	m.State, m.Reason, m.ActiveAt = domain.ModelActive, "", &now
	if err := domain.ClassifierModels.Replace(ctx, tx, m); err != nil {
		return err
	}
	return domain.Emit(ctx, tx, modelEvent(domain.EventModelActivated, m, now))
}

// Rollback makes the version of a number active again, whatever came after it. NotFound; Conflict if it was never trained to the end.
func (s *Service) Rollback(ctx context.Context, number int64) (*domain.ClassifierModel, error) {
	if _, err := domain.Require(ctx, domain.ScopeTriageWrite); err != nil {
		return nil, err
	}
	var out *domain.ClassifierModel
	err := s.write(ctx, domain.EditionModel, func(tx domain.Tx) error {
		m, err := domain.ClassifierModels.First(ctx, tx, domain.Query{Index: "number", Equal: []any{number}})
		if err != nil {
			return err
		}
		if m.BlobID == "" {
			return domain.Errorf(domain.Conflict, "version %d is %s, and has nothing to go back to", number, m.State)
		}
		if out = m; m.State == domain.ModelActive {
			return nil
		}
		return activate(ctx, tx, m, s.Clock())
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func modelEvent(verb string, m *domain.ClassifierModel, now time.Time) domain.Event {
	data := map[string]any{"number": m.Number}
	if m.Reason != "" {
		data["reason"] = m.Reason
	}
	return domain.Event{Type: verb, At: now, Subject: domain.Ref{Kind: "model", ID: m.ID}, Data: data}
}
