package intake

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"sori/domain"
)

// MailboxDraft is a mailbox to be made, or what one is to become.
type MailboxDraft struct {
	Account   string // default: DefaultAccount
	Host      string
	Port      int                 // default: 993, or 143 without TLS from the start
	Security  domain.MailSecurity // default: tls
	User      string
	Auth      domain.MailboxAuth // default: password
	Secret    domain.MailboxSecret
	SecretEnv string
	TokenURL  string
	ClientID  string
	Scopes    []string
	Folder    string            // default: INBOX
	After     domain.AfterFetch // default: seen
	MoveTo    string
	Inactive  bool
}

// MailboxPatch changes a mailbox. What is nil stays; a Secret that is given replaces the one before.
type MailboxPatch struct {
	Host      *string
	Port      *int
	Security  *domain.MailSecurity
	User      *string
	Auth      *domain.MailboxAuth
	Secret    *domain.MailboxSecret
	SecretEnv *string
	TokenURL  *string
	ClientID  *string
	Scopes    *[]string
	Folder    *string
	After     *domain.AfterFetch
	MoveTo    *string
	Active    *bool
}

// secretEnvPattern keeps a mailbox from sending the program's other secrets to a host of someone's choice.
var secretEnvPattern = regexp.MustCompile(`^SORI_MAILBOX_[A-Z0-9_]{1,80}$`)

// CreateMailbox makes a mailbox. Invalid names every fault; Duplicate (Field = place) if the account fetches from the same folder already. It takes
// the scope org:write, as all that changes mailboxes does.
func (s *Service) CreateMailbox(ctx context.Context, d MailboxDraft) (*domain.Mailbox, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgWrite); err != nil {
		return nil, err
	}
	now := s.Clock()
	m := &domain.Mailbox{
		Account: d.Account, Host: d.Host, Port: d.Port, Security: d.Security, User: d.User, Auth: d.Auth, SecretEnv: d.SecretEnv, TokenURL: d.TokenURL,
		ClientID: d.ClientID, Scopes: d.Scopes, Folder: d.Folder, After: d.After, MoveTo: d.MoveTo, Active: !d.Inactive, CreatedAt: now, UpdatedAt: now,
	}
	fillMailbox(m)
	if err := s.sealSecret(m, d.Secret); err != nil {
		return nil, err
	}
	if err := s.checkMailbox(ctx, m); err != nil {
		return nil, err
	}
	m.ID = domain.Mailboxes.NewID()
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		stored := *m
		if err := domain.Mailboxes.Insert(ctx, tx, &stored); err != nil {
			return err
		}
		m.Version = stored.Version
		return domain.Emit(ctx, tx, mailboxEvent(domain.EventMailboxCreated, m, now, domain.Changed(map[string]any{}, mailboxView(m))))
	})
	if err != nil {
		return nil, samePlace(err)
	}
	return m, nil
}

func samePlace(err error) error {
	if takenKey(err, "place") {
		return &domain.Error{Code: domain.Duplicate, Field: "place", Rule: "unique", Message: "this folder is fetched for the account already"}
	}
	return err
}

func fillMailbox(m *domain.Mailbox) {
	for _, t := range []struct {
		field    *string
		fallback string
	}{
		{&m.Account, domain.DefaultAccount}, {(*string)(&m.Security), string(domain.SecurityTLS)}, {(*string)(&m.Auth), string(domain.MailboxPassword)},
		{&m.Folder, "INBOX"}, {(*string)(&m.After), string(domain.AfterSeen)},
	} {
		if *t.field == "" {
			*t.field = t.fallback
		}
	}
	if m.Port == 0 {
		m.Port = 993
		if m.Security != domain.SecurityTLS {
			m.Port = 143
		}
	}
	m.SetPlace()
}

func (s *Service) sealSecret(m *domain.Mailbox, secret domain.MailboxSecret) error {
	if secret == (domain.MailboxSecret{}) {
		m.Secret = nil
		return nil
	}
	plain, err := json.Marshal(secret)
	if err != nil {
		return err
	}
	if len(plain) > 20_000 {
		return domain.InvalidField("secret", "maxLength", "is longer than 20000 bytes")
	}
	m.Secret, _, err = s.Vault.SealBytes(plain)
	return err
}

func (s *Service) checkMailbox(ctx context.Context, m *domain.Mailbox) error {
	var f domain.Faults
	if _, err := s.account(ctx, domain.ChannelEmail, m.Account); err != nil {
		if !domain.IsCode(err, domain.Invalid) {
			return err
		}
		f.AddError("", err)
	}
	if m.Host == "" || len(m.Host) > 253 || strings.ContainsAny(m.Host, " /@|\r\n\t") {
		f.Add("host", "format", "must be a host name or an address")
	}
	if m.Port < 1 || m.Port > 65535 {
		f.Add("port", "range", "must be from 1 to 65535")
	}
	checkOneOf(&f, "security", m.Security, domain.MailSecurities)
	checkOneOf(&f, "auth", m.Auth, domain.MailboxAuths)
	checkOneOf(&f, "after", m.After, domain.AfterFetches)
	checkMailboxLogin(&f, m)
	for field, text := range map[string]string{"user": m.User, "folder": m.Folder, "moveTo": m.MoveTo, "clientId": m.ClientID} {
		domain.CheckText(&f, field, text, 500)
		if strings.ContainsAny(text, "\r\n|") {
			f.Add(field, "format", "must not hold line breaks and bars")
		}
	}
	if (m.After == domain.AfterMove) != (m.MoveTo != "") || m.MoveTo == m.Folder {
		f.Add("moveTo", "required", "must name another folder if after is move, and none if it is not")
	}
	return f.Err()
}

func checkOneOf[T ~string](f *domain.Faults, field string, value T, all []T) {
	if !slices.Contains(all, value) {
		f.Add(field, "enum", "there is no %s %q", field, domain.Clip(string(value), 40))
	}
}

func checkMailboxLogin(f *domain.Faults, m *domain.Mailbox) {
	if m.User == "" {
		f.Add("user", "required", "is empty")
	}
	if len(m.Secret) == 0 && m.SecretEnv == "" {
		f.Add("secret", "required", "needs a secret, or the name of an environment variable that holds it")
	}
	if m.SecretEnv != "" && !secretEnvPattern.MatchString(m.SecretEnv) {
		f.Add("secretEnv", "pattern", "must begin with SORI_MAILBOX_ and go on with capitals, digits and underscores")
	}
	if m.TokenURL == "" {
		return
	}
	u, err := url.Parse(m.TokenURL)
	if err != nil || u.Host == "" || u.Scheme != "https" {
		f.Add("tokenUrl", "format", "must be an https address")
	}
	if m.Auth != domain.MailboxOAuth2 || m.ClientID == "" {
		f.Add("clientId", "required", "is needed with tokenUrl, which is for oauth2")
	}
	if len(m.Scopes) > 20 || len(strings.Join(m.Scopes, " ")) > 2000 {
		f.Add("scopes", "maxItems", "are more than 20, or too long")
	}
}

// EditMailbox changes a mailbox; version guards it, 0 does not. How far it is fetched stays, unless it becomes another folder: then it is fetched from
// the beginning, which does no harm.
func (s *Service) EditMailbox(ctx context.Context, id string, version int64, p MailboxPatch) (*domain.Mailbox, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgWrite); err != nil {
		return nil, err
	}
	before, err := domain.Mailboxes.Get(ctx, s.Store, id)
	if err != nil {
		return nil, err
	}
	if version != 0 && version != before.Version {
		return nil, domain.Errorf(domain.Stale, "the mailbox was changed since version %d", version)
	}
	m := *before
	p.apply(&m)
	fillMailbox(&m)
	if p.Secret != nil {
		if err := s.sealSecret(&m, *p.Secret); err != nil {
			return nil, err
		}
	}
	if err := s.checkMailbox(ctx, &m); err != nil {
		return nil, err
	}
	changes := domain.Changed(mailboxView(before), mailboxView(&m))
	if p.Secret != nil {
		changes["secret"] = "changed"
	}
	if len(changes) == 0 {
		return before, nil
	}
	m.UpdatedAt = s.Clock()
	err = s.Store.Write(ctx, func(tx domain.Tx) error { return s.replaceMailbox(ctx, tx, before, &m, changes) })
	if err != nil {
		return nil, samePlace(err)
	}
	return &m, nil
}

func (s *Service) replaceMailbox(ctx context.Context, tx domain.Tx, before, m *domain.Mailbox, changes map[string]any) error {
	m.Version = before.Version
	if err := domain.Mailboxes.Replace(ctx, tx, m); err != nil {
		return err
	}
	if m.Place != before.Place {
		_, err := domain.MailboxStates.Update(ctx, tx, domain.MailboxStateID(m.ID), func(st *domain.MailboxState) error {
			st.Restart(0)
			return nil
		})
		if err != nil && !domain.IsCode(err, domain.NotFound) {
			return err
		}
	}
	return domain.Emit(ctx, tx, mailboxEvent(domain.EventMailboxUpdated, m, m.UpdatedAt, changes))
}

func (p MailboxPatch) apply(m *domain.Mailbox) {
	set(&m.Host, p.Host)
	set(&m.Port, p.Port)
	set(&m.Security, p.Security)
	set(&m.User, p.User)
	set(&m.Auth, p.Auth)
	set(&m.SecretEnv, p.SecretEnv)
	set(&m.TokenURL, p.TokenURL)
	set(&m.ClientID, p.ClientID)
	set(&m.Scopes, p.Scopes)
	set(&m.Folder, p.Folder)
	set(&m.After, p.After)
	set(&m.MoveTo, p.MoveTo)
	set(&m.Active, p.Active)
}

func set[T any](target, value *T) {
	if value != nil {
		*target = *value
	}
}

// DeleteMailbox removes a mailbox and how far it was fetched. What was taken in stays. NotFound if nobody has the id.
func (s *Service) DeleteMailbox(ctx context.Context, id string) error {
	if _, err := domain.Require(ctx, domain.ScopeOrgWrite); err != nil {
		return err
	}
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		m, err := domain.Mailboxes.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := domain.Mailboxes.Delete(ctx, tx, id); err != nil {
			return err
		}
		if err := domain.MailboxStates.Delete(ctx, tx, domain.MailboxStateID(id)); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, mailboxEvent(domain.EventMailboxDeleted, m, s.Clock(), domain.Changed(mailboxView(m), map[string]any{})))
	})
}

// GetMailbox reads a mailbox and how far it is fetched, which is nil before the first time. It takes the scope org:read.
func (s *Service) GetMailbox(ctx context.Context, id string) (*domain.Mailbox, *domain.MailboxState, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
		return nil, nil, err
	}
	m, err := domain.Mailboxes.Get(ctx, s.Store, id)
	if err != nil {
		return nil, nil, err
	}
	st, err := domain.MailboxStates.Get(ctx, s.Store, domain.MailboxStateID(id))
	if domain.IsCode(err, domain.NotFound) {
		return m, nil, nil
	}
	return m, st, err
}

// ListMailboxes gives the mailboxes, the oldest first; of one account, if it is named. It takes the scope org:read.
func (s *Service) ListMailboxes(ctx context.Context, account string, req domain.PageRequest) (domain.Page[domain.Mailbox], error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
		return domain.Page[domain.Mailbox]{}, err
	}
	q := domain.Query{Index: "created"}
	if account != "" {
		q = domain.Query{Index: "account", Equal: []any{account}}
	}
	return domain.Mailboxes.Page(ctx, s.Store, req, "", nil, q)
}

// MailboxStates gives how far mailboxes are fetched, by the mailbox's id. It takes the scope org:read.
func (s *Service) MailboxStates(ctx context.Context, mailboxIDs []string) (map[string]*domain.MailboxState, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
		return nil, err
	}
	ids := make([]string, len(mailboxIDs))
	for i, id := range mailboxIDs {
		ids[i] = domain.MailboxStateID(id)
	}
	found, err := domain.MailboxStates.GetMany(ctx, s.Store, ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string]*domain.MailboxState, len(found))
	for _, id := range mailboxIDs {
		if st := found[domain.MailboxStateID(id)]; st != nil {
			out[id] = st
		}
	}
	return out, nil
}

func mailboxView(m *domain.Mailbox) map[string]any {
	return map[string]any{
		"host": m.Host, "port": m.Port, "security": string(m.Security), "user": m.User, "auth": string(m.Auth), "secretEnv": m.SecretEnv,
		"tokenUrl": m.TokenURL, "clientId": m.ClientID, "scopes": m.Scopes, "folder": m.Folder, "after": string(m.After), "moveTo": m.MoveTo, "active": m.Active,
	}
}

func mailboxEvent(verb string, m *domain.Mailbox, at time.Time, data map[string]any) domain.Event {
	return domain.Event{Type: verb, At: at, Subject: domain.Ref{Kind: "mailbox", ID: m.ID}, Data: data}
}
