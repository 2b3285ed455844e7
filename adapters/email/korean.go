package email

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"
)

// decodeISO2022KR reads ISO-2022-KR (RFC 1557): seven bits; SO (0E) begins KS X
// 1001 pairs, SI (0F) ends them, and so does the end of a line.
func decodeISO2022KR(b []byte) string {
	b = bytes.ReplaceAll(b, []byte("\x1b$)C"), nil)
	euc := make([]byte, 0, len(b))
	shifted := false
	for _, c := range b {
		switch {
		case c == 0x0e:
			shifted = true
		case c == 0x0f:
			shifted = false
		case c == '\n':
			shifted = false
			euc = append(euc, c)
		case shifted && c > 0x20 && c < 0x7f:
			euc = append(euc, c|0x80)
		default:
			euc = append(euc, c)
		}
	}
	return decodeWith(korean.EUCKR, euc)
}

// The five-bit letters of Johab (KS X 1001 annex 3) as indexes into Unicode's
// order; -1 is no letter, and 0 of the final is "no final".
var (
	johabInitial = [32]int{-1, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}
	johabMedial  = [32]int{-1, -1, -1, 0, 1, 2, 3, 4, -1, -1, 5, 6, 7, 8, 9, 10, -1, -1, 11, 12, 13, 14, 15, 16, -1, -1, 17, 18, 19, 20, -1, -1}
	johabFinal   = [32]int{-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, -1, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, -1, -1}
)

// decodeJohab reads Johab: Hangul syllables composed of five-bit letters,
// symbols and Hanja mapped back to KS X 1001.
func decodeJohab(b []byte) string {
	var out strings.Builder
	out.Grow(len(b) * 3 / 2)
	for i := 0; i < len(b); i++ {
		if b[i] < 0x80 {
			out.WriteByte(b[i])
			continue
		}
		if i+1 >= len(b) {
			out.WriteRune(utf8.RuneError)
			break
		}
		out.WriteString(johabPair(b[i], b[i+1]))
		i++
	}
	return out.String()
}

func johabPair(hi, lo byte) string {
	if hi >= 0xd8 {
		return johabSymbol(hi, lo)
	}
	code := uint16(hi)<<8 | uint16(lo)
	initial, medial, final := johabInitial[code>>10&31], johabMedial[code>>5&31], johabFinal[code&31]
	switch {
	case initial >= 0 && medial >= 0 && final >= 0:
		return string(rune(0xac00 + (initial*21+medial)*28 + final))
	case initial >= 0 && code>>5&31 == 2 && code&31 == 1:
		return string([]rune("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ")[initial])
	case medial >= 0 && code>>10&31 == 1 && code&31 == 1:
		return string(rune(0x314f + medial))
	}
	return "\uFFFD"
}

// johabSymbol maps rows D9–DE (symbols) and E0–F9 (Hanja): each lead byte holds
// two rows of KS X 1001, trails 31–7E and 91–A0 the first and A1–FE the second.
func johabSymbol(hi, lo byte) string {
	var row int
	switch {
	case hi >= 0xd9 && hi <= 0xde:
		row = 0xa1 + 2*int(hi-0xd9)
	case hi >= 0xe0 && hi <= 0xf9:
		row = 0xca + 2*int(hi-0xe0)
	default:
		return "\uFFFD"
	}
	cell := int(lo)
	switch {
	case lo >= 0x31 && lo <= 0x7e:
		cell += 0xa1 - 0x31
	case lo >= 0x91 && lo <= 0xa0:
		cell += 0xef - 0x91
	case lo >= 0xa1 && lo <= 0xfe:
		row++
	default:
		return "\uFFFD"
	}
	return decodeWith(korean.EUCKR, []byte{byte(row), byte(cell)})
}

// decodeUTF7 reads UTF-7 (RFC 2152), still met in old notices. What is no
// UTF-7 stays as it is.
func decodeUTF7(b []byte) string {
	var out strings.Builder
	for len(b) > 0 {
		plus := bytes.IndexByte(b, '+')
		if plus < 0 {
			out.Write(b)
			break
		}
		out.Write(b[:plus])
		run := b[plus+1:]
		end := 0
		for end < len(run) && isBase64(run[end]) {
			end++
		}
		out.WriteString(utf7Run(run[:end]))
		b = run[end:]
		if len(b) > 0 && b[0] == '-' {
			b = b[1:]
		}
	}
	return out.String()
}

func utf7Run(run []byte) string {
	if len(run) == 0 {
		return "+"
	}
	raw := make([]byte, base64.RawStdEncoding.DecodedLen(len(run)))
	n, err := base64.RawStdEncoding.Decode(raw, run)
	if err != nil || n < 2 {
		return "+" + string(run)
	}
	units := make([]uint16, 0, n/2)
	for i := 0; i+1 < n; i += 2 {
		units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
	}
	return string(utf16.Decode(units))
}

func isBase64(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}
