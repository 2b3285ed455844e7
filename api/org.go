package api

import (
	"context"
	"net/http"
	"strconv"

	"sori/api/gen"
	"sori/domain/org"
)

// ApplyOrg makes the organisation what a document says.
func (s *server) ApplyOrg(ctx context.Context, r gen.ApplyOrgRequestObject) (gen.ApplyOrgResponseObject, error) {
	document, err := wholeBody(r.Body)
	if err != nil {
		return nil, err
	}
	plan, err := s.Org.Apply(ctx, document, org.ApplyOptions{DryRun: value(r.Params.DryRun), Prune: value(r.Params.Prune)})
	if err != nil {
		return nil, err
	}
	return gen.ApplyOrg200JSONResponse{
		Steps: each(plan.Steps, orgPlanStep), Created: plan.Created, Updated: plan.Updated, Removed: plan.Removed, Unchanged: plan.Unchanged, Applied: plan.Applied,
	}, nil
}

func orgPlanStep(x org.PlanStep) gen.OrgPlanStep {
	return gen.OrgPlanStep{Action: gen.PlanAction(x.Action), Kind: x.Kind, Key: x.Key, Fields: list(x.Fields)}
}

// ExportOrg gives the organisation as a document.
func (s *server) ExportOrg(ctx context.Context, _ gen.ExportOrgRequestObject) (gen.ExportOrgResponseObject, error) {
	document, err := s.Org.Export(ctx)
	if err != nil {
		return nil, err
	}
	return orgDocument(document), nil
}

// orgDocument answers with the organisation as YAML (RFC 9512).
type orgDocument []byte

// VisitExportOrgResponse implements gen.ExportOrgResponseObject.
func (d orgDocument) VisitExportOrgResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/yaml")
	w.Header().Set("Content-Disposition", `attachment; filename="organisation.yaml"`)
	w.Header().Set("Content-Length", strconv.Itoa(len(d)))
	_, err := w.Write(d)
	return err
}
