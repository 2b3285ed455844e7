package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"sori/domain"
)

// ReplayRequest says what is told again: what came after a cursor ("" is the feed's start), or what happened from From on; to the end of the feed as it is now, or
// before To.
type ReplayRequest struct {
	After string
	From  *time.Time
	To    *time.Time
}

// Replay is what is told again: the events after one cursor, up to and with another.
type Replay struct {
	WebhookID string
	After     string
	Until     string
}

const replayBatch = 200

type replayArgs struct {
	WebhookID string     `json:"webhookId"`
	Replay    string     `json:"replay"` // names it: what waits is not told again by the same one
	After     int64      `json:"after"`
	Until     int64      `json:"until"`
	From      *time.Time `json:"from,omitempty"`
	To        *time.Time `json:"to,omitempty"`
}

// Replay puts the events that a webhook asks for into its queue again, under the webhook-id that they had, the oldest first. It goes on in the background. Events
// from before the webhook was made are told too. Invalid for an unknown cursor, or if From is not before To.
func (s *Service) Replay(ctx context.Context, webhookID string, r ReplayRequest) (*Replay, error) {
	if _, err := s.Get(ctx, webhookID); err != nil {
		return nil, err
	}
	args, err := s.replayOf(ctx, webhookID, r)
	if err != nil {
		return nil, err
	}
	now := s.Clock()
	err = s.Store.Write(ctx, func(tx domain.Tx) error {
		if _, err := domain.Webhooks.Get(ctx, tx, webhookID); err != nil {
			return err
		}
		if err := insertJob(ctx, tx, JobReplay, args, args.key(), now); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, event(domain.EventWebhookReplayed, webhookID, now, map[string]any{
			"after": domain.FormatEventCursor(args.After), "until": domain.FormatEventCursor(args.Until), "from": r.From, "to": r.To,
		}))
	})
	if err != nil {
		return nil, err
	}
	return &Replay{WebhookID: webhookID, After: domain.FormatEventCursor(args.After), Until: domain.FormatEventCursor(args.Until)}, nil
}

func (s *Service) replayOf(ctx context.Context, webhookID string, r ReplayRequest) (replayArgs, error) {
	args := replayArgs{WebhookID: webhookID, Replay: domain.NewID("rpl"), From: r.From, To: r.To}
	if r.After != "" && r.From != nil {
		return args, domain.InvalidField("after", "one", "cannot be given beside from")
	}
	if r.To != nil && r.From != nil && !r.From.Before(*r.To) {
		return args, domain.InvalidField("to", "range", "must be later than from")
	}
	var err error
	if args.Until, err = s.Store.LastSeq(ctx, &domain.Events.Spec); err != nil {
		return args, err
	}
	if r.From != nil {
		first, err := domain.SeqAt(ctx, s.Store, *r.From)
		args.After = first - 1
		return args, err
	}
	if args.After, err = domain.ParseEventCursor(r.After); err == nil && args.After > args.Until {
		err = domain.InvalidField("after", "known", "is ahead of the event feed")
	}
	return args, err
}

// key lets a part of a replay be there once, though the part before it be done twice.
func (a replayArgs) key() string { return fmt.Sprintf("%s|%s|%d", JobReplay, a.Replay, a.After) }

// RunReplay does one part of a replay and leaves a job for the next.
func (s *Service) RunReplay(ctx context.Context, job *domain.Job) error {
	var args replayArgs
	if err := json.Unmarshal([]byte(job.Args), &args); err != nil {
		return fmt.Errorf("arguments of job %s: %w", job.ID, err)
	}
	w, err := domain.Webhooks.Get(ctx, s.Store, args.WebhookID)
	if domain.IsCode(err, domain.NotFound) {
		return nil // it was removed meanwhile
	}
	if err != nil {
		return err
	}
	events, err := domain.Events.Find(ctx, s.Store, domain.Query{Index: domain.SeqIndex, From: args.After + 1, To: args.Until + 1, Limit: replayBatch})
	if err != nil || len(events) == 0 {
		return err
	}
	wanted, err := s.wanted(ctx, []*domain.Webhook{w}, events, args.spans)
	if err != nil {
		return err
	}
	if err := s.enqueue(ctx, wanted, true); err != nil {
		return err
	}
	last := events[len(events)-1]
	if last.Seq >= args.Until || args.To != nil && last.At.After(args.To.Add(domain.ClockMargin)) {
		return nil
	}
	args.After = last.Seq
	err = s.Store.Write(ctx, func(tx domain.Tx) error { return insertJob(ctx, tx, JobReplay, args, args.key(), s.Clock()) })
	if domain.IsCode(err, domain.Duplicate) {
		return nil
	}
	return err
}

func (a replayArgs) spans(w *domain.Webhook, e *domain.Event) bool {
	return e.Type != domain.EventWebhookTest && (a.From == nil || !e.At.Before(*a.From)) && (a.To == nil || e.At.Before(*a.To))
}
