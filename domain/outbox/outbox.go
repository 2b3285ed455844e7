// Package outbox sends the mail that agents and automatic answers write.
//
//	outbox.go    what the stage needs; reading how a mail was sent
//	prepare.go   what a mail of ours says of itself, set in the commit that creates it; loops cut
//	compose.go   from an interaction to the bytes on the wire
//	run.go       the jobs, several at once
//	send.go      one attempt
//	outcome.go   what an attempt came to: delivered, later, or never
//
// A mail is part of the history before it is sent, under the Message-ID that it is sent with. The job that sends it is part of the same commit, so
// no reply is forgotten. An attempt is recorded before it begins; one that was cut short by a death may have reached the next server, and is made
// again with the same Message-ID, date and content, by which receivers know it for the same mail. More SMTP cannot promise (RFC 5321 §4.5.4.2).
package outbox

import (
	"context"
	"log/slog"
	"time"

	"sori/domain"
)

// Deps is what the outbox needs.
type Deps struct {
	Store      domain.Store
	Clock      domain.Clock
	Vault      domain.Vault
	Normaliser domain.Normaliser
	Composer   domain.MailComposer
	Sender     domain.MailSender // nil: this installation sends no mail, others do by the event interaction.sent
	Log        *slog.Logger
	Clocks     domain.Clocks // nil: nothing is promised
	Node       string
	Options
}

// Options are what operators may set.
type Options struct {
	From          string        // sender of accounts that have no address of their own
	NoPlusAddress bool          // the mail server takes no name+detail@domain, so Reply-To carries no token
	Quote         bool          // the mail that is answered is quoted below the answer
	Parallel      int           // mails sent at once, default 8
	SendTimeout   time.Duration // how long one attempt may take; default 2 minutes
	GiveUpAfter   time.Duration // how long a mail is tried; default 2 days
	AutoPerHour   int           // automatic mails to one customer in an hour, default 4
	AutoPerDay    int           // and in a day, default 12
}

// Service is the outbox.
type Service struct{ Deps }

// New makes the service.
func New(d Deps) *Service {
	if d.Parallel == 0 {
		d.Parallel = 8
	}
	if d.SendTimeout == 0 {
		d.SendTimeout = 2 * time.Minute
	}
	if d.GiveUpAfter == 0 {
		d.GiveUpAfter = 48 * time.Hour
	}
	if d.AutoPerHour == 0 {
		d.AutoPerHour = 4
	}
	if d.AutoPerDay == 0 {
		d.AutoPerDay = 12
	}
	if d.Clocks == nil {
		d.Clocks = domain.NoClocks
	}
	return &Service{d}
}

// Get gives how the mail of an interaction was sent. NotFound if it is none of ours, or if nothing was tried yet. It takes the scope inquiry:read.
func (s *Service) Get(ctx context.Context, interactionID string) (*domain.Dispatch, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	return domain.Dispatches.Get(ctx, s.Store, domain.DispatchID(interactionID))
}

// GetMany gives how the mails of interactions were sent, by the interaction's id; those of which nothing was tried are left out.
func (s *Service) GetMany(ctx context.Context, interactionIDs []string) (map[string]*domain.Dispatch, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	ids := make([]string, len(interactionIDs))
	for i, id := range interactionIDs {
		ids[i] = domain.DispatchID(id)
	}
	found, err := domain.Dispatches.GetMany(ctx, s.Store, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string]*domain.Dispatch, len(found))
	for _, d := range found {
		out[d.InteractionID] = d
	}
	return out, nil
}

// List gives the sendings in a state, the newest first: those that failed, those that wait. It takes the scope inquiry:read.
func (s *Service) List(ctx context.Context, state domain.DispatchState, req domain.PageRequest) (domain.Page[domain.Dispatch], error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return domain.Page[domain.Dispatch]{}, err
	}
	switch state {
	case domain.DispatchWaiting, domain.DispatchDelivered, domain.DispatchFailed:
	default:
		return domain.Page[domain.Dispatch]{}, domain.InvalidField("state", "enum", "there is no state %q", domain.Clip(string(state), 40))
	}
	q := domain.Query{Index: "state", Equal: []any{state}, Reverse: true}
	return domain.Dispatches.Page(ctx, s.Store, req, "", nil, q)
}

// Retry sends a mail again to those recipients that it could not be delivered to. Conflict if it has not failed. It takes the scope inquiry:write.
func (s *Service) Retry(ctx context.Context, interactionID string) (*domain.Dispatch, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryWrite); err != nil {
		return nil, err
	}
	if s.Sender == nil {
		return nil, domain.Errorf(domain.Conflict, "this installation sends no mail")
	}
	var out *domain.Dispatch
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		now := s.Clock()
		d, err := domain.Dispatches.Update(ctx, tx, domain.DispatchID(interactionID), func(d *domain.Dispatch) error {
			if d.State != domain.DispatchFailed {
				return domain.Errorf(domain.Conflict, "the mail has not failed")
			}
			d.State, d.UpdatedAt, d.Since = domain.DispatchWaiting, now, now
			for i := range d.Recipients {
				if r := &d.Recipients[i]; r.State == domain.DispatchFailed {
					r.State = domain.DispatchWaiting
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		out = d
		if err := insertJob(ctx, tx, interactionID, now); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, domain.Event{
			Type: domain.EventDeliveryRetried, At: now, InquiryID: d.InquiryID, Subject: domain.Ref{Kind: "interaction", ID: interactionID},
		})
	})
	return out, err
}

func insertJob(ctx context.Context, tx domain.Tx, interactionID string, at time.Time) error {
	job, err := domain.NewJob(domain.JobSendMail, domain.SendMailArgs{InteractionID: interactionID}, at)
	if err != nil {
		return err
	}
	return domain.Jobs.Insert(ctx, tx, job)
}
