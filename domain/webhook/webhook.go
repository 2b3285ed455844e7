// Package webhook tells other people's programs what happens, as the Standard Webhooks 1.0 specification says (standardwebhooks.com).
//
//	webhook.go   the service; webhooks: made, changed, paused, resumed, removed
//	secret.go    secrets and their rotation, signatures
//	match.go     which events a webhook asks for
//	fanout.go    the feed to deliveries, in the store
//	lane.go      the order of an inquiry's deliveries
//	run.go       what is due, so many at a time for each webhook
//	send.go      one attempt, and what it says
//	outcome.go   what an attempt came to: delivered, later, or never; a dead webhook is paused
//	replay.go    telling again what was told before
//	delivery.go  the log: reading it, one more try, forgetting
//
// A delivery is in the store before it is tried, and an attempt before it is made, so that a node may die at any moment and nothing is lost. What was cut short is
// sent again under the same webhook-id, by which receivers know it: every event arrives at least once.
package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sori/domain"
)

// Deps is what webhooks need.
type Deps struct {
	Store  domain.Store
	Clock  domain.Clock
	Vault  domain.Vault
	Sender domain.WebhookSender
	Log    *slog.Logger
	Node   string
	Options
}

// Options are what operators may set.
type Options struct {
	Parallel   int           // requests to one webhook at a time; default 8
	Timeout    time.Duration // of one request; default 15 seconds
	PauseAfter time.Duration // of nothing but failures; default 5 days
	PauseLost  int           // deliveries given up in a row after which a webhook is paused; default 20
	KeepFor    time.Duration // how long a delivery is kept; default 30 days
}

// Service tells webhooks. It is safe for concurrent use.
type Service struct {
	Deps
	kept  domain.Kept[domain.Webhook]
	known domain.Snapshot[book]
	slots slots
}

// New makes the service.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Parallel == 0 {
		d.Parallel = 8
	}
	for _, x := range []struct {
		field *time.Duration
		value time.Duration
	}{{&d.Timeout, 15 * time.Second}, {&d.PauseAfter, 5 * 24 * time.Hour}, {&d.KeepFor, 30 * 24 * time.Hour}} {
		if *x.field == 0 {
			*x.field = x.value
		}
	}
	if d.PauseLost == 0 {
		d.PauseLost = 20
	}
	s := &Service{Deps: d, slots: slots{busy: map[string]int{}, freed: make(chan struct{}, 1)}}
	s.kept = s.webhooks()
	s.known = domain.Snapshot[book]{Edition: domain.EditionWebhooks, Store: d.Store, Clock: d.Clock, Load: readBook}
	return s
}

// book is the webhooks as every node keeps them.
type book struct {
	all  []*domain.Webhook
	byID map[string]*domain.Webhook
}

func readBook(ctx context.Context, r domain.Reader) (*book, error) {
	all, err := domain.Webhooks.Find(ctx, r, domain.Query{Index: "created", Limit: maxWebhooks})
	b := &book{all: all, byID: make(map[string]*domain.Webhook, len(all))}
	for _, w := range all {
		b.byID[w.ID] = w
	}
	return b, err
}

// Draft is a webhook to be made.
type Draft struct {
	URL    string
	Name   string
	Events []string
	Queues []string
}

// Patch changes a webhook. What is nil stays.
type Patch struct {
	URL    *string
	Name   *string
	Events *[]string
	Queues *[]string
}

const (
	maxWebhooks = 100
	maxFilters  = 100
	maxFilter   = 200  // bytes
	maxName     = 200  // bytes
	maxURL      = 2000 // bytes
)

func (s *Service) webhooks() domain.Kept[domain.Webhook] {
	return domain.Kept[domain.Webhook]{
		Collection: domain.Webhooks, Kind: "webhook", Edition: domain.EditionWebhooks, Read: domain.ScopeWebhooks, Write: domain.ScopeWebhooks,
		Head:  func(w *domain.Webhook) *domain.Doc { return &w.Doc },
		Touch: func(w *domain.Webhook, now time.Time) { w.UpdatedAt = now },
		View: func(w *domain.Webhook) map[string]any {
			return map[string]any{"url": whereabouts(w.URL), "name": w.Name, "events": w.Events, "queues": w.Queues}
		},
		Check: checkWebhook,
		Also:  checkRoom,
		Leave: s.forget,
	}
}

// whereabouts is what events say of a webhook's address: where it is, and a mark by which a change is seen. The rest of it is a secret at many services, and events are read
// by more than those who may read webhooks.
func whereabouts(address string) string {
	sum := sha256.Sum256([]byte(address))
	mark := hex.EncodeToString(sum[:4])
	u, err := url.Parse(address)
	if err != nil {
		return "#" + mark
	}
	return u.Scheme + "://" + u.Host + "/#" + mark
}

// Create makes a webhook and gives its secret, which is never shown again. It is told of what happens from now on. Invalid names every fault; Conflict past 100 webhooks.
// It takes the scope webhook:admin, as everything here does.
func (s *Service) Create(ctx context.Context, d Draft) (*domain.Webhook, string, error) {
	if _, err := domain.Require(ctx, domain.ScopeWebhooks); err != nil {
		return nil, "", err
	}
	if err := s.checkURL(ctx, d.URL); err != nil {
		return nil, "", err
	}
	now := s.Clock()
	key, shown, err := s.newSecret(now)
	if err != nil {
		return nil, "", err
	}
	w, err := s.kept.Create(ctx, s.Store, now, &domain.Webhook{
		URL: d.URL, Name: d.Name, Events: d.Events, Queues: d.Queues, Secrets: []domain.WebhookSecret{key}, State: domain.WebhookActive, CreatedAt: now,
	})
	s.known.Expire()
	return w, shown, err
}

// Edit changes a webhook. version guards it: Stale if it is not the stored one; 0 is no guard. What waits goes where it then says.
func (s *Service) Edit(ctx context.Context, id string, version int64, p Patch) (*domain.Webhook, error) {
	if _, err := domain.Require(ctx, domain.ScopeWebhooks); err != nil {
		return nil, err
	}
	if p.URL != nil {
		if err := s.checkURL(ctx, *p.URL); err != nil {
			return nil, err
		}
	}
	w, err := s.kept.Edit(ctx, s.Store, s.Clock(), id, version, func(w *domain.Webhook) {
		domain.SetIf(&w.URL, p.URL)
		domain.SetIf(&w.Name, p.Name)
		domain.SetIf(&w.Events, p.Events)
		domain.SetIf(&w.Queues, p.Queues)
	})
	s.known.Expire()
	return w, err
}

// Delete removes a webhook with all its deliveries. NotFound if there is none.
func (s *Service) Delete(ctx context.Context, id string) error {
	err := s.kept.Remove(ctx, s.Store, s.Clock(), id, 0)
	s.known.Expire()
	return err
}

// Get reads a webhook.
func (s *Service) Get(ctx context.Context, id string) (*domain.Webhook, error) {
	return s.kept.One(ctx, s.Store, id)
}

// List gives the webhooks, the oldest first.
func (s *Service) List(ctx context.Context, req domain.PageRequest) (domain.Page[domain.Webhook], error) {
	return s.kept.List(ctx, s.Store, req, domain.Query{Index: "created"})
}

// Healths gives how webhooks fare, by the webhook's id. One of which nothing is known yet has the zero health.
func (s *Service) Healths(ctx context.Context, webhookIDs []string) (map[string]*domain.WebhookHealth, error) {
	if _, err := domain.Require(ctx, domain.ScopeWebhooks); err != nil {
		return nil, err
	}
	return healths(ctx, s.Store, webhookIDs)
}

func healths(ctx context.Context, r domain.Reader, webhookIDs []string) (map[string]*domain.WebhookHealth, error) {
	ids := make([]string, len(webhookIDs))
	for i, id := range webhookIDs {
		ids[i] = domain.WebhookHealthID(id)
	}
	found, err := domain.WebhookHealths.GetMany(ctx, r, ids)
	out := make(map[string]*domain.WebhookHealth, len(webhookIDs))
	for i, id := range webhookIDs {
		if out[id] = found[ids[i]]; out[id] == nil {
			out[id] = &domain.WebhookHealth{}
		}
	}
	return out, err
}

// Pause stops sending. What happens meanwhile is kept for Resume. Conflict if it is paused.
func (s *Service) Pause(ctx context.Context, id string) (*domain.Webhook, error) {
	if _, err := domain.Require(ctx, domain.ScopeWebhooks); err != nil {
		return nil, err
	}
	w, err := s.pause(ctx, id, domain.PausedByHand, "")
	if err == nil && w == nil {
		err = domain.Errorf(domain.Conflict, "the webhook is paused already")
	}
	return w, err
}

// pause gives nil for a webhook that is paused already.
func (s *Service) pause(ctx context.Context, id string, reason domain.WebhookReason, lastError string) (out *domain.Webhook, err error) {
	now := s.Clock()
	err = domain.WriteEdition(ctx, s.Store, domain.EditionWebhooks, func(tx domain.Tx) error {
		out = nil
		w, err := domain.Webhooks.Get(ctx, tx, id)
		if err != nil || w.State == domain.WebhookPaused {
			return err
		}
		w.State, w.Reason, w.PausedAt, w.UpdatedAt = domain.WebhookPaused, reason, &now, now
		if err := domain.Webhooks.Replace(ctx, tx, w); err != nil {
			return err
		}
		out = w
		data := map[string]any{"reason": string(reason), "name": w.Name}
		if lastError != "" {
			data["lastError"] = lastError
		}
		return domain.Emit(ctx, tx, event(domain.EventWebhookPaused, id, now, data))
	})
	s.known.Expire()
	return out, err
}

// Resume sends again, beginning at once with all that waits. Conflict if it is not paused.
func (s *Service) Resume(ctx context.Context, id string) (*domain.Webhook, error) {
	if _, err := domain.Require(ctx, domain.ScopeWebhooks); err != nil {
		return nil, err
	}
	now := s.Clock()
	var out *domain.Webhook
	err := domain.WriteEdition(ctx, s.Store, domain.EditionWebhooks, func(tx domain.Tx) error {
		w, err := domain.Webhooks.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if w.State != domain.WebhookPaused {
			return domain.Errorf(domain.Conflict, "the webhook is not paused")
		}
		reason := w.Reason
		w.State, w.Reason, w.PausedAt, w.UpdatedAt = domain.WebhookActive, "", nil, now
		if err := domain.Webhooks.Replace(ctx, tx, w); err != nil {
			return err
		}
		out = w
		if err := domain.WebhookHealths.Delete(ctx, tx, domain.WebhookHealthID(id)); err != nil {
			return err
		}
		if err := insertJob(ctx, tx, JobHasten, webhookArgs{id}, "", now); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, event(domain.EventWebhookResumed, id, now, map[string]any{"reason": string(reason)}))
	})
	s.known.Expire()
	return out, err
}

func (s *Service) checkURL(ctx context.Context, url string) error {
	if len(url) > maxURL {
		return domain.InvalidField("url", "maxLength", "is longer than %d bytes", maxURL)
	}
	return s.Sender.Check(ctx, url)
}

func checkWebhook(_ context.Context, _ domain.Reader, w *domain.Webhook) error {
	var f domain.Faults
	domain.CheckText(&f, "name", w.Name, maxName)
	for _, l := range []struct {
		field string
		list  []string
	}{{"events", w.Events}, {"queues", w.Queues}} {
		if len(l.list) > maxFilters {
			f.Add(l.field, "maxItems", "are more than %d", maxFilters)
			continue
		}
		for i, x := range l.list {
			field := l.field + "." + strconv.Itoa(i)
			if domain.CheckText(&f, field, x, maxFilter); strings.TrimSpace(x) == "" {
				f.Add(field, "required", "is empty")
			}
		}
	}
	for i, x := range w.Events {
		if !goodFilter(x) {
			f.Add("events."+strconv.Itoa(i), "format", "must be a type such as inquiry.created, or inquiry.*, or *")
		}
	}
	return f.Err()
}

// checkRoom bounds the webhooks: every event is held against each of them.
func checkRoom(ctx context.Context, tx domain.Tx, w *domain.Webhook) error {
	if w.Version > 0 {
		return nil
	}
	all, err := domain.Webhooks.Find(ctx, tx, domain.Query{Index: "created", Limit: maxWebhooks})
	if err == nil && len(all) >= maxWebhooks {
		err = domain.Errorf(domain.Conflict, "there are %d webhooks already", maxWebhooks)
	}
	return err
}

// forgetDelay is how long after a webhook its deliveries are removed: until then another node may still make some.
const forgetDelay = time.Minute

func (s *Service) forget(ctx context.Context, tx domain.Tx, w *domain.Webhook) error {
	if err := domain.WebhookHealths.Delete(ctx, tx, domain.WebhookHealthID(w.ID)); err != nil {
		return err
	}
	return insertJob(ctx, tx, JobForget, webhookArgs{w.ID}, "", s.Clock().Add(forgetDelay))
}

func event(verb, webhookID string, now time.Time, data map[string]any) domain.Event {
	return domain.Event{Type: verb, At: now, Subject: domain.Ref{Kind: "webhook", ID: webhookID}, Data: data}
}

// The kinds of job.
const (
	JobHasten = "webhook.hasten" // what waits for a webhook is due now
	JobForget = "webhook.forget" // removes the deliveries of a webhook that is gone
	JobReplay = "webhook.replay" // a part of a replay
)

type webhookArgs struct {
	WebhookID string `json:"webhookId"`
}

func insertJob(ctx context.Context, tx domain.Tx, kind string, args any, key string, at time.Time) error {
	job, err := domain.NewJob(kind, args, at)
	if err != nil {
		return err
	}
	job.Key = key
	return domain.Jobs.Insert(ctx, tx, job)
}
