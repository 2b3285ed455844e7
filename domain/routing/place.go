package routing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"sori/domain"
)

// Consumer is the name under which routing follows the feed.
const Consumer = "routing"

const (
	placeChunk = 64
	// holdMost is how long an inquiry waits for triage. Whoever runs triage takes seconds; what fails there must not keep a customer from people.
	holdMost = 30 * time.Second
)

// touch is what a batch of events says of one inquiry. Where the inquiry stands is read anew, so that a batch that is shown twice does no harm.
type touch struct {
	inquiryID string
	former    []string  // agents who had it
	wrote     time.Time // when the customer last wrote what triage judges
	returned  time.Time // when it came back, if it did: the customer wrote, or its time has come
	busy      []string  // subjects who did something on it
	answered  string    // who answered the customer last
}

// Follow brings placements and workloads to where the events leave their inquiries, and takes work back from agents who are gone.
func (s *Service) Follow(ctx context.Context, events []*domain.Event) error {
	ctx = domain.WithActor(ctx, actor)
	if slices.ContainsFunc(events, reviews) {
		s.org.Expire()
		if err := s.callReview(ctx); err != nil {
			return err
		}
	}
	set, err := s.set(ctx)
	if err != nil {
		return err
	}
	if !set.staffed {
		return nil
	}
	for chunk := range slices.Chunk(touches(events), placeChunk) {
		if err := s.placeAll(ctx, set, chunk); err != nil {
			return err
		}
	}
	for _, e := range events {
		if err := s.followAgent(ctx, set, e); err != nil {
			return err
		}
	}
	return nil
}

// touches gathers the events of each inquiry, in the order of the first.
func touches(events []*domain.Event) []*touch {
	byID := map[string]*touch{}
	var out []*touch
	for _, e := range events {
		if e.InquiryID == "" || e.Actor == actor.Ref() || !concerns(e.Type) {
			continue
		}
		t := byID[e.InquiryID]
		if t == nil {
			t = &touch{inquiryID: e.InquiryID}
			byID[e.InquiryID], out = t, append(out, t)
		}
		t.note(e)
	}
	return out
}

func concerns(verb string) bool {
	switch verb {
	case domain.EventInteractionReceived, domain.EventInteractionSent, domain.EventNoteAdded:
		return true
	}
	return strings.HasPrefix(verb, "inquiry.")
}

func (t *touch) note(e *domain.Event) {
	before, after := changeOf(e, "assignee")
	if before != "" && before != after {
		t.former = append(t.former, before)
	}
	if e.Actor.Kind == "token" {
		t.busy = append(t.busy, e.Actor.ID)
	}
	switch e.Type {
	case domain.EventInteractionReceived:
		t.returned = e.At
		if kind, _ := e.Data["kind"].(string); kind == string(domain.KindMessage) || kind == "" {
			t.wrote = e.At
		}
	case domain.EventInteractionSent:
		if e.Actor.Kind == "token" {
			t.answered = e.Actor.ID
		}
	}
	if was, _ := changeOf(e, "status"); was == string(domain.StatusSnoozed) {
		t.returned = e.At
	}
}

// changeOf gives what a field of an event's data was and is.
func changeOf(e *domain.Event, field string) (before, after string) {
	c, _ := e.Data[field].(map[string]any)
	text := func(v any) string {
		if v == nil {
			return ""
		}
		return fmt.Sprint(v)
	}
	return text(c["before"]), text(c["after"])
}

// placeAll places a chunk of inquiries in one transaction. Where that fails, each is tried by itself, and one that fails then is left to a job, so that it holds up no other.
func (s *Service) placeAll(ctx context.Context, set *setup, chunk []*touch) error {
	err := s.placeChunk(ctx, set, chunk)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if len(chunk) > 1 {
		for _, t := range chunk {
			if err := s.placeAll(ctx, set, []*touch{t}); err != nil {
				return err
			}
		}
		return nil
	}
	switch domain.CodeOf(err) {
	case domain.Unavailable, domain.Stale, domain.Conflict: // it is not the inquiry that fails
		return err
	case domain.Duplicate:
		err = s.placeHeld(ctx, set, chunk[0], err)
	}
	if err == nil {
		return nil
	}
	return s.placeLater(ctx, chunk[0], err)
}

// placeHeld places an inquiry that an agent has of whom no event told in routing's time.
func (s *Service) placeHeld(ctx context.Context, set *setup, t *touch, failed error) error {
	holder, err := domain.Workloads.First(ctx, s.Store, domain.Query{Index: "inquiry", Equal: []any{t.inquiryID}})
	if err != nil {
		return failed
	}
	t.former = append(t.former, holder.Agent)
	return s.placeChunk(ctx, set, []*touch{t})
}

func (s *Service) placeChunk(ctx context.Context, set *setup, chunk []*touch) error {
	decides := false
	if s.Triage != nil {
		var err error
		if decides, err = s.Triage.Decides(ctx); err != nil {
			return err
		}
	}
	return s.write(ctx, func(tx domain.Tx) error {
		b, err := s.readBatch(ctx, tx, set, chunk, decides)
		if err != nil {
			return err
		}
		for _, t := range chunk {
			b.reconcile(t)
		}
		if err := b.writeAcquaintances(ctx, tx); err != nil {
			return err
		}
		return b.write(ctx, tx)
	})
}

// batch is a sheet with what else decides where inquiries stand.
type batch struct {
	*sheet
	judged    map[string]*domain.Classification // by the inquiry's id; nil if nothing is triaged
	presences map[string]*domain.Presence       // of agents whose inquiries came back, by key
	known     map[string]*domain.Acquaintance   // by the customer's id
	met       []string                          // customers whose acquaintance changed
	decides   bool
}

func (s *Service) readBatch(ctx context.Context, tx domain.Tx, set *setup, chunk []*touch, decides bool) (*batch, error) {
	ids := make([]string, len(chunk))
	for i, t := range chunk {
		ids[i] = t.inquiryID
	}
	sh, err := read(ctx, tx, set, s.Clock(), ids, nil)
	if err != nil {
		return nil, err
	}
	b := &batch{sheet: sh, decides: decides}
	if err := sh.readWorks(ctx, tx, b.agentsOf(chunk)); err != nil {
		return nil, err
	}
	for _, read := range []func(context.Context, domain.Tx, []*touch) error{b.readJudged, b.readPresences, b.readKnown} {
		if err := read(ctx, tx, chunk); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// agentsOf gives the agents whose workloads may change.
func (b *batch) agentsOf(chunk []*touch) (out []string) {
	for _, t := range chunk {
		out = append(out, t.former...)
		if q := b.inquiries[t.inquiryID]; q != nil && q.Assignee != "" {
			out = append(out, q.Assignee)
		}
		if p := b.placements[t.inquiryID]; p != nil && p.Offer != nil {
			out = append(out, p.Offer.Agent)
		}
	}
	return domain.Distinct(out)
}

func (b *batch) readJudged(ctx context.Context, tx domain.Tx, chunk []*touch) error {
	b.judged = map[string]*domain.Classification{}
	if !b.decides {
		return nil
	}
	var ids []string
	for _, t := range chunk {
		if q := b.inquiries[t.inquiryID]; q != nil && q.StatusCategory == domain.CategoryOpen && q.Assignee == "" {
			ids = append(ids, domain.ClassificationID(t.inquiryID))
		}
	}
	found, err := domain.Classifications.GetMany(ctx, tx, ids)
	for _, c := range found {
		b.judged[c.InquiryID] = c
	}
	return err
}

func (b *batch) readPresences(ctx context.Context, tx domain.Tx, chunk []*touch) error {
	b.presences = map[string]*domain.Presence{}
	var ids []string
	for _, t := range chunk {
		if q := b.inquiries[t.inquiryID]; !t.returned.IsZero() && q != nil && b.set.Agent(q.Assignee) != nil {
			ids = append(ids, domain.PresenceID(b.set.Agent(q.Assignee).ID))
		}
	}
	found, err := domain.Presences.GetMany(ctx, tx, domain.Distinct(ids))
	for _, p := range found {
		b.presences[p.Agent] = p
	}
	return err
}

func (b *batch) readKnown(ctx context.Context, tx domain.Tx, chunk []*touch) error {
	b.known = map[string]*domain.Acquaintance{}
	if !b.set.knows {
		return nil
	}
	byID := map[string]string{}
	var ids []string
	for _, t := range chunk {
		if q := b.inquiries[t.inquiryID]; q != nil {
			id := domain.AcquaintanceID(q.CustomerID)
			ids, byID[id] = append(ids, id), q.CustomerID
		}
	}
	found, err := domain.Acquaintances.GetMany(ctx, tx, domain.Distinct(ids))
	for id, a := range found {
		b.known[byID[id]] = a
	}
	return err
}

// meet remembers who dealt with a customer.
func (b *batch) meet(customerID, agent string) {
	a := b.set.Agent(agent)
	if a == nil || !b.set.knows {
		return
	}
	k := b.known[customerID]
	if k == nil {
		k = &domain.Acquaintance{Doc: domain.Doc{ID: domain.AcquaintanceID(customerID)}}
		b.known[customerID] = k
	}
	if k.Agent != agent {
		k.Agent, k.At = agent, b.now
		b.met = append(b.met, customerID)
	}
}

func (b *batch) writeAcquaintances(ctx context.Context, tx domain.Tx) error {
	for _, customerID := range domain.Distinct(b.met) {
		k := b.known[customerID]
		if err := store(ctx, tx, domain.Acquaintances, k, k.Version > 0, false); err != nil {
			return err
		}
	}
	return nil
}

// reconcile brings one inquiry's placement and workload to where the inquiry stands.
func (b *batch) reconcile(t *touch) {
	q, p := b.inquiries[t.inquiryID], b.placements[t.inquiryID]
	for _, agent := range t.former {
		if w := b.works[agent]; w != nil && (q == nil || q.Assignee != agent) && (p == nil || p.Offer == nil || p.Offer.Agent != agent) {
			w.Drop(t.inquiryID, b.now)
		}
	}
	if q == nil {
		delete(b.placements, t.inquiryID)
		return
	}
	if t.answered != "" {
		b.meet(q.CustomerID, t.answered)
	}
	switch {
	case q.StatusCategory != domain.CategoryOpen:
		b.rest(q, p)
	case q.Assignee != "" && b.keep(t, q, p):
	default:
		b.await(t, q, p)
	}
}

// rest ends the wait of an inquiry that needs nobody now, and frees its agent.
func (b *batch) rest(q *domain.Inquiry, p *domain.Placement) {
	if p != nil {
		b.withdraw(p)
		delete(b.placements, q.ID)
	}
	if w := b.works[q.Assignee]; w != nil {
		w.Drop(q.ID, b.now)
	}
}

// keep counts an inquiry among its agent's work. It reports whether the agent keeps it: one that comes back to an agent who is gone is routed anew.
func (b *batch) keep(t *touch, q *domain.Inquiry, p *domain.Placement) bool {
	a := b.set.Agent(q.Assignee)
	if a == nil {
		delete(b.placements, q.ID) // somebody who is no agent has it
		return true
	}
	w := b.works[a.Key]
	x := w.Item(q.ID)
	if x == nil && (!a.Active || t.cameBack(q) && !b.set.settings.KeepAgent && !b.presences[a.Key].There()) {
		reason := "away"
		if !a.Active {
			reason = "left"
		}
		b.unassign(q, reason)
		return false
	}
	own := p
	if p == nil {
		own = newPlacement(q, b.now)
		regard(own, q)
		own.Queue = q.Queue
	} else {
		b.withdraw(p)
		delete(b.placements, q.ID)
		x = w.Item(q.ID)
	}
	if x == nil {
		w.Put(b.set.item(own, a, b.now), b.now)
		x = w.Item(q.ID)
	}
	if !x.Begun && slices.Contains(t.busy, a.Key) || x.Tier != q.Tier {
		w.Items = slices.Clone(w.Items) // what was read stays as it was, to be compared with
		x = w.Item(q.ID)
		x.Begun, x.Tier = x.Begun || slices.Contains(t.busy, a.Key), q.Tier
	}
	return true
}

// cameBack tells whether an inquiry came back to the agent who has it. Whoever was given it since has it whether he is there or not: people decide.
func (t *touch) cameBack(q *domain.Inquiry) bool {
	return !t.returned.IsZero() && (q.AssignedAt == nil || t.returned.After(*q.AssignedAt))
}

// await lets an open inquiry that nobody has wait for an agent.
func (b *batch) await(t *touch, q *domain.Inquiry, p *domain.Placement) {
	if p == nil {
		since := b.now
		if q.Status == domain.StatusNew {
			since = q.CreatedAt
		}
		p = newPlacement(q, since)
		b.placements[q.ID] = p
		if b.undecided(t, q) {
			p.State, p.NextAt = domain.PlacementHeld, domain.InstantPtr(b.now.Add(holdMost))
		}
		for _, agent := range t.former {
			if slices.Contains(t.busy, agent) { // who passed it on does not want it back
				p.Refuse(agent, b.now.Add(b.set.settings.RefusalTime()), b.now)
			}
		}
	}
	if p.Offer != nil && p.Queue != q.Queue {
		b.withdraw(p) // somebody has put it elsewhere
	}
	regard(p, q)
	if k := b.known[q.CustomerID]; k != nil {
		p.Known = k.Agent
	}
	if p.State == domain.PlacementHeld && !b.undecided(t, q) {
		p.State = domain.PlacementWaiting
	}
	if p.State == domain.PlacementHeld {
		p.StepAt = p.Since
		return
	}
	b.place(p)
}

// undecided tells whether triage may still answer what the customer last wrote.
func (b *batch) undecided(t *touch, q *domain.Inquiry) bool {
	if !b.decides {
		return false
	}
	wrote := t.wrote
	if p, known := b.beforePlacements[q.ID]; known && p.State == domain.PlacementHeld && wrote.Before(p.Since) {
		wrote = p.Since
	}
	if wrote.IsZero() {
		return false
	}
	c := b.judged[q.ID]
	return (c == nil || c.At.Before(wrote)) && b.now.Before(wrote.Add(holdMost))
}
