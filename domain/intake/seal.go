package intake

import (
	"strings"

	"sori/domain"
)

// sealer takes resident numbers out of many texts and gathers what was taken out.
type sealer struct {
	vault domain.Vault
	found []domain.Sealed
	err   error
}

// text masks one field in place.
func (s *sealer) text(field string, value *string) {
	masked, err := s.mask(field, *value)
	if err == nil {
		*value = masked
	}
}

func (s *sealer) mask(field, value string) (string, error) {
	if s.err != nil || value == "" {
		return value, s.err
	}
	masked, found, err := s.vault.Seal(field, value)
	s.err = err
	s.found = append(s.found, found...)
	return masked, err
}

// fields masks all texts of free fields.
func (s *sealer) fields(path string, values map[string]any) map[string]any {
	out, err := domain.MapTexts(path, values, s.mask)
	if err != nil {
		s.err = err
	}
	return out
}

// maxContentHits is how many resident numbers of one file are found again by their index.
const maxContentHits = 100

// content looks for resident numbers in a file of text, and tells whether there is one. The file stays as it is, and is to be kept encrypted as a whole;
// what is noted is found by the number, and is nothing to be opened.
func (s *sealer) content(field, contentType string, data []byte) bool {
	if !isText(contentType) || s.err != nil {
		return false
	}
	_, found, err := s.vault.Seal(field, strings.ToValidUTF8(string(data), "\uFFFD"))
	s.err = err
	for _, x := range found[:min(len(found), maxContentHits)] {
		s.found = append(s.found, domain.Sealed{Field: field, Index: x.Index})
	}
	return len(found) > 0
}

// isText tells a content that is written in letters. The digits of a number are the same in every charset that mail uses for text but UTF-16.
func isText(contentType string) bool {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch kind = strings.TrimSpace(kind); kind {
	case "application/json", "application/xml", "application/csv", "application/rtf", "message/rfc822":
		return true
	}
	return strings.HasPrefix(kind, "text/")
}

// take gives what was found since the last take.
func (s *sealer) take() []domain.Sealed {
	found := s.found
	s.found = nil
	return found
}
