package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"sori/domain"
)

const (
	requestIDHeader = "X-Request-Id"
	requestIDKey    = "requestId"
	actorKey        = "actor"
)

// goodRequestID is what a caller may name its request by; anything else gets an id of ours, so that no log line can be forged.
var goodRequestID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,100}$`)

func requestID(c *gin.Context) string { return c.GetString(requestIDKey) }

// identifyRequest gives each request an id, or takes the caller's, and sends it back.
func identifyRequest(c *gin.Context) {
	id := c.GetHeader(requestIDHeader)
	if !goodRequestID.MatchString(id) {
		id = domain.NewID("req")
	}
	c.Set(requestIDKey, id)
	c.Header(requestIDHeader, id)
}

// metrics are what Prometheus sees of the door.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sori_http_requests_total", Help: "Requests, by method, route and status.",
		}, []string{"method", "route", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "sori_http_request_duration_seconds", Help: "How long requests took, by method and route.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60},
		}, []string{"method", "route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "sori_http_requests_in_flight", Help: "Requests being worked on."}),
	}
	if r != nil {
		r.MustRegister(m.requests, m.duration, m.inFlight)
	}
	return m
}

// observe logs and counts each request after it. Query strings are not logged: they may hold personal data.
func (s *server) observe(c *gin.Context) {
	start := time.Now()
	s.metrics.inFlight.Inc()
	defer s.metrics.inFlight.Dec()
	c.Next()
	took := time.Since(start)
	route, status, method := c.FullPath(), c.Writer.Status(), knownMethod(c.Request.Method)
	if route == "" {
		route = "none"
	}
	s.metrics.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	s.metrics.duration.WithLabelValues(method, route).Observe(took.Seconds())
	level := slog.LevelInfo
	if s.probes[route] {
		level = slog.LevelDebug
	}
	if !s.Log.Enabled(c.Request.Context(), level) {
		return
	}
	actor, _ := c.Get(actorKey)
	who, _ := actor.(domain.Actor)
	s.Log.LogAttrs(c.Request.Context(), level, "request",
		slog.String("requestId", requestID(c)), slog.String("method", method), slog.String("route", route),
		slog.String("path", domain.Clip(c.Request.URL.Path, 200)), slog.Int("status", status), slog.Duration("took", took), slog.Int("bytes", max(0, c.Writer.Size())),
		slog.String("client", c.ClientIP()), slog.String("actor", who.Kind+":"+domain.Clip(who.ID, 100)))
}

// knownMethod keeps made-up methods out of the metrics' labels.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// recoverPanic answers a panic like any unknown error: logged once, and told by id only.
func (s *server) recoverPanic(c *gin.Context) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if err, ok := r.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(r)
		}
		s.fail(c, fmt.Errorf("panic: %v\n%s", r, debug.Stack()))
	}()
	c.Next()
}
