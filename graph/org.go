package graph

import (
	"context"

	"sori/domain/org"
	"sori/graph/wire"
)

func (q query) ExportOrg(ctx context.Context) (string, error) {
	document, err := q.Org.Export(ctx)
	return string(document), err
}

// ApplyOrg needs no idempotency key: done again, it does nothing.
func (m mutation) ApplyOrg(ctx context.Context, in wire.ApplyOrgInput) (*org.Plan, error) {
	return m.Org.Apply(ctx, []byte(in.Document), org.ApplyOptions{DryRun: in.DryRun, Prune: in.Prune})
}
