package graph

import (
	"context"

	"sori/domain"
	"sori/graph/wire"
)

func (q query) Templates(ctx context.Context, typeKey *string, first *int, after *string) (*wire.TemplateConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Triage.ListTemplates(ctx, value(typeKey), req))
}

func (q query) Template(ctx context.Context, id string) (*domain.Template, error) {
	return q.Triage.GetTemplate(ctx, id)
}

func (q query) PreviewTemplate(ctx context.Context, in wire.PreviewTemplateInput) (*domain.TemplateTexts, error) {
	t, err := q.Triage.PreviewTemplate(ctx, in.TemplateTexts, in.InquiryID)
	return &t, err
}

func (f templateFields) Revisions(ctx context.Context, t *domain.Template, first *int, after *string) (*wire.TemplateRevisionConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(f.Triage.TemplateRevisions(ctx, t.ID, req))
}

func (m mutation) CreateTemplate(ctx context.Context, in wire.CreateTemplateInput) (*wire.Changed, error) {
	return m.once(ctx, "createTemplate", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		t, err := m.Triage.CreateTemplate(ctx, in.Draft())
		return tell(wire.ChangedTemplate, t, err)
	})
}

func (m mutation) UpdateTemplate(ctx context.Context, in wire.UpdateTemplateInput) (*wire.Changed, error) {
	return m.once(ctx, "updateTemplate", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		t, err := m.Triage.EditTemplate(ctx, in.ID, in.Version, in.Patch())
		return tell(wire.ChangedTemplate, t, err)
	})
}

// Template gives the standard answer that a mutation changed.
func (f changedFields) Template(ctx context.Context, c *wire.Changed) (*domain.Template, error) {
	return changedNoun(ctx, c, f.Triage.GetTemplate)
}
