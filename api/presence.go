package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
)

// ListPresences gives a page of who is there.
func (s *server) ListPresences(ctx context.Context, r gen.ListPresencesRequestObject) (gen.ListPresencesResponseObject, error) {
	page, err := s.Routing.Presences(ctx, domain.PresenceState(value(r.Params.State)), request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListPresences200JSONResponse{Items: each(page.Items, presence), NextCursor: null(page.NextCursor)}, nil
}

// GetPresence gives what an agent is doing.
func (s *server) GetPresence(ctx context.Context, r gen.GetPresenceRequestObject) (gen.GetPresenceResponseObject, error) {
	p, err := s.Routing.Presence(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetPresence200JSONResponse(presence(p)), nil
}

// SetPresence says what an agent is doing.
func (s *server) SetPresence(ctx context.Context, r gen.SetPresenceRequestObject) (gen.SetPresenceResponseObject, error) {
	p, err := s.Routing.SetPresence(ctx, r.Id, domain.PresenceState(r.Body.State), value(r.Body.Reason))
	if err != nil {
		return nil, err
	}
	return gen.SetPresence200JSONResponse(presence(p)), nil
}

// Heartbeat says that an agent's client is alive.
func (s *server) Heartbeat(ctx context.Context, r gen.HeartbeatRequestObject) (gen.HeartbeatResponseObject, error) {
	p, err := s.Routing.Heartbeat(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.Heartbeat200JSONResponse(presence(p)), nil
}

func presence(p *domain.Presence) gen.Presence {
	return gen.Presence{
		AgentId: p.AgentID(), Agent: p.Agent, State: gen.PresenceState(p.State), Reason: null(p.Reason), Since: p.Since, Until: instant(p.Until),
		HeartbeatAt: p.HeartbeatAt, ExpiresAt: instant(p.ExpiresAt),
	}
}
