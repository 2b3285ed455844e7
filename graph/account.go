package graph

import (
	"context"

	"sori/domain"
	"sori/graph/wire"
)

func (q query) Account(ctx context.Context, id string) (*domain.Account, error) {
	return q.Org.GetAccount(ctx, id)
}

func (q query) Accounts(ctx context.Context, channel *domain.Channel, first *int, after *string) (*wire.AccountConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Org.ListAccounts(ctx, value(channel), req))
}

func (m mutation) CreateAccount(ctx context.Context, in wire.CreateAccountInput) (*wire.Changed, error) {
	return m.once(ctx, "createAccount", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		a, err := m.Org.CreateAccount(ctx, in.AccountDraft)
		return tell(wire.ChangedAccount, a, err)
	})
}

func (m mutation) UpdateAccount(ctx context.Context, in wire.UpdateAccountInput) (*wire.Changed, error) {
	return m.once(ctx, "updateAccount", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		a, err := m.Org.EditAccount(ctx, in.ID, in.Version, in.AccountPatch)
		return tell(wire.ChangedAccount, a, err)
	})
}
