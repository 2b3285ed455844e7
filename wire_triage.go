package main

import (
	"context"
	"log/slog"
	"time"

	"sori/domain"
	"sori/domain/desk"
	"sori/domain/intake"
	"sori/domain/triage"
)

// newTriage puts triage between intake, which hands it what comes in, and the desk, by which it answers.
func newTriage(store domain.Store, clock domain.Clock, box domain.Vault, log *slog.Logger, in *intake.Service, d *desk.Service, clocks domain.Clocks) *triage.Service {
	return triage.New(triage.Deps{Store: store, Clock: clock, Vault: box, Log: log, Answerer: deskAnswerer{d}, Opener: intakeOpener{in}, Clocks: clocks})
}

// triageLater gives the jobs of triage for intake. Triage is made after intake, since it opens inquiries by it.
func (p *program) triageLater(ctx context.Context, x *domain.Interaction) ([]*domain.Job, error) {
	return p.triage.FollowUps(ctx, x)
}

// deskAnswerer sends automatic answers the way agents' replies go.
type deskAnswerer struct{ desk *desk.Service }

// Answer implements triage.Answerer.
func (d deskAnswerer) Answer(ctx context.Context, inquiryID string, a triage.Answer) (*domain.Interaction, error) {
	return d.desk.Reply(domain.WithActor(ctx, domain.System("triage")), inquiryID, desk.Reply{
		ID: a.ID, Subject: a.Subject, Text: a.Text, HTML: a.HTML, TemplateID: a.TemplateID, Resolve: a.Resolve, Guard: a.Guard,
	})
}

// templates fills standard answers in for the desk. Triage is made after the desk, since it answers by it.
type templates struct{ program *program }

// FillTemplate implements desk.Templates.
func (t templates) FillTemplate(ctx context.Context, templateID, inquiryID string) (domain.TemplateTexts, error) {
	return t.program.triage.FillTemplate(ctx, templateID, inquiryID)
}

// KnownTemplate implements desk.Templates.
func (t templates) KnownTemplate(ctx context.Context, templateID string) error {
	return t.program.triage.KnownTemplate(ctx, templateID)
}

// intakeOpener takes in what the self-help could not answer, as a post on the board "help".
type intakeOpener struct{ intake *intake.Service }

// Open implements triage.Opener.
func (o intakeOpener) Open(ctx context.Context, askID string, from domain.Party, text string) (string, error) {
	r, err := o.intake.Receive(domain.WithActor(ctx, domain.System("help")), intake.Submission{
		Channel: domain.ChannelBoard, ExternalID: askID, From: from, Text: text, Board: &domain.BoardPart{Board: "help", PostID: askID, Visibility: "private"},
	})
	return r.InquiryID, err
}

// triagePace gathers events for learning and counting, which are in no hurry.
const triagePace = 250 * time.Millisecond

// triageFollowers read the feed for triage: what people choose is learnt, what became of inquiries is counted.
func (p *program) triageFollowers(t *triage.Service) []domain.Follower {
	follower := func(name string, handle func(context.Context, []*domain.Event) error) domain.Follower {
		return domain.Follower{Name: name, Node: p.node, Store: p.store, Feed: p.feed, Clock: p.clock, Log: p.log, Batch: 500, Pace: triagePace, Handle: handle}
	}
	return []domain.Follower{follower(triage.LearnConsumer, t.Learn), follower(triage.CountConsumer, t.Count)}
}

// tidyTriage forgets old questions to the self-help, and trains anew when much was learnt.
func (p *program) tidyTriage(ctx context.Context) {
	if n, err := p.triage.ForgetAsks(ctx); err != nil || n > 0 {
		p.log.Info("questions to the self-help forgotten", "count", n, "err", err)
	}
	if trains, err := p.triage.TrainWhenGrown(ctx); err != nil || trains {
		p.log.Info("training on what was learnt", "begun", trains, "err", err)
	}
}
