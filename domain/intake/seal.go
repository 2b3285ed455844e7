package intake

import (
	"strconv"

	"sori/domain"
)

// sealer takes resident numbers out of many texts and gathers what was taken out.
type sealer struct {
	vault domain.Vault
	found []domain.Sealed
	err   error
}

// text masks one field in place, and gives how many numbers it held.
func (s *sealer) text(field string, value *string) int {
	before := len(s.found)
	masked, err := s.mask(field, *value)
	if err == nil {
		*value = masked
	}
	return len(s.found) - before
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

// names masks the names of recipients.
func (s *sealer) names(field string, list []domain.Party) {
	for i := range list {
		s.text(field+"."+strconv.Itoa(i)+".name", &list[i].Name)
	}
}

// labels masks labels, of which nothing is kept.
func (s *sealer) labels(labels ...*string) {
	if s.err == nil {
		s.err = domain.MaskLabels(s.vault, labels...)
	}
}

// fields masks all texts of free fields.
func (s *sealer) fields(path string, values map[string]any) map[string]any {
	out, err := domain.MapTexts(path, values, s.mask)
	if err != nil {
		s.err = err
	}
	return out
}

// content looks for resident numbers in a file, and tells whether there is one: then the file is to be kept encrypted.
func (s *sealer) content(field, name, contentType string, data []byte) bool {
	if s.err != nil {
		return false
	}
	found, err := domain.SealedContent(s.vault, field, name, contentType, data)
	s.err = err
	s.found = append(s.found, found...)
	return len(found) > 0
}

// take gives what was found since the last take.
func (s *sealer) take() []domain.Sealed {
	found := s.found
	s.found = nil
	return found
}
