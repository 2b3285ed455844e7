package org

import (
	"context"
	"time"

	"sori/domain"
)

// TeamDraft is a team to be made.
type TeamDraft struct {
	Key  string
	Name string
}

// TeamPatch changes a team. What is nil stays. The key never changes.
type TeamPatch struct {
	Name   *string
	Active *bool
}

var teams = domain.Kept[domain.Team]{
	Collection: domain.Teams, Kind: "team", Edition: domain.EditionOrg, Read: domain.ScopeOrgRead, Write: domain.ScopeOrgWrite,
	Head:  func(t *domain.Team) *domain.Doc { return &t.Doc },
	Touch: func(t *domain.Team, now time.Time) { t.UpdatedAt = now },
	View:  func(t *domain.Team) map[string]any { return map[string]any{"name": t.Name, "active": t.Active} },
	Check: func(ctx context.Context, r domain.Reader, t *domain.Team) error {
		c := newChecker(ctx, r)
		c.key(t.Key)
		c.name(&t.Name, t.Key)
		return c.done()
	},
	Leave: func(ctx context.Context, tx domain.Tx, t *domain.Team) error {
		return unnamed(ctx, tx, namesTeam, t.Key)
	},
}

// CreateTeam makes a team. Invalid names every fault; Duplicate (Field = key) if there is one with the key.
func (s *Service) CreateTeam(ctx context.Context, d TeamDraft) (*domain.Team, error) {
	t := &domain.Team{Key: d.Key, Name: d.Name, Active: true, CreatedAt: s.Clock()}
	return create(ctx, s, teams, maxThings, func(d *domain.Directory) int { return len(d.Teams) }, t)
}

// EditTeam changes a team. version guards it as everywhere.
func (s *Service) EditTeam(ctx context.Context, id string, version int64, p TeamPatch) (*domain.Team, error) {
	return edit(ctx, s, teams, id, version, func(t *domain.Team) {
		domain.SetIf(&t.Name, p.Name)
		domain.SetIf(&t.Active, p.Active)
	})
}

// DeleteTeam removes a team. Conflict names what still names it.
func (s *Service) DeleteTeam(ctx context.Context, id string) error { return remove(ctx, s, teams, id) }

// GetTeam reads a team.
func (s *Service) GetTeam(ctx context.Context, id string) (*domain.Team, error) {
	return teams.One(ctx, s.Store, id)
}

// ListTeams gives the teams, the oldest first.
func (s *Service) ListTeams(ctx context.Context, req domain.PageRequest) (domain.Page[domain.Team], error) {
	return teams.List(ctx, s.Store, req, domain.Query{Index: "created"})
}
