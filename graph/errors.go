package graph

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"sori/domain"
)

// extensionCodes is the door's table: what stands in extensions.code for each code of the domain.
var extensionCodes = map[domain.Code]string{
	domain.Malformed:       "malformed",
	domain.Invalid:         "invalid",
	domain.Unauthenticated: "unauthenticated",
	domain.Forbidden:       "forbidden",
	domain.NotFound:        "not_found",
	domain.Conflict:        "conflict",
	domain.Duplicate:       "duplicate",
	domain.Stale:           "stale",
	domain.KeyReused:       "key_reused",
	domain.TooLarge:        "too_large",
	domain.Unsupported:     "unsupported_type",
	domain.RateLimited:     "rate_limited",
	domain.Unavailable:     "unavailable",
	domain.SlowReader:      "slow_reader",
	domain.Internal:        "internal",
}

// persistedQueryNotFound is the automatic persisted queries protocol's own word, by which clients know to send the text.
const persistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND"

// libraryCodes are the codes that gqlgen gives to faults it finds by itself.
var libraryCodes = map[string]string{
	errcode.ParseFailed:      string(domain.Malformed),
	errcode.ValidationFailed: string(domain.Invalid),
	persistedQueryNotFound:   persistedQueryNotFound,
}

// panicked is what a recovered panic becomes.
type panicked struct {
	value any
	stack []byte
}

func (p panicked) Error() string { return fmt.Sprint("panic: ", p.value) }

func recovered(_ context.Context, value any) error { return panicked{value, debug.Stack()} }

// present gives an error as the caller may see it: one of ours with its code and faults; what is not known is logged, and the caller gets
// an id only.
func (h *door) present(ctx context.Context, err error) *gqlerror.Error {
	out := &gqlerror.Error{Path: graphql.GetPath(ctx)}
	var lib *gqlerror.Error
	if errors.As(err, &lib) {
		out.Locations = lib.Locations
		if lib.Path != nil {
			out.Path = lib.Path
		}
	}
	var own *domain.Error
	switch {
	case errors.As(err, &own) && own.Code != domain.Internal && extensionCodes[own.Code] != "":
		named := fieldFromPath(own, out.Path)
		out.Message, out.Extensions = named.Error(), map[string]any{"code": extensionCodes[own.Code]}
		if faults := named.AllFaults(); len(faults) > 0 {
			out.Extensions["errors"] = faults
		}
	case lib != nil && (lib.Err == nil || lib.Rule != "" || libraryCode(lib) != "") && !isRuntimeFault(lib):
		out.Message, out.Extensions = lib.Message, map[string]any{"code": string(domain.Invalid)}
		if code := libraryCode(lib); code != "" {
			out.Extensions["code"] = code
		}
	default:
		return h.internal(ctx, err, out)
	}
	if id := requestID(ctx); id != "" {
		out.Extensions["requestId"] = id
	}
	return out
}

func libraryCode(err *gqlerror.Error) string {
	code, _ := err.Extensions["code"].(string)
	return libraryCodes[code]
}

// isRuntimeFault reports whether gqlgen found our own answer to be wrong: such an error stands at a place in the answer.
func isRuntimeFault(err *gqlerror.Error) bool {
	return len(err.Path) > 0 && err.Rule == "" && libraryCode(err) == ""
}

func (h *door) internal(ctx context.Context, err error, out *gqlerror.Error) *gqlerror.Error {
	id := requestID(ctx)
	if id == "" {
		id = rand.Text()
	}
	attrs := []any{"requestId", id, "path", out.Path.String(), "err", err}
	var p panicked
	if errors.As(err, &p) {
		attrs = append(attrs, "stack", string(p.stack))
	}
	h.Log.ErrorContext(ctx, "graphql: unexpected error", attrs...)
	out.Message, out.Extensions = "internal error "+id, map[string]any{"code": extensionCodes[domain.Internal], "requestId": id}
	return out
}

// requestIDHeader is where the HTTP server has put the id of the request.
const requestIDHeader = "X-Request-Id"

type requestIDKey struct{}

func withRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// fieldFromPath names the argument that a scalar refused: the scalar does not know where it stands, the path does.
func fieldFromPath(err *domain.Error, path ast.Path) *domain.Error {
	if err.Field != "" || err.Rule == "" || len(err.Faults) > 0 {
		return err
	}
	var steps []string
	for _, step := range path {
		steps = append(steps, fmt.Sprint(step))
	}
	if i := slices.Index(steps, "input"); i >= 0 && i < len(steps)-1 {
		steps = steps[i+1:]
	} else if len(steps) > 0 {
		steps = steps[len(steps)-1:]
	}
	named := *err
	named.Field = strings.Join(steps, ".")
	return &named
}

// asArguments gives an error with its fields under the names that this door's arguments have.
func asArguments(err error) error {
	var own *domain.Error
	if !errors.As(err, &own) || len(own.AllFaults()) == 0 {
		return err
	}
	renamed := *own
	renamed.Field = argumentName(own.Field)
	renamed.Faults = nil
	for _, f := range own.Faults {
		f.Field = argumentName(f.Field)
		renamed.Faults = append(renamed.Faults, f)
	}
	return &renamed
}

func argumentName(field string) string {
	switch field {
	case "limit":
		return "first"
	case "cursor":
		return "after"
	case "q":
		return "query"
	case "kind":
		return "kinds"
	}
	return field
}
