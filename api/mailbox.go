package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/intake"
)

// ListMailboxes gives a page of the mailboxes, with how far each is fetched.
func (s *server) ListMailboxes(ctx context.Context, r gen.ListMailboxesRequestObject) (gen.ListMailboxesResponseObject, error) {
	page, err := s.Intake.ListMailboxes(ctx, value(r.Params.Account), request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	states, err := s.Intake.MailboxStates(ctx, each(page.Items, func(m *domain.Mailbox) string { return m.ID }))
	if err != nil {
		return nil, err
	}
	items := each(page.Items, func(m *domain.Mailbox) gen.Mailbox { return mailbox(m, states[m.ID]) })
	return gen.ListMailboxes200JSONResponse{Items: items, NextCursor: null(page.NextCursor)}, nil
}

// CreateMailbox makes a mailbox.
func (s *server) CreateMailbox(ctx context.Context, r gen.CreateMailboxRequestObject) (gen.CreateMailboxResponseObject, error) {
	b := r.Body
	m, err := s.Intake.CreateMailbox(ctx, intake.MailboxDraft{
		Account: value(b.Account), Host: b.Host, Port: value(b.Port), Security: domain.MailSecurity(value(b.Security)), User: b.User,
		Auth: domain.MailboxAuth(value(b.Auth)), Secret: value(mailboxSecret(b.Secret)), SecretEnv: value(b.SecretEnv), TokenURL: value(b.TokenUrl),
		ClientID: value(b.ClientId), Scopes: value(b.Scopes), Folder: value(b.Folder), After: domain.AfterFetch(value(b.After)), MoveTo: value(b.MoveTo),
		Inactive: b.Active != nil && !*b.Active,
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateMailbox201JSONResponse{OneMailboxJSONResponse: oneMailbox(m, nil)}, nil
}

// GetMailbox gives one mailbox.
func (s *server) GetMailbox(ctx context.Context, r gen.GetMailboxRequestObject) (gen.GetMailboxResponseObject, error) {
	m, state, err := s.Intake.GetMailbox(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetMailbox200JSONResponse{OneMailboxJSONResponse: oneMailbox(m, state)}, nil
}

// UpdateMailbox changes a mailbox.
func (s *server) UpdateMailbox(ctx context.Context, r gen.UpdateMailboxRequestObject) (gen.UpdateMailboxResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	m, err := s.Intake.EditMailbox(ctx, r.Id, version, intake.MailboxPatch{
		Host: b.Host, Port: b.Port, Security: (*domain.MailSecurity)(b.Security), User: b.User, Auth: (*domain.MailboxAuth)(b.Auth), Secret: mailboxSecret(b.Secret),
		SecretEnv: b.SecretEnv.Pointer(), TokenURL: b.TokenUrl.Pointer(), ClientID: b.ClientId.Pointer(), Scopes: b.Scopes, Folder: b.Folder,
		After: (*domain.AfterFetch)(b.After), MoveTo: b.MoveTo.Pointer(), Active: b.Active,
	})
	if err != nil {
		return nil, err
	}
	states, err := s.Intake.MailboxStates(ctx, []string{m.ID})
	if err != nil {
		return nil, err
	}
	return gen.UpdateMailbox200JSONResponse{OneMailboxJSONResponse: oneMailbox(m, states[m.ID])}, nil
}

// DeleteMailbox removes a mailbox.
func (s *server) DeleteMailbox(ctx context.Context, r gen.DeleteMailboxRequestObject) (gen.DeleteMailboxResponseObject, error) {
	if err := s.Intake.DeleteMailbox(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteMailbox200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

func oneMailbox(m *domain.Mailbox, state *domain.MailboxState) gen.OneMailboxJSONResponse {
	return gen.OneMailboxJSONResponse{Body: mailbox(m, state), Headers: gen.OneMailboxResponseHeaders{ETag: etag(m.Version)}}
}

func mailbox(m *domain.Mailbox, state *domain.MailboxState) gen.Mailbox {
	out := gen.Mailbox{
		Id: m.ID, Account: m.Account, Host: m.Host, Port: m.Port, Security: gen.MailSecurity(m.Security), User: m.User, Auth: gen.MailboxAuth(m.Auth),
		HasSecret: len(m.Secret) > 0, SecretEnv: null(m.SecretEnv), TokenUrl: null(m.TokenURL), ClientId: null(m.ClientID), Scopes: list(m.Scopes), Folder: m.Folder,
		After: gen.AfterFetch(m.After), MoveTo: null(m.MoveTo), Active: m.Active, CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt, Version: m.Version,
	}
	if state != nil {
		out.Fetch = &gen.MailboxFetch{
			Taken: state.Taken, Duplicates: state.Duplicates, Quarantined: state.Quarantined, FetchedAt: instant(state.FetchedAt), Failing: state.Failing,
			LastError: null(state.LastError), FailedAt: instant(state.FailedAt),
		}
	}
	return out
}

func mailboxSecret(d *gen.MailboxSecret) *domain.MailboxSecret {
	if d == nil {
		return nil
	}
	return &domain.MailboxSecret{Password: value(d.Password), RefreshToken: value(d.RefreshToken), ClientSecret: value(d.ClientSecret)}
}
