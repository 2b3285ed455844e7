package email

import (
	"encoding/json"
	"strings"

	"sori/domain"
)

// feedback reads a complaint: RFC 5965, or the form of Outlook.com's junk mail
// reporting, which returns the mail with a header of its own. Nil if it is none.
func (e *evidence) feedback() *domain.Feedback {
	p := e.report("message/feedback-report")
	if p == nil && e.reportType() != "feedback-report" {
		return e.junkReport()
	}
	f := &domain.Feedback{Type: "other"}
	if p != nil {
		for _, h := range fieldGroups(p.decoded(&problems{})) {
			readFeedback(f, h)
		}
	}
	e.fillOriginal(f)
	return f
}

func readFeedback(f *domain.Feedback, h header) {
	if t := h.token("feedback-type"); t != "" {
		f.Type = domain.Clip(t, 40)
	}
	if v := h.text("user-agent"); v != "" {
		f.UserAgent = domain.Clip(v, 200)
	}
	if a := cleanAddress(h.text("original-mail-from")); a != "" {
		f.OriginalMailFrom = a
	}
	for _, name := range []string{"original-rcpt-to", "removal-recipient", "original-recipient"} {
		if a := cleanAddress(afterType(h.text(name))); a != "" && f.Recipient == "" {
			f.Recipient = a
		}
	}
	if v := h.text("source-ip"); v != "" {
		f.SourceIP = domain.Clip(v, 64)
	}
	for _, name := range []string{"arrival-date", "received-date"} {
		if t, ok := parseDate(h.text(name)); ok {
			f.ArrivedAt = t
		}
	}
}

// fillOriginal takes from the returned mail what the report does not say.
func (e *evidence) fillOriginal(f *domain.Feedback) {
	h := e.returned()
	if ids := messageIDs(h.get("message-id")); len(ids) > 0 {
		f.OriginalMessageID = ids[0]
	}
	if f.Recipient == "" {
		f.Recipient = firstAddress(h, "x-hmxmroriginalrecipient", "delivered-to", "to").Address
	}
	if f.OriginalMailFrom == "" {
		f.OriginalMailFrom = firstAddress(h, "return-path", "from").Address
	}
}

func (e *evidence) junkReport() *domain.Feedback {
	if !e.header.has("x-hmxmroriginalrecipient") && !e.returnedHas("x-hmxmroriginalrecipient") {
		return nil
	}
	f := &domain.Feedback{Type: "abuse", Recipient: cleanAddress(e.header.text("x-hmxmroriginalrecipient"))}
	e.fillOriginal(f)
	return f
}

func (e *evidence) returnedHas(name string) bool {
	p := e.report("message/rfc822")
	if p == nil {
		return false
	}
	h, _ := splitHeader(p.decoded(&problems{}), &problems{})
	return h.has(name)
}

// snsNotice is the JSON that Amazon SES sends by mail through SNS
// (docs.aws.amazon.com/ses, "Amazon SNS notification contents").
type snsNotice struct {
	Type   string `json:"notificationType"`
	Bounce struct {
		Type       string `json:"bounceType"`
		Recipients []struct {
			Address    string `json:"emailAddress"`
			Action     string `json:"action"`
			Status     string `json:"status"`
			Diagnostic string `json:"diagnosticCode"`
		} `json:"bouncedRecipients"`
	} `json:"bounce"`
	Complaint struct {
		Type       string `json:"complaintFeedbackType"`
		Agent      string `json:"userAgent"`
		Recipients []struct {
			Address string `json:"emailAddress"`
		} `json:"complainedRecipients"`
	} `json:"complaint"`
	Delivery struct {
		Recipients []string `json:"recipients"`
		Response   string   `json:"smtpResponse"`
	} `json:"delivery"`
	Mail struct {
		MessageID string `json:"messageId"`
		Source    string `json:"source"`
		Headers   struct {
			MessageID string `json:"messageId"`
			Subject   string `json:"subject"`
		} `json:"commonHeaders"`
	} `json:"mail"`
}

// snsReport reads such a mail; both results are nil if it is none.
func snsReport(m *domain.Mail) (*domain.Bounce, *domain.Feedback) {
	if !strings.HasPrefix(m.Text, `{"notificationType":"`) && !strings.HasPrefix(m.Text, `{"eventType":"`) {
		return nil, nil
	}
	joined := strings.ReplaceAll(m.Text, "\n ", "") // mailers fold the long line
	var n snsNotice
	if err := json.NewDecoder(strings.NewReader(joined)).Decode(&n); err != nil {
		return nil, nil
	}
	original := n.Mail.Headers.MessageID
	if original == "" {
		original = n.Mail.MessageID
	}
	original = strings.Trim(cleanLine(original), "<>")
	if n.Type == "Complaint" && len(n.Complaint.Recipients) > 0 {
		return nil, &domain.Feedback{
			Type: cleanLine(defaultTo(n.Complaint.Type, "abuse")), UserAgent: cleanLine(n.Complaint.Agent), OriginalMessageID: original,
			Recipient: cleanAddress(n.Complaint.Recipients[0].Address), OriginalMailFrom: cleanAddress(n.Mail.Source),
		}
	}
	b := &domain.Bounce{OriginalMessageID: original, OriginalSubject: cleanLine(n.Mail.Headers.Subject), Recipients: n.recipients()}
	if len(b.Recipients) == 0 {
		return nil, nil
	}
	return b, nil
}

func (n *snsNotice) recipients() []domain.BounceRecipient {
	var out []domain.BounceRecipient
	for _, r := range n.Bounce.Recipients {
		b := domain.BounceRecipient{Address: cleanAddress(r.Address), Action: defaultTo(strings.ToLower(r.Action), "failed"), Status: r.Status, Diagnostic: cleanLine(afterType(r.Diagnostic))}
		if b.Status == "" && n.Bounce.Type == "Transient" {
			b.Status = "4.0.0"
		}
		out = append(out, settle(b))
	}
	for _, address := range n.Delivery.Recipients {
		out = append(out, domain.BounceRecipient{Address: cleanAddress(address), Action: "delivered", Status: "2.0.0", Diagnostic: cleanLine(n.Delivery.Response)})
	}
	return out
}

func defaultTo(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
