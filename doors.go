package main

import (
	"context"
	_ "embed"
	"net/http"
	"net/url"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sori/adapters/auth"
	"sori/adapters/explorer"
	"sori/adapters/telemetry"
	"sori/api"
	"sori/domain"
	"sori/graph"
)

//go:embed openapi.yaml
var document []byte

// doors opens both doors onto the program.
func (p *program) doors(ctx context.Context) (http.Handler, error) {
	verifier, err := p.verifier()
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if p.telemetry, err = telemetry.New(ctx, registry, p.config.OTLPURL, version); err != nil {
		return nil, err
	}
	rest, err := api.New(api.Deps{
		Intake: p.intake, Contact: p.contact, Desk: p.desk, Live: p.live, Insight: p.insight, Org: p.org, Triage: p.triage, Outbox: p.outbox, Routing: p.routing, Hooks: p.webhook, Survey: p.survey,
		Store: p.once, Verify: verifier.Verify, Document: document,
		GraphQL: graph.New(graph.Deps{
			Intake: p.intake, Contact: p.contact, Desk: p.desk, Live: p.live, Insight: p.insight, Org: p.org,
			Triage: p.triage, Outbox: p.outbox, Routing: p.routing, Hooks: p.webhook, Survey: p.survey,
			Store: p.store, Clock: p.clock, Log: p.log, Authenticate: verifier.Verify,
			Limits: graph.Limits{Body: p.config.MaxBody, Origins: hostsOf(p.config.CORSOrigins)},
		}),
		Docs: explorer.Docs("/openapi.yaml"), GraphiQL: explorer.GraphiQL("/graphql", "/graphql"),
		Metrics: promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry}), Registry: registry,
		Clock: p.clock, Log: p.log,
		Limits: api.Limits{
			Body: p.config.MaxBody, Mail: p.config.MaxMail, Token: api.Rate{PerSecond: float64(p.config.RateLimit), Burst: 2 * p.config.RateLimit},
		},
		CORS:           api.CORS{Origins: p.config.CORSOrigins},
		TrustedProxies: p.config.TrustedProxies,
	})
	if err != nil {
		return nil, err
	}
	return p.telemetry.Watch(rest), nil
}

// hostsOf gives the hosts of origins, as WebSocket upgrades are checked by them.
func hostsOf(origins []string) []string {
	var out []string
	for _, o := range origins {
		if u, err := url.Parse(o); err == nil && u.Host != "" {
			out = append(out, u.Host)
		}
	}
	return out
}

// verifier lets in by tokens and by API keys.
func (p *program) verifier() (*auth.Verifier, error) {
	c := p.config
	return auth.New(auth.Options{
		Secret: []byte(c.JWTSecret), JWKSURL: c.JWKSURL, Issuer: c.JWTIssuer, Audience: c.JWTAudience, Clock: p.clock,
		APIKey: func(ctx context.Context, secret string) (domain.Actor, error) {
			if !strings.HasPrefix(secret, "sori_") {
				return domain.Actor{}, domain.Errorf(domain.Unauthenticated, "this is no API key")
			}
			return p.org.ActorOfAPIKey(ctx, secret)
		},
		Admit: p.org.Admit,
	})
}
