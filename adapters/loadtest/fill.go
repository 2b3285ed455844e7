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
)

// Filler fills a store through the same use cases that the doors call.
type Filler struct {
	Intake    *intake.Service
	Desk      *desk.Service
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
	_, err = f.Desk.Assign(ctx, res.InquiryID, 0, fmt.Sprintf("agent%d", i%40), "", pick(crowd.rng, queues))
	if domain.IsCode(err, domain.NotFound) {
		return nil
	}
	return err
}
