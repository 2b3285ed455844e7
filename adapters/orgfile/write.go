package orgfile

import (
	"bytes"
	"reflect"
	"strconv"

	"go.yaml.in/yaml/v3"

	"sori/domain"
)

const head = "# The organisation. `sori org apply FILE` makes it so; `sori org apply FILE --dry-run` says what that would change.\n"

// Write implements domain.OrganisationFormat. What is empty is left out, and so is that something is active.
func (Format) Write(o *domain.Organisation) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(head)
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(node(reflect.ValueOf(o).Elem())); err != nil {
		return nil, err
	}
	return b.Bytes(), enc.Close()
}

func node(v reflect.Value) *yaml.Node {
	switch v.Kind() {
	case reflect.Struct:
		return mapping(v)
	case reflect.Slice:
		out := &yaml.Node{Kind: yaml.SequenceNode}
		plain := v.Type().Elem().Kind() != reflect.Struct
		for i := range v.Len() {
			item := node(v.Index(i))
			if !plain && isShort(item) {
				item.Style = yaml.FlowStyle
			}
			out.Content = append(out.Content, item)
		}
		if plain || v.Len() == 0 {
			out.Style = yaml.FlowStyle
		}
		return out
	case reflect.Int:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatInt(v.Int(), 10)}
	case reflect.Bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v.Bool())}
	}
	out := &yaml.Node{}
	out.SetString(v.String()) // quoted where YAML would take it for something else
	return out
}

func mapping(v reflect.Value) *yaml.Node {
	out := &yaml.Node{Kind: yaml.MappingNode}
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type == docType || f.Type == timeType {
			continue
		}
		name, value := nameOf(f), v.Field(i)
		switch {
		case name == "active" && value.Bool(), name != "active" && !always[name] && isEmpty(value):
			continue
		}
		out.Content = append(out.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, node(value))
	}
	return out
}

// always are the fields that are written though they are empty: Sunday is 0, and so may be an order.
var always = map[string]bool{"day": true, "order": true}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice:
		return v.IsNil() || v.Len() == 0 && v.Type().Elem().Kind() != reflect.Struct
	case reflect.Struct:
		for i := range v.NumField() {
			if !isEmpty(v.Field(i)) {
				return false
			}
		}
		return true
	}
	return v.IsZero()
}

// isShort reports whether fields fit on one line: hours, skills, targets.
func isShort(n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode || len(n.Content) > 8 {
		return false
	}
	for _, x := range n.Content {
		if x.Kind != yaml.ScalarNode || len(x.Value) > 40 || x.Value == "key" || x.Value == "name" {
			return false
		}
	}
	return true
}
