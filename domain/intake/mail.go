package intake

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"sori/domain"
)

// MaxMail is the largest raw mail, in bytes.
const MaxMail = 50_000_000

// ReceiveMail takes in one raw mail (RFC 5322) for a mailbox. Whatever can be read of it is kept; a hostile or broken mail is kept too.
// TooLarge over MaxMail; Malformed if it is empty; Invalid for an unknown account.
func (s *Service) ReceiveMail(ctx context.Context, account string, raw []byte) (res Result, err error) {
	ctx, end := domain.Step(ctx, "intake", "receiveMail")
	defer func() { end(err) }()
	if _, err := domain.Require(ctx, domain.ScopeIntake); err != nil {
		return Result{}, err
	}
	if len(raw) > MaxMail {
		return Result{}, domain.Errorf(domain.TooLarge, "the mail is larger than %d bytes", MaxMail)
	}
	if len(strings.TrimSpace(string(raw[:min(len(raw), 1024)]))) == 0 {
		return Result{}, domain.Errorf(domain.Malformed, "the mail is empty")
	}
	acc, err := s.account(ctx, domain.ChannelEmail, account)
	if err != nil {
		return Result{}, err
	}
	m := s.Mail.Parse(raw)
	s.cutLoop(ctx, m)
	a := &arrival{account: acc, now: s.Clock(), mail: m, name: m.From.Name}
	a.identities = s.mailIdentities(ctx, m)
	sealed, err := s.prepareMail(a, m)
	if err != nil {
		return Result{}, err
	}
	if first, err := s.before(ctx, a.interaction.OnceKey); first != nil || err != nil {
		return s.duplicate(ctx, first, err)
	}
	if err := s.stageMail(ctx, a, m, raw, sealed); err != nil {
		return Result{}, err
	}
	return s.record(ctx, a)
}

// stageMail makes the source and the files durable. Where a resident number was found, the source is encrypted: it holds the number in clear.
func (s *Service) stageMail(ctx context.Context, a *arrival, m *domain.Mail, raw []byte, sealed bool) error {
	source, err := s.stage(ctx, raw, "message/rfc822", a.now, sealed)
	if err != nil {
		return err
	}
	a.interaction.RawID = source.ID
	a.blobs = append(a.blobs, source)
	files := make([]File, len(m.Attachments))
	for i, f := range m.Attachments {
		files[i] = File{Name: f.Name, ContentType: f.ContentType, ContentID: f.ContentID, Inline: f.Inline, Data: f.Data}
	}
	return s.stageFiles(ctx, a, files, sealed)
}

// mailIdentities gives by whom a mail came. A bounce came by the address it could not reach, if that is a customer's.
func (s *Service) mailIdentities(ctx context.Context, m *domain.Mail) []domain.Identity {
	for _, address := range reported(m) {
		id, err := s.Normaliser.Identity(domain.IdentityEmail, address)
		if err != nil {
			continue
		}
		if _, err := domain.Customers.First(ctx, s.Store, domain.Query{Index: "identity", Equal: []any{id.Key}}); err == nil {
			return []domain.Identity{id}
		}
	}
	for _, address := range []string{m.From.Address, m.Sender.Address} {
		if id, err := s.Normaliser.Identity(domain.IdentityEmail, address); err == nil {
			return []domain.Identity{id}
		}
	}
	return []domain.Identity{unknownSender("mail:" + domain.Clip(m.MessageID, 400))}
}

// reported gives the addresses that a bounce or a complaint is about.
func reported(m *domain.Mail) []string {
	var out []string
	if m.Bounce != nil {
		for _, r := range m.Bounce.Recipients {
			out = append(out, r.Address)
		}
	}
	if m.Feedback != nil && m.Feedback.Recipient != "" {
		out = append(out, m.Feedback.Recipient)
	}
	return out[:min(len(out), maxRefs)]
}

// mail masks what people wrote into a mail, and gives what was taken out of its subject.
func (s *sealer) mail(m *domain.Mail) (inSubject []domain.Sealed) {
	s.text("subject", &m.Subject)
	inSubject = slices.Clone(s.found)
	if m.ReplyText == m.Text {
		m.ReplyText = "" // nothing was cut off, so it need not be kept twice
	}
	inText := s.text("text", &m.Text)
	s.text("replyText", &m.ReplyText)
	if inHTML := s.text("html", &m.HTML); inHTML < inText {
		m.HTML = "" // a number stands across tags, where it cannot be masked; the text says the same
	}
	s.text("from.name", &m.From.Name)
	for i := range m.Attachments {
		field, file := "attachments."+strconv.Itoa(i), &m.Attachments[i]
		s.text(field+".name", &file.Name)
		s.content(field+".content", file.Name, file.ContentType, file.Data)
	}
	if m.Bounce != nil {
		s.text("email.bounce.originalSubject", &m.Bounce.OriginalSubject)
	}
	return inSubject
}

// prepareMail makes the interaction and the inquiry-to-be of a mail, and says whether a resident number was found.
func (s *Service) prepareMail(a *arrival, m *domain.Mail) (sealed bool, err error) {
	masks := sealer{vault: s.Vault}
	inSubject := masks.mail(m)
	to, cc := parties(m.To), parties(m.Cc)
	masks.names("to", to)
	masks.names("cc", cc)
	if masks.err != nil {
		return false, masks.err
	}
	a.name = m.From.Name
	x := &domain.Interaction{
		Account: a.account.Key, Channel: domain.ChannelEmail, Direction: domain.Inbound, Kind: m.Kind,
		ExternalID: m.MessageID, OnceKey: "email|" + a.account.Key + "|" + domain.Clip(m.MessageID, 900),
		From: domain.Party{Name: m.From.Name, Email: m.From.Address}, To: to, Cc: cc,
		Subject: m.Subject, Text: m.Text, ReplyText: m.ReplyText, HTML: m.HTML, Sealed: masks.take(),
		OccurredAt: occurred(m.Date, a.now), ReceivedAt: a.now,
		Email: &domain.EmailPart{
			MessageID: domain.Clip(m.MessageID, 900), InReplyTo: m.InReplyTo, References: m.References, AutoSubmitted: m.AutoSubmitted,
			Silent:      m.Bulk || m.NullSender,
			AuthResults: m.AuthenticationResults, Problems: m.Problems, Bounce: m.Bounce,
		},
	}
	if f := m.Feedback; f != nil {
		x.Email.Complaint = &domain.Complaint{Type: cmp.Or(f.Type, "other"), OriginalMessageID: domain.Clip(f.OriginalMessageID, 900)}
	}
	if len(m.ReplyTo) > 0 {
		x.Email.ReplyTo = m.ReplyTo[0].Address
	}
	a.interaction = x
	a.inquiry = s.newInquiry(a, m.Subject, m.Text)
	a.inquiry.Sealed = inSubject
	return len(x.Sealed) > 0, nil
}

// occurred believes a mail's Date unless it cannot be.
func occurred(date, now time.Time) time.Time {
	if date.Before(earliest) || date.After(now.Add(FutureSlack)) {
		return now
	}
	return domain.Instant(date)
}

// maxParties bounds how many recipients of a mail are kept.
const maxParties = 200

func parties(list []domain.MailAddress) []domain.Party {
	var out []domain.Party
	for _, a := range list[:min(len(list), maxParties)] {
		out = append(out, domain.Party{Name: a.Name, Email: a.Address})
	}
	return out
}

// threadOfMail threads a mail; a report is threaded by the mail that it reports on, of which it may say that it was returned.
func (s *Service) threadOfMail(ctx context.Context, tx domain.Tx, a *arrival, c *domain.Customer) (thread, error) {
	if err := s.Reported(ctx, tx, a.mail, a.clocks, a.now); err != nil {
		return thread{}, err
	}
	if a.fromCustomer() {
		if err := reached(ctx, tx, a, c); err != nil {
			return thread{}, err
		}
	}
	m := *a.mail
	for _, original := range originals(a.mail) {
		m.References = append(slices.Clone(m.References), original)
	}
	th, err := mailThread(ctx, tx, &m, c.ID, a.now)
	if err != nil || m.Kind == domain.KindMessage || th.previous == "" {
		return th, err
	}
	// What a machine answers to a long resolved inquiry stays with it: it opens nothing.
	q, err := domain.Inquiries.Get(ctx, tx, th.previous)
	return thread{inquiry: q}, err
}

func originals(m *domain.Mail) []string {
	var out []string
	if m.Bounce != nil && m.Bounce.OriginalMessageID != "" {
		out = append(out, m.Bounce.OriginalMessageID)
	}
	if m.Feedback != nil && m.Feedback.OriginalMessageID != "" {
		out = append(out, m.Feedback.OriginalMessageID)
	}
	return out
}

// reached takes back that mail does not reach an address: its owner writes from it.
func reached(ctx context.Context, tx domain.Tx, a *arrival, c *domain.Customer) error {
	changed := false
	for i := range c.Identities {
		id := &c.Identities[i]
		if id.Undeliverable && slices.ContainsFunc(a.identities, func(own domain.Identity) bool { return own.Key == id.Key }) {
			id.Undeliverable, changed = false, true
		}
	}
	if !changed {
		return nil
	}
	c.UpdatedAt = a.now
	if err := domain.Customers.Replace(ctx, tx, c); err != nil {
		return err
	}
	return domain.Emit(ctx, tx, domain.Event{
		Type: domain.EventCustomerUpdated, At: a.now, CustomerID: c.ID, Subject: domain.Ref{Kind: "customer", ID: c.ID},
		Data: map[string]any{"undeliverable": false},
	})
}
