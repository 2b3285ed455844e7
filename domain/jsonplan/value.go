package jsonplan

import (
	"encoding/base64"
	"reflect"
	"time"
	"unicode/utf8"
)

// writeTime writes a time as time.Time.MarshalJSON does. What is not UTC or of no year of four digits is left to it.
func writeTime(b []byte, v reflect.Value, html bool) ([]byte, error) {
	var t time.Time
	if v.CanAddr() {
		t = *v.Addr().Interface().(*time.Time) // without a copy on the heap
	} else {
		t = v.Interface().(time.Time)
	}
	if y := t.Year(); t.Location() != time.UTC || y < 0 || y > 9999 {
		return leave(b, v, html)
	}
	b = append(b, '"')
	b = t.AppendFormat(b, time.RFC3339Nano)
	return append(b, '"'), nil
}

// writeBytes writes bytes in base64.
func writeBytes(b []byte, v reflect.Value, _ bool) ([]byte, error) {
	if v.IsNil() {
		return append(b, "null"...), nil
	}
	return append(base64.StdEncoding.AppendEncode(append(b, '"'), v.Bytes()), '"'), nil
}

const hex = "0123456789abcdef"

// lineSeparator is the first byte of U+2028 and U+2029 in UTF-8, and of many harmless characters.
const lineSeparator = 0xE2

// plainByte are the bytes that stand for themselves in valid UTF-8 whatever follows; in htmlByte those that matter to a browser are not among them.
var plainByte, htmlByte = func() (plain, html [256]bool) {
	for c := range plain {
		plain[c] = c >= ' ' && c != '"' && c != '\\' && c != lineSeparator
		html[c] = plain[c] && c != '<' && c != '>' && c != '&'
	}
	return plain, html
}()

// appendString writes a text as encoding/json does: bytes that are not UTF-8 become U+FFFD, and U+2028 and U+2029 are escaped for JavaScript.
func appendString(b []byte, s string, html bool) []byte {
	safe := &plainByte
	if html {
		safe = &htmlByte
	}
	b = append(b, '"')
	if utf8.ValidString(s) {
		return append(appendValid(b, s, safe), '"')
	}
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if !safe[c] {
				b = appendEscape(append(b, s[start:i]...), c)
				start = i + 1
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[start:i]...), `\ufffd`...)
			start = i + size
		case r == '\u2028' || r == '\u2029':
			b = append(append(b, s[start:i]...), `\u202`...)
			b = append(b, hex[r&0xF])
			start = i + size
		}
		i += size
	}
	return append(append(b, s[start:]...), '"')
}

// appendValid writes valid UTF-8, most of which is copied as it is.
func appendValid(b []byte, s string, safe *[256]bool) []byte {
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case safe[c]:
			continue
		case c != lineSeparator:
			b = appendEscape(append(b, s[start:i]...), c)
			start = i + 1
		case s[i+1] == 0x80 && s[i+2]&^1 == 0xA8:
			b = append(append(b, s[start:i]...), `\u202`...)
			b = append(b, hex[s[i+2]&0xF])
			start = i + 3
		}
	}
	return append(b, s[start:]...)
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '\\', '"':
		return append(b, '\\', c)
	case '\b':
		return append(b, '\\', 'b')
	case '\f':
		return append(b, '\\', 'f')
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xF])
}
