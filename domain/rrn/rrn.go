// Package rrn finds Korean resident registration numbers (주민등록번호) and those of registered foreigners (외국인등록번호) in text, masks
// them, and takes them out of a text so that only the seals give them back.
//
// A number is the date of birth (yymmdd), a digit for century and sex, and six more; 900101-1234567. Its check digit is not
// looked at: numbers issued since October 2020 have none (주민등록법 시행규칙, 2020-10-05).
package rrn

import (
	"strings"
	"unicode/utf8"
)

// Span is one number in a text.
type Span struct {
	Start, End int    // bytes
	Number     string // canonical: 13 ASCII digits
}

const (
	birthDigits = 6
	numDigits   = 13
	fullWidth   = 0xEF // the first byte of a full-width digit (U+FF10 to U+FF19) in UTF-8
	maxBetween  = 4    // characters between the two halves: " - ", or zero-width ones
)

// Find gives the numbers in a text, in order. A number is six digits that are a date, then at most a hyphen, dot, dash or spaces,
// then seven digits of which the first is a century. It does not belong to a longer run of digits, nor is it joined to more
// digits by a hyphen as account numbers are. Without anything between the halves it does not touch a Latin letter either, as a part
// of some other machine's id does. Full-width digits and dashes count as what they look like.
//
// Born in the 2000s is taken for plausible up to 2059, as the rule knows no clock; born in the 1800s only with something
// between the halves.
func Find(text string) []Span {
	var spans []Span
	for pos := 0; pos < len(text); {
		if c := text[pos]; (c < '0' || c > '9') && c != fullWidth {
			pos++ // no digit begins with it
			continue
		}
		d, size := digitAt(text, pos)
		if d < 0 {
			pos += size
			continue
		}
		if s, ok := match(text, pos); ok {
			spans = append(spans, s)
			pos = s.End
			continue
		}
		pos = skipDigits(text, pos)
	}
	return spans
}

// match reads the number whose digits start at pos, where a run of digits starts.
func match(text string, pos int) (Span, bool) {
	var digits [numDigits]byte
	at, ok := readDigits(text, pos, digits[:birthDigits])
	if !ok {
		return Span{}, false
	}
	at, sep := between(text, at)
	at, ok = readDigits(text, at, digits[birthDigits:])
	if !ok || !plausible(digits, sep.bare()) {
		return Span{}, false
	}
	if d, _ := digitAt(text, at); d >= 0 || sep.joined(before(text[:pos])) || sep.joined(after(text[at:])) {
		return Span{}, false
	}
	return Span{Start: pos, End: at, Number: string(digits[:])}, true
}

// separator is what stands between the two halves.
type separator struct{ dash, dot, space bool }

func (s separator) bare() bool { return s == separator{} }

// between reads the separator at pos. A second dash or dot, a line end or too much of it all is left, so that no digits follow.
func between(text string, pos int) (int, separator) {
	var s separator
	for range maxBetween {
		r, size := utf8.DecodeRuneInString(text[pos:])
		switch {
		case isDash(r) && !s.dash && !s.dot:
			s.dash = true
		case isDot(r) && !s.dash && !s.dot:
			s.dot = true
		case isSpace(r):
			s.space = true
		default:
			return pos, s
		}
		pos += size
	}
	return pos, s
}

// neighbour is what stands beside a number on one side: the character next to it, whether there are spaces before the next
// character that is none, that one, and whether a digit comes behind that.
type neighbour struct {
	next   rune
	spaced bool
	mark   rune
	digit  bool
}

// joined tells whether the number goes on into its neighbour.
func (s separator) joined(n neighbour) bool {
	if s.bare() && isLatin(n.next) {
		return true
	}
	if !n.digit || n.spaced && !s.space {
		return false
	}
	return isDash(n.mark) || isDot(n.mark) && (s.dot || s.bare())
}

func after(text string) neighbour {
	var n neighbour
	n.next, _ = utf8.DecodeRuneInString(text)
	rest := strings.TrimLeftFunc(text, isSpace)
	mark, size := utf8.DecodeRuneInString(rest)
	n.mark = mark
	behind := strings.TrimLeftFunc(rest[size:], isSpace)
	n.spaced = len(rest) < len(text) || len(behind) < len(rest)-size
	first, _ := utf8.DecodeRuneInString(behind)
	n.digit = digitOf(first) >= 0
	return n
}

func before(text string) neighbour {
	var n neighbour
	n.next, _ = utf8.DecodeLastRuneInString(text)
	rest := strings.TrimRightFunc(text, isSpace)
	mark, size := utf8.DecodeLastRuneInString(rest)
	n.mark = mark
	behind := strings.TrimRightFunc(rest[:len(rest)-size], isSpace)
	n.spaced = len(rest) < len(text) || len(behind) < len(rest)-size
	last, _ := utf8.DecodeLastRuneInString(behind)
	n.digit = digitOf(last) >= 0
	return n
}
