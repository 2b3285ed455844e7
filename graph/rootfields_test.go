package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"sori/graph"
	"sori/graph/generated"
)

// eachRootField asks every query and mutation that takes arguments, with the least that the schema wants, and gives the faults.
func (r *room) eachRootField(token string, judge func(name string, faults []fault)) {
	r.t.Helper()
	schema, asked := generated.NewExecutableSchema(generated.Config{}).Schema(), 0
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation} {
		for _, f := range root.Fields {
			if len(f.Arguments) == 0 || strings.HasPrefix(f.Name, "__") {
				continue
			}
			var declared, given []string
			values := vars{}
			for _, a := range f.Arguments {
				declared, given = append(declared, "$"+a.Name+":"+a.Type.String()), append(given, a.Name+":$"+a.Name)
				values[a.Name] = least(schema, a.Type)
			}
			query := fmt.Sprintf("%s(%s){%s(%s)%s}", strings.ToLower(root.Name), strings.Join(declared, ","), f.Name, strings.Join(given, ","), selection(schema, f.Type))
			asked++
			_, faults := r.try(token, query, values)
			judge(root.Name+"."+f.Name, faults)
		}
	}
	if asked < 150 {
		r.t.Errorf("only %d fields were asked", asked)
	}
}

// TestNullIsNothing sends null wherever the schema allows it. Clients written in typed languages do so for what they leave out.
func TestNullIsNothing(t *testing.T) {
	t.Parallel()
	newRoom(t, graph.Limits{}).eachRootField("admin", func(name string, faults []fault) {
		for _, fault := range faults {
			if fault.Extensions.Code == "internal" {
				t.Errorf("%s: %+v", name, fault)
			}
			for _, e := range fault.Extensions.Errors {
				if e.Field != "" && slices.Contains([]string{"type", "enum", "date-time", "base64"}, e.Rule) {
					t.Errorf("%s: %+v", name, e)
				}
			}
		}
	})
}

// TestTheScopeIsAskedFirst: who may not do a thing learns nothing of what it would take, nor of what there is.
func TestTheScopeIsAskedFirst(t *testing.T) {
	t.Parallel()
	newRoom(t, graph.Limits{}).eachRootField("visitor", func(name string, faults []fault) {
		if slices.Contains(forAnybody, name) {
			return
		}
		if len(faults) == 0 || faults[0].Extensions.Code != "forbidden" {
			t.Errorf("%s: %+v", name, faults)
		}
	})
}

// forAnybody are the fields that take no scope: what a node is decides which it takes, and customers have none.
var forAnybody = []string{"Query.node", "Query.nodes", "Query.surveyQuestion", "Mutation.answerSurvey", "Mutation.askHelp", "Mutation.giveHelpFeedback"}

// least is the least value of a type: null where it may be.
func least(schema *ast.Schema, typ *ast.Type) any {
	if !typ.NonNull {
		return nil
	}
	if typ.Elem != nil {
		return []any{}
	}
	def := schema.Types[typ.NamedType]
	switch def.Kind {
	case ast.Enum:
		return def.EnumValues[0].Name
	case ast.InputObject:
		out := vars{}
		for _, f := range def.Fields {
			out[f.Name] = least(schema, f.Type)
		}
		return out
	}
	return map[string]any{
		"Int": 1, "Float": 1, "Boolean": true, "Time": "2026-01-01T00:00:00Z", "JSON": vars{}, "Base64": "YQ==", "String": "x", "ID": "", "Scope": "inquiry:read",
	}[def.Name]
}

// selection asks for little of a type.
func selection(schema *ast.Schema, typ *ast.Type) string {
	def := schema.Types[typ.Name()]
	if !def.IsCompositeType() {
		return ""
	}
	if def.Fields.ForName("id") != nil {
		return "{__typename id}"
	}
	return "{__typename}"
}
