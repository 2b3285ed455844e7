package triage

import (
	"context"
	"slices"
	"strings"
	"time"

	"sori/domain"
)

// Answerer sends an answer on an inquiry's channel the way an agent's reply goes, marked as automatic.
type Answerer interface {
	// Answer records the answer and what sends it in one commit. Duplicate if the answer's OnceKey is taken: it was given before. Conflict if Guard refuses or the
	// customer cannot be reached.
	Answer(ctx context.Context, inquiryID string, a Answer) (*domain.Interaction, error)
}

// Answer is what is sent.
type Answer struct {
	TemplateID string
	domain.TemplateTexts
	Resolve bool   // the inquiry is done with it; else it waits for the customer
	OnceKey string // of the interaction that is made: a message is answered once, however often its job runs
	// Guard is asked inside the transaction whether the inquiry may still be answered. It is pure; its error is passed on.
	Guard func(*domain.Inquiry) error
}

// oncePrefix marks the interactions that are automatic answers.
const oncePrefix = "auto|"

func answerKey(interactionID string) string { return oncePrefix + interactionID }

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
	case slices.Contains(set.PeopleTiers, it.q.Tier) || it.c != nil && slices.Contains(set.PeopleTiers, it.c.Tier):
		return ReasonTier
	case it.q.LastInteractionAt.After(it.x.ReceivedAt) || it.q.StatusCategory != domain.CategoryOpen:
		return ReasonNewer
	}
	return ""
}

// reachable tells whether an answer to a message goes to somebody who reads it. RFC 3834 section 2: what a machine sent is not answered.
func reachable(x *domain.Interaction) bool {
	if !slices.Contains(answerChannels, x.Channel) {
		return false
	}
	if x.Email == nil {
		return true
	}
	if auto := strings.ToLower(strings.TrimSpace(x.Email.AutoSubmitted)); auto != "" && auto != "no" {
		return false
	}
	to := x.Email.ReplyTo
	if to == "" {
		to = x.From.Email
	}
	local, _, ok := strings.Cut(strings.ToLower(to), "@")
	return ok && !slices.ContainsFunc(machines, func(m string) bool { return local == m || strings.HasPrefix(local, m+"+") })
}

// machines are the addresses that nobody reads.
var machines = []string{"", "noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "mailer-daemon", "postmaster", "bounce", "bounces", "owner", "root", "daemon"}

// Limits of what is looked at before an answer.
const (
	lookBack       = 50        // interactions of the inquiry
	floodWindow    = time.Hour // in which a customer gets at most floodFactor times the answers in a row, over all inquiries
	floodFactor    = 5
	lookBackWindow = 100
)

// held tells why the history forbids an answer; "" if it does not.
func (s *Service) held(ctx context.Context, set *domain.TriageSettings, it *item) (string, error) {
	if !it.q.CreatedAt.Equal(it.x.ReceivedAt) {
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
	}
	if it.c == nil || it.c.CreatedAt.Equal(it.x.ReceivedAt) {
		return "", nil
	}
	recent, err := domain.Interactions.Find(ctx, s.Store, domain.Query{
		Index: "customer", Equal: []any{it.q.CustomerID}, From: s.Clock().Add(-floodWindow), Reverse: true, Limit: lookBackWindow,
	})
	if err != nil {
		return "", err
	}
	automatic := 0
	for _, x := range recent {
		if isAutomatic(x) {
			automatic++
		}
	}
	if automatic >= set.MaxAnswers*floodFactor {
		return ReasonRow, nil
	}
	return "", nil
}

func isAutomatic(x *domain.Interaction) bool {
	return x.Direction == domain.Outbound && strings.HasPrefix(x.OnceKey, oncePrefix)
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
		TemplateID: it.template.ID, TemplateTexts: filled(it.template.TemplateTexts, a.value), Resolve: set.Resolve, OnceKey: answerKey(it.x.ID), Guard: it.guard(),
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
	x, err := domain.Interactions.First(ctx, s.Store, domain.Query{Index: "once", Equal: []any{answerKey(interactionID)}})
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
