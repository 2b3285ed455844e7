package rrn

import (
	"time"
	"unicode"
	"unicode/utf8"
)

// digitOf gives the value of an ASCII or full-width digit, -1 for anything else.
func digitOf(r rune) int {
	switch {
	case r >= '0' && r <= '9':
		return int(r - '0')
	case r >= '０' && r <= '９':
		return int(r - '０')
	}
	return -1
}

func digitAt(text string, pos int) (digit, size int) {
	r, size := utf8.DecodeRuneInString(text[pos:])
	return digitOf(r), size
}

// readDigits fills out from pos on and gives the place after it.
func readDigits(text string, pos int, out []byte) (int, bool) {
	for i := range out {
		d, size := digitAt(text, pos)
		if d < 0 {
			return pos, false
		}
		out[i] = '0' + byte(d)
		pos += size
	}
	return pos, true
}

func skipDigits(text string, pos int) int {
	for pos < len(text) {
		d, size := digitAt(text, pos)
		if d < 0 {
			break
		}
		pos += size
	}
	return pos
}

func isDash(r rune) bool {
	return r == '-' || r >= '\u2010' && r <= '\u2015' || r == '−' || r == '－' || r == '﹣'
}

func isDot(r rune) bool { return r == '.' || r == '．' || r == '·' }

// isSpace tells what looks like nothing or a space within a line; zero-width characters come in by copying.
func isSpace(r rune) bool {
	switch r {
	case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad':
		return true
	case '\n', '\r', '\v', '\f', '\u0085', '\u2028', '\u2029':
		return false
	}
	return unicode.IsSpace(r)
}

func isLatin(r rune) bool {
	return r == '_' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= 'Ａ' && r <= 'Ｚ' || r >= 'ａ' && r <= 'ｚ'
}

// lastBirthYear bounds births in the 2000s.
const lastBirthYear = 2059

// plausible tells whether the digits begin with a date and a century that fit each other.
func plausible(digits [numDigits]byte, bare bool) bool {
	two := func(i int) int { return int(digits[i]-'0')*10 + int(digits[i+1]-'0') }
	year, month, day := two(0), two(2), two(4)
	switch digits[birthDigits] {
	case '1', '2', '5', '6':
		year += 1900
	case '3', '4', '7', '8':
		year += 2000
	default: // 9 and 0
		year += 1800
		if bare {
			return false
		}
	}
	if month < 1 || month > 12 || day < 1 || year > lastBirthYear {
		return false
	}
	return day <= time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
