package domain

import (
	"path"
	"slices"
	"strings"
)

// Vault keeps resident numbers (주민등록번호) out of everything that is stored, shown, searched and logged.
type Vault interface {
	// Seal finds the resident numbers in a field's text and gives the text with their masks in place, and what was taken out.
	Seal(field, text string) (masked string, found []Sealed, err error)
	// Open puts back what Seal took out of a field, byte for byte.
	Open(field, masked string, found []Sealed) (string, error)
	// Index gives the blind indexes of a number, however it is written: one for each key that has been in use. Invalid if it is no resident number.
	Index(number string) ([]string, error)
	// SealBytes encrypts a whole content, and names the key.
	SealBytes(content []byte) (sealed []byte, keyID string, err error)
	// OpenBytes undoes SealBytes.
	OpenBytes(sealed []byte) ([]byte, error)
}

// maxContentHits is how many resident numbers of one file are found again by their index.
const maxContentHits = 100

// MaskLabels masks resident numbers in labels: tags, codes, classes. What is taken out of them is kept nowhere: labels stand in events, which are for ever, and are no place
// for a number that somebody may need again.
func MaskLabels(v Vault, labels ...*string) error {
	for _, l := range labels {
		masked, _, err := v.Seal("label", *l)
		if err != nil {
			return err
		}
		*l = masked
	}
	return nil
}

// SealedContent looks for resident numbers in a file of text; other files are not looked into. The file stays as it is, and is to be kept encrypted as a whole if there
// is one; what is noted is found by the number, and is nothing to be opened.
func SealedContent(v Vault, field, name, contentType string, data []byte) ([]Sealed, error) {
	if !isText(name, contentType) {
		return nil, nil
	}
	_, found, err := v.Seal(field, strings.ToValidUTF8(string(data), "\uFFFD"))
	found = found[:min(len(found), maxContentHits)]
	out := make([]Sealed, len(found))
	for i, x := range found {
		out[i] = Sealed{Field: field, Index: x.Index}
	}
	return out, err
}

// textNames are the endings of files that are written in letters, whatever type they are sent as: spreadsheet programs send CSV as their own.
var textNames = []string{".csv", ".tsv", ".txt", ".text", ".log", ".md", ".htm", ".html", ".xhtml", ".mht", ".mhtml", ".xml", ".svg", ".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".rtf", ".eml", ".vcf", ".ics", ".sql"}

// isText tells a content that is written in letters, by its type or its file's name. The digits of a number are the same in every charset that mail uses for text but UTF-16.
func isText(name, contentType string) bool {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch kind = strings.TrimSpace(kind); kind {
	case "application/json", "application/xml", "application/csv", "application/rtf", "application/x-ndjson", "application/jsonl", "message/rfc822":
		return true
	}
	if strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "+xml") || strings.HasSuffix(kind, "+json") {
		return true
	}
	return slices.Contains(textNames, strings.ToLower(path.Ext(strings.TrimSpace(name))))
}

// DropSealed gives the list without what was taken out of a field, or out of what lies under it.
func DropSealed(list []Sealed, field string) []Sealed {
	return slices.DeleteFunc(slices.Clone(list), func(x Sealed) bool { return x.under(field) })
}

// SealedOf gives what DropSealed drops.
func SealedOf(list []Sealed, field string) []Sealed {
	return slices.DeleteFunc(slices.Clone(list), func(x Sealed) bool { return !x.under(field) })
}

func (x Sealed) under(field string) bool {
	return x.Field == field || strings.HasPrefix(x.Field, field+".")
}
