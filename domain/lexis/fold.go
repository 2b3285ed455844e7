package lexis

import (
	"unicode"
	"unicode/utf8"
)

type class uint8

const (
	gapClass  class = iota // space, punctuation, symbols
	wordClass              // letters of scripts that put spaces between words
	digitClass
	cjkClass
	noClass // dropped without a trace: zero-width characters, accents
)

// fold1 gives the folded form of one rune and its class.
func fold1(r rune) (rune, class) {
	if r < utf8.RuneSelf {
		return foldASCII(r)
	}
	switch {
	case r >= 0xAC00 && r <= 0xD7A3: // Hangul syllables come first: they are the most frequent
		return r, cjkClass
	case r >= 0xFF01 && r <= 0xFF5E: // full-width forms mirror ASCII
		return foldASCII(r - 0xFF01 + '!')
	case r >= 0xFFA1 && r <= 0xFFDC:
		return widenJamo(r)
	case r == '㈜':
		return '주', cjkClass
	case r >= 0x300 && r <= 0x36F, unicode.Is(unicode.Cf, r), r >= 0xFE00 && r <= 0xFE0F:
		return r, noClass
	case isCJK(r):
		return r, cjkClass
	}
	return foldLetter(r)
}

func foldASCII(r rune) (rune, class) {
	switch {
	case r >= 'a' && r <= 'z':
		return r, wordClass
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A', wordClass
	case r >= '0' && r <= '9':
		return r, digitClass
	}
	return r, gapClass
}

func foldLetter(r rune) (rune, class) {
	switch {
	case unicode.IsLetter(r):
		r = unicode.ToLower(r)
		if plain, ok := unaccented[r]; ok {
			r = plain
		}
		return r, wordClass
	case unicode.IsNumber(r), unicode.Is(unicode.M, r):
		return r, wordClass
	}
	return r, gapClass
}

// isCJK tells scripts that are indexed by bigrams.
func isCJK(r rune) bool {
	switch {
	case r < 0x1100:
		return false
	case r >= 0xAC00 && r <= 0xD7A3: // syllables, the most frequent
		return true
	case r <= 0x11FF, // conjoining jamo
		r >= 0x3005 && r <= 0x3007,
		r >= 0x3041 && r <= 0x30FF && r != '・', // kana
		r >= 0x3131 && r <= 0x318E,             // compatibility jamo
		r >= 0x31F0 && r <= 0x31FF,
		r >= 0x3400 && r <= 0x4DBF, r >= 0x4E00 && r <= 0x9FFF, r >= 0xF900 && r <= 0xFAFF,
		r >= 0xA960 && r <= 0xA97F, r >= 0xD7B0 && r <= 0xD7FF, // old jamo
		r >= 0xFF66 && r <= 0xFF9F, // half-width kana
		r >= 0x20000 && r <= 0x3FFFD:
		return true
	}
	return false
}

// widenJamo brings a half-width jamo (U+FFA1 …) to its compatibility jamo (U+3131 …).
func widenJamo(r rune) (rune, class) {
	switch {
	case r <= 0xFFBE:
		return r - 0xFFA1 + 0x3131, cjkClass
	case r >= 0xFFC2 && r <= 0xFFC7:
		return r - 0xFFC2 + 0x314F, cjkClass
	case r >= 0xFFCA && r <= 0xFFCF:
		return r - 0xFFCA + 0x3155, cjkClass
	case r >= 0xFFD2 && r <= 0xFFD7:
		return r - 0xFFD2 + 0x315B, cjkClass
	case r >= 0xFFDA:
		return r - 0xFFDA + 0x3161, cjkClass
	}
	return r, gapClass
}

// syllable joins a conjoining jamo to the character before it (Unicode 3.12: S = (L×21+V)×28+T).
func syllable(before, r rune) (rune, bool) {
	switch {
	case before >= 0x1100 && before <= 0x1112 && r >= 0x1161 && r <= 0x1175:
		return 0xAC00 + ((before-0x1100)*21+(r-0x1161))*28, true
	case before >= 0xAC00 && before <= 0xD7A3 && (before-0xAC00)%28 == 0 && r > 0x11A7 && r <= 0x11C2:
		return before + r - 0x11A7, true
	}
	return 0, false
}

// unaccented takes the accents off the Latin letters that have them built in (Latin-1, Latin Extended-A).
var unaccented = func() map[rune]rune {
	m := map[rune]rune{}
	for _, row := range []string{
		"aàáâãäåāăą", "cçćĉċč", "dďđ", "eèéêëēĕėęě", "gĝğġģ", "hĥħ", "iìíîïĩīĭįı", "jĵ", "kķ", "lĺļľŀł",
		"nñńņň", "oòóôõöøōŏő", "rŕŗř", "sśŝşšſ", "tţťŧ", "uùúûüũūŭůűų", "wŵ", "yýÿŷ", "zźżž",
	} {
		plain, size := utf8.DecodeRuneInString(row)
		for _, r := range row[size:] {
			m[r] = plain
		}
	}
	return m
}()
