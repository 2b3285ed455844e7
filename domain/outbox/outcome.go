package outbox

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"sori/domain"
)

const (
	maxDiagnostic = 500
	// lateRetry is how often a mail is tried whose job has used up its own tries.
	lateRetry = time.Hour
	// settleTime is how long it is tried to record an attempt, settlePause the time between.
	settleTime  = 9 * time.Second
	settlePause = 500 * time.Millisecond
)

// outcome is what an attempt came to: the recipients that were served, and why the others were not, by their place in the dispatch.
type outcome struct {
	served []int
	faults map[int]*domain.SendFault
	final  bool // there is to be no other attempt
	clocks domain.Clockwork
}

func (o *outcome) merge(tried []int, faults map[int]*domain.SendFault) {
	for _, i := range tried {
		if f := faults[i]; f != nil {
			o.faults[i] = f
		} else {
			o.served = append(o.served, i)
		}
	}
}

// settle records what an attempt came to, and tells of it in events once nothing more will be tried. An error says that something will. It does so
// though the program is told to stop, and tries for a while if the store does not take it: a mail that was sent and is not known to be would be sent again.
func (s *Service) settle(ctx context.Context, x *domain.Interaction, o outcome) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	for {
		later, err := s.settleOnce(ctx, x, o)
		if err == nil {
			return later
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(settlePause):
		}
	}
}

func (s *Service) settleOnce(ctx context.Context, x *domain.Interaction, o outcome) (later, err error) {
	if o.clocks, err = s.Clocks(ctx); err != nil {
		return nil, err
	}
	err = s.Store.Write(ctx, func(tx domain.Tx) error {
		later = nil
		now := s.Clock()
		d, err := domain.Dispatches.Update(ctx, tx, domain.DispatchID(x.ID), func(d *domain.Dispatch) error {
			later = o.record(d, x, now)
			return nil
		})
		if err != nil || d.State == domain.DispatchWaiting {
			return err
		}
		return s.tell(ctx, tx, x, d, o, now)
	})
	return later, err
}

// record puts the outcome into the dispatch, and gives what stands against one recipient at least but may pass.
func (o outcome) record(d *domain.Dispatch, x *domain.Interaction, now time.Time) (later error) {
	for _, i := range o.served {
		r := &d.Recipients[i]
		r.State, r.Code, r.Status, r.Diagnostic = domain.DispatchDelivered, 250, "", ""
	}
	var last error
	for i, f := range o.faults {
		r := &d.Recipients[i]
		r.Code, r.Status, r.Diagnostic, last = f.Code, f.Status, withoutAddress(f.Diagnostic, recipientAddress(x, *r)), f
		if f.Permanent || o.final {
			r.State = domain.DispatchFailed
		} else {
			later = f
		}
	}
	d.BusyUntil, d.UpdatedAt = nil, now
	if n := len(d.Attempts); n > 0 && d.Attempts[n-1].EndedAt == nil {
		d.Attempts[n-1].EndedAt = &now
		if last != nil {
			d.Attempts[n-1].Error = withoutAddress(last.Error(), addressesOf(x)...)
		}
	}
	d.State = overall(d.Recipients)
	return later
}

// overall is the state of a mail: waiting while one recipient waits, failed if one failed. A mail to nobody has failed.
func overall(list []domain.DispatchRecipient) domain.DispatchState {
	state := domain.DispatchDelivered
	if len(list) == 0 {
		state = domain.DispatchFailed
	}
	for _, r := range list {
		switch r.State {
		case domain.DispatchWaiting:
			return domain.DispatchWaiting
		case domain.DispatchFailed:
			state = domain.DispatchFailed
		}
	}
	return state
}

func addressesOf(x *domain.Interaction) []string {
	var out []string
	for _, p := range append(append([]domain.Party(nil), x.To...), x.Cc...) {
		out = append(out, p.Email)
	}
	return out
}

// withoutAddress takes addresses out of what a server said, which outlives its customer here.
func withoutAddress(text string, addresses ...string) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
	for _, a := range addresses {
		own, err := regexp.Compile("(?i)" + regexp.QuoteMeta(a))
		if a != "" && err == nil {
			text = own.ReplaceAllLiteralString(text, "(recipient)")
		}
	}
	return domain.Clip(text, maxDiagnostic)
}

// tell says in events how the sending ended. Where it failed the inquiry is open again, for the customer has no answer; and a mailbox that does not
// exist is marked, so that it is not tried again.
func (s *Service) tell(ctx context.Context, tx domain.Tx, x *domain.Interaction, d *domain.Dispatch, o outcome, now time.Time) error {
	delivered, failed := 0, 0
	var worst *domain.DispatchRecipient
	for i := range d.Recipients {
		if r := &d.Recipients[i]; r.State == domain.DispatchDelivered {
			delivered++
		} else {
			failed, worst = failed+1, r
		}
	}
	data := map[string]any{"messageId": d.MessageID, "delivered": delivered, "failed": failed, "tries": d.Tries}
	verb := domain.EventInteractionDelivered
	if d.State == domain.DispatchFailed {
		verb = domain.EventDeliveryFailed
		if worst != nil {
			data["code"], data["status"] = worst.Code, worst.Status
		}
		if err := s.reopen(ctx, tx, x, o, now); err != nil {
			return err
		}
		if err := s.markUnknown(ctx, tx, x, d, now); err != nil {
			return err
		}
	}
	s.Log.Info("mail settled", "interaction", x.ID, "state", d.State, "delivered", delivered, "failed", failed, "tries", d.Tries)
	return domain.Emit(ctx, tx, domain.Event{
		Type: verb, At: now, InquiryID: x.InquiryID, CustomerID: x.CustomerID, Subject: domain.Ref{Kind: "interaction", ID: x.ID}, Data: data,
	})
}

// reopen brings an inquiry whose answer did not arrive back to the desk. A survey is no answer.
func (s *Service) reopen(ctx context.Context, tx domain.Tx, x *domain.Interaction, o outcome, now time.Time) error {
	if x.Kind == domain.KindSurvey {
		return nil
	}
	q, err := domain.Inquiries.Get(ctx, tx, x.InquiryID)
	if domain.IsCode(err, domain.NotFound) {
		return nil
	}
	if err != nil || q.StatusCategory == domain.CategoryOpen || q.Status == domain.StatusClosed {
		return err
	}
	before := q.Status
	if err := q.MoveTo(domain.StatusOpen, now); err != nil {
		return err
	}
	if err := o.clocks.Tick(ctx, tx, q, now); err != nil {
		return err
	}
	if err := domain.Inquiries.Replace(ctx, tx, q); err != nil {
		return err
	}
	return domain.Emit(ctx, tx, domain.InquiryEvent(domain.EventInquiryReopened, q, now, map[string]any{
		"by": "delivery_failed", "status": map[string]any{"before": string(before), "after": string(q.Status)},
	}))
}

// noSuchMailbox are the statuses that speak of the address itself rather than of this mail (RFC 3463 §3.2, RFC 7505).
var noSuchMailbox = map[string]bool{"5.1.1": true, "5.1.2": true, "5.1.3": true, "5.1.6": true, "5.1.10": true, "5.2.1": true}

func (s *Service) markUnknown(ctx context.Context, tx domain.Tx, x *domain.Interaction, d *domain.Dispatch, now time.Time) error {
	for _, r := range d.Recipients {
		if r.State != domain.DispatchFailed || !noSuchMailbox[r.Status] {
			continue
		}
		id, err := s.Normaliser.Identity(domain.IdentityEmail, recipientAddress(x, r))
		if err != nil {
			continue
		}
		if err := markIdentity(ctx, tx, id.Key, now); err != nil {
			return err
		}
	}
	return nil
}

func markIdentity(ctx context.Context, tx domain.Tx, key string, now time.Time) error {
	c, err := domain.Customers.First(ctx, tx, domain.Query{Index: "identity", Equal: []any{key}})
	if domain.IsCode(err, domain.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	changed := false
	for i := range c.Identities {
		if id := &c.Identities[i]; id.Key == key && !id.Undeliverable {
			id.Undeliverable, changed = true, true
		}
	}
	if !changed {
		return nil
	}
	c.UpdatedAt = now
	if err := domain.Customers.Replace(ctx, tx, c); err != nil {
		return err
	}
	return domain.Emit(ctx, tx, domain.Event{
		Type: domain.EventCustomerUpdated, At: now, CustomerID: c.ID, Subject: domain.Ref{Kind: "customer", ID: c.ID}, Data: map[string]any{"undeliverable": true},
	})
}

// later decides when a mail is tried again after a fault: its job has its own tries; a job that has used them up is followed by another as long as
// the mail is young; an old mail is given up.
func (s *Service) later(ctx context.Context, x *domain.Interaction, job *domain.Job, cause error) error {
	busy := errors.Is(cause, errBusy)
	d, err := domain.Dispatches.Get(ctx, s.Store, domain.DispatchID(x.ID))
	if err != nil && !domain.IsCode(err, domain.NotFound) {
		return errors.Join(cause, err)
	}
	now := s.Clock()
	if err == nil && !busy && now.Sub(d.Since) >= s.GiveUpAfter {
		return s.giveUp(ctx, x, d, cause)
	}
	if job.Attempts < domain.MaxJobAttempts {
		return cause
	}
	return s.Store.Write(ctx, func(tx domain.Tx) error { return insertJob(ctx, tx, x.ID, now.Add(lateRetry)) })
}

func (s *Service) giveUp(ctx context.Context, x *domain.Interaction, d *domain.Dispatch, cause error) error {
	o := outcome{final: true, faults: map[int]*domain.SendFault{}}
	for i, r := range d.Recipients {
		if r.State == domain.DispatchWaiting {
			f := *faultOf(cause)
			f.Diagnostic = fmt.Sprintf("given up after %s: %s", s.GiveUpAfter, f.Diagnostic)
			o.faults[i] = &f
		}
	}
	return s.settle(ctx, x, o)
}
