package routing

import (
	"context"
	"slices"
	"strconv"

	"sori/domain"
)

// SettingsPatch changes the settings. What is nil stays; lists replace all of theirs.
type SettingsPatch struct {
	Weights          *[]domain.ChannelWeight
	Reserved         *[]domain.Reservation
	MissedOffers     *int
	RefusalSeconds   *int
	WrapUpSeconds    *int
	CallGraceSeconds *int
	KeepAgent        *bool
}

const (
	maxShare   = 0.9  // of all reservations together
	maxSeconds = 7200 // of a setting
	maxMissed  = 100
	maxTiers   = 50
	maxTier    = 100 // bytes
	maxWeight  = 1000
)

// Settings gives the settings, the defaults if nobody has set any.
func (s *Service) Settings(ctx context.Context) (*domain.RoutingSettings, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
		return nil, err
	}
	return settingsOf(ctx, s.Store)
}

func settingsOf(ctx context.Context, r domain.Reader) (*domain.RoutingSettings, error) {
	t, err := domain.RoutingSettingsStore.Get(ctx, r, domain.RoutingSettingsID)
	if domain.IsCode(err, domain.NotFound) {
		defaults := domain.DefaultRoutingSettings()
		return &defaults, nil
	}
	return t, err
}

// EditSettings changes the settings. version guards it as everywhere; Invalid names every fault.
func (s *Service) EditSettings(ctx context.Context, version int64, p SettingsPatch) (*domain.RoutingSettings, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgWrite); err != nil {
		return nil, err
	}
	var out *domain.RoutingSettings
	err := domain.WriteEdition(ctx, s.Store, domain.EditionOrg, func(tx domain.Tx) error {
		t, err := settingsOf(ctx, tx)
		if err != nil {
			return err
		}
		if version != 0 && version != t.Version {
			return domain.Errorf(domain.Stale, "the settings were changed since version %d", version)
		}
		before := settingsView(t)
		p.apply(t)
		if err := checkSettings(t); err != nil {
			return err
		}
		out = t
		changes := domain.Changed(before, settingsView(t))
		if len(changes) == 0 {
			return nil
		}
		if err := store(ctx, tx, domain.RoutingSettingsStore, t, t.Version > 0, false); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, domain.Event{
			Type: domain.EventRoutingSettings, At: s.Clock(), Subject: domain.Ref{Kind: "routingSettings", ID: t.ID}, Data: changes,
		})
	})
	s.org.Expire()
	return out, err
}

func (p SettingsPatch) apply(t *domain.RoutingSettings) {
	domain.SetIf(&t.Weights, p.Weights)
	domain.SetIf(&t.Reserved, p.Reserved)
	domain.SetIf(&t.MissedOffers, p.MissedOffers)
	domain.SetIf(&t.RefusalSeconds, p.RefusalSeconds)
	domain.SetIf(&t.WrapUpSeconds, p.WrapUpSeconds)
	domain.SetIf(&t.CallGraceSeconds, p.CallGraceSeconds)
	domain.SetIf(&t.KeepAgent, p.KeepAgent)
}

func checkSettings(t *domain.RoutingSettings) error {
	var f domain.Faults
	for i, w := range t.Weights {
		at := "weights." + strconv.Itoa(i)
		if !slices.Contains(domain.Channels, w.Channel) {
			f.Add(at+".channel", "enum", "there is no channel %q", domain.Clip(string(w.Channel), 40))
		}
		if slices.ContainsFunc(t.Weights[:i], func(x domain.ChannelWeight) bool { return x.Channel == w.Channel }) {
			f.Add(at+".channel", "unique", "comes twice")
		}
		checkRange(&f, at+".weight", w.Weight, maxWeight)
	}
	checkReserved(&f, t.Reserved)
	checkRange(&f, "missedOffers", t.MissedOffers, maxMissed)
	checkRange(&f, "refusalSeconds", t.RefusalSeconds, maxSeconds)
	checkRange(&f, "wrapUpSeconds", t.WrapUpSeconds, maxSeconds)
	checkRange(&f, "callGraceSeconds", t.CallGraceSeconds, maxSeconds)
	return f.Err()
}

func checkReserved(f *domain.Faults, list []domain.Reservation) {
	all := 0.0
	for i, r := range list {
		at := "reserved." + strconv.Itoa(i)
		if len(r.Tiers) == 0 || len(r.Tiers) > maxTiers {
			f.Add(at+".tiers", "range", "must be 1 to %d", maxTiers)
		}
		for n, tier := range r.Tiers {
			domain.CheckText(f, at+".tiers."+strconv.Itoa(n), tier, maxTier)
		}
		if !(r.Share >= 0 && r.Share <= maxShare) {
			f.Add(at+".share", "range", "must be from 0 to %g", maxShare)
		}
		all += r.Share
	}
	if all > maxShare {
		f.Add("reserved", "range", "come to more than %g", maxShare)
	}
}

func checkRange(f *domain.Faults, field string, value, most int) {
	if value < 0 || value > most {
		f.Add(field, "range", "must be from 0 to %d", most)
	}
}

func settingsView(t *domain.RoutingSettings) map[string]any {
	return map[string]any{
		"weights": slices.Clone(t.Weights), "reserved": slices.Clone(t.Reserved), "missedOffers": t.MissedOffers, "refusalSeconds": t.RefusalSeconds,
		"wrapUpSeconds": t.WrapUpSeconds, "callGraceSeconds": t.CallGraceSeconds, "keepAgent": t.KeepAgent,
	}
}
