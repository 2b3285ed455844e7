package api

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"

	"sori/api/gen"
	"sori/domain"
)

// operation is what the door knows of one operation of the document before a request comes.
type operation struct {
	id         string
	scope      domain.Scope
	public     bool // needs no token
	parameters []parameter
	media      string // media type of the body, "" if there is none
	required   bool   // the body
	schema     *openapi3.Schema
	large      bool // its body may be as large as a mail
	intake     bool // a repeated request is a duplicate, not a replay
	unkept     bool // its answer holds what must not be kept for a replay
	shownOnce  string
}

// parameter is one parameter of an operation.
type parameter struct {
	name     string
	in       string
	required bool
	list     bool
	kind     string // of the value, or of a list's items
	schema   *openapi3.Schema
}

const (
	mediaJSON  = "application/json"
	mediaLines = "application/x-ndjson"
	mediaForm  = "multipart/form-data"
)

// document is the REST description, made ready.
type document struct {
	operations map[string]*operation // by method and gin path
	methods    map[string][]string   // by path, where it has no parameters
	submission *openapi3.Schema
	example    *openapi3.Schema
}

// readDocument reads openapi.yaml in the form that is kept with what is generated from it. It fails on a document that lacks what the door needs; that it holds
// otherwise is a test's to see, for that takes a good part of the start.
func readDocument() (*document, error) {
	doc, err := gen.GetSpec()
	if err != nil {
		return nil, fmt.Errorf("openapi document: %w", err)
	}
	for _, ref := range doc.Components.Schemas {
		flatten(ref)
	}
	d := &document{operations: map[string]*operation{}, methods: map[string][]string{}}
	for path, item := range doc.Paths.Map() {
		if !strings.Contains(path, "{") {
			d.methods[path] = slices.Sorted(maps.Keys(item.Operations()))
		}
		for method, op := range item.Operations() {
			o, err := newOperation(op, item.Parameters)
			if err != nil {
				return nil, fmt.Errorf("openapi document: %s %s: %w", method, path, err)
			}
			o.intake = strings.HasPrefix(path, "/v1/intake/")
			d.operations[method+" "+ginPath(path)] = o
		}
	}
	for name, schema := range map[string]**openapi3.Schema{"Submission": &d.submission, "ExampleDraft": &d.example} {
		ref, ok := doc.Components.Schemas[name]
		if !ok {
			return nil, fmt.Errorf("openapi document: there is no schema %s", name)
		}
		*schema = ref.Value
	}
	return d, nil
}

// ginPath writes a path of the document as gin does.
func ginPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

func newOperation(op *openapi3.Operation, shared openapi3.Parameters) (*operation, error) {
	o := &operation{id: op.OperationID, public: op.Security != nil && len(*op.Security) == 0}
	scope, said := op.Extensions["x-scope"].(string)
	if !said && !o.public {
		return nil, fmt.Errorf("has no x-scope")
	}
	if o.scope = domain.Scope(scope); scope != "" && !slices.Contains(domain.AllScopes, o.scope) {
		return nil, fmt.Errorf("there is no scope %q", scope)
	}
	o.large, _ = op.Extensions["x-large"].(bool)
	o.unkept, _ = op.Extensions["x-unkept"].(bool)
	o.shownOnce, _ = op.Extensions["x-shown-once"].(string)
	for _, ref := range append(slices.Clone(shared), op.Parameters...) {
		o.parameters = append(o.parameters, newParameter(ref.Value))
	}
	if op.RequestBody == nil {
		return o, nil
	}
	o.required = op.RequestBody.Value.Required
	for media, content := range op.RequestBody.Value.Content {
		o.media = media
		if media == mediaJSON {
			o.schema = content.Schema.Value
		}
	}
	return o, nil
}

func newParameter(p *openapi3.Parameter) parameter {
	s := p.Schema.Value
	out := parameter{name: p.Name, in: p.In, required: p.Required, schema: s}
	if out.list = s.Type.Is("array"); out.list {
		s = s.Items.Value
	}
	if s.Type != nil && len(*s.Type) > 0 {
		out.kind = (*s.Type)[0]
	}
	return out
}

// flatten puts the target of {nullable, allOf: [one]} in its place: OpenAPI 3.0 needs that form to say that a reference may be null, but faults in it are told
// as faults of allOf, and checking it costs more.
func flatten(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Value == nil {
		return
	}
	s := ref.Value
	for name, p := range s.Properties {
		if v := p.Value; v.Nullable && len(v.AllOf) == 1 && v.Type == nil {
			target := *v.AllOf[0].Value
			target.Nullable = true
			s.Properties[name] = openapi3.NewSchemaRef("", &target)
		}
	}
}

// admit is what every operation of the document goes through before its handler, in this order: who is it, may he, does he ask too often, are the
// parameters right, is the body. So nobody learns from an error what he may not ask.
func (s *server) admit(c *gin.Context) {
	op := s.document.operations[c.Request.Method+" "+c.FullPath()]
	if op == nil {
		s.fail(c, fmt.Errorf("%s %s is not in the document", c.Request.Method, c.FullPath()))
		return
	}
	for _, step := range []func(*gin.Context, *operation) error{s.authorise, s.limit, s.checkParameters, s.readBody} {
		if err := step(c, op); err != nil {
			drain(c.Request)
			s.fail(c, err)
			return
		}
	}
	s.once(c, op)
}

// limit counts a request for its token, or for its address where there is no token.
func (s *server) limit(c *gin.Context, op *operation) error {
	if op.public {
		return s.byAddress.admit(c, clientNetwork(c.ClientIP()))
	}
	a := domain.ActorFrom(c.Request.Context())
	return s.byToken.admit(c, a.Kind+":"+a.ID)
}

// isWebSocket reports whether a request asks to become a WebSocket.
func isWebSocket(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}
