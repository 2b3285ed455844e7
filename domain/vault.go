package domain

import (
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

// DropSealed gives the list without what was taken out of a field, or out of what lies under it.
func DropSealed(list []Sealed, field string) []Sealed {
	return slices.DeleteFunc(slices.Clone(list), func(x Sealed) bool {
		return x.Field == field || strings.HasPrefix(x.Field, field+".")
	})
}
