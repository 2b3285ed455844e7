package email

import (
	"regexp"
	"strings"

	"sori/domain"
)

// copyMark is the line above the copy of the mail that bounced.
var copyMark = regexp.MustCompile(`(?im)^[ \t>]*(?:[-=*_#]{2,}\s*)?(?:(?:this|below|enclosed|included|following|the following)(?: this line)?(?: is| are)? a copy of|` +
	`original (?:message|mail|headers?)(?: info)?(?: follows| headers?)?\b|(?:the )?headers? of the original message|message headers? follow|unsent message follows|returned message|non-delivered information|` +
	`copy of (?:your|the) (?:message|original)|the (?:text|body|header|first).{0,30}of (?:your|the) message|원본 (?:메일|메시지)|원문|元のメッセージ).*$`)

// headerStart is where the header of a copy begins without such a line.
var headerStart = regexp.MustCompile(`(?m)^(?:Received|Return-[Pp]ath|X-[A-Za-z-]+|DKIM-Signature): ?.+$`)

// splitCopy splits the text of a bounce into what the mail system says and the
// copy of the mail that bounced.
func splitCopy(text string) (told, copied string) {
	text = domain.Clip(text, 4*maxEvidence)
	if at := copyMark.FindStringIndex(text); at != nil {
		return text[:at[0]], text[at[1]:]
	}
	if at := headerStart.FindStringIndex(text); at != nil {
		return text[:at[0]], text[at[0]:]
	}
	return text, ""
}

// addr is an address. Its classes hold both cases, and are kept from being folded: to fold all of Unicode takes a twentieth of a second at the start.
const addr = `((?-i:[A-Za-z0-9.!#$%&'*+/=?^_{|}~\x60\x{80}-\x{10ffff}-]+@[A-Za-z0-9\x{80}-\x{10ffff}](?:[A-Za-z0-9.\x{80}-\x{10ffff}-]*[A-Za-z0-9\x{80}-\x{10ffff}])?))`

var angleAddress = regexp.MustCompile(`<` + addr + `>`)

// wordings are the forms in which mail systems name whom they could not
// reach, the surest first. All matches of the first form that has any are
// taken.
var wordings = []*regexp.Regexp{
	// qmail, sendmail, postfix: <user@example.com>: reason
	regexp.MustCompile(`(?m)^[ \t]*(?:>>> ?)?(?:Recipient: *)?<` + addr + `>(?:[: \t(]|$)`),
	// gmx, 1&1, exim, gmail, notes, m-filter: the address alone on its line
	regexp.MustCompile(`(?m)^[ \t]*(?:[*•-]{1,2}[ \t]+)?["'<]?` + addr + `["'>]?[ \t]*:?[ \t]*$`),
	// opensmtpd, x1, exchange, zoho: the address, then the reason
	regexp.MustCompile(`(?m)^[ \t]*(?:>>> ?)?` + addr + `(?:: .+| <.+| \[.+\]| on \w{3}, .+| (?:Invalid|Error|Mailbox|User|No such|unknown|not|is|was).*|<mailto:.+)$`),
	// sentences that end in the address, or name it after "to" or "recipient"
	regexp.MustCompile(`(?i)(?:deliver(?:ed|y|ing)?(?: your)?(?: mail| message)? to|message to|mail to|recipient|address|attempts|allowed size|mailbox|user)[: \t]+<?` + addr + `>?`),
	regexp.MustCompile(`(?m): *<` + addr + `>[ .]*$`),
	// sendmail's transcript: 550 <user@example.com>... User unknown
	regexp.MustCompile(`(?m)^[45]\d\d[ -](?:[45]\.\d+\.\d+ )?<` + addr + `>`),
	regexp.MustCompile(`(?i)RCPT(?: TO)?: ?<?` + addr + `>?`),
}

// wordedRecipients finds the recipients of a report without fields: in the
// header, in what the mail system says, and last in the mail it returns.
func (e *evidence) wordedRecipients(told string, original header) []domain.BounceRecipient {
	for _, name := range []string{"x-failed-recipients", "x-bounced-address"} {
		if list := joinedAddresses(e.header.all(name)); len(list) > 0 {
			return e.describe(addressesOf(list), told)
		}
	}
	text := senderLine.ReplaceAllString(told, "")
	for _, w := range wordings {
		var found []string
		for _, m := range w.FindAllStringSubmatch(text, maxRecipients) {
			if a := cleanAddress(m[1]); a != "" && !e.isOurs(a) {
				found = append(found, a)
			}
		}
		if len(found) > 0 {
			return e.describe(found, told)
		}
	}
	return e.describe(e.returnedTo(original), told)
}

// senderLine names the sender of the mail that bounced, not its recipient.
var senderLine = regexp.MustCompile(`(?im)^.*(?:MAIL FROM|^\s*From|^\s*Sender|message sent by|return-path).*$|a message sent by\s*<[^>]*>|Message from .*$|from \S+@\S+$`)

// isOurs tells the address to which the bounce was sent, and the mail system's.
func (e *evidence) isOurs(address string) bool {
	if strings.EqualFold(address, e.mail.From.Address) || isMailSystem(strings.ToLower(address)) && !strings.HasPrefix(strings.ToLower(address), "postmaster@") {
		return true
	}
	for _, to := range e.mail.To {
		if strings.EqualFold(address, to.Address) && !strings.Contains(e.said(), "<"+strings.ToLower(address)+">:") {
			return true
		}
	}
	return false
}

// returnedTo gives to whom the returned mail was sent.
func (e *evidence) returnedTo(original header) []string {
	for _, name := range []string{"x-envelope-to", "envelope-to", "x-original-to", "to"} {
		if list := joinedAddresses(original.all(name)); len(list) > 0 {
			return addressesOf(list)
		}
	}
	for _, v := range original.all("received") {
		if m := receivedFor.FindSubmatch(v); m != nil {
			return []string{cleanAddress(string(m[1]))}
		}
	}
	return addressesOf(parseAddresses(e.header.get("x-original-to")))
}

var receivedFor = regexp.MustCompile(`\bfor <?([^\s<>;]+@[^\s<>;]+)>?`)

func addressesOf(list []domain.MailAddress) []string {
	out := make([]string, 0, len(list))
	for _, a := range list {
		out = append(out, a.Address)
	}
	return out
}

// describe gives each recipient the piece of the text that speaks of it: from
// its line to the line of the next one.
func (e *evidence) describe(addresses []string, told string) []domain.BounceRecipient {
	addresses = distinct(addresses)
	delayed := delayText.MatchString(e.mail.Subject) || delayText.MatchString(told)
	out := make([]domain.BounceRecipient, 0, len(addresses))
	for i, a := range addresses {
		r := domain.BounceRecipient{Address: a, Diagnostic: reasonFor(a, addresses[i+1:], told)}
		if delayed {
			r.Action = "delayed"
		}
		if s := settle(r); len(addresses) > 1 || !strings.HasSuffix(s.Status, ".0.0") {
			out = append(out, s)
			continue
		}
		r.Status = guessStatus(collapse(told), delayed) // the reason stands above the address
		out = append(out, settle(r))
	}
	return out
}

var delayText = regexp.MustCompile(`(?i)delayed mail|message .{0,40}delayed|delayed \d+ hours|been delayed|is delayed for|not yet been delivered|warning(?: message)? only|only a temporary failure|status notification(?:: warning| \(delay\))|could not send mail for past|will be retried`)

// maxReason is how much of the text behind an address is its reason, in bytes.
const maxReason = 2000

func reasonFor(address string, others []string, told string) string {
	at := strings.Index(told, address)
	if at < 0 {
		return domain.Clip(cleanLine(collapse(told)), 500)
	}
	piece := domain.Clip(told[at:], maxReason)
	for _, o := range others[:min(len(others), 3)] { // they stand in this order
		if end := strings.Index(piece, "\n"+o); end > 0 {
			piece = piece[:end]
		} else if end := strings.Index(piece, "\n<"+o); end > 0 {
			piece = piece[:end]
		}
	}
	piece = strings.TrimLeft(piece[len(address):], ">\"': \t\n")
	if len(piece) < 10 { // the reason stands above the address
		piece = told
	}
	return domain.Clip(cleanLine(collapse(piece)), 500)
}

func distinct(addresses []string) []string {
	seen := map[string]bool{}
	out := addresses[:0:0]
	for _, a := range addresses {
		if key := strings.ToLower(a); a != "" && !seen[key] {
			seen[key] = true
			out = append(out, a)
		}
	}
	return out
}

// collapse makes one line of several.
func collapse(s string) string { return strings.Join(strings.Fields(domain.Clip(s, 2000)), " ") }
