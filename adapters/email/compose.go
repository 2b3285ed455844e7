package email

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"html"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"sori/domain"
)

// maxReferences is how many Message-IDs a References field carries: the first,
// which began the thread, and the newest. Long fields break in transit.
const maxReferences = 30

// maxMultiparts is how deep a mail of ours goes: mixed, related, alternative.
const maxMultiparts = 3

// Composer implements domain.MailComposer. It is safe for many goroutines.
type Composer struct {
	keys map[string]*DKIMKey // by domain
}

var _ domain.MailComposer = (*Composer)(nil)

// NewComposer makes a Composer. A mail whose From is of the domain of one of
// the keys is signed with it.
func NewComposer(keys ...*DKIMKey) *Composer {
	c := &Composer{keys: map[string]*DKIMKey{}}
	for _, k := range keys {
		c.keys[k.domain] = k
	}
	return c
}

// Compose writes a mail; see domain.MailComposer for the promise. Headers are
// UTF-8 encoded words in base64 and file names stand in both forms (RFC 2231,
// and the encoded word that older Korean clients want).
func (c *Composer) Compose(m *domain.OutgoingMail) ([]byte, error) {
	if err := checkOutgoing(m); err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(bodyEncoding(m)), gomail.WithNoDefaultUserAgent())
	if err := setAddresses(msg, m); err != nil {
		return nil, err
	}
	setHeaders(msg, m)
	setBody(msg, m)
	for _, a := range m.Attachments {
		attach(msg, a)
	}
	var out bytes.Buffer
	if _, err := msg.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("write the mail: %w", err)
	}
	source := fixBoundaries(out.Bytes(), m.MessageID)
	if key := c.keys[domainOf(m.From.Address)]; key != nil {
		return key.sign(source)
	}
	return source, nil
}

// boundaryDrawn is a boundary as the library draws it: 30 random bytes in hexadecimal.
var boundaryDrawn = regexp.MustCompile(`(?m)^Content-Type: multipart/[a-z]+;\r\n boundary=([0-9a-f]{60})\r$`)

// fixBoundaries puts boundaries that follow from the Message-ID in the place of those drawn by chance, so that a mail written twice is the same bytes.
func fixBoundaries(source []byte, messageID string) []byte {
	for n, found := range boundaryDrawn.FindAllSubmatch(source, maxMultiparts) {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", messageID, n))
		source = bytes.ReplaceAll(source, bytes.Clone(found[1]), fmt.Appendf(nil, "%x", sum[:30]))
	}
	return source
}

// checkOutgoing names every field that cannot be written.
func checkOutgoing(m *domain.OutgoingMail) error {
	var f domain.Faults
	if !validID(m.MessageID) {
		f.Add("messageId", "format", "must be a Message-ID")
	}
	if m.Date.IsZero() {
		f.Add("date", "required", "must be set")
	}
	if len(m.To)+len(m.Cc) == 0 {
		f.Add("to", "required", "must name a recipient")
	}
	if m.InReplyTo != "" && !validID(m.InReplyTo) {
		f.Add("inReplyTo", "format", "must be a Message-ID")
	}
	for _, field := range []struct{ name, value string }{
		{"subject", m.Subject}, {"autoSubmitted", m.AutoSubmitted}, {"loop", m.Loop}, {"listUnsubscribe", m.ListUnsubscribe},
	} {
		if strings.ContainsFunc(field.value, unicode.IsControl) {
			f.Add(field.name, "format", "must not hold line breaks or control characters")
		}
	}
	if strings.TrimSpace(m.Text) == "" && strings.TrimSpace(m.HTML) == "" {
		f.Add("text", "required", "must not be empty")
	}
	if m.ListUnsubscribe != "" && !isUnsubscribe(m.ListUnsubscribe) {
		f.Add("listUnsubscribe", "format", "must be an https or mailto address")
	}
	return f.Err()
}

func isUnsubscribe(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" && u.Host != "" || u.Scheme == "mailto") && !strings.ContainsAny(s, "<> ")
}

// validID tells a Message-ID without brackets: left@right, no white space.
func validID(id string) bool {
	id = strings.TrimSuffix(strings.TrimPrefix(id, "<"), ">")
	at := strings.IndexByte(id, '@')
	return at > 0 && at < len(id)-1 && len(id) <= 500 && !strings.ContainsAny(id, "<>") && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// bodyEncoding keeps plain ASCII readable in the source, and text of other
// scripts short.
func bodyEncoding(m *domain.OutgoingMail) gomail.Encoding {
	if isASCII([]byte(m.Text)) && isASCII([]byte(m.HTML)) && isASCII([]byte(m.Subject)) {
		return gomail.EncodingQP
	}
	return gomail.EncodingB64
}

func setAddresses(msg *gomail.Msg, m *domain.OutgoingMail) error {
	from, err := netAddress("from", m.From)
	if err != nil {
		return err
	}
	msg.FromMailAddress(from)
	for i, a := range m.To {
		to, err := netAddress(fmt.Sprintf("to[%d]", i), a)
		if err != nil {
			return err
		}
		msg.AddToMailAddress(to)
	}
	for i, a := range m.Cc {
		cc, err := netAddress(fmt.Sprintf("cc[%d]", i), a)
		if err != nil {
			return err
		}
		msg.AddCcMailAddress(cc)
	}
	if m.ReplyTo.Address == "" {
		return nil
	}
	reply, err := netAddress("replyTo", m.ReplyTo)
	if err == nil {
		msg.ReplyToMailAddress(reply)
	}
	return err
}

// netAddress checks an address and brings its domain to ASCII (RFC 5891).
func netAddress(field string, a domain.MailAddress) (*mail.Address, error) {
	if strings.ContainsFunc(a.Name+a.Address, unicode.IsControl) {
		return nil, domain.InvalidField(field, "format", "must not hold line breaks or control characters")
	}
	at := strings.LastIndexByte(a.Address, '@')
	if at <= 0 {
		return nil, domain.InvalidField(field, "email", "is not an e-mail address")
	}
	host, err := idna.Lookup.ToASCII(a.Address[at+1:])
	if err != nil {
		return nil, domain.InvalidField(field, "email", "has a domain that cannot be")
	}
	parsed, err := mail.ParseAddress(a.Address[:at] + "@" + host)
	if err != nil {
		return nil, domain.InvalidField(field, "email", "is not an e-mail address")
	}
	return &mail.Address{Name: a.Name, Address: parsed.Address}, nil
}

func setHeaders(msg *gomail.Msg, m *domain.OutgoingMail) {
	msg.SetMessageIDWithValue(strings.Trim(m.MessageID, "<>"))
	msg.SetDateWithValue(m.Date)
	msg.Subject(m.Subject)
	if m.InReplyTo != "" {
		msg.SetGenHeader(gomail.HeaderInReplyTo, "<"+strings.Trim(m.InReplyTo, "<>")+">")
	}
	if refs := references(m); refs != "" {
		msg.SetGenHeader(gomail.HeaderReferences, refs)
	}
	if m.AutoSubmitted != "" {
		msg.SetGenHeader("Auto-Submitted", m.AutoSubmitted)
		msg.SetGenHeader("X-Auto-Response-Suppress", "All") // Exchange heeds only this
	}
	if m.Loop != "" {
		msg.SetGenHeader(domain.LoopHeader, m.Loop)
	}
	if m.ListUnsubscribe != "" {
		msg.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+m.ListUnsubscribe+">")
		if strings.HasPrefix(m.ListUnsubscribe, "https:") {
			msg.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
		}
	}
}

// references writes the thread (RFC 5322 §3.6.4): the ids so far, and last the
// mail that is answered. Ids that are none are left out.
func references(m *domain.OutgoingMail) string {
	var ids []string
	seen := map[string]bool{}
	parent := strings.Trim(m.InReplyTo, "<>")
	for _, id := range m.References {
		id = strings.Trim(id, "<>")
		if validID(id) && !seen[id] && id != parent {
			seen[id] = true
			ids = append(ids, "<"+id+">")
		}
	}
	if parent != "" {
		ids = append(ids, "<"+parent+">")
	}
	if len(ids) > maxReferences {
		ids = append(ids[:1:1], ids[len(ids)-maxReferences+1:]...)
	}
	return strings.Join(ids, " ")
}

// setBody writes both forms: each client shows the one it can.
func setBody(msg *gomail.Msg, m *domain.OutgoingMail) {
	text, rich := m.Text, m.HTML
	if strings.TrimSpace(text) == "" {
		text = toText(rich).text
	}
	if strings.TrimSpace(rich) == "" {
		rich = textToHTML(text)
	}
	msg.SetBodyString(gomail.TypeTextPlain, crlf(text))
	msg.AddAlternativeString(gomail.TypeTextHTML, crlf(rich))
}

func textToHTML(text string) string {
	lines := strings.ReplaceAll(html.EscapeString(strings.ReplaceAll(text, "\r\n", "\n")), "\n", "<br>\n")
	return "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body><div>" + lines + "</div></body></html>\n"
}

func crlf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

func attach(msg *gomail.Msg, a domain.MailAttachment) {
	name := defaultTo(safeName(a.Name), "attachment.bin")
	inline := a.Inline && a.ContentID != ""
	options := func(f *gomail.File) {
		disposition := "attachment"
		if inline {
			disposition = "inline"
			f.Header.Set("Content-ID", "<"+cleanLine(strings.Trim(a.ContentID, "<> "))+">")
		}
		f.Header.Set("Content-Type", safeType(strings.ToLower(a.ContentType))+nameParams("name", name))
		f.Header.Set("Content-Disposition", disposition+nameParams("filename", name))
	}
	if inline {
		msg.EmbedReadSeeker(name, bytes.NewReader(a.Data), options)
		return
	}
	msg.AttachReadSeeker(name, bytes.NewReader(a.Data), options)
}

func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}
