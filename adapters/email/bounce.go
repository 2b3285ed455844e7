package email

import (
	"regexp"
	"strings"

	"sori/domain"
)

// maxRecipients is how many recipients of one bounce are kept.
const maxRecipients = 200

// isBounce tells a delivery report. Its form is enough (RFC 3464, or a field
// that only mail systems set); wording is enough only with a sender that is a
// mail system.
func (e *evidence) isBounce() bool {
	switch e.reportType() {
	case "delivery-status":
		return true
	case "disposition-notification", "feedback-report":
		return false
	}
	if e.report("message/delivery-status", "message/global-delivery-status") != nil || e.header.has("x-failed-recipients") || e.header.has("x-bounced-address") {
		return true
	}
	if e.mail.AutoSubmitted == "auto-replied" && autoText.MatchString(e.head()) {
		return false
	}
	// The patterns are costly, so they are asked last.
	if e.fromMailSystem() {
		return bounceSubject.MatchString(e.mail.Subject) || bounceText.MatchString(e.said())
	}
	returns := e.report("message/rfc822", "text/rfc822-headers") != nil
	if !e.mail.NullSender && !returns {
		return false
	}
	subject := bounceSubject.MatchString(e.mail.Subject)
	if e.mail.NullSender && subject {
		return true
	}
	return returns && (subject || e.mail.NullSender) && !forwarded.MatchString(e.mail.Subject) && bounceText.MatchString(e.said())
}

// fromMailSystem tells whether a mail system wrote the mail, not a person.
func (e *evidence) fromMailSystem() bool {
	from := strings.ToLower(e.header.text("from"))
	returnPath := strings.ToLower(e.header.text("return-path"))
	return isMailSystem(from) || isMailSystem(returnPath) || e.header.has("from") && strings.Trim(from, "<> ") == ""
}

// isMailSystem looks for a word of every form first: the pattern costs more.
func isMailSystem(lower string) bool {
	for _, word := range []string{"daemon", "post", "system", "double-bounce", "microsoftexchange"} {
		if strings.Contains(lower, word) {
			return mailSystem.MatchString(lower)
		}
	}
	return false
}

var (
	mailSystem = regexp.MustCompile(`mailer[-_.]?daemon|\bmail[-_.]?daemon|\bpost_?master\b|mail\.?[ .-]?deliver(?:y|er)?\.?[ .-]?(?:sub)?\.?system|system administrator|double-bounce@|microsoftexchange[0-9a-f]{16,}`)
	forwarded  = regexp.MustCompile(`(?i)^\s*(?:fwd?|fw|wg|tr|전달|re|답장|회신)\s*[:：\]]`)

	bounceSubject = regexp.MustCompile(`(?i)undeliver(?:able|ed)|returned mail|returned to sender|failure notice|fail(?:ed|ure) (?:to deliver|delivery)|deliver(?:y|ing|ed)?[ -](?:status notification|has failed|failure|failed|error|problem|report|notification|unsuccessful)|` +
		`mail (?:delivery|system|could not be|not delivered|failure)|message (?:delivery|could not be|not delivered|undeliverable)|could not (?:be delivered|send|deliver)|non[- ]?deliver|not delivered|delayed mail|delay(?:ed)? (?:\d+|delivery)|permanent delivery|error sending|error (?:mail|report) |postmaster (?:notify|report)|smtp server: errors|nondeliverable|unzustellbar|nicht zugestellt|non remis|échec|no se puede entregar|non recapitabile|` +
		`メールエラー|配信(?:不能|エラー|失敗)|送信(?:エラー|できません)|반송|전송 ?(?:실패|오류)|배달 ?(?:실패|되지|불가)|발송 ?실패|수신 ?불가|배달할 수 없|退信|无法投递|系统退信`)

	bounceText = regexp.MustCompile(`(?:could|can) ?not be (?:delivered|sent)|(?:un)?able to deliver|did not reach the following|delivery (?:to the following|has failed|failed|attempts? )|(?:following|these) (?:address(?:es)?|recipients?).{0,60}(?:fail|error|problem|reject|did not|could not)|(?:fail|error|problem|reject).{0,60}following (?:address(?:es)?|recipients?)|` +
		`permanent (?:fatal )?(?:error|failure)|transcript of session follows|user unknown|unknown user|no such user|invalid user address|user mailbox exceeds|mailbox (?:is )?full|mailbox (?:unavailable|not found)|delayed for more than|been delayed|not yet been delivered|error (?:was|has|occurred).{0,60}deliver|error delivering|trouble delivering|recipient (?:name|address) .{0,40}(?:not recognized|rejected)|host unknown|account (?:is|has been) (?:disabled|locked)|undeliverable|unable to relay|` +
		`送信できませんでした|送信に失敗|配信できません|届けることができません|전송(?:하지|되지) (?:못|않)|배달(?:하지|되지|할 수) (?:못|않|없)|반송되었|수신자.{0,20}(?:존재하지|찾을 수)|доставлено|не удалось|无法送达|退回`)
)

// bounce reads what the report says, from the surest source to the weakest:
// the report part, fields in the text, fields of the header, the wording, the
// mail returned.
func (e *evidence) bounce() *domain.Bounce {
	b := &domain.Bounce{}
	original := e.returned()
	if ids := messageIDs(original.get("message-id")); len(ids) > 0 {
		b.OriginalMessageID = ids[0]
	}
	b.OriginalSubject = original.text("subject")
	told, _ := splitCopy(e.mail.Text)
	for _, p := range e.parts {
		if strings.HasSuffix(p.contentType.value, "delivery-status") {
			e.readStatus(b, p.decoded(&problems{}))
		}
	}
	if len(b.Recipients) == 0 {
		e.readStatus(b, []byte(told))
	}
	if len(b.Recipients) == 0 {
		for _, r := range e.wordedRecipients(told, original) {
			addRecipient(b, r)
		}
	}
	if len(b.Recipients) == 0 { // a report forwarded in the text of another
		e.readStatus(b, []byte(domain.Clip(e.mail.Text, 4*maxEvidence)))
	}
	return b
}

// readStatus reads a delivery-status report (RFC 3464 §2).
func (e *evidence) readStatus(b *domain.Bounce, data []byte) {
	for _, group := range fieldGroups(data) {
		if mta := afterType(group.text("reporting-mta")); mta != "" && b.ReportingMTA == "" {
			b.ReportingMTA = domain.Clip(mta, 255)
		}
		if !group.has("final-recipient") && !group.has("original-recipient") {
			continue
		}
		r := domain.BounceRecipient{
			Address:    statusAddress(group),
			Action:     group.token("action"),
			Status:     statusPattern.FindString(group.text("status")),
			Diagnostic: domain.Clip(afterType(group.text("diagnostic-code")), 1000),
		}
		if r.Address == "" {
			r.Address = e.expand(afterType(group.text("final-recipient")))
		}
		addRecipient(b, settle(r))
	}
}

// statusAddress finds the address of a recipient: the one it was sent to, if
// the report knows it, since the final one may be where that one forwards to.
func statusAddress(group header) string {
	for _, name := range []string{"original-recipient", "final-recipient", "x-actual-recipient"} {
		text := afterType(group.text(name))
		if a := cleanAddress(unxtext(text)); a != "" {
			return a
		}
		if a := addressPattern.FindString(text); a != "" {
			return cleanAddress(a)
		}
	}
	for _, name := range []string{"diagnostic-code", "x-supplementary-info"} {
		if m := angleAddress.FindStringSubmatch(group.text(name)); m != nil {
			return cleanAddress(m[1])
		}
	}
	return ""
}

// unxtext undoes xtext (RFC 3461 §4).
func unxtext(s string) string {
	if !strings.Contains(s, "+") {
		return s
	}
	return xtextPattern.ReplaceAllStringFunc(s, func(x string) string {
		return string(rune(unhex(x[1])<<4 | unhex(x[2])))
	})
}

var xtextPattern = regexp.MustCompile(`\+(?:2B|3D|20)`)

// expand finds the full address of a recipient of which the report gives the
// local part only: a local user.
func (e *evidence) expand(local string) string {
	local = strings.Trim(local, "<> ")
	for _, a := range append(addressesIn(e.mail.Text), firstAddress(e.returned(), "to").Address) {
		if name, _, _ := strings.Cut(a, "@"); local != "" && strings.EqualFold(name, local) {
			return a
		}
	}
	return ""
}

func addRecipient(b *domain.Bounce, r domain.BounceRecipient) {
	if r.Address == "" || len(b.Recipients) >= maxRecipients {
		return
	}
	for _, old := range b.Recipients {
		if strings.EqualFold(old.Address, r.Address) {
			return
		}
	}
	b.Recipients = append(b.Recipients, r)
}

// addressesIn gives the addresses of a text in order.
func addressesIn(text string) []string {
	var out []string
	for _, m := range addressPattern.FindAllString(domain.Clip(text, maxEvidence), maxRecipients) {
		if a := cleanAddress(m); a != "" {
			out = append(out, a)
		}
	}
	return out
}
