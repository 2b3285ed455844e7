package routing

import (
	"context"

	"sori/domain"
)

// Accept takes the inquiry that the actor of ctx was offered. Conflict if it is not offered to him, or no longer; NotFound.
func (s *Service) Accept(ctx context.Context, inquiryID string) (*domain.Inquiry, error) {
	return s.answer(ctx, inquiryID, func(sh *sheet, p *domain.Placement, a *domain.Agent) error {
		if p.Offer.Until.Before(sh.now) {
			return domain.Errorf(domain.Conflict, "the offer is over")
		}
		sh.assign(p, a)
		sh.works[a.Key].Missed = 0
		q := sh.inquiries[inquiryID]
		if q.Status != domain.StatusNew {
			return nil
		}
		return q.MoveTo(domain.StatusOpen, sh.now)
	})
}

// Reject gives the inquiry that the actor of ctx was offered back to its queue; for a while it is not offered to him again. Conflict if it is not offered to him; NotFound.
func (s *Service) Reject(ctx context.Context, inquiryID, reason string) (*domain.Inquiry, error) {
	var f domain.Faults
	domain.CheckText(&f, "reason", reason, maxReason)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return s.answer(ctx, inquiryID, func(sh *sheet, p *domain.Placement, a *domain.Agent) error {
		sh.tell(domain.EventInquiryOfferRejected, sh.inquiries[inquiryID], map[string]any{"agent": a.Key, "queue": p.Queue, "reason": reason})
		sh.withdraw(p)
		sh.works[a.Key].Missed = 0
		p.Refuse(a.Key, sh.now.Add(sh.set.settings.RefusalTime()), sh.now)
		sh.place(p)
		return nil
	})
}

// answer is the way of both answers.
func (s *Service) answer(ctx context.Context, inquiryID string, do func(*sheet, *domain.Placement, *domain.Agent) error) (*domain.Inquiry, error) {
	a, set, err := s.self(ctx)
	if err != nil {
		return nil, err
	}
	var out *domain.Inquiry
	err = s.write(ctx, func(tx domain.Tx) error {
		sh, err := read(ctx, tx, set, s.Clock(), []string{inquiryID}, []string{a.Key})
		if err != nil {
			return err
		}
		q, p := sh.inquiries[inquiryID], sh.placements[inquiryID]
		if q == nil {
			return domain.Missing("inquiry", inquiryID)
		}
		if p == nil || p.Offer == nil || p.Offer.Agent != a.Key || q.Assignee != "" || q.StatusCategory != domain.CategoryOpen {
			return domain.Errorf(domain.Conflict, "the inquiry is not offered to you")
		}
		if err := do(sh, p, a); err != nil {
			return err
		}
		out = q
		return sh.write(ctx, tx)
	})
	return out, err
}

// self gives the agent that the actor of ctx is. Conflict if the token's subject is the key of no agent, or of one who has left.
func (s *Service) self(ctx context.Context) (*domain.Agent, *setup, error) {
	who, err := domain.Require(ctx, domain.ScopeInquiryWrite)
	if err != nil {
		return nil, nil, err
	}
	set, err := s.set(ctx)
	if err != nil {
		return nil, nil, err
	}
	a := set.Agent(who.ID)
	if who.Kind != "token" || a == nil || !a.Active {
		return nil, nil, domain.Errorf(domain.Conflict, "the token's subject is no agent")
	}
	return a, set, nil
}
