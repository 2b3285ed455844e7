package api_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"sori/domain"
)

// TestEveryOperationIsDescribed: an id, a summary, a scope, its codes, and examples that fit.
func TestEveryOperationIsDescribed(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(source())
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil { // examples too
		t.Fatal(err)
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			name := method + " " + path
			if op.OperationID == "" || op.Summary == "" {
				t.Errorf("%s has no operationId or no summary", name)
			}
			checkScope(t, name, op)
			checkProblems(t, name, op.Extensions["x-problems"])
			if op.RequestBody != nil {
				for media, c := range op.RequestBody.Value.Content {
					if c.Example == nil {
						t.Errorf("%s: its %s body has no example", name, media)
					}
				}
			}
			checkAnswers(t, name, op)
			public := op.Security != nil && len(*op.Security) == 0
			if method == "POST" && !public && !slices.ContainsFunc(op.Parameters, func(p *openapi3.ParameterRef) bool { return p.Value.Name == "Idempotency-Key" }) {
				t.Errorf("%s takes no Idempotency-Key", name)
			}
			if method == "PATCH" && !slices.ContainsFunc(op.Parameters, func(p *openapi3.ParameterRef) bool { return p.Value.Name == "If-Match" }) {
				t.Errorf("%s takes no If-Match", name)
			}
		}
	}
	checkProblems(t, "info", doc.Info.Extensions["x-problems"])
}

// TestAnchorsAreNamedOnce: YAML lets a later anchor take an earlier one's name, but some readers (PyYAML) refuse the document then.
func TestAnchorsAreNamedOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, anchor := range regexp.MustCompile(`[:\[,-] &(\w+)`).FindAllStringSubmatch(string(source()), -1) {
		if seen[anchor[1]] {
			t.Errorf("there are two anchors &%s", anchor[1])
		}
		seen[anchor[1]] = true
	}
	if len(seen) < 10 {
		t.Errorf("only %d anchors were found", len(seen))
	}
}

func checkScope(t *testing.T, name string, op *openapi3.Operation) {
	t.Helper()
	scope, said := op.Extensions["x-scope"].(string)
	public := op.Security != nil && len(*op.Security) == 0
	if said == public {
		t.Errorf("%s: either it has an x-scope, or it needs no token", name)
	}
	if scope != "" && !slices.Contains(domain.AllScopes, domain.Scope(scope)) {
		t.Errorf("%s: there is no scope %q", name, scope)
	}
}

func checkProblems(t *testing.T, name string, list any) {
	t.Helper()
	items, ok := list.([]any)
	if !ok {
		t.Errorf("%s has no x-problems", name)
	}
	for _, x := range items {
		if !slices.Contains(domain.Codes, domain.Code(x.(string))) {
			t.Errorf("%s: there is no code %q", name, x)
		}
	}
}

func checkAnswers(t *testing.T, name string, op *openapi3.Operation) {
	t.Helper()
	if op.Responses.Default() == nil {
		t.Errorf("%s does not say how it fails", name)
	}
	for status, r := range op.Responses.Map() {
		if !strings.HasPrefix(status, "2") {
			continue
		}
		for media, c := range r.Value.Content {
			if c.Example == nil && c.Schema.Value.Example == nil {
				t.Errorf("%s: its %s answer of %s has no example", name, status, media)
			}
		}
	}
}

// operations lists method, path with an id that nobody has, and scope of each operation.
type described1 struct{ id, method, path, scope string }

func eachOperation(t testing.TB) []described1 {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(source())
	if err != nil {
		t.Fatal(err)
	}
	var out []described1
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			scope, said := op.Extensions["x-scope"].(string)
			if !said {
				continue
			}
			path := strings.NewReplacer("{id}", "inq_01kaewrg4gx5bq8b8xcv0m2d3e", "{n}", "1").Replace(path)
			out = append(out, described1{op.OperationID, method, path, scope})
		}
	}
	return out
}

// TestNoOperationBeforeItsToken: 401 without a token, 403 with the scope's name without the scope, both before the body is looked at.
func TestNoOperationBeforeItsToken(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, op := range eachOperation(t) {
		t.Run(op.id, func(t *testing.T) {
			d := &door{TB: t, Handler: d.Handler}
			for _, header := range []string{"", "Bearer", "Basic YTpi", "Bearer nonsense", "admin"} {
				a := d.ask(op.method, op.path, "{not json", "Authorization", header).wantCode(401, domain.Unauthenticated)
				if a.header.Get("WWW-Authenticate") == "" {
					t.Error("a 401 without WWW-Authenticate")
				}
			}
			if op.scope == "" {
				return
			}
			a := d.ask(op.method, op.path, "{not json", "Authorization", "Bearer visitor").wantCode(403, domain.Forbidden)
			if rule := a.faults()["scope"]; rule != op.scope {
				t.Errorf("the missing scope is named %q, not %q", rule, op.scope)
			}
			others := strings.Builder{}
			for _, s := range domain.AllScopes {
				if string(s) != op.scope {
					others.WriteString("+" + string(s))
				}
			}
			d.ask(op.method, op.path, "{not json", "Authorization", "Bearer admin"+others.String()).wantCode(403, domain.Forbidden)
		})
	}
}

// TestUnknownRoutesAndMethods are problems too.
func TestUnknownRoutesAndMethods(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for _, path := range []string{"/", "/v1", "/v1/nothing", "/v1/inquiries/", "/v2/inquiries", "/v1/inquiries/a/b/c", "/%00", "/v1/inquiries/%ff%fe"} {
		d.ask("GET", path, nil).wantCode(404, domain.NotFound)
	}
	for _, x := range [][2]string{{"PUT", "/v1/inquiries"}, {"DELETE", "/v1/inquiries"}, {"GET", "/v1/intake/memo"}, {"POST", "/healthz"}, {"BREW", "/v1/me"}} {
		a := d.ask(x[0], x[1], nil).wantCode(405, "method_not_allowed")
		if a.header.Get("Allow") == "" {
			t.Errorf("%s %s: no Allow", x[0], x[1])
		}
	}
	if a := d.ask("PUT", "/v1/customers/lookup", nil); a.header.Get("Allow") != "GET" {
		t.Errorf("Allow: %s", a.header.Get("Allow"))
	}
}
