package graph

import (
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// validationRules are the parser library's but for one, which mergeable stands in for: that one compares every field with every other, and took
// minutes for a query of 30 KB.
func validationRules() *rules.Rules {
	r := rules.NewDefaultRules()
	r.RemoveRule(rules.OverlappingFieldsCanBeMergedRule.Name)
	return r
}

// mergeable checks that fields which come under one name in the answer are the same field (GraphQL, section 5.3.2). It compares each with the first of its
// name only, so its time grows with the operation, whose size has been bounded.
func mergeable(set ast.SelectionSet) *gqlerror.Error {
	return mergeFields(collectFields([]ast.SelectionSet{set}), false)
}

// byName are the fields of merged selection sets, in groups of one name.
type byName struct {
	names  []string
	groups map[string][]*ast.Field
}

func collectFields(sets []ast.SelectionSet) byName {
	out := byName{groups: map[string][]*ast.Field{}}
	seen := map[string]bool{} // a fragment adds nothing the second time
	for _, set := range sets {
		out.collect(set, seen)
	}
	return out
}

func (b *byName) collect(set ast.SelectionSet, seen map[string]bool) {
	for _, sel := range set {
		switch x := sel.(type) {
		case *ast.Field:
			if b.groups[x.Alias] == nil {
				b.names = append(b.names, x.Alias)
			}
			b.groups[x.Alias] = append(b.groups[x.Alias], x)
		case *ast.InlineFragment:
			b.collect(x.SelectionSet, seen)
		case *ast.FragmentSpread:
			if !seen[x.Name] {
				seen[x.Name] = true
				b.collect(x.Definition.SelectionSet, seen)
			}
		}
	}
}

// mergeFields checks all groups and what is under them. Fields of different object types never meet in one object of the answer, so only their leaves need the same
// type; below them that is all that is asked (leavesOnly).
func mergeFields(fields byName, leavesOnly bool) *gqlerror.Error {
	for _, name := range fields.names {
		group := fields.groups[name]
		apart := parents(group)
		if leavesOnly || len(apart) == 1 {
			apart = nil
		}
		for _, one := range apart {
			if err := mergeGroup(one, false); err != nil {
				return err
			}
		}
		if err := mergeGroup(group, leavesOnly || apart != nil); err != nil {
			return err
		}
	}
	return nil
}

func mergeGroup(group []*ast.Field, leavesOnly bool) *gqlerror.Error {
	first := group[0]
	var below []ast.SelectionSet
	for _, f := range group {
		if contradict(first, f, leavesOnly) {
			err := gqlerror.ErrorPosf(f.Position, "Fields %q conflict: use different aliases to fetch both.", f.Alias)
			errcode.Set(err, errcode.ValidationFailed)
			return err
		}
		if len(f.SelectionSet) > 0 {
			below = append(below, f.SelectionSet)
		}
	}
	if len(group) == 1 {
		return mergeable(first.SelectionSet)
	}
	return mergeFields(collectFields(below), leavesOnly)
}

// parents splits a group by object type; fields of an interface are with each of them.
func parents(group []*ast.Field) [][]*ast.Field {
	var types []string
	for _, f := range group {
		if f.ObjectDefinition.Kind == ast.Object && !slices.Contains(types, f.ObjectDefinition.Name) {
			types = append(types, f.ObjectDefinition.Name)
		}
	}
	if len(types) < 2 {
		return [][]*ast.Field{group}
	}
	out := make([][]*ast.Field, len(types))
	for i, t := range types {
		for _, f := range group {
			if f.ObjectDefinition.Kind != ast.Object || f.ObjectDefinition.Name == t {
				out[i] = append(out[i], f)
			}
		}
	}
	return out
}

func contradict(a, b *ast.Field, leavesOnly bool) bool {
	if a == b {
		return false
	}
	leaf := len(a.SelectionSet) == 0 || len(b.SelectionSet) == 0
	if leaf && a.Definition.Type.String() != b.Definition.Type.String() {
		return true
	}
	return !leavesOnly && (a.Name != b.Name || arguments(a) != arguments(b))
}

func arguments(f *ast.Field) string {
	list := make([]string, len(f.Arguments))
	for i, a := range f.Arguments {
		list[i] = a.Name + ":" + a.Value.String()
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}
