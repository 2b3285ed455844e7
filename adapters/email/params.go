package email

import (
	"bytes"
	"sort"
	"strconv"
	"strings"
)

// maxParams is how many parameters of one field are read.
const maxParams = 64

// mediaType is a structured field: Content-Type or Content-Disposition.
type mediaType struct {
	value  string            // in lower case: text/plain, attachment
	params map[string]string // decoded, names in lower case
}

// parseMediaType reads a structured field (RFC 2045 §5.1, RFC 2231) as
// mailers write it: it forgives missing quotes and semicolons, empty and
// doubled parameters, raw 8-bit and encoded words in values. Of two parameters
// of one name the first holds, as for most clients.
func parseMediaType(raw []byte) mediaType {
	first, rest := raw, []byte(nil)
	if i := bytes.IndexByte(raw, ';'); i >= 0 {
		first, rest = raw[:i], raw[i+1:]
	} else if i := bytes.IndexAny(raw, " \t"); i >= 0 && bytes.IndexByte(raw, '=') > i {
		first, rest = raw[:i], raw[i+1:]
	}
	m := mediaType{value: mediaValue(first)}
	if len(rest) == 0 {
		return m
	}
	m.params = decodeParams(splitParams(rest))
	return m
}

// mediaValue cleans a type: no comment, no quotes, nothing after white space.
func mediaValue(b []byte) string {
	s := strings.TrimSpace(string(b))
	if i := strings.IndexAny(s, " \t("); i >= 0 {
		s = s[:i]
	}
	return strings.ToLower(cleanLine(strings.Trim(s, `"'`)))
}

// rawParam is a parameter before decoding.
type rawParam struct {
	name  string
	value []byte
}

func splitParams(b []byte) []rawParam {
	var out []rawParam
	for len(b) > 0 && len(out) < maxParams {
		b = bytes.TrimLeft(b, "; \t\r\n")
		eq := bytes.IndexByte(b, '=')
		if eq < 0 {
			break
		}
		if semi := bytes.IndexByte(b, ';'); semi >= 0 && semi < eq { // a word without value
			b = b[semi+1:]
			continue
		}
		name := strings.ToLower(string(bytes.TrimSpace(b[:eq])))
		var value []byte
		value, b = cutParamValue(bytes.TrimLeft(b[eq+1:], " \t"))
		out = append(out, rawParam{name, value})
	}
	return out
}

// cutParamValue takes a quoted string or a token. An unquoted value runs to
// the next semicolon, blanks included: file names are often left unquoted.
func cutParamValue(b []byte) (value, rest []byte) {
	if len(b) == 0 || b[0] != '"' {
		i := bytes.IndexByte(b, ';')
		if i < 0 {
			i = len(b)
		}
		return bytes.TrimSpace(b[:i]), b[i:]
	}
	out := make([]byte, 0, 64)
	for i := 1; i < len(b); i++ {
		switch {
		case b[i] == '\\' && i+1 < len(b) && (b[i+1] == '"' || b[i+1] == '\\'):
			i++
			out = append(out, b[i])
		case b[i] == '"':
			return out, b[i+1:]
		default:
			out = append(out, b[i])
		}
	}
	// The closing quote is missing: the value ends where the next parameter does.
	if i := bytes.IndexByte(out, ';'); i >= 0 {
		return bytes.TrimSpace(out[:i]), out[i:]
	}
	return out, nil
}

// segment is one piece of a continued parameter (RFC 2231 §3).
type segment struct {
	number  int
	percent bool
	value   []byte
}

func decodeParams(raw []rawParam) map[string]string {
	out := make(map[string]string, len(raw))
	continued := map[string][]segment{}
	for _, p := range raw {
		base, number, percent := paramName(p.name)
		if number < 0 {
			if _, twice := out[base]; !twice {
				out[base] = decodeHeader(p.value)
			}
			continue
		}
		continued[base] = append(continued[base], segment{number, percent, p.value})
	}
	for base, segments := range continued { // the extended form wins (RFC 6266 §4.3)
		out[base] = joinSegments(segments)
	}
	return out
}

// paramName splits "filename*0*" into its base, its number (0 for "filename*",
// -1 for a plain one) and whether its value is percent-encoded.
func paramName(name string) (base string, number int, percent bool) {
	star := strings.IndexByte(name, '*')
	if star < 0 {
		return name, -1, false
	}
	base, rest := name[:star], name[star+1:]
	percent = rest == "" || strings.HasSuffix(rest, "*")
	number, err := strconv.Atoi(strings.TrimSuffix(rest, "*"))
	if err != nil {
		number = 0
	}
	return base, number, percent
}

// joinSegments puts the pieces in order and decodes them as one: a character
// may be cut in two between them.
func joinSegments(segments []segment) string {
	sort.SliceStable(segments, func(i, j int) bool { return segments[i].number < segments[j].number })
	var joined []byte
	label := ""
	for i, s := range segments {
		value := s.value
		if i == 0 && s.percent {
			label, value = cutCharset(value)
		}
		if s.percent {
			value = percentDecode(value)
		}
		joined = append(joined, value...)
	}
	if label == "" {
		return decodeHeader(joined)
	}
	text, _ := decodeCharset(joined, label)
	return cleanLine(text)
}

// cutCharset takes charset'language' off the front (RFC 2231 §4).
func cutCharset(v []byte) (label string, rest []byte) {
	parts := bytes.SplitN(v, []byte("'"), 3)
	if len(parts) < 3 {
		return "", v
	}
	return string(parts[0]), parts[2]
}

func percentDecode(v []byte) []byte {
	out := make([]byte, 0, len(v))
	for i := 0; i < len(v); i++ {
		if v[i] == '%' && i+2 < len(v) {
			if n, err := strconv.ParseUint(string(v[i+1:i+3]), 16, 8); err == nil {
				out = append(out, byte(n))
				i += 2
				continue
			}
		}
		out = append(out, v[i])
	}
	return out
}
