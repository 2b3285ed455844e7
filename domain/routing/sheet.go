package routing

import (
	"context"
	"reflect"
	"slices"
	"time"

	"sori/domain"
)

// sheet is what one transaction works on: it is read at once, changed in memory, and what differs is written at its end.
type sheet struct {
	set        *setup
	now        time.Time
	inquiries  map[string]*domain.Inquiry   // by id
	placements map[string]*domain.Placement // by the inquiry's id
	works      map[string]*domain.Workload  // by the agent's key
	events     []domain.Event

	beforeInquiries  map[string]domain.Inquiry
	beforePlacements map[string]domain.Placement
	beforeWorks      map[string]domain.Workload
}

// read fills a sheet with some inquiries, their placements, and the workloads of agents by key; those whom nobody knows are left out.
func read(ctx context.Context, r domain.Reader, set *setup, now time.Time, inquiryIDs, agents []string) (*sheet, error) {
	sh := &sheet{
		set: set, now: now, placements: map[string]*domain.Placement{}, works: map[string]*domain.Workload{},
		beforeInquiries: map[string]domain.Inquiry{}, beforePlacements: map[string]domain.Placement{}, beforeWorks: map[string]domain.Workload{},
	}
	var err error
	if sh.inquiries, err = domain.Inquiries.GetMany(ctx, r, inquiryIDs); err != nil {
		return nil, err
	}
	for id, q := range sh.inquiries {
		sh.beforeInquiries[id] = *q
	}
	ids := make([]string, len(inquiryIDs))
	for i, id := range inquiryIDs {
		ids[i] = domain.PlacementID(id)
	}
	placements, err := domain.Placements.GetMany(ctx, r, ids)
	if err != nil {
		return nil, err
	}
	for _, p := range placements {
		sh.placements[p.InquiryID], sh.beforePlacements[p.InquiryID] = p, *p
	}
	return sh, sh.readWorks(ctx, r, agents)
}

func (sh *sheet) readWorks(ctx context.Context, r domain.Reader, agents []string) error {
	var ids []string
	for _, key := range agents {
		if a := sh.set.Agent(key); a != nil && sh.works[key] == nil {
			ids = append(ids, domain.WorkloadID(a.ID))
		}
	}
	works, err := domain.Workloads.GetMany(ctx, r, domain.Distinct(ids))
	if err != nil {
		return err
	}
	for _, w := range works {
		sh.works[w.Agent], sh.beforeWorks[w.Agent] = w, *w
	}
	for _, key := range agents {
		if a := sh.set.Agent(key); a != nil && sh.works[key] == nil {
			sh.works[key] = &domain.Workload{Doc: domain.Doc{ID: domain.WorkloadID(a.ID)}, Agent: key}
		}
	}
	return nil
}

// write stores what differs. Workloads that lost something go before those that won something: an inquiry is never in two.
func (sh *sheet) write(ctx context.Context, tx domain.Tx) error {
	if err := sh.writeWorks(ctx, tx); err != nil {
		return err
	}
	for id, before := range sh.beforePlacements {
		if sh.placements[id] == nil {
			if err := domain.Placements.Delete(ctx, tx, before.ID); err != nil {
				return err
			}
		}
	}
	for _, id := range sorted(sh.placements) {
		p := sh.placements[id]
		before, known := sh.beforePlacements[id]
		if err := store(ctx, tx, domain.Placements, p, known, known && reflect.DeepEqual(before, *p)); err != nil {
			return err
		}
	}
	for _, id := range sorted(sh.inquiries) {
		if q := sh.inquiries[id]; !sameToRouting(sh.beforeInquiries[id], *q) {
			q.UpdatedAt = sh.now
			if err := sh.set.clocks.Tick(ctx, tx, q, sh.now); err != nil {
				return err
			}
			if err := domain.Inquiries.Replace(ctx, tx, q); err != nil {
				return err
			}
		}
	}
	for _, e := range sh.events {
		if err := domain.Emit(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

func sameToRouting(a, b domain.Inquiry) bool {
	return a.Queue == b.Queue && a.Assignee == b.Assignee && a.Status == b.Status
}

func (sh *sheet) writeWorks(ctx context.Context, tx domain.Tx) error {
	keys := sorted(sh.works)
	slices.SortStableFunc(keys, func(a, b string) int {
		return yesFirst(len(sh.works[a].Items) < len(sh.beforeWorks[a].Items), len(sh.works[b].Items) < len(sh.beforeWorks[b].Items))
	})
	for _, key := range keys {
		w := sh.works[key]
		before, known := sh.beforeWorks[key]
		same := known && reflect.DeepEqual(before, *w) || !known && len(w.Items) == 0
		if err := store(ctx, tx, domain.Workloads, w, known, same); err != nil {
			return err
		}
	}
	return nil
}

func store[T any](ctx context.Context, tx domain.Tx, c *domain.Collection[T], doc *T, known, same bool) error {
	switch {
	case same:
		return nil
	case known:
		return c.Replace(ctx, tx, doc)
	}
	return c.Insert(ctx, tx, doc)
}

// tell notes an event of an inquiry.
func (sh *sheet) tell(verb string, q *domain.Inquiry, data map[string]any) {
	sh.events = append(sh.events, domain.InquiryEvent(verb, q, sh.now, data))
}

// change gives an event's data for one field.
func change(field, before, after string) map[string]any {
	return map[string]any{field: map[string]any{"before": before, "after": after}}
}

// fresh reports whether a waiting inquiry can still be given to an agent: nobody was faster.
func (sh *sheet) fresh(inquiryID string, a *domain.Agent) bool {
	p, q := sh.placements[inquiryID], sh.inquiries[inquiryID]
	return p != nil && q != nil && p.State == domain.PlacementWaiting && q.StatusCategory == domain.CategoryOpen && q.Assignee == "" &&
		sh.set.suits(a, p, sh.now) && sh.set.fits(sh.works[a.Key], a, p)
}

// offer asks an agent to take an inquiry until a time.
func (sh *sheet) offer(p *domain.Placement, a *domain.Agent, q *domain.Queue) {
	until := sh.now.Add(seconds(q.OfferSeconds))
	item := sh.set.item(p, a, sh.now)
	item.State, item.Until = domain.WorkOffered, &until
	w := sh.works[a.Key]
	idle := w.IdleSince // an offer is no work yet
	w.Put(item, sh.now)
	w.IdleSince = idle
	p.State, p.Offer, p.NextAt = domain.PlacementOffered, &domain.Offer{Agent: a.Key, At: sh.now, Until: until}, &until
	sh.tell(domain.EventInquiryOffered, sh.inquiries[p.InquiryID], map[string]any{"agent": a.Key, "queue": p.Queue, "until": until})
}

// withdraw ends an offer without an answer to it.
func (sh *sheet) withdraw(p *domain.Placement) {
	if p.Offer == nil {
		return
	}
	if w := sh.works[p.Offer.Agent]; w != nil {
		if x := w.Item(p.InquiryID); x != nil && x.State == domain.WorkOffered {
			idle := w.IdleSince
			w.Drop(p.InquiryID, sh.now)
			w.IdleSince = idle
		}
	}
	p.State, p.Offer = domain.PlacementWaiting, nil
}

// assign gives an inquiry to an agent. The placement ends.
func (sh *sheet) assign(p *domain.Placement, a *domain.Agent) {
	q := sh.inquiries[p.InquiryID]
	sh.withdraw(p)
	sh.works[a.Key].Put(sh.set.item(p, a, sh.now), sh.now)
	delete(sh.placements, p.InquiryID)
	data := change("assignee", q.Assignee, a.Key)
	data["queue"], data["route"], data["waitedSeconds"] = p.Queue, p.Route, int(sh.now.Sub(p.Since)/time.Second)
	q.Assignee = a.Key
	sh.tell(domain.EventInquiryAssigned, q, data)
}

// unassign takes an inquiry from its agent, and says why.
func (sh *sheet) unassign(q *domain.Inquiry, reason string) {
	data := change("assignee", q.Assignee, "")
	data["agent"], data["reason"] = q.Assignee, reason
	q.Assignee = ""
	sh.tell(domain.EventInquiryReturned, q, data)
}

// place settles a placement, and brings the inquiry to the queue that it waits in.
func (sh *sheet) place(p *domain.Placement) {
	if p.State == domain.PlacementOffered {
		return // the answer comes first
	}
	sh.set.settle(p, sh.now)
	q := sh.inquiries[p.InquiryID]
	if q.Queue == p.Queue {
		return
	}
	data := change("queue", q.Queue, p.Queue)
	data["route"], data["step"] = p.Route, p.Step
	q.Queue = p.Queue
	sh.tell(domain.EventInquiryAssigned, q, data)
}

// newPlacement is the wait of an inquiry that began at a time.
func newPlacement(q *domain.Inquiry, since time.Time) *domain.Placement {
	p := &domain.Placement{Doc: domain.Doc{ID: domain.PlacementID(q.ID)}, InquiryID: q.ID, State: domain.PlacementWaiting, Since: since}
	return p
}

// regard takes over from the inquiry what decides its way. A queue that routing has not put it into was chosen by a rule or a person.
func regard(p *domain.Placement, q *domain.Inquiry) {
	if q.Queue != p.Queue {
		p.Home = q.Queue
	}
	p.CustomerID, p.Type, p.Tier, p.Channel, p.Account, p.Language = q.CustomerID, q.Type, q.Tier, q.Channel, q.Account, q.Language
	p.Tags, p.Urgency, p.Chosen = q.Tags, q.Priority, q.Team
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
