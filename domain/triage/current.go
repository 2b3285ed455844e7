package triage

import (
	"context"
	"errors"
	"sync"
	"time"

	"sori/domain"
	"sori/domain/textclass"
)

// loadedModel is a version of the classifier in memory.
type loadedModel struct {
	number int64
	*textclass.Model

	mu     sync.Mutex
	limits map[float64]textclass.Thresholds // by promise
}

// limitsFor gives the thresholds of a promise. They are computed once.
func (m *loadedModel) limitsFor(promise float64) textclass.Thresholds {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.limits[promise]
	if !ok {
		t = m.Thresholds(promise)
		m.limits[promise] = t
	}
	return t
}

type modelCache struct {
	mu      sync.Mutex
	current *loadedModel // nil before the first training
	edition int64
	until   time.Time
}

func (c *modelCache) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = time.Time{}
}

// model gives the active version, nil before the first training. Another node's activation is seen within half a second.
func (s *Service) model(ctx context.Context) (*loadedModel, error) {
	c := &s.models
	c.mu.Lock()
	defer c.mu.Unlock()
	now := s.Clock()
	if now.Before(c.until) {
		return c.current, nil
	}
	edition, err := domain.EditionOf(ctx, s.Store, domain.EditionModel)
	if err != nil {
		return nil, err
	}
	if edition != c.edition {
		if c.current, err = s.loadActive(ctx, c.current); err != nil {
			return nil, err
		}
		c.edition = edition
	}
	c.until = now.Add(domain.EditionTrust)
	return c.current, nil
}

// loadActive reads the active version, unless it is the one that is there.
func (s *Service) loadActive(ctx context.Context, have *loadedModel) (*loadedModel, error) {
	active, err := activeModel(ctx, s.Store)
	if err != nil || active == nil {
		return nil, err
	}
	if have != nil && have.number == active.Number {
		return have, nil
	}
	m, err := s.loadModel(ctx, active)
	if errors.Is(err, textclass.ErrFormat) {
		s.Log.Error("the active model cannot be read: train again", "number", active.Number, "err", err)
		return nil, nil // people do what it did, until there is a new one
	}
	return m, err
}

// activeModel gives the record of the active version, nil if there is none.
func activeModel(ctx context.Context, r domain.Reader) (*domain.ClassifierModel, error) {
	m, err := domain.ClassifierModels.First(ctx, r, domain.Query{Index: "state", Equal: []any{domain.ModelActive}})
	if domain.IsCode(err, domain.NotFound) {
		return nil, nil
	}
	return m, err
}

func (s *Service) loadModel(ctx context.Context, record *domain.ClassifierModel) (*loadedModel, error) {
	b, err := domain.Blobs.Get(ctx, s.Store, record.BlobID)
	if err != nil {
		return nil, err
	}
	data, err := domain.ReadBlob(ctx, s.Store.Blobs(), nil, b)
	if err != nil {
		return nil, err
	}
	m := &loadedModel{number: record.Number, Model: &textclass.Model{}, limits: map[float64]textclass.Thresholds{}}
	if err := m.UnmarshalBinary(data); err != nil {
		return nil, err
	}
	m.limitsFor(domain.DefaultPromise)
	return m, nil
}
