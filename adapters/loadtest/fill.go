package loadtest

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/sync/errgroup"

	"sori/domain"
	"sori/domain/desk"
	"sori/domain/intake"
	"sori/domain/org"
)

// Filler fills a store through the same use cases that the doors call.
type Filler struct {
	Intake    *intake.Service
	Desk      *desk.Service
	Org       *org.Service
	Inquiries int
	Customers int
	Progress  io.Writer
}

const (
	fillWorkers = 256
	year        = 365 * 24 * time.Hour
)

// Run makes the inquiries: spread over the last year, a tenth with a second interaction, four fifths resolved and the rest in queues.
func (f Filler) Run(ctx context.Context) error {
	bar := progressbar.NewOptions(f.Inquiries, progressbar.OptionSetWriter(f.Progress), progressbar.OptionSetDescription("fill"), progressbar.OptionShowIts(), progressbar.OptionThrottle(200*time.Millisecond))
	run := fmt.Sprint("fill", time.Now().UnixNano())
	if err := f.queues(ctx); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for w := range fillWorkers {
		group.Go(func() error {
			crowd := NewCrowd(uint64(w), f.Customers, fmt.Sprintf("%s-%d", run, w))
			for i := w; i < f.Inquiries; i += fillWorkers {
				if err := f.one(ctx, crowd, i); err != nil {
					return err
				}
				_ = bar.Add(1)
			}
			return nil
		})
	}
	err := group.Wait()
	_ = bar.Finish()
	return err
}

// queues makes the queues that there are not yet, out of which agents would take by themselves.
func (f Filler) queues(ctx context.Context) error {
	for _, key := range queues {
		_, err := f.Org.CreateQueue(ctx, org.QueueDraft{Key: key, Name: key, Mode: domain.QueuePull})
		if err != nil && !domain.IsCode(err, domain.Duplicate) {
			return err
		}
	}
	return nil
}

func (f Filler) one(ctx context.Context, crowd *Crowd, i int) error {
	step := year / time.Duration(f.Inquiries)
	at := time.Now().Add(-time.Duration(f.Inquiries-i) * step)
	res, err := f.Intake.Receive(ctx, crowd.Next(at))
	if err != nil {
		return err
	}
	if i%10 == 0 {
		if _, err := f.Desk.AddNote(ctx, res.InquiryID, desk.Note{Text: crowd.text()}); err != nil {
			return err
		}
	}
	if i%5 != 0 {
		_, err = f.Desk.Resolve(ctx, res.InquiryID, 0, "answered")
		return err
	}
	agent := domain.Actor{Kind: "token", ID: fmt.Sprintf("agent%d", i%40), Role: domain.RoleAgent, Scopes: domain.ScopesOf(domain.RoleAgent, "")}
	_, err = f.Desk.Assign(domain.WithActor(ctx, agent), res.InquiryID, 0, agent.ID, "", pick(crowd.rng, queues))
	if domain.IsCode(err, domain.NotFound) {
		return nil
	}
	return err
}
