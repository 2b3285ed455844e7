package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"sori/api/gen"
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

	// Store is the store as the use cases have it, wrapped by domain.Once: idempotency keys are kept there.
	Store domain.Store
	// Verify gives the actor of a bearer token; Unauthenticated if it holds for nobody.
	Verify func(ctx context.Context, token string) (domain.Actor, error)

	Document []byte                // openapi.yaml, as it is shown
	GraphQL  http.Handler          // at /graphql; its requests carry their actor, but for WebSockets, which name it in connection_init
	Docs     http.Handler          // at /docs
	GraphiQL http.Handler          // at /graphiql
	Metrics  http.Handler          // at /metrics
	Registry prometheus.Registerer // where the door's own metrics go; nil is nowhere

	Clock  domain.Clock
	Log    *slog.Logger
	Limits Limits
	CORS   CORS
	// TrustedProxies are the addresses (CIDR) whose X-Forwarded-For is believed.
	TrustedProxies []string
}

// Limits bound what callers may ask. Zero values are the defaults.
type Limits struct {
	Body       int64 // bytes of a body; default 25 MB
	Mail       int64 // bytes of a mail or a fax; default 50 MB
	Line       int   // bytes of a line of a batch; default 1 MiB
	BatchLines int   // lines of a batch; default 100,000
	Token      Rate  // for each token; default none
	Address    Rate  // for each client address, at the operations that need no token; default 20 a second, 100 at once
}

func (l Limits) withDefaults() Limits {
	if l.Body <= 0 {
		l.Body = 25_000_000
	}
	if l.Mail <= 0 {
		l.Mail = 50_000_000
	}
	if l.Line <= 0 {
		l.Line = 1 << 20
	}
	if l.BatchLines <= 0 {
		l.BatchLines = 100_000
	}
	if l.Address.PerSecond <= 0 {
		l.Address = Rate{PerSecond: 20, Burst: 100}
	}
	return l
}

// server carries out the operations. It implements gen.StrictServerInterface, a file a noun.
type server struct {
	Deps
	document  *document
	metrics   *metrics
	byToken   *limiter
	byAddress *limiter
	frames    *frames
	probes    map[string]bool // routes that machines ask all the time
}

// New gives the door. It fails on a document that lacks what the door needs and on proxies that are no addresses.
func New(d Deps) (http.Handler, error) {
	d.Limits = d.Limits.withDefaults()
	doc, err := readDocument()
	if err != nil {
		return nil, err
	}
	s := &server{
		Deps: d, document: doc, metrics: newMetrics(d.Registry),
		byToken: newLimiter(d.Limits.Token, d.Clock), byAddress: newLimiter(d.Limits.Address, d.Clock),
		frames: new(frames), probes: map[string]bool{"/healthz": true, "/readyz": true, "/metrics": true},
	}
	engine, err := s.engine()
	if err != nil {
		return nil, err
	}
	return compress(engine), nil
}

func (s *server) engine() (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	e.UseRawPath, e.UnescapePathValues = true, true // an id with %2F in it stays one
	if err := e.SetTrustedProxies(s.TrustedProxies); err != nil {
		return nil, err
	}
	e.Use(identifyRequest, s.observe, s.recoverPanic, securityHeaders, s.cors)
	e.NoRoute(s.unknownRoute)
	e.NoMethod(s.wrongMethod)
	s.mountPlain(e)
	operations := e.Group("/", s.admit)
	gen.RegisterHandlersWithOptions(operations, gen.NewStrictHandlerWithOptions(s, nil, gen.StrictGinServerOptions{
		RequestErrorHandlerFunc:  s.undecodable,
		HandlerErrorFunc:         s.refused,
		ResponseErrorHandlerFunc: s.fail,
	}), gen.GinServerOptions{ErrorHandler: func(c *gin.Context, err error, _ int) { s.undecodable(c, err) }})
	return e, nil
}

// mountPlain mounts what is not in the document.
func (s *server) mountPlain(e *gin.Engine) {
	e.GET("/openapi.yaml", func(c *gin.Context) { c.Data(http.StatusOK, "application/yaml", s.Document) })
	if s.Metrics != nil {
		e.GET("/metrics", gin.WrapH(s.Metrics))
	}
	for path, h := range map[string]http.Handler{"/docs": s.Docs, "/graphiql": s.GraphiQL} {
		if h != nil {
			e.GET(path, gin.WrapH(h))
			e.GET(path+"/*file", gin.WrapH(h))
		}
	}
	if s.GraphQL != nil {
		e.GET("/graphql", s.graphQL)
		e.POST("/graphql", s.graphQL)
	}
}

// graphQL hands a request to the other door with its actor, and within the limits of this one.
func (s *server) graphQL(c *gin.Context) {
	if !isWebSocket(c.Request) || c.GetHeader("Authorization") != "" {
		err := s.authenticate(c)
		if err == nil {
			a := domain.ActorFrom(c.Request.Context())
			err = s.byToken.admit(c, a.Kind+":"+a.ID)
		}
		if err != nil {
			drain(c.Request)
			s.fail(c, err)
			return
		}
	}
	if !isWebSocket(c.Request) {
		in, err := inflated(c.Request)
		if err != nil {
			s.fail(c, err)
			return
		}
		c.Request.Header.Del("Content-Encoding")
		c.Request.Body = http.MaxBytesReader(c.Writer, in, s.Limits.Body)
	}
	s.GraphQL.ServeHTTP(c.Writer, c.Request)
}

// undecodable answers what passed the schema and still does not fit the handler's types.
func (s *server) undecodable(c *gin.Context, err error) {
	var ours *domain.Error
	if errors.As(err, &ours) {
		s.fail(c, ours)
		return
	}
	s.fail(c, domain.Errorf(domain.Malformed, "the request cannot be decoded"))
}

// refused answers what a use case refused.
func (s *server) refused(c *gin.Context, err error) {
	if raced(c, err) {
		return
	}
	s.fail(c, err)
}
