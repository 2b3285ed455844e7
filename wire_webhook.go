package main

import (
	"context"
	"log/slog"

	hooks "sori/adapters/webhook"
	"sori/adapters/worker"
	"sori/domain"
	"sori/domain/webhook"
)

// webhookConfig is what the settings say of webhooks.
type webhookConfig struct {
	Private   string
	AllowHTTP bool
}

var webhookSettings = []setting{
	{"SORI_WEBHOOK_ALLOW_PRIVATE", "", "true, or networks (CIDR) separated by commas, inside one's own that webhooks may be sent to", func(c *Config, v string) error {
		c.Webhook.Private = v
		_, err := hooks.ParsePrivate(v)
		return err
	}},
	{"SORI_WEBHOOK_ALLOW_HTTP", "false", "true lets webhooks to public addresses be plain http", func(c *Config, v string) (err error) { c.Webhook.AllowHTTP, err = flag(v); return }},
}

func newWebhooks(c webhookConfig, store domain.Store, clock domain.Clock, box domain.Vault, node string, log *slog.Logger) (*webhook.Service, error) {
	private, err := hooks.ParsePrivate(c.Private)
	if err != nil {
		return nil, err
	}
	sender := hooks.New(hooks.Config{Private: private, AllowHTTP: c.AllowHTTP, UserAgent: "Sori-Webhook/" + version, Clock: clock})
	return webhook.New(webhook.Deps{Store: store, Clock: clock, Vault: box, Sender: sender, Log: log, Node: node}), nil
}

// webhookFollower makes deliveries of events.
func (p *program) webhookFollower() domain.Follower {
	return domain.Follower{
		Name: webhook.Consumer, Node: p.node, Store: p.store, Feed: p.feed, Clock: p.clock, Log: p.log, Batch: 200, Handle: p.webhook.Follow,
	}
}

// webhookJobs are the jobs of webhooks.
func (p *program) webhookJobs() map[string]worker.Handler {
	return map[string]worker.Handler{
		webhook.JobHasten: p.webhook.RunHasten, webhook.JobForget: p.webhook.RunForget, webhook.JobReplay: p.webhook.RunReplay,
	}
}

func (p *program) tidyWebhooks(ctx context.Context) {
	if err := p.webhook.Tidy(ctx); err != nil && ctx.Err() == nil {
		p.log.Error("forget deliveries of webhooks", "err", err)
	}
}
