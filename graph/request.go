package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"sori/domain"
)

// ServeHTTP looks at one request before the library does: who asks, how much, and whether it has the form of GraphQL over HTTP.
func (h *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = r.WithContext(withRequestID(r.Context(), w.Header().Get(requestIDHeader)))
	if r.Header.Get("Upgrade") != "" {
		h.upgrade(w, r)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		h.refuse(w, r, http.StatusMethodNotAllowed, domain.Errorf(domain.Unsupported, "ask by POST, or open a WebSocket"))
		return
	}
	if domain.ActorFrom(r.Context()).Kind == "" {
		h.refuse(w, r, http.StatusUnauthorized, domain.Errorf(domain.Unauthenticated, "a token is needed"))
		return
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		h.refuse(w, r, http.StatusUnsupportedMediaType, domain.Errorf(domain.Unsupported, "the request must be application/json"))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.Limits.Body))
	if err != nil {
		status, err := readFault(err, h.Limits.Body)
		h.refuse(w, r, status, err)
		return
	}
	if err := checkBody(body); err != nil {
		h.refuse(w, r, http.StatusBadRequest, err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	h.server.ServeHTTP(w, r)
}

// upgrade opens a WebSocket for the one protocol that is spoken here.
func (h *door) upgrade(w http.ResponseWriter, r *http.Request) {
	offered := strings.Split(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), ",")
	if !slices.ContainsFunc(offered, func(p string) bool { return strings.TrimSpace(p) == subprotocol }) {
		h.refuse(w, r, http.StatusBadRequest, domain.Errorf(domain.Unsupported, "the WebSocket protocol here is %s", subprotocol))
		return
	}
	h.server.ServeHTTP(w, r)
}

// refuse answers a request that does not get as far as an operation.
func (h *door) refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	body, encodeErr := json.Marshal(&graphql.Response{Errors: gqlerror.List{h.present(r.Context(), err)}})
	if encodeErr != nil {
		panic(encodeErr) // it is made of strings
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func readFault(err error, limit int64) (int, error) {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge, domain.Errorf(domain.TooLarge, "the request is larger than %d bytes", limit)
	}
	return http.StatusBadRequest, domain.Errorf(domain.Malformed, "the request could not be read to its end")
}

// maxNesting is how deep the JSON of a request may be nested.
const maxNesting = 64

// checkBody wants one JSON object in UTF-8 whose members are what GraphQL over HTTP says (section 5.1).
func checkBody(body []byte) error {
	if !utf8.Valid(body) {
		return domain.Errorf(domain.Malformed, "the request is not valid UTF-8")
	}
	if nesting(body) > maxNesting {
		return domain.Errorf(domain.Malformed, "the request is nested deeper than %d", maxNesting)
	}
	var form struct {
		Query         *string
		OperationName *string
		Variables     map[string]json.RawMessage
		Extensions    map[string]json.RawMessage
	}
	err := json.Unmarshal(body, &form)
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mistyped) && mistyped.Field != "":
		return &domain.Error{Code: domain.Malformed, Field: mistyped.Field, Rule: "type", Message: "has the wrong type, " + mistyped.Value}
	case err != nil:
		return domain.Errorf(domain.Malformed, "the request is not one JSON object")
	case form.Query == nil && form.Extensions["persistedQuery"] == nil:
		return &domain.Error{Code: domain.Malformed, Field: "query", Rule: "required", Message: "is missing"}
	}
	return nil
}

// nesting counts how deep objects and arrays of a JSON text stand in each other.
func nesting(b []byte) (deepest int) {
	depth, inString, escaped := 0, false, false
	for _, c := range b {
		switch {
		case escaped:
			escaped = false
		case inString && c == '\\':
			escaped = true
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}
