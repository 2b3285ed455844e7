package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"sori/api/gen"
	"sori/domain"
)

// answer is how the door tells a code.
type answer struct {
	status int
	title  string
}

// answers is the one table from code to status.
var answers = map[domain.Code]answer{
	domain.Malformed:       {http.StatusBadRequest, "The request cannot be read"},
	domain.Invalid:         {http.StatusUnprocessableEntity, "The request breaks a rule"},
	domain.Unauthenticated: {http.StatusUnauthorized, "A valid token is needed"},
	domain.Forbidden:       {http.StatusForbidden, "The token may not do this"},
	domain.NotFound:        {http.StatusNotFound, "There is no such thing"},
	domain.Conflict:        {http.StatusConflict, "The state of things forbids it"},
	domain.Duplicate:       {http.StatusConflict, "It is there already"},
	domain.Stale:           {http.StatusPreconditionFailed, "It was changed since it was read"},
	domain.KeyReused:       {http.StatusUnprocessableEntity, "The idempotency key was used for another request"},
	domain.TooLarge:        {http.StatusRequestEntityTooLarge, "The request is too large"},
	domain.Unsupported:     {http.StatusUnsupportedMediaType, "The media type is not taken here"},
	domain.RateLimited:     {http.StatusTooManyRequests, "Too many requests"},
	domain.Unavailable:     {http.StatusServiceUnavailable, "Try again later"},
	domain.SlowReader:      {http.StatusServiceUnavailable, "The reader did not keep up"},
	domain.Internal:        {http.StatusInternalServerError, "Something went wrong here"},
}

// codeMethod is the one code that only this door has.
const codeMethod domain.Code = "method_not_allowed"

const problemType = "application/problem+json"

// problemOf tells an error to the caller. What is not a domain.Error, and what is Internal, is told by the request's id only.
func problemOf(err error, requestID string) gen.Problem {
	e := known(err)
	a, ok := answers[e.Code]
	if !ok {
		a = answers[domain.Internal]
	}
	p := gen.Problem{
		Type: "urn:sori:problem:" + string(e.Code), Title: a.title, Status: a.status, Code: string(e.Code), RequestId: requestID, Errors: []gen.Fault{},
	}
	if e.Code == domain.Internal {
		p.Detail = "The error is in the log under the request's id"
		return p
	}
	p.Detail = e.Error()
	for _, f := range e.AllFaults() {
		p.Errors = append(p.Errors, gen.Fault{Field: f.Field, Rule: f.Rule, Message: f.Message})
	}
	return p
}

// known finds the domain.Error in err, or stands in for what is none.
func known(err error) *domain.Error {
	var e *domain.Error
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &large):
		return domain.Errorf(domain.TooLarge, "the body is larger than %d bytes", large.Limit)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return domain.Errorf(domain.Unavailable, "the request took too long or was given up")
	}
	return domain.Errorf(domain.Internal, "internal error")
}

// fail answers with a problem and ends the request. An internal error is logged here, once.
func (s *server) fail(c *gin.Context, err error) {
	id := requestID(c)
	p := problemOf(err, id)
	if p.Code == string(domain.Internal) {
		s.Log.Error("internal error", slog.String("requestId", id), slog.String("route", c.FullPath()), slog.Any("err", err))
	}
	c.Abort()
	if c.Writer.Written() {
		return // too late to tell; the stream ends here
	}
	switch domain.Code(p.Code) {
	case domain.Unauthenticated:
		c.Header("WWW-Authenticate", `Bearer realm="sori"`)
	case domain.Forbidden:
		if e := known(err); e.Field == "scope" {
			c.Header("WWW-Authenticate", `Bearer realm="sori", error="insufficient_scope", scope=`+strconv.Quote(e.Rule))
		}
	case domain.Unavailable:
		c.Header("Retry-After", "1")
	}
	writeProblem(c, p)
}

func writeProblem(c *gin.Context, p gen.Problem) {
	h := c.Writer.Header()
	h.Del("ETag")
	h.Del("Content-Length")
	h.Set("Cache-Control", "no-store")
	c.Data(p.Status, problemType, encode(p))
}

// encode gives the JSON of a wire type, which cannot fail.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// unknownRoute answers where nothing is.
func (s *server) unknownRoute(c *gin.Context) {
	s.fail(c, domain.Errorf(domain.NotFound, "there is nothing at this path"))
}

// wrongMethod answers where something is, but not for this method. gin has set Allow, and counts in what is at a path with a parameter in the same place.
func (s *server) wrongMethod(c *gin.Context) {
	if methods := s.document.methods[c.Request.URL.Path]; methods != nil {
		c.Header("Allow", strings.Join(methods, ", "))
	}
	c.Abort()
	writeProblem(c, gen.Problem{
		Type: "urn:sori:problem:" + string(codeMethod), Title: "The method is not taken here", Status: http.StatusMethodNotAllowed, Code: string(codeMethod),
		Detail: "this path takes " + c.Writer.Header().Get("Allow"), Errors: []gen.Fault{}, RequestId: requestID(c),
	})
}
