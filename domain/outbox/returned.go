package outbox

import (
	"context"
	"slices"
	"strings"
	"time"

	"sori/domain"
)

// Reported notes, in the transaction that takes in a report of a mail server, what it says of mails of ours.
func (s *Service) Reported(ctx context.Context, tx domain.Tx, m *domain.Mail, clocks domain.Clockwork, now time.Time) error {
	if m.Bounce != nil {
		return s.returned(ctx, tx, m, outcome{clocks: clocks}, now)
	}
	if m.Feedback != nil && !strings.EqualFold(m.Feedback.Type, "not-spam") {
		return complained(ctx, tx, m, now)
	}
	return nil
}

// returned notes what a bounce (RFC 3464) says of mails of ours: the recipients it names have failed for good, their addresses
// are not written to again, and the inquiry is open, for the customer has no answer. Only the bounce of a mail that went to that very recipient counts, by its Message-ID or the
// reply token that it came back to: a report that anybody can write mutes nobody.
func (s *Service) returned(ctx context.Context, tx domain.Tx, m *domain.Mail, o outcome, now time.Time) error {
	mails, err := reportedMails(ctx, tx, m, m.Bounce.OriginalMessageID)
	for _, x := range mails {
		if noted, err := s.noteReturned(ctx, tx, x, m.Bounce, o, now); noted || err != nil {
			return err
		}
	}
	return err
}

// maxOriginals is how many interactions with one Message-ID are looked at.
const maxOriginals = 10

// inquiryOf gives the inquiry whose reply token stands in one of the addresses, "" if none does.
func inquiryOf(addresses []string) string {
	for _, a := range addresses {
		if id := domain.InquiryOfAddress(a); id != "" {
			return id
		}
	}
	return ""
}

// reportedMails gives the mails of ours that a report can be about, the newest first where only the inquiry is known.
func reportedMails(ctx context.Context, tx domain.Tx, m *domain.Mail, original string) (out []*domain.Interaction, err error) {
	var found []*domain.Interaction
	if original != "" {
		found, err = domain.Interactions.Find(ctx, tx, domain.Query{Index: "messageId", Equal: []any{original}, Limit: maxOriginals})
	} else if id := inquiryOf(m.Recipients); id != "" {
		found, err = domain.Interactions.Find(ctx, tx, domain.Query{Index: "inquiry", Equal: []any{id}, Reverse: true, Limit: maxLookBack})
	}
	for _, x := range found {
		if x.Direction == domain.Outbound && x.Channel == domain.ChannelEmail {
			out = append(out, x)
		}
	}
	return out, err
}

func (s *Service) noteReturned(ctx context.Context, tx domain.Tx, x *domain.Interaction, b *domain.Bounce, o outcome, now time.Time) (noted bool, err error) {
	d, err := domain.Dispatches.Get(ctx, tx, domain.DispatchID(x.ID))
	if domain.IsCode(err, domain.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var keys []string
	for i := range d.Recipients {
		r := &d.Recipients[i]
		address := recipientAddress(x, *r)
		said := verdict(b, address)
		if said == nil || r.State == domain.DispatchFailed {
			continue
		}
		r.State, r.Code, r.Status, r.Diagnostic = domain.DispatchFailed, 0, said.Status, withoutAddress(said.Diagnostic, address)
		if id, err := s.Normaliser.Identity(domain.IdentityEmail, address); err == nil {
			keys = append(keys, id.Key)
		}
	}
	if len(keys) == 0 {
		return false, nil
	}
	d.State, d.UpdatedAt = overall(d.Recipients), now
	if err := domain.Dispatches.Replace(ctx, tx, d); err != nil {
		return true, err
	}
	for _, key := range keys {
		if err := markIdentity(ctx, tx, key, now); err != nil {
			return true, err
		}
	}
	if d.State == domain.DispatchWaiting {
		return true, nil // it is told when the others are settled
	}
	return true, s.tell(ctx, tx, x, d, o, now)
}

// verdict gives what a bounce says of an address for good, nil if nothing.
func verdict(b *domain.Bounce, address string) *domain.BounceRecipient {
	i := slices.IndexFunc(b.Recipients, func(r domain.BounceRecipient) bool {
		return r.Permanent && address != "" && strings.EqualFold(r.Address, address)
	})
	if i < 0 {
		return nil
	}
	return &b.Recipients[i]
}

// complained notes what a complaint (ARF, RFC 5965) says: that the customer wants no mail that no person wrote. The consents to it are withdrawn, and so can be given
// again. As with a bounce, only the complaint about a mail of ours counts.
func complained(ctx context.Context, tx domain.Tx, m *domain.Mail, now time.Time) error {
	mails, err := reportedMails(ctx, tx, m, m.Feedback.OriginalMessageID)
	if err != nil || len(mails) == 0 {
		return err
	}
	c, err := domain.Customers.Get(ctx, tx, mails[0].CustomerID)
	if err != nil || !c.Suppress(domain.ChannelEmail, "complaint", now) {
		return err
	}
	c.UpdatedAt = now
	if err := domain.Customers.Replace(ctx, tx, c); err != nil {
		return err
	}
	return domain.Emit(ctx, tx, domain.Event{
		Type: domain.EventCustomerUpdated, At: now, CustomerID: c.ID, Subject: domain.Ref{Kind: "customer", ID: c.ID}, Data: map[string]any{"complaint": true},
	})
}
