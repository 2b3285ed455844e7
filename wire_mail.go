package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"sori/adapters/email"
	"sori/adapters/imap"
	"sori/adapters/lmtp"
	"sori/adapters/smtp"
	"sori/domain"
	"sori/domain/intake"
	"sori/domain/outbox"
)

// mailConfig is what the settings say of mail in and out.
type mailConfig struct {
	Relay         string // address of the server that takes our mail; none: no mail is sent
	LMTPAddr      string
	SMTPAddr      string
	Hostname      string
	From          string
	NoPlusAddress bool
	Quote         bool
	SendTimeout   time.Duration
	GiveUpAfter   time.Duration
	AutoPerHour   int
	AutoPerDay    int
	DKIMDomain    string
	DKIMSelector  string
	DKIMKeyFile   string
	Poll          time.Duration
	NoFetch       bool
}

// mailSettings are the variables of mail in and out.
var mailSettings = []setting{
	{"SORI_SMTP_URL", "", "mail server that takes our mail: smtps://, smtp+starttls:// or smtp://, then user:password@host:port; without it no mail is sent", func(c *Config, v string) (err error) {
		if c.Mail.Relay = v; v != "" {
			_, err = smtp.ParseURL(v)
		}
		return err
	}},
	{"SORI_LMTP_ADDR", "", "address on which mail is taken by LMTP", func(c *Config, v string) error { c.Mail.LMTPAddr = v; return checkOptionalAddr(v) }},
	{"SORI_SMTP_ADDR", "", "address on which mail is taken by SMTP", func(c *Config, v string) error { c.Mail.SMTPAddr = v; return checkOptionalAddr(v) }},
	{"SORI_MAIL_HOSTNAME", "", "name of this machine towards other mail servers; default its own", text(func(c *Config) *string { return &c.Mail.Hostname })},
	{"SORI_MAIL_FROM", "", "sender of accounts that have no address", text(func(c *Config) *string { return &c.Mail.From })},
	{"SORI_MAIL_PLUS", "true", "false if the mail server takes no name+detail@domain: answers then thread by their references alone", func(c *Config, v string) error {
		on, err := flag(v)
		c.Mail.NoPlusAddress = !on
		return err
	}},
	{"SORI_MAIL_QUOTE", "false", "true quotes the mail that is answered below the answer", func(c *Config, v string) (err error) { c.Mail.Quote, err = flag(v); return }},
	{"SORI_MAIL_SEND_TIMEOUT", "2m", "how long one attempt to send may take", duration(func(c *Config) *time.Duration { return &c.Mail.SendTimeout })},
	{"SORI_MAIL_GIVE_UP", "48h", "how long a mail is tried", duration(func(c *Config) *time.Duration { return &c.Mail.GiveUpAfter })},
	{"SORI_MAIL_AUTO_PER_HOUR", "4", "automatic mails to one customer in an hour", count(func(c *Config) *int { return &c.Mail.AutoPerHour })},
	{"SORI_MAIL_AUTO_PER_DAY", "12", "automatic mails to one customer in a day", count(func(c *Config) *int { return &c.Mail.AutoPerDay })},
	{"SORI_DKIM_DOMAIN", "", "domain whose mail is signed (DKIM)", text(func(c *Config) *string { return &c.Mail.DKIMDomain })},
	{"SORI_DKIM_SELECTOR", "", "selector under which the public key is published", text(func(c *Config) *string { return &c.Mail.DKIMSelector })},
	{"SORI_DKIM_KEY_FILE", "", "file with the private key, PEM", text(func(c *Config) *string { return &c.Mail.DKIMKeyFile })},
	{"SORI_IMAP_POLL", "1m", "how often an IMAP server without IDLE is asked", duration(func(c *Config) *time.Duration { return &c.Mail.Poll })},
	{"SORI_IMAP", "true", "false keeps this node from fetching mail", func(c *Config, v string) error {
		on, err := flag(v)
		c.Mail.NoFetch = !on
		return err
	}},
}

func duration(field func(*Config) *time.Duration) func(*Config, string) error {
	return func(c *Config, v string) error {
		d, err := time.ParseDuration(v)
		if err == nil && d <= 0 {
			err = errors.New("must be positive")
		}
		*field(c) = d
		return err
	}
}

func count(field func(*Config) *int) func(*Config, string) error {
	return func(c *Config, v string) error {
		n, err := strconv.Atoi(v)
		if err == nil && n < 1 {
			err = errors.New("must be positive")
		}
		*field(c) = n
		return err
	}
}

func checkOptionalAddr(v string) error {
	if v == "" {
		return nil
	}
	return checkAddr(v)
}

// composer makes the writer of our mail, with the key that signs it if there is one.
func (c mailConfig) composer() (*email.Composer, error) {
	if c.DKIMDomain == "" && c.DKIMSelector == "" && c.DKIMKeyFile == "" {
		return email.NewComposer(), nil
	}
	pem, err := os.ReadFile(c.DKIMKeyFile)
	if err != nil {
		return nil, fmt.Errorf("SORI_DKIM_KEY_FILE: %w", err)
	}
	key, err := email.NewDKIMKey(c.DKIMDomain, c.DKIMSelector, pem)
	if err != nil {
		return nil, fmt.Errorf("SORI_DKIM_*: %w", err)
	}
	return email.NewComposer(key), nil
}

// newOutbox makes the outbox, which sends by the configured relay, if there is one.
func newOutbox(c mailConfig, store domain.Store, clock domain.Clock, box domain.Vault, names domain.Normaliser, node string, clocks domain.Clocks, log *slog.Logger) (*outbox.Service, error) {
	composer, err := c.composer()
	if err != nil {
		return nil, err
	}
	d := outbox.Deps{Store: store, Clock: clock, Vault: box, Normaliser: names, Composer: composer, Log: log, Node: node, Clocks: clocks, Options: outbox.Options{
		From: c.From, NoPlusAddress: c.NoPlusAddress, Quote: c.Quote, SendTimeout: c.SendTimeout, GiveUpAfter: c.GiveUpAfter,
		AutoPerHour: c.AutoPerHour, AutoPerDay: c.AutoPerDay,
	}}
	if c.Relay != "" {
		relay, err := smtp.ParseURL(c.Relay)
		if err != nil {
			return nil, fmt.Errorf("SORI_SMTP_URL: %w", err)
		}
		relay.Hello = c.Hostname
		d.Sender = smtp.New(relay)
	}
	return outbox.New(d), nil
}

// mailDoor is a listener for mail and what serves it.
type mailDoor struct {
	listener net.Listener
	server   *lmtp.Server
}

// mailDoors opens the listeners for mail that are configured; none is open if one cannot be.
func mailDoors(ctx context.Context, c mailConfig, maxMail int64, in *intake.Service, clock domain.Clock, log *slog.Logger) ([]mailDoor, error) {
	var doors []mailDoor
	for _, d := range []struct {
		setting, addr string
		smtp          bool
	}{{"SORI_LMTP_ADDR", c.LMTPAddr, false}, {"SORI_SMTP_ADDR", c.SMTPAddr, true}} {
		if d.addr == "" {
			continue
		}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", d.addr)
		if err != nil {
			for _, open := range doors {
				open.listener.Close()
			}
			return nil, fmt.Errorf("%s: %w", d.setting, err)
		}
		doors = append(doors, mailDoor{l, lmtp.New(lmtp.Config{
			Receiver: in, Log: log, SMTP: d.smtp, Domain: c.Hostname, Clock: clock, MaxMail: min(maxMail, intake.MaxMail),
		})})
	}
	return doors, nil
}

// runMail fetches, takes and sends mail until ctx ends.
func (p *program) runMail(ctx context.Context, box domain.Vault, doors []mailDoor) {
	var wg sync.WaitGroup
	for _, d := range doors {
		wg.Go(func() {
			p.log.Info("taking mail", "addr", d.listener.Addr().String())
			if err := d.server.Serve(ctx, d.listener); err != nil {
				p.log.Error("mail listener", "err", err)
			}
		})
	}
	if !p.config.Mail.NoFetch {
		fetcher := imap.New(imap.Config{
			Store: p.store, Clock: p.clock, Vault: box, Receiver: p.intake, Log: p.log, Node: p.node, Getenv: os.Getenv,
			Poll: p.config.Mail.Poll, MaxMail: min(p.config.MaxMail, intake.MaxMail),
		})
		wg.Go(func() { fetcher.Run(ctx) })
	}
	wg.Go(func() { p.outbox.Run(ctx) })
	wg.Wait()
}
