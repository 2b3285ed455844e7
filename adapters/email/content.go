package email

import (
	"html"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"sori/domain"
)

// maxAttachments is how many attachments of one mail are kept.
const maxAttachments = 500

// content collects what a mail says. Text and HTML grow in the order of the
// parts; budget is what may still be decoded to text.
type content struct {
	problems *problems
	files    []domain.MailAttachment
	reports  []*part // message/* and text/rfc822-headers, for bounces and complaints
	budget   int
}

func newContent(found *problems) *content {
	return &content{problems: found, budget: 4 * maxText}
}

// body is the text of a part in its two forms.
type body struct {
	text string
	html string
}

func (b body) empty() bool { return strings.TrimSpace(b.text) == "" && b.html == "" }

// collect fills in the text, the HTML, the reply and the attachments.
func (c *content) collect(m *domain.Mail, tree *part) {
	b := c.walk(tree, true)
	m.HTML = sanitise(c.clip(b.html, "HTML"))
	var readable func() htmlText
	if b.html != "" {
		readable = sync.OnceValue(func() htmlText { return toText(c.clip(b.html, "HTML")) })
	}
	htmlOnly := strings.TrimSpace(b.text) == "" && b.html != ""
	if htmlOnly {
		b.text = readable().text
	}
	m.Text = trimBlankLines(c.clip(b.text, "text"))
	if m.Text == "" {
		m.Text = calendarText(c.files)
	}
	if m.Text == "" {
		m.Text = c.forwardedText()
	}
	m.ReplyText = replyText(m.Text, htmlOnly, readable)
	m.Attachments = c.files
}

// forwardedText is the text of the first mail that is attached to a mail which
// says nothing itself: a mail forwarded as it is. Its own attachments are in
// the attached file.
func (c *content) forwardedText() string {
	for _, p := range c.reports {
		if p.contentType.value != "message/rfc822" {
			continue
		}
		tree := (&structure{problems: &problems{}, parts: maxParts / 2}).read(p.decoded(&problems{}), "text/plain", maxDepth/2)
		inner := &content{problems: &problems{}, budget: maxText}
		if text := trimBlankLines(c.clip(asText(inner.walk(tree, true)), "text")); text != "" {
			return strings.TrimSpace(tree.header.text("subject") + "\n\n" + text)
		}
	}
	return ""
}

// clip cuts a text that is too long, on a character.
func (c *content) clip(s, what string) string {
	if len(s) <= maxText {
		return s
	}
	c.problems.add("the %s is longer than %d bytes; the rest was left out", what, maxText)
	end := maxText
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// walk gives what a part says. first tells that nothing stands before it.
func (c *content) walk(p *part, first bool) body {
	switch {
	case len(p.children) == 0:
		return c.leaf(p, first)
	case p.contentType.value == "multipart/alternative":
		return c.alternative(p)
	}
	var all []body
	for i, child := range p.children {
		related := p.contentType.value == "multipart/related" && i > 0
		if related && len(child.children) == 0 && !isReadable(child, false) {
			c.keep(child, true)
			continue
		}
		if b := c.walk(child, i == 0); !b.empty() {
			all = append(all, b)
		}
	}
	return join(all)
}

// alternative takes the first plain form that says something and the last HTML
// form: senders put the best last (RFC 2046 §5.1.4).
func (c *content) alternative(p *part) body {
	var best body
	for i, child := range p.children {
		b := c.walk(child, i == 0)
		if strings.TrimSpace(best.text) == "" {
			best.text = b.text
		}
		if b.html != "" {
			best.html = b.html
		}
	}
	return best
}

// join puts bodies one after another. Where only some have HTML, the others'
// text is put into it, so that the HTML alone shows the whole mail.
func join(all []body) body {
	if len(all) == 1 {
		return all[0]
	}
	rich := false
	texts, htmls := make([]string, 0, len(all)), make([]string, 0, len(all))
	for _, b := range all {
		rich = rich || b.html != ""
		texts = append(texts, strings.Trim(asText(b), "\n"))
	}
	out := body{text: strings.Join(texts, "\n\n")}
	if !rich {
		return out
	}
	for _, b := range all {
		htmls = append(htmls, asHTML(b))
	}
	out.html = strings.Join(htmls, "\n")
	return out
}

func asHTML(b body) string {
	if b.html != "" {
		return b.html
	}
	return "<pre>" + html.EscapeString(b.text) + "</pre>"
}

func asText(b body) string {
	if strings.TrimSpace(b.text) == "" && b.html != "" {
		return toText(b.html).text
	}
	return b.text
}

// isReadable tells whether a part is text to be read in place.
func isReadable(p *part, first bool) bool {
	switch p.contentType.value {
	case "text/plain", "text/html", "text/enriched", "text/markdown", "text/x-markdown", "application/xhtml+xml", "text", "html":
	default:
		return false
	}
	if p.disposition.value == "attachment" {
		return false
	}
	// A named text is a file, unless the mail begins with it or asks to show it
	// in place: some mailers name everything.
	return fileName(p) == "" || first && p.disposition.value == "" || p.disposition.value == "inline" && p.contentType.value != "text/html"
}

func (c *content) leaf(p *part, first bool) body {
	kind := p.contentType.value
	if strings.HasPrefix(kind, "message/") || kind == "text/rfc822-headers" {
		c.reports = append(c.reports, p)
	}
	if kind == "application/ms-tnef" || strings.EqualFold(fileName(p), "winmail.dat") {
		if b, ok := c.tnef(p); ok {
			return b
		}
	}
	if !isReadable(p, first) {
		c.keep(p, p.disposition.value == "inline")
		return body{}
	}
	text := c.text(p)
	if strings.Contains(kind, "html") {
		return body{html: text}
	}
	if kind == "text/enriched" {
		text = stripEnriched(text)
	}
	return body{text: text}
}

// text decodes a text part within the budget.
func (c *content) text(p *part) string {
	data := p.decoded(c.problems)
	if len(data) > c.budget {
		c.problems.add("the text is longer than %d bytes; the rest was left out", maxText)
		data = data[:c.budget]
	}
	c.budget -= len(data)
	label := p.contentType.params["charset"]
	if strings.Contains(p.contentType.value, "html") {
		if declared := metaCharset(data); label == "" || declared != "" && isASCIILabel(label) {
			label = declared
		}
	}
	text, problem := decodeCharset(data, label)
	if problem != "" {
		c.problems.add("%s", problem)
	}
	return cleanText(text)
}

func isASCIILabel(label string) bool { return cleanLabel(label) == "us-ascii" }

var metaPattern = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?([A-Za-z0-9_.:-]+)`)

// metaCharset finds the charset that an HTML document declares itself.
func metaCharset(data []byte) string {
	if m := metaPattern.FindSubmatch(data[:min(len(data), 2048)]); m != nil {
		return string(m[1])
	}
	return ""
}

var enrichedPattern = regexp.MustCompile(`(?s)<param>.*?</param>|</?[A-Za-z-]+>`)

// stripEnriched takes the commands out of text/enriched (RFC 1896).
func stripEnriched(s string) string {
	return strings.ReplaceAll(enrichedPattern.ReplaceAllString(strings.ReplaceAll(s, "<<", "\x00"), ""), "\x00", "<")
}

// keep takes a part as an attachment.
func (c *content) keep(p *part, inline bool) {
	if len(c.files) >= maxAttachments {
		c.problems.add("more than %d attachments; the rest was left out", maxAttachments)
		return
	}
	data := p.decoded(c.problems)
	if len(data) == 0 && fileName(p) == "" {
		return
	}
	c.files = append(c.files, domain.MailAttachment{
		Name:        c.nameFor(p),
		ContentType: safeType(p.contentType.value),
		ContentID:   strings.Trim(decodeHeader(p.header.get("content-id")), "<> "),
		Inline:      inline && p.disposition.value != "attachment",
		Data:        p.owned(data),
	})
}

// fileName is the name that the sender gave, "" if none.
func fileName(p *part) string {
	for _, name := range []string{p.disposition.params["filename"], p.contentType.params["name"]} {
		if name = safeName(name); name != "" {
			return name
		}
	}
	return ""
}

// nameFor names an attachment, by number and type where the sender did not.
func (c *content) nameFor(p *part) string {
	if name := fileName(p); name != "" {
		return name
	}
	ext := extensions[p.contentType.value]
	if strings.HasPrefix(p.contentType.value, "message/rfc822") || p.contentType.value == "message/global" {
		h, _ := splitHeader(p.decoded(&problems{}), &problems{})
		if subject := safeName(h.text("subject")); subject != "" {
			return domain.Clip(subject, 120) + ".eml"
		}
		ext = ".eml"
	}
	if ext == "" {
		ext = ".bin"
	}
	return "part-" + strconv.Itoa(len(c.files)+1) + ext
}

// extensions of the types that come without a name. The system's table is not
// asked: it differs from machine to machine.
var extensions = map[string]string{
	"text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "text/csv": ".csv", "text/vcard": ".vcf", "text/x-vcard": ".vcf",
	"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/tiff": ".tif", "image/webp": ".webp", "image/bmp": ".bmp",
	"application/pdf": ".pdf", "application/zip": ".zip", "application/pkcs7-signature": ".p7s", "application/pgp-signature": ".asc",
	"message/delivery-status": ".txt", "message/feedback-report": ".txt", "message/disposition-notification": ".txt", "text/rfc822-headers": ".txt",
	"audio/wav": ".wav", "audio/x-wav": ".wav", "audio/mpeg": ".mp3", "audio/amr": ".amr", "video/mp4": ".mp4", "application/ms-tnef": ".dat",
}

// safeName makes a file name of what a stranger calls one: no path, no control
// character, no leading dot, at most 200 bytes with the extension kept.
func safeName(name string) string {
	name = cleanLine(name)
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.TrimLeft(strings.TrimSpace(name), ".")
	if len(name) <= 200 {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > 20 {
		ext = ""
	}
	end := 200 - len(ext)
	for end > 0 && !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end] + ext
}

var typePattern = regexp.MustCompile(`^[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,100}$`)

// safeType gives a media type that can be sent as a header again.
func safeType(value string) string {
	if typePattern.MatchString(value) {
		return value
	}
	return "application/octet-stream"
}

// trimBlankLines takes empty lines off both ends.
func trimBlankLines(s string) string {
	s = strings.TrimRight(s, " \t\n\u00a0")
	for {
		line, rest, ok := strings.Cut(s, "\n")
		if !ok || strings.TrimSpace(line) != "" {
			return s
		}
		s = rest
	}
}
