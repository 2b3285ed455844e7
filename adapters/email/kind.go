package email

import (
	"strings"

	"sori/domain"
)

// evidence is what tells the kind of a mail.
type evidence struct {
	mail   *domain.Mail
	tree   *part
	header header
	parts  []*part // all parts that are reports or returned mail
	text   string  // said, once it was asked for
}

// maxEvidence is how much of the text is searched for phrases, in bytes.
const maxEvidence = 16 << 10

// classify tells what kind of mail it is. A complaint and a bounce are told by
// their form first; wording counts only together with a sender that is a
// program. An ordinary mail that speaks of a bounce stays a message.
func classify(m *domain.Mail, tree *part, c *content) {
	e := &evidence{mail: m, tree: tree, header: tree.header, parts: c.reports}
	if f := e.feedback(); f != nil {
		m.Kind, m.Feedback = domain.KindFeedback, f
		return
	}
	if e.isBounce() {
		m.Kind, m.Bounce = domain.KindBounce, e.bounce()
		return
	}
	if b, f := snsReport(m); b != nil || f != nil {
		m.Kind, m.Bounce, m.Feedback = domain.KindBounce, b, f
		if f != nil {
			m.Kind = domain.KindFeedback
		}
		return
	}
	if e.isAutoReply() {
		m.Kind = domain.KindAutoreply
	}
}

// said is the beginning of the text in lower case.
func (e *evidence) said() string {
	if e.text == "" {
		e.text = strings.ToLower(domain.Clip(e.mail.Text, maxEvidence))
	}
	return e.text
}

// head is what an automatic answer says first.
func (e *evidence) head() string { return domain.Clip(e.said(), 1500) }

// report gives the first part of a type, nil if there is none.
func (e *evidence) report(types ...string) *part {
	for _, p := range e.parts {
		for _, t := range types {
			if p.contentType.value == t {
				return p
			}
		}
	}
	return nil
}

func (e *evidence) reportType() string {
	if e.tree.contentType.value != "multipart/report" {
		return ""
	}
	return strings.ToLower(e.tree.contentType.params["report-type"])
}

// returned gives the header of the mail that a report returns, from a part of
// its own or from the copy in the text.
func (e *evidence) returned() header {
	if p := e.report("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers", "message/partial"); p != nil {
		h, _ := splitHeader(p.decoded(&problems{}), &problems{})
		if len(h) > 0 {
			return h
		}
	}
	_, copied := splitCopy(e.mail.Text)
	h, _ := splitHeader([]byte(strings.TrimLeft(copied, "\n \t")), &problems{})
	return h
}

// fields reads groups of fields as delivery and feedback reports hold them
// (RFC 3464 §2.1): groups are kept apart by empty lines.
func fieldGroups(data []byte) []header {
	const maxGroups = 500
	var groups []header
	for len(data) > 0 && len(groups) < maxGroups {
		h, rest := splitHeader(data, &problems{})
		if len(h) > 0 {
			groups = append(groups, h)
		}
		if len(rest) >= len(data) { // a line that is no field
			_, rest = cutLine(data)
		}
		data = rest
	}
	return groups
}

// afterType takes "rfc822;" and the like off a typed field.
func afterType(s string) string {
	if kind, rest, ok := strings.Cut(s, ";"); ok && len(kind) < 20 && !strings.ContainsAny(kind, "@<") {
		return strings.TrimSpace(rest)
	}
	return s
}
