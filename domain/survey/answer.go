package survey

import (
	"context"
	"strings"
	"unicode/utf8"

	"sori/domain"
)

// Answer is what a customer says.
type Answer struct {
	Score int
	Text  string
}

const maxAnswer = 5000 // characters

// Question gives the invitation that a token names, for the page that asks. It needs no login: the door limits how often it is asked. NotFound for an unknown token;
// Conflict (Rule = expired) past its end. What was answered is not told.
func (s *Service) Question(ctx context.Context, token string) (*domain.SurveyInvitation, error) {
	id, err := s.read(token)
	if err != nil {
		return nil, err
	}
	inv, err := domain.SurveyInvitations.Get(ctx, s.Store, id)
	if domain.IsCode(err, domain.NotFound) {
		return nil, errUnknown
	}
	return inv, err
}

// Answer takes a customer's answer, once: Conflict (Rule = answered) the second time. Invalid names every fault; else as Question.
func (s *Service) Answer(ctx context.Context, token string, a Answer) (*domain.SurveyInvitation, error) {
	id, err := s.read(token)
	if err != nil {
		return nil, err
	}
	if err := checkAnswer(a); err != nil {
		return nil, err
	}
	text, _, err := s.Vault.Seal("text", strings.TrimSpace(a.Text)) // what was taken out is not kept: nobody needs it here
	if err != nil {
		return nil, err
	}
	now := s.Clock()
	var out *domain.SurveyInvitation
	err = s.write(ctx, func(tx domain.Tx) error {
		inv, err := domain.SurveyInvitations.Get(ctx, tx, id)
		if domain.IsCode(err, domain.NotFound) {
			return errUnknown
		}
		if err != nil {
			return err
		}
		if inv.AnsweredAt != nil {
			return &domain.Error{Code: domain.Conflict, Field: "token", Rule: "answered", Message: "the survey was answered before"}
		}
		inv.AnsweredAt, inv.Score, inv.Text = &now, a.Score, text
		if err := forgetErased(ctx, tx, inv); err != nil {
			return err
		}
		if err := domain.SurveyInvitations.Replace(ctx, tx, inv); err != nil {
			return err
		}
		out = inv
		if err := count(ctx, tx, inv, func(d *domain.SurveyDay) { d.Scores[a.Score-domain.MinScore]++ }); err != nil {
			return err
		}
		who := domain.WithActor(ctx, domain.Actor{Kind: "customer", ID: inv.CustomerID})
		return domain.Emit(who, tx, event(domain.EventSurveyAnswered, inv, now, map[string]any{"score": a.Score, "text": inv.Text != ""}))
	})
	return out, err
}

// forgetErased keeps no text of a customer who was erased since the question was sent.
func forgetErased(ctx context.Context, tx domain.Tx, inv *domain.SurveyInvitation) error {
	c, err := domain.Customers.Get(ctx, tx, inv.CustomerID)
	if domain.IsCode(err, domain.NotFound) || err == nil && c.Erased {
		inv.Text = ""
		return nil
	}
	return err
}

func checkAnswer(a Answer) error {
	var f domain.Faults
	if a.Score < domain.MinScore || a.Score > domain.MaxScore {
		f.Add("score", "range", "must be from %d to %d", domain.MinScore, domain.MaxScore)
	}
	domain.CheckText(&f, "text", a.Text, maxAnswer*utf8.UTFMax)
	if utf8.RuneCountInString(a.Text) > maxAnswer {
		f.Add("text", "maxLength", "is longer than %d characters", maxAnswer)
	}
	return f.Err()
}
