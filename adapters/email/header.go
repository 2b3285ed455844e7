package email

import (
	"bytes"
	"strings"
)

// field is one header field as it stands in the source: name in lower case,
// value raw (any charset), unfolded to one line, without outer white space.
type field struct {
	name   string
	value  []byte
	copied bool // value is our own, not a piece of the source
}

// header is the header of a mail or a part, in order.
type header []field

// get gives the first raw value of a field, nil if there is none. name is in
// lower case.
func (h header) get(name string) []byte {
	for i := range h {
		if h[i].name == name {
			return h[i].value
		}
	}
	return nil
}

// text gives the first value of a field, decoded (RFC 2047 and what people do
// instead of it).
func (h header) text(name string) string { return decodeHeader(h.get(name)) }

// token gives the first value as ASCII in lower case without comments: for
// fields whose value is a keyword.
func (h header) token(name string) string {
	v := h.get(name)
	if i := bytes.IndexAny(v, ";("); i >= 0 {
		v = v[:i]
	}
	return strings.ToLower(cleanLine(string(bytes.TrimSpace(v))))
}

// all gives every raw value of a field in order.
func (h header) all(name string) [][]byte {
	var out [][]byte
	for i := range h {
		if h[i].name == name {
			out = append(out, h[i].value)
		}
	}
	return out
}

func (h header) has(name string) bool { return h.get(name) != nil }

// Limits of one header. A header past them is cut, not refused: the body is
// still worth having.
const (
	maxHeaderBytes = 512 << 10
	maxFields      = 1000
	maxFieldBytes  = 64 << 10
)

// splitHeader reads a header and gives the body that follows it. It forgives
// what real mail does: an mbox "From " line on top, white space before the
// colon, a folded line whose indent was lost, a body without the empty line.
// What was cut is told in problems.
func splitHeader(src []byte, problems *problems) (header, []byte) {
	var h header
	rest, read := src, 0
	for len(rest) > 0 {
		line, after := cutLine(rest)
		if len(line) == 0 {
			return h, after
		}
		read += len(line)
		switch {
		case read > maxHeaderBytes || len(h) >= maxFields:
			problems.add("the header is too long; the end of it was left out")
			return h, skipHeader(rest)
		case (line[0] == ' ' || line[0] == '\t') && len(h) > 0:
			h.fold(line, problems)
		case isField(line):
			h = append(h, newField(line, problems))
		case len(h) == 0 && isEnvelopeLine(line):
		case len(h) > 0 && moreFields(after):
			problems.add("a line in the header has no field name")
			h.fold(line, problems)
		default:
			problems.add("the header ends without an empty line")
			return h, rest
		}
		rest = after
	}
	return h, nil
}

// cutLine gives the first line without its end, and what follows.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return bytes.TrimSuffix(b, []byte("\r")), nil
	}
	return bytes.TrimSuffix(b[:i], []byte("\r")), b[i+1:]
}

// skipHeader gives what follows the first empty line.
func skipHeader(b []byte) []byte {
	for len(b) > 0 {
		var line []byte
		if line, b = cutLine(b); len(line) == 0 {
			return b
		}
	}
	return nil
}

// endsHeader tells whether nothing but fields stands before the first empty line, and there is one.
func endsHeader(b []byte) bool {
	for len(b) > 0 {
		var line []byte
		if line, b = cutLine(b); len(line) == 0 {
			return true
		}
		if line[0] != ' ' && line[0] != '\t' && !isField(line) {
			return false
		}
	}
	return false
}

// isField tells whether a line begins with a field name (RFC 5322 §2.2) and a
// colon, with white space before the colon forgiven.
func isField(line []byte) bool {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || colon > 128 {
		return false
	}
	name := bytes.TrimRight(line[:colon], " \t")
	for _, c := range name {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return len(name) > 0
}

func isEnvelopeLine(line []byte) bool {
	return bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))
}

// moreFields tells whether the header seems to go on: whether another field
// stands before the next empty line, within the next few lines.
func moreFields(rest []byte) bool {
	for range 8 {
		var line []byte
		line, rest = cutLine(rest)
		if len(line) == 0 {
			return false
		}
		if isField(line) && bytes.IndexByte(line, ' ') > bytes.IndexByte(line, ':') {
			return true
		}
	}
	return false
}

func newField(line []byte, problems *problems) field {
	colon := bytes.IndexByte(line, ':')
	name := strings.ToLower(string(bytes.TrimRight(line[:colon], " \t")))
	return field{name: name, value: capField(bytes.TrimSpace(line[colon+1:]), problems)}
}

// fold joins a continuation line to the last field. The line break goes, the
// white space stays as one blank: encoded words are told apart by it.
func (h header) fold(line []byte, problems *problems) {
	last := &h[len(h)-1]
	if len(last.value) >= maxFieldBytes {
		return
	}
	if !last.copied { // the source is never written to
		last.value = append(make([]byte, 0, 2*(len(last.value)+len(line))), last.value...)
		last.copied = true
	}
	if len(last.value) > 0 {
		last.value = append(last.value, ' ')
	}
	last.value = capField(append(last.value, bytes.TrimSpace(line)...), problems)
}

func capField(v []byte, problems *problems) []byte {
	if len(v) <= maxFieldBytes {
		return v
	}
	problems.add("a header field is too long; the end of it was left out")
	return v[:maxFieldBytes]
}
