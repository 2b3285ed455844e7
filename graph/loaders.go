package graph

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vikstrous/dataloadgen"

	"sori/domain"
)

// gather is how long a loader waits for others to ask too.
const gather = time.Millisecond

// loaders read, for one answer, what many rows ask for one by one, in one call. What was read once is not read again, so a mutation has its own.
type loaders struct {
	inquiries    *dataloadgen.Loader[string, *domain.Inquiry]
	interactions *dataloadgen.Loader[string, *domain.Interaction]
	customers    *dataloadgen.Loader[string, *domain.Customer]
	dispatches   *dataloadgen.Loader[string, *domain.Dispatch]     // by interaction
	fetches      *dataloadgen.Loader[string, *domain.MailboxState] // by mailbox

	webhookHealths *dataloadgen.Loader[string, *domain.WebhookHealth] // by webhook

	classifications *dataloadgen.Loader[string, *domain.Classification]  // by inquiry
	activities      *dataloadgen.Loader[string, *domain.InquiryActivity] // by inquiry

	latest *dataloadgen.Loader[latest, domain.Page[domain.Interaction]]

	mu   sync.Mutex
	rows map[string]*row
}

// row is what stands beside an id in a list. The first of them that is asked for brings the others along: waiting until each row's own
// goroutine has asked would make as many calls as the machine is busy.
type row struct {
	ids     []string
	brought map[any]bool // by what they were read as
}

// latest asks for the first page of an inquiry's interactions.
type latest struct {
	inquiryID string
	first     int
}

type loadersKey struct{}

// withLoaders gives an answer its own loaders, made when the first is used: most messages of a subscription need none.
func (h *door) withLoaders(ctx context.Context) context.Context {
	return context.WithValue(ctx, loadersKey{}, sync.OnceValue(h.newLoaders))
}

func (h *door) newLoaders() *loaders {
	options := []dataloadgen.Option{dataloadgen.WithWait(gather), dataloadgen.WithBatchCapacity(domain.MaxLoad)}
	return &loaders{
		rows:         map[string]*row{},
		inquiries:    dataloadgen.NewMappedLoader(h.Desk.GetMany, options...),
		interactions: dataloadgen.NewMappedLoader(h.Desk.InteractionsByID, options...),
		customers:    dataloadgen.NewMappedLoader(h.Contact.GetMany, options...),
		dispatches:   dataloadgen.NewMappedLoader(h.Outbox.GetMany, options...),
		fetches:      dataloadgen.NewMappedLoader(h.Intake.MailboxStates, options...),

		webhookHealths: dataloadgen.NewMappedLoader(h.Hooks.Healths, options...),

		classifications: dataloadgen.NewMappedLoader(h.Triage.GetClassifications, options...),
		activities:      dataloadgen.NewMappedLoader(h.Live.Activities, options...),

		latest: dataloadgen.NewMappedLoader(h.latestInteractions, options...),
	}
}

func loadersFrom(ctx context.Context) *loaders { return ctx.Value(loadersKey{}).(func() *loaders)() }

// freshAfterMutation gives each mutation of an operation its own loaders: it must not show what was read before it.
func (h *door) freshAfterMutation(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	if graphql.GetOperationContext(ctx).Operation.Operation == ast.Mutation {
		ctx = h.withLoaders(ctx)
	}
	return next(ctx)
}

// beside notes that these ids stand in one list, some of them perhaps empty.
func (l *loaders) beside(ids []string) {
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == "" })
	l.mu.Lock()
	defer l.mu.Unlock()
	r := &row{ids: ids, brought: map[any]bool{}}
	for _, id := range ids {
		if l.rows[id] == nil {
			l.rows[id] = r
		}
	}
}

// bring gives the ids beside one, the first time it is asked for any of them to be read as something.
func (l *loaders) bring(id string, as any) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rows[id]
	if r == nil || r.brought[as] {
		return nil
	}
	r.brought[as] = true
	return r.ids
}

// besideInquiries notes what the rows of a list of inquiries may be asked for.
func besideInquiries(ctx context.Context, list []*domain.Inquiry) {
	var ids, customers []string
	for _, q := range list {
		ids, customers = append(ids, q.ID), append(customers, q.CustomerID)
	}
	l := loadersFrom(ctx)
	l.beside(ids)
	l.beside(customers)
}

// besideInteractions notes what the rows of a list of interactions may be asked for.
func besideInteractions(ctx context.Context, list []*domain.Interaction) {
	var ids, inquiries, customers []string
	for _, x := range list {
		ids, inquiries, customers = append(ids, x.ID), append(inquiries, x.InquiryID), append(customers, x.CustomerID)
	}
	l := loadersFrom(ctx)
	l.beside(ids)
	l.beside(inquiries)
	l.beside(customers)
}

// latestInteractions makes one call for each size of page that is asked for, which is one in all but odd queries.
func (h *door) latestInteractions(ctx context.Context, keys []latest) (map[latest]domain.Page[domain.Interaction], error) {
	bySize := map[int][]string{}
	for _, k := range keys {
		bySize[k.first] = append(bySize[k.first], k.inquiryID)
	}
	out := make(map[latest]domain.Page[domain.Interaction], len(keys))
	var rows []*domain.Interaction
	for first, ids := range bySize {
		pages, err := h.Desk.LatestInteractions(ctx, ids, first)
		if err != nil {
			return nil, err
		}
		for id, p := range pages {
			out[latest{id, first}] = p
			rows = append(rows, p.Items...)
		}
	}
	besideInteractions(ctx, rows)
	return out, nil
}

func loadLatest(ctx context.Context, inquiryID string, first int) (domain.Page[domain.Interaction], error) {
	l := loadersFrom(ctx)
	for _, id := range l.bring(inquiryID, first) {
		l.latest.LoadThunk(ctx, latest{id, first})
	}
	return l.latest.Load(ctx, latest{inquiryID, first})
}

// load reads one noun with the others that are asked for at the same time; nil if nobody has the id, or it is empty.
func load[T any](ctx context.Context, l *dataloadgen.Loader[string, *T], id string) (*T, error) {
	if id == "" {
		return nil, nil
	}
	for _, other := range loadersFrom(ctx).bring(id, l) {
		l.LoadThunk(ctx, other)
	}
	v, err := l.Load(ctx, id)
	if errors.Is(err, dataloadgen.ErrNotFound) {
		return nil, nil
	}
	return v, err
}

func loadInquiry(ctx context.Context, id string) (*domain.Inquiry, error) {
	return load(ctx, loadersFrom(ctx).inquiries, id)
}

func loadInteraction(ctx context.Context, id string) (*domain.Interaction, error) {
	return load(ctx, loadersFrom(ctx).interactions, id)
}

func loadCustomer(ctx context.Context, id string) (*domain.Customer, error) {
	return load(ctx, loadersFrom(ctx).customers, id)
}
