// Package telemetry watches the stages: a Prometheus histogram of every step, and OpenTelemetry spans where a collector is named.
package telemetry

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"sori/domain"
)

// Telemetry is a domain.Tracer.
type Telemetry struct {
	steps    *prometheus.HistogramVec
	tracer   oteltrace.Tracer
	provider *trace.TracerProvider // nil without a collector
}

// New makes the telemetry. Without a collector's URL (OTLP over HTTP) no spans are made. Close flushes what is left.
func New(ctx context.Context, r prometheus.Registerer, otlpURL, version string) (*Telemetry, error) {
	t := &Telemetry{
		steps: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "sori_stage_duration_seconds", Help: "How long a step of a stage took, by the code of its error, if it had one.",
			Buckets: []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5},
		}, []string{"stage", "step", "code"}),
		tracer: noop.NewTracerProvider().Tracer("sori"),
	}
	if err := r.Register(t.steps); err != nil {
		return nil, err
	}
	if otlpURL == "" {
		return t, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(otlpURL))
	if err != nil {
		return nil, err
	}
	name := resource.NewSchemaless(attribute.String("service.name", "sori"), attribute.String("service.version", version))
	t.provider = trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(name))
	t.tracer = t.provider.Tracer("sori")
	return t, nil
}

// Close sends the spans that are left.
func (t *Telemetry) Close(ctx context.Context) error {
	if t.provider == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Start implements domain.Tracer.
func (t *Telemetry) Start(ctx context.Context, stage, step string) (context.Context, func(error)) {
	begun := time.Now()
	ctx, span := t.tracer.Start(ctx, stage+"."+step)
	return ctx, func(err error) {
		code := "ok"
		if err != nil {
			code = string(domain.CodeOf(err))
			span.SetStatus(codes.Error, code)
		}
		span.End()
		t.steps.WithLabelValues(stage, step, code).Observe(time.Since(begun).Seconds())
	}
}

// Watch lets the stages under a handler be watched, and joins the trace that a caller began (W3C Trace Context).
func (t *Telemetry) Watch(next http.Handler) http.Handler {
	propagator := propagation.TraceContext{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := domain.WithTracer(r.Context(), t)
		if t.provider == nil {
			next.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		ctx = propagator.Extract(ctx, propagation.HeaderCarrier(r.Header))
		ctx, span := t.tracer.Start(ctx, "http "+r.Method, oteltrace.WithSpanKind(oteltrace.SpanKindServer))
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
