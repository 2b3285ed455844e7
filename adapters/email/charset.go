package email

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// aliases are labels that mail bears and the indexes of x/text do not know, or
// know as something else. x/text's EUC-KR is CP949 (UHC), a superset.
var aliases = map[string]encoding.Encoding{
	"cp949": korean.EUCKR, "ms949": korean.EUCKR, "uhc": korean.EUCKR, "x-windows-949": korean.EUCKR,
	"windows-949": korean.EUCKR, "cp-949": korean.EUCKR, "euckr": korean.EUCKR, "euc_kr": korean.EUCKR,
	"ks_c_5601": korean.EUCKR, "ksc_5601": korean.EUCKR, "ksc5601": korean.EUCKR, "ks_c_5601-1987": korean.EUCKR,
	"ks_c_5601-1989": korean.EUCKR, "ksc5601-1987": korean.EUCKR, "ksc5601_1987": korean.EUCKR, "ks_c-5601": korean.EUCKR,
	"x-euc-kr": korean.EUCKR, "ksx1001": korean.EUCKR, "ks_x_1001": korean.EUCKR, "korean": korean.EUCKR, "949": korean.EUCKR,
	"cp932": japanese.ShiftJIS, "ms932": japanese.ShiftJIS, "sjis": japanese.ShiftJIS,
	"iso-2022-jp-1": japanese.ISO2022JP, "iso-2022-jp-2": japanese.ISO2022JP, "iso-2022-jp-ms": japanese.ISO2022JP, "cp50220": japanese.ISO2022JP,
	"cp936": simplifiedchinese.GBK, "hz-gb-2312": simplifiedchinese.HZGB2312,
	"cp1252": charmap.Windows1252, "ansi": charmap.Windows1252, "iso8859-1": charmap.Windows1252, "latin-1": charmap.Windows1252,
	"iso-8859-1": charmap.Windows1252, "ascii": nil, "us-ascii": nil, "utf-8": nil, "utf8": nil, "": nil,
}

// lookupCharset finds the decoder of a label. known is false for a label that
// names nothing; a nil decoder with known means ASCII or UTF-8.
func lookupCharset(label string) (enc encoding.Encoding, known bool) {
	if enc, known = aliases[label]; known {
		return enc, true
	}
	if enc, err := htmlindex.Get(label); err == nil && enc != encoding.Replacement {
		return enc, true
	}
	if enc, err := ianaindex.MIME.Encoding(label); err == nil && enc != nil {
		return enc, true
	}
	return nil, false
}

// cleanLabel forgives quotes, blanks and a doubled "charset=".
func cleanLabel(label string) string {
	label = strings.ToLower(strings.Trim(strings.TrimSpace(label), `"'`))
	label = strings.TrimPrefix(label, "charset=")
	if i := strings.IndexAny(label, " ;,"); i >= 0 {
		label = label[:i]
	}
	return label
}

// decodeCharset turns bytes of a declared charset into UTF-8 text, and says
// what was wrong with the declaration (empty if nothing). A label is a claim:
// Korean mail is often EUC-KR under the name of utf-8, iso-8859-1 or none, and
// UTF-8 under the name of ks_c_5601-1987. So bytes that can only be UTF-8 are
// UTF-8, and bytes that do not fit their label are tried as CP949.
func decodeCharset(b []byte, label string) (text, problem string) {
	label = cleanLabel(label)
	if text, ok := decodeStateful(b, label); ok {
		return text, ""
	}
	if isASCII(b) {
		return string(b), ""
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	enc, known := lookupCharset(label)
	if utf8.Valid(b) && (enc == nil || isWestern(enc) || surelyUTF8(b) || decodeErrors(enc, b) > 0) {
		if enc != nil {
			problem = "the text is UTF-8, not " + label + " as declared"
		}
		return string(b), problem
	}
	if label == "johab" {
		return decodeJohab(b), ""
	}
	return decodeLegacy(b, label, enc, known)
}

// decodeLegacy is for bytes that are no UTF-8.
func decodeLegacy(b []byte, label string, enc encoding.Encoding, known bool) (text, problem string) {
	if enc != nil && !isWestern(enc) && decodeErrors(enc, b) == 0 {
		return decodeWith(enc, b), ""
	}
	if looksKorean(b) {
		if enc != korean.EUCKR && label != "" {
			problem = "the text is EUC-KR, not " + label + " as declared"
		}
		return decodeWith(korean.EUCKR, b), problem
	}
	switch {
	case enc != nil:
		text = decodeWith(enc, b)
		if strings.ContainsRune(text, utf8.RuneError) {
			problem = "some of the text is not " + label + " as declared"
		}
		return text, problem
	case mostlyUTF8(b):
		return string(b), "some of the text is not UTF-8"
	case !known:
		problem = "the charset " + label + " is not known"
	case label != "":
		problem = "the text is not " + label + " as declared"
	}
	return decodeWith(charmap.Windows1252, b), problem
}

// decodeStateful is for charsets whose bytes may all look like ASCII.
func decodeStateful(b []byte, label string) (string, bool) {
	switch {
	case strings.HasPrefix(label, "utf-16"), strings.HasPrefix(label, "utf16"), label == "ucs-2", hasUTF16BOM(b):
		return decodeUTF16(b, label)
	case label == "iso-2022-kr", bytes.Contains(b, []byte("\x1b$)C")):
		return decodeISO2022KR(b), true
	case label == "utf-7", label == "unicode-1-1-utf-7":
		return decodeUTF7(b), true
	case strings.HasPrefix(label, "iso-2022-jp"), bytes.Contains(b, []byte("\x1b$B")):
		return decodeWith(japanese.ISO2022JP, b), true
	case label == "hz-gb-2312":
		return decodeWith(simplifiedchinese.HZGB2312, b), true
	}
	return "", false
}

func hasUTF16BOM(b []byte) bool {
	return bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff})
}

// decodeUTF16 refuses bytes without any that only UTF-16 has: a zero byte, or
// a byte order mark. Such a label is then a mistake.
func decodeUTF16(b []byte, label string) (string, bool) {
	if !hasUTF16BOM(b) && bytes.IndexByte(b, 0) < 0 && (isASCII(b) || utf8.Valid(b)) {
		return "", false
	}
	little := strings.HasSuffix(label, "le") || bytes.HasPrefix(b, []byte{0xff, 0xfe})
	if bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		little = false
	}
	if hasUTF16BOM(b) {
		b = b[2:]
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		hi, lo := b[i], b[i+1]
		if little {
			hi, lo = lo, hi
		}
		units = append(units, uint16(hi)<<8|uint16(lo))
	}
	return string(utf16.Decode(units)), true
}

func decodeWith(enc encoding.Encoding, b []byte) string {
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return string(bytes.ToValidUTF8(b, []byte("\uFFFD")))
	}
	return string(out)
}

// decodeErrors counts what an encoding cannot decode.
func decodeErrors(enc encoding.Encoding, b []byte) int {
	return strings.Count(decodeWith(enc, b), "\uFFFD")
}

// isWestern tells whether an encoding is one that software puts on text whose
// charset it does not know. Its label proves nothing.
func isWestern(enc encoding.Encoding) bool {
	return enc == charmap.Windows1252 || enc == charmap.ISO8859_1 || enc == charmap.ISO8859_15
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// surelyUTF8 tells, for valid UTF-8, whether it holds a sequence of three or
// more bytes (Hangul, kana, Han, punctuation). Two-byte sequences alone may be
// EUC-KR by chance: 삼 is BB EF, but 쩌 is C2 BC.
func surelyUTF8(b []byte) bool {
	for _, c := range b {
		if c >= 0xe0 {
			return true
		}
	}
	return false
}

// mostlyUTF8 tells whether nearly all bytes past ASCII are UTF-8: a good text
// that was cut in the middle of a character, or carries a broken one.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		i += n
	}
	return good > 0 && bad*4 <= good
}

// looksKorean tells whether the bytes past ASCII are CP949: they come in
// pairs, all of them decode, and most pairs are Hangul of KS X 1001 (lead
// B0–C8, trail A1–FE). Western text has lone high bytes between letters.
func looksKorean(b []byte) bool {
	hangul, other, bad := 0, 0, 0
	for i := 0; i < len(b); i++ {
		if b[i] < 0x80 {
			continue
		}
		switch kind := pairKind(b, i); kind {
		case pairBroken:
			bad++
			continue
		case pairHangul:
			hangul++
		default:
			other++
		}
		i++
	}
	return hangul > 0 && bad*20 <= hangul && hangul*2 >= other
}

type pair int

const (
	pairBroken pair = iota
	pairHangul
	pairOther
)

// pairKind judges the two bytes at i as CP949.
func pairKind(b []byte, i int) pair {
	if i+1 >= len(b) {
		return pairBroken
	}
	lead, trail := b[i], b[i+1]
	switch {
	case lead < 0x81 || lead == 0xff:
		return pairBroken
	case trail >= 0xa1 && trail <= 0xfe:
		if lead >= 0xb0 && lead <= 0xc8 {
			return pairHangul
		}
		return pairOther
	case lead <= 0xc6 && (trail >= 0x41 && trail <= 0x5a || trail >= 0x61 && trail <= 0x7a || trail >= 0x81 && trail <= 0xa0):
		return pairOther
	}
	return pairBroken
}
