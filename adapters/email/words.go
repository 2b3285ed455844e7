package email

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"
)

// encodedWord is one "=?charset?B?text?=" with its content still in charset.
type encodedWord struct {
	label string
	data  []byte
}

// decodeHeader turns a raw field value into clean UTF-8 on one line. Encoded
// words (RFC 2047) are decoded wherever they stand, in quoted strings too.
// Neighbours of one charset are joined before decoding, because mailers cut
// characters in two; what is not ASCII outside of them goes through
// decodeCharset.
func decodeHeader(v []byte) string {
	if !bytes.Contains(v, []byte("=?")) {
		text, _ := decodeCharset(v, "")
		return cleanLine(text)
	}
	var out strings.Builder
	var run encodedWord // words of one charset met so far
	seen := false
	for {
		start, length, word := findWord(v)
		if start < 0 {
			break
		}
		gap := v[:start]
		blank := len(bytes.TrimSpace(gap)) == 0
		if seen && (!blank || word.label != run.label) {
			writeDecoded(&out, run.data, run.label)
			run.data = nil
		}
		if !seen || !blank { // blanks between two words are none (RFC 2047 §6.2)
			writeDecoded(&out, gap, "")
		}
		seen = true
		run = encodedWord{word.label, append(run.data, word.data...)}
		v = v[start+length:]
	}
	writeDecoded(&out, run.data, run.label)
	writeDecoded(&out, v, "")
	return cleanLine(out.String())
}

func writeDecoded(out *strings.Builder, b []byte, label string) {
	text, _ := decodeCharset(b, label)
	out.WriteString(text)
}

// findWord finds the next well-formed encoded word. start is -1 if there is none.
func findWord(v []byte) (start, length int, word encodedWord) {
	for from := 0; ; {
		i := bytes.Index(v[from:], []byte("=?"))
		if i < 0 {
			return -1, 0, word
		}
		from += i
		if word, n, ok := parseWord(v[from:]); ok {
			return from, n, word
		}
		from += 2
	}
}

// parseWord reads an encoded word at the front of v. Blanks inside are
// forgiven; the language of RFC 2231 §5 is dropped.
func parseWord(v []byte) (word encodedWord, length int, ok bool) {
	rest := v[2:]
	q1 := bytes.IndexByte(rest, '?')
	if q1 <= 0 || q1 > 64 || q1+2 >= len(rest) || rest[q1+2] != '?' {
		return word, 0, false
	}
	label, _, _ := strings.Cut(string(rest[:q1]), "*")
	body := rest[q1+3:]
	end := bytes.Index(body, []byte("?="))
	if end < 0 || bytes.IndexByte(body[:end], '\n') >= 0 {
		return word, 0, false
	}
	length = 2 + q1 + 3 + end + 2
	switch rest[q1+1] {
	case 'B', 'b':
		return encodedWord{cleanLabel(label), decodeBase64(body[:end])}, length, true
	case 'Q', 'q':
		return encodedWord{cleanLabel(label), decodeQ(body[:end])}, length, true
	}
	return word, 0, false
}

// decodeBase64 decodes what can be decoded: foreign bytes are skipped, padding
// may be missing or stand in the middle, a torn last group gives what it has.
func decodeBase64(v []byte) []byte {
	whole := make([]byte, base64.StdEncoding.DecodedLen(len(v)))
	if n, err := base64.StdEncoding.Decode(whole, v); err == nil {
		return whole[:n]
	}
	return salvageBase64(v)
}

func salvageBase64(v []byte) []byte {
	clean := make([]byte, 0, len(v))
	out := make([]byte, 0, base64.StdEncoding.DecodedLen(len(v))+3)
	flush := func() {
		if len(clean)%4 == 1 {
			clean = clean[:len(clean)-1]
		}
		n, _ := base64.RawStdEncoding.Decode(out[len(out):cap(out)], clean)
		out = out[:len(out)+n]
		clean = clean[:0]
	}
	for _, c := range v {
		switch {
		case isBase64(c):
			clean = append(clean, c)
		case c == '=' && len(clean) > 0:
			flush()
		}
	}
	flush()
	return out
}

// decodeQ reads the Q encoding of RFC 2047 §4.2.
func decodeQ(v []byte) []byte {
	out := make([]byte, 0, len(v))
	for i := 0; i < len(v); i++ {
		switch {
		case v[i] == '_':
			out = append(out, ' ')
		case v[i] == '=' && i+2 < len(v) && unhex(v[i+1]) >= 0 && unhex(v[i+2]) >= 0:
			out = append(out, byte(unhex(v[i+1])<<4|unhex(v[i+2])))
			i += 2
		default:
			out = append(out, v[i])
		}
	}
	return out
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// cleanLine makes text fit for one line: valid UTF-8, no NUL and no other
// control character, line breaks and tabs as blanks, trimmed.
func cleanLine(s string) string {
	if isPlainLine(s) {
		return strings.TrimSpace(s)
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.IsControl(r) || isBidiControl(r) || r == '\uFEFF':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.TrimSpace(s)
}

func isPlainLine(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// isBidiControl names the characters that turn the order of what follows: they
// serve to disguise file names and senders.
func isBidiControl(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// cleanText makes text fit to be stored: valid UTF-8, \n line ends, no NUL and
// no control character but tab.
func cleanText(s string) string {
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	if isCleanText(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// notClean are the bytes that clean text has not, and the one that may begin a C1 control: these are C2 80 to C2 9F in UTF-8.
var notClean = func() (table [256]bool) {
	for c := range byte(' ') {
		table[c] = c != '\n' && c != '\t'
	}
	table[0x7f], table[0xc2] = true, true
	return table
}()

func isCleanText(s string) bool {
	for i := 0; i < len(s); i++ {
		if notClean[s[i]] && (s[i] != 0xc2 || i+1 < len(s) && s[i+1] < 0xa0) {
			return false
		}
	}
	return utf8.ValidString(s)
}
