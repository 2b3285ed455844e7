package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"sori/domain"
)

// ViewDraft is a view to be made.
type ViewDraft struct {
	Name   string
	Shared bool // everybody's; else the actor's own
	Filter Filter
	Sort   Sort
	Order  int
}

// ViewPatch changes a view. What is nil stays.
type ViewPatch struct {
	Name   *string
	Filter *Filter
	Sort   *Sort
	Order  *int
}

// ViewCount is how many inquiries are in a view, as the actor sees it.
type ViewCount struct {
	ViewID string
	Count  int64
	Unread int64
	Ready  bool // false while the inquiries that were there before the view are still being counted
}

const maxViews = 500

var views = domain.Kept[domain.View]{
	Collection: domain.Views, Kind: "view", Edition: domain.EditionViews, Read: domain.ScopeInquiryRead, Write: domain.ScopeInquiryRead,
	Head:  func(v *domain.View) *domain.Doc { return &v.Doc },
	Touch: func(v *domain.View, now time.Time) { v.UpdatedAt = now },
	View: func(v *domain.View) map[string]any {
		return map[string]any{"name": v.Name, "filter": v.Filter, "sort": v.Sort, "order": v.Order}
	},
	Private: func(v *domain.View) bool { return !v.Shared() },
	Check:   checkView,
	Also:    beginTally,
	Leave:   endTally,
}

func checkView(_ context.Context, _ domain.Reader, v *domain.View) error {
	var f domain.Faults
	checkName(&f, v.Name)
	if _, err := categoriesOf(v.Filter); err != nil {
		f.AddError("filter", err)
	}
	if p := v.Filter.Priority; p != "" && !slices.Contains(domain.Priorities, p) {
		f.Add("filter.priority", "enum", "there is no priority %q", domain.Clip(string(p), 40))
	}
	if _, ok := sortIndex[Sort(v.Sort)]; !ok {
		f.Add("sort", "enum", "must be %s, %s or %s", SortLast, SortCreated, SortDue)
	}
	for field, text := range map[string]string{
		"queue": v.Filter.Queue, "team": v.Filter.Team, "assignee": v.Filter.Assignee, "type": v.Filter.Type, "tier": v.Filter.Tier, "tag": v.Filter.Tag,
		"customer": v.Filter.Customer, "channel": string(v.Filter.Channel),
	} {
		domain.CheckText(&f, "filter."+field, text, maxKey)
	}
	return f.Err()
}

// mayChange tells whether the actor may change a view: its own, or everybody's with the scope org:write.
func mayChange(ctx context.Context, v *domain.View) error {
	actor, err := domain.Require(ctx, domain.ScopeInquiryRead)
	if err != nil {
		return err
	}
	if v.Owner == "" {
		_, err := domain.Require(ctx, domain.ScopeOrgWrite)
		return err
	}
	if v.Owner != actor.ID {
		return domain.Missing("view", v.ID)
	}
	return nil
}

// CreateView saves a filter. A shared view takes the scope org:write. Invalid names every fault; Conflict past 500 views.
func (s *Service) CreateView(ctx context.Context, d ViewDraft) (*domain.View, error) {
	v := &domain.View{Name: d.Name, Filter: d.Filter, Sort: string(d.Sort), Order: d.Order, Generation: 1, CreatedAt: s.Clock()}
	if v.Sort == "" {
		v.Sort = string(SortLast)
	}
	if !d.Shared {
		v.Owner = domain.ActorFrom(ctx).ID
	}
	if err := mayChange(ctx, v); err != nil {
		return nil, err
	}
	set, err := s.views.Get(ctx)
	if err != nil {
		return nil, err
	}
	if len(set.all) >= maxViews {
		return nil, domain.Errorf(domain.Conflict, "there are as many views as there may be")
	}
	defer s.views.Expire()
	return views.Create(ctx, s.Store, s.Clock(), v)
}

// EditView changes a view. A changed filter is counted anew.
func (s *Service) EditView(ctx context.Context, id string, version int64, p ViewPatch) (*domain.View, error) {
	if err := s.ownView(ctx, id); err != nil {
		return nil, err
	}
	defer s.views.Expire()
	return views.Edit(ctx, s.Store, s.Clock(), id, version, func(v *domain.View) {
		domain.SetIf(&v.Name, p.Name)
		domain.SetIf(&v.Order, p.Order)
		if p.Sort != nil {
			v.Sort = string(*p.Sort)
		}
		if p.Filter != nil && !sameFilter(*p.Filter, v.Filter) {
			v.Filter, v.Generation = *p.Filter, v.Generation+1
		}
	})
}

// DeleteView removes a view.
func (s *Service) DeleteView(ctx context.Context, id string) error {
	if err := s.ownView(ctx, id); err != nil {
		return err
	}
	defer s.views.Expire()
	return views.Remove(ctx, s.Store, s.Clock(), id, 0)
}

func (s *Service) ownView(ctx context.Context, id string) error {
	v, err := s.GetView(ctx, id)
	if err != nil {
		return err
	}
	return mayChange(ctx, v)
}

// GetView reads a view: the actor's own, or everybody's.
func (s *Service) GetView(ctx context.Context, id string) (*domain.View, error) {
	v, err := views.One(ctx, s.Store, id)
	if err != nil {
		return nil, err
	}
	if v.Owner != "" && v.Owner != domain.ActorFrom(ctx).ID {
		return nil, domain.Missing("view", id)
	}
	return v, nil
}

// ListViews gives everybody's views and the actor's own, each in their order.
func (s *Service) ListViews(ctx context.Context, req domain.PageRequest) (domain.Page[domain.View], error) {
	actor, err := domain.Require(ctx, domain.ScopeInquiryRead)
	if err != nil {
		return domain.Page[domain.View]{}, err
	}
	return domain.Views.Page(ctx, s.Store, req, "", nil,
		domain.Query{Index: "owner", Equal: []any{nil}}, domain.Query{Index: "owner", Equal: []any{actor.ID}})
}

// ViewInquiries gives a page of the inquiries in a view.
func (s *Service) ViewInquiries(ctx context.Context, id string, req domain.PageRequest) (domain.Page[domain.Inquiry], error) {
	v, err := s.GetView(ctx, id)
	if err != nil {
		return domain.Page[domain.Inquiry]{}, err
	}
	return s.List(ctx, v.Filter, Sort(v.Sort), req)
}

// ViewCounts gives the counts of views, in the order asked for: two reads, however many inquiries there are. Views that are not the actor's to see are NotFound;
// Invalid (Field = ids) for more than domain.MaxLimit.
func (s *Service) ViewCounts(ctx context.Context, ids []string) ([]ViewCount, error) {
	visible, err := s.visible(ctx, ids)
	if err != nil {
		return nil, err
	}
	return s.counts(ctx, visible)
}

// visible gives views as the actor sees them.
func (s *Service) visible(ctx context.Context, ids []string) ([]seen, error) {
	actor, err := domain.Require(ctx, domain.ScopeInquiryRead)
	if err != nil {
		return nil, err
	}
	if len(ids) > domain.MaxLimit {
		return nil, domain.InvalidField("ids", "maxItems", "are more than %d", domain.MaxLimit)
	}
	found, err := domain.Views.GetMany(ctx, s.Store, ids)
	if err != nil {
		return nil, err
	}
	out := make([]seen, len(ids))
	for i, id := range ids {
		v := found[id]
		if v == nil || v.Owner != "" && v.Owner != actor.ID {
			return nil, domain.Missing("view", id)
		}
		out[i] = seen{v, actor.ID}
	}
	return out, nil
}

// seen is a view as somebody sees it.
type seen struct {
	view *domain.View
	by   string // subject
}

// counts reads the counts of views, in their order.
func (s *Service) counts(ctx context.Context, visible []seen) ([]ViewCount, error) {
	keys := make([]string, 0, 2*len(visible))
	for _, x := range visible {
		keys = append(keys, tallyID(x.view, x.by), builtID(x.view))
	}
	tallies, err := domain.ViewTallies.GetMany(ctx, s.Store, keys)
	if err != nil {
		return nil, err
	}
	out := make([]ViewCount, len(visible))
	for i, x := range visible {
		out[i] = ViewCount{ViewID: x.view.ID, Ready: tallies[keys[2*i+1]] != nil}
		if t := tallies[keys[2*i]]; t != nil {
			out[i].Count, out[i].Unread = t.Count, t.Unread
		}
	}
	return out, nil
}

// WatchViewCounts gives the counts of views now, and whenever one differs, until ctx ends or a view is removed. It follows a view whose filter is changed. It fails as
// ViewCounts; Invalid (Field = ids) for none, too.
func (s *Service) WatchViewCounts(ctx context.Context, ids []string) (*domain.Shown[ViewCount], error) {
	if len(ids) == 0 {
		return nil, domain.InvalidField("ids", "minItems", "are none")
	}
	visible, err := s.visible(ctx, ids)
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(visible))
	for i, x := range visible {
		keys[i] = x.view.ID + countedFor + x.by
	}
	return s.board.Watch(ctx, keys)
}

const countedFor = "|" // stands, in a key of the board, between a view and who looks

// readBoard reads the counts of views as different people see them.
func (s *Service) readBoard(ctx context.Context, keys []string) (map[string]ViewCount, error) {
	ids := make([]string, len(keys))
	for i, key := range keys {
		ids[i], _, _ = strings.Cut(key, countedFor)
	}
	found, err := domain.Views.GetMany(ctx, s.Store, domain.Distinct(ids))
	if err != nil {
		return nil, err
	}
	var there []seen
	var known []string
	for i, key := range keys {
		if v := found[ids[i]]; v != nil {
			_, by, _ := strings.Cut(key, countedFor)
			there, known = append(there, seen{v, by}), append(known, key)
		}
	}
	counts, err := s.counts(ctx, there)
	out := make(map[string]ViewCount, len(counts))
	for i, c := range counts {
		out[known[i]] = c
	}
	return out, err
}

func sameFilter(a, b Filter) bool {
	if (a.Unread == nil) != (b.Unread == nil) || a.Unread != nil && *a.Unread != *b.Unread {
		return false
	}
	a.Unread, b.Unread = nil, nil
	return a == b
}
