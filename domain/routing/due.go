package routing

import (
	"context"
	"time"

	"sori/domain"
)

// sweepBatch is how many documents that are due are looked at in one transaction.
const sweepBatch = 200

// SettleDue looks at the placements whose time has come: offers that were let pass, steps that are over, inquiries that triage has left alone. It gives how many.
func (s *Service) SettleDue(ctx context.Context) (int, error) {
	set, err := s.set(ctx)
	if err != nil {
		return 0, err
	}
	now := s.Clock()
	due, err := domain.Placements.Find(ctx, s.Store, domain.Query{Index: "due", From: time.UnixMilli(1), To: now.Add(time.Millisecond), Limit: sweepBatch})
	if err != nil || len(due) == 0 {
		return 0, err
	}
	var ids, agents []string
	for _, p := range due {
		ids = append(ids, p.InquiryID)
		if p.Offer != nil {
			agents = append(agents, p.Offer.Agent)
		}
	}
	err = s.write(ctx, func(tx domain.Tx) error {
		sh, err := read(ctx, tx, set, now, ids, domain.Distinct(agents))
		if err != nil {
			return err
		}
		var missing []string
		for _, id := range ids {
			if agent := sh.settleDue(id); agent != "" {
				missing = append(missing, agent)
			}
		}
		if err := sh.sendAway(ctx, tx, domain.Distinct(missing)); err != nil {
			return err
		}
		return sh.write(ctx, tx)
	})
	return len(due), err
}

// settleDue looks at one placement, and names the agent who has let too many offers pass.
func (sh *sheet) settleDue(inquiryID string) (agent string) {
	p, q := sh.placements[inquiryID], sh.inquiries[inquiryID]
	switch {
	case p == nil || p.NextAt == nil || p.NextAt.After(sh.now):
		return "" // something happened in the meantime
	case q == nil:
		delete(sh.placements, inquiryID)
		return ""
	}
	if p.State == domain.PlacementHeld {
		p.State = domain.PlacementWaiting
	}
	if p.State == domain.PlacementOffered {
		if sh.works[p.Offer.Agent] == nil && sh.set.Agent(p.Offer.Agent) != nil {
			return "" // it is another offer than the one that was due
		}
		agent = sh.miss(p, q)
	}
	sh.place(p)
	return agent
}

// miss ends an offer that was let pass.
func (sh *sheet) miss(p *domain.Placement, q *domain.Inquiry) (away string) {
	agent := p.Offer.Agent
	sh.tell(domain.EventInquiryOfferExpired, q, map[string]any{"agent": agent, "queue": p.Queue})
	sh.withdraw(p)
	p.Refuse(agent, sh.now.Add(sh.set.settings.RefusalTime()), sh.now)
	w := sh.works[agent]
	if w == nil {
		return ""
	}
	w.Missed++
	if most := sh.set.settings.MissedOffers; most > 0 && w.Missed >= most {
		w.Missed = 0
		return agent
	}
	return ""
}

// sendAway makes agents who do not answer away, so that they are asked no more.
func (sh *sheet) sendAway(ctx context.Context, tx domain.Tx, agents []string) error {
	for _, key := range agents {
		a := sh.set.Agent(key)
		p, err := domain.Presences.Get(ctx, tx, domain.PresenceID(a.ID))
		if domain.IsCode(err, domain.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if p.State != domain.PresenceOnline {
			continue
		}
		before, heard := p.State, p.HeartbeatAt
		p.Enter(domain.PresenceAway, domain.ReasonUnanswered, 0, sh.now)
		p.HeartbeatAt, p.ExpiresAt = heard, domain.InstantPtr(heard.Add(domain.PresenceTimeout)) // nothing was heard
		if err := domain.Presences.Replace(ctx, tx, p); err != nil {
			return err
		}
		if err := domain.Emit(ctx, tx, presenceEvent(a.ID, p, before, sh.now)); err != nil {
			return err
		}
	}
	return nil
}
