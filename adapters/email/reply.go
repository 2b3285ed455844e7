package email

import (
	"strings"
	"unicode/utf8"
)

// lineKind is what a line of a reply is.
type lineKind byte

const (
	lineOwn    lineKind = iota // what the writer wrote
	lineBlank                  // nothing
	lineQuoted                 // begins with ">", or was wrapped out of such a line
	lineHead                   // attribution of a quote: "On … wrote:"
	lineGone                   // quoted to the end without a mark
)

// replyText cuts quotes and signature off a text. readable gives the HTML form
// of the same mail (nil if there is none), where mail programs mark quotes
// better; it is asked where there is no other form, and where the text shows
// no quote. If nothing is left, the text is given whole: a forwarded mail
// without a word is read as a whole.
func replyText(text string, htmlOnly bool, readable func() htmlText) string {
	if htmlOnly && readable().cut {
		return defaultTo(cutReply(readable().reply), text)
	}
	reply := cutReply(text)
	if reply == text && readable != nil && readable().cut {
		reply = cutReply(readable().reply)
	}
	return defaultTo(reply, text)
}

// cutReply gives the part of a text that its writer wrote:
//
//   - what follows a heading that begins an unmarked quote is gone;
//   - quotes and signatures at the end go, in whatever order they come;
//   - one quote with text below it goes (the answer was put under the quote);
//   - quotes between texts stay: the writer answers piece by piece.
//
// The rules follow what github/email_reply_parser and mailgun/talon agree on.
func cutReply(text string) string {
	if text == "" {
		return ""
	}
	lines := strings.Split(text, "\n")
	kinds := markLines(lines)
	end := len(lines)
	for {
		cut := trimTail(lines[:end], kinds)
		cut = signatureStart(lines[:cut], kinds[:cut])
		if cut == end {
			break
		}
		end = cut
	}
	first, last := topQuote(kinds, end)
	kept := append(append([]string(nil), lines[:first]...), lines[last:end]...)
	return trimBlankLines(strings.Join(kept, "\n"))
}

// markLines tells what each line is.
func markLines(lines []string) []lineKind {
	kinds := make([]lineKind, len(lines))
	for i, l := range lines {
		t := strings.TrimSpace(l)
		switch {
		case t == "":
			kinds[i] = lineBlank
		case t == ">:": // the end of a wrapped heading
		case t[0] == '>' || strings.HasPrefix(t, "&gt;"):
			kinds[i] = lineQuoted
		}
	}
	markWrapped(lines, kinds)
	markHeadings(lines, kinds)
	return kinds
}

// maxCandidates is how many lines of one text are tried as headings.
const maxCandidates = 200

func markHeadings(lines []string, kinds []lineKind) {
	tried := 0
	for i := range lines {
		if kinds[i] != lineOwn {
			continue
		}
		line := strings.TrimSpace(lines[i])
		if beginsQuote(line, lines, kinds, i) {
			markFrom(kinds, i, i+1)
			return
		}
		if tried >= maxCandidates || !endsHeading(line) {
			continue
		}
		tried++
		if start, ok := attribution(lines, kinds, i); ok && markFrom(kinds, start, i+1) {
			return
		}
	}
}

// minWrapped is how long a quoted line is, in characters, that may have been
// too long.
const minWrapped = 60

// markWrapped takes for quoted what stands between two quoted lines without an
// empty line, if the first is long: the end of it was wrapped. Below a short
// line it is an answer.
func markWrapped(lines []string, kinds []lineKind) {
	last := -1
	for i, k := range kinds {
		switch {
		case k == lineBlank:
			last = -1
		case k == lineQuoted:
			if last >= 0 && i-last <= 3 && utf8.RuneCountInString(lines[last]) >= minWrapped {
				for j := last + 1; j < i; j++ {
					kinds[j] = lineQuoted
				}
			}
			last = i
		}
	}
}

// markFrom marks a heading. If the quote below it is not marked line by line,
// all that follows is quoted, and it tells so.
func markFrom(kinds []lineKind, start, end int) (toTheEnd bool) {
	for i := start; i < end; i++ {
		kinds[i] = lineHead
	}
	next := end
	for next < len(kinds) && kinds[next] == lineBlank {
		next++
	}
	if next < len(kinds) && kinds[next] == lineQuoted {
		return false
	}
	for i := end; i < len(kinds); i++ {
		kinds[i] = lineGone
	}
	return true
}

// trimTail gives the length without the quotes, empty lines and rules at the end.
func trimTail(lines []string, kinds []lineKind) int {
	end := len(lines)
	for end > 0 && (kinds[end-1] != lineOwn || isRule(lines[end-1])) {
		end--
	}
	return end
}

// topQuote finds the one quote that has text below it. The range is empty if
// there is none, or more than one.
func topQuote(kinds []lineKind, end int) (first, last int) {
	blocks, heads := 0, 0
	inside := false
	for i, k := range kinds {
		quoted := k == lineQuoted || k == lineHead
		switch {
		case quoted && !inside:
			blocks++
			inside = true
			if i < end {
				first = i
			}
		case k == lineOwn:
			inside = false
		}
		if quoted && i < end {
			last = i + 1
		}
		if k == lineHead && i < end {
			heads++
		}
	}
	if blocks != 1 || heads == 0 || last > end {
		return 0, 0
	}
	return first, last
}

// isRule tells a line of dashes, underscores or equal signs, two or more.
func isRule(line string) bool {
	t := strings.TrimSpace(line)
	if utf8.RuneCountInString(t) < 2 {
		return false
	}
	return strings.Trim(t, "-_=*~+—–─━ㅡ") == ""
}

// maxHeading is how many lines an attribution may take when it is wrapped.
const maxHeading = 4

// attribution tells whether line i ends the heading of a quote, and where that
// heading starts: "On 1 May 2024, Kim <kim@example.com>\nwrote:".
func attribution(lines []string, kinds []lineKind, i int) (start int, ok bool) {
	joined, found := "", -1
	for start = i; start >= 0 && i-start < maxHeading && kinds[start] == lineOwn; start-- {
		joined = strings.TrimSpace(strings.ToLower(strings.TrimSpace(lines[start])) + " " + joined)
		if len(joined) > 500 {
			break
		}
		if !isAttribution(joined) {
			continue
		}
		if startsDate.MatchString(joined) {
			return start, true
		}
		if found < 0 {
			found = start
		}
	}
	return found, found >= 0
}
