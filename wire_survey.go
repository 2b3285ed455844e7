package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"log/slog"
	"time"

	"sori/domain"
	"sori/domain/desk"
	"sori/domain/seal"
	"sori/domain/survey"
)

var surveySettings = []setting{
	{"SORI_PUBLIC_URL", "", "where the REST door is reached from outside, for links in surveys that have no page of one's own", func(c *Config, v string) error {
		c.PublicURL = v
		return checkURL(v)
	}},
}

func newSurveys(c Config, store domain.Store, clock domain.Clock, box domain.Vault, d *desk.Service, log *slog.Logger) (*survey.Service, error) {
	keys, err := surveyKeys(c.SealKeys)
	if err != nil {
		return nil, err
	}
	return survey.New(survey.Deps{Store: store, Clock: clock, Vault: box, Mailer: deskMailer{d}, Log: log, Keys: keys, PublicURL: c.PublicURL}), nil
}

// surveyKeys derives the keys of survey tokens from those that seal: one more secret to set would be one more to lose, and a key that goes on holding for what it
// sealed goes on holding for the links that were sent.
func surveyKeys(sealKeys string) ([][]byte, error) {
	keys, err := seal.ParseKeys(sealKeys)
	if err != nil {
		return nil, err
	}
	out := make([][]byte, len(keys))
	for i, k := range keys {
		m := hmac.New(sha256.New, k.Secret)
		m.Write([]byte("sori survey token 1"))
		out[i] = m.Sum(nil)
	}
	return out, nil
}

// deskMailer sends questions as notices of the desk.
type deskMailer struct{ desk *desk.Service }

// Mail implements survey.Mailer.
func (d deskMailer) Mail(ctx context.Context, m survey.Mail) (*domain.Interaction, error) {
	return d.desk.Notify(domain.WithActor(ctx, domain.System("survey")), m.InquiryID, desk.Notice{
		Kind: domain.KindSurvey, Customer: m.Customer, Subject: m.Subject, Text: m.Text, Also: m.Also,
	})
}

// surveyPace gathers events for surveys, which are in no hurry.
const surveyPace = time.Second

// surveyFollower plans questions for what is resolved.
func (p *program) surveyFollower() domain.Follower {
	return domain.Follower{
		Name: survey.Consumer, Node: p.node, Store: p.store, Feed: p.feed, Clock: p.clock, Log: p.log, Batch: 500, Pace: surveyPace, Handle: p.survey.Follow,
	}
}
