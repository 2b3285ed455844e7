package outbox

import (
	"context"
	"strings"
	"time"

	"sori/domain"
)

// noDomain stands in Message-IDs of accounts without an address; RFC 2606 keeps it free.
const noDomain = "sori.invalid"

const (
	maxReferences  = 20 // Message-IDs kept of a thread: its first, and the newest
	maxLookBack    = 20 // interactions of the inquiry that are searched for the mail to answer
	autoReplied    = "auto-replied"
	maxAutoCounted = 300 // interactions of a customer's last day that are looked through
)

// Prepare completes a mail of ours before it is stored, inside the transaction that stores it: sender, Message-ID, thread, reply token, subject
// with the inquiry's number. It leaves every other interaction as it is. What a program wrote (its Author is the system, or AutoSubmitted is set)
// is marked automatic (RFC 3834); Conflict with the rule "loop" if the customer has had too many of those.
func (s *Service) Prepare(ctx context.Context, tx domain.Tx, q *domain.Inquiry, x *domain.Interaction) error {
	if !isOurMail(x) {
		return nil
	}
	account, err := domain.Accounts.First(ctx, tx, domain.Query{Index: "key", Equal: []any{x.Account, domain.ChannelEmail}})
	if err != nil {
		return err
	}
	part := domain.EmailPart{}
	if x.Email != nil {
		part = *x.Email
	}
	if part.AutoSubmitted == "" && x.Author.Kind == "system" {
		part.AutoSubmitted = autoReplied
	}
	if part.AutoSubmitted != "" {
		if err := s.cutLoop(ctx, tx, x); err != nil {
			return err
		}
	}
	own := s.ownAddress(account)
	part.MessageID = x.ID + "@" + domainOf(own)
	part.ReplyTo = s.replyAddress(own, q)
	answered, err := answeredMail(ctx, tx, q.ID)
	if err != nil {
		return err
	}
	part.InReplyTo, part.References = threadOf(answered)
	x.Email = &part
	x.From = domain.Party{Name: account.Brand, Email: own}
	if x.From.Name == "" {
		x.From.Name = account.Name
	}
	x.Subject = replySubject(x.Subject, q.Number, answered != nil && x.Kind == domain.KindReply)
	// Our own mail that comes back to this mailbox is the same thing coming twice.
	x.OnceKey = "email|" + x.Account + "|" + part.MessageID
	return nil
}

// FollowUps gives the job that sends a mail of ours; it is part of the mail's own commit.
func (s *Service) FollowUps(x *domain.Interaction) []*domain.Job {
	if s.Sender == nil || !isOurMail(x) {
		return nil
	}
	job, err := domain.NewJob(domain.JobSendMail, domain.SendMailArgs{InteractionID: x.ID}, x.ReceivedAt)
	if err != nil {
		return nil // it is a struct of one string
	}
	if x.HoldUntil != nil {
		job.RunAt, job.Key = *x.HoldUntil, domain.HeldMailKey(x.ID)
	}
	return []*domain.Job{job}
}

func isOurMail(x *domain.Interaction) bool {
	return x.Channel == domain.ChannelEmail && x.Direction == domain.Outbound && (x.Kind == domain.KindReply || x.Kind == domain.KindSurvey)
}

// ownAddress is the sender of an account's mail, "" if nobody has set one.
func (s *Service) ownAddress(a *domain.Account) string {
	for _, address := range []string{a.Address, s.From} {
		if id, err := s.Normaliser.Identity(domain.IdentityEmail, address); err == nil {
			at := strings.LastIndexByte(id.Display, '@')
			return id.Display[:at] + id.Value[strings.LastIndexByte(id.Value, '@'):]
		}
	}
	return ""
}

func domainOf(address string) string {
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		return address[at+1:]
	}
	return noDomain
}

// replyAddress is where answers to the mail go: the account's address with the inquiry's token behind a plus (RFC 5233).
func (s *Service) replyAddress(own string, q *domain.Inquiry) string {
	at := strings.LastIndexByte(own, '@')
	if at < 0 || s.NoPlusAddress {
		return own
	}
	return own[:at] + "+" + q.ReplyToken() + own[at:]
}

// answeredMail is the customer's newest mail in the inquiry, or, where there is none, our own newest; nil if there is no mail at all.
func answeredMail(ctx context.Context, r domain.Reader, inquiryID string) (*domain.Interaction, error) {
	var theirs, ours *domain.Interaction
	q := domain.Query{Index: "inquiry", Equal: []any{inquiryID}, Reverse: true, Limit: maxLookBack}
	newest, err := domain.Interactions.Find(ctx, r, q)
	if err != nil {
		return nil, err
	}
	for _, x := range newest {
		switch {
		case x.Email == nil || x.Email.MessageID == "":
		case x.Direction == domain.Inbound && x.Kind == domain.KindMessage && theirs == nil:
			theirs = x
		case x.Direction == domain.Outbound && ours == nil:
			ours = x
		}
	}
	if theirs != nil {
		return theirs, nil
	}
	return ours, nil
}

// threadOf gives In-Reply-To and References of an answer (RFC 5322 §3.6.4). A Message-ID that we made up for a mail that had none is no use to
// the one who wrote it.
func threadOf(answered *domain.Interaction) (inReplyTo string, references []string) {
	if answered == nil {
		return "", nil
	}
	refs := answered.Email.References
	if len(refs) == 0 && answered.Email.InReplyTo != "" {
		refs = []string{answered.Email.InReplyTo}
	}
	id := answered.Email.MessageID
	if strings.HasSuffix(id, "@"+domain.GeneratedMessageIDDomain) {
		id = ""
	} else {
		refs = append(append([]string(nil), refs...), id)
	}
	if len(refs) > maxReferences {
		refs = append([]string{refs[0]}, refs[len(refs)-maxReferences+1:]...)
	}
	return id, refs
}

// replySubject is the subject with Re: in front of an answer, once, and the inquiry's number behind, by which it threads where all else is lost.
func replySubject(subject, number string, answers bool) string {
	subject = strings.Join(strings.Fields(subject), " ")
	if answers && !hasReplyPrefix(subject) {
		subject = "Re: " + subject
	}
	if mark := "[#" + number + "]"; !strings.Contains(subject, mark) {
		subject = strings.TrimSpace(subject + " " + mark)
	}
	return subject
}

func hasReplyPrefix(subject string) bool {
	lower := strings.ToLower(subject)
	for _, p := range []string{"re:", "re :", "회신:", "답장:", "답변:"} {
		if strings.HasPrefix(lower, p) {
			return true
		}
	}
	return false
}

// cutLoop refuses an automatic mail to a customer who has had many: whoever gets that many is a program that answers ours.
func (s *Service) cutLoop(ctx context.Context, tx domain.Tx, x *domain.Interaction) error {
	now := s.Clock()
	q := domain.Query{Index: "customer", Equal: []any{x.CustomerID}, From: now.Add(-24 * time.Hour), Reverse: true, Limit: maxAutoCounted}
	recent, err := domain.Interactions.Find(ctx, tx, q)
	if err != nil {
		return err
	}
	hour, day := 0, 0
	for _, r := range recent {
		if r.Direction != domain.Outbound || r.Email == nil || r.Email.AutoSubmitted == "" {
			continue
		}
		day++
		if now.Sub(r.OccurredAt) < time.Hour {
			hour++
		}
	}
	if hour < s.AutoPerHour && day < s.AutoPerDay && len(recent) < maxAutoCounted {
		return nil
	}
	return &domain.Error{Code: domain.Conflict, Field: "to", Rule: "loop", Message: "the customer was answered automatically too often in a short time"}
}
