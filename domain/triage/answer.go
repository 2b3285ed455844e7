package triage

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"

	"sori/domain"
)

// Answerer sends an answer on an inquiry's channel the way an agent's reply goes, marked as automatic.
type Answerer interface {
	// Answer records the answer, as an interaction under the answer's ID, and what sends it in one commit, on behalf of the system. Duplicate (Field = id) if it was
	// given before. Conflict if Guard refuses or the customer cannot be reached.
	Answer(ctx context.Context, inquiryID string, a Answer) (*domain.Interaction, error)
}

// Answer is what is sent.
type Answer struct {
	ID         string // of the interaction that it becomes, made from the message's: a message is answered once, however often its job runs
	TemplateID string
	domain.TemplateTexts
	Resolve bool // the inquiry is done with it; else it waits for the customer
	// Guard is asked inside the transaction whether the inquiry may still be answered. It is pure; its error is passed on.
	Guard func(*domain.Inquiry) error
}

// answerID gives the id of the answer to a message. Its time is the message's, so that it sorts with it.
func answerID(messageID string) string {
	const timeLetters, letters = 10, "0123456789abcdefghjkmnpqrstvwxyz"
	prefix, own, _ := strings.Cut(messageID, "_")
	sum := sha256.Sum256([]byte("answer to " + messageID))
	id := []byte(prefix + "_" + own)
	for i := len(prefix) + 1 + timeLetters; i < len(id); i++ {
		id[i] = letters[sum[i]&31]
	}
	return string(id)
}

// Reasons why a message was not answered, in a Classification.
const (
	ReasonOff        = "off"          // automatic answers are switched off, for all or for the type
	ReasonChannel    = "channel"      // nobody can be answered on the channel, or at the address
	ReasonAssigned   = "assigned"     // an agent has the inquiry
	ReasonAgent      = "agent"        // an agent has answered before
	ReasonTier       = "tier"         // customers of the tier are answered by people
	ReasonRow        = "row"          // too many automatic answers in a row
	ReasonScope      = "out-of-scope" // the text fits no type
	ReasonUnsure     = "unsure"       // the confidence is below the type's threshold
	ReasonNoTemplate = "no-template"  // the type has no template for the language
	ReasonRule       = "rule"         // a rule leaves it to people
	ReasonType       = "type"         // the inquiry has another type already
	ReasonNewer      = "newer"        // something came after the message
	ReasonUntrained  = "untrained"    // there is no model
	ReasonRefused    = "refused"      // the answer could not be sent
	ReasonRepeated   = "repeated"     // the inquiry has had this answer, and the customer came back
	ReasonConsent    = "consent"      // the customer wants no automatic mail
)

// answerChannels are the channels on which a customer reads what we write.
var answerChannels = []domain.Channel{domain.ChannelEmail, domain.ChannelBoard, domain.ChannelChat}

// forbids tells why a message must not be answered without a person, whatever it says; "" if it may be. It needs no store.
func forbids(set *domain.TriageSettings, it *item) string {
	switch {
	case !set.Automatic:
		return ReasonOff
	case !reachable(it.x):
		return ReasonChannel
	case it.q.Assignee != "":
		return ReasonAssigned
	case it.x.Channel == domain.ChannelEmail && it.c != nil && it.c.Refuses(domain.ChannelEmail, domain.PurposeAutomatic):
		return ReasonConsent
	case slices.Contains(set.PeopleTiers, it.q.Tier) || it.c != nil && slices.Contains(set.PeopleTiers, it.c.Tier):
		return ReasonTier
	case it.q.LastInteractionAt.After(it.x.ReceivedAt) || it.q.StatusCategory != domain.CategoryOpen:
		return ReasonNewer
	}
	return ""
}

// reachable tells whether an answer to a message goes to somebody who reads it. RFC 3834 section 2: what a machine sent, or sent to many, is not answered.
func reachable(x *domain.Interaction) bool {
	if !slices.Contains(answerChannels, x.Channel) {
		return false
	}
	if x.Email == nil {
		return true
	}
	if auto := strings.ToLower(strings.TrimSpace(x.Email.AutoSubmitted)); x.Email.Silent || auto != "" && auto != "no" {
		return false
	}
	to := x.Email.ReplyTo
	if to == "" {
		to = x.From.Email
	}
	local, _, ok := strings.Cut(strings.ToLower(to), "@")
	return ok && !slices.ContainsFunc(machines, func(m string) bool { return local == m || strings.HasPrefix(local, m+"+") }) &&
		!slices.ContainsFunc(unread, func(m string) bool { return strings.HasPrefix(local, m) })
}

// machines are the addresses that nobody reads.
var machines = []string{"", "mailer-daemon", "postmaster", "bounce", "bounces", "owner", "root", "daemon"}

// unread is how addresses begin that say so.
var unread = []string{"noreply", "no-reply", "no_reply", "donotreply", "do-not-reply"}

// lookBack is how many interactions of an inquiry are looked at, the newest first.
const lookBack = 50

// held tells why the history forbids an answer; "" if it does not.
func (s *Service) held(ctx context.Context, set *domain.TriageSettings, it *item) (string, error) {
	if it.opens() {
		return "", nil
	}
	newest, err := domain.Interactions.Find(ctx, s.Store, domain.Query{Index: "inquiry", Equal: []any{it.q.ID}, Reverse: true, Limit: lookBack})
	if err != nil {
		return "", err
	}
	automatic := 0
	for _, x := range newest {
		switch {
		case x.Direction != domain.Outbound:
		case isAutomatic(x):
			automatic++
		default:
			return ReasonAgent, nil
		}
	}
	if automatic >= set.MaxAnswers {
		return ReasonRow, nil
	}
	before, err := domain.Classifications.Get(ctx, s.Store, domain.ClassificationID(it.q.ID))
	if domain.IsCode(err, domain.NotFound) {
		return "", nil
	}
	if err == nil && before.AnsweredBy(it.template.ID, it.x.ID) {
		return ReasonRepeated, nil
	}
	return "", err
}

// isAutomatic tells whether no person wrote an answer of ours.
func isAutomatic(x *domain.Interaction) bool {
	return x.Direction == domain.Outbound && x.Author.Kind == systemKind
}

// answer sends an item's answer, or turns its plan into suggestions and says why.
func (s *Service) answer(ctx context.Context, set *domain.TriageSettings, it *item) error {
	reason, err := s.held(ctx, set, it)
	if err != nil {
		return err
	}
	if reason != "" {
		it.leave(reason)
		return nil
	}
	a, err := s.aboutInquiry(ctx, it.q, it.c)
	if err != nil {
		return err
	}
	if a.typeName == "" {
		a.typeName = it.typeName
	}
	it.answered, err = s.Answerer.Answer(ctx, it.q.ID, Answer{
		ID: answerID(it.x.ID), TemplateID: it.template.ID, TemplateTexts: filled(it.template.TemplateTexts, a.value), Resolve: set.Resolve, Guard: it.guard(),
	})
	switch domain.CodeOf(err) {
	case domain.Duplicate:
		it.answered, err = s.givenAnswer(ctx, it.x.ID)
	case domain.Conflict, domain.Invalid:
		s.Log.Info("not answered", "inquiry", it.q.ID, "err", err)
		it.leave(ReasonRefused)
		return nil
	}
	return err
}

// givenAnswer gives the answer to a message that was recorded before, nil if there is none.
func (s *Service) givenAnswer(ctx context.Context, interactionID string) (*domain.Interaction, error) {
	x, err := domain.Interactions.Get(ctx, s.Store, answerID(interactionID))
	if domain.IsCode(err, domain.NotFound) {
		return nil, nil
	}
	return x, err
}

// guard is what must still hold when the answer is committed: nobody has taken the inquiry, and nothing came after the message.
func (it *item) guard() func(*domain.Inquiry) error {
	at := it.x.ReceivedAt
	return func(q *domain.Inquiry) error {
		if q.Assignee != "" || q.LastInteractionAt.After(at) || q.StatusCategory != domain.CategoryOpen {
			return domain.Errorf(domain.Conflict, "the inquiry was taken up in the meantime")
		}
		return nil
	}
}
