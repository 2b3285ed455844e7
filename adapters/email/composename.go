package email

import (
	"mime"
	"strconv"
	"strings"
)

// nameParams writes a file name as a parameter: plain where it is ASCII, else
// as an encoded word (for Korean clients of old, which know nothing else) and
// as RFC 2231 (which the others prefer).
func nameParams(param, name string) string {
	if isPlainLine(name) && !strings.ContainsAny(name, `"\`) {
		return ";\r\n " + param + `="` + name + `"`
	}
	word := strings.ReplaceAll(mime.BEncoding.Encode("utf-8", name), " ", "\r\n ")
	return ";\r\n " + param + `="` + word + `"` + rfc2231(param, name)
}

// maxSegment keeps the lines of a continued parameter under 78 characters.
const maxSegment = 50

// rfc2231 writes a parameter percent-encoded, in as many pieces as it takes.
func rfc2231(param, name string) string {
	var pieces []string
	piece := ""
	for _, b := range []byte(name) {
		c := percentByte(b)
		if len(piece)+len(c) > maxSegment {
			pieces = append(pieces, piece)
			piece = ""
		}
		piece += c
	}
	pieces = append(pieces, piece)
	if len(pieces) == 1 {
		return ";\r\n " + param + "*=UTF-8''" + pieces[0]
	}
	var out strings.Builder
	for i, p := range pieces {
		out.WriteString(";\r\n " + param + "*" + strconv.Itoa(i) + "*=")
		if i == 0 {
			out.WriteString("UTF-8''")
		}
		out.WriteString(p)
	}
	return out.String()
}

func percentByte(b byte) string {
	const hex = "0123456789ABCDEF"
	if b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b == '.' || b == '-' || b == '_' {
		return string(rune(b))
	}
	return string([]byte{'%', hex[b>>4], hex[b&15]})
}
