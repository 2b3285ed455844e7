package orgfile

import (
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"sori/domain"
)

// Format implements domain.OrganisationFormat.
type Format struct{}

const (
	maxNodes  = 300_000 // of a document, what aliases stand for counted each time
	maxDepth  = 20
	maxFaults = 100
)

// Read implements domain.OrganisationFormat.
func (Format) Read(document []byte) (*domain.Organisation, map[string]int, error) {
	if len(document) > domain.MaxOrganisation {
		return nil, nil, domain.Errorf(domain.TooLarge, "the document is longer than %d bytes", domain.MaxOrganisation)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(document, &root); err != nil {
		return nil, nil, domain.Errorf(domain.Malformed, "the document is not YAML: %s", domain.Clip(err.Error(), 200))
	}
	if len(root.Content) == 0 {
		return nil, nil, domain.Errorf(domain.Malformed, "the document is empty")
	}
	out := &domain.Organisation{}
	r := reader{lines: map[string]int{}, fields: map[reflect.Type]map[string]int{}}
	r.read(root.Content[0], reflect.ValueOf(out).Elem(), "", 0)
	return out, r.lines, r.faults.Err()
}

// reader puts the nodes of a document into Go values, and gathers what does not fit.
type reader struct {
	lines  map[string]int
	fields map[reflect.Type]map[string]int // of the types that were met
	faults domain.Faults
	nodes  int
	full   bool // nothing more is read
}

func (r *reader) fault(n *yaml.Node, path, rule, message string) {
	if len(r.faults) < maxFaults {
		r.faults.Add(path, rule, "%s (line %d)", message, n.Line)
	}
}

func (r *reader) read(n *yaml.Node, into reflect.Value, path string, depth int) {
	if r.full {
		return
	}
	if r.nodes++; r.nodes > maxNodes || depth > maxDepth {
		r.full = true
		r.fault(n, path, "size", "is more than a document of an organisation can be")
		return
	}
	r.lines[path] = n.Line
	if n.Kind == yaml.AliasNode {
		r.read(n.Alias, into, path, depth+1)
		return
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		r.readFields(n, into, path, depth)
	case reflect.Slice:
		r.readItems(n, into, path, depth)
	default:
		r.readScalar(n, into, path)
	}
}

func (r *reader) readFields(n *yaml.Node, into reflect.Value, path string, depth int) {
	if n.Kind != yaml.MappingNode {
		r.fault(n, path, "type", "must be fields with their values")
		return
	}
	known := r.fieldsOf(into.Type())
	if i, ok := known["active"]; ok {
		into.Field(i).SetBool(true)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i].Value
		at := join(path, domain.Clip(name, 60))
		index, ok := known[name]
		switch {
		case !ok:
			r.fault(n.Content[i], at, "unknown", "there is no such field")
		case seen[name]:
			r.fault(n.Content[i], at, "unique", "is there twice")
		default:
			r.read(n.Content[i+1], into.Field(index), at, depth+1)
		}
		seen[name] = true
	}
}

func (r *reader) readItems(n *yaml.Node, into reflect.Value, path string, depth int) {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, path, "type", "must be a list")
		return
	}
	out := reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content)) // an empty list is one, not none
	for i, item := range n.Content {
		if r.full {
			return
		}
		r.read(item, out.Index(i), join(path, strconv.Itoa(i)), depth+1)
	}
	into.Set(out)
}

// readScalar reads a text, a whole number or a truth. A text need not stand in quotes, though YAML would take it for a number or a date.
func (r *reader) readScalar(n *yaml.Node, into reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode {
		r.fault(n, path, "type", "must be a single value")
		return
	}
	switch tag := n.ShortTag(); into.Kind() {
	case reflect.String:
		if tag == "!!bool" || tag == "!!binary" {
			r.fault(n, path, "type", "must be a text")
			return
		}
		into.SetString(n.Value)
	case reflect.Int:
		v, err := strconv.ParseInt(n.Value, 10, 32)
		if tag != "!!int" || err != nil {
			r.fault(n, path, "type", "must be a whole number of 32 bits")
			return
		}
		into.SetInt(v)
	case reflect.Bool:
		if tag != "!!bool" {
			r.fault(n, path, "type", "must be true or false")
			return
		}
		into.SetBool(strings.EqualFold(n.Value, "true"))
	}
}

var (
	docType  = reflect.TypeFor[domain.Doc]()
	timeType = reflect.TypeFor[time.Time]()
)

// fieldsOf gives the fields that a document may have, by name. Ids, versions and times are the store's own.
func (r *reader) fieldsOf(t reflect.Type) map[string]int {
	if known, ok := r.fields[t]; ok {
		return known
	}
	out := map[string]int{}
	r.fields[t] = out
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type == docType || f.Type == timeType {
			continue
		}
		out[nameOf(f)] = i
	}
	return out
}

func nameOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
