package contact

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"

	"sori/domain"
)

// JobErase removes what a person said.
const JobErase = "customer.erase"

const erasedText = "[erased]"

type eraseArgs struct {
	Customer string   `json:"customer"`
	Merged   []string `json:"merged,omitempty"`  // ids of those who were merged into the customer
	Senders  []string `json:"senders,omitempty"` // domain.SenderMark of the addresses that the person had
}

// Erase removes the person and keeps the counts: name, identities, attributes and consents go at once; texts, files and sources of all interactions
// go by a job that is part of the same commit. Inquiries stay with their number, type, times and status. There is no undo. Conflict if
// the customer is merged into another: undo the merge, or erase that one, which takes those merged into it along.
func (s *Service) Erase(ctx context.Context, id string) error {
	if _, err := domain.Require(ctx, domain.ScopeCustomerErase); err != nil {
		return err
	}
	now := s.Clock()
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		c, err := domain.Customers.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if c.MergedInto != "" {
			return editable(c, 0)
		}
		args := eraseArgs{Customer: id}
		if err := eraseMerged(ctx, tx, id, &args); err != nil {
			return err
		}
		args.blank(c)
		c.UpdatedAt = now
		if err := domain.Customers.Replace(ctx, tx, c); err != nil {
			return err
		}
		if err := leaveJobs(ctx, tx, JobErase, args, now, now); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, domain.Event{Type: domain.EventCustomerErased, At: now, CustomerID: id, Subject: subject(id)})
	})
}

// blank leaves of a customer what counts need, and takes note by which marks more of him is found.
func (a *eraseArgs) blank(c *domain.Customer) {
	for _, id := range c.Identities {
		if id.Kind == domain.IdentityEmail {
			a.Senders = append(a.Senders, domain.SenderMark(id.Value))
		}
	}
	*c = domain.Customer{Doc: c.Doc, Tier: c.Tier, MergedInto: c.MergedInto, Erased: true, CreatedAt: c.CreatedAt}
}

// eraseMerged blanks those that were merged into a customer, and the records by which they could come back.
func eraseMerged(ctx context.Context, tx domain.Tx, into string, args *eraseArgs) error {
	merges, err := domain.Merges.Find(ctx, tx, domain.Query{Index: "into", Equal: []any{into}, Limit: maxIdentities})
	if err != nil {
		return err
	}
	for _, m := range merges {
		if err := eraseMerged(ctx, tx, m.From, args); err != nil {
			return err
		}
		if err := domain.Merges.Delete(ctx, tx, m.ID); err != nil {
			return err
		}
		args.Merged = append(args.Merged, m.From)
		_, err := domain.Customers.Update(ctx, tx, m.From, func(c *domain.Customer) error { args.blank(c); return nil })
		if err != nil {
			return err
		}
	}
	return nil
}

// RunErase does a JobErase. Running it twice does no harm.
func (s *Service) RunErase(ctx context.Context, job *domain.Job) error {
	var args eraseArgs
	if err := json.Unmarshal([]byte(job.Args), &args); err != nil {
		return err
	}
	err := s.eraseQuarantined(ctx, args.Senders)
	for _, id := range append(args.Merged, args.Customer) { // what was said with one who was merged may still be on its way
		err = errors.Join(err, s.eraseInquiries(ctx, id), s.eraseInteractions(ctx, id), domain.EraseAnswers(ctx, s.Store, id))
	}
	return err
}

// eraseQuarantined throws away the mails in quarantine that came from the person.
func (s *Service) eraseQuarantined(ctx context.Context, senders []string) error {
	for _, mark := range senders {
		for {
			found, err := domain.Quarantine.Find(ctx, s.Store, domain.Query{Index: "senders", Equal: []any{mark}, Limit: moveBatch})
			if err != nil {
				return err
			}
			if len(found) == 0 {
				break
			}
			if err := s.Store.Write(ctx, func(tx domain.Tx) error { return s.discard(ctx, tx, found) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) discard(ctx context.Context, tx domain.Tx, mails []*domain.Quarantined) error {
	for _, q := range mails {
		err := domain.Quarantine.Delete(ctx, tx, q.ID)
		if domain.IsCode(err, domain.NotFound) {
			continue // let out, or thrown away, in the meantime
		}
		if err == nil {
			err = domain.Blobs.Delete(ctx, tx, q.BlobID)
		}
		if err == nil {
			err = domain.Emit(ctx, tx, domain.Event{
				Type: domain.EventMailDiscarded, At: s.Clock(), Subject: domain.Ref{Kind: "quarantined", ID: q.ID},
				Data: map[string]any{"account": q.Account, "erased": true},
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseInteractions erases what was said with a customer, and what is on its way back to him after the undo of a merge.
func (s *Service) eraseInteractions(ctx context.Context, customer string) error {
	erase := func(tx domain.Tx, x *domain.Interaction) error {
		if err := deleteBlobs(ctx, tx, x); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, domain.Event{
			Type: domain.EventInteractionErased, At: s.Clock(), InquiryID: x.InquiryID, CustomerID: x.CustomerID,
			Subject: domain.Ref{Kind: "interaction", ID: x.ID},
		})
	}
	for _, index := range []string{"customer", "home"} {
		if err := sweep(ctx, s.Store, domain.Interactions, domain.Query{Index: index, Equal: []any{customer}}, bareInteraction, erase); err != nil {
			return err
		}
	}
	return nil
}

// bareInteraction is what an erasure leaves. With the key by which it came once it does not come back when it is delivered again.
func bareInteraction(x domain.Interaction) domain.Interaction {
	return domain.Interaction{
		Doc: x.Doc, InquiryID: x.InquiryID, CustomerID: x.CustomerID, HomeID: x.HomeID, OnceKey: x.OnceKey, Account: x.Account, Channel: x.Channel, Direction: x.Direction,
		Kind: x.Kind, Text: erasedText, Author: x.Author, OccurredAt: x.OccurredAt, ReceivedAt: x.ReceivedAt,
	}
}

func deleteBlobs(ctx context.Context, tx domain.Tx, x *domain.Interaction) error {
	ids := []string{x.RawID}
	for _, a := range x.Attachments {
		ids = append(ids, a.BlobID)
	}
	for _, id := range ids {
		if id == "" {
			continue
		}
		if err := domain.Blobs.Delete(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) eraseInquiries(ctx context.Context, customer string) error {
	erase := func(tx domain.Tx, x *domain.Inquiry) error {
		if err := eraseDrafts(ctx, tx, x.ID); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, domain.InquiryEvent(domain.EventInquiryUpdated, x, s.Clock(), map[string]any{"erased": true}))
	}
	queries := []domain.Query{{Index: "home", Equal: []any{customer}}}
	for _, category := range domain.StatusCategories {
		queries = append(queries, domain.Query{Index: "customerId.last", Equal: []any{customer, category}})
	}
	for _, q := range queries {
		if err := sweep(ctx, s.Store, domain.Inquiries, q, bareInquiry, erase); err != nil {
			return err
		}
	}
	return nil
}

// bareInquiry is what an erasure leaves.
func bareInquiry(x domain.Inquiry) domain.Inquiry {
	x.Subject, x.Custom, x.Sealed = erasedText, nil, nil
	return x
}

// eraseDrafts removes what agents were about to write: it may name the person.
func eraseDrafts(ctx context.Context, tx domain.Tx, inquiryID string) error {
	drafts, err := domain.Drafts.Find(ctx, tx, domain.Query{Index: "inquiry", Equal: []any{inquiryID}})
	if err != nil {
		return err
	}
	for _, d := range drafts {
		if err := domain.Drafts.Delete(ctx, tx, d.ID); err != nil {
			return err
		}
	}
	return nil
}

// sweep makes bare all that a query finds and that is not so already, a batch a transaction. Each is given to erase first, as it was.
func sweep[T any](ctx context.Context, s domain.Store, c *domain.Collection[T], q domain.Query, bare func(T) T, erase func(domain.Tx, *T) error) error {
	for {
		ids, last, err := nextBatch(ctx, s, c, q, bare)
		if err != nil || last == nil {
			return err
		}
		err = s.Write(ctx, func(tx domain.Tx) error {
			for _, id := range ids {
				_, err := c.Update(ctx, tx, id, func(x *T) error {
					was := *x
					*x = bare(was)
					return erase(tx, &was)
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		q.After = last
	}
}

// nextBatch gives the ids of those of a batch that are not bare, and where it ends; nil if there is nothing more.
func nextBatch[T any](ctx context.Context, s domain.Store, c *domain.Collection[T], q domain.Query, bare func(T) T) (ids []string, last *domain.Position, err error) {
	q.Limit = moveBatch
	err = s.Select(ctx, &c.Spec, q, func(d domain.Document, pos domain.Position) (bool, error) {
		if x, ok := any(d).(*T); ok && !reflect.DeepEqual(*x, bare(*x)) {
			ids = append(ids, d.Head().ID)
		}
		last = &pos
		return true, nil
	})
	return ids, last, err
}
