package org

import (
	"context"

	"sori/domain"
)

// create stores a new thing, which this node knows at once. Conflict (Rule = max) if there are as many of its kind as there may be.
func create[T any](ctx context.Context, s *Service, k domain.Kept[T], most int, count func(*domain.Directory) int, doc *T) (*T, error) {
	if _, err := domain.Require(ctx, k.Write); err != nil {
		return nil, err
	}
	d, err := s.Directory.Get(ctx)
	if err != nil {
		return nil, err
	}
	if count(d) >= most {
		return nil, full(k.Noun, most)
	}
	out, err := k.Create(ctx, s.Store, s.Clock(), doc)
	s.Directory.Expire()
	return out, err
}

func full(noun string, most int) error {
	return &domain.Error{Code: domain.Conflict, Rule: "max", Message: "there are as many as there may be: " + counted(most, noun)}
}

// edit changes a thing, which this node knows at once.
func edit[T any](ctx context.Context, s *Service, k domain.Kept[T], id string, version int64, apply func(*T)) (*T, error) {
	out, err := k.Edit(ctx, s.Store, s.Clock(), id, version, apply)
	s.Directory.Expire()
	return out, err
}

// remove takes a thing away. Conflict names what still names it.
func remove[T any](ctx context.Context, s *Service, k domain.Kept[T], id string) error {
	err := k.Remove(ctx, s.Store, s.Clock(), id, 0)
	s.Directory.Expire()
	return err
}
