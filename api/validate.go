package api

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"

	"sori/domain"
)

// maxFaults bounds how many faults one answer names.
const maxFaults = 20

// checkSchemaOptions are how a value is checked. Formats are those that handlers can read, not the looser patterns of the library.
var checkSchemaOptions = []openapi3.SchemaValidationOption{
	openapi3.MultiErrors(), openapi3.DisableSchemaErrorDetails(),
	openapi3.WithStringFormatValidators(map[string]openapi3.StringFormatValidator{
		"date-time": openapi3.NewCallbackValidator(checkDateTime),
	}),
}

func checkDateTime(s string) error {
	if _, err := time.Parse(time.RFC3339, s); err != nil {
		return errors.New("is not a date-time (RFC 3339), such as 2026-11-22T01:00:00Z")
	}
	return nil
}

// checkSchema checks a decoded body. Invalid names each fault.
func (s *server) checkSchema(schema *openapi3.Schema, v any) error {
	err := schema.VisitJSON(v, checkSchemaOptions...)
	if err == nil {
		return nil
	}
	var f domain.Faults
	addSchemaFaults(&f, "", err)
	return f.Err()
}

func addSchemaFaults(f *domain.Faults, prefix string, err error) {
	var many openapi3.MultiError
	if errors.As(err, &many) {
		for _, e := range many {
			addSchemaFaults(f, prefix, e)
		}
		return
	}
	var e *openapi3.SchemaError
	switch {
	case len(*f) == maxFaults:
	case errors.As(err, &e):
		addSchemaFault(f, prefix, e)
	default:
		f.Add(prefix, "schema", "does not fit")
	}
}

func addSchemaFault(f *domain.Faults, prefix string, e *openapi3.SchemaError) {
	path := e.JSONPointer()
	if prefix != "" {
		path = append([]string{prefix}, path...)
	}
	rule, message := e.SchemaField, e.Reason
	var name string
	switch n, _ := fmt.Sscanf(e.Reason, "property %q is unsupported", &name); {
	case rule == "properties" && n == 1:
		path, rule, message = append(path, name), "unknown", "there is no such field"
	case rule == "required":
		message = "is missing"
	case rule == "nullable":
		message = "must not be null"
	case rule == "enum":
		message = "must be one of " + enumOf(e.Schema)
	case rule == "format" && e.Origin != nil:
		message = e.Origin.Error()
	}
	f.Add(domain.Clip(strings.Join(path, "."), 200), rule, "%s", domain.Clip(message, 300))
}

func enumOf(s *openapi3.Schema) string {
	out := make([]string, len(s.Enum))
	for i, v := range s.Enum {
		out[i] = fmt.Sprint(v)
	}
	return strings.Join(out, ", ")
}

// checkParameters checks path, query and headers. Empty query parameters are as good as none, and are taken out before the handler sees them.
func (s *server) checkParameters(c *gin.Context, op *operation) error {
	query, err := tidyQuery(c)
	if err != nil {
		return err
	}
	var f domain.Faults
	for i := range op.parameters {
		p := &op.parameters[i]
		if p.in == openapi3.ParameterInPath {
			if err := p.checkPath(c.Param(p.name)); err != nil {
				return err
			}
			continue
		}
		values := query[p.name]
		if p.in == openapi3.ParameterInHeader {
			values = c.Request.Header.Values(p.name)
		}
		p.check(&f, values)
	}
	return f.Err()
}

func tidyQuery(c *gin.Context) (url.Values, error) {
	u := c.Request.URL
	if u.RawQuery == "" {
		return nil, nil
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, domain.Errorf(domain.Malformed, "the query string cannot be read")
	}
	tidied := false
	for name, values := range query {
		if len(values) == 1 && values[0] == "" {
			delete(query, name)
			tidied = true
		}
	}
	if tidied {
		u.RawQuery = query.Encode()
	}
	return query, nil
}

// checkPath answers NotFound: an id that cannot be is one that nobody has.
func (p *parameter) checkPath(value string) error {
	if p.kind == openapi3.TypeInteger {
		if _, err := strconv.ParseUint(value, 10, 31); err != nil {
			return domain.Errorf(domain.NotFound, "there is nothing at this path")
		}
		return nil
	}
	if p.name == "id" && domain.IDPrefix(value) == "" {
		return domain.Errorf(domain.NotFound, "nobody has this id")
	}
	return nil
}

func (p *parameter) check(f *domain.Faults, values []string) {
	switch {
	case len(values) == 0:
		if p.required {
			f.Add(p.name, "required", "is missing")
		}
		return
	case len(values) > 1:
		f.Add(p.name, "once", "is given more than once")
		return
	case !utf8.ValidString(values[0]) || strings.IndexByte(values[0], 0) >= 0:
		f.Add(p.name, "utf8", "must be UTF-8 without NUL")
		return
	}
	v, ok := p.parse(values[0])
	if !ok {
		f.Add(p.name, "type", "must be a %s", p.kind)
		return
	}
	if err := p.schema.VisitJSON(v, checkSchemaOptions...); err != nil {
		addSchemaFaults(f, p.name, err)
	}
}

// parse gives a parameter's value as JSON has it.
func (p *parameter) parse(s string) (any, bool) {
	if p.list {
		parts := strings.Split(s, ",")
		out := make([]any, len(parts))
		for i, x := range parts {
			out[i] = x
		}
		return out, true
	}
	switch p.kind {
	case openapi3.TypeInteger:
		n, err := strconv.ParseInt(s, 10, 32)
		return float64(n), err == nil
	case openapi3.TypeBoolean:
		return s == "true", s == "true" || s == "false"
	case openapi3.TypeNumber:
		x, err := strconv.ParseFloat(s, 64)
		return x, err == nil && !math.IsNaN(x) && !math.IsInf(x, 0)
	}
	return s, true
}
