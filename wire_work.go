package main

import (
	"context"
	"maps"
	"time"

	"sori/adapters/worker"
	"sori/domain"
	"sori/domain/contact"
	"sori/domain/desk"
	"sori/domain/insight"
	"sori/domain/routing"
	"sori/domain/sla"
	"sori/domain/survey"
	"sori/domain/triage"
	"sori/domain/webhook"
)

// followers are the readers of the feed: what one stage commits, others go on from.
func (p *program) followers() []domain.Follower {
	follow := func(name string, pace time.Duration, handle func(context.Context, []*domain.Event) error) domain.Follower {
		return domain.Follower{Name: name, Node: p.node, Store: p.store, Feed: p.feed, Clock: p.clock, Log: p.log, Batch: 500, Pace: pace, Handle: handle}
	}
	return append(p.triageFollowers(p.triage), p.searchFollower(), p.webhookFollower(), p.surveyFollower(),
		follow(routing.Consumer, 0, p.routing.Follow),
		follow(desk.ViewConsumer, triagePace, p.desk.Tally),
		follow(sla.Consumer, triagePace, p.sla.Follow),
	)
}

// searchPace is how long what is new may wait to be found: indexing many at once costs a fraction of indexing each by itself.
const searchPace = 200 * time.Millisecond

func (p *program) searchFollower() domain.Follower {
	return domain.Follower{
		Name: insight.SearchConsumer, Node: p.node, Store: p.store, Feed: p.feed, Clock: p.clock, Log: p.log, Batch: 1000, Pace: searchPace, Handle: p.insight.IndexEvents,
	}
}

// jobKinds are the kinds of job there are.
var jobKinds = []string{
	contact.JobRehome, contact.JobErase, triage.JobInquiry, triage.JobTrain, domain.JobSendMail, desk.JobBulk, desk.JobTally, sla.JobReview,
	routing.JobPlace, routing.JobTakeBack, routing.JobReview, routing.JobSimulate, webhook.JobHasten, webhook.JobForget, webhook.JobReplay, survey.JobInvite,
}

func (p *program) jobs() *worker.Worker {
	handlers := map[string]worker.Handler{
		contact.JobRehome:   p.contact.RunRehome,
		contact.JobErase:    p.contact.RunErase,
		triage.JobTrain:     p.triage.RunTrain,
		desk.JobBulk:        p.desk.RunBulk,
		desk.JobTally:       p.desk.RunTally,
		sla.JobReview:       p.sla.RunReview,
		routing.JobPlace:    p.routing.RunPlace,
		routing.JobTakeBack: p.routing.RunTakeBack,
		routing.JobReview:   p.routing.RunReview,
		routing.JobSimulate: p.routing.RunSimulation,
		survey.JobInvite:    p.survey.RunInvite,
	}
	maps.Copy(handlers, p.webhookJobs())
	return worker.New(worker.Config{Store: p.store, Clock: p.clock, Log: p.log, Node: p.node, Handlers: handlers})
}
