package survey

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"sori/domain"
)

const (
	linkVariable = "{{link}}"
	answerPath   = "/v1/surveys/answer"
)

// RunInvite does a JobInvite. Running it twice asks once.
func (s *Service) RunInvite(ctx context.Context, job *domain.Job) error {
	var args inviteArgs
	if err := json.Unmarshal([]byte(job.Args), &args); err != nil {
		return fmt.Errorf("arguments of job %s: %w", job.ID, err)
	}
	why, err := s.invite(ctx, args)
	if err == nil {
		s.Log.Info("survey", "inquiry", args.InquiryID, "skipped", why)
	}
	return err
}

// invite asks the customer of an inquiry, or says why not.
func (s *Service) invite(ctx context.Context, args inviteArgs) (why string, err error) {
	set, err := settings(ctx, s.Store)
	if err != nil {
		return "", err
	}
	q, err := domain.Inquiries.Get(ctx, s.Store, args.InquiryID)
	if domain.IsCode(err, domain.NotFound) {
		return "gone", nil
	}
	if err != nil {
		return "", err
	}
	c, err := domain.Customers.Get(ctx, s.Store, q.CustomerID)
	if err != nil {
		return "", err
	}
	if why := whyNot(set, q, c, args.ResolvedAt); why != "" {
		return why, nil
	}
	if lately, err := s.askedLately(ctx, c.ID, set.EveryDays); err != nil || lately {
		return "asked lately", err
	}
	err = s.mail(ctx, set, q, c, args.ResolvedAt)
	switch {
	case domain.IsCode(err, domain.Duplicate) && domain.FieldOf(err) == "id":
		return "asked before", nil
	case domain.IsCode(err, domain.Conflict):
		return err.Error(), nil
	}
	return "", err
}

// whyNot says why a customer is not asked, "" if nothing stands against it.
func whyNot(set *domain.SurveySettings, q *domain.Inquiry, c *domain.Customer, resolvedAt time.Time) string {
	switch {
	case !set.Active:
		return "off"
	case !resolvedSince(q, resolvedAt):
		return "reopened"
	case len(set.Channels) > 0 && !slices.Contains(set.Channels, q.Channel):
		return "channel"
	case len(set.Tiers) > 0 && !slices.Contains(set.Tiers, q.Tier):
		return "tier"
	case len(set.Types) > 0 && !slices.Contains(set.Types, q.Type):
		return "type"
	case c.Erased:
		return "erased"
	case !agrees(c, set.RequireConsent):
		return "consent"
	}
	return ""
}

func resolvedSince(q *domain.Inquiry, at time.Time) bool {
	return q.StatusCategory == domain.CategoryResolved && q.ResolvedAt != nil && q.ResolvedAt.Equal(at)
}

// agrees tells whether a customer may be asked by mail. What was said last counts.
func agrees(c *domain.Customer, required bool) bool {
	last := c.Consented(domain.ChannelEmail, domain.PurposeSurvey)
	if last == nil {
		return !required
	}
	return last.Granted
}

func (s *Service) askedLately(ctx context.Context, customerID string, days int) (bool, error) {
	if days == 0 {
		return false, nil
	}
	q := domain.Query{Index: "customer", Equal: []any{customerID}, From: s.Clock().AddDate(0, 0, -days), Limit: 1}
	found, err := domain.SurveyInvitations.Find(ctx, s.Store, q)
	return len(found) > 0, err
}

// mail sends the question; the invitation and its count are part of the same commit.
func (s *Service) mail(ctx context.Context, set *domain.SurveySettings, q *domain.Inquiry, c *domain.Customer, resolvedAt time.Time) error {
	now := s.Clock()
	id, expires := domain.SurveyInvitationID(q.ID), now.AddDate(0, 0, set.ValidDays)
	text := textFor(set.Texts, q.Language)
	fill := strings.NewReplacer(linkVariable, s.link(set, s.token(id, expires)), "{{inquiry.number}}", q.Number, "{{customer.name}}", oneLine(c.Name))
	const tries = 3
	var err error
	for range tries {
		_, err = s.Mailer.Mail(ctx, Mail{
			InquiryID: q.ID, Customer: c, Subject: fill.Replace(text.Subject), Text: fill.Replace(text.Text),
			Also: func(ctx context.Context, tx domain.Tx, q *domain.Inquiry, x *domain.Interaction) error {
				if !resolvedSince(q, resolvedAt) {
					return domain.Errorf(domain.Conflict, "the inquiry was reopened")
				}
				inv := &domain.SurveyInvitation{
					Doc: domain.Doc{ID: id}, InquiryID: q.ID, Number: q.Number, CustomerID: q.CustomerID, InteractionID: x.ID, Agent: q.Assignee, Queue: q.Queue,
					Type: q.Type, Tier: q.Tier, Channel: q.Channel, Language: text.Language, SentAt: now, ExpiresAt: expires,
				}
				return s.keep(ctx, tx, inv)
			},
		})
		if !domain.IsCode(err, domain.Duplicate) || domain.FieldOf(err) != "day" {
			break
		}
	}
	return err
}

func (s *Service) keep(ctx context.Context, tx domain.Tx, inv *domain.SurveyInvitation) error {
	_, err := domain.SurveyInvitations.Get(ctx, tx, inv.ID)
	if err == nil {
		return &domain.Error{Code: domain.Duplicate, Field: "id", Message: "the customer was asked about this inquiry before"}
	}
	if !domain.IsCode(err, domain.NotFound) {
		return err
	}
	if err := domain.SurveyInvitations.Insert(ctx, tx, inv); err != nil {
		return err
	}
	if err := count(ctx, tx, inv, func(d *domain.SurveyDay) { d.Sent++ }); err != nil {
		return err
	}
	return domain.Emit(ctx, tx, event(domain.EventSurveySent, inv, s.Clock(), map[string]any{"interactionId": inv.InteractionID}))
}

func event(verb string, inv *domain.SurveyInvitation, now time.Time, data map[string]any) domain.Event {
	for name, v := range map[string]string{"agent": inv.Agent, "queue": inv.Queue, "type": inv.Type, "tier": inv.Tier} {
		if v != "" {
			data[name] = v
		}
	}
	return domain.Event{
		Type: verb, At: now, InquiryID: inv.InquiryID, CustomerID: inv.CustomerID, Subject: domain.Ref{Kind: "survey", ID: inv.ID}, Data: data,
	}
}

// link is where the customer answers: one's own page, which is given the token, or the question itself at the REST door.
func (s *Service) link(set *domain.SurveySettings, token string) string {
	base := set.LinkBase
	if base == "" {
		base = strings.TrimRight(s.PublicURL, "/") + answerPath
	}
	u, err := url.Parse(base)
	if err != nil {
		return base // it was checked when it was set
	}
	v := u.Query()
	v.Set("token", token)
	u.RawQuery = v.Encode()
	return u.String()
}

// textFor gives the text in a language, or in its parent ("en" for "en-GB"), or the first.
func textFor(texts []domain.SurveyText, language string) domain.SurveyText {
	base, _, _ := strings.Cut(language, "-")
	for _, want := range []string{language, base} {
		for _, t := range texts {
			if strings.EqualFold(t.Language, want) {
				return t
			}
		}
	}
	return texts[0]
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
