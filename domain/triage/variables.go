package triage

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"sori/domain"
)

// A template's text is literal but for variables: {{name}} or {{name|fallback}}. The fallback stands in where there is no value. Values are put in once, so braces in a
// customer's name mean nothing.

// part is a stretch of literal text, or a variable.
type part struct {
	literal  string
	variable string
	fallback string
}

// knownVariables are those of every inquiry; besides, customer.attributes.NAME gives an attribute of the customer.
var knownVariables = []string{
	"customer.name", "customer.tier", "inquiry.number", "inquiry.subject", "inquiry.type", "account.name", "account.brand", "account.address", "date",
}

const attributePrefix = "customer.attributes."

// parseTemplate cuts a text into parts, and notes each fault under the field's name: a variable that nobody knows, a brace that is never closed.
func parseTemplate(f *domain.Faults, field, text string) []part {
	var out []part
	for {
		before, rest, open := strings.Cut(text, "{{")
		if before != "" {
			out = append(out, part{literal: before})
		}
		if !open {
			return out
		}
		inside, after, closed := strings.Cut(rest, "}}")
		if !closed || strings.ContainsAny(inside, "{}\n") {
			f.Add(field, "variable", "{{ is not closed by }} on its line: %q", domain.Clip(rest, 40))
			return out
		}
		p := readVariable(inside)
		if !knownVariable(p.variable) {
			f.Add(field, "variable", "there is no variable %q; there are %s and %sNAME", domain.Clip(p.variable, 60), strings.Join(knownVariables, ", "), attributePrefix)
		}
		out = append(out, p)
		text = after
	}
}

func readVariable(inside string) part {
	name, fallback, _ := strings.Cut(inside, "|")
	return part{variable: strings.TrimSpace(name), fallback: strings.TrimSpace(fallback)}
}

func knownVariable(name string) bool {
	attribute, ok := strings.CutPrefix(name, attributePrefix)
	return slices.Contains(knownVariables, name) || ok && attribute != ""
}

// values gives a variable's value, "" for none.
type values func(variable string) string

const maxValue = 500

// fill puts values into parts. Values are one line and not longer than a value may be; in HTML they, and fallbacks, are escaped.
func fill(parts []part, v values, asHTML bool) string {
	var b strings.Builder
	for _, p := range parts {
		if p.variable == "" {
			b.WriteString(p.literal)
			continue
		}
		value := oneLine(v(p.variable))
		if value == "" {
			value = p.fallback
		}
		if asHTML {
			value = html.EscapeString(value)
		}
		b.WriteString(value)
	}
	return b.String()
}

// oneLine keeps a value from adding lines, which in a subject would be header lines.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
	return domain.Clip(strings.TrimSpace(s), maxValue)
}

// filled is a template with values put in.
func filled(t domain.TemplateTexts, v values) domain.TemplateTexts {
	var none domain.Faults // what is stored was checked
	return domain.TemplateTexts{
		Subject: fill(parseTemplate(&none, "", t.Subject), v, false),
		Text:    fill(parseTemplate(&none, "", t.Text), v, false),
		HTML:    fill(parseTemplate(&none, "", t.HTML), v, true),
	}
}

// about is what a template is filled in from. Any of it may be nil.
type about struct {
	customer *domain.Customer
	inquiry  *domain.Inquiry
	typeName string
	account  *domain.Account
	date     string
}

// value gives a variable's value.
func (a about) value(name string) string {
	if attribute, ok := strings.CutPrefix(name, attributePrefix); ok && a.customer != nil {
		text, _ := a.customer.Attributes[attribute].(string)
		return text
	}
	noun, field, _ := strings.Cut(name, ".")
	switch {
	case noun == "date":
		return a.date
	case name == "inquiry.type":
		return a.typeName
	case noun == "customer" && a.customer != nil:
		return map[string]string{"name": personName(a.customer.Name), "tier": a.customer.Tier}[field]
	case noun == "inquiry" && a.inquiry != nil:
		return map[string]string{"number": a.inquiry.Number, "subject": a.inquiry.Subject}[field]
	case noun == "account" && a.account != nil:
		return map[string]string{"name": a.account.Name, "brand": a.account.Brand, "address": a.account.Address}[field]
	}
	return ""
}

// personName drops a name that is none. Whoever writes names himself, and could have us mail an advertisement to an address that he gives as his own.
func personName(s string) string {
	if webAddress.MatchString(s) || len([]rune(s)) > 60 {
		return ""
	}
	return s
}

// webAddress matches what looks like one: by how it begins, or by a name under one of the domains that are sold most. Names have dots too (J.R. Smith, 김.철수).
var webAddress = regexp.MustCompile(`(?i)://|www\.|http|[\p{L}\p{N}-]\.(com|net|org|info|biz|xyz|top|shop|site|online|store|club|link|click|live|app|icu|vip|win|bet|pro|dev|io|co|me|cc|tv|ly|gg|to|tk|ru|cn|jp|kr|us|uk|eu)([^\p{L}\p{N}]|$)`)
