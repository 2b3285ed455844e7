package org

import (
	"context"
	"slices"
	"strings"

	"sori/domain"
)

// Identity is who one is.
type Identity struct {
	domain.Actor
	Agent *domain.Agent // nil if one is no agent
}

// Me gives the actor of ctx, with the agent that it is. Unauthenticated if there is none. It takes no scope: all may know themselves.
func (s *Service) Me(ctx context.Context) (*Identity, error) {
	a := domain.ActorFrom(ctx)
	if a.Kind == "" {
		return nil, domain.Errorf(domain.Unauthenticated, "a token is needed")
	}
	me := &Identity{Actor: a}
	if a.Kind != actorToken {
		return me, nil
	}
	d, err := s.Directory.Get(ctx)
	if err != nil {
		return nil, err
	}
	me.Agent = d.Agent(a.ID)
	return me, nil
}

// actorToken is the kind of actors that come by a token, whose id is its subject.
const actorToken = "token"

// Admit judges the bearer of a token that holds. Unauthenticated if it is an agent who has left, or if the token names no role and its subject is no agent. Who names no
// role gets that of the agent, with the agent's scopes; scope, the token's claim, may choose among them. It costs no read of the store.
func (s *Service) Admit(ctx context.Context, a domain.Actor, scope string) (domain.Actor, error) {
	d, err := s.Directory.Get(ctx)
	if err != nil {
		return domain.Actor{}, err
	}
	agent := d.Agent(a.ID)
	switch {
	case agent != nil && !agent.Active:
		return domain.Actor{}, domain.Errorf(domain.Unauthenticated, "the token is of an agent who has left")
	case a.Role != "":
		return a, nil
	case agent == nil:
		return domain.Actor{}, domain.Errorf(domain.Unauthenticated, "the token has no role, and its subject is no agent")
	}
	a.Role, a.Scopes = agent.Role, chosen(AgentScopes(agent), scope)
	return a, nil
}

// chosen gives those of the scopes that a claim names; all where there is no claim.
func chosen(scopes []domain.Scope, claim string) []domain.Scope {
	names := strings.Fields(claim)
	if len(names) == 0 {
		return scopes
	}
	return slices.DeleteFunc(slices.Clone(scopes), func(s domain.Scope) bool { return !slices.Contains(names, string(s)) })
}
