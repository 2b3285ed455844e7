package rrn

import (
	"errors"
	"fmt"
	"strings"
)

// maskBytes is the length of every mask: 900101-1******.
const maskBytes = 14

// Canonical gives the 13 digits of a number written in any way that Find knows; ok is false for anything else or more.
func Canonical(number string) (canonical string, ok bool) {
	number = strings.TrimSpace(number)
	spans := Find(number)
	if len(spans) != 1 || spans[0].Start != 0 || spans[0].End != len(number) {
		return "", false
	}
	return spans[0].Number, true
}

// Mask writes a number so that birth date, century and sex are left: "900101-1******". Anything that is no number becomes
// asterisks only.
func Mask(number string) string {
	canonical, ok := Canonical(number)
	if !ok {
		return strings.Repeat("*", maskBytes)
	}
	return mask(canonical)
}

func mask(canonical string) string {
	return canonical[:birthDigits] + "-" + canonical[birthDigits:birthDigits+1] + "******"
}

// Sealed is one number that Redact took out of a text.
type Sealed struct {
	Offset     int    `json:"offset"`     // bytes, of its mask in the masked text
	Ciphertext string `json:"ciphertext"` // of the number exactly as it was written
	BlindIndex string `json:"blindIndex"` // of its canonical form, for looking it up
}

// SealFunc seals a number as it was written, and gives the blind index of its canonical form.
type SealFunc func(written, canonical string) (ciphertext, blindIndex string, err error)

// OpenFunc undoes the ciphertext of a SealFunc.
type OpenFunc func(ciphertext string) (written string, err error)

// ErrMismatch is Reveal's answer to seals that do not belong to the text.
var ErrMismatch = errors.New("the seals do not belong to this text")

// Redact puts a mask in the place of each number of a text, and gives what takes them back. The masked text holds 14
// ASCII characters for each number; the place of each mask is kept as its byte offset, so a mask that
// the customer wrote is not mistaken for one of ours, and Reveal gives every byte back: hyphens, spaces, full-width digits.
// The masked text must be kept as it is. A text without numbers comes back as it is, with nil.
func Redact(text string, seal SealFunc) (masked string, sealed []Sealed, err error) {
	spans := Find(text)
	if len(spans) == 0 {
		return text, nil, nil
	}
	var b strings.Builder
	b.Grow(len(text) + len(spans))
	pos := 0
	for _, s := range spans {
		ciphertext, blindIndex, err := seal(text[s.Start:s.End], s.Number)
		if err != nil {
			return "", nil, fmt.Errorf("seal a resident number: %w", err)
		}
		b.WriteString(text[pos:s.Start])
		sealed = append(sealed, Sealed{Offset: b.Len(), Ciphertext: ciphertext, BlindIndex: blindIndex})
		b.WriteString(mask(s.Number))
		pos = s.End
	}
	b.WriteString(text[pos:])
	return b.String(), sealed, nil
}

// Reveal gives back the text that Redact was given, byte for byte. Seals out of order, beyond the text, or of
// other numbers than the masks they stand for are ErrMismatch; an error of open comes back wrapped.
func Reveal(masked string, sealed []Sealed, open OpenFunc) (string, error) {
	var b strings.Builder
	b.Grow(len(masked))
	pos := 0
	for _, s := range sealed {
		if s.Offset < pos || s.Offset > len(masked)-maskBytes {
			return "", ErrMismatch
		}
		written, err := open(s.Ciphertext)
		if err != nil {
			return "", fmt.Errorf("open a resident number: %w", err)
		}
		end := s.Offset + maskBytes
		if Mask(written) != masked[s.Offset:end] {
			return "", ErrMismatch
		}
		b.WriteString(masked[pos:s.Offset])
		b.WriteString(written)
		pos = end
	}
	b.WriteString(masked[pos:])
	return b.String(), nil
}
