package email

import (
	"errors"
	"io"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"sori/domain"
)

// policy says what HTML of strangers may contain. It is built once: building
// costs more than a mail.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.UGCPolicy()
	p.AllowElements("center", "font", "u", "s", "strike", "big", "wbr")
	p.AllowAttrs("color", "face", "size").Matching(regexp.MustCompile(`^[\p{L}\p{N}\s,#+-]{1,60}$`)).OnElements("font")
	p.AllowAttrs("align", "valign").Matching(regexp.MustCompile(`(?i)^(left|right|center|justify|top|middle|bottom|baseline)$`)).Globally()
	p.AllowAttrs("bgcolor").Matching(regexp.MustCompile(`^#?[A-Za-z0-9]{1,20}$`)).OnElements("table", "tr", "td", "th")
	p.AllowAttrs("border", "cellpadding", "cellspacing").Matching(bluemonday.Integer).OnElements("table")
	p.AllowAttrs("width", "height").Matching(bluemonday.NumberOrPercent).OnElements("table", "td", "th", "img")
	p.AllowURLSchemes("http", "https", "mailto", "tel", "cid")
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	return p
})

// sanitise makes HTML safe to be shown in a page of ours.
func sanitise(s string) string {
	if s == "" {
		return ""
	}
	return cleanText(strings.TrimSpace(policy().Sanitize(s)))
}

// htmlText is HTML turned to text.
type htmlText struct {
	text  string
	reply string // text without what mail programs mark as quoted
	cut   bool   // reply leaves something out
}

// maxOpen is how many open elements are followed; deeper ones count as text.
const maxOpen = 256

// toText turns HTML to text with a tokenizer, not a tree: nesting without end
// costs nothing.
func toText(s string) htmlText {
	t := &textWriter{}
	z := html.NewTokenizer(strings.NewReader(s))
	z.SetMaxBuf(maxText)
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				t.addText(string(z.Raw()))
			}
			return t.finish()
		case html.TextToken:
			t.addText(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			t.open(z)
		case html.EndTagToken:
			name, _ := z.TagName()
			t.close(atom.Lookup(name))
		}
	}
}

// openElement is an element not closed yet.
type openElement struct {
	tag    atom.Atom
	hidden bool
	quote  bool // what is inside was written by another
}

// textWriter builds both texts of an htmlText.
type textWriter struct {
	stack    []openElement
	lines    []textLine
	line     strings.Builder
	pre      int
	hidden   int
	quoted   int
	cites    int // depth of blockquotes
	skip     atom.Atom
	restGone bool // a mark was met after which all is quoted
}

type textLine struct {
	text   string
	quoted bool
}

func (t *textWriter) open(z *html.Tokenizer) {
	name, more := z.TagName()
	tag := atom.Lookup(name)
	if isRawText(tag) {
		t.skip = tag
		return
	}
	e := openElement{tag: tag}
	attrs := attributes{}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		attrs.add(string(key), value)
	}
	e.hidden = attrs.hidden
	e.quote = attrs.quotes(tag)
	t.begin(tag, attrs, e.quote)
	if isVoid(tag) || len(t.stack) >= maxOpen {
		return
	}
	t.count(e, 1)
	t.stack = append(t.stack, e)
}

func (t *textWriter) count(e openElement, by int) {
	if e.hidden {
		t.hidden += by
	}
	if e.quote {
		t.quoted += by
	}
	switch e.tag {
	case atom.Pre, atom.Textarea:
		t.pre += by
	case atom.Blockquote:
		t.cites += by
	}
}

// begin writes what a start tag means for the text.
func (t *textWriter) begin(tag atom.Atom, attrs attributes, quote bool) {
	if quote || attrs.quotesRest {
		t.breakLine()
		t.restGone = t.restGone || attrs.quotesRest
	}
	switch {
	case tag == atom.Br:
		t.newLine()
	case tag == atom.P || isHeading(tag):
		t.blankLine()
	case tag == atom.Li:
		t.breakLine()
		t.line.WriteString("- ")
	case tag == atom.Td || tag == atom.Th:
		if t.line.Len() > 0 {
			t.line.WriteByte(' ')
		}
	case tag == atom.Img && attrs.alt != "" && t.hidden == 0:
		t.addText("[" + attrs.alt + "]")
	case isBlock(tag):
		t.breakLine()
	}
}

// close ends the innermost element of that tag, and what was left open in it.
// An end tag without its start is nothing.
func (t *textWriter) close(tag atom.Atom) {
	if tag == t.skip {
		t.skip = 0
		return
	}
	at := len(t.stack) - 1
	for at >= 0 && t.stack[at].tag != tag {
		at--
	}
	if at < 0 {
		return
	}
	if tag == atom.P || isHeading(tag) {
		t.blankLine()
	} else if isBlock(tag) {
		t.breakLine()
	}
	for i := at; i < len(t.stack); i++ {
		t.count(t.stack[i], -1)
	}
	t.stack = t.stack[:at]
}

func (t *textWriter) addText(s string) {
	if t.skip != 0 || t.hidden > 0 {
		return
	}
	if t.pre > 0 {
		t.addPre(s)
		return
	}
	for s != "" {
		word := strings.TrimLeftFunc(s, isHTMLSpace)
		if len(word) < len(s) && t.line.Len() > 0 && !t.endsWithSpace() {
			t.line.WriteByte(' ')
		}
		end := strings.IndexFunc(word, isHTMLSpace)
		if end < 0 {
			end = len(word)
		}
		t.line.WriteString(word[:end])
		s = word[end:]
	}
}

func (t *textWriter) addPre(s string) {
	for i, line := range strings.Split(strings.ReplaceAll(s, "\r", ""), "\n") {
		if i > 0 {
			t.newLine()
		}
		t.line.WriteString(line)
	}
}

func (t *textWriter) endsWithSpace() bool { return strings.HasSuffix(t.line.String(), " ") }

// newLine ends the line, empty or not.
func (t *textWriter) newLine() {
	text := strings.TrimRight(t.line.String(), " ")
	t.line.Reset()
	if t.cites > 0 {
		text = strings.TrimRight(strings.Repeat(">", min(t.cites, 5))+" "+text, " ")
	}
	t.lines = append(t.lines, textLine{text, t.quoted > 0 || t.restGone})
}

// breakLine ends the line if something is on it.
func (t *textWriter) breakLine() {
	if strings.TrimSpace(t.line.String()) != "" {
		t.newLine()
	}
	t.line.Reset()
}

// blankLine ends the line and leaves one empty.
func (t *textWriter) blankLine() {
	t.breakLine()
	if n := len(t.lines); n > 0 && strings.Trim(t.lines[n-1].text, "> ") != "" {
		t.newLine()
	}
}

func (t *textWriter) finish() htmlText {
	t.breakLine()
	all, own := make([]string, 0, len(t.lines)), make([]string, 0, len(t.lines))
	for _, l := range t.lines {
		all = append(all, l.text)
		if !l.quoted {
			own = append(own, l.text)
		}
	}
	out := htmlText{text: joinLines(all), reply: joinLines(own)}
	out.cut = out.reply != "" && out.reply != out.text
	return out
}

// joinLines joins lines, with never more than one empty line in a row.
func joinLines(lines []string) string {
	kept := lines[:0]
	for _, l := range lines {
		if l == "" && (len(kept) == 0 || kept[len(kept)-1] == "") {
			continue
		}
		kept = append(kept, l)
	}
	return trimBlankLines(cleanText(strings.Join(kept, "\n")))
}

// isHTMLSpace is white space that HTML collapses, and the no-break space, with
// which editors keep lines apart.
func isHTMLSpace(r rune) bool { return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' }

func isRawText(tag atom.Atom) bool {
	switch tag {
	case atom.Script, atom.Style, atom.Title, atom.Noscript, atom.Iframe, atom.Template, atom.Object:
		return true
	}
	return false
}

func isVoid(tag atom.Atom) bool {
	switch tag {
	case atom.Br, atom.Img, atom.Hr, atom.Meta, atom.Link, atom.Input, atom.Col, atom.Base, atom.Area, atom.Wbr, 0:
		return true
	}
	return false
}

func isHeading(tag atom.Atom) bool {
	return tag == atom.H1 || tag == atom.H2 || tag == atom.H3 || tag == atom.H4 || tag == atom.H5 || tag == atom.H6
}

func isBlock(tag atom.Atom) bool {
	switch tag {
	case atom.Div, atom.Table, atom.Tr, atom.Ul, atom.Ol, atom.Li, atom.Blockquote, atom.Pre, atom.Hr, atom.Section, atom.Article,
		atom.Header, atom.Footer, atom.Center, atom.Address, atom.Dl, atom.Dt, atom.Dd, atom.Form, atom.Body, atom.Tbody, atom.Fieldset:
		return true
	}
	return false
}

// Cleaner implements domain.HTMLCleaner with the rules that incoming mail is
// held to.
type Cleaner struct{}

var _ domain.HTMLCleaner = Cleaner{}

// Clean gives HTML that is safe to show, and the text that it reads as.
func (Cleaner) Clean(s string) (safe, text string) {
	s = domain.Clip(cleanText(s), maxText)
	return sanitise(s), toText(s).text
}
