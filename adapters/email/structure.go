package email

import (
	"bytes"
	"io"
	"mime/quotedprintable"
	"strings"
)

// Limits of the structure (RFC 2046 names none). What lies beyond is left out
// and told in Problems.
const (
	maxParts = 1000
	maxDepth = 50
)

// part is one node of the MIME tree. A multipart has children, anything else
// has a body; both are pieces of the source, not copies.
type part struct {
	header      header
	contentType mediaType
	disposition mediaType
	encoding    string
	body        []byte
	children    []*part
}

// structure builds the tree of a mail. It reads each level once, compares
// lines against that level's boundary only, and stops at the limits, so that
// neither ten thousand parts nor nesting without end cost more than reading.
//
// The general MIME libraries were measured for this and are not used: their
// readers stack one on another, so that a mail of 20 kB costs 2 ms and three
// hundred nested parts cost minutes.
type structure struct {
	parts    int
	problems *problems
}

func (s *structure) read(src []byte, fallback string, depth int) *part {
	s.parts++
	p := &part{}
	p.header, p.body = splitHeader(src, s.problems)
	p.contentType = parseMediaType(p.header.get("content-type"))
	if p.contentType.value == "" || !strings.Contains(p.contentType.value, "/") {
		p.contentType.value = fallback
		if p.contentType.params["boundary"] != "" {
			p.contentType.value = "multipart/mixed"
		}
	}
	p.disposition = parseMediaType(p.header.get("content-disposition"))
	p.encoding = p.header.token("content-transfer-encoding")
	if strings.HasPrefix(p.contentType.value, "multipart/") {
		s.readChildren(p, depth)
	}
	return p
}

// readChildren splits a multipart. One that has no boundary, or whose boundary
// never comes, becomes a text.
func (s *structure) readChildren(p *part, depth int) {
	boundary := p.contentType.params["boundary"]
	if boundary == "" {
		boundary = guessBoundary(p.body)
	}
	if depth >= maxDepth {
		s.problems.add("parts are nested deeper than %d; below that only the text was kept", maxDepth)
		p.contentType = mediaType{value: "text/plain"}
		p.body = stripStructure(p.body)
		return
	}
	fallback := "text/plain"
	if p.contentType.value == "multipart/digest" {
		fallback = "message/rfc822"
	}
	splitter := splitter{rest: p.body, marker: []byte("--" + boundary)}
	for boundary != "" && splitter.next() {
		if s.parts >= maxParts {
			s.problems.add("more than %d parts; the rest was left out", maxParts)
			break
		}
		p.children = append(p.children, s.read(splitter.part, fallback, depth+1))
	}
	if len(p.children) == 0 {
		s.problems.add("a multipart has no parts")
		p.contentType = mediaType{value: "text/plain", params: map[string]string{"charset": p.contentType.params["charset"]}}
		return
	}
	if !splitter.closed {
		s.problems.add("a multipart is not closed")
	}
}

// splitter walks over the parts between the delimiter lines of one boundary
// (RFC 2046 §5.1.1).
type splitter struct {
	rest    []byte
	marker  []byte
	part    []byte
	started bool
	closed  bool
}

// next finds the next part. The line break before a delimiter belongs to the
// delimiter. A multipart that is not closed ends with its source.
func (s *splitter) next() bool {
	if s.closed || s.rest == nil {
		return false
	}
	if !s.started {
		s.started = true
		if _, ok := s.cut(); !ok || s.closed {
			return false
		}
	}
	if s.rest == nil {
		return false
	}
	s.part, _ = s.cut()
	return true
}

// cut takes everything up to the next delimiter line, and moves behind it.
func (s *splitter) cut() (before []byte, found bool) {
	for at := 0; ; {
		i := bytes.Index(s.rest[at:], s.marker)
		if i < 0 {
			before, s.rest = s.rest, nil
			return before, false
		}
		at += i
		if at == 0 || s.rest[at-1] == '\n' {
			line, after := cutLine(s.rest[at:])
			if tail, ok := delimiterTail(line[len(s.marker):]); ok {
				before = trimLineEnd(s.rest[:at])
				s.closed, s.rest = tail == "--", after
				return before, true
			}
		}
		at += len(s.marker)
	}
}

// delimiterTail tells whether what follows a marker makes it a delimiter: only
// "--" and white space may. So a boundary that is the beginning of another one
// is told from it.
func delimiterTail(after []byte) (tail string, ok bool) {
	tail = string(bytes.TrimRight(after, " \t\r"))
	return tail, tail == "" || tail == "--"
}

func trimLineEnd(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}

// guessBoundary finds the boundary of a multipart that does not declare it: the
// first line of the body that looks like a delimiter and comes again.
func guessBoundary(body []byte) string {
	rest := body
	for range 50 {
		var line []byte
		line, rest = cutLine(rest)
		line = bytes.TrimSpace(line)
		if len(line) > 8 && bytes.HasPrefix(line, []byte("--")) && bytes.IndexByte(line, ' ') < 0 && bytes.Contains(rest, line) {
			return string(line[2:])
		}
	}
	return ""
}

// stripStructure makes text of nested parts: delimiters and part headers go.
func stripStructure(body []byte) []byte {
	out := make([]byte, 0, len(body))
	for len(body) > 0 {
		var line []byte
		line, body = cutLine(body)
		if bytes.HasPrefix(line, []byte("--")) || len(line) > 8 && strings.EqualFold(string(line[:8]), "content-") {
			continue
		}
		out = append(append(out, line...), '\n')
	}
	return bytes.TrimSpace(out)
}

// decoded gives the body without its transfer encoding (RFC 2045 §6); it may be
// a piece of the source. Broken encodings give what can be had.
func (p *part) decoded(problems *problems) []byte {
	switch p.encoding {
	case "base64":
		return decodeBase64(p.body)
	case "quoted-printable":
		return decodeQuotedPrintable(p.body)
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit":
		return p.body
	case "x-uuencode", "uuencode", "x-uue", "uue":
		if _, data, ok := decodeUU(p.body); ok {
			return data
		}
	}
	problems.add("the transfer encoding %s is not known", p.encoding)
	return p.body
}

// owned gives decoded content that is no piece of the source: it may outlive it.
func (p *part) owned(data []byte) []byte {
	if len(data) > 0 && len(p.body) > 0 && &data[0] == &p.body[0] {
		return bytes.Clone(data)
	}
	return data
}

// decodeQuotedPrintable decodes as the standard library does, and by a more
// forgiving reader what that one refuses.
func decodeQuotedPrintable(b []byte) []byte {
	out := bytes.NewBuffer(make([]byte, 0, len(b)))
	if _, err := io.Copy(out, quotedprintable.NewReader(bytes.NewReader(b))); err == nil {
		return out.Bytes()
	}
	return forgiveQuotedPrintable(b)
}

// forgiveQuotedPrintable leaves an equals sign that encodes nothing as it is.
func forgiveQuotedPrintable(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '=' {
			out = append(out, b[i])
			continue
		}
		if i+2 < len(b) && unhex(b[i+1]) >= 0 && unhex(b[i+2]) >= 0 {
			out = append(out, byte(unhex(b[i+1])<<4|unhex(b[i+2])))
			i += 2
			continue
		}
		end := i + 1
		for end < len(b) && (b[end] == ' ' || b[end] == '\t' || b[end] == '\r') {
			end++
		}
		if end == len(b) || b[end] == '\n' { // a soft line break
			i = end
			continue
		}
		out = append(out, '=')
	}
	return out
}

// decodeUU reads the first uuencoded file of a text ("begin 644 name").
func decodeUU(b []byte) (name string, data []byte, ok bool) {
	begin := bytes.Index(b, []byte("begin "))
	if begin < 0 || begin > 0 && b[begin-1] != '\n' {
		return "", nil, false
	}
	line, rest := cutLine(b[begin:])
	words := strings.SplitN(string(line), " ", 3)
	if len(words) < 3 || len(words[1]) < 3 {
		return "", nil, false
	}
	for len(rest) > 0 {
		line, rest = cutLine(rest)
		if string(line) == "end" {
			return cleanLine(words[2]), data, true
		}
		data = append(data, uuLine(line)...)
	}
	return cleanLine(words[2]), data, len(data) > 0
}

func uuLine(line []byte) []byte {
	if len(line) == 0 {
		return nil
	}
	want := int(line[0]-' ') & 63
	out := make([]byte, 0, want+3)
	for i := 1; i < len(line) && len(out) < want; i += 4 {
		var v [4]byte
		for j := range v {
			if i+j < len(line) {
				v[j] = (line[i+j] - ' ') & 63
			}
		}
		out = append(out, v[0]<<2|v[1]>>4, v[1]<<4|v[2]>>2, v[2]<<6|v[3])
	}
	return out[:min(want, len(out))]
}
