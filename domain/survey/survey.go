// Package survey asks customers how they were helped, once an inquiry is resolved, and counts what they say.
//
//	survey.go     the service, its settings
//	plan.go       the feed to jobs; erasing what an erased customer wrote
//	invite.go     who is asked, and the mail
//	token.go      the link's token
//	answer.go     the question and the answer, without login
//	report.go     daily counts to the report; the list of invitations
package survey

import (
	"context"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sori/domain"
)

// Deps is what surveys need.
type Deps struct {
	Store     domain.Store
	Clock     domain.Clock
	Vault     domain.Vault
	Mailer    Mailer
	Log       *slog.Logger
	Keys      [][]byte // that sign tokens: the first one signs, all verify
	PublicURL string   // where the REST door is reached from outside, for links without a page of one's own
}

// Mailer sends a mail beside the conversation, which moves nothing.
type Mailer interface {
	// Mail sends to the customer's first address that can be reached. also runs in the transaction that keeps the mail, and may run again; its error, which is
	// passed on, keeps the mail from being sent. Conflict if there is no such address, or if the customer was sent too many automatic mails.
	Mail(ctx context.Context, m Mail) (*domain.Interaction, error)
}

// Mail is the question, filled in.
type Mail struct {
	InquiryID string
	Customer  *domain.Customer
	Subject   string
	Text      string
	Also      func(context.Context, domain.Tx, *domain.Inquiry, *domain.Interaction) error
}

// Service asks and counts.
type Service struct{ Deps }

// New makes the service.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{d}
}

// SettingsPatch changes the settings. What is nil stays.
type SettingsPatch struct {
	Active         *bool
	DelayMinutes   *int
	Channels       *[]domain.Channel
	Tiers          *[]string
	Types          *[]string
	RequireConsent *bool
	EveryDays      *int
	ValidDays      *int
	LinkBase       *string
	Texts          *[]domain.SurveyText
}

// Settings gives the settings, the defaults if nobody has set any. It takes the scope org:read.
func (s *Service) Settings(ctx context.Context) (*domain.SurveySettings, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
		return nil, err
	}
	return settings(ctx, s.Store)
}

func settings(ctx context.Context, r domain.Reader) (*domain.SurveySettings, error) {
	t, err := domain.SurveySettingsStore.Get(ctx, r, domain.SurveySettingsID)
	if domain.IsCode(err, domain.NotFound) {
		fallback := domain.DefaultSurveySettings()
		return &fallback, nil
	}
	return t, err
}

// EditSettings changes the settings. version guards it: Stale if it is not the stored one; 0 is no guard. Invalid names every fault. It takes the scope org:write.
func (s *Service) EditSettings(ctx context.Context, version int64, p SettingsPatch) (*domain.SurveySettings, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgWrite); err != nil {
		return nil, err
	}
	var out *domain.SurveySettings
	err := s.write(ctx, func(tx domain.Tx) error {
		t, err := settings(ctx, tx)
		if err != nil {
			return err
		}
		if version != 0 && version != t.Version {
			return domain.Errorf(domain.Stale, "the settings were changed since version %d", version)
		}
		before := settingsView(t)
		p.apply(t)
		if err := s.checkSettings(t); err != nil {
			return err
		}
		out = t
		changes := domain.Changed(before, settingsView(t))
		if len(changes) == 0 {
			return nil
		}
		put := domain.SurveySettingsStore.Replace
		if t.Version == 0 {
			put = domain.SurveySettingsStore.Insert
		}
		if err := put(ctx, tx, t); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, domain.Event{
			Type: domain.EventSurveySettings, At: s.Clock(), Subject: domain.Ref{Kind: "surveySettings", ID: t.ID}, Data: changes,
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (p SettingsPatch) apply(t *domain.SurveySettings) {
	domain.SetIf(&t.Active, p.Active)
	domain.SetIf(&t.DelayMinutes, p.DelayMinutes)
	domain.SetIf(&t.Channels, p.Channels)
	domain.SetIf(&t.Tiers, p.Tiers)
	domain.SetIf(&t.Types, p.Types)
	domain.SetIf(&t.RequireConsent, p.RequireConsent)
	domain.SetIf(&t.EveryDays, p.EveryDays)
	domain.SetIf(&t.ValidDays, p.ValidDays)
	domain.SetIf(&t.LinkBase, p.LinkBase)
	domain.SetIf(&t.Texts, p.Texts)
}

func settingsView(t *domain.SurveySettings) map[string]any {
	return map[string]any{
		"active": t.Active, "delayMinutes": t.DelayMinutes, "channels": t.Channels, "tiers": t.Tiers, "types": t.Types, "requireConsent": t.RequireConsent,
		"everyDays": t.EveryDays, "validDays": t.ValidDays, "linkBase": t.LinkBase, "texts": t.Texts,
	}
}

// write is a transaction that is tried again when another writer made the first of something at once.
func (s *Service) write(ctx context.Context, fn func(domain.Tx) error) error {
	const tries = 3
	var err error
	for range tries {
		if err = s.Store.Write(ctx, fn); !domain.IsCode(err, domain.Duplicate) {
			break
		}
	}
	return err
}

const (
	maxListed     = 100
	maxListedText = 200       // bytes
	maxSubject    = 500       // bytes
	maxText       = 10_000    // bytes
	maxLink       = 1000      // bytes
	maxDelay      = 30 * 1440 // minutes
)

func (s *Service) checkSettings(t *domain.SurveySettings) error {
	var f domain.Faults
	for _, n := range []struct {
		field       string
		value       int
		least, most int
	}{{"delayMinutes", t.DelayMinutes, 0, maxDelay}, {"everyDays", t.EveryDays, 0, 365}, {"validDays", t.ValidDays, 1, 90}} {
		if n.value < n.least || n.value > n.most {
			f.Add(n.field, "range", "must be from %d to %d", n.least, n.most)
		}
	}
	for field, list := range map[string][]string{"tiers": t.Tiers, "types": t.Types} {
		if len(list) > maxListed {
			f.Add(field, "maxItems", "are more than %d", maxListed)
		}
		for i, x := range list {
			domain.CheckText(&f, field+"."+strconv.Itoa(i), x, maxListedText)
		}
	}
	for i, c := range t.Channels {
		if !slices.Contains(domain.Channels, c) {
			f.Add("channels."+strconv.Itoa(i), "enum", "there is no channel %q", domain.Clip(string(c), 40))
		}
	}
	s.checkLink(&f, t)
	checkTexts(&f, t.Texts)
	return f.Err()
}

func (s *Service) checkLink(f *domain.Faults, t *domain.SurveySettings) {
	domain.CheckText(f, "linkBase", t.LinkBase, maxLink)
	if t.LinkBase != "" {
		u, err := url.Parse(t.LinkBase)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
			f.Add("linkBase", "format", "must be an http or https address")
		}
		return
	}
	if t.Active && s.PublicURL == "" {
		f.Add("linkBase", "required", "must be given where SORI_PUBLIC_URL is not set")
	}
}

func checkTexts(f *domain.Faults, texts []domain.SurveyText) {
	if len(texts) == 0 || len(texts) > 50 {
		f.Add("texts", "items", "must be from 1 to 50")
	}
	seen := map[string]bool{}
	for i, t := range texts {
		field := "texts." + strconv.Itoa(i)
		domain.CheckLanguage(f, field+".language", t.Language)
		if seen[strings.ToLower(t.Language)] {
			f.Add(field+".language", "unique", "comes twice")
		}
		seen[strings.ToLower(t.Language)] = true
		if domain.CheckText(f, field+".subject", t.Subject, maxSubject); strings.TrimSpace(t.Subject) == "" || strings.ContainsAny(t.Subject, "\r\n") {
			f.Add(field+".subject", "required", "must be one line")
		}
		if domain.CheckText(f, field+".text", t.Text, maxText); !strings.Contains(t.Text, linkVariable) {
			f.Add(field+".text", "link", "must hold %s", linkVariable)
		}
	}
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
