// Package email reads and writes mail: raw RFC 5322 bytes to domain.Mail and
// domain.OutgoingMail to bytes.
//
// Reading goes in steps, one file each: structure.go splits the MIME tree,
// words.go, params.go and charset.go turn bytes of any charset into text,
// content.go chooses text, HTML and attachments, html.go makes HTML safe and
// readable, reply.go cuts off what the writer did not write, and kind.go with
// bounce.go, feedback.go and autoreply.go tells what the mail is.
package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/mail"
	"regexp"
	"strings"
	"time"

	"sori/domain"
)

// MaxSize is the longest source that is read, in bytes. What is longer is cut
// there, with a problem; doors refuse it before.
const MaxSize = 50 << 20

// maxText is how much text and how much HTML of one mail is kept, in bytes.
const maxText = 1 << 20

// Options of a Parser. The zero value trusts nobody.
type Options struct {
	// TrustedHosts are the authserv-ids (RFC 8601 §2.5) whose
	// Authentication-Results are believed: the hosts that deliver to us.
	// Anybody can write such a header.
	TrustedHosts []string
}

// Parser implements domain.MailParser. It is immutable and safe for many
// goroutines.
type Parser struct {
	trusted map[string]bool
}

// NewParser makes a Parser.
func NewParser(o Options) *Parser {
	p := &Parser{trusted: map[string]bool{}}
	for _, host := range o.TrustedHosts {
		p.trusted[strings.ToLower(strings.TrimSpace(host))] = true
	}
	return p
}

var _ domain.MailParser = (*Parser)(nil)

// Parse reads a mail; see domain.MailParser for the promise.
func (p *Parser) Parse(raw []byte) *domain.Mail {
	m := &domain.Mail{Kind: domain.KindMessage, Size: len(raw)}
	found := &problems{}
	src := p.trim(raw, found)
	tree := (&structure{problems: found}).read(src, "text/plain", 0)
	p.readHeader(m, tree.header, src, found)
	c := newContent(found)
	c.collect(m, tree)
	classify(m, tree, c)
	m.Problems = found.list
	return m
}

// trim cuts what is too long, and forgives empty lines on top and the line
// ends of old Macs.
func (p *Parser) trim(raw []byte, found *problems) []byte {
	if len(raw) > MaxSize {
		found.add("the mail is longer than %d bytes; the end of it was left out", MaxSize)
		raw = raw[:MaxSize]
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	raw = bytes.TrimLeft(raw, "\r\n")
	if len(bytes.TrimSpace(raw)) == 0 {
		found.add("the mail is empty")
	}
	if bytes.IndexByte(raw, '\r') >= 0 && bytes.IndexByte(raw, '\n') < 0 {
		raw = bytes.ReplaceAll(raw, []byte("\r"), []byte("\n"))
	}
	return raw
}

func (p *Parser) readHeader(m *domain.Mail, h header, src []byte, found *problems) {
	m.Subject = h.text("subject")
	m.From = firstAddress(h, "from", "sender", "return-path")
	if len(h.get("from")) == 0 {
		found.add("there is no From")
	}
	m.Sender = firstAddress(h, "sender")
	m.ReplyTo = parseAddresses(h.get("reply-to"))
	m.To = joinedAddresses(h.all("to"))
	m.Cc = joinedAddresses(h.all("cc"))
	m.Recipients = recipients(m, h)
	m.References = messageIDs(h.get("references"))
	if ids := messageIDs(h.get("in-reply-to")); len(ids) > 0 {
		m.InReplyTo = ids[0]
	}
	m.Date = readDate(h, found)
	m.AutoSubmitted = h.token("auto-submitted")
	m.Loop = h.text(strings.ToLower(domain.LoopHeader))
	m.ListID = h.text("list-id")
	m.Bulk = isBulk(h)
	m.NullSender = strings.ReplaceAll(h.text("return-path"), " ", "") == "<>"
	m.AuthenticationResults = strings.Join(p.trustedResults(h), "\n")
	setMessageID(m, h, src, found)
}

// firstAddress gives the first mailbox of the first field that has any.
func firstAddress(h header, names ...string) domain.MailAddress {
	for _, name := range names {
		if list := parseAddresses(h.get(name)); len(list) > 0 {
			return list[0]
		}
	}
	return domain.MailAddress{}
}

func joinedAddresses(values [][]byte) []domain.MailAddress {
	var out []domain.MailAddress
	for _, v := range values {
		if len(out) < maxAddresses {
			out = append(out, parseAddresses(v)...)
		}
	}
	return out
}

// deliveryFields name the mailbox a mail was delivered to, whatever To says.
var deliveryFields = []string{"delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "x-rcpt-to", "original-recipient", "resent-to"}

func recipients(m *domain.Mail, h header) []string {
	seen := map[string]bool{}
	var out []string
	add := func(list []domain.MailAddress) {
		for _, a := range list {
			if key := strings.ToLower(a.Address); !seen[key] && len(out) < maxAddresses {
				seen[key] = true
				out = append(out, a.Address)
			}
		}
	}
	add(m.To)
	add(m.Cc)
	for _, name := range deliveryFields {
		for _, v := range h.all(name) {
			add(parseAddresses(bytes.TrimPrefix(v, []byte("rfc822;"))))
		}
	}
	return out
}

// maxIDs is how many Message-IDs of one field are kept: the newest, and the
// first, which began the thread.
const maxIDs = 200

// messageIDs reads a list of Message-IDs (RFC 5322 §3.6.4). Some mailers leave
// out the brackets, some put text between.
func messageIDs(raw []byte) []string {
	text := decodeHeader(raw)
	var out []string
	seen := map[string]bool{}
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	if !strings.Contains(text, "<") {
		for _, word := range strings.Fields(text) {
			if strings.Contains(word, "@") && len(word) < 998 {
				add(word)
			}
		}
	}
	for {
		_, after, ok := strings.Cut(text, "<")
		id, rest, closed := strings.Cut(after, ">")
		if !ok || !closed {
			break
		}
		id = strings.Join(strings.Fields(id), "") // folded inside
		if id != "" && len(id) < 998 && !strings.Contains(id, "<") {
			add(id)
		}
		text = rest
	}
	if len(out) > maxIDs {
		out = append(out[:1:1], out[len(out)-maxIDs+1:]...)
	}
	return out
}

// setMessageID takes the Message-ID, or makes one from the content. Trace
// fields, which every hop changes, stay out of it.
func setMessageID(m *domain.Mail, h header, src []byte, found *problems) {
	if ids := messageIDs(h.get("message-id")); len(ids) > 0 {
		m.MessageID = ids[0]
		return
	}
	found.add("there is no Message-ID")
	m.MessageIDGenerated = true
	sum := sha256.New()
	for _, name := range []string{"from", "to", "cc", "subject", "date", "content-type"} {
		sum.Write(h.get(name))
		sum.Write([]byte{0})
	}
	content := src // all of it, where there is no telling what is header
	if endsHeader(src) {
		content = skipHeader(src)
	}
	sum.Write(bytes.TrimSpace(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))))
	m.MessageID = hex.EncodeToString(sum.Sum(nil)[:20]) + "@" + domain.GeneratedMessageIDDomain
}

// dateLayouts are forms met besides RFC 5322's, which net/mail reads.
var dateLayouts = []string{
	"Mon, 2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05 -0700", "Mon Jan 2 15:04:05 2006", "Mon Jan 2 15:04:05 MST 2006",
	"Mon Jan 2 15:04:05 -0700 2006", time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "Mon, 2 Jan 2006 15:04:05",
	"Mon, 2 Jan 2006 15:04 -0700", "Monday, 2 Jan 2006 15:04:05 -0700", "Mon, 2 January 2006 15:04:05 -0700", "Mon, 2 Jan 06 15:04:05 -0700",
}

func readDate(h header, found *problems) time.Time {
	text := h.text("date")
	if text == "" {
		return time.Time{}
	}
	t, ok := parseDate(text)
	if !ok {
		found.add("the Date cannot be read: %s", domain.Clip(text, 80))
	}
	return t
}

func parseDate(text string) (time.Time, bool) {
	if t, err := mail.ParseDate(text); err == nil {
		return plausible(t)
	}
	if i := strings.IndexByte(text, '('); i > 0 {
		text = text[:i]
	}
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, " GMT+", " +")), " ")
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return plausible(t)
		}
	}
	return time.Time{}, false
}

// plausible refuses years that no store and no JSON can hold.
func plausible(t time.Time) (time.Time, bool) {
	t = t.UTC()
	return t, t.Year() >= 1970 && t.Year() <= 9999
}

// trustedResults gives the Authentication-Results of trusted hosts.
func (p *Parser) trustedResults(h header) []string {
	var out []string
	for _, v := range h.all("authentication-results") {
		text := decodeHeader(v)
		host, _, _ := strings.Cut(text, ";")
		host, _, _ = strings.Cut(strings.TrimSpace(host), " ")
		if p.trusted[strings.ToLower(host)] {
			out = append(out, text)
		}
	}
	return out
}

// suppressed matches the kinds of answer that ours are; receipts are others.
var suppressed = regexp.MustCompile(`(?i)\b(all|oof|autoreply)\b`)

// isBulk tells mail to many (RFC 2369, RFC 2076 Precedence), and mail whose sender wants no automatic answer ([MS-OXCMAIL] 2.2.3.2.14).
func isBulk(h header) bool {
	switch h.token("precedence") {
	case "bulk", "list", "junk":
		return true
	}
	for _, v := range h.all("x-auto-response-suppress") {
		if suppressed.Match(v) {
			return true
		}
	}
	return h.has("list-id") || h.has("list-unsubscribe") || h.has("list-post") || h.has("feedback-id")
}
