package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/klauspost/compress/gzip"

	"sori/domain"
)

const (
	// preallocated is how much memory a Content-Length alone may claim.
	preallocated = 1 << 20
	// maxDrained is how much of a refused body is read before the answer. A client that sends before it reads would otherwise see a broken connection
	// in place of the reason.
	maxDrained = 64 << 20
	maxDepth   = 64
	maxValues  = 20_000
)

// body is a request's body after it was read: what validation made of it is what the handler gets.
type body struct {
	*bytes.Reader
	raw   []byte
	value any
}

// Close is there for http.Request.
func (*body) Close() error { return nil }

// ValidatedValue gives the decoded JSON to the generated code, which then does not decode it again.
func (b *body) ValidatedValue() any { return b.value }

// plainBody is a body that is not JSON.
type plainBody struct {
	*bytes.Reader
	raw []byte
}

func (*plainBody) Close() error { return nil }

// readBody reads a body, checks its media type and, if it is JSON, its form and its schema. Lines are left to their handler, which reads them as they come.
func (s *server) readBody(c *gin.Context, op *operation) error {
	if op.media == "" {
		return nil
	}
	limit := s.Limits.Body
	if op.large {
		limit = s.Limits.Mail
	}
	in, err := inflated(c.Request)
	if err != nil {
		return err
	}
	if c.Request.ContentLength > limit {
		return tooLarge(limit)
	}
	if op.media == mediaLines {
		c.Request.Body = &limited{in: in, left: limit, limit: limit}
		return checkMedia(c, op.media)
	}
	raw, err := readLimited(in, limit, c.Request.ContentLength)
	if err != nil {
		return err
	}
	if len(raw) == 0 && !op.required {
		c.Request.Body = http.NoBody
		return nil
	}
	if err := checkMedia(c, op.media); err != nil {
		return err
	}
	if op.media != mediaJSON {
		c.Request.Body = &plainBody{bytes.NewReader(raw), raw}
		return nil
	}
	v, err := decodeJSON(raw)
	if err != nil {
		return err
	}
	c.Request.Body = &body{bytes.NewReader(raw), raw, v}
	return s.checkSchema(op.schema, v)
}

// rawBody gives the bytes of a body that readBody has read.
func rawBody(r *http.Request) []byte {
	switch b := r.Body.(type) {
	case *body:
		return b.raw
	case *plainBody:
		return b.raw
	}
	return nil
}

func checkMedia(c *gin.Context, want string) error {
	media, params, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err != nil || media != want {
		return &domain.Error{Code: domain.Unsupported, Field: "Content-Type", Rule: "media", Message: "must be " + want}
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") && want != "message/rfc822" {
		return &domain.Error{Code: domain.Unsupported, Field: "Content-Type", Rule: "charset", Message: "must be UTF-8"}
	}
	return nil
}

// inflated gives the body as it was before compression.
func inflated(r *http.Request) (io.ReadCloser, error) {
	switch strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))) {
	case "", "identity":
		return r.Body, nil
	case "gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, domain.Errorf(domain.Malformed, "the body is not gzip")
		}
		return z, nil
	}
	return nil, &domain.Error{Code: domain.Unsupported, Field: "Content-Encoding", Rule: "encoding", Message: "must be gzip or identity"}
}

func tooLarge(limit int64) error {
	return domain.Errorf(domain.TooLarge, "the body is larger than %d bytes", limit)
}

func readLimited(in io.Reader, limit, announced int64) ([]byte, error) {
	var buf bytes.Buffer
	buf.Grow(int(min(max(announced, 0), preallocated)) + bytes.MinRead)
	n, err := buf.ReadFrom(io.LimitReader(in, limit+1))
	if n > limit {
		return nil, tooLarge(limit)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return buf.Bytes(), nil
}

// unreadable tells a caller that its body broke off or is not what its encoding says.
func unreadable(err error) error {
	var e *domain.Error
	if errors.As(err, &e) {
		return e
	}
	return domain.Errorf(domain.Malformed, "the body cannot be read to its end")
}

// limited reads up to a limit and then fails, rather than ending as if that were all.
type limited struct {
	in          io.ReadCloser
	left, limit int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, tooLarge(l.limit)
	}
	n, err := l.in.Read(p[:min(int64(len(p)), l.left+1)])
	if l.left -= int64(n); l.left < 0 {
		return n + int(l.left), tooLarge(l.limit)
	}
	return n, err
}

func (l *limited) Close() error { return l.in.Close() }

// drain reads on what is refused, unless the client asked to be told before it sends.
func drain(r *http.Request) {
	if r.Body == nil || r.Header.Get("Expect") != "" {
		return
	}
	_, _ = io.CopyN(io.Discard, r.Body, maxDrained)
}

// decodeJSON reads one JSON document (RFC 8259) in UTF-8. Malformed says what is wrong and where.
func decodeJSON(raw []byte) (any, error) {
	if err := checkForm(raw); err != nil {
		return nil, err
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, domain.Errorf(domain.Malformed, "the body is not one JSON document: %s at byte %d", syntax.Error(), syntax.Offset)
		}
		return nil, domain.Errorf(domain.Malformed, "the body is not one JSON document")
	}
	return v, nil
}

// checkForm refuses, before anything is allocated, what a decoder would take and change (invalid UTF-8, half of a surrogate pair) or pay dearly for
// (deep nesting, very many values).
func checkForm(raw []byte) error {
	if !utf8.Valid(raw) {
		return domain.Errorf(domain.Malformed, "the body is not valid UTF-8")
	}
	depth, values := 0, 1
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			end, ok := skipString(raw, i+1)
			if !ok {
				return domain.Errorf(domain.Malformed, "the body has half of a surrogate pair before byte %d", end)
			}
			i = end
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			values++
		}
		if depth > maxDepth {
			return domain.Errorf(domain.Malformed, "the body is nested deeper than %d", maxDepth)
		}
		if values > maxValues {
			return domain.Errorf(domain.Malformed, "the body has more than %d values", maxValues)
		}
	}
	return nil
}

// skipString gives where a string ends, and false if it holds half of a surrogate pair. What else may be wrong with it the decoder says.
func skipString(raw []byte, i int) (end int, ok bool) {
	for ; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			return i, true
		case '\\':
			if i+1 < len(raw) && raw[i+1] == 'u' {
				width, ok := escaped(raw[i:])
				if !ok {
					return i, false
				}
				i += width - 1
				continue
			}
			i++
		}
	}
	return len(raw), true
}

// escaped gives the width of a \u escape, or of two that are one character.
func escaped(raw []byte) (width int, ok bool) {
	high, fine := hex4(raw)
	switch {
	case !fine || high < 0xD800 || high > 0xDFFF:
		return min(6, len(raw)), true
	case high >= 0xDC00 || len(raw) < 12:
		return 0, false
	}
	low, fine := hex4(raw[6:])
	return 12, fine && low >= 0xDC00 && low <= 0xDFFF
}

func hex4(raw []byte) (v int, ok bool) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0, false
	}
	for _, c := range raw[2:6] {
		switch {
		case '0' <= c && c <= '9':
			v = v<<4 | int(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			v = v<<4 | int(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return v, true
}
