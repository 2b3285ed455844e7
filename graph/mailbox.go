package graph

import (
	"context"

	"sori/domain"
	"sori/graph/wire"
)

func (q query) Mailboxes(ctx context.Context, account *string, first *int, after *string) (*wire.MailboxConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	page, err := q.Intake.ListMailboxes(ctx, value(account), req)
	var ids []string
	for _, m := range page.Items {
		ids = append(ids, m.ID)
	}
	loadersFrom(ctx).beside(ids)
	return connected(page, err)
}

func (q query) Mailbox(ctx context.Context, id string) (*domain.Mailbox, error) {
	return q.mailbox(ctx, id)
}

func (r *resolver) mailbox(ctx context.Context, id string) (*domain.Mailbox, error) {
	m, _, err := r.Intake.GetMailbox(ctx, id)
	return m, err
}

func (mailboxFields) HasSecret(_ context.Context, m *domain.Mailbox) (bool, error) {
	return len(m.Secret) > 0, nil
}

func (mailboxFields) Fetch(ctx context.Context, m *domain.Mailbox) (*domain.MailboxState, error) {
	return load(ctx, loadersFrom(ctx).fetches, m.ID)
}

func (m mutation) CreateMailbox(ctx context.Context, in wire.CreateMailboxInput) (*wire.Changed, error) {
	return m.once(ctx, "createMailbox", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		box, err := m.Intake.CreateMailbox(ctx, in.Draft())
		return tell(wire.ChangedMailbox, box, err)
	})
}

func (m mutation) UpdateMailbox(ctx context.Context, in wire.UpdateMailboxInput) (*wire.Changed, error) {
	return m.once(ctx, "updateMailbox", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		box, err := m.Intake.EditMailbox(ctx, in.ID, in.Version, in.Patch())
		return tell(wire.ChangedMailbox, box, err)
	})
}

func (m mutation) DeleteMailbox(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteMailbox", in, m.Intake.DeleteMailbox)
}

// Mailbox gives the mailbox that a mutation changed.
func (f changedFields) Mailbox(ctx context.Context, c *wire.Changed) (*domain.Mailbox, error) {
	return changedNoun(ctx, c, f.mailbox)
}
