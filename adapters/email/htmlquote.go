package email

import (
	"regexp"
	"strings"

	"golang.org/x/net/html/atom"
)

// attributes are those of a start tag that matter for the text.
type attributes struct {
	alt        string
	hidden     bool
	marked     bool // by its class or id, a container of quoted text
	quotesRest bool // a mark after which everything is quoted
	cite       bool // type="cite"
}

// maxAttribute is how much of one attribute is looked at.
const maxAttribute = 2000

// quoteClasses are the classes in which mail programs put what they quote.
var quoteClasses = map[string]bool{
	"gmail_quote": true, "gmail_quote_container": true, "yahoo_quoted": true, "moz-cite-prefix": true, "protonmail_quote": true, "tutanota_quote": true,
	"zmail_extra": true, "outlookmessageheader": true, "ms-outlook-mobile-reference-message": true, "mail-editor-reference-message-container": true,
	"wbr-quote": true, "mailru-blockquote": true, "mail_quote": true, "yandex_quote": true, "reply_quote": true, "kakaomail_quote": true,
}

// quoteIDs are ids of containers; restIDs stand before the quote, at its level.
var (
	quoteIDs = map[string]bool{"olk_src_body_section": true, "mail-editor-reference-message-container": true, "reply-intro": true, "yahoo_quoted": true}
	restIDs  = map[string]bool{"divrplyfwdmsg": true, "appendonsend": true, "stopspelling": true, "zwchr": true, "x_divrplyfwdmsg": true, "original_mail": true}
)

// outlookRule is the line that Outlook and Windows Mail draw above the header
// of the mail they quote.
var outlookRule = regexp.MustCompile(`border-top:\s*solid\s+#(?:b5c4df|e1e1e1)|border-top-color:\s*rgb\(\s*(?:229|225|181)`)

var hiddenStyle = regexp.MustCompile(`display:\s*none|mso-hide:\s*all|visibility:\s*hidden`)

func (a *attributes) add(key string, value []byte) {
	if len(value) > maxAttribute {
		value = value[:maxAttribute]
	}
	switch key {
	case "alt":
		a.alt = cleanLine(string(value[:min(len(value), 200)]))
	case "hidden":
		a.hidden = true
	case "type":
		a.cite = strings.EqualFold(string(value), "cite")
	case "class":
		for _, class := range strings.Fields(strings.ToLower(string(value))) {
			a.marked = a.marked || quoteClasses[class]
		}
	case "id":
		id := strings.ToLower(string(value))
		a.marked = a.marked || quoteIDs[id]
		a.quotesRest = a.quotesRest || restIDs[id]
	case "style":
		style := strings.ToLower(string(value))
		a.hidden = a.hidden || hiddenStyle.MatchString(style)
		a.quotesRest = a.quotesRest || outlookRule.MatchString(style)
	}
}

// quotes tells whether the element holds what another wrote.
func (a *attributes) quotes(tag atom.Atom) bool {
	return a.marked || a.cite && tag == atom.Blockquote
}
