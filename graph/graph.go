// Package graph is the GraphQL door: it decodes, names the actor, makes one call to a use case and encodes. It holds no rule of its own but
// those that keep a request small.
//
//	schema/       the schema, one file a noun: the source
//	generated/    made from it by gqlgen (make generate)
//	wire/         Go shapes of what is no noun: scalars, connections, inputs, payloads
//	graph.go      the handler and what it needs
//	request.go    one HTTP request: size, form, actor
//	socket.go     WebSocket (graphql-transport-ws): connection, actor, slow readers
//	stream.go     subscriptions: their end has a reason, their token is asked again
//	sharedanswer.go  one answer for all who ask the same about the same event
//	limits.go     how much one operation may ask for
//	merge.go      fields of one name must be one field
//	errors.go     error codes
//	loaders.go    many nouns in one call
//	once.go       idempotency keys
//	account.go … type.go       resolvers, one file a noun
package graph

//go:generate go tool gqlgen generate

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"

	"sori/domain"
	"sori/domain/contact"
	"sori/domain/desk"
	"sori/domain/insight"
	"sori/domain/intake"
	"sori/domain/live"
	"sori/domain/org"
	"sori/domain/outbox"
	"sori/domain/routing"
	"sori/domain/survey"
	"sori/domain/triage"
	"sori/domain/webhook"
	"sori/graph/generated"
)

// Deps is what the door needs.
type Deps struct {
	Intake  *intake.Service
	Contact *contact.Service
	Desk    *desk.Service
	Live    *live.Service
	Insight *insight.Service
	Org     *org.Service
	Triage  *triage.Service
	Outbox  *outbox.Service
	Routing *routing.Service
	Hooks   *webhook.Service
	Survey  *survey.Service

	// Store keeps the answers of idempotency keys. The stages must write through domain.Once of it.
	Store domain.Store
	Clock domain.Clock
	Log   *slog.Logger
	// Authenticate gives the actor of a token or API key. WebSocket clients name theirs in connection_init; a subscription's is asked again
	// every Limits.Reauthenticate. For other requests the actor is in the context already.
	Authenticate func(ctx context.Context, bearer string) (domain.Actor, error)
	Limits       Limits
}

type door struct {
	Deps
	server *handler.Server
}

// New makes the handler. It serves POST (application/json; with Accept: text/event-stream as SSE) and WebSocket upgrades. A request whose
// context has no actor is 401, except an upgrade, whose actor may come with connection_init.
func New(d Deps) http.Handler {
	d.Limits = d.Limits.withDefaults()
	h, cache := &door{Deps: d}, newQueryCache()
	h.server = handler.New(h.schema())
	h.server.AddTransport(h.websocket())
	h.server.AddTransport(transport.SSE{KeepAlivePingInterval: 15 * time.Second})
	h.server.AddTransport(transport.POST{})
	h.server.SetErrorPresenter(h.present)
	h.server.SetRecoverFunc(recovered)
	h.server.SetParserTokenLimit(d.Limits.Tokens)
	h.server.SetQueryCache(cache)
	h.server.SetValidationRulesFn(validationRules)
	h.server.Use(querySize{d.Limits.Query})
	h.server.Use(extension.AutomaticPersistedQuery{Cache: lru.New[string](persistedQueries)})
	h.server.Use(queryShape{d.Limits, cache})
	h.server.Use(&operationSize{max: d.Limits.Complexity})
	if !d.Limits.HideSchema {
		h.server.Use(extension.Introspection{})
	}
	h.server.Use(streams{h, &answers{}})
	h.server.AroundRootFields(h.freshAfterMutation)
	return h
}

func (h *door) schema() graphql.ExecutableSchema {
	cfg := generated.Config{Resolvers: &resolver{h.Deps}}
	weigh(&cfg.Complexity)
	return generated.NewExecutableSchema(cfg)
}
