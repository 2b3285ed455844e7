// Package imap fetches mail from IMAP servers (RFC 9051, RFC 3501).
//
//	fetcher.go   which mailboxes this node fetches from: one node a mailbox, by a lease
//	session.go   one connection: log in, fetch what is new, wait for more
//	round.go     what is new since the cursor → taken in → marked or moved → cursor
//	login.go     passwords and OAuth 2 tokens
//
// Nothing is lost: the cursor (UIDVALIDITY and UID) moves only after what it passes is stored, and after it was marked on the server. Nothing comes
// twice, though a mail may be fetched twice: who takes it in knows it again.
package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"sori/domain"
)

// Receiver takes in what is fetched.
type Receiver interface {
	// TakeMail stores a mail, or puts it in quarantine. An error means that neither was possible and the mail must be handed over again.
	TakeMail(ctx context.Context, account string, source domain.MailSource, raw []byte) (domain.MailOutcome, error)
	// QuarantineOversize keeps the beginning of a mail that is too large. key tells it from the account's other mails.
	QuarantineOversize(ctx context.Context, account string, source domain.MailSource, key string, head []byte, size int64) (domain.MailOutcome, error)
	// QuarantineUnread puts a mail in quarantine that must not be looked at.
	QuarantineUnread(ctx context.Context, account string, source domain.MailSource, raw []byte, reason string) (domain.MailOutcome, error)
}

// Config of a fetcher. What is zero has a default.
type Config struct {
	Store    domain.Store
	Clock    domain.Clock
	Vault    domain.Vault
	Receiver Receiver
	Log      *slog.Logger
	Node     string
	Getenv   func(string) string // for passwords in the environment
	TLS      *tls.Config         // for servers with a certificate of their own

	Look       time.Duration // how often the list of mailboxes is read; default 5 seconds
	Poll       time.Duration // how often a server without IDLE is asked; default 1 minute
	IdleRound  time.Duration // how often one with IDLE is asked all the same; default 5 minutes
	Lease      time.Duration // how long after its death a node's mailboxes are left alone; default 15 seconds
	Command    time.Duration // how long a server may take to answer; default 2 minutes
	MinBackoff time.Duration // first pause after a failure, doubled each time; default 1 second
	MaxBackoff time.Duration // longest pause; default 5 minutes
	MaxMail    int64         // largest mail, bytes; default 50,000,000
	BatchBytes int64         // fetched in one command, unless one mail is larger; default 8 MiB
	BatchMails int           // default 256
	Parallel   int           // mails taken in at once; default 64
}

// Fetcher fetches from all active mailboxes whose lease it gets.
type Fetcher struct{ Config }

// New makes a fetcher.
func New(c Config) *Fetcher {
	for _, t := range []struct {
		field    *time.Duration
		fallback time.Duration
	}{
		{&c.Look, 5 * time.Second}, {&c.Poll, time.Minute}, {&c.IdleRound, 5 * time.Minute}, {&c.Lease, 15 * time.Second},
		{&c.Command, 2 * time.Minute}, {&c.MinBackoff, time.Second}, {&c.MaxBackoff, 5 * time.Minute},
	} {
		if *t.field == 0 {
			*t.field = t.fallback
		}
	}
	if c.MaxMail == 0 {
		c.MaxMail = 50_000_000
	}
	if c.BatchBytes == 0 {
		c.BatchBytes = 8 << 20
	}
	if c.BatchMails == 0 {
		c.BatchMails = 256
	}
	if c.Parallel == 0 {
		c.Parallel = 64
	}
	return &Fetcher{c}
}

// watch is one mailbox at work.
type watch struct {
	version int64
	stop    context.CancelFunc
	done    chan struct{}
}

// Run fetches until ctx ends. The actor of ctx needs the scope intake:write.
func (f *Fetcher) Run(ctx context.Context) {
	watches := map[string]*watch{}
	defer func() {
		for _, w := range watches {
			<-w.done // ctx has ended, so they end
		}
	}()
	for ctx.Err() == nil {
		if err := f.look(ctx, watches); err != nil && ctx.Err() == nil {
			f.Log.Error("list mailboxes", "err", err)
		}
		pause(ctx, f.Look)
	}
}

// look starts what is new or was changed, and stops what is gone.
func (f *Fetcher) look(ctx context.Context, watches map[string]*watch) error {
	active, err := f.active(ctx)
	if err != nil {
		return err
	}
	for id, w := range maps.Clone(watches) {
		if m := active[id]; m == nil || m.Version != w.version {
			w.stop()
			<-w.done
			delete(watches, id)
		}
	}
	for id, m := range active {
		if watches[id] != nil {
			continue
		}
		own, stop := context.WithCancel(ctx)
		w := &watch{version: m.Version, stop: stop, done: make(chan struct{})}
		watches[id] = w
		go func() {
			defer close(w.done)
			defer stop()
			f.watch(own, m)
		}()
	}
	return nil
}

// active reads the mailboxes to fetch from; their number is that of an organisation's addresses.
func (f *Fetcher) active(ctx context.Context) (map[string]*domain.Mailbox, error) {
	all, err := domain.Mailboxes.Find(ctx, f.Store, domain.Query{Index: "created"})
	if err != nil {
		return nil, err
	}
	out := map[string]*domain.Mailbox{}
	for _, m := range all {
		if m.Active {
			out[m.ID] = m
		}
	}
	return out, nil
}

// watch fetches from one mailbox until ctx ends, whatever happens to it: an outage of any length is waited for.
func (f *Fetcher) watch(ctx context.Context, m *domain.Mailbox) {
	backoff := f.MinBackoff
	for ctx.Err() == nil {
		st, err := domain.LeaseMailbox(ctx, f.Store, m.ID, f.Node, f.Clock(), f.Lease)
		if domain.IsCode(err, domain.Conflict) {
			pause(ctx, f.Lease/3) // another node has it
			continue
		}
		worked := false
		if err == nil {
			worked, err = f.hold(ctx, m, st)
		}
		if ctx.Err() != nil {
			break
		}
		if worked {
			backoff = f.MinBackoff
		}
		f.noteFailure(ctx, m, err)
		pause(ctx, backoff+rand.N(backoff/4+1))
		backoff = min(2*backoff, f.MaxBackoff)
	}
	f.giveBack(ctx, m)
}

// hold works on a mailbox as long as its lease is kept, and says whether it got anywhere.
func (f *Fetcher) hold(ctx context.Context, m *domain.Mailbox, st *domain.MailboxState) (worked bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { f.keepLease(ctx, m, cancel) })
	s := &session{Fetcher: f, mailbox: m, state: st, log: f.Log.With("mailbox", m.ID, "account", m.Account)}
	err = s.run(ctx)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	cancel(nil)
	wg.Wait()
	return s.rounds > 0, err
}

var errLeaseLost = errors.New("the lease of the mailbox was lost")

// keepLease renews the lease, and ends the work when it cannot.
func (f *Fetcher) keepLease(ctx context.Context, m *domain.Mailbox, cancel context.CancelCauseFunc) {
	until := f.Clock().Add(f.Lease)
	for {
		pause(ctx, f.Lease/3)
		if ctx.Err() != nil {
			return
		}
		now := f.Clock()
		_, err := domain.LeaseMailbox(ctx, f.Store, m.ID, f.Node, now, f.Lease)
		switch {
		case err == nil:
			until = now.Add(f.Lease)
		case domain.IsCode(err, domain.Conflict) || !now.Before(until.Add(-f.Lease/3)):
			cancel(errLeaseLost)
			return
		}
	}
}

// giveBack lets another node have the mailbox at once.
func (f *Fetcher) giveBack(ctx context.Context, m *domain.Mailbox) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_, err := domain.UpdateMailboxState(ctx, f.Store, m.ID, f.Node, func(st *domain.MailboxState) { st.Until = f.Clock() })
	if err != nil && !domain.IsCode(err, domain.Conflict) && !domain.IsCode(err, domain.NotFound) {
		f.Log.Warn("give the mailbox's lease back", "mailbox", m.ID, "err", err)
	}
}

// noteFailure shows that a mailbox cannot be fetched from; an event tells of it when that begins.
func (f *Fetcher) noteFailure(ctx context.Context, m *domain.Mailbox, cause error) {
	if cause == nil || errors.Is(cause, errLeaseLost) {
		return
	}
	f.Log.Warn("mailbox", "mailbox", m.ID, "account", m.Account, "host", m.Host, "err", cause)
	f.tell(ctx, m, domain.EventMailboxFailed, func(st *domain.MailboxState) (changed bool) {
		changed = !st.Failing
		now := f.Clock()
		st.Failing, st.LastError, st.FailedAt = true, domain.Clip(cause.Error(), 500), &now
		return changed
	})
}

// tell changes the state, with an event if change says that there is one to tell.
func (f *Fetcher) tell(ctx context.Context, m *domain.Mailbox, verb string, change func(*domain.MailboxState) bool) {
	err := f.Store.Write(ctx, func(tx domain.Tx) error {
		changed := false
		_, err := domain.MailboxStates.Update(ctx, tx, domain.MailboxStateID(m.ID), func(st *domain.MailboxState) error {
			if st.Node != f.Node {
				return domain.Errorf(domain.Conflict, "another node has it")
			}
			changed = change(st)
			return nil
		})
		if err != nil || !changed {
			return err
		}
		return domain.Emit(ctx, tx, domain.Event{
			Type: verb, At: f.Clock(), Subject: domain.Ref{Kind: "mailbox", ID: m.ID}, Data: map[string]any{"account": m.Account},
		})
	})
	if err != nil && ctx.Err() == nil {
		f.Log.Warn("note the mailbox's state", "mailbox", m.ID, "err", err)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
