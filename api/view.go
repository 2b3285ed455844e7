package api

import (
	"context"
	"net/http"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/desk"
)

// ListViews gives a page of the views that one sees.
func (s *server) ListViews(ctx context.Context, r gen.ListViewsRequestObject) (gen.ListViewsResponseObject, error) {
	page, err := s.Desk.ListViews(ctx, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListViews200JSONResponse{Items: each(page.Items, view), NextCursor: null(page.NextCursor)}, nil
}

// CreateView saves a filter.
func (s *server) CreateView(ctx context.Context, r gen.CreateViewRequestObject) (gen.CreateViewResponseObject, error) {
	b := r.Body
	v, err := s.Desk.CreateView(ctx, desk.ViewDraft{
		Name: b.Name, Shared: value(b.Shared), Filter: filterDraft(b.Filter), Sort: desk.Sort(value(b.Sort)), Order: value(b.Order),
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateView201JSONResponse{OneViewJSONResponse: oneView(v)}, nil
}

// GetView gives one view.
func (s *server) GetView(ctx context.Context, r gen.GetViewRequestObject) (gen.GetViewResponseObject, error) {
	v, err := s.Desk.GetView(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetView200JSONResponse{OneViewJSONResponse: oneView(v)}, nil
}

// UpdateView changes a view.
func (s *server) UpdateView(ctx context.Context, r gen.UpdateViewRequestObject) (gen.UpdateViewResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	p := desk.ViewPatch{Name: r.Body.Name, Sort: (*desk.Sort)(r.Body.Sort), Order: r.Body.Order}
	if r.Body.Filter != nil {
		f := filterDraft(*r.Body.Filter)
		p.Filter = &f
	}
	v, err := s.Desk.EditView(ctx, r.Id, version, p)
	if err != nil {
		return nil, err
	}
	return gen.UpdateView200JSONResponse{OneViewJSONResponse: oneView(v)}, nil
}

// DeleteView removes a view.
func (s *server) DeleteView(ctx context.Context, r gen.DeleteViewRequestObject) (gen.DeleteViewResponseObject, error) {
	if err := s.Desk.DeleteView(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteView200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

// ListViewInquiries gives a page of the inquiries in a view.
func (s *server) ListViewInquiries(ctx context.Context, r gen.ListViewInquiriesRequestObject) (gen.ListViewInquiriesResponseObject, error) {
	page, err := s.Desk.ViewInquiries(ctx, r.Id, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListViewInquiries200JSONResponse{Items: each(page.Items, inquiry), NextCursor: null(page.NextCursor)}, nil
}

// ListViewCounts counts what is in views.
func (s *server) ListViewCounts(ctx context.Context, r gen.ListViewCountsRequestObject) (gen.ListViewCountsResponseObject, error) {
	counts, err := s.Desk.ViewCounts(ctx, r.Params.Id)
	if err != nil {
		return nil, err
	}
	return gen.ListViewCounts200JSONResponse{Items: each(counts, viewCount)}, nil
}

// StreamViewCounts counts what is in views as it changes.
func (s *server) StreamViewCounts(ctx context.Context, r gen.StreamViewCountsRequestObject) (gen.StreamViewCountsResponseObject, error) {
	x, err := streamShown(ctx, s,
		func(ctx context.Context) (*domain.Shown[desk.ViewCount], error) {
			return s.Desk.WatchViewCounts(ctx, r.Params.Id)
		},
		func(counts []desk.ViewCount) []byte {
			return serverSent("", "views.counted", gen.ViewCountList{Items: each(counts, viewCount)})
		})
	return viewCountStream{x}, err
}

type viewCountStream struct{ shownStream[desk.ViewCount] }

// VisitStreamViewCountsResponse writes counts until the reader goes.
func (x viewCountStream) VisitStreamViewCountsResponse(w http.ResponseWriter) error {
	return x.write(w)
}

func viewCount(c desk.ViewCount) gen.ViewCount {
	return gen.ViewCount{ViewId: c.ViewID, Count: c.Count, Unread: c.Unread, Ready: c.Ready}
}

func oneView(v *domain.View) gen.OneViewJSONResponse {
	return gen.OneViewJSONResponse{Body: view(v), Headers: gen.OneViewResponseHeaders{ETag: etag(v.Version)}}
}

func view(v *domain.View) gen.View {
	return gen.View{
		Id: v.ID, Name: v.Name, Shared: v.Owner == "", Filter: filter(v.Filter), Sort: v.Sort, Order: v.Order, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt, Version: v.Version,
	}
}

func filter(f domain.InquiryFilter) gen.InquiryFilter {
	return gen.InquiryFilter{
		Status: nullAs[gen.Status](f.Status), StatusCategory: nullAs[gen.StatusCategory](f.StatusCategory), Queue: null(f.Queue), Team: null(f.Team),
		Assignee: null(f.Assignee), Type: null(f.Type), Channel: nullAs[gen.Channel](f.Channel), Tier: null(f.Tier), Tag: null(f.Tag), Customer: null(f.Customer),
		Priority: nullAs[gen.Priority](f.Priority), Unread: f.Unread,
	}
}

func filterDraft(f gen.InquiryFilterDraft) domain.InquiryFilter {
	return domain.InquiryFilter{
		Status: domain.Status(value(f.Status)), StatusCategory: domain.StatusCategory(value(f.StatusCategory)), Queue: value(f.Queue), Team: value(f.Team),
		Assignee: value(f.Assignee), Type: value(f.Type), Channel: domain.Channel(value(f.Channel)), Tier: value(f.Tier), Tag: value(f.Tag), Customer: value(f.Customer),
		Priority: domain.Priority(value(f.Priority)), Unread: f.Unread,
	}
}
