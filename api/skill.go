package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/org"
)

// ListSkills gives a page of the skills.
func (s *server) ListSkills(ctx context.Context, r gen.ListSkillsRequestObject) (gen.ListSkillsResponseObject, error) {
	page, err := s.Org.ListSkills(ctx, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListSkills200JSONResponse{Items: each(page.Items, skill), NextCursor: null(page.NextCursor)}, nil
}

// CreateSkill makes a skill.
func (s *server) CreateSkill(ctx context.Context, r gen.CreateSkillRequestObject) (gen.CreateSkillResponseObject, error) {
	b := r.Body
	x, err := s.Org.CreateSkill(ctx, org.SkillDraft{
		Key: b.Key, Name: value(b.Name),
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateSkill201JSONResponse{OneSkillJSONResponse: oneSkill(x)}, nil
}

// GetSkill gives one skill.
func (s *server) GetSkill(ctx context.Context, r gen.GetSkillRequestObject) (gen.GetSkillResponseObject, error) {
	x, err := s.Org.GetSkill(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetSkill200JSONResponse{OneSkillJSONResponse: oneSkill(x)}, nil
}

// UpdateSkill changes a skill.
func (s *server) UpdateSkill(ctx context.Context, r gen.UpdateSkillRequestObject) (gen.UpdateSkillResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	x, err := s.Org.EditSkill(ctx, r.Id, version, org.SkillPatch{
		Name: b.Name,
	})
	if err != nil {
		return nil, err
	}
	return gen.UpdateSkill200JSONResponse{OneSkillJSONResponse: oneSkill(x)}, nil
}

// DeleteSkill removes a skill.
func (s *server) DeleteSkill(ctx context.Context, r gen.DeleteSkillRequestObject) (gen.DeleteSkillResponseObject, error) {
	if err := s.Org.DeleteSkill(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteSkill200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

func oneSkill(x *domain.Skill) gen.OneSkillJSONResponse {
	return gen.OneSkillJSONResponse{Body: skill(x), Headers: gen.OneSkillResponseHeaders{ETag: etag(x.Version)}}
}

func skill(x *domain.Skill) gen.Skill {
	return gen.Skill{
		Id: x.ID, Key: x.Key, Name: x.Name,
		CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt, Version: x.Version,
	}
}
