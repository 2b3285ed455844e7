package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/net/idna"

	"sori/adapters/email"
	"sori/adapters/mongostore"
	"sori/adapters/orgfile"
	"sori/adapters/phonenumber"
	"sori/adapters/sqlitestore"
	"sori/adapters/telemetry"
	"sori/adapters/vault"
	"sori/domain"
	"sori/domain/contact"
	"sori/domain/desk"
	"sori/domain/insight"
	"sori/domain/intake"
	"sori/domain/live"
	"sori/domain/org"
	"sori/domain/outbox"
	"sori/domain/routing"
	"sori/domain/sla"
	"sori/domain/survey"
	"sori/domain/triage"
	"sori/domain/webhook"
)

// program is the whole of Sori without its doors: one store and the stages over it.
type program struct {
	config Config
	log    *slog.Logger
	clock  domain.Clock
	node   string
	store  domain.Store
	once   domain.Store // the same, which also keeps idempotency keys

	vault     domain.Vault
	feed      *domain.Feed
	directory *domain.Snapshot[domain.Directory] // the organisation, for every stage that asks
	telemetry *telemetry.Telemetry
	intake    *intake.Service
	contact   *contact.Service
	desk      *desk.Service
	live      *live.Service
	insight   *insight.Service
	org       *org.Service
	triage    *triage.Service
	outbox    *outbox.Service
	sla       *sla.Service
	routing   *routing.Service
	webhook   *webhook.Service
	survey    *survey.Service
}

// openStore opens the engine that the configuration chooses.
func openStore(ctx context.Context, c Config, log *slog.Logger) (domain.Store, error) {
	if c.MongoURI != "" {
		return mongostore.Open(ctx, mongostore.Options{URI: c.MongoURI, Database: c.MongoDatabase, Specs: domain.Declared(), Logger: log})
	}
	return sqlitestore.Open(ctx, sqlitestore.Options{Dir: c.DataDir, Specs: domain.Declared(), Logger: log})
}

// nodeName names this process among all that use the store. The embedded store in a directory has one at a time, which so has the leases of the one before, even if that was killed.
func nodeName(c Config) string {
	if c.MongoURI == "" && c.DataDir != "" {
		return "node_embedded"
	}
	return domain.NewID("node")
}

// wire puts the stages over a store.
func wire(c Config, store domain.Store, clock domain.Clock, log *slog.Logger) (*program, error) {
	box, err := vault.New(c.SealKeys, c.IndexKeys)
	if err != nil {
		return nil, err
	}
	once := domain.Once(store)
	names := domain.Normaliser{Phones: phonenumber.New(), ToASCII: idna.Lookup.ToASCII, Region: c.Region}
	mail := email.NewParser(email.Options{TrustedHosts: c.TrustedHosts})
	p := &program{config: c, log: log, clock: clock, node: nodeName(c), store: store, once: once, vault: box, feed: domain.NewFeed(store)}
	numbers := domain.NewNumbers(store, clock)
	p.sla = sla.New(sla.Deps{Store: store, Clock: clock, Log: log})
	if p.outbox, err = newOutbox(c.Mail, once, clock, box, names, p.node, p.sla.Clocks, log); err != nil {
		return nil, err
	}
	p.intake = intake.New(intake.Deps{
		Store: once, Clock: clock, Numbers: numbers, Normaliser: names, Mail: mail, Vault: box, Log: log,
		FollowUps: p.triageLater, Clocks: p.sla.Clocks, Reported: p.outbox.Reported,
	})
	p.contact = contact.New(contact.Deps{Store: once, Clock: clock, Normaliser: names, Vault: box})
	p.directory = domain.NewDirectory(store, clock)
	p.desk = desk.New(desk.Deps{
		Store: once, Clock: clock, Vault: box, Normaliser: names, HTML: email.Cleaner{}, Prepare: p.outbox.Prepare, FollowUps: p.outbox.FollowUps,
		Templates: templates{p}, Numbers: numbers, Clocks: p.sla.Clocks, Directory: p.directory, Log: log,
	})
	if p.survey, err = newSurveys(c, once, clock, box, p.desk, log); err != nil {
		return nil, err
	}
	p.live = live.New(live.Deps{Store: once, Clock: clock, Feed: p.feed, Log: log})
	p.insight = insight.New(insight.Deps{Store: store, Clock: clock})
	p.org = org.New(org.Deps{Store: once, Clock: clock, Directory: p.directory, Format: orgfile.Format{}})
	if p.webhook, err = newWebhooks(c.Webhook, once, clock, box, p.node, log); err != nil {
		return nil, err
	}
	p.triage = newTriage(once, clock, box, log, p.intake, p.desk, p.sla.Clocks)
	p.triage.Zone = c.Zone
	p.routing = routing.New(routing.Deps{Store: once, Clock: clock, Log: log, Triage: p.triage, Clocks: p.sla.Clocks})
	return p, nil
}

// seed gives a new store what it begins with.
func (p *program) seed(ctx context.Context) error {
	return p.org.Seed(domain.WithActor(ctx, domain.System("seed")))
}

// run does the work behind the doors until ctx ends: the feed, the search index, the jobs, the housekeeping.
func (p *program) run(ctx context.Context, mail []mailDoor) {
	ctx = domain.WithActor(ctx, domain.System(p.node))
	if p.telemetry != nil {
		ctx = domain.WithTracer(ctx, p.telemetry)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := p.live.Run(ctx); err != nil {
			p.log.Error("event feed", "err", err)
		}
	})
	if err := p.insight.Renew(ctx); err != nil {
		p.log.Error("full-text index", "err", err)
	}
	for _, f := range p.followers() {
		wg.Go(func() { f.Run(ctx) })
	}
	wg.Go(func() { p.triage.Run(ctx, p.node) })
	wg.Go(func() { p.routing.Run(ctx, p.node) })
	wg.Go(func() { p.routing.RunBoard(ctx) })
	wg.Go(func() { p.desk.RunBoard(ctx) })
	wg.Go(func() { p.webhook.Run(ctx) })
	wg.Go(func() { p.runMail(ctx, p.vault, mail) })
	wg.Go(func() { p.sla.Run(ctx) })
	wg.Go(func() { p.jobs().Run(ctx) })
	wg.Go(func() { p.housekeeping(ctx) })
	wg.Wait()
}

const (
	housekeepingEvery = 10 * time.Minute
	orphanAge         = time.Hour // a content this old that nothing names was left by a commit that did not happen
)

// housekeeping wakes what was snoozed, sees who has left inquiries, forgets idempotency keys and signals and removes orphaned contents.
func (p *program) housekeeping(ctx context.Context) {
	chores := time.NewTicker(housekeepingEvery)
	defer chores.Stop()
	wake := time.NewTicker(5 * time.Second)
	defer wake.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake.C:
			if _, err := p.desk.WakeDue(ctx); err != nil && ctx.Err() == nil {
				p.log.Error("wake snoozed inquiries", "err", err)
			}
			if _, err := p.live.SweepActivities(ctx); err != nil && ctx.Err() == nil {
				p.log.Error("sweep who is at inquiries", "err", err)
			}
		case <-chores.C:
			p.tidy(ctx)
		}
	}
}

func (p *program) tidy(ctx context.Context) {
	now := p.clock()
	if n, err := domain.ForgetIdempotency(ctx, p.store, now); err != nil || n > 0 {
		p.log.Info("idempotency keys forgotten", "count", n, "err", err)
	}
	if n, err := domain.SweepBlobs(ctx, p.store, now.Add(-orphanAge)); err != nil || n > 0 {
		p.log.Info("orphaned contents removed", "count", n, "err", err)
	}
	if n, err := domain.ForgetSignals(ctx, p.store, now); err != nil || n > 0 {
		p.log.Info("signals forgotten", "count", n, "err", err)
	}
	p.tidyTriage(ctx)
	p.tidyWebhooks(ctx)
}

// newLogger makes the logger of the configuration, on standard error.
func newLogger(c Config) *slog.Logger {
	opts := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogText {
		return slog.New(slog.NewTextHandler(os.Stderr, opts))
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, opts))
}

// open opens the store and wires the program over it, for commands that work on the store itself.
func open(ctx context.Context) (*program, error) {
	c, err := loadConfig(os.Getenv)
	if err != nil {
		return nil, err
	}
	if c.MongoURI == "" {
		if c.DataDir, err = filepath.Abs(c.DataDir); err != nil {
			return nil, err
		}
	}
	log := newLogger(c)
	store, err := openStore(ctx, c, log)
	if err != nil {
		return nil, err
	}
	p, err := wire(c, store, domain.SystemClock, log)
	if err == nil {
		err = p.seed(ctx)
	}
	if err != nil {
		store.Close()
		return nil, err
	}
	return p, nil
}
