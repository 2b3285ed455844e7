package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"sori/domain"
)

// TestEveryCodeHasAStatus walks the codes of the domain through the one table.
func TestEveryCodeHasAStatus(t *testing.T) {
	t.Parallel()
	for _, code := range domain.Codes {
		a, ok := answers[code]
		if !ok || a.title == "" || a.status < 400 || a.status > 599 {
			t.Errorf("%s: %+v", code, a)
		}
		p := problemOf(&domain.Error{Code: code, Message: "why", Field: "f", Rule: "r"}, "id")
		if p.Status != a.status || p.Code != string(code) || p.Title != a.title || p.RequestId != "id" {
			t.Errorf("%s: %+v", code, p)
		}
		if shown := strings.Contains(p.Detail, "why"); shown == (code == domain.Internal) {
			t.Errorf("%s: its message is shown: %v", code, shown)
		}
	}
	if len(answers) != len(domain.Codes) {
		t.Errorf("the table has %d codes, the domain %d", len(answers), len(domain.Codes))
	}
}

func TestProblemOf(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		err    error
		status int
	}{
		"unknown":           {errors.New("dial tcp 10.0.0.1: secret"), 500},
		"internal":          {domain.Errorf(domain.Internal, "secret"), 500},
		"made-up code":      {&domain.Error{Code: "no_such", Message: "x"}, 500},
		"wrapped":           {fmt.Errorf("around: %w", domain.Missing("inquiry", "x")), 404},
		"cause is not told": {domain.Errorf(domain.Unavailable, "try again: %w", errors.New("x")), 503},
		"cancelled":         {context.Canceled, 503},
		"deadline":          {fmt.Errorf("read: %w", context.DeadlineExceeded), 503},
		"too large":         {&http.MaxBytesError{Limit: 7}, 413},
	}
	for name, tc := range cases {
		p := problemOf(tc.err, "id")
		if p.Status != tc.status || strings.Contains(p.Detail, "secret") || p.Errors == nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// TestInternalErrorsAreLoggedOnceAndToldByID, panics as well.
func TestInternalErrorsAreLoggedOnceAndToldByID(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]func(*server, *gin.Context){
		"error": func(s *server, c *gin.Context) { s.refused(c, errors.New("the secret reason")) },
		"panic": func(*server, *gin.Context) { panic("the secret reason") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			s := &server{Deps: Deps{Log: slog.New(slog.NewJSONHandler(&log, nil))}, metrics: newMetrics(nil)}
			e := gin.New()
			e.Use(identifyRequest, s.observe, s.recoverPanic)
			e.GET("/x", func(c *gin.Context) { handler(s, c) })
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, "/x", nil)
			r.Header.Set(requestIDHeader, "mine-1")
			e.ServeHTTP(w, r)
			if w.Code != 500 || strings.Contains(w.Body.String(), "secret") || !strings.Contains(w.Body.String(), "mine-1") {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if n := strings.Count(log.String(), "the secret reason"); n != 1 || !strings.Contains(log.String(), `"requestId":"mine-1"`) {
				t.Errorf("logged %d times: %s", n, &log)
			}
		})
	}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	for given, kept := range map[string]bool{"abc-1": true, "": false, "a b": false, "x\ny": false, strings.Repeat("x", 101): false, `"}`: false} {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest(http.MethodGet, "/", nil)
		c.Request.Header[requestIDHeader] = []string{given}
		identifyRequest(c)
		if id := requestID(c); (id == given) != kept || id == "" {
			t.Errorf("%q became %q", given, id)
		}
	}
}
