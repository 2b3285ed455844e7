package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"sori/domain"
)

// maxAttemptsKept bounds the attempts that a dispatch tells of.
const maxAttemptsKept = 20

// errBusy says that another worker is at this mail.
var errBusy = domain.Errorf(domain.Unavailable, "an attempt to send this mail is under way, or was cut short just now")

// RunSend does a job of kind JobSendMail: one attempt to send a mail. An error has the job tried again later; a mail that is delivered, given up or
// gone is none.
func (s *Service) RunSend(ctx context.Context, job *domain.Job) error {
	var args domain.SendMailArgs
	if err := json.Unmarshal([]byte(job.Args), &args); err != nil {
		return fmt.Errorf("arguments of job %s: %w", job.ID, err)
	}
	x, err := domain.Interactions.Get(ctx, s.Store, args.InteractionID)
	if domain.IsCode(err, domain.NotFound) {
		return nil // its customer was erased
	}
	if err != nil {
		return err
	}
	if !isOurMail(x) || x.Email == nil || x.Email.MessageID == "" {
		return nil // an erased customer's, or one that others send
	}
	if err = s.attempt(ctx, x); err == nil {
		return nil
	}
	return s.later(ctx, x, job, err)
}

// attempt makes one try. An error says that there is to be another.
func (s *Service) attempt(ctx context.Context, x *domain.Interaction) error {
	d, skipped, err := s.begin(ctx, x)
	if err != nil || d == nil {
		return err
	}
	o := outcome{faults: skipped}
	if to := pending(d, skipped); len(to) > 0 {
		o.merge(to, s.deliverWatched(ctx, x, d, to))
	}
	return s.settle(ctx, x, o)
}

// begin records an attempt before it is made, so that no other is made beside it. Without a dispatch there is nothing left to do. skipped are the
// recipients that are known not to be reached.
func (s *Service) begin(ctx context.Context, x *domain.Interaction) (*domain.Dispatch, map[int]*domain.SendFault, error) {
	var out *domain.Dispatch
	var skipped map[int]*domain.SendFault
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		out = nil
		now := s.Clock()
		d, isNew, err := s.dispatch(ctx, tx, x, now)
		if err != nil || d.State != domain.DispatchWaiting {
			return err
		}
		if d.BusyUntil != nil && d.BusyUntil.After(now) {
			return errBusy
		}
		if skipped, err = s.undeliverable(ctx, tx, x, d); err != nil {
			return err
		}
		until := now.Add(s.SendTimeout + 10*time.Second)
		d.BusyUntil, d.UpdatedAt, d.Tries = &until, now, d.Tries+1
		d.Attempts = append(d.Attempts, domain.DispatchAttempt{At: now, Node: s.Node})
		d.Attempts = d.Attempts[max(0, len(d.Attempts)-maxAttemptsKept):]
		out = d
		if isNew {
			return domain.Dispatches.Insert(ctx, tx, d)
		}
		return domain.Dispatches.Replace(ctx, tx, d)
	})
	if domain.IsCode(err, domain.Duplicate) {
		err = errBusy
	}
	return out, skipped, err
}

func (s *Service) dispatch(ctx context.Context, tx domain.Tx, x *domain.Interaction, now time.Time) (d *domain.Dispatch, isNew bool, err error) {
	d, err = domain.Dispatches.Get(ctx, tx, domain.DispatchID(x.ID))
	if !domain.IsCode(err, domain.NotFound) {
		return d, false, err
	}
	d = &domain.Dispatch{
		Doc: domain.Doc{ID: domain.DispatchID(x.ID)}, InteractionID: x.ID, InquiryID: x.InquiryID, Account: x.Account, MessageID: x.Email.MessageID,
		State: domain.DispatchWaiting, Since: now, CreatedAt: now,
	}
	for _, list := range []struct {
		field   string
		parties []domain.Party
	}{{"to", x.To}, {"cc", x.Cc}} {
		for n, p := range list.parties {
			if p.Email != "" {
				d.Recipients = append(d.Recipients, domain.DispatchRecipient{Field: list.field, N: n, State: domain.DispatchWaiting})
			}
		}
	}
	return d, true, nil
}

// recipientAddress gives the address of a recipient, "" if the interaction does not have it any more.
func recipientAddress(x *domain.Interaction, r domain.DispatchRecipient) string {
	list := x.To
	if r.Field == "cc" {
		list = x.Cc
	}
	if r.N >= len(list) {
		return ""
	}
	return list[r.N].Email
}

// undeliverable finds the recipients that mail has been returned from: they are not tried.
func (s *Service) undeliverable(ctx context.Context, tx domain.Tx, x *domain.Interaction, d *domain.Dispatch) (map[int]*domain.SendFault, error) {
	out := map[int]*domain.SendFault{}
	for i, r := range d.Recipients {
		if r.State != domain.DispatchWaiting {
			continue
		}
		id, err := s.Normaliser.Identity(domain.IdentityEmail, recipientAddress(x, r))
		if err != nil {
			out[i] = &domain.SendFault{Status: "5.1.3", Diagnostic: "is not an e-mail address", Permanent: true}
			continue
		}
		c, err := domain.Customers.First(ctx, tx, domain.Query{Index: "identity", Equal: []any{id.Key}})
		if domain.IsCode(err, domain.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(c.Identities, func(own domain.Identity) bool { return own.Key == id.Key && own.Undeliverable }) {
			out[i] = &domain.SendFault{Status: "5.1.1", Diagnostic: "mail to this address has been returned before", Permanent: true}
		}
	}
	return out, nil
}

// pending gives the recipients that are to be tried.
func pending(d *domain.Dispatch, skipped map[int]*domain.SendFault) []int {
	var out []int
	for i, r := range d.Recipients {
		if r.State == domain.DispatchWaiting && skipped[i] == nil {
			out = append(out, i)
		}
	}
	return out
}

// deliverWatched is deliver as a step that is measured: it failed if it did for a recipient, for good as invalid, for now as unavailable.
func (s *Service) deliverWatched(ctx context.Context, x *domain.Interaction, d *domain.Dispatch, to []int) map[int]*domain.SendFault {
	ctx, end := domain.Step(ctx, "outbox", "send")
	faults := s.deliver(ctx, x, d, to)
	var err error
	for _, f := range faults {
		if f.Permanent {
			err = domain.Errorf(domain.Invalid, "refused")
			break
		}
		err = domain.Errorf(domain.Unavailable, "put off")
	}
	end(err)
	return faults
}

// deliver writes the mail and hands it over; it answers why not, for each recipient that did not get it.
func (s *Service) deliver(ctx context.Context, x *domain.Interaction, d *domain.Dispatch, to []int) map[int]*domain.SendFault {
	all := func(f *domain.SendFault) map[int]*domain.SendFault {
		out := map[int]*domain.SendFault{}
		for _, i := range to {
			out[i] = f
		}
		return out
	}
	if x.From.Email == "" {
		return all(&domain.SendFault{Status: "5.1.8", Diagnostic: "the account has no e-mail address to send from", Permanent: true})
	}
	raw, err := s.compose(ctx, x)
	if err != nil {
		return all(faultOf(err))
	}
	envelope := domain.MailEnvelope{From: x.Email.ReplyTo}
	for _, i := range to {
		envelope.To = append(envelope.To, recipientAddress(x, d.Recipients[i]))
	}
	ctx, cancel := context.WithTimeout(ctx, s.SendTimeout)
	defer cancel()
	refused, err := s.Sender.Send(ctx, envelope, raw)
	if err != nil {
		return all(faultOf(err))
	}
	out := map[int]*domain.SendFault{}
	for n, i := range to {
		if f := refused[envelope.To[n]]; f != nil {
			out[i] = f
		}
	}
	return out
}

// faultOf makes a fault of any error. What breaks a rule will always break it; everything else may pass.
func faultOf(err error) *domain.SendFault {
	var f *domain.SendFault
	if errors.As(err, &f) {
		return f
	}
	code := domain.CodeOf(err)
	return &domain.SendFault{Diagnostic: domain.Clip(err.Error(), 300), Permanent: code == domain.Invalid || code == domain.NotFound || code == domain.TooLarge}
}
