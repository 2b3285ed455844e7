package graph

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"sori/domain"
)

func TestEveryCodeHasAnExtension(t *testing.T) {
	t.Parallel()
	h := &door{Deps: Deps{Log: slog.New(slog.DiscardHandler)}}
	for _, code := range domain.Codes {
		got := h.present(withRequestID(context.Background(), "req_1"), domain.Errorf(code, "says so"))
		if got.Extensions["code"] != string(code) || got.Extensions["requestId"] != "req_1" {
			t.Errorf("%s became %v", code, got.Extensions)
		}
		if shown := strings.Contains(got.Message, "says so"); shown == (code == domain.Internal) {
			t.Errorf("%s: the message is %q", code, got.Message)
		}
	}
	if len(extensionCodes) != len(domain.Codes) {
		t.Errorf("the table has %d codes, the domain %d", len(extensionCodes), len(domain.Codes))
	}
}

func TestErrorsAsTheCallerSeesThem(t *testing.T) {
	t.Parallel()
	path := ast.Path{ast.PathName("receiveInquiry"), ast.PathName("input"), ast.PathName("occurredAt")}
	cases := map[string]struct {
		err   error
		code  string
		field string
		logs  bool
	}{
		"a field":               {domain.InvalidField("tags", "max", "too many"), "invalid", "tags", false},
		"wrapped":               {fmt.Errorf("while: %w", domain.Errorf(domain.Stale, "old")), "stale", "", false},
		"a scalar":              {&gqlerror.Error{Err: domain.InvalidField("", "date-time", "no time"), Path: path}, "invalid", "occurredAt", false},
		"a parser's":            {&gqlerror.Error{Message: "Expected Name", Extensions: map[string]any{"code": "GRAPHQL_PARSE_FAILED"}}, "malformed", "", false},
		"a validator's":         {&gqlerror.Error{Message: "Cannot query", Rule: "FieldsOnCorrectType"}, "invalid", "", false},
		"not persisted":         {&gqlerror.Error{Message: "PersistedQueryNotFound", Extensions: map[string]any{"code": "PERSISTED_QUERY_NOT_FOUND"}}, "PERSISTED_QUERY_NOT_FOUND", "", false},
		"unknown":               {errors.New("dial tcp 10.0.0.7: secret"), "internal", "", true},
		"unknown, with a place": {gqlerror.WrapPath(path, errors.New("secret")), "internal", "", true},
		"a panic":               {recovered(context.Background(), "secret"), "internal", "", true},
		"our answer was wrong":  {&gqlerror.Error{Message: "must not be null: secret", Path: path}, "internal", "", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			h := &door{Deps: Deps{Log: slog.New(slog.NewTextHandler(&log, nil))}}
			got := h.present(context.Background(), c.err)
			if got.Extensions["code"] != c.code {
				t.Errorf("code %v, wanted %s", got.Extensions["code"], c.code)
			}
			faults, _ := got.Extensions["errors"].([]domain.Fault)
			if c.field != "" && (len(faults) != 1 || faults[0].Field != c.field) {
				t.Errorf("faults %v, wanted %s", faults, c.field)
			}
			if strings.Contains(fmt.Sprint(got.Message, got.Extensions), "secret") {
				t.Errorf("the cause leaks: %v", got)
			}
			if id, _ := got.Extensions["requestId"].(string); c.logs != (log.Len() > 0) || c.logs && !strings.Contains(log.String(), id) {
				t.Errorf("log: %s", log.String())
			}
		})
	}
}
