package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"

	"sori/domain"
)

// subprotocol is the protocol spoken over WebSocket:
// https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
const subprotocol = "graphql-transport-ws"

// closeForbidden is that protocol's close code for a connection that is not let in.
const closeForbidden = 4403

const (
	initTimeout  = 10 * time.Second
	pingInterval = 25 * time.Second
	writeTimeout = 10 * time.Second // a reader that takes longer for one message is cut off
)

// connection is what a WebSocket's operations share.
type connection struct {
	bearer string // "" if the actor came with the upgrade itself
	active atomic.Int64
}

type connectionKey struct{}

func connectionFrom(ctx context.Context) *connection {
	c, _ := ctx.Value(connectionKey{}).(*connection)
	return c
}

func (h *door) websocket() transport.Websocket {
	limit := h.Limits.Message
	return transport.Websocket{
		Implementation:   sockets{origins: h.Limits.Origins},
		InitFunc:         h.connect,
		InitTimeout:      initTimeout,
		PingPongInterval: pingInterval,
		PayloadReadLimit: &limit,
	}
}

// connect lets a WebSocket in by the token in connection_init, or by the one of the upgrade. The context that goes back with an error tells
// the library how to close.
func (h *door) connect(ctx context.Context, payload transport.InitPayload) (context.Context, *transport.InitPayload, error) {
	c := &connection{bearer: bearerOf(payload.Authorization())}
	actor, err := h.actorOf(ctx, c)
	if err != nil {
		shown := h.present(ctx, err)
		return transport.WithWebsocketCloseCode(transport.AppendCloseReason(ctx, "Forbidden"), closeForbidden), nil, errors.New(shown.Message)
	}
	return context.WithValue(domain.WithActor(ctx, actor), connectionKey{}, c), nil, nil
}

func (h *door) actorOf(ctx context.Context, c *connection) (domain.Actor, error) {
	if c.bearer != "" && h.Authenticate != nil {
		return h.Authenticate(ctx, c.bearer)
	}
	if actor := domain.ActorFrom(ctx); actor.Kind != "" {
		return actor, nil
	}
	return domain.Actor{}, domain.Errorf(domain.Unauthenticated, "a token is needed: connection_init with {\"Authorization\": \"Bearer …\"}")
}

// bearerOf takes the token out of an Authorization value (RFC 6750, section 2.1).
func bearerOf(authorization string) string {
	if scheme, token, ok := strings.Cut(strings.TrimSpace(authorization), " "); ok && strings.EqualFold(scheme, "bearer") {
		return strings.TrimSpace(token)
	}
	return strings.TrimSpace(authorization)
}

// sockets accepts WebSockets. It is the library's own adapter but for one thing: a write has a deadline, so that who does not read cannot hold
// the connection's memory for ever.
type sockets struct{ origins []string }

// Accept upgrades the request.
func (s sockets) Accept(w http.ResponseWriter, r *http.Request, o transport.WebsocketAcceptOptions) (transport.WebsocketConn, error) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: []string{subprotocol}, OriginPatterns: s.origins, InsecureSkipVerify: len(s.origins) == 0,
	})
	if err != nil {
		return nil, err
	}
	return &socket{conn: conn}, nil
}

type socket struct {
	conn *websocket.Conn

	mu       sync.Mutex
	deadline *time.Timer
	closing  bool
}

// NextReader waits for the next message.
func (s *socket) NextReader() (int, io.Reader, error) {
	kind, data, err := s.conn.Read(context.Background())
	if code := websocket.CloseStatus(err); code == websocket.StatusNormalClosure || code == websocket.StatusNoStatusRcvd {
		err = transport.ErrWebsocketClosed
	}
	return int(kind), bytes.NewReader(data), err
}

// WriteJSON sends one message; if it takes too long the connection is closed.
func (s *socket) WriteJSON(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, data)
}

// WriteClose says why and closes. The closing handshake waits for the peer, so it goes on by itself.
func (s *socket) WriteClose(code int, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.closing = true
		go func() { _ = s.conn.Close(websocket.StatusCode(code), reason) }()
	}
	return nil
}

// Close ends the connection at once, unless WriteClose is at it.
func (s *socket) Close() error {
	_ = s.SetReadDeadline(time.Time{})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return nil
	}
	return s.conn.CloseNow()
}

// Subprotocol gives the protocol that was agreed on.
func (s *socket) Subprotocol() string { return s.conn.Subprotocol() }

// SetReadLimit bounds a message, in bytes.
func (s *socket) SetReadLimit(limit int64) { s.conn.SetReadLimit(limit) }

// SetReadDeadline closes the connection at a time, unless it is set again; the zero time is never.
func (s *socket) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deadline != nil {
		s.deadline.Stop()
	}
	if !t.IsZero() {
		s.deadline = time.AfterFunc(time.Until(t), func() { _ = s.conn.CloseNow() })
	}
	return nil
}
