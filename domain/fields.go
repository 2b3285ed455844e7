package domain

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of free fields (attributes, custom): they are for facts, not for documents.
const (
	maxFields      = 100
	maxFieldName   = 100
	maxFieldText   = 10_000
	maxFieldDepth  = 4
	maxFieldValues = 1000
)

// CheckFields checks free fields: JSON values under names that both engines can keep.
func CheckFields(f *Faults, field string, values map[string]any) {
	if len(values) > maxFields {
		f.Add(field, "maxProperties", "has more than %d fields", maxFields)
		return
	}
	left := maxFieldValues
	checkFieldMap(f, field, values, 1, &left)
	if left < 0 {
		f.Add(field, "maxItems", "has more than %d values", maxFieldValues)
	}
}

func checkFieldMap(f *Faults, field string, values map[string]any, depth int, left *int) {
	for name, v := range values {
		if !goodFieldName(name) {
			f.Add(field+"."+Clip(name, 40), "name", "names are 1 to %d bytes without control characters, dots and a leading $", maxFieldName)
			continue
		}
		checkFieldValue(f, field+"."+name, v, depth, left)
	}
}

func goodFieldName(s string) bool {
	return s != "" && len(s) <= maxFieldName && utf8.ValidString(s) && s[0] != '$' && !strings.ContainsFunc(s, func(r rune) bool {
		return r == '.' || unicode.IsControl(r)
	})
}

func checkFieldValue(f *Faults, field string, v any, depth int, left *int) {
	if *left--; *left < 0 {
		return
	}
	if depth > maxFieldDepth {
		f.Add(field, "depth", "is nested deeper than %d", maxFieldDepth)
		return
	}
	switch x := v.(type) {
	case string:
		CheckText(f, field, x, maxFieldText)
	case map[string]any:
		checkFieldMap(f, field, x, depth+1, left)
	case []any:
		for i, e := range x {
			checkFieldValue(f, field+"."+strconv.Itoa(i), e, depth+1, left)
		}
	}
}

// CheckText checks a text from outside: its length in bytes, valid UTF-8, no NUL.
func CheckText(f *Faults, field, value string, most int) {
	switch {
	case len(value) > most:
		f.Add(field, "maxLength", "is longer than %d bytes", most)
	case strings.IndexByte(value, 0) >= 0:
		f.Add(field, "noNUL", "holds a NUL character")
	case !utf8.ValidString(value):
		f.Add(field, "utf8", "is not valid UTF-8")
	}
}

var (
	keyPattern      = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)
	languagePattern = regexp.MustCompile(`^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$`)
)

// CheckKey checks a key by which people and machines name a thing.
func CheckKey(f *Faults, field, key string) {
	if !keyPattern.MatchString(key) {
		f.Add(field, "pattern", "must be 1 to 100 of a-z, 0-9, dot, underscore and hyphen, beginning with a letter or digit")
	}
}

// IsKey tells whether a key in any script is well formed: a letter or digit first, then letters, digits and marks, at most so many characters.
func IsKey(key, marks string, most int) bool {
	n := 0
	for _, r := range key {
		word := unicode.IsLetter(r) || unicode.IsNumber(r)
		if !word && (n == 0 || !strings.ContainsRune(marks, r)) {
			return false
		}
		n++
	}
	return 0 < n && n <= most
}

const maxLanguage = 35 // bytes of a language tag (RFC 5646 §4.4.1)

// CheckLanguage checks a language tag (BCP 47): its form, not whether there is such a language.
func CheckLanguage(f *Faults, field, tag string) {
	if len(tag) > maxLanguage || !languagePattern.MatchString(tag) {
		f.Add(field, "pattern", "is not a language tag (BCP 47)")
	}
}

// Distinct gives each text of a list once, in their order.
func Distinct(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// MapTexts gives a copy of free fields in which every text went through fn, which is told its path.
func MapTexts(path string, values map[string]any, fn func(path, text string) (string, error)) (map[string]any, error) {
	if values == nil {
		return nil, nil
	}
	v, err := mapTexts(path, values, fn)
	if err != nil {
		return nil, err
	}
	return v.(map[string]any), nil
}

func mapTexts(path string, v any, fn func(path, text string) (string, error)) (any, error) {
	switch x := v.(type) {
	case string:
		return fn(path, x)
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			m, err := mapTexts(path+"."+k, e, fn)
			if err != nil {
				return nil, err
			}
			out[k] = m
		}
		return out, nil
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			m, err := mapTexts(path+"."+strconv.Itoa(i), e, fn)
			if err != nil {
				return nil, err
			}
			out[i] = m
		}
		return out, nil
	}
	return v, nil
}
